"""Versions that were taken back: what maintainers write in a template's `withdrawn.yaml`."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from schema.document import Document, read
from schema.structure import problems

NAME = "withdrawn.yaml"


@dataclass(frozen=True)
class Withdrawal:
    """One version taken back. `on` is a day (`2026-11-20`); `superseded_by` a version to take instead, or empty."""

    version: str
    on: str
    by: str
    reason: str
    superseded_by: str = ""


class WithdrawalError(ValueError):
    """The file cannot be read; the message says where and why."""


def withdrawals(source: bytes, file: str) -> tuple[Withdrawal, ...]:
    """What the file says, in its order. Raises WithdrawalError."""
    document = read(source, file)
    if not isinstance(document, Document):
        raise WithdrawalError(f"{file} cannot be read as YAML: {document[0].message}")
    for problem in islice(problems(document.data, _SCHEMA), 1):
        line = document.place_of_value(problem.path).line
        raise WithdrawalError(f"{file}:{line}: {problem.message}")
    found = tuple(Withdrawal(**row) for row in document.data["withdrawn"])
    for fault in _faults(found):
        raise WithdrawalError(f"{file}: {fault}")
    return found


def losses(before: Sequence[Withdrawal], after: Sequence[Withdrawal]) -> Iterator[str]:
    """Why the rows may not follow those before: a row is never altered and never taken out."""
    left = {row.version: row for row in after}
    for row in before:
        if left.get(row.version) != row:
            told = f"{row.version} was withdrawn on {row.on} by {row.by}"
            yield f"{told}, and {NAME} no longer says so: put the row back."


def unknown(rows: Sequence[Withdrawal], versions: Sequence[str]) -> Iterator[str]:
    """Rows about versions that were never published."""
    for row in rows:
        if row.version not in versions:
            yield f"{NAME} withdraws {row.version}, which was never published."
        elif row.superseded_by and row.superseded_by not in versions:
            yield f"{NAME} says that {row.superseded_by} follows {row.version}, and it was never published."


def written(rows: Sequence[Withdrawal]) -> str:
    """The rows as the file holds them."""
    lines = ["withdrawn:"]
    for row in rows:
        fields = [f"{name}: {_quoted(value)}" for name, value in asdict(row).items() if value]
        lines += [f"  - {fields[0]}", *(f"    {field}" for field in fields[1:])]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _faults(rows: Sequence[Withdrawal]) -> Iterator[str]:
    seen: set[str] = set()
    for row in rows:
        if row.version in seen:
            yield f"{row.version} is withdrawn twice: one row is enough."
        if row.superseded_by == row.version:
            yield f"{row.version} cannot follow itself: leave superseded_by out, or name another version."
        seen.add(row.version)


_VERSION = {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){2}$"}
_LINE = {"type": "string", "minLength": 1, "maxLength": 500, "pattern": r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["withdrawn"],
    "additionalProperties": False,
    "properties": {
        "withdrawn": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": {
                "type": "object",
                "description": "A version taken back.",
                "required": ["version", "on", "by", "reason"],
                "additionalProperties": False,
                "properties": {
                    "version": _VERSION,
                    "on": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
                    "by": _LINE,
                    "reason": _LINE,
                    "superseded_by": _VERSION,
                },
            },
        }
    },
}
