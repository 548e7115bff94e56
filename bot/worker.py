"""One worker: takes visits that are due, makes them, and gives back what it cannot finish."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic

from bot.forge import GivenUpError
from bot.reviewer import Line, Outcome, Visit
from bot.visits import ALL_OPEN, SWEEP, Broom, Held, OpenPull, Visits, swept

LEASE = 300.0
"""Seconds after which another worker takes over from one that has not written since."""
POLL = 0.25
SWEEP_EVERY = 3600.0
SPREAD = 2.0
"""Seconds between visits that no event asked for: what people do meanwhile comes first."""
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
"""Seconds until a visit that failed is tried again: twice as many each time."""

Allowed = Callable[[], None]
"""Called before each write; raises GivenUpError when nothing more may be written."""


@dataclass(frozen=True)
class Shop(Generic[Held]):
    """What a worker works with, on one repository.

    `visit` makes a visit to a number, `open_pulls` tells what is open; both call what they are given before they write.
    `now` is in seconds since 1970, `stopping` whether it was told to stop; `pause` ends early when it is.
    """

    visits: Visits[Held]
    repository: str
    visit: Callable[[int, Allowed], Visit]
    open_pulls: Callable[[], Iterable[OpenPull]]
    broom: Callable[[], Broom]
    now: Callable[[], float]
    pause: Callable[[float], None]
    stopping: Callable[[], bool]
    tell: Callable[[Line], None]
    due_issues: Callable[[], Iterable[int]] = tuple
    """The issues that a sweep makes due."""


def work(shop: Shop[Held]) -> None:
    """Make visits until told to stop. Nothing that goes wrong ends it: what could not be done comes again."""
    expected = False
    while not shop.stopping():
        try:
            if not expected:
                shop.visits.expect(shop.repository, SWEEP, shop.now())
                expected = True
            if not turn(shop):
                shop.pause(POLL)
        except Exception as failure:  # the database is away, most likely: a worker outlives that
            _say(shop, 0, Outcome.FAILED, _told(failure))
            shop.pause(FIRST_PAUSE)


def turn(shop: Shop[Held]) -> bool:
    """Make the visit that is due longest; False when none is due."""
    taken = shop.visits.take(shop.now(), LEASE)
    if taken is None:
        return False
    try:
        again = _made(shop, taken)
    except GivenUpError as reason:
        _say(shop, taken.number, Outcome.PUT_OFF, str(reason))
        shop.visits.put_off(taken, shop.now(), taken.tries)
    except Exception as failure:  # whatever it is, it must not be forgotten
        _say(shop, taken.number, Outcome.FAILED, _told(failure))
        shop.visits.put_off(taken, shop.now() + _patience(taken.tries), taken.tries + 1)
    else:
        _end(shop, taken, again)
    return True


def _end(shop: Shop[Held], taken: Held, outcome: Outcome) -> None:
    if taken.number == SWEEP:
        shop.visits.put_off(taken, shop.now() + SWEEP_EVERY, 0)
    elif outcome in (Outcome.FAILED, Outcome.MOVED):
        shop.visits.put_off(taken, shop.now() + _patience(taken.tries), taken.tries + 1)
    else:
        shop.visits.done(taken)


def _made(shop: Shop[Held], taken: Held) -> Outcome:
    if taken.number in (ALL_OPEN, SWEEP):
        _spread(shop, _numbers(shop, taken.number))
        return Outcome.FINISHED
    done = shop.visit(taken.number, _allowed(shop, taken))
    _say(shop, taken.number, done.outcome, done.detail)
    return done.outcome


def _numbers(shop: Shop[Held], which: int) -> tuple[int, ...]:
    if which == SWEEP:
        pulls = swept(shop.open_pulls(), datetime.fromtimestamp(shop.now(), UTC), shop.broom())
        return (*pulls, *shop.due_issues())
    return tuple(pull.number for pull in shop.open_pulls())


def _spread(shop: Shop[Held], numbers: Iterable[int]) -> None:
    now = shop.now()
    for index, number in enumerate(numbers):
        shop.visits.mark(shop.repository, number, now + index * SPREAD)


def _allowed(shop: Shop[Held], taken: Held) -> Allowed:
    def ask() -> None:
        if shop.stopping():
            raise GivenUpError("told to stop")
        if not shop.visits.keep(taken, shop.now() + LEASE):
            raise GivenUpError("another worker has it")

    return ask


def _patience(tries: int) -> float:
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries, 10))


def _say(shop: Shop[Held], number: int, outcome: Outcome, detail: str) -> None:
    shop.tell(Line(number, "", "visit", outcome, detail))


def _told(failure: Exception) -> str:
    return f"{type(failure).__name__}: {failure}"
