"""Work that takes a processor: a few at once, some waiting, the rest told to come again; and the bodies it is about."""

from collections.abc import Callable, Sequence
from functools import partial
from queue import LifoQueue
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import Request

from registry.api.apart import Apart
from registry.api.problems import Problem, ProblemError
from schema.document import MOST_BYTES

AT_ONCE = 2
MOST_WAITING = 16
SECONDS_TO_SEND = 30

TOO_LARGE = Problem(
    413, "too-large", "The template is too large", f"A template has at most {MOST_BYTES:,} bytes: split it, or cut it."
)
TOO_SLOW = Problem(
    408, "too-slow", "The template did not arrive", f"Send the whole body within {SECONDS_TO_SEND} seconds."
)
BUSY = Problem(503, "busy", "Too many others are waiting", "Try again in a few seconds.", {"Retry-After": "5"})

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Work:
    """One queue for everything that is worked out when it is asked for; a process for each place at its head."""

    def __init__(self, processes: Sequence[Apart]) -> None:
        self._limiter = CapacityLimiter(len(processes))
        self._processes = processes
        self._free: LifoQueue[Apart] = LifoQueue()  # the one used last is begun already
        for process in processes:
            self._free.put(process)

    async def done(self, task: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
        """What the task returns, worked out in a thread. ProblemError 503 when too many wait already."""
        if self._limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise ProblemError(BUSY)
        return await to_thread.run_sync(lambda: task(*given, **named), limiter=self._limiter)

    async def done_apart(self, task: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
        """The same for what a stranger sent, in a process that may be ended; ProblemError 422 when it had to be."""
        return await self.done(self._apart, partial(task, *given, **named))

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.close()

    def _apart(self, task: Callable[[], Result]) -> Result:
        process = self._free.get_nowait()
        try:
            return process.call(task)
        finally:
            self._free.put(process)


async def body(request: Request) -> bytes:
    """The body as far as a template may go; a longer one is refused as soon as that shows (ProblemError 408, 413)."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MOST_BYTES:
        raise ProblemError(TOO_LARGE)
    found = bytearray()
    try:
        with fail_after(SECONDS_TO_SEND):
            async for chunk in request.stream():
                found += chunk
                if len(found) > MOST_BYTES:
                    raise ProblemError(TOO_LARGE)
    except TimeoutError:
        raise ProblemError(TOO_SLOW) from None
    return bytes(found)
