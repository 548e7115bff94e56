"""A registry whose reviewer is a GitHub App: a checkout, credentials, visits in a database, workers in this process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

from bot import rights
from bot.reviewer import Line
from bot.worker import LEASE, Shop, turn
from github_fake.accounts import AppHandle
from github_fake.events import delivery
from github_fake.faults import Fault
from github_fake.hub import Event as Delivery
from github_fake.wire import Request
from registry.commands.hearing import marker
from registry.commands.reviewing import Credentials, credentials
from registry.commands.working import Main, Office
from registry.settings import Settings
from registry.store.catalogue import url_of
from registry.store.visits import KeptVisits, TakenVisit, open_visits
from shelf import NAME, OWNER, Shelf

REPOSITORY = f"{OWNER}/{NAME}"


@dataclass
class AppShelf:
    """One registry with its App. `now` is what the workers' clock says, in seconds."""

    shelf: Shelf
    home: Path
    database: str = ""
    app: AppHandle = field(init=False)
    visits: KeptVisits = field(init=False)
    stop: Event = field(default_factory=Event)
    now: float = field(default_factory=time.time)
    given: dict[str, str] = field(default_factory=dict)
    """What is in the environment instead of what a worker is given."""

    def __post_init__(self) -> None:
        github, repository = self.shelf.github, self.shelf.repository
        self.app = github.app("threatshelf", dict(rights.of_the_app()), repository)
        repository.commit({".github/threatshelf.yml": f"bot: app\napp: {self.app.id}\n"}, "The App speaks")
        self.database = self.database or url_of(self.home / "shelf.db")
        self.visits = open_visits(self.database)
        source = f"{github.url}/{repository.full_name}.git"
        subprocess.run(["git", "clone", "--quiet", source, str(self.root)], check=True, env=self.environment)
        (self.root / "templates").mkdir(exist_ok=True)
        github.events.clear()

    @property
    def root(self) -> Path:
        """The workers' checkout."""
        return self.home / "checkout"

    @property
    def environment(self) -> dict[str, str]:
        """What a worker is given."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": self.shelf.github.url,
            "GITHUB_SERVER_URL": self.shelf.github.url,
            "THREATSHELF_APP_KEY": self.app.private_key,
            "THREATSHELF_DATABASE_URL": self.database,
            "THREATSHELF_PACE": "0",
        }

    @property
    def who(self) -> Credentials:
        """Those of the App."""
        return credentials(self.given or self.environment, self.root)

    def shop(self, visits: KeptVisits | None = None) -> Shop[TakenVisit]:
        """A worker's, on the clock of the test."""
        made = Office(self.who, Main(self.who, ""), self.stop, self.shelf.log.append).shop(visits or self.visits)
        return replace(made, now=lambda: self.now, pause=lambda _seconds: None)

    def hears(self, *, own: bool = False) -> Callable[[Delivery], None]:
        """Takes deliveries as the server does; `own`: those too that are about its own doings."""
        settings = Settings(webhook_repository=REPOSITORY, app_login="" if own else self.app.login)
        hear = marker(self.visits, settings, lambda: self.now)
        return lambda event: hear(delivery(event)[0]["X-GitHub-Event"], event.payload)

    def listens(self) -> None:
        """From now on every event is delivered at once."""
        self.shelf.github.hub.listeners.append(self.hears())

    def settled(self, shop: Shop[TakenVisit] | None = None) -> int:
        """Visits made until none is due."""
        mine, made = shop or self.shop(), 0
        while turn(mine):
            made += 1
            assert made < 50, "visits follow one another without end"
        return made

    def resumed(self) -> int:
        """The same, after every lease has run out, of workers in other processes too."""
        self.now = max(self.now, time.time()) + LEASE + 1
        return self.settled()

    def catches_up(self) -> None:
        """Its clock is that of other processes again."""
        self.now = time.time()

    def process(self) -> "subprocess.Popen[bytes]":
        """A worker of its own."""
        code = "import sys; from registry.cli import main; sys.exit(main())"
        paths = os.pathsep.join(str(path) for path in (Path(__file__).parents[2], *filter(None, sys.path)))
        return subprocess.Popen(
            [sys.executable, "-c", code, "bot", "--root", str(self.root), "work"],
            env=self.environment | {"PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def lines(self, what: str) -> list[Line]:
        """What the workers told of a kind."""
        return [line for line in self.shelf.log if line.what == what]


def is_write(request: Request) -> bool:
    """Whether a request of the reviewer changes something; asking for a token does not."""
    if request.path == "/graphql":
        return b"mutation(" in request.raw
    return (
        request.method not in ("GET", "HEAD") and not request.path.startswith("/app/") and ".git/" not in request.path
    )


@dataclass
class AtWrite(Fault):
    """Something happens at one of the writes, counted from 1; with `late-cut` after it was done, and unanswered."""

    number: int = 1
    happens: Callable[[], object] = lambda: None
    seen: int = 0

    def hits(self, request: Request) -> bool:
        """Counts the writes."""
        self.seen += is_write(request)
        if not is_write(request) or self.seen != self.number:
            return False
        self.happens()
        return self.kind == "late-cut"


def kill(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL, and nothing of it is left."""
    process.send_signal(signal.SIGKILL)
    process.wait()
