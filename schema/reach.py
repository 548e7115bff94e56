"""What moves along the flows of a diagram, what stops it, and where data begins that nobody vouches for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from schema import diagram
from schema.template import Element, Flow, Template

MOST_ELEMENTS, MOST_FLOWS, MOST_ZONES = 150, 300, 50
"""The schema's own limits: nothing is followed through a larger drawing, so that no file takes minutes."""


class Reading(StrEnum):
    """Which gates count: those in place, or also those the adopter can switch on. Planned and missing never do."""

    AS_IT_COMES = "as-it-comes"
    AS_ADVISED = "as-advised"


_COUNTS = {Reading.AS_IT_COMES: ("in-place",), Reading.AS_ADVISED: ("in-place", "available")}


@dataclass(frozen=True)
class Passage:
    """One direction of a flow: what it carries, or the reply on it; from each sender to each receiver."""

    flow: Flow
    senders: tuple[str, ...]
    receivers: tuple[str, ...]
    reply: bool


@dataclass(frozen=True)
class Edge:
    """One passage between one pair."""

    passage: Passage
    sender: str
    receiver: str


@dataclass
class Trodden:
    """The ways somebody has gone already, by whom: long lists of senders are not walked over and over."""

    by: dict[int, set[str]] = field(default_factory=dict)

    def fresh(self, way: object, sender: str, receivers: tuple[str, ...]) -> tuple[str, ...]:
        """The receivers but the sender itself; none where the sender or two others have gone.

        Two senders between them reach every receiver. A way is known by its identity, so it must outlive this.
        """
        gone = self.by.setdefault(id(way), set())
        if sender in gone or len(gone) == 2:
            return ()
        gone.add(sender)
        return tuple(key for key in receivers if key != sender)


def passages(template: Template) -> tuple[Passage, ...]:
    """Every direction of every flow between elements that exist, in document order, a reply after what it answers."""
    if not is_followed(template):
        return ()
    return tuple(passage for flow in template.diagram.flows for passage in _of_flow(template, flow))


def is_followed(template: Template) -> bool:
    """Whether the drawing is within the schema's limits."""
    drawn = template.diagram
    return len(drawn.elements) <= MOST_ELEMENTS and len(drawn.flows) <= MOST_FLOWS and len(drawn.zones) <= MOST_ZONES


def elements(template: Template) -> tuple[Element, ...]:
    """The elements in document order, of two with one key the first."""
    return tuple(reversed(tuple(template.elements.values())))


def open_passages(template: Template, reading: Reading) -> tuple[Passage, ...]:
    """The passages that nothing stops."""
    return tuple(passage for passage in passages(template) if _is_open(template, passage, reading))


def leaving(found: Iterable[Passage]) -> Mapping[str, tuple[Passage, ...]]:
    """The passages by each of their senders."""
    by_sender: dict[str, list[Passage]] = {}
    for passage in found:
        for sender in passage.senders:
            by_sender.setdefault(sender, []).append(passage)
    return {sender: tuple(out) for sender, out in by_sender.items()}


def begins(template: Template, passage: Passage) -> tuple[str, ...]:
    """The senders whose data on this passage nobody vouches for.

    These are the externals of an untrusted zone. On what a flow carries `untrusted` has the last word; a reply follows
    the zone of its sender.
    """
    if passage.reply or passage.flow.untrusted is None:
        return tuple(key for key in passage.senders if is_stranger(template, key))
    return passage.senders if passage.flow.untrusted else ()


def is_stranger(template: Template, key: str) -> bool:
    """Whether the key names an external in an untrusted zone."""
    element = template.elements.get(key)
    return element is not None and element.kind == "external" and diagram.trust_of(template, element) == "untrusted"


def passes_on(element: Element) -> bool:
    """Whether what reaches the element leaves it again: processes, stores and models; it ends at other externals."""
    return element.kind != "external" or element.role == "model"


def _of_flow(template: Template, flow: Flow) -> tuple[Passage, ...]:
    senders, receivers = _known(template, flow.senders), _known(template, flow.receivers)
    there = (Passage(flow, senders, receivers, reply=False),) if flow.carries else ()
    back = (Passage(flow, receivers, senders, reply=True),) if flow.returns else ()
    return there + back


def _known(template: Template, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key for key in dict.fromkeys(keys) if key in template.elements)


def _is_open(template: Template, passage: Passage, reading: Reading) -> bool:
    """A reply is never gated, and `untrusted: false` does not speak of it."""
    if passage.reply:
        return True
    return passage.flow.untrusted is not False and not _is_gated(template, passage.flow, reading)


def _is_gated(template: Template, flow: Flow, reading: Reading) -> bool:
    known = template.mitigation_by_key
    return any(key in known and known[key].status in _COUNTS[reading] for key in flow.gated_by)
