"""Findings as people read them: the offending line, a sentence and the way to the page of the rule."""

from collections.abc import Iterable, Iterator, Mapping

from schema.finding import Finding, Severity
from schema.text import line_at

WIDEST_LINE = 110
"""Columns of a source line that are shown; longer lines are cut around the fault."""

_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.HINT: "1;36"}
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.HINT)


def counts(findings: Iterable[Finding]) -> Mapping[str, int]:
    """How many findings of each severity, worst first; severities without any are there with 0."""
    found = [finding.severity for finding in findings]
    return {str(severity): found.count(severity) for severity in _ORDER}


def as_text(findings: Iterable[Finding], source: str, pages: str) -> Iterator[str]:
    """One block per finding: where, which rule, the line with a caret, the sentence, and the address of its page.

    `source` is the file's text (empty when it could not be decoded); `pages` the address under which rules have pages.
    """
    for finding in findings:
        place = finding.place
        yield f"{finding.file}:{place.line}:{place.column}: {finding.severity} {finding.rule}"
        yield from _excerpt(finding, source)
        yield f"    {finding.message}"
        yield f"    {page_of(finding.rule, pages)}"
        yield ""


def coloured(line: str) -> str:
    """A line of `as_text` for a terminal: place bold, severity in its colour, carets too, the page dimmed."""
    for severity, colour in _COLOURS.items():
        place, found, rule = line.partition(f": {severity} ")
        if found and not line.startswith(" "):
            return f"\x1b[1m{place}:\x1b[0m \x1b[{colour}m{severity}\x1b[0m \x1b[1m{rule}\x1b[0m"
    if line.strip("| ^~") == "" and "^" in line:
        return f"\x1b[1;31m{line}\x1b[0m"
    if line.startswith("    ") and "/reference/rules/" in line:
        return f"\x1b[2m{line}\x1b[0m"
    return line


def page_of(rule: str, pages: str) -> str:
    """The address of the rule's page."""
    return f"{pages.rstrip('/')}/reference/rules/{rule}/"


def visible(text: str) -> str:
    """The text with every character that a terminal would obey or hide written as its code point."""
    return "".join(char if char.isprintable() else f"<U+{ord(char):04X}>" for char in text)


def _excerpt(finding: Finding, source: str) -> Iterator[str]:
    line = line_at(source, finding.place.line).expandtabs(1)
    if not line.strip():
        return
    start = finding.place.column - 1
    first = max(0, start - WIDEST_LINE // 2) if len(line) > WIDEST_LINE else 0
    shown, before = visible(line[first : first + WIDEST_LINE]), visible(line[first:start])
    width = len(visible(line[start : max(finding.place.end_column - 1, start + 1)])) or 1
    number = str(finding.place.line)
    gutter = " " * (len(number) + 2)
    yield f"  {number} | {'…' if first else ''}{shown}"
    yield f"{gutter} | {' ' * (len(before) + bool(first))}{'^' * min(width, max(1, len(shown) - len(before)))}"
