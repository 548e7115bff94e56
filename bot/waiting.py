"""Who waits, for whom and how long: the queue by age, and how long it took of late until somebody looked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock, clock
from bot.facts import Thread

WINDOW = timedelta(days=90)
"""The figures are of threads that a person triaged within this time."""
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_ASKED = "needs/author"
_TRIAGE = "triage"


@dataclass(frozen=True)
class Waiting:
    """One thread of the queue. Moments in UTC, empty where it has not come to that; durations in seconds.

    `stage`: of a pull request its stage; an issue leaves the queue with its triage. `since`: in that stage. `asked`:
    the author has been asked for something, and it is not us who are waited for. `with_author`: all such time so far.
    """

    number: int
    kind: str
    title: str
    stage: str
    start: str
    due: str
    triaged: str
    since: str
    age: int
    asked: bool
    with_author: int
    overdue: bool


@dataclass(frozen=True)
class Queue:
    """The whole queue, longest waiting first. `p50`, `p90`: seconds from start to triage; None while there are none.

    `measured`: of how many threads, each triaged within the window; one that nobody triaged is not among them.
    """

    moment: str
    waiting: tuple[Waiting, ...]
    measured: int
    p50: int | None
    p90: int | None

    @property
    def overdue(self) -> tuple[Waiting, ...]:
        """To whom the promise is broken."""
        return tuple(one for one in self.waiting if one.overdue)


def queue(threads: Iterable[Thread], moment: str) -> Queue:
    """The queue at a moment (`2026-11-20T09:00:00Z`) out of open threads and those that ended within the window."""
    timed = tuple((thread, clock(thread, {})) for thread in threads)
    took = sorted(_took(timed, since(moment)))
    waiting = (_waiting(thread, ticking, moment) for thread, ticking in timed if _waits(thread, ticking))
    oldest_first = sorted(waiting, key=lambda one: (one.start, one.number))
    return Queue(moment, tuple(oldest_first), len(took), _percentile(took, 50), _percentile(took, 90))


def since(moment: str) -> str:
    """From when on ended threads matter to the queue of this moment."""
    return (datetime.strptime(moment, _FORM) - WINDOW).strftime(_FORM)


def _waits(thread: Thread, ticking: Clock) -> bool:
    if thread.state != "open" or thread.draft or not ticking.start:
        return False
    return thread.is_pull or not ticking.triaged


def _waiting(thread: Thread, ticking: Clock, moment: str) -> Waiting:
    stage = _stage(thread)
    return Waiting(
        number=thread.number,
        kind="pull request" if thread.is_pull else "issue",
        title=thread.title,
        stage=stage,
        start=ticking.start,
        due=ticking.due,
        triaged=ticking.triaged,
        since=max([ticking.start, *_moved(thread, stage)]),
        age=_seconds(ticking.start, moment),
        asked=_ASKED in thread.labels,
        with_author=sum(_seconds(max(begun, ticking.start), end) for begun, end in _asked(thread, moment)),
        overdue=ticking.is_overdue(moment),
    )


def _stage(thread: Thread) -> str:
    """As the label says; a thread without one, or with two, has not been sorted yet."""
    named = [label.removeprefix("stage/") for label in thread.labels if label.startswith("stage/")]
    return named[0] if len(named) == 1 else _TRIAGE


def _moved(thread: Thread, stage: str) -> Iterator[str]:
    for event in thread.events:
        if event.kind == "labeled" and event.label == f"stage/{stage}":
            yield event.at


def _asked(thread: Thread, moment: str) -> Iterator[tuple[str, str]]:
    """From when to when the author was asked for something; the last may go on."""
    begun = ""
    for event in (event for event in thread.events if event.label == _ASKED):
        if event.kind == "labeled":
            begun = begun or event.at
        elif begun:
            yield begun, event.at
            begun = ""
    if begun:
        yield begun, moment


def _took(timed: Iterable[tuple[Thread, Clock]], first: str) -> Iterator[int]:
    for _, ticking in timed:
        if ticking.triaged >= first:
            yield _seconds(ticking.start, ticking.triaged)


def _percentile(ordered: list[int], share: int) -> int | None:
    """The smallest that so many in a hundred do not exceed (nearest rank)."""
    return ordered[-(-len(ordered) * share // 100) - 1] if ordered else None


def _seconds(start: str, end: str) -> int:
    return max(0, int((datetime.strptime(end, _FORM) - datetime.strptime(start, _FORM)).total_seconds()))
