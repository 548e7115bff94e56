"""What the registry's tests share: templates from files, real git checkouts, real databases, a real server."""

import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from registry.catalog import Catalogue, LedgerFile, Release
from registry.main import build_app
from registry.publish import Outcome, Source, publish
from registry.settings import Settings
from registry.store.catalogue import Store, open_store, url_of
from schema import ids, shipped
from schema.check import check
from schema.document import Document, read
from schema.ids import Ledger, Row, State, is_subject, subject_of
from schema.template import from_data
from schema.transitions import Cause, Standing, Wish, Withdrawal, reserved, seeded, withdrawn
from schema.transitions import published as published_rows

DATA = Path(__file__).parents[1] / "data" / "templates"
NOW = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)
LEDGER = "refs/heads/threat-ids"

Text = Callable[..., str]


def template_text(name: str = "desk-assistant", **changes: str) -> str:
    """The text of a template from tests/data, with whole top-level lines changed: version="0.2.0"."""
    lines = (DATA / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    for key, value in changes.items():
        lines = [f"{key}: {value}" if line.startswith(f"{key}: ") else line for line in lines]
    return "\n".join(lines) + "\n"


def release_of(text: str, published: str = "2026-11-20T09:00:00Z", commit: str = "a" * 40) -> Release:
    """The release that this text is, whatever the rules say of it."""
    checked = check(text.encode(), "template.yaml", shipped.facts(date(2026, 11, 20)))
    assert checked.template is not None
    return Release(checked.template, checked.data, text.encode(), published, commit)


@dataclass
class Checkout:
    """A git repository in which every commit is a day later than the one before, with its ledger of threat ids."""

    root: Path
    day: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def at(self) -> str:
        """The moment of what is done now."""
        return (datetime(2026, 9, 30, 12, tzinfo=UTC) + timedelta(days=self.day)).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def ledger(self) -> Ledger:
        """The ledger on the branch threat-ids."""
        return ids.read(self.git("show", f"{LEDGER}:ledger.csv") + "\n")

    def git(self, *arguments: str, stdin: str = "") -> str:
        """One git command, in an environment of its own."""
        command = ["git", "-C", str(self.root), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=self._env(), check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write(self, id_: str, text: str) -> Path:
        """Put a template into its folder."""
        folder = self.root / "templates" / id_
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "template.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    def commit(self, message: str = "change") -> str:
        """Commit everything, and let the ledger learn which ids stand there; the hash."""
        head = self.land(message)
        self.settle()
        return head

    def land(self, message: str = "change") -> str:
        """Commit everything, and leave the ledger as it is; the hash."""
        self.day += 1
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def begin_ledger(self) -> None:
        """The branch threat-ids with the published ids of OpenClaw's own threat model."""
        rows = seeded(known_titles(), "openclaw-trust", self.cause())
        self.write_ledger(ids.write(Ledger().extended(rows)))

    def settle(self) -> None:
        """Every id that stands in a template becomes published for it."""
        threats = [threat for file in sorted(self.root.glob("templates/*/template.yaml")) for threat in standing(file)]
        self.enter(*published_rows(self.ledger, threats, self.cause()))

    def enter(self, *rows: Row) -> None:
        """Append rows to the ledger."""
        if rows:
            self.write_ledger(ids.write(self.ledger.extended(rows)))

    def write_ledger(self, text: str) -> str:
        """Put this text, whatever it is, on top of the branch threat-ids; the hash."""
        blob = self.git("hash-object", "-w", "--stdin", stdin=text)
        tree = self.git("mktree", stdin=f"100644 blob {blob}\tledger.csv\n")
        head = self.git("for-each-ref", "--format=%(objectname)", LEDGER)
        commit = self.git("commit-tree", tree, *(("-p", head) if head else ()), "-m", "ids")
        self.git("update-ref", LEDGER, commit)
        return commit

    def cause(self, pull_request: int | None = None) -> Cause:
        """Why rows are appended today."""
        return Cause(self.at, "threatshelf", pull_request)

    def _env(self) -> dict[str, str]:
        moment = self.at
        who = {f"GIT_{role}_{what}": "threatshelf" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return {**kept, **who, **dates, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def known_titles() -> dict[str, str]:
    """The ids with which a ledger begins."""
    known = shipped.vocabularies()["known-threats"].entries
    return {id_: str(entry["title"]) for id_, entry in sorted(known.items())}


def standing(file: Path) -> list[Standing]:
    """The threats of a template that the ledger can name."""
    document = read(file.read_bytes(), file.name)
    if not isinstance(document, Document):
        return []
    named = [(subject_of(file.parent.name, threat.key), threat) for threat in from_data(document.data).threats]
    return [Standing(subject, threat.id, threat.title) for subject, threat in named if is_subject(subject)]


def silent(_step: str) -> None:
    """Nobody wants to be told."""


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """The application on a free port of this machine; a client that asks it."""
    # Only a socket that says it is TCP is told not to wait for more before it sends.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", proxy_headers=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=address, timeout=20, headers={"Accept-Encoding": "identity"}) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="session")
def text() -> Text:
    return template_text


@pytest.fixture(scope="session")
def release() -> Callable[..., Release]:
    return release_of


@pytest.fixture
def catalogue() -> Catalogue:
    """Two templates, one of them in two versions."""
    return Catalogue(
        (
            release_of(template_text(), "2026-10-01T12:00:00Z"),
            release_of(template_text(version="0.10.0", title="Desk assistant, again"), "2026-10-03T12:00:00Z"),
            release_of(template_text("mail-sorter"), "2026-10-02T12:00:00Z"),
        ),
        "b" * 40,
    )


@pytest.fixture
def numbers() -> LedgerFile:
    """A ledger with an id in each state, and the catalogue's threats bound to theirs."""
    early, late = (Cause(f"2026-10-0{day}T12:00:00Z", "threatshelf", 12) for day in (1, 2))
    ledger = Ledger().extended(seeded(known_titles(), "openclaw-trust", early))
    bindings = (
        ("desk-assistant/orders-in-file", "T-EXEC-002", "A file gives orders"),
        ("mail-sorter/orders-in-letter", "T-EXEC-002", "A letter gives orders"),
        ("mail-sorter/mailbox-flooded", "T-IMPACT-002", "A flood of letters"),
    )
    ledger = ledger.extended(published_rows(ledger, [Standing(*binding) for binding in bindings], early))
    held = reserved(ledger, [Wish("mail-sorter/held", "EXEC"), Wish("mail-sorter/closed", "EXEC")], early)
    ledger = ledger.extended(held)
    ledger = ledger.extended([replace(held[1], at=late.at, state=State.REJECTED, reason="closed")])
    end = Withdrawal("T-EXEC-001", "duplicate", "The same as <b>T-EXEC-003</b>.", "T-EXEC-003")
    return LedgerFile(ids.write(ledger.extended(withdrawn(ledger, end, late))), "c" * 40)


def new_checkout(root: Path) -> Checkout:
    """A repository without a commit on its main line, and with a ledger."""
    made = Checkout(root)
    made.root.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    made.begin_ledger()
    return made


def with_two_templates(checkout: Checkout) -> Checkout:
    """The first commit brings one template, the second another, the third a new version of the first."""
    checkout.write("desk-assistant", template_text())
    checkout.commit("desk")
    checkout.write("mail-sorter", template_text("mail-sorter"))
    checkout.commit("mail")
    checkout.write("desk-assistant", template_text(version="0.2.0", title="Desk assistant, again"))
    checkout.commit("desk again")
    return checkout


@pytest.fixture(scope="session")
def now() -> datetime:
    """When the tests publish."""
    return NOW


@pytest.fixture(scope="session")
def begun() -> Callable[[Path], Checkout]:
    """Begins a repository in a folder that is not there yet."""
    return new_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return new_checkout(tmp_path / "checkout")


@pytest.fixture
def two_templates(checkout: Checkout) -> Checkout:
    """Two templates in three commits."""
    return with_two_templates(checkout)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(url_of(tmp_path / "catalogue.db"))
    yield opened
    opened.close()


Publish = Callable[[Checkout], Outcome]


@pytest.fixture
def published(store: Store) -> Publish:
    """Publishes the main line of a checkout into the store."""
    return lambda checkout: publish(store, Source(checkout.root), NOW, silent)


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[httpx.Client]]:
    """A server over the catalogue and the site that the settings name; what it hears goes to the second argument."""
    return lambda settings, hear=None: served(build_app(settings, hear))


@dataclass(frozen=True)
class Shelf:
    """A checkout with two templates, its catalogue, and a client of the server over it; only to be read."""

    checkout: Checkout
    store: Store
    client: httpx.Client


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """One for all tests of a module."""
    home = tmp_path_factory.mktemp("shelf")
    checkout = with_two_templates(new_checkout(home / "checkout"))
    address = url_of(home / "catalogue.db")
    store = open_store(address)
    publish(store, Source(checkout.root), NOW, silent)
    with served(build_app(Settings(database_url=address, posts_per_minute=0))) as client:
        yield Shelf(checkout, store, client)
    store.close()


@pytest.fixture
def client(shelf: Shelf) -> httpx.Client:
    """Asks the server over the two templates."""
    return shelf.client


POSTGRESQL = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL of our own, in a folder that goes with it."""

    programs: Path
    home: Path

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={self.home}"

    def call(self, program: str, *arguments: str) -> None:
        bare = [] if os.getuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        command = [*bare, str(self.programs / program), "-D", f"{self.home}/data", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    def start(self) -> None:
        options = f"-k {self.home} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
        self.call("pg_ctl", "-w", "-l", f"{self.home}/log", "-o", options, "start")

    def crash(self) -> None:
        self.call("pg_ctl", "-m", "immediate", "stop")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """One that runs, and is gone afterwards."""
    versions = sorted(POSTGRESQL.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    # Not pytest's own folder: the path of a socket has at most 107 characters.
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    home.chmod(0o777)
    made = Cluster(versions[-1].parent, home)
    made.call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    made.start()
    try:
        yield made
    finally:
        with suppress(subprocess.CalledProcessError):  # a test may have left it as it fell
            made.crash()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of an empty one, for all tests."""
    with cluster() as made:
        yield made.url


@pytest.fixture
def own_postgresql() -> Iterator[Cluster]:
    """One that a test may crash."""
    with cluster() as made:
        yield made


@pytest.fixture
def on_a_terminal() -> Callable[..., tuple[int, str]]:
    """What runs the command in front of somebody who answers; gives its exit code and what stood there."""
    return _on_a_terminal


def _on_a_terminal(answers: list[tuple[str, str]], *arguments: object, cwd: Path | None = None) -> tuple[int, str]:
    """Run the command on a terminal of its own and answer each question as soon as it is asked."""
    terminal, theirs = os.openpty()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("threatshelf"), *map(str, arguments)],
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said, waiting = "", list(answers)
    while select.select([terminal], [], [], 30)[0]:
        try:
            said += os.read(terminal, 4096).decode("utf-8", "replace")
        except OSError:  # the other end is closed
            break
        if waiting and said.endswith(waiting[0][0]):
            os.write(terminal, waiting.pop(0)[1].encode())
    os.close(terminal)
    return process.wait(), said.replace("\r", "")
