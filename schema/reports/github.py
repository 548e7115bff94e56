"""Findings as annotations of a GitHub workflow: one command per finding, and nothing that a file can make a command of.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from collections.abc import Iterable, Iterator

from schema.finding import Finding, Severity
from schema.reports.text import page_of, visible

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}
_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def annotations(findings: Iterable[Finding], pages: str) -> Iterator[str]:
    """One line per finding, worst first: GitHub shows ten of each severity in a step and drops the rest."""
    worst_first = list(_LEVELS)
    for finding in sorted(findings, key=lambda finding: worst_first.index(finding.severity)):
        yield _annotation(finding, pages)


def guarded(lines: Iterable[str], token: str) -> Iterator[str]:
    """Lines in which the runner looks for no commands; `token` is a word that nobody can foresee."""
    yield f"::stop-commands::{token}"
    yield from lines
    yield f"::{token}::"


def _annotation(finding: Finding, pages: str) -> str:
    place = finding.place
    properties = {"file": finding.file, "line": str(place.line), "endLine": str(place.end_line)}
    if place.line == place.end_line:  # columns mean nothing to GitHub across lines
        properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    properties["title"] = finding.rule
    said = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    message = _escaped(f"{finding.message}\n{page_of(finding.rule, pages)}", _IN_TEXT)
    return visible(f"::{_LEVELS[finding.severity]} {said}::{message}")


def _escaped(text: str, instead: dict[str, str]) -> str:
    return "".join(instead.get(character, character) for character in text)
