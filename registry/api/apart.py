"""Work on what a stranger sent, in a process of its own: ended when it takes too long, bounded in its memory."""

import contextlib
import logging
import multiprocessing
import pickle
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from threading import Lock
from typing import Any, TypeVar

from registry.api.problems import Problem, ProblemError
from registry.errors import AwayError
from registry.store.away import is_away

Result = TypeVar("Result")
_SPAWN = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
_LOG = logging.getLogger("threatshelf.apart")

_TOO_LONG = Problem(
    422, "too-much-work", "The template takes too long", "threatshelf check has no such limit on your own machine."
)
_DIED = Problem(
    422, "too-much-work", "The template takes too much memory", "threatshelf check has no such limit on your machine."
)


class Apart:
    """One process, begun when it is first needed, and again after it was ended. For one caller at a time."""

    def __init__(self, seconds: float, megabytes: int) -> None:
        self._seconds, self._megabytes = seconds, megabytes
        self._turn = Lock()
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def call(self, task: Callable[[], Result]) -> Result:
        """What `task` returns or raises over there; ProblemError 422 when it is ended. Both are pickled."""
        with self._turn:
            line = self._line if self._process and self._process.is_alive() and self._line else self._begin()
            try:
                fine, result = self._asked(line, task)
            except (EOFError, OSError):
                _LOG.warning("the process that works on templates has died")
                self._end()
                raise ProblemError(_DIED) from None
        if not fine:
            raise result
        return result  # type: ignore[no-any-return]  # it came over a pipe

    def _asked(self, line: Connection, task: Callable[[], Any]) -> tuple[bool, Any]:
        line.send(task)
        if line.poll(self._seconds):
            answer: tuple[bool, Any] = line.recv()
            return answer
        _LOG.warning("ended after %s s of work on one template", self._seconds)
        self._end()
        raise ProblemError(_TOO_LONG)

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()

    def _begin(self) -> Connection:
        self._end()
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_work, args=(theirs, self._megabytes), daemon=True, name="threatshelf-apart")
        process.start()
        theirs.close()
        self._process, self._line = process, ours
        # The time it takes to begin is not the template's: only an answer says that it is over.
        with contextlib.suppress(EOFError):
            ours.recv()
        return ours

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._line:
            self._line.close()
        self._process = self._line = None


def _work(line: Connection, megabytes: int) -> None:
    """Answer until the other end is closed, as it is when the server is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends us
    _bound(megabytes)
    line.send("ready")
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            line.send_bytes(_answered(line.recv()))


def _answered(task: Callable[[], Any]) -> bytes:
    try:
        return pickle.dumps((True, task()))
    except MemoryError:
        return pickle.dumps((False, ProblemError(_DIED)))
    except Exception as error:  # whatever it is, it is raised where it can be answered
        return _told(error)


def _told(error: Exception) -> bytes:
    """The error itself where it survives the way, else what it says."""
    if is_away(error):  # what it was raised from does not survive
        return pickle.dumps((False, AwayError(str(error))))
    try:
        raised = pickle.dumps((False, error))
        pickle.loads(raised)  # noqa: S301  # our own bytes
    except Exception:  # some errors cannot be made again from what they keep
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return raised


def _bound(megabytes: int) -> None:
    """No more memory than this; nothing where the system has no such limit."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  # not on every system

        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1024 * 1024,) * 2)
