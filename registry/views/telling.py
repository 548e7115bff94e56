"""A threat and the template that tells it: what every view across templates points at."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from registry.brief import Brief, Json, Rated, ThreatBrief


@dataclass(frozen=True)
class Telling:
    """One threat of one template."""

    template: Brief
    threat: ThreatBrief

    @property
    def name(self) -> str:
        """What tells threats apart across templates: the global id, before there is one `<template>/<key>`."""
        return self.threat.id or f"{self.template.id}/{self.threat.key}"


def tellings(briefs: Sequence[Brief]) -> Iterator[Telling]:
    """Every threat of every template."""
    for found in briefs:
        yield from (Telling(found, threat) for threat in found.threats)


def once(told: Iterable[Telling]) -> tuple[Telling, ...]:
    """Without those that come again."""
    return tuple({(telling.template.id, telling.threat.key): telling for telling in told}.values())


def templates(told: Iterable[Telling]) -> tuple[str, ...]:
    """The ids of the templates, each once."""
    return tuple(dict.fromkeys(telling.template.id for telling in told))


def names(told: Iterable[Telling]) -> tuple[str, ...]:
    """The distinct threats."""
    return tuple(dict.fromkeys(telling.name for telling in told))


def document(telling: Telling, up: str) -> Json:
    """As the API tells it; `up` leads from the document's folder to `/v1/`."""
    threat = telling.threat
    return {
        "template": telling.template.id,
        "key": threat.key,
        "id": threat.id or None,
        "title": threat.title,
        "risk": _rating(threat.risk),
        "residual": _rating(threat.residual),
        "standing": threat.standing,
        "mitigations": list(threat.mitigations),
        "href": f"{up}templates/{telling.template.id}.json",
    }


def _rating(rating: Rated | None) -> Json | None:
    return asdict(rating) if rating else None
