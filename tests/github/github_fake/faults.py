"""What goes wrong on demand: errors, limits, cut lines, answers from the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from threading import Event as Flag

from github_fake.wire import DOCS, Answer, Request

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass(frozen=True)
class Match:
    """Which requests: `path` may hold `*`, `containing` is looked for in the body (a mutation's name, say)."""

    method: str = "*"
    path: str = "*"
    containing: str = ""

    def fits(self, request: Request) -> bool:
        """Whether a request is meant."""
        right_method = self.method in ("*", request.method)
        return right_method and fnmatchcase(request.path, self.path) and self.containing.encode() in request.raw


@dataclass
class Fault:
    """One thing that goes wrong for requests that match.

    `kind` is answer (instead of doing it), late (do it, then answer so), cut (close the line unanswered), late-cut
    (do it, then close), hang (never answer), stale (reads answer from before the next write) or meanwhile (run `act`
    between the look and the write).
    """

    kind: str
    match: Match = Match()
    times: int = 1
    answer: Answer = field(default_factory=lambda: Answer(500))
    act: Callable[[], object] | None = None

    def hits(self, request: Request) -> bool:
        """Whether it is about this request; counts down when it is."""
        if self.times <= 0 or not self.match.fits(request):
            return False
        self.times -= 1
        return True


def _error(status: int, message: str, **headers: str) -> Answer:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Answer(status, {"message": message, "documentation_url": DOCS, "status": str(status)}, named)


def error(status: int = 500, message: str = "Server Error") -> Fault:
    """Answer with an error and do nothing."""
    return Fault("answer", answer=_error(status, message))


def after_write(status: int = 502, message: str = "Server Error") -> Fault:
    """Do it, then answer with an error all the same."""
    return Fault("late", answer=_error(status, message))


def secondary_limit(retry_after: int | None = None) -> Fault:
    """403 of the secondary rate limit, with or without Retry-After (seconds)."""
    more = {} if retry_after is None else {"Retry_After": str(retry_after)}
    return Fault("answer", answer=_error(403, SECONDARY, **more))


def too_many(retry_after: int | None = None) -> Fault:
    """429, with or without Retry-After (seconds)."""
    more = {} if retry_after is None else {"Retry_After": str(retry_after)}
    return Fault("answer", answer=_error(429, SECONDARY, **more))


def cut() -> Fault:
    """Close the line before anything is done."""
    return Fault("cut")


def cut_after_write() -> Fault:
    """Do it, then close the line without a word."""
    return Fault("late-cut")


def hang() -> Fault:
    """Never answer: the client's own time-out has to end it."""
    return Fault("hang")


def stale() -> Fault:
    """After the next write, `times` reads that match still see what was before it."""
    return Fault("stale")


def meanwhile(act: Callable[[], object]) -> Fault:
    """Run `act` while a matching write has read the branch and not yet moved it: somebody else is faster."""
    return Fault("meanwhile", act=act)


class Faults:
    """Those that are armed. `add(after_write(), "POST", "*/comments")`."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self.released = Flag()

    def add(self, fault: Fault, method: str = "*", path: str = "*", *, containing: str = "", times: int = 1) -> Fault:
        """Arm one for the next `times` requests that match."""
        armed = replace(fault, match=Match(method, path, containing), times=times)
        self._armed.append(armed)
        return armed

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._armed.clear()

    @property
    def waits_for_write(self) -> bool:
        """Whether the past has to be kept at the next write."""
        return any(f.kind == "stale" and f.times > 0 for f in self._armed)

    def hit(self, request: Request, *kinds: str) -> Fault | None:
        """The first armed fault of those kinds that is about a request."""
        return next((f for f in self._armed if f.kind in kinds and f.hits(request)), None)
