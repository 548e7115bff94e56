"""Findings as a SARIF 2.1.0 log, the form that code scanning takes.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from schema.finding import Edit, Finding, Path, Place, Severity, pointer
from schema.reports.text import page_of
from schema.rules.rule import Rule
from schema.text import line_at, place_between

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "threatshelfFinding/v1"
"""The name of our fingerprint; GitHub computes one of its own beside it."""

_ROOT = "%SRCROOT%"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "recommendation"}


@dataclass(frozen=True)
class Tool:
    """Who speaks: our version, the address under which rules have pages, and every rule there is."""

    version: str
    pages: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Looked:
    """A file that was checked. `text`: as its edits count it; `data`: what it holds, None when it could not be read."""

    file: str
    text: str
    data: Any
    findings: tuple[Finding, ...]


def log(files: Iterable[Looked], tool: Tool) -> dict[str, Any]:
    """The log of one run over these files, as plain data; lines and columns from 1, counted in code points."""
    looked = list(files)
    run = {
        "tool": {"driver": _driver(tool)},
        "automationDetails": {"id": "threatshelf/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder in which the check ran."}}},
        "invocations": [{"executionSuccessful": True}],
        "artifacts": [
            {"location": _location(one.file), "mimeType": "application/yaml", "roles": ["analysisTarget"]}
            for one in looked
        ],
        "results": [result for one in looked for result in _results(one, tool)],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _driver(tool: Tool) -> dict[str, Any]:
    return {
        "name": "threatshelf",
        "semanticVersion": tool.version,
        "informationUri": f"{tool.pages}/reference/rules/",
        "rules": [_descriptor(rule, tool.pages) for rule in tool.rules],
    }


def _descriptor(rule: Rule, pages: str) -> dict[str, Any]:
    parts = rule.page.split("\n\n")
    what = " ".join(parts[1].removeprefix("What:").split()) if len(parts) > 1 else rule.title
    return {
        "id": rule.name,
        "name": rule.name.title().replace("-", ""),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": what[:1].upper() + what[1:]},
        "help": {"text": rule.page, "markdown": rule.page},
        "helpUri": page_of(rule.name, pages),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["threat-model"], "problem.severity": _PROBLEMS[rule.severity], "since": rule.since},
    }


def _results(looked: Looked, tool: Tool) -> Iterator[dict[str, Any]]:
    places = {rule.name: index for index, rule in enumerate(tool.rules)}
    times = Counter[str]()
    for finding in looked.findings:
        mark = _stable(finding, looked)
        times[mark] += 1
        yield {
            "ruleId": finding.rule,
            "ruleIndex": places[finding.rule],
            "level": _LEVELS[finding.severity],
            "message": {"text": _inert(finding.message)},
            "locations": [_place(finding)],
            "partialFingerprints": {FINGERPRINT: f"{mark}:{times[mark]}"},
            **({"fixes": [_fix(finding.file, finding.edit, looked.text)]} if finding.edit else {}),
        }


def _inert(message: str) -> str:
    """Viewers make a link of `[words](address)`, and messages quote what contributors wrote."""
    return message.replace("](", "] (")


def _place(finding: Finding) -> dict[str, Any]:
    physical = {"artifactLocation": _location(finding.file), "region": _region(finding.place)}
    logical = [{"fullyQualifiedName": pointer(finding.path), "kind": "value"}] if finding.path else []
    return {"physicalLocation": physical, **({"logicalLocations": logical} if logical else {})}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _location(file: str) -> dict[str, str]:
    # A name that is not UTF-8 comes from the system with surrogates: its own bytes go into the address.
    uri = quote(file.encode("utf-8", "surrogateescape"))
    return {"uri": f"file://{uri}"} if file.startswith("/") else {"uri": uri, "uriBaseId": _ROOT}


def _fix(file: str, edit: Edit, text: str) -> dict[str, Any]:
    said = "Mend it." if edit.sure else "Perhaps this is meant: look before you take it."
    region = _region(place_between(text, edit.start, edit.end))
    replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
    change = {"artifactLocation": _location(file), "replacements": [replacement]}
    return {"description": {"text": said}, "artifactChanges": [change]}


def _stable(finding: Finding, looked: Looked) -> str:
    """Which finding this is, whatever stands above it: its rule, its template, and the keys on the way to it."""
    named = looked.data.get("id") if isinstance(looked.data, Mapping) else None
    way = list(_by_key(finding.path, looked.data)) or [line_at(looked.text, finding.place.line).strip()]
    whole = "\x00".join((finding.rule, named if isinstance(named, str) else looked.file, *way))
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _by_key(path: Path, data: Any) -> Iterator[str]:
    """The path with the key of each item in place of its number, where it has one."""
    for step in path:
        data = _inside(data, step)
        key = data.get("key") if isinstance(step, int) and isinstance(data, Mapping) else None
        yield f"key={key}" if isinstance(key, str) else str(step)


def _inside(data: Any, step: str | int) -> Any:
    try:
        return data[step]
    except (KeyError, IndexError, TypeError):  # what a finding misses is not there
        return None
