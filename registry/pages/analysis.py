"""Where untrusted data gets to and what falls with an element, as the page of a template tells it and lights it up."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from schema import analysis, drawing, marking, picture, reach_blast, reach_taint
from schema.marking import Marking
from schema.reach import Edge, Reading
from schema.reach_blast import Blast, Power, Step
from schema.reach_taint import TaintPath
from schema.template import Element, Template

MOST_STEPS = 40
"""Of one kind in the list of an element: the rest is in the data."""
_COMES, _ADVISED = Reading.AS_IT_COMES, Reading.AS_ADVISED


@dataclass(frozen=True)
class Leg:
    """One step of a path: the flow by its number, whether it is the reply on it, and the key it leads to."""

    number: int
    flow: str
    reply: bool
    to: str


@dataclass(frozen=True)
class Way:
    """A path from a source to an element, as it comes.

    `stays` says whether data of that source still gets there as advised; `marks` is JSON: the words of the picture's
    parts by their ids, empty for an arrow.
    """

    source: str
    legs: tuple[Leg, ...]
    stays: bool
    marks: str


@dataclass(frozen=True)
class Reached:
    """An element that untrusted data gets to: what it can change, the worst actions it carries out, and the ways."""

    element: Element
    acts: tuple[str, ...]
    worst: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Fallen:
    """One kind of what falls: the steps told, how many more there are, and the keys that still fall as advised."""

    title: str
    steps: tuple[Step, ...]
    more: int
    stay: frozenset[str]

    @property
    def count(self) -> int:
        """How many fall."""
        return len(self.steps) + self.more


@dataclass(frozen=True)
class Radius:
    """What falls with an element, kind by kind; `marks` as of a way."""

    element: Element
    start: str
    fallen: tuple[Fallen, ...]
    marks: str


@dataclass(frozen=True)
class Analysis:
    """The ways and the blast radii of one template."""

    template: Template

    @cached_property
    def reached(self) -> tuple[Reached, ...]:
        """What carries out most worst actions first, then in document order."""
        found = reach_taint.taint(self.template, _COMES)
        reached = (self._reached(key, paths) for key, paths in found.items())
        return tuple(sorted(reached, key=lambda one: -len(one.worst)))

    @property
    def acting(self) -> int:
        """How many of those change something."""
        return sum(bool(one.acts) for one in self.reached)

    @cached_property
    def radii(self) -> tuple[Radius, ...]:
        """Of each element, most worst actions in reach first, then most held; empty for a drawing too tangled."""
        found = (self._radius(key) for key in analysis.elements_to_follow(self.template))
        return tuple(sorted(found, key=lambda radius: [-kind.count for kind in radius.fallen]))

    @cached_property
    def worst_actions(self) -> Mapping[str, str]:
        """What can be done at worst, by key."""
        return {worst.key: worst.action for worst in self.template.worst_actions}

    @cached_property
    def _staying(self) -> frozenset[tuple[str, str]]:
        """(source, element) of what is still tainted as advised."""
        found = reach_taint.taint(self.template, _ADVISED)
        return frozenset((path.source, key) for key, paths in found.items() for path in paths)

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {flow.key: number for number, flow in picture.flow_numbers(self.template).items()}

    @cached_property
    def _arrows(self) -> Mapping[marking.Arrow, str]:
        return drawing.arrow_ids(self.template)

    def _reached(self, key: str, paths: tuple[TaintPath, ...]) -> Reached:
        return Reached(
            element=self.template.elements[key],
            acts=reach_taint.acts(self.template.elements[key]),
            worst=tuple(worst.action for worst in self.template.worst_actions if key in worst.through),
            ways=tuple(map(self._way, sorted(paths, key=lambda path: len(path.edges)))),
        )

    def _way(self, path: TaintPath) -> Way:
        return Way(
            source=path.source,
            legs=tuple(map(self._leg, path.edges)),
            stays=(path.source, path.last.receiver) in self._staying,
            marks=self._marks(marking.of_paths([path], "")),
        )

    def _leg(self, edge: Edge) -> Leg:
        flow = edge.passage.flow.key
        return Leg(self._numbers[flow], flow, edge.passage.reply, edge.receiver)

    def _radius(self, key: str) -> Radius:
        start = analysis.usual_start(self.template, key)
        comes, advised = (reach_blast.blast(self.template, key, start, reading) for reading in (_COMES, _ADVISED))
        told = marking.of_fallen(self.template, comes, "")
        return Radius(
            self.template.elements[key], _start(comes, start), tuple(_kinds(comes, advised)), self._marks(told)
        )

    def _marks(self, found: Marking) -> str:
        words = {f"el-{key}": word for key, word in found.elements.items()}
        lines = {self._arrows[arrow]: "" for arrow in sorted(found.arrows) if arrow in self._arrows}
        return json.dumps({**words, **lines}, ensure_ascii=False, separators=(",", ":"))


def _start(found: Blast, start: Power) -> str:
    """How it begins: what runs what it is told is held even by who only steers."""
    return marking.STARTS[Power.HOLD if any(not step.hops for step in found.held) else start]


def _kinds(comes: Blast, advised: Blast) -> Iterator[Fallen]:
    yield _fallen("Worst actions in reach", comes.worst_actions, advised.worst_actions)
    yield _fallen("Held", comes.held, advised.held)
    yield _fallen("Steered", comes.steered, (*advised.held, *advised.steered))
    yield _fallen("Assets seen", comes.seen, advised.seen)
    yield _fallen("Assets altered", comes.altered, advised.altered)
    yield _fallen("Ways out", comes.ways_out, advised.ways_out)
    yield _fallen("Stands on", comes.stands_on, advised.stands_on)


def _fallen(title: str, steps: tuple[Step, ...], advised: tuple[Step, ...]) -> Fallen:
    stay = frozenset(step.key for step in advised)
    return Fallen(title, steps[:MOST_STEPS], max(0, len(steps) - MOST_STEPS), stay)
