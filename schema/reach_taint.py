"""Taint: how far data that nobody vouches for gets, and by which way."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schema import reach
from schema.reach import Edge, Passage, Reading, Trodden
from schema.template import Element, Template

ACTS = ("exec", "write", "send", "pay", "delete", "install", "configure", "approve", "spawn")
"""Abilities that change something; `read` and `fetch` only look."""


@dataclass(frozen=True)
class TaintPath:
    """The shortest way from a source to an element: at least one edge; the source sends on the first."""

    edges: tuple[Edge, ...]

    @property
    def source(self) -> str:
        """The key of the element where it begins."""
        return self.edges[0].sender

    @property
    def last(self) -> Edge:
        """The edge by which it reaches the element."""
        return self.edges[-1]


def taint(template: Template, reading: Reading) -> Mapping[str, tuple[TaintPath, ...]]:
    """Every tainted element by its key, in document order, with one path for each source that reaches it.

    A path is the shortest one (breadth first); among equals the one written first. A source is an external of an
    untrusted zone, or whoever sends on a flow with `untrusted: true`. An external is not tainted by itself.
    """
    found: dict[str, list[TaintPath]] = {element.key: [] for element in reach.elements(template)}
    way_out = reach.leaving(reach.open_passages(template, reading))
    for source in _sources(template, way_out):
        for key, path in _paths(template, way_out, source):
            found[key].append(path)
    return {key: tuple(paths) for key, paths in found.items() if paths}


def acts(element: Element) -> tuple[str, ...]:
    """The abilities by which the element changes something; empty when it does not act."""
    return tuple(ability for ability in element.abilities if ability in ACTS)


def _sources(template: Template, way_out: Mapping[str, tuple[Passage, ...]]) -> Iterator[str]:
    for element in reach.elements(template):
        if any(element.key in reach.begins(template, passage) for passage in way_out.get(element.key, ())):
            yield element.key


def _paths(
    template: Template, way_out: Mapping[str, tuple[Passage, ...]], source: str
) -> Iterator[tuple[str, TaintPath]]:
    first, reached = _reached(template, way_out, source)
    for key in reached:
        if key != source or reach.passes_on(template.elements[key]):
            yield key, TaintPath(tuple(reversed(list(_back(first, reached, key)))))


def _back(first: frozenset[str], reached: Mapping[str, Edge], key: str) -> Iterator[Edge]:
    """The edges from the element back to where it began; the source may lie on the way again."""
    yield reached[key]
    while key not in first:
        key = reached[key].sender
        yield reached[key]


def _reached(
    template: Template, way_out: Mapping[str, tuple[Passage, ...]], source: str
) -> tuple[frozenset[str], dict[str, Edge]]:
    """Every element the source's data gets to, with the edge by which it first does; and those it gets to at once."""
    reached: dict[str, Edge] = {}
    trodden = Trodden()
    begun = tuple(passage for passage in way_out[source] if source in reach.begins(template, passage))
    fresh = _stepped(reached, trodden, source, begun)
    first = frozenset(fresh)
    due = deque(fresh)
    while due:
        key = due.popleft()
        if reach.passes_on(template.elements[key]):
            due.extend(_stepped(reached, trodden, key, way_out.get(key, ())))
    return first, reached


def _stepped(reached: dict[str, Edge], trodden: Trodden, sender: str, passages: tuple[Passage, ...]) -> list[str]:
    """What the sender is the first to reach, which is noted."""
    fresh = []
    for passage in passages:
        for receiver in trodden.fresh(passage, sender, passage.receivers):
            if receiver not in reached:
                reached[receiver] = Edge(passage, sender, receiver)
                fresh.append(receiver)
    return fresh
