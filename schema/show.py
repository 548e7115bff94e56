"""What is derived from a template as text for a terminal: trees and tables in stretches that may be coloured."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from schema import analysis, reach_blast, reach_taint, risk, stride
from schema.analysis import Parts, Rated
from schema.marking import READINGS, STARTS
from schema.reach import Edge, Reading
from schema.reach_blast import Power, Step
from schema.reach_taint import TaintPath
from schema.stride import LETTERS
from schema.template import Rating, Template


class Tone(StrEnum):
    """How a stretch is meant; without colour the words alone say everything."""

    PLAIN = "plain"
    HEAD = "head"
    FAINT = "faint"
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Stretch:
    """Some text of a line with its tone."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Stretch, ...]

_LEVELS = {"Critical": Tone.CRITICAL, "High": Tone.HIGH, "Medium": Tone.MEDIUM, "Low": Tone.LOW, "": Tone.FAINT}
_WORDS = {1: "rare", 2: "unlikely", 3: "possible", 4: "likely", 5: "certain"}
_BAR = 40
"""Characters of the bar that shows the three parts of coverage."""
_LEAST = 30
"""Columns that a text needs beside others; with fewer it stands below them."""


def fitted(line: Line, width: int) -> Iterator[Line]:
    """The line in so many columns: what its last stretch has too much hangs below it, under the bars of a tree."""
    start = sum(len(stretch.text) for stretch in line[:-1])
    if not line or start + len(line[-1].text) <= width:
        yield line
        return
    bars = "".join("│" if mark in "│├" else " " for mark in line[0].text) if len(line) > 1 else ""
    stays = width - start >= _LEAST
    hang = f"{bars:{start}}" if stays else f"{bars}    "
    parts = textwrap.wrap(line[-1].text.strip(), max(width - len(hang), _LEAST))
    if stays:
        yield (*line[:-1], Stretch(parts.pop(0), line[-1].tone))
    else:
        yield line[:-1]
    yield from ((Stretch(hang, Tone.FAINT), Stretch(part, line[-1].tone)) for part in parts)


def taint_lines(template: Template, reading: Reading, to: str = "") -> Iterator[Line]:
    """For each source the tree of the shortest ways its data takes, with what each element can change.

    With `to` only the ways to that element.
    """
    found = reach_taint.taint(template, reading)
    acting = sum(bool(reach_taint.acts(template.elements[key])) for key in found)
    yield _head(f"Taint, {READINGS[reading]}")
    yield (Stretch(f"{len(found)} of {len(template.elements)} elements are reached, {acting} of them act."),)
    if to and to not in found:
        yield (Stretch(f"Untrusted data does not reach {to}."),)
    for source, paths in _by_source(found, to).items():
        yield ()
        yield (Stretch(source, Tone.HEAD), Stretch("  source", Tone.FAINT))
        yield from _branches(template, _children(paths), "", "")


def blast_lines(template: Template, element: str, start: Power, reading: Reading) -> Iterator[Line]:
    """What falls with the element, nearest first, each with hops and reason; KeyError without such an element."""
    found = reach_blast.blast(template, element, start, reading)
    yield _head(f"Blast radius of {element} {STARTS[start]}, {READINGS[reading]}")
    yield (Stretch("In front of each: how many hops away it falls.", Tone.FAINT),)
    yield from _group("Held", found.held, Tone.CRITICAL)
    yield from _group("Steered", found.steered, Tone.HIGH)
    yield from _group("Assets seen", found.seen, Tone.MEDIUM)
    yield from _group("Assets altered", found.altered, Tone.MEDIUM)
    yield from _group("Ways out", found.ways_out, Tone.HIGH)
    yield from _group("Stands on", found.stands_on, Tone.LOW)
    yield from _group("Worst actions in reach", found.worst_actions, Tone.CRITICAL)
    yield ()
    yield (Stretch("Abilities: ", Tone.HEAD), Stretch(", ".join(found.abilities) or "none"))


def coverage_lines(template: Template) -> Iterator[Line]:
    """The cells asked of each target, letter by letter, and the three parts of each and of all."""
    rows = analysis.parts_of_coverage(template)
    whole = stride.coverage(template)
    width = max((len(row.target) for row in rows), default=0)
    yield _head("STRIDE coverage")
    yield (Stretch(f"{'':{width}}  {' '.join(LETTERS)}   threat  reason  open", Tone.FAINT),)
    for row in rows:
        numbers = f"{len(row.by_threat):8}{len(row.by_reason):8}"
        left = Stretch(f"{len(row.open):6}", Tone.CRITICAL if row.open else Tone.FAINT)
        yield (Stretch(f"{row.target:{width}}  "), *_letters(row), Stretch(numbers), left)
    sums = f"{whole.by_threat:8}{whole.by_answer:8}{whole.left:6}"
    yield (Stretch(f"{'all':{width}}  {'':11}{sums}", Tone.HEAD),)
    yield ()
    yield _bar(whole)
    yield (Stretch("● a threat  ○ a reason  ! open  · not asked", Tone.FAINT),)


def risk_lines(template: Template) -> Iterator[Line]:
    """The matrix with the number of threats in each cell, as it comes and as advised, and the threats, worst first."""
    yield _head("Risk: number of threats, as it comes → as advised (where a residual is given)")
    yield (Stretch(f"{'likelihood':<14}{'impact':>7}" + "".join(f"{impact:>7}" for impact in range(1, 6)), Tone.FAINT),)
    before = analysis.counted([threat.risk for threat in template.threats])
    after = analysis.counted([threat.residual for threat in template.threats])
    for likelihood in range(5, 0, -1):
        cells = (
            Stretch(_numbers(before[likelihood, impact], after[likelihood, impact]), _tone(likelihood, impact))
            for impact in range(1, 6)
        )
        yield (Stretch(f"{likelihood} {_WORDS[likelihood]:<19}"), *cells)
    yield ()
    found = analysis.rated(template)
    width = max((len(one.threat.key) for one in found), default=0)
    for one in found:
        yield _threat(one, width)


def _by_source(found: Mapping[str, tuple[TaintPath, ...]], to: str) -> Mapping[str, list[TaintPath]]:
    by_source: dict[str, list[TaintPath]] = {}
    for path in (path for key, paths in found.items() if to in ("", key) for path in paths):
        by_source.setdefault(path.source, []).append(path)
    return by_source


def _children(paths: list[TaintPath]) -> Mapping[str, list[Edge]]:
    """The edges by the element they leave; what begins at the source, which may be reached again, stands under ""."""
    children: dict[str, list[Edge]] = {}
    for path in sorted(paths, key=lambda path: len(path.edges)):
        for place, edge in enumerate(path.edges):
            siblings = children.setdefault(edge.sender if place else "", [])
            if edge not in siblings:
                siblings.append(edge)
    return children


def _branches(template: Template, children: Mapping[str, list[Edge]], parent: str, indent: str) -> Iterator[Line]:
    edges = children.get(parent, [])
    for edge in edges:
        last = edge is edges[-1]
        acts = ", ".join(reach_taint.acts(template.elements[edge.receiver]))
        way = f"  on {edge.passage.flow.key}{' (reply)' if edge.passage.reply else ''}"
        yield (
            Stretch(f"{indent}{'└─' if last else '├─'} ", Tone.FAINT),
            Stretch(edge.receiver, Tone.HIGH if acts else Tone.PLAIN),
            Stretch(f"{way}  " if acts else way, Tone.FAINT),
            Stretch(f"can {acts}" if acts else ""),
        )
        yield from _branches(template, children, edge.receiver, indent + ("   " if last else "│  "))


def _group(title: str, steps: tuple[Step, ...], tone: Tone) -> Iterator[Line]:
    yield ()
    yield (Stretch(f"{title}: ", Tone.HEAD), Stretch(str(len(steps)) if steps else "none"))
    width = max((len(step.key) for step in steps), default=0)
    for step in steps:
        yield (
            Stretch(f"{step.hops:>4}  ", Tone.FAINT),
            Stretch(f"{step.key:{width}}  ", tone),
            Stretch(step.because),
        )


def _letters(row: Parts) -> Iterator[Stretch]:
    signs = {"●": (row.by_threat, Tone.LOW), "○": (row.by_reason, Tone.MEDIUM), "!": (row.open, Tone.CRITICAL)}
    for place, letter in enumerate(LETTERS):
        sign, tone = next(((s, tone) for s, (letters, tone) in signs.items() if letter in letters), ("·", Tone.FAINT))
        yield Stretch(f" {sign}" if place else sign, tone)


def _bar(whole: stride.Coverage) -> Line:
    threat, answered = (
        _BAR * number // max(whole.asked, 1) for number in (whole.by_threat, whole.by_threat + whole.by_answer)
    )
    return (
        Stretch("█" * threat, Tone.LOW),
        Stretch("▒" * (answered - threat), Tone.MEDIUM),
        Stretch("░" * (_BAR - answered), Tone.CRITICAL if whole.left else Tone.FAINT),
        Stretch(f"  {whole.percent} % of {whole.asked} cells answered"),
    )


def _numbers(before: int, after: int) -> str:
    return f"{'·':>7}" if not before and not after else f"{f'{before}→{after}':>7}"


def _tone(likelihood: int, impact: int) -> Tone:
    return _LEVELS[risk.level(Rating(likelihood=likelihood, impact=impact))]


def _threat(one: Rated, width: int) -> Line:
    return (
        Stretch(f"{one.score or '':>3} ", Tone.FAINT),
        Stretch(f"{one.level or 'unrated':<8} ", _LEVELS[one.level]),
        Stretch("→ ", Tone.FAINT),
        Stretch(f"{one.residual or '-':<8} ", _LEVELS[one.residual]),
        Stretch(f" {one.threat.key:{width}}  {one.standing:<13}  "),
        Stretch(one.threat.title, Tone.FAINT),
    )


def _head(text: str) -> Line:
    return (Stretch(text, Tone.HEAD),)
