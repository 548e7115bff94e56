"""A file and the facts about the world become findings: the whole judgement of one template."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from schema import structure
from schema.comments import comments
from schema.content import content_digest
from schema.document import Document, read
from schema.entries import added, removed, renamed, replaced, written
from schema.facts import Facts
from schema.finding import (
    Addition,
    Bare,
    Edit,
    Finding,
    Guess,
    Path,
    Place,
    Problem,
    Removal,
    Renaming,
    Severity,
    pointer,
)
from schema.rules import RULES
from schema.template import Template, Waiver, from_data
from schema.text import line_at, place_between, stretch_of

STRUCTURE = "structure"

MOST_FINDINGS = 1_000
"""How many are told: nobody reads more, and a hostile file could have a million."""

LONGEST_MESSAGE = 600
"""Characters of a message; of a longer one the middle is left out, since its end says what to do."""


@dataclass(frozen=True)
class Checked:
    """What was found in a file. Without a document it could not be read; with errors the template is incomplete."""

    findings: tuple[Finding, ...]
    document: Document | None = None
    template: Template | None = None
    data: Any = None

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)


def check(source: bytes, file: str, facts: Facts) -> Checked:
    """Every finding in the file, in the order of its lines. Never raises because of what the file holds."""
    document = read(source, file)
    if not isinstance(document, Document):
        return Checked(document)
    data = structure.typed(document, facts.schema)
    faults = tuple(_mended(fault) for fault in islice(structure.problems(data, facts.schema), MOST_FINDINGS + 1))
    findings = [_found(document, (STRUCTURE, Severity.ERROR), fault) for fault in faults]
    if not isinstance(data, dict):
        return Checked(tuple(findings), document)
    template = from_data(data)
    severities = {rule.name: rule.severity for rule in RULES}
    known = replace(facts, content=content_digest(data), severities=severities, comments=comments(document))
    judged = _judged(document, template, known, {fault.path for fault in faults})
    kept = _not_waived(chain(findings, judged), template.waive, facts.today.isoformat())
    return Checked(tuple(sorted(_first(kept, document), key=_order)), document, template, data)


def _first(findings: Iterator[Finding], document: Document) -> list[Finding]:
    """All of them, or the first `MOST_FINDINGS` and an error that says so: what was not looked at may be one too."""
    first = list(islice(findings, MOST_FINDINGS + 1))
    if len(first) > MOST_FINDINGS:
        message = f"More than {MOST_FINDINGS:,} findings: mend the ones shown, then check again for the others."
        first[-1] = _found(document, ("too-large", Severity.ERROR), Problem((), message))
    return first


def _mended(fault: Problem) -> Problem:
    """What is no id can only be a placeholder for the one the registry gives: the line is left out."""
    match fault.path:
        case ("threats", int(), "id"):
            return replace(fault, replacement=Removal())
        case _:
            return fault


def _judged(document: Document, template: Template, facts: Facts, faulty: set[Path]) -> Iterator[Finding]:
    """What the rules find, but for places where the structure is wrong already: one fault, one finding."""
    for rule in RULES:
        for problem in rule.look(template, facts):
            if not any(problem.path[:size] in faulty for size in range(1, len(problem.path) + 1)):
                yield _found(document, (rule.name, rule.severity), problem)


def _found(document: Document, rule: tuple[str, Severity], problem: Problem) -> Finding:
    name, severity = rule
    return Finding(
        rule=name,
        severity=problem.severity or severity,
        file=document.file,
        place=_on_one_line(document, _place(document, problem)),
        path=problem.path,
        message=_said(problem.message),
        edit=_edit(document, problem),
    )


def _said(message: str) -> str:
    """The message on one line of moderate length, whatever a contributor's key that it quotes may hold."""
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[: LONGEST_MESSAGE // 2]} \N{HORIZONTAL ELLIPSIS} {message[-LONGEST_MESSAGE // 3 :]}"
    if message.isprintable():
        return message
    seen = (character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in message)
    return "".join(seen)


def _place(document: Document, problem: Problem) -> Place:
    if problem.stretch:
        return place_between(document.text, *problem.stretch)
    if problem.on_key:
        return document.place_of_key(problem.path)
    span = document.nodes[problem.path].span if problem.words and problem.path in document.nodes else None
    found = stretch_of(document.text, problem.words, span) if span else None
    return place_between(document.text, found.start, found.end) if found else document.place_of_value(problem.path)


def _on_one_line(document: Document, place: Place) -> Place:
    """A finding about a whole block points at its first line, not at all of it."""
    if place.end_line == place.line:
        return place
    return replace(place, end_line=place.line, end_column=len(line_at(document.text, place.line)) + 1)


def _edit(document: Document, problem: Problem) -> Edit | None:
    match problem.replacement:
        case None:
            return None
        case Removal():
            return removed(document, problem.path)
        case Addition() as addition:
            return added(document, problem.path, addition)
        case Renaming(key):
            return renamed(document, problem.path, key)
        case value:
            return _of_value(document, problem.path, value)


def _of_value(document: Document, path: Path, value: str | Bare | Guess) -> Edit | None:
    match value:
        case Bare(text):
            return written(document, path, text)
        case Guess(text):
            edit = replaced(document, path, text)
            return replace(edit, sure=False) if edit else None
        case text:
            return replaced(document, path, text)


def _not_waived(findings: Iterable[Finding], waivers: tuple[Waiver, ...], today: str) -> Iterator[Finding]:
    """The findings no waiver in force excuses; an error is never excused."""
    active = {
        (waiver.rule, waiver.at) for waiver in waivers if waiver.reason and (not waiver.until or waiver.until >= today)
    }
    for finding in findings:
        if finding.severity is Severity.ERROR or not any(named in active for named in _excuses(finding)):
            yield finding


def _excuses(finding: Finding) -> Iterator[tuple[str, str]]:
    """What a waiver of this finding may name: its rule, and its place or one around it."""
    return ((finding.rule, pointer(finding.path[:size])) for size in range(len(finding.path) + 1))


def _order(finding: Finding) -> tuple[int, int, str, str]:
    return finding.place.line, finding.place.column, finding.rule, finding.message
