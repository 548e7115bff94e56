"""A registry on the fake GitHub, with people, a ledger, and a reviewer that looks at it as the workflows would."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from bot.case import House
from bot.facts import PullRequest
from bot.forge_ledger import ForgeLedger
from bot.github.client import AppKey, Client, Patience, app_auth, token_auth
from bot.github_forge import GitHubForge
from bot.ledger import Patience as LedgerPatience
from bot.reviewer import Desk, Line, Speaker, Visit, visit
from bot.steps import Step
from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.handles import PullHandle, RepositoryHandle
from github_fake.state import CheckRun
from schema import shipped
from schema.ids import Ledger, read, write
from schema.transitions import Cause, seeded

DATA = Path(__file__).parents[1] / "data"
OWNER, NAME = "shelf", "threatshelf"
RIGHTS = {"contents": "write", "pull_requests": "write", "issues": "write", "statuses": "write", "checks": "write"}
"""Of all jobs together; the workflows' own tables are narrower, and tested with them."""
STORY = "templates/release-notes-agent/template.yaml"
LABELS = ("stage/triage", "stage/assessment", "stage/documentation", "stage/merge", "needs/hold", "needs/triage-now")
CONTENT, PEOPLE = "threatshelf / review", "threatshelf / stage"
_CHOSEN_ID = re.compile(r"^ +id: T-.*\n", re.MULTILINE)


def story(**changes: str) -> str:
    """A template without faults and without ids; `changes` put one text in the place of another: `wanted="notes"`."""
    text = _CHOSEN_ID.sub("", DATA.joinpath("story.yaml").read_text(encoding="utf-8"))
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def faulty() -> str:
    """The same with two faults: an id that nobody gave, and a key that nothing has."""
    text = story()
    return text.replace("    category: EXEC\n", "    id: T-EXEC-007\n    category: EXEC\n").replace(
        "through: [notes-agent]", "through: [notes-agnt]"
    )


@dataclass
class Pace:
    """Waits that take no time: what was waited for is remembered."""

    waited: list[float] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.waited.append(seconds)

    def clock(self) -> float:
        """Seconds since the beginning, as far as they were waited."""
        return sum(self.waited)


@dataclass
class Shelf:
    """One registry. `log` holds every line the reviewer told."""

    github: FakeGitHub
    repository: RepositoryHandle
    log: list[Line] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    longest_wait: float = 0

    @classmethod
    def on(cls, github: FakeGitHub) -> "Shelf":
        """With the first rows of the ledger on their branch, and the labels defined."""
        repository = github.repository(OWNER, NAME)
        cause = Cause("2026-11-01T09:00:00Z", "threatshelf")
        first = Ledger().extended(seeded({"T-EXEC-001": "A title gives orders"}, "openclaw-trust", cause))
        repository.push(repository.write({"ledger.csv": write(first)}, "The ledger begins"), "threat-ids")
        found = cls(github, repository)
        found.define_labels()
        github.calls.clear()
        github.events.clear()
        return found

    def define_labels(self) -> None:
        """As they are after the first visits ever."""
        client = self.client(self.token)
        for name in LABELS:
            client.ask("POST", f"/repos/{OWNER}/{NAME}/labels", body={"name": name})

    @property
    def patience(self) -> Patience:
        """Waits that take no time, for a limit `longest_wait` seconds at most."""
        return Patience(5, 2, 0, self.longest_wait, None, None, self.pace.pause)

    @cached_property
    def token(self) -> str:
        """GITHUB_TOKEN of a job."""
        return self.github.actions_token(self.repository, RIGHTS)

    @cached_property
    def newcomer(self) -> Person:
        """Somebody from outside."""
        return self.github.person("nell")

    @cached_property
    def maintainer(self) -> Person:
        """Somebody who maintains."""
        found = self.github.person("mara")
        self.repository.give(found, "maintain")
        return found

    @cached_property
    def reviewer(self) -> Person:
        """Somebody who may write."""
        found = self.github.person("wim")
        self.repository.give(found, "write")
        return found

    @cached_property
    def app(self) -> AppHandle:
        """The App, installed here."""
        return self.github.app("threatshelf-ids", RIGHTS | {"metadata": "read"}, self.repository)

    @property
    def ledger(self) -> Ledger:
        """As it stands on its branch."""
        return read((self.repository.file("ledger.csv", "threat-ids") or b"").decode())

    def client(self, token: str) -> Client:
        """As whoever has the token."""
        return Client(token_auth(token), self.github.url, self.patience)

    def forge(self, token: str = "", patience: Patience | None = None) -> GitHubForge:
        """As the job's token, or another."""
        client = Client(token_auth(token or self.token), self.github.url, patience or self.patience)
        return GitHubForge(client, f"{OWNER}/{NAME}")

    def app_forge(self, rights: Mapping[str, str] = RIGHTS) -> GitHubForge:
        """As the App, with a token of so many rights."""
        return GitHubForge(self.app_client(rights), f"{OWNER}/{NAME}")

    def app_client(self, rights: Mapping[str, str] = RIGHTS) -> Client:
        """Likewise, to ask one thing at a time."""
        key = AppKey(self.app.id, self.app.private_key, rights)
        auth = app_auth(key, f"{OWNER}/{NAME}", self.github.url, self.patience)
        return Client(auth, self.github.url, self.patience)

    def desk(self, forge: GitHubForge | None = None, speaker: Speaker = Speaker.ACTIONS) -> Desk:
        """What a visit works with; its moment is the fake's."""
        reached = forge or self.forge()
        return Desk(
            forge=reached,
            ledger=ForgeLedger(reached, f"{OWNER}/{NAME}"),
            house=House("https://threatshelf.example", self.github.url),
            facts=shipped.facts(date(2026, 11, 20)),
            moment=lambda: self.github.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            seconds=self.pace.clock,
            patience=LedgerPatience(self.pace.pause, self.pace.clock, lambda: 0.5, 5.0),
            tell=self.log.append,
            speaker=speaker,
        )

    def app_desk(self) -> Desk:
        """As the App, which writes ids on branches."""
        return self.desk(self.app_forge(), Speaker.APP)

    def visit(self, pull: PullHandle, desk: Desk | None = None) -> Visit:
        """One visit; a minute later the next may come."""
        done = visit(desk or self.desk(), pull.number)
        self.github.clock.advance(minutes=1)
        return done

    def from_fork(self, files: Mapping[str, str | bytes | None], title: str = "A new template") -> PullHandle:
        """A newcomer's pull request from their fork."""
        fork = self.repository.fork(self.newcomer)
        fork.commit(files, "Add a template", branch="add", by=self.newcomer)
        return self.repository.open_pull(title, by=self.newcomer, head="add", source=fork)

    def from_branch(self, files: Mapping[str, str | bytes | None], branch: str = "add") -> PullHandle:
        """A pull request from a branch of this repository, by somebody who may write."""
        self.repository.commit(files, "Add a template", branch=branch, by=self.reviewer)
        return self.repository.open_pull("A new template", by=self.reviewer, head=branch)

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The requests of a block: `POST /graphql`."""
        first, found = len(self.github.calls), list[str]()
        yield found
        found += [f"{call.method} {call.path}" for call in self.github.calls[first:]]

    def gates(self, pull: PullHandle) -> dict[str, str]:
        """The state of each gate on the head, as the newest status or check run says."""
        statuses = [status for status in self.repository.state.statuses if status.sha == pull.head]
        said = {status.context: status.state for status in statuses}
        return said | {
            run.name: run.conclusion or "pending" for run in self.runs(pull) if run.name in (CONTENT, PEOPLE)
        }

    def runs(self, pull: PullHandle) -> list[CheckRun]:
        """Check runs on the head, oldest first."""
        return [run for run in self.repository.state.check_runs if run.sha == pull.head]

    def said(self, pull: PullHandle) -> list[str]:
        """What the reviewer says in the thread, folded comments left out."""
        return [c.body for c in pull.comments if c.user.login.endswith("[bot]") and not c.minimized]


class Interrupted(GitHubForge):
    """A forge where something happens right before each step of a kind."""

    def __init__(self, client: Client, before: type, act: Callable[[], object]) -> None:
        super().__init__(client, f"{OWNER}/{NAME}")
        self._before, self._act = before, act

    def take(self, pull_request: PullRequest, step: Step) -> None:
        """Let it happen, then take the step."""
        if isinstance(step, self._before):
            self._act()
        super().take(pull_request, step)


def slow(desk: Desk, seconds: float) -> Desk:
    """The same desk, where so much time goes by between two looks at the clock."""
    ticks = iter(range(10_000))
    return replace(desk, seconds=lambda: next(ticks) * seconds)
