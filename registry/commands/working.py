"""A worker put together: the App's credentials, what main says today, the visits in the registry's database."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Event
from types import FrameType

from bot import reviewer, rights
from bot.answering import visit_issue
from bot.clone import Clone, CloneError, isolated
from bot.gates import CONTENT, OURS, PEOPLE
from bot.github.client import Client
from bot.github_forge import GitHubForge
from bot.issues import is_due
from bot.reviewer import Line, Outcome, Speaker, Visit
from bot.visits import Broom, OpenPull
from bot.worker import Allowed, Shop, work
from registry.commands.reviewing import SETTINGS, Credentials, desk, facts, moment, said
from registry.errors import CannotRunError
from registry.store.visits import KeptVisits, TakenVisit, open_visits
from schema.facts import Facts

FRESH = 60.0
"""Seconds for which the checkout counts as what the default branch holds now."""


def run(who: Credentials, database_url: str, follow: str, tell: Callable[[Line], None]) -> int:
    """Make visits until SIGTERM or Ctrl-C; `follow`: the branch of origin that the checkout is brought to, or empty."""
    if not is_ours(who):
        raise CannotRunError(
            f"{SETTINGS} does not say `bot: app`, or THREATSHELF_BOT is off: with a worker as well, two would speak."
        )
    stop = Event()
    office = Office(who, Main(who, follow), stop, tell)
    visits = open_visits(database_url)
    try:
        with _until_told(stop):
            work(office.shop(visits))
    finally:
        visits.close()
        office.close()
    return 0


def is_ours(who: Credentials) -> bool:
    """Whether the App is to speak."""
    off = who.environment.get("THREATSHELF_BOT", "").strip().lower() == "off"
    return said(who.root).get("bot") == "app" and not off


@contextmanager
def _until_told(stop: Event) -> Iterator[None]:
    """A first signal lets the worker give back what it has; a second one ends it as it stands."""

    def told(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    before = {kind: signal.signal(kind, told) for kind in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


@dataclass
class Main:
    """What a checkout of the default branch knows, gathered anew when its commit or the day is another."""

    who: Credentials
    follow: str
    clock: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, str], Facts] = field(default_factory=dict)
    _looked: float = float("-inf")

    def facts(self) -> Facts:
        """As of a minute ago or less, where a branch is followed."""
        if self.follow and self.clock() - self._looked > FRESH:
            self._brought_up_to_date()
            self._looked = self.clock()
        name = (self._git("rev-parse", "HEAD").strip(), str(datetime.now(UTC).date()))
        if name not in self._known:
            self._known = {name: facts(self.who.root)}
        return self._known[name]

    def _brought_up_to_date(self) -> None:
        try:
            commit = Clone(self.who.root, "origin", self.who.environment).head(self.follow)
        except CloneError as failure:
            raise CannotRunError(f"the checkout cannot be brought up to date: {failure}") from None
        if commit is None:
            raise CannotRunError(f"origin has no branch {self.follow}: name the default branch with --follow.")
        self._git("checkout", "--quiet", "--detach", commit)

    def _git(self, *arguments: str) -> str:
        command = ["git", "-c", f"core.hooksPath={os.devnull}", "-C", str(self.who.root), *arguments]
        done = subprocess.run(command, env=isolated(self.who.environment), capture_output=True, text=True, check=False)  # noqa: S603  # git, with our own words
        if done.returncode:
            raise CannotRunError(f"git {arguments[0]} failed in the checkout: {done.stderr.strip()[:200]}")
        return done.stdout


class Office:
    """Everything on one repository that a worker keeps from visit to visit: two lines to GitHub, and what main says."""

    def __init__(self, who: Credentials, main: Main, stop: Event, tell: Callable[[Line], None]) -> None:
        self._who, self._main, self._stop, self._tell = who, main, stop, tell
        self._saying, self._numbering = self._client(rights.SAYING), self._client(rights.NUMBERING)

    def shop(self, visits: KeptVisits) -> Shop[TakenVisit]:
        """What the worker works with."""
        return Shop(
            visits=visits,
            repository=self._who.repository,
            visit=self.visit,
            open_pulls=self.open_pulls,
            broom=self.broom,
            now=time.time,
            pause=self._pause,
            stopping=self._stop.is_set,
            tell=self._tell,
            due_issues=self.due_issues,
        )

    def visit(self, number: int, allowed: Allowed) -> Visit:
        """One visit as the App; `allowed` is asked before everything that is written."""
        self._saying.before_write = self._numbering.before_write = allowed
        forge = GitHubForge(self._saying, self._who.repository, self._numbering)
        at = replace(desk(self._who, self._tell, forge, self._main.facts()), speaker=Speaker.APP)
        done = reviewer.visit(at, number)
        return visit_issue(at, number) if done.outcome is Outcome.SILENT else done

    def due_issues(self) -> Iterator[int]:
        """Open issues that an hour went by for without what is due to them."""
        now = moment()
        return (issue.number for issue in self._forge().open_issues() if is_due(issue, now))

    def open_pulls(self) -> Iterator[OpenPull]:
        """What is open now."""
        return self._forge().open_pulls()

    def broom(self) -> Broom:
        """What a sweep goes by."""
        return Broom((CONTENT, PEOPLE), self._forge().default_branch, OURS)

    def close(self) -> None:
        """Close the lines."""
        self._saying.close()
        self._numbering.close()

    def _forge(self) -> GitHubForge:
        return GitHubForge(self._saying, self._who.repository)

    def _client(self, narrowed: Mapping[str, str]) -> Client:
        return self._who.app_client(narrowed, self._pause)

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)
