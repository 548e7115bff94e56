"""Which event makes which visit due, and what is kept of visits that are due.

An event carries nothing but a number: what is to be done is read from the thread by the visit itself.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from bot.facts import Status

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class Due:
    """What an event makes due: some numbers, or everything that is open."""

    numbers: tuple[int, ...] = ()
    everything: bool = False


NOTHING = Due()
EVERYTHING = Due(everything=True)
LARGEST = 2**31 - 1
ALL_OPEN, SWEEP = 0, -1
"""Numbers no pull request has: a visit that makes everything open due, and the sweep of every hour."""


class Taken(Protocol):
    """A visit that a worker has taken, after so many tries that failed."""

    @property
    def repository(self) -> str:
        """`owner/name`."""

    @property
    def number(self) -> int:
        """Of a pull request or an issue, ALL_OPEN or SWEEP."""

    @property
    def tries(self) -> int:
        """How often in a row it failed."""


Held = TypeVar("Held", bound=Taken)


class Visits(Protocol[Held]):
    """The kept visits: one row for each number, whatever comes in and however often. Moments are in seconds."""

    def mark(self, repository: str, number: int, at: float) -> None:
        """A visit is due from then on; raises the generation of the row that is there."""

    def expect(self, repository: str, number: int, at: float) -> None:
        """A visit is due then, unless there is a row for it already."""

    def take(self, at: float, seconds: float) -> Held | None:
        """The visit that is due longest and that nobody holds, leased for so many seconds; None when there is none."""

    def keep(self, taken: Held, until: float) -> bool:
        """Whether the lease is still ours, which makes it last until then: asked before each write."""

    def done(self, taken: Held) -> None:
        """The visit was made; the row goes, unless an event has raised its generation meanwhile."""

    def put_off(self, taken: Held, at: float, tries: int) -> None:
        """The visit is given back: due then, or at once when an event has raised its generation meanwhile."""


@dataclass(frozen=True)
class OpenPull:
    """What a sweep sees of an open pull request: little, for all of them at once. `statuses` are those of the head."""

    number: int
    base: str
    opened_at: str
    changed_at: str
    labels: frozenset[str]
    statuses: Mapping[str, Status]


@dataclass(frozen=True)
class End:
    """How a pull request ended, and when."""

    number: int
    base: str
    at: str
    merged: bool


@dataclass(frozen=True)
class Broom:
    """What a sweep goes by: the required statuses, the branch that requires them, how our own failure is said."""

    gates: tuple[str, ...]
    default_branch: str
    failed: str


CHANGED_WITHIN = timedelta(hours=2)
"""A sweep comes every hour, perhaps late: whoever changed since the one before is looked at."""
LATE_AFTER = timedelta(hours=48)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


def swept(pulls: Iterable[OpenPull], now: datetime, broom: Broom) -> tuple[int, ...]:
    """The numbers a sweep makes due, the most pressing first: no verdict yet, a promise broken, a change of late.

    Everything else has its hour of the day, so that nothing is forgotten for longer than a day.
    """
    ranked = ((rank, pull.number) for pull in pulls if (rank := _pressing(pull, now, broom)) is not None)
    return tuple(number for _, number in sorted(ranked))


def ended(ends: Iterable[End], default_branch: str, before: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers merged into the default branch, and those that ended otherwise before a moment."""
    every = tuple(ends)
    merged = tuple(end.number for end in every if end.merged and end.base == default_branch)
    return merged, tuple(end.number for end in every if end.number not in merged and end.at < before)


def _pressing(pull: OpenPull, now: datetime, broom: Broom) -> int | None:
    if "bot/off" in pull.labels:
        return None
    late = pull.labels.isdisjoint(_NOT_IN_TRIAGE) and _moment(pull.opened_at) <= now - LATE_AFTER
    reasons = (
        pull.base == broom.default_branch and any(_is_open(pull, gate, broom.failed) for gate in broom.gates),
        late and "needs/triage-now" not in pull.labels,
        _moment(pull.changed_at) >= now - CHANGED_WITHIN,
        pull.number % 24 == now.hour,
    )
    return next((rank for rank, holds in enumerate(reasons) if holds), None)


def _is_open(pull: OpenPull, gate: str, failed: str) -> bool:
    """Whether nothing is said there, or nothing but that we failed."""
    status = pull.statuses.get(gate)
    return status is None or status.state == "error" or status.description == failed


_NOT_IN_TRIAGE = frozenset(("stage/assessment", "stage/documentation", "stage/merge", "needs/author"))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)


def due(event: str, payload: Payload, us: str = "") -> Due:
    """What the event makes due. `us`: the login we speak as; what we did ourselves makes nothing due.

    Nothing in the payload is believed but that a number may be worth a look: a wrong one costs a visit without steps.
    """
    rule = _RULES.get(event)
    sender = payload.get("sender")
    own = isinstance(sender, Mapping) and bool(us) and sender.get("login") == us
    return NOTHING if rule is None or own else rule(payload)


def _of(name: str) -> Callable[[Payload], Due]:
    return lambda payload: _numbers(payload.get(name))


def _numbers(*found: object) -> Due:
    numbers = (thing.get("number") for thing in found if isinstance(thing, Mapping))
    return Due(tuple(number for number in numbers if type(number) is int and 0 < number <= LARGEST))


def _check_run(payload: Payload) -> Due:
    run = payload.get("check_run")
    said = run.get("external_id") if isinstance(run, Mapping) and payload.get("action") == "rerequested" else None
    match = re.fullmatch(r"pr/([1-9][0-9]{0,9})", str(said or ""))
    return Due((int(match[1]),)) if match else NOTHING


def _merge_group(payload: Payload) -> Due:
    group = payload.get("merge_group")
    ref = str(group.get("head_ref", "")) if isinstance(group, Mapping) else ""
    match = re.search(r"/pr-([1-9][0-9]{0,9})-[0-9a-f]{40}$", ref)
    return Due((int(match[1]),)) if match else NOTHING


def _push(payload: Payload) -> Due:
    """What lands on the default branch may change the verdict on everything that is open."""
    repository = payload.get("repository")
    branch = repository.get("default_branch") if isinstance(repository, Mapping) else None
    return EVERYTHING if branch and payload.get("ref") == f"refs/heads/{branch}" else NOTHING


_RULES: Mapping[str, Callable[[Payload], Due]] = {
    "pull_request": _of("pull_request"),
    "pull_request_review": _of("pull_request"),
    "issue_comment": _of("issue"),
    "issues": _of("issue"),
    "check_run": _check_run,
    "merge_group": _merge_group,
    "push": _push,
    "installation": lambda _: EVERYTHING,
    "installation_repositories": lambda _: EVERYTHING,
}

HEARD = frozenset(_RULES)
"""The events that make something due."""
