"""Controls of the product, those that answer most threats first: which settings to turn on before all others."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from registry.brief import Brief, Json, MitigationBrief
from registry.views.telling import Telling, document, names, once, templates
from schema.facts import Vocabulary

FIRST = 10
"""Settings that the list of first steps holds."""


@dataclass(frozen=True)
class Use:
    """A mitigation that uses the control, and the threats it answers."""

    template: Brief
    mitigation: MitigationBrief
    told: tuple[Telling, ...]


@dataclass(frozen=True)
class Control:
    """A control with where it is used. `default` and `limit` may be empty."""

    id: str
    name: str
    setting: str
    default: str
    limit: str
    protects: str
    versions: str
    docs: tuple[str, ...]
    uses: tuple[Use, ...]

    @property
    def told(self) -> tuple[Telling, ...]:
        """The threats it helps against, each template's telling once."""
        return once(_tellings(self.uses))

    @property
    def to_turn_on(self) -> tuple[Telling, ...]:
        """Those it helps against only once an adopter has turned it on."""
        return once(_tellings(use for use in self.uses if use.mitigation.status == "available"))

    @property
    def threats(self) -> tuple[str, ...]:
        """The distinct threats, by global id or `<template>/<key>`."""
        return names(self.told)

    @property
    def templates(self) -> tuple[str, ...]:
        """Ids of the templates that use it."""
        return tuple(dict.fromkeys(use.template.id for use in self.uses))


def ranked(briefs: Sequence[Brief], vocabulary: Vocabulary) -> tuple[Control, ...]:
    """Every control that some mitigation uses: most distinct threats first, then most templates, then by id."""
    uses: dict[str, list[Use]] = {}
    for found in briefs:
        for mitigation in found.mitigations:
            for id_ in dict.fromkeys(mitigation.controls):
                uses.setdefault(id_, []).append(_use(found, mitigation))
    controls = [_control(id_, uses[id_], vocabulary) for id_ in uses if id_ in vocabulary.entries]
    return tuple(sorted(controls, key=lambda c: (-len(c.threats), -len(c.templates), c.id)))


def first(controls: Sequence[Control]) -> tuple[Control, ...]:
    """What to turn on first: the controls that answer most threats which are open until somebody does so."""
    open_ = [control for control in controls if control.to_turn_on]
    return tuple(sorted(open_, key=_urgency)[:FIRST])


def controls_document(controls: Sequence[Control]) -> Json:
    """`/v1/controls.json`."""
    return {
        "first": [control.id for control in first(controls)],
        "controls": [{**_summary(control), "href": f"controls/{control.id}.json"} for control in controls],
    }


def control_document(control: Control) -> Json:
    """`/v1/controls/<id>.json`."""
    return {
        **_summary(control),
        "uses": [
            {
                "template": use.template.id,
                "mitigation": use.mitigation.key,
                "title": use.mitigation.title,
                "kind": use.mitigation.kind,
                "status": use.mitigation.status,
                "configured": use.mitigation.configured,
                "threats": [telling.threat.key for telling in use.told],
            }
            for use in control.uses
        ],
        "threats": [document(telling, "../") for telling in control.told],
    }


def _summary(control: Control) -> Json:
    return {
        "id": control.id,
        "name": control.name,
        "setting": control.setting,
        "default": control.default or None,
        "limit": control.limit or None,
        "protects": control.protects,
        "versions": control.versions or None,
        "docs": list(control.docs),
        "answers": len(control.threats),
        "to_turn_on": len(names(control.to_turn_on)),
        "templates": list(control.templates),
    }


def _urgency(control: Control) -> tuple[int, int, str]:
    return -len(names(control.to_turn_on)), -len(templates(control.to_turn_on)), control.id


def _tellings(uses: Iterable[Use]) -> Iterator[Telling]:
    for use in uses:
        yield from use.told


def _use(found: Brief, mitigation: MitigationBrief) -> Use:
    told = tuple(Telling(found, threat) for threat in found.threats if threat.key in mitigation.threats)
    return Use(found, mitigation, told)


def _control(id_: str, uses: Sequence[Use], vocabulary: Vocabulary) -> Control:
    entry = vocabulary.entries[id_]
    return Control(
        id=id_,
        name=str(entry["name"]),
        setting=str(entry.get("setting", "")),
        default=str(entry.get("default", "")),
        limit=str(entry.get("limit", "")),
        protects=str(entry.get("protects", "")),
        versions=str(entry.get("versions", "")),
        docs=tuple(entry.get("docs", ())),
        uses=tuple(uses),
    )
