"""Places: what stands together because no edge between holds, and the doors that stand open in each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schema import diagram
from schema.reach import Passage
from schema.template import Template


@dataclass(frozen=True)
class Door:
    """A flow that asks nobody who is there, with the receivers it reaches across an edge."""

    passage: Passage
    receivers: tuple[str, ...]


def places(template: Template) -> Mapping[str, str]:
    """The place of each element: the outermost zone one gets to from its zone by edges of strength none."""
    return {key: _place(template, element.zone) for key, element in template.elements.items()}


def _place(template: Template, zone: str) -> str:
    passed: set[str] = set()
    while zone in template.zones and template.zones[zone].strength == "none" and zone not in passed:
        passed.add(zone)
        zone = template.zones[zone].inside
    return zone


def doors(template: Template, unstopped: Iterable[Passage], place: Mapping[str, str]) -> Mapping[str, tuple[Door, ...]]:
    """The open doors of each place: flows that cross an edge and say no authentication, or `none`."""
    found: dict[str, list[Door]] = {}
    for passage in unstopped:
        if passage.reply or passage.flow.authentication.casefold() not in ("", "none"):
            continue
        zones = {template.elements[sender].zone: sender for sender in reversed(passage.senders)}
        for sender in zones.values():
            across = tuple(key for key in passage.receivers if _crosses(template, sender, key))
            found.setdefault(place[sender], []).append(Door(passage, across))
    return {where: tuple(ways) for where, ways in found.items()}


def _crosses(template: Template, one: str, other: str) -> bool:
    inner, outer = diagram.zones_around(template, one), diagram.zones_around(template, other)
    return bool(inner) and bool(outer) and set(inner) != set(outer)
