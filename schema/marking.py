"""What is brought out in a diagram: the way of untrusted data, or what falls with an element, and a word on each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from schema import reach_blast, reach_taint
from schema.reach import Edge, Reading
from schema.reach_blast import Blast, Power, Step
from schema.reach_taint import TaintPath
from schema.template import Flow, Template

Arrow = tuple[str, str, str]
"""Flow, sender and receiver as the flow is written; a reply runs back on the same arrow."""

SOURCE, START = "source", "starts here"
READINGS = {
    Reading.AS_IT_COMES: "as it comes: gates in place count",
    Reading.AS_ADVISED: "as advised: gates the adopter can switch on count too",
}
STARTS = {Power.HOLD: "held", Power.STEER: "steered"}


@dataclass(frozen=True)
class Marking:
    """What it shows in one line, the word for each element of it by key, and its arrows."""

    title: str
    elements: Mapping[str, str]
    arrows: frozenset[Arrow]


NOTHING = Marking("", {}, frozenset())


def of_taint(template: Template, reading: Reading, to: str = "") -> Marking:
    """The shortest ways of untrusted data to this element, or to every element it reaches."""
    found = reach_taint.taint(template, reading)
    paths = [path for key, paths in found.items() if to in ("", key) for path in paths]
    if not paths:
        return Marking(f"Untrusted data does not reach {to or 'anything'}, {READINGS[reading]}", {}, frozenset())
    return of_paths(paths, f"The way of untrusted data{f' to {to}' if to else ''}, {READINGS[reading]}")


def of_paths(paths: Iterable[TaintPath], title: str) -> Marking:
    """Every source, every element with the number of steps that lead to it at least, every arrow trodden."""
    steps = [(number, edge) for path in paths for number, edge in enumerate(path.edges, start=1)]
    words = {edge.sender: SOURCE for number, edge in steps if number == 1}
    for number, edge in sorted(steps, key=lambda step: step[0]):
        words.setdefault(edge.receiver, f"step {number}")
    return Marking(title, words, frozenset(_trodden(edge) for _, edge in steps))


def of_blast(template: Template, element: str, start: Power, reading: Reading) -> Marking:
    """What falls with the element; KeyError when the diagram has none of that key."""
    title = f"Blast radius of {element} {STARTS[start]}, {READINGS[reading]}"
    return of_fallen(template, reach_blast.blast(template, element, start, reading), title)


def of_fallen(template: Template, found: Blast, title: str) -> Marking:
    """Everything that falls, with how it falls and how many hops away, and the arrows by which it does."""
    steps = [*found.held, *found.steered, *found.ways_out]
    return Marking(title, dict(_words(found)), frozenset(_arrows(template, steps)))


def _words(found: Blast) -> Iterator[tuple[str, str]]:
    """The ways out first: an element told of already is told of again as what befalls it."""
    yield from ((step.key, "way out") for step in found.ways_out)
    yield from ((step.key, _far(step, STARTS[Power.STEER])) for step in found.steered)
    yield from ((step.key, _far(step, STARTS[Power.HOLD])) for step in found.held)


def _far(step: Step, how: str) -> str:
    return f"{how}, {step.hops} {'hop' if step.hops == 1 else 'hops'}" if step.hops else f"{START}, {how}"


def _arrows(template: Template, steps: Iterable[Step]) -> Iterator[Arrow]:
    flows: Mapping[str, Flow] = template.flows
    for step in steps:
        if step.flow in flows:
            there = (step.by, step.key) in flows[step.flow].pairs
            yield (step.flow, step.by, step.key) if there else (step.flow, step.key, step.by)


def _trodden(edge: Edge) -> Arrow:
    ends = (edge.receiver, edge.sender) if edge.passage.reply else (edge.sender, edge.receiver)
    return (edge.passage.flow.key, *ends)
