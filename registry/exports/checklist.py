"""The settings of a template as a list to tick off: in the order of adoption, then by the risk they answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from registry.catalog import Release
from registry.exports.text import code_block, inline, paragraphs
from schema import risk
from schema.facts import Vocabulary
from schema.template import Mitigation, Template, Threat


@dataclass(frozen=True)
class Setting:
    """A control as the vocabulary knows it; `default` may be empty."""

    id: str
    name: str
    setting: str
    default: str


@dataclass(frozen=True)
class Item:
    """One thing to do. `controls` are those the vocabulary knows; `threats` come worst first; `needs` are titles."""

    mitigation: Mitigation
    needs: tuple[str, ...]
    controls: tuple[Setting, ...]
    threats: tuple[Threat, ...]


@dataclass(frozen=True)
class Stage:
    """What is done at one time: `when` as the adoption steps name it."""

    when: str
    items: tuple[Item, ...]


WITHOUT_STEP = "at-any-time"


def stages(template: Template, controls: Vocabulary) -> tuple[Stage, ...]:
    """Every mitigation that an adopter can turn on, once; what the pattern has in place already is left out."""
    order = _first_named(template)
    whens = dict.fromkeys([*order.values(), WITHOUT_STEP])
    open_ = [_item(template, mitigation, controls) for mitigation in template.mitigations if _to_do(mitigation)]
    found = (Stage(when, tuple(sorted(_at(when, open_, order), key=lambda item: -_worst(item)))) for when in whens)
    return tuple(stage for stage in found if stage.items)


def markdown(release: Release, controls: Vocabulary) -> bytes:
    """`/v1/templates/<id>/checklist.md`."""
    return ("\n".join(_lines(release.template, stages(release.template, controls))).rstrip() + "\n").encode()


def _lines(template: Template, found: tuple[Stage, ...]) -> Iterator[str]:
    yield f"# Checklist: {inline(template.title)}"
    yield ""
    yield (
        f"From {inline(f'{template.id} {template.version}')}. Work from top to bottom; an item is done when its "
        "check says so."
    )
    for stage in found:
        yield from ("", f"## {inline(heading(stage.when))}")
        for item in stage.items:
            yield from ("", *_item_lines(item))


def heading(when: str) -> str:
    """The time of a stage in words."""
    return when.replace("-", " ").capitalize()


def _item_lines(item: Item) -> Iterator[str]:
    measure = item.mitigation
    answered = ", ".join(inline(threat.title) for threat in item.threats)
    yield f"- [ ] **{inline(measure.title)}**"
    yield from (f"  {line}" for line in _facts(item) if line)
    if answered:
        yield f"  - Answers: {answered}"
    if measure.config:
        yield ""
        # To Markdown a carriage return ends a line too: what follows one would stand outside of the list.
        content = "\n".join(re.split(r"\r\n?|\n", measure.config.content))
        block = code_block(content, measure.config.language)
        yield from (f"  {line}" if line else "" for line in block.split("\n"))


def _facts(item: Item) -> Iterator[str]:
    measure = item.mitigation
    for control in item.controls:
        default = f" (default: {inline(control.default)})" if control.default else ""
        yield f"- Setting: {inline(control.id)} {inline(control.name)}, `{control.setting}`{default}"
    yield from (f"- Do: {text}" for text in paragraphs(measure.requirement))
    if item.needs:
        yield f"- First: {', '.join(inline(title) for title in item.needs)}"
    yield from (f"- Check: {text}" for text in paragraphs(measure.verify))
    yield from (f"- Limits: {text}" for text in paragraphs(measure.limits))


def _first_named(template: Template) -> dict[str, str]:
    """By mitigation, when the adoption steps name it first, in their order."""
    found: dict[str, str] = {}
    for step in template.adoption.steps if template.adoption else ():
        for key in step.mitigations:
            found.setdefault(key, step.when or WITHOUT_STEP)
    return found


def _to_do(mitigation: Mitigation) -> bool:
    return mitigation.status == "available"


def _at(when: str, items: list[Item], order: dict[str, str]) -> list[Item]:
    return [item for item in items if order.get(item.mitigation.key, WITHOUT_STEP) == when]


def _worst(item: Item) -> int:
    return max((risk.score(threat.risk) for threat in item.threats), default=0)


def _item(template: Template, mitigation: Mitigation, controls: Vocabulary) -> Item:
    known = [controls.entries[id_] for id_ in mitigation.controls if id_ in controls.entries]
    settings = tuple(
        Setting(str(e["id"]), str(e["name"]), str(e.get("setting", "")), str(e.get("default", ""))) for e in known
    )
    answered = tuple(threat for threat in template.threats if mitigation.key in threat.mitigated_by)
    known_as = template.mitigation_by_key
    needs = tuple(known_as[key].title for key in mitigation.depends_on if key in known_as)
    return Item(mitigation, needs, settings, risk.by_severity(answered))
