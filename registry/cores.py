"""Work dealt out to every core there is, and collected in the order in which it was dealt."""

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import cycle
from typing import TYPE_CHECKING, Any, TypeVar

from registry.errors import CannotRunError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")


def available() -> int:
    """How many this process may use; one where processes cannot be forked safely."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def spread(work: Callable[[T], R], items: Iterable[T], cores: int) -> Iterator[R]:
    """Each item's result, in the order of the items, of which no more than one per core is under way.

    With more than one core, items and results are pickled, and `work` is what it was when this began. Raises what
    `work` raises if that is a CannotRunError.
    """
    if cores < 2:
        yield from map(work, items)
        return
    lanes = [_lane(work) for _ in range(cores)]
    waiting: deque[Connection[Any, Any]] = deque()
    try:
        for item, lane in zip(items, cycle(lanes), strict=False):
            if len(waiting) == cores:
                yield _received(waiting.popleft())
            lane.send(item)
            waiting.append(lane)
        while waiting:
            yield _received(waiting.popleft())
    finally:
        for lane in lanes:
            lane.close()


def _lane(work: Callable[[T], R]) -> "Connection[Any, Any]":
    from multiprocessing import get_context  # noqa: PLC0415 - slow to import, and not every command needs it

    context = get_context("fork")
    ours, theirs = context.Pipe()
    sys.stdout.flush()  # a fork would write what waits here once more
    context.Process(target=_work, args=(work, theirs, ours), daemon=True).start()
    theirs.close()
    return ours


def _received(lane: "Connection[Any, Any]") -> Any:
    try:
        answer = lane.recv()
    except (EOFError, ConnectionError):
        raise CannotRunError("a process that was at work has ended too early: run the command again.") from None
    if isinstance(answer, CannotRunError):
        raise answer
    return answer


def _work(work: Callable[[T], R], lane: "Connection[Any, Any]", other_end: "Connection[Any, Any]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever interrupts has no use for a traceback of each process
    other_end.close()
    with suppress(EOFError, ConnectionError):  # nobody waits any more
        while True:
            item = lane.recv()
            try:
                lane.send(work(item))
            except CannotRunError as reason:
                lane.send(reason)
