"""Threat ids and their ledger, as rows in and rows to append out: nothing here reads or writes a file.

A row binds an id to a subject (`<template id>/<threat key>`) for a pull request; the newest row of a binding is its
state. The ledger only grows: what was true stays readable, and no number ever moves to another meaning.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

COLUMNS = (
    "seq", "at", "id", "state", "subject", "pull_request", "by", "title", "reason", "note", "superseded_by",
)  # fmt: skip
CATEGORIES = ("RECON", "ACCESS", "EXEC", "PERSIST", "EVADE", "DISC", "EXFIL", "IMPACT")
REJECTIONS = ("closed", "dropped", "renamed", "recategorised", "same-as", "duplicate", "restored")
RESTORED = "restored:"
"""How the subject of a number begins that was only found again in comments."""
WITHDRAWALS = ("duplicate", "not-a-threat", "out-of-scope", "superseded", "legal", "malicious")

Binding = tuple[str, str, int | None]
"""(id, subject, pull request)."""

_ID = re.compile(rf"(?:([A-Z]{{2,8}})-)?T-({'|'.join(CATEGORIES)})-([0-9]{{3,9}})")
_SUBJECT = re.compile(r"[a-z][a-z0-9-]{0,63}(/[a-z][a-z0-9-]{0,63}|:\S[^\r\n]{0,200})")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,11}")
_FORMULA = "=+-@"
"""A spreadsheet runs what begins with one of these."""


class State(StrEnum):
    """Of a binding, and (the strongest of its bindings) of an id."""

    RESERVED = "RESERVED"
    PUBLISHED = "PUBLISHED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class LedgerError(ValueError):
    """The text is no ledger, or a row may not stand where it stands; the message names the row and the reason."""


@dataclass(frozen=True, order=True)
class ThreatId:
    """`ACME-T-EXEC-007` in its parts; the number counts, not its digits. No prefix: the public ledger."""

    prefix: str
    category: str
    number: int

    def __str__(self) -> str:
        """As it is written: three digits at least."""
        shelf = f"{self.prefix}-" if self.prefix else ""
        return f"{shelf}T-{self.category}-{self.number:03d}"


@dataclass(frozen=True)
class Row:
    """One line of the ledger. `at` is UTC, whole seconds: `2026-11-20T09:00:00Z`; `seq` counts from 1."""

    at: str
    id: str
    state: State
    subject: str = ""
    pull_request: int | None = None
    by: str = ""
    title: str = ""
    reason: str = ""
    note: str = ""
    superseded_by: str = ""
    seq: int = 0

    @property
    def binding(self) -> Binding:
        """What the row speaks about."""
        return self.id, self.subject, self.pull_request


@dataclass
class _Book:
    """What the rows so far amount to; kept up to date row by row, so that a long ledger is read in one pass."""

    at: str = ""
    bindings: dict[Binding, Row] = field(default_factory=dict)
    of_subject: dict[str, dict[Binding, Row]] = field(default_factory=dict)
    of_id: dict[str, dict[Binding, State]] = field(default_factory=dict)
    published: dict[str, str] = field(default_factory=dict)
    withdrawn: dict[str, Row] = field(default_factory=dict)
    titles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    highest: dict[tuple[str, str], int] = field(default_factory=dict)
    begun: bool = False
    """Whether a row of our own follows the seeds."""

    def copy(self) -> "_Book":
        """A book of its own with the same entries."""
        return _Book(
            self.at, dict(self.bindings), {name: dict(found) for name, found in self.of_subject.items()},
            {name: dict(found) for name, found in self.of_id.items()}, dict(self.published), dict(self.withdrawn),
            dict(self.titles), dict(self.highest), self.begun,
        )  # fmt: skip

    def state(self, threat_id: str) -> State | None:
        if threat_id in self.withdrawn:
            return State.WITHDRAWN
        found = set(self.of_id.get(threat_id, {}).values())
        return next((state for state in (State.PUBLISHED, State.RESERVED, State.REJECTED) if state in found), None)

    def next_number(self, prefix: str, category: str) -> int:
        return self.highest.get((prefix, category), 0) + 1

    def enter(self, row: Row) -> None:
        self.at = row.at
        self.begun = self.begun or not _is_seed(row)
        if row.state is State.WITHDRAWN:
            self.withdrawn[row.id] = row
            return
        self.bindings[row.binding] = row
        self.of_subject.setdefault(row.subject, {})[row.binding] = row
        self.of_id.setdefault(row.id, {})[row.binding] = row.state
        self._born(row.id)
        if row.state is State.PUBLISHED:
            self.published[row.subject] = row.id
            self.titles[row.id] = tuple(dict.fromkeys((*self.titles.get(row.id, ()), row.title)))

    def _born(self, threat_id: str) -> None:
        parts = parse_id(threat_id)
        if parts:
            shelf = (parts.prefix, parts.category)
            self.highest[shelf] = max(self.highest.get(shelf, 0), parts.number)


@dataclass(frozen=True)
class Ledger:
    """All rows, oldest first, each allowed to follow those before it. Made by `read`, and from `Ledger()` on."""

    rows: tuple[Row, ...] = ()
    _book: _Book = field(default_factory=_Book, repr=False, compare=False)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id ever given, in the order of their birth."""
        return tuple(self._book.of_id)

    @property
    def bindings(self) -> Mapping[Binding, Row]:
        """The newest row of every binding, in the order the bindings came into being. Withdrawals bind nothing."""
        return MappingProxyType(self._book.bindings)

    @property
    def withdrawn(self) -> Mapping[str, Row]:
        """The withdrawal of every withdrawn id."""
        return MappingProxyType(self._book.withdrawn)

    def state(self, threat_id: str) -> State | None:
        """WITHDRAWN, else the strongest of its bindings; None for an id never given."""
        return self._book.state(threat_id)

    def titles(self, threat_id: str) -> tuple[str, ...]:
        """The titles the id was published under, the first one first; empty before."""
        return self._book.titles.get(threat_id, ())

    def published(self, subject: str) -> str | None:
        """The id the subject is published under; None as well when that id was withdrawn."""
        threat_id = self._book.published.get(subject)
        return None if threat_id in self._book.withdrawn else threat_id

    def successor(self, threat_id: str) -> str | None:
        """The published id that follows a withdrawn one, at the end of the line of its successors."""
        seen: set[str] = set()
        while threat_id in self._book.withdrawn and threat_id not in seen:
            seen.add(threat_id)
            threat_id = self._book.withdrawn[threat_id].superseded_by
        return threat_id if seen and self.state(threat_id) is State.PUBLISHED else None

    def succeeding(self, subject: str) -> str | None:
        """The successor of the withdrawn id that the subject was published under."""
        threat_id = self._book.published.get(subject)
        return self.successor(threat_id) if threat_id else None

    def find(self, subject: str, pull_request: int | None) -> str | None:
        """The id the subject is published under, else the one this pull request holds or held for it, else None.

        This is the key that makes every reservation repeatable: asked twice, by two workers, it answers the same.
        """
        known = self.published(subject)
        if known is not None:
            return known
        own = [row for row in self.bound_to(subject) if row.pull_request == pull_request]
        held = [row for row in own if row.state is State.RESERVED]
        given_up = [row for row in own if row.state is State.REJECTED and row.reason in COMES_BACK]
        best = held or given_up
        return best[-1].id if best else None

    def bound_to(self, subject: str) -> tuple[Row, ...]:
        """The newest row of every binding of the subject to an id in force, oldest change first."""
        rows = (row for row in self._book.of_subject.get(subject, {}).values() if row.id not in self.withdrawn)
        return tuple(sorted(rows, key=lambda row: row.seq))

    def reserved_for(self, subject: str) -> tuple[Row, ...]:
        """The reservations of a subject in force, by whichever pull request, oldest change first."""
        return tuple(row for row in self.bound_to(subject) if row.state is State.RESERVED)

    def held_by(self, pull_request: int | None) -> tuple[Row, ...]:
        """The reservations of a pull request in force, oldest change first."""
        rows = (row for row in self.bindings.values() if row.pull_request == pull_request)
        return tuple(sorted((row for row in rows if row.state is State.RESERVED), key=lambda row: row.seq))

    def next_number(self, prefix: str, category: str) -> int:
        """One more than the highest number ever born in the category, in use or not."""
        return self._book.next_number(prefix, category)

    def extended(self, rows: Iterable[Row]) -> "Ledger":
        """This ledger and the rows after it, numbered on. Raises LedgerError when one of them may not follow.

        A new row (its `seq` is 0) never lies before the row above: another writer's clock may have run ahead.
        """
        book = self._book.copy()
        added = []
        for number, row in enumerate(rows, start=len(self.rows) + 1):
            numbered = row if row.seq else replace(row, seq=number, at=max(row.at, book.at))
            fault = f"it is numbered {row.seq}" if numbered.seq != number else _fault(book, numbered)
            if fault:
                raise LedgerError(f"row {number} ({row.state} {row.id} {row.subject}): {fault}")
            book.enter(numbered)
            added.append(numbered)
        return Ledger((*self.rows, *added), book)


COMES_BACK = ("closed", "dropped")
"""A number rejected for these comes back to its own pull request; the others were given up for another number."""


@lru_cache(maxsize=16_384)
def parse_id(text: str) -> ThreatId | None:
    """The id in its parts; None when the text is no threat id. `T-EXEC-0003` is none: one number, one spelling."""
    match = _ID.fullmatch(text)
    if match is None:
        return None
    found = ThreatId(match[1] or "", match[2], int(match[3]))
    return found if found.number and str(found) == text else None


def subject_of(template: str, threat: str) -> str:
    """How the ledger calls a threat of a template."""
    return f"{template}/{threat}"


def is_subject(text: str) -> bool:
    """Whether the ledger can name this: `<template id>/<threat key>`, or `<catalogue>:<name>` of a seeded row."""
    return _SUBJECT.fullmatch(text) is not None


def plain(text: str) -> str:
    """The text as a field may hold it: one line, and nothing at its start that a spreadsheet would run."""
    printable = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(printable.split())
    return line.lstrip(_FORMULA + " ")


def read(text: str) -> Ledger:
    """The ledger in the text. Raises LedgerError at the first line or row that may not stand there."""
    if "\r" in text or not text.endswith("\n"):
        raise LedgerError("a ledger ends each line with LF, the last one too")
    try:
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise LedgerError(f"this is no CSV: {error}") from None
    if tuple(lines[0]) != COLUMNS:
        raise LedgerError(f"the first line names the columns: {','.join(COLUMNS)}")
    ledger = Ledger().extended(_row(number, cells) for number, cells in enumerate(lines[1:], start=1))
    if write(ledger) != text:
        raise LedgerError("the ledger is not written as this program writes it: somebody edited it by hand")
    return ledger


def write(ledger: Ledger) -> str:
    """The ledger as CSV (RFC 4180, LF). A ledger that extends another has that one's text as its prefix."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(row) for row in ledger.rows)
    return out.getvalue()


def extends(older: str, newer: str) -> bool:
    """Whether the newer text only appends to the older one."""
    return newer.startswith(older)


def _cells(row: Row) -> tuple[str, ...]:
    number = "" if row.pull_request is None else str(row.pull_request)
    return (
        str(row.seq), row.at, row.id, str(row.state), row.subject, number, row.by, row.title, row.reason, row.note,
        row.superseded_by,
    )  # fmt: skip


def _row(number: int, cells: list[str]) -> Row:
    if len(cells) != len(COLUMNS):
        raise LedgerError(f"row {number} has {len(cells)} fields, not {len(COLUMNS)}")
    value = dict(zip(COLUMNS, cells, strict=True))
    if value["state"] not in State.__members__:
        raise LedgerError(f"row {number}: `{value['state']}` is no state")
    return Row(
        seq=_whole(number, value["seq"]),
        at=value["at"],
        id=value["id"],
        state=State(value["state"]),
        subject=value["subject"],
        pull_request=_whole(number, value["pull_request"]) if value["pull_request"] else None,
        by=value["by"],
        title=value["title"],
        reason=value["reason"],
        note=value["note"],
        superseded_by=value["superseded_by"],
    )


def _whole(row: int, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise LedgerError(f"row {row}: `{text[:20]}` is no number")
    return int(text)


# Which row may follow


def _fault(book: _Book, row: Row) -> str:
    """Why the row may not follow; empty when it may."""
    return _fault_in_form(book, row) or _fault_in_fields(row) or _MAY_FOLLOW[row.state](book, row)


def _fault_in_form(book: _Book, row: Row) -> str:
    texts = (row.subject, row.by, row.title, row.reason, row.note, row.superseded_by)
    checks = (
        (parse_id(row.id) is not None, "the id is no threat id"),
        (_is_moment(row.at), f"`{row.at}` is no moment"),
        (row.at >= book.at, f"{row.at} is before the row above"),
        (all(text == plain(text) for text in texts if text), "a field is no plain line, or a spreadsheet would run it"),
    )
    return _first(checks)


def _fault_in_fields(row: Row) -> str:
    """Which field has to be empty, and which may not be, follows from the state."""
    gone, rejected = row.state is State.WITHDRAWN, row.state is State.REJECTED
    reasons = {State.REJECTED: REJECTIONS, State.WITHDRAWN: WITHDRAWALS}.get(row.state, ("",))
    successor = row.superseded_by
    checks = (
        (row.reason in reasons, f"`{row.reason}` is no reason for {row.state}"),
        (bool(row.title) == (row.state is State.PUBLISHED), "a title stands on PUBLISHED rows and only there"),
        (bool(row.note) == gone, "a note stands on WITHDRAWN rows and only there"),
        (not successor or gone or rejected, "superseded_by stands on REJECTED and WITHDRAWN rows only"),
        (not successor or _follows(row), f"`{successor}` cannot be what follows"),
        (not gone or row.binding[1:] == ("", None), "a withdrawal has neither subject nor pull request"),
        (gone or is_subject(row.subject), f"`{row.subject}` is no subject"),
    )
    return _first(checks)


def _first(checks: Iterable[tuple[bool, str]]) -> str:
    return next((fault for holds, fault in checks if not holds), "")


def _follows(row: Row) -> bool:
    return row.superseded_by != row.id and parse_id(row.superseded_by) is not None


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _reserves(book: _Book, row: Row) -> str:
    known, before = book.state(row.id), book.bindings.get(row.binding)
    if known is None:
        return _unborn(book, row)
    if before is not None and before.state is not State.REJECTED:
        return f"it is {before.state} already"
    # A rejected number is left by the pull request that held it; any number in force may be shared.
    shared = known in (State.PUBLISHED, State.RESERVED)
    comes_back = known is State.REJECTED and before is not None
    return "" if shared or comes_back else f"the id is {known}"


def _unborn(book: _Book, row: Row) -> str:
    """A new number is the next one, unless it was found again after a loss."""
    parts = parse_id(row.id)
    following = book.next_number(parts.prefix, parts.category) if parts else 0
    restored = row.subject.startswith(RESTORED)
    return "" if restored or (parts and parts.number == following) else f"the next number is {following}"


def _publishes(book: _Book, row: Row) -> str:
    known, before = book.state(row.id), book.bindings.get(row.binding)
    if known is None:
        return "" if _is_seed(row) and not book.begun else "an id is reserved before it is published"
    if known is State.WITHDRAWN:
        return "the id is withdrawn"
    if before is not None and before.state is State.PUBLISHED:
        return "it is published already"
    return _taken(book, row) or _foreign(book, row)


def _is_seed(row: Row) -> bool:
    """A published id of another catalogue: these stand at the beginning."""
    return row.state is State.PUBLISHED and ":" in row.subject and not row.subject.startswith(RESTORED)


def _taken(book: _Book, row: Row) -> str:
    """A subject has one published id; when that is withdrawn, another may be published for it."""
    other = book.published.get(row.subject, row.id)
    return "" if other == row.id or other in book.withdrawn else f"the subject is published as {other}"


def _foreign(book: _Book, row: Row) -> str:
    own = any(subject == row.subject for _, subject, _ in book.of_id[row.id])
    return "" if own or book.state(row.id) is not State.REJECTED else "the id was rejected for another subject"


def _rejects(book: _Book, row: Row) -> str:
    before = book.bindings.get(row.binding)
    return "" if before is not None and before.state is State.RESERVED else "only a reservation is rejected"


def _withdraws(book: _Book, row: Row) -> str:
    return "" if book.state(row.id) is State.PUBLISHED else "only a published id is withdrawn"


_MAY_FOLLOW: Mapping[State, Callable[[_Book, Row], str]] = {
    State.RESERVED: _reserves,
    State.PUBLISHED: _publishes,
    State.REJECTED: _rejects,
    State.WITHDRAWN: _withdraws,
}
