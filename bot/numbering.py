"""Which threat ids a pull request is due, and the rows of the ledger that give them: all of a visit in one append."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from bot.case import Case
from bot.commands import Command
from bot.judgement import SeenThreat
from schema.ids import WITHDRAWALS, Ledger, Row, State, parse_id
from schema.transitions import (
    Cause,
    Wish,
    Withdrawal,
    moves,
    recategorised,
    renamed,
    reserved,
    same_as,
    together,
    withdrawn,
)

MOST_NEW = 60
"""New ids for one pull request, unless somebody who may says `/assign-ids`."""


@dataclass(frozen=True)
class SameThreat:
    """Somebody says that a subject is the same threat as an id."""

    id: str
    subject: str
    by: str


@dataclass(frozen=True)
class Wanted:
    """What a visit wants from the ledger. `cause` is that of reservations: the moment, who asked, which pull request.

    `seen`: every threat of its files, subject and id (empty without one), or None where a file cannot be read.
    `withdrawals`: each with who said it.
    """

    cause: Cause
    seen: tuple[tuple[str, str], ...] | None = None
    same: tuple[SameThreat, ...] = ()
    recategorise: tuple[Wish, ...] = ()
    wishes: tuple[Wish, ...] = ()
    withdrawals: tuple[tuple[Withdrawal, str], ...] = ()


def rows(ledger: Ledger, wanted: Wanted) -> tuple[Row, ...]:
    """The rows that are missing in this ledger, in order; none when all is there. Safe to ask again after a lost race.

    Raises LedgerError when a row may not follow: our own failure, not the contributor's.
    """
    return together(ledger, _cases(wanted))


def _cases(wanted: Wanted) -> Iterator[Callable[[Ledger], tuple[Row, ...]]]:
    cause = wanted.cause
    if wanted.seen is not None:
        yield partial(_moved, seen=wanted.seen, cause=cause)
    for same in wanted.same:
        yield partial(same_as, threat_id=same.id, subject=same.subject, cause=replace(cause, by=same.by))
    yield partial(recategorised, wishes=wanted.recategorise, cause=cause)
    yield partial(reserved, wishes=wanted.wishes, cause=cause)
    for end, by in wanted.withdrawals:
        yield partial(withdrawn, end=end, cause=replace(cause, by=by))


def _moved(ledger: Ledger, seen: tuple[tuple[str, str], ...], cause: Cause) -> tuple[Row, ...]:
    found = moves(ledger, cause.pull_request, dict(seen)) if cause.pull_request else {}
    return renamed(ledger, found, cause)


def wishes(case: Case) -> tuple[Wish, ...]:
    """Every threat of the pull request whose file says no id, in the order of the files."""
    prefix = case.house.prefix
    return tuple(Wish(threat.subject, threat.category, prefix) for threat in threats(case) if not threat.id)


def missing(case: Case, ledger: Ledger) -> tuple[Wish, ...]:
    """The wishes for which no id is published or reserved."""
    return tuple(wish for wish in dict.fromkeys(wishes(case)) if id_of(case, ledger, wish.subject) is None)


def id_of(case: Case, ledger: Ledger, subject: str) -> str | None:
    """The id in force that the ledger has for a threat of this pull request."""
    number = case.pull_request.number
    found = ledger.find(subject, number)
    if found is None or ledger.published(subject) == found:
        return found
    row = ledger.bindings.get((found, subject, number))
    return found if row is not None and row.state is State.RESERVED else None


def within_limit(case: Case, ledger: Ledger, due: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """As many as may still be given without `/assign-ids`."""
    held = {row.id for row in ledger.held_by(case.pull_request.number)}
    return due[: max(0, MOST_NEW - len(held))]


def seen(case: Case) -> tuple[tuple[str, str], ...] | None:
    """Every threat with the id in its file; None while one of the files cannot be read, so that nothing seems gone."""
    return tuple((threat.subject, threat.id) for threat in threats(case)) if case.is_sound else None


def same_threat(case: Case, command: Command) -> SameThreat | None:
    """What `/same-as T-EXEC-002 <key>` or `<template>/<key>` means here; None when it is unclear which threat it is."""
    words = command.rest.split()
    if len(words) != 2 or parse_id(words[0]) is None:
        return None
    subjects = [t.subject for t in threats(case) if words[1] in (t.subject, t.subject.partition("/")[2])]
    return SameThreat(words[0], subjects[0], command.by) if len(set(subjects)) == 1 else None


def withdrawal(command: Command) -> Withdrawal | None:
    """What `/withdraw <id> <reason> <sentence>` means; an id at the start of the sentence is the one that follows."""
    words = command.rest.split()
    if len(words) < 3 or parse_id(words[0]) is None or words[1] not in WITHDRAWALS:
        return None
    successor = words[2] if parse_id(words[2]) else ""
    sentence = " ".join(words[3:] if successor else words[2:])
    return Withdrawal(words[0], words[1], sentence, successor) if sentence else None


def same_threats(case: Case, accepted: Iterable[Command]) -> Iterator[SameThreat]:
    """Every accepted `/same-as`."""
    found = (same_threat(case, command) for command in accepted if command.word == "same-as")
    yield from (same for same in found if same)


def withdrawals(accepted: Iterable[Command]) -> Iterator[tuple[Withdrawal, str]]:
    """Every accepted `/withdraw`, and who said it."""
    found = ((withdrawal(command), command.by) for command in accepted if command.word == "withdraw")
    yield from ((end, by) for end, by in found if end)


def threats(case: Case) -> tuple[SeenThreat, ...]:
    """Every threat of the templates that can be read."""
    return tuple(threat for template in case.judgement.templates for threat in template.threats)
