"""Derived from the level-1 diagram: level 0, the edges a flow crosses, the attack surface."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from schema.template import Element, Flow, Template


class Direction(StrEnum):
    """Seen from the system."""

    IN = "in"
    OUT = "out"
    SUPPLY = "supply"


@dataclass(frozen=True)
class Arrow:
    """Everything that goes one way between an external and the system; `labels` say what, in document order."""

    external: str
    direction: Direction
    labels: tuple[str, ...]


@dataclass(frozen=True)
class LevelZero:
    """The system as one process among externals; `outside` are flows from external to external, which are not drawn."""

    system: str
    externals: tuple[Element, ...]
    arrows: tuple[Arrow, ...]
    outside: tuple[Flow, ...]


@dataclass(frozen=True)
class Exposure:
    """A flow, or the reply on it, that an external sends."""

    flow: Flow
    reply: bool


def zones_around(template: Template, element: str) -> tuple[str, ...]:
    """Keys of the zones that hold the element, innermost first; a cycle of zones ends where it closes."""
    return template.around.get(element, ())


def crossed(template: Template, flow: Flow) -> tuple[str, ...]:
    """Keys of the zones whose edge the flow crosses: those that hold one of its ends and not the other.

    An end that stands nowhere crosses nothing: that it is misspelt is another finding.
    """
    edges: set[str] = set()
    for sender, receiver in flow.pairs:
        one, other = set(zones_around(template, sender)), set(zones_around(template, receiver))
        edges |= one ^ other if one and other else set()
    return tuple(sorted(edges, key=template.zone_order.__getitem__))


def held(template: Template, zone: str) -> tuple[Element, ...]:
    """The elements in the zone or in a zone inside it."""
    return template.held.get(zone, ())


def trust_of(template: Template, element: Element) -> str:
    """How far the zone of the element is believed: untrusted, low, medium, high; empty when it has none."""
    zone = template.zones.get(element.zone)
    return zone.trust if zone else ""


def is_external(template: Template, key: str) -> bool:
    """Whether the key names an element that the adopter does not run."""
    return key in template.elements and template.elements[key].kind == "external"


def attack_surface(template: Template) -> tuple[Exposure, ...]:
    """Every flow whose sender is an external, and every reply that comes from one."""
    found = []
    for flow in template.diagram.flows:
        if any(is_external(template, key) for key in flow.senders):
            found.append(Exposure(flow, reply=False))
        if flow.returns and any(is_external(template, key) for key in flow.receivers):
            found.append(Exposure(flow, reply=True))
    return tuple(found)


def level_zero(template: Template) -> LevelZero:
    """The whole as one process: per external and direction one arrow, supply apart."""
    labels: dict[tuple[str, Direction], list[str]] = {}
    for external, direction, label in _exchanges(template):
        known = labels.setdefault((external, direction), [])
        if label not in known:
            known.append(label)
    arrows = tuple(Arrow(external, direction, tuple(said)) for (external, direction), said in labels.items())
    drawn = {arrow.external for arrow in arrows}
    return LevelZero(
        system=template.diagram.system,
        externals=tuple(e for e in template.diagram.elements if e.key in drawn),
        arrows=arrows,
        outside=tuple(flow for flow in template.diagram.flows if _stays_outside(template, flow)),
    )


def _stays_outside(template: Template, flow: Flow) -> bool:
    return bool(flow.pairs) and all(is_external(template, a) and is_external(template, b) for a, b in flow.pairs)


def _exchanges(template: Template) -> Iterator[tuple[str, Direction, str]]:
    for flow in template.diagram.flows:
        for sender, receiver in flow.pairs:
            yield from _exchange(template, flow, (sender, receiver))
    for element in template.diagram.elements:
        if is_external(template, element.supplier) and element.kind != "external":
            yield element.supplier, Direction.SUPPLY, element.name


def _exchange(template: Template, flow: Flow, pair: tuple[str, str]) -> Iterator[tuple[str, Direction, str]]:
    sender, receiver = pair
    outer, inner = is_external(template, sender), is_external(template, receiver)
    if outer and not inner:
        yield sender, Direction.IN, flow.carries
    if inner and not outer:
        yield receiver, Direction.OUT, flow.carries
    if flow.returns and outer and not inner:
        yield sender, Direction.OUT, flow.returns
    if flow.returns and inner and not outer:
        yield receiver, Direction.IN, flow.returns
