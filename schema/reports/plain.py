"""A finding as plain data, for programs: the form that the API and `--format json` share."""

from typing import Any

from schema.finding import Edit, Finding, pointer
from schema.reports.text import page_of


def as_json(finding: Finding, pages: str) -> dict[str, Any]:
    """One finding as plain data: lines and columns from 1, the path as a JSON Pointer, an edit in characters from 0.

    `pages` is the address under which rules have pages. `sure` edits are those that `threatshelf check --fix` may make.
    """
    place = finding.place
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "file": finding.file,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "path": pointer(finding.path),
        "message": finding.message,
        "page": page_of(finding.rule, pages),
        "edit": _edit(finding.edit),
    }


def _edit(edit: Edit | None) -> dict[str, Any] | None:
    return None if edit is None else {"start": edit.start, "end": edit.end, "text": edit.text, "sure": edit.sure}
