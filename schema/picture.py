"""What a level-1 picture shows and in which order: zones from the outside in, elements, numbered arrows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from schema.marking import Arrow
from schema.reach import is_stranger
from schema.template import Element, Flow, Template, Zone

MOST_ARROWS = 600
"""Lists of senders and receivers multiply; a picture with more arrows takes minutes to draw and nobody can read it."""


def flow_numbers(template: Template) -> Mapping[int, Flow]:
    """The number each flow carries in the picture and in the table under it, counted from 1 in document order."""
    return dict(enumerate(template.diagram.flows, start=1))


def is_untrusted(template: Template, flow: Flow) -> bool:
    """Whether content that nobody vouches for begins on the flow or on its reply (taint, rule 1 of the contract)."""
    stranger = any(is_stranger(template, key) for key in flow.senders)
    begins = stranger if flow.untrusted is None else flow.untrusted
    replies = bool(flow.returns) and any(is_stranger(template, key) for key in flow.receivers)
    return begins or replies


def node_names(template: Template) -> dict[str, str]:
    """A name for each element's node, in document order; of elements with one key the first."""
    return {key: f"n{i}" for i, key in enumerate(dict.fromkeys(e.key for e in template.diagram.elements))}


@dataclass(frozen=True)
class Open:
    """Here a zone begins."""

    number: int
    zone: Zone


class Close:
    """Here the zone begun last ends."""


def places(template: Template) -> Iterator[Open | Close | Element]:
    """Zones from the outside in with their elements, then every element that no zone of the picture holds."""
    outermost = [zone for zone in _zones_once(template) if zone.inside not in template.zones]
    found = [place for zone in outermost for place in _inside(template, zone)]
    yield from found
    drawn = {place.key for place in found if isinstance(place, Element)}
    yield from (element for element in template.diagram.elements if element.key not in drawn)


def _inside(template: Template, zone: Zone) -> Iterator[Open | Close | Element]:
    yield Open(template.diagram.zones.index(zone), zone)
    yield from (element for element in template.diagram.elements if element.zone == zone.key)
    for inner in _zones_once(template):
        if inner.inside == zone.key:
            yield from _inside(template, inner)
    yield Close()


def _zones_once(template: Template) -> Iterator[Zone]:
    """Zones in document order; of two with one key the first, or a zone could stand inside itself."""
    return (zone for zone in template.diagram.zones if template.zones.get(zone.key) is zone)


@dataclass(frozen=True)
class PicturedFlow:
    """A flow between two of its ends: the nodes it leads from and to."""

    number: int
    flow: Flow
    tail: str
    head: str
    untrusted: bool
    back: bool
    """It leads to an element written earlier, so it is drawn the other way round and the picture keeps its way."""
    ends: Arrow


def arrows(template: Template) -> Iterator[PicturedFlow]:
    """The arrows in document order, at most MOST_ARROWS."""
    return islice(_all_arrows(template), MOST_ARROWS)


def _all_arrows(template: Template) -> Iterator[PicturedFlow]:
    nodes = node_names(template)
    order = {key: i for i, key in enumerate(nodes)}
    for number, flow in flow_numbers(template).items():
        untrusted = is_untrusted(template, flow)
        for sender, receiver in flow.pairs:
            if sender in nodes and receiver in nodes:
                back = order[sender] > order[receiver]
                ends = (flow.key, sender, receiver)
                yield PicturedFlow(number, flow, nodes[sender], nodes[receiver], untrusted, back, ends)
