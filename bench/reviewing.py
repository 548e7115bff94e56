"""The reviewer on the tests' fake of GitHub: calls and time of each visit, of a whole queue, and of a sweep.

`THREATSHELF_TEST_POSTGRES` is the address of a PostgreSQL that may be given a database of our own; without it the
visits are kept in SQLite. The fake runs beside the workers, on the same processors.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

from bench.database import on_the_server
from bench.measure import Row, milliseconds
from bot.gates import CONTENT, OURS, PEOPLE
from bot.visits import Broom, swept

QUEUE, DELIVERIES, OPEN = 40, 15, 500
AIM = 0.5
"""Seconds from a delivery to the gate, at the median."""
MOST_CALLS = 10
"""Requests of a sweep over 500 pull requests."""
PATIENCE = 120.0

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "github"))


def reviewing() -> Iterator[Row]:
    """Everything about visits."""
    yield from visiting()
    yield from working()
    yield from sweeping()


def visiting() -> Iterator[Row]:
    """GitHub calls and time of our own code for the visits of one pull request, beside the limits we set ourselves."""
    from shelf import STORY, faulty, story  # noqa: PLC0415  # the tests' own, on the path only here

    with _shelf() as shelf:
        pull = shelf.from_fork({STORY: faulty()})
        yield _visit(shelf, pull, "first visit, two faults", 12)
        pull.push({STORY: story()}, by=shelf.newcomer)
        yield _visit(shelf, pull, "mended", 12)
        yield _visit(shelf, pull, "nothing changed", 5)
        pull.comment("/assess", by=shelf.maintainer)
        yield _visit(shelf, pull, "/assess: ids reserved", 16)
        pull.approve(by=shelf.maintainer)
        yield _visit(shelf, pull, "approved: ids suggested", 16)


def working() -> Iterator[Row]:
    """Workers of the App: from a delivery to the gate, one at a time; then many at once, for one worker and for two."""
    from shelf import STORY, faulty  # noqa: PLC0415  # as above

    with _shelf() as shelf, _app(shelf) as ours:
        where = "PostgreSQL" if ours.database.startswith("postgresql") else "SQLite"
        # Equal files would make equal commits, and the gate of one pull request that of all.
        made = (shelf.from_branch({STORY: f"{faulty()}# {number}\n"}, f"b{number}") for number in count())
        with _workers(ours, 1):
            _told(shelf, ours, [next(made)])
            spent = statistics.median(_told(shelf, ours, [pull]) for pull in islice(made, DELIVERIES))
            alone = QUEUE / _told(shelf, ours, list(islice(made, QUEUE))) * 60
        with _workers(ours, 2):
            _told(shelf, ours, list(islice(made, 4)))
            both = QUEUE / _told(shelf, ours, list(islice(made, QUEUE))) * 60
    yield f"delivery to concluded gate, {where}", milliseconds(spent), f"aim: {milliseconds(AIM)}", _times(spent, AIM)
    yield f"visits per minute, 2 workers, {where}", f"{both:.0f}", f"1 worker: {alone:.0f}", _times(both, alone)


def sweeping() -> Iterator[Row]:
    """What a sweep asks of GitHub when very many pull requests are open, and for how many it would start a visit."""
    from shelf import STORY, story  # noqa: PLC0415  # as above

    with _shelf() as shelf:
        for number in range(OPEN):
            shelf.from_branch({STORY: story()}, f"b{number}")
        begun = time.perf_counter()
        with shelf.counting() as calls:
            found = swept(shelf.forge().open_pulls(), datetime.now(UTC), Broom((CONTENT, PEOPLE), "main", OURS))
        spent = time.perf_counter() - begun
        yield (
            f"sweep over {OPEN} open, {len(found)} due",
            f"{len(calls)} calls, {milliseconds(spent)}",
            f"limit: {MOST_CALLS} calls",
            _times(len(calls), MOST_CALLS),
        )


@contextmanager
def _shelf() -> Iterator[Any]:
    from github_fake import FakeGitHub  # noqa: PLC0415  # as above
    from shelf import Shelf  # noqa: PLC0415  # as above

    with FakeGitHub() as github:
        yield Shelf.on(github)


@contextmanager
def _app(shelf: Any) -> Iterator[Any]:
    from appshelf import AppShelf  # noqa: PLC0415  # as above

    with tempfile.TemporaryDirectory() as folder, on_the_server() as address:
        ours = AppShelf(shelf, Path(folder), address)
        try:
            yield ours
        finally:
            ours.visits.close()


@contextmanager
def _workers(ours: Any, number: int) -> Iterator[None]:
    from appshelf import kill  # noqa: PLC0415  # as above

    running = [ours.process() for _ in range(number)]
    try:
        yield
    finally:
        for process in running:
            kill(process)


def _told(shelf: Any, ours: Any, pulls: Sequence[Any]) -> float:
    """Seconds from the delivery that names them to the last gate."""
    begun = time.perf_counter()
    for pull in pulls:
        ours.visits.mark(shelf.repository.full_name, pull.number, time.time())
    _until(lambda: all(_is_concluded(shelf, pull) for pull in pulls))
    return time.perf_counter() - begun


def _is_concluded(shelf: Any, pull: Any) -> bool:
    return any(run.name == CONTENT and run.conclusion for run in shelf.runs(pull))


def _until(holds: Callable[[], bool]) -> None:
    begun = time.perf_counter()
    while not holds():
        if time.perf_counter() - begun > PATIENCE:
            raise SystemExit("the workers do not come to an end")
        time.sleep(0.005)


def _visit(shelf: Any, pull: Any, what: str, limit: int) -> Row:
    begun = time.perf_counter()
    with shelf.counting() as calls:
        shelf.visit(pull)
    spent = time.perf_counter() - begun
    return (
        f"visit: {what}",
        f"{len(calls)} calls, {milliseconds(spent)}",
        f"limit: {limit} calls",
        _times(len(calls), limit),
    )


def _times(ours: float, peer: float) -> str:
    return f"{ours / peer:.2f} x"
