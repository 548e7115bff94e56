"""What the reviewer's tests share: pull requests as plain data, and a small forge that takes steps at their word."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.case import Case, House
from bot.facts import (
    Approval,
    Change,
    ChangedFile,
    Comment,
    Contents,
    Event,
    PullRequest,
    Role,
    Run,
    Status,
    Suggestion,
)
from bot.gates import STATUSES, Gates
from bot.judgement import Judgement, judge
from bot.numbering import Wanted, rows
from bot.plan import plan
from bot.review import Review, review
from bot.steps import (
    Annotate,
    Assign,
    BeginCheck,
    Label,
    Minimize,
    PostFindings,
    React,
    Reword,
    Say,
    SetCheck,
    SetStatus,
    Step,
    Suggest,
    Unsay,
    Unsuggest,
)
from schema.ids import Ledger
from schema.shipped import facts
from schema.suggestion import Known
from schema.transitions import Cause, seeded

DATA = Path(__file__).parent / "data"
PATH = "templates/mail-sorter/template.yaml"
HEAD, BASE, OLDER = "a" * 40, "b" * 40, "c" * 40
OPENED, NOW = "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"
HOUSE = House("https://pages.example/shelf", "https://forge.example")
ROLES = {"ada": Role.READ, "tess": Role.TRIAGE, "wim": Role.WRITE, "wanda": Role.WRITE, "max": Role.MAINTAIN}
EVERY_LINE = frozenset(range(1, 5000))


def thread(*files: ChangedFile, **changes: Any) -> PullRequest:
    """A pull request by ada, from her fork, opened an hour ago; it adds the mail sorter unless told otherwise."""
    made = files or (added(PATH),)
    plain = PullRequest(
        number=7,
        title="A mail sorter",
        author="ada",
        state="open",
        draft=False,
        merged=False,
        opened_at=OPENED,
        closed_at="",
        base_ref="main",
        base_sha=BASE,
        default_branch="main",
        head_ref="mail-sorter",
        head_sha=HEAD,
        head_repository="ada/shelf",
        repository="shelf/shelf",
        changed=len(made),
        files=made,
    )
    return replace(plain, **changes)


def added(path: str, **changes: Any) -> ChangedFile:
    return replace(ChangedFile(path, Change.ADDED, mode="100644", oid="1" * 40, size=2000), **changes)


def comment(body: str, by: str = "tess", number: int = 1, **changes: Any) -> Comment:
    plain = Comment(number, f"node-{number}", by, body, f"2026-11-20T09:{number % 60:02d}:30Z")
    return replace(plain, **changes)


def text(name: str = "mail-sorter") -> str:
    return (DATA / f"{name}.yaml").read_text(encoding="utf-8")


def ledger() -> Ledger:
    """Three published ids, and nothing else."""
    titles = {"T-EXEC-001": "Orders in a prompt", "T-EXEC-002": "Orders in content", "T-IMPACT-002": "Used up"}
    return Ledger().extended(seeded(titles, "openclaw-trust", Cause("2026-11-01T00:00:00Z", "max")))


def judged(
    pull_request: PullRequest,
    head: Mapping[str, str],
    base: Mapping[str, str] | None = None,
    known: Ledger | None = None,
    known_threats: Known | None = None,
) -> Judgement:
    contents = Contents(_bytes(head), _bytes(base or {}))
    return judge(pull_request, contents, replace(facts(date(2026, 11, 20)), ledger=known or ledger()), known_threats)


def _bytes(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {path: content.encode() for path, content in texts.items()}


def case(pull_request: PullRequest | None = None, head: Mapping[str, str] | None = None, **changes: Any) -> Case:
    """One visit to the thread; its file is the clean mail sorter unless told otherwise."""
    stands = pull_request or thread()
    judgement = judged(stands, {PATH: text()} if head is None else head)
    every = {file.path: EVERY_LINE for file in stands.files}
    return replace(Case(stands, judgement, ledger(), NOW, HOUSE, ROLES, {}, every), **changes)


@dataclass
class Forge:
    """Takes steps at their word and keeps what stands; each step passes a second."""

    stands: PullRequest
    seconds: int = 0
    next_id: int = 1000
    gates: Gates = STATUSES

    def take(self, step: Step) -> None:
        self.seconds += 1
        self.next_id += 1
        self.stands = replace(self.stands, **_TAKES[type(step)](self, step))

    @property
    def moment(self) -> str:
        return f"2026-11-20T11:{self.seconds // 60:02d}:{self.seconds % 60:02d}Z"

    def visit(self, given: Case) -> tuple[Step, ...]:
        """The steps of one visit, taken."""
        current = replace(given, pull_request=self.stands)
        steps = plan(self.stands, review(current), current.house, gates=self.gates)
        for step in steps:
            self.take(step)
        return steps


def _say(forge: Forge, step: Say) -> dict[str, Any]:
    node = f"node-{forge.next_id}"
    said = Comment(forge.next_id, node, "shelf-bot", step.body, forge.moment, ours=True, bot=True)
    return {"comments": (*forge.stands.comments, said)}


def _changed_comments(forge: Forge, number: int, **changes: Any) -> dict[str, Any]:
    return {"comments": tuple(replace(c, **changes) if c.id == number else c for c in forge.stands.comments)}


def _minimize(forge: Forge, step: Minimize) -> dict[str, Any]:
    number = next(c.id for c in forge.stands.comments if c.node_id == step.node_id)
    return _changed_comments(forge, number, minimized=True)


def _suggest(forge: Forge, step: Suggest) -> dict[str, Any]:
    made = []
    for proposal in step.proposals:
        forge.next_id += 1
        made.append(Suggestion(forge.next_id, proposal.path, proposal.line, proposal.body))
    return {"suggestions": (*forge.stands.suggestions, *made)}


def _label(forge: Forge, step: Label) -> dict[str, Any]:
    labels = set(forge.stands.labels)
    (labels.add if step.on else labels.discard)(step.name)
    event = Event("labeled" if step.on else "unlabeled", "shelf-bot", forge.moment, step.name, ours=True, bot=True)
    return {"labels": frozenset(labels), "events": (*forge.stands.events, event)}


def _react(forge: Forge, step: React) -> dict[str, Any]:
    return _changed_comments(forge, step.comment, our_reactions=frozenset({step.content}))


def _check(forge: Forge, step: SetCheck) -> dict[str, Any]:
    ran = Run(forge.next_id, step.state, step.title, step.summary, len(step.annotations), step.state == "pending")
    return {"runs": {**forge.stands.runs, step.name: ran}}


def _annotate(forge: Forge, step: Annotate) -> dict[str, Any]:
    ran = forge.stands.runs[step.name]
    return {"runs": {**forge.stands.runs, step.name: replace(ran, annotations=ran.annotations + len(step.annotations))}}


_TAKES: dict[type, Callable[[Forge, Any], dict[str, Any]]] = {
    SetStatus: lambda f, s: {"statuses": {**f.stands.statuses, s.context: Status(s.state, s.description)}},
    PostFindings: lambda f, s: {"check_runs": f.stands.check_runs | {s.external_id}},
    Say: _say,
    Reword: lambda f, s: _changed_comments(f, s.comment, body=s.body, edited=True),
    Unsay: lambda f, s: {"comments": tuple(c for c in f.stands.comments if c.id != s.comment)},
    Minimize: _minimize,
    Suggest: _suggest,
    Unsuggest: lambda f, s: {"suggestions": tuple(x for x in f.stands.suggestions if x.id != s.comment)},
    Label: _label,
    React: _react,
    Assign: lambda f, s: {"assigned": f.stands.assigned | {s.login}},
    BeginCheck: lambda f, s: _check(f, SetCheck(s.commit, s.name, s.external_id, "pending", s.title, s.title)),
    SetCheck: _check,
    Annotate: _annotate,
}


@dataclass(frozen=True)
class Desk:
    """The builders, so that a test takes one fixture."""

    thread: Callable[..., PullRequest] = thread
    added: Callable[..., ChangedFile] = added
    comment: Callable[..., Comment] = comment
    case: Callable[..., Case] = case
    judged: Callable[..., Judgement] = judged
    text: Callable[..., str] = text
    forge: Callable[..., Forge] = Forge
    path: str = PATH
    head: str = HEAD
    older: str = OLDER
    house: House = HOUSE

    def review(self, pull_request: PullRequest | None = None, **changes: Any) -> Review:
        return review(case(pull_request, **changes))

    def appended(self, given: Case, wanted: Wanted) -> Review:
        """The review when the rows that are wanted stand in the ledger."""
        known = given.ledger or ledger()
        return review(replace(given, ledger=known.extended(rows(known, wanted))))

    def ledger(self) -> Ledger:
        return ledger()

    def approval(self, by: str = "wim", commit: str = HEAD, at: str = "2026-11-20T09:30:00Z") -> Approval:
        return Approval(by, commit, at)

    def label(self, name: str, by: str = "tess", at: str = "2026-11-20T09:20:00Z", **changes: Any) -> Event:
        return replace(Event("labeled", by, at, name), **changes)

    def in_stage(self, stage: str, **changes: Any) -> PullRequest:
        """A pull request that an earlier visit has put into this stage, by its own label."""
        kept = self.label(f"stage/{stage}", by="shelf-bot", ours=True, bot=True)
        events = (kept, *changes.pop("events", ()))
        return thread(labels=frozenset({f"stage/{stage}", *changes.pop("also", ())}), events=events, **changes)


@pytest.fixture(scope="session")
def desk() -> Desk:
    return Desk()
