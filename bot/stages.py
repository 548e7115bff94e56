"""The stages of a review: the label says which one, the facts say which one it may be."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from bot.case import Case
from bot.commands import DONE, Command, commands
from bot.facts import Approval, Event, PullRequest, Role
from bot.places import is_visited

PREFIX = "stage/"
HOLD = "needs/hold"
OVERDUE = "needs/triage-now"
NOT_SOUND = "Assessment begins when the files can be read: mend the errors of structure first."
NOT_APPROVED = "No approval of this content yet."
_CONTENT, _LEDGER = "the content check is not green", "the ledger of ids cannot be read"
_NEEDS = {HOLD: "it is on hold", "needs/author": "the author has been asked something"}


class Stage(StrEnum):
    """Where a contribution stands, in this order."""

    TRIAGE = "triage"
    ASSESSMENT = "assessment"
    DOCUMENTATION = "documentation"
    MERGE = "merge"

    @property
    def label(self) -> str:
        """The label that says so."""
        return PREFIX + self.value

    def is_after(self, other: "Stage") -> bool:
        """Whether this stage comes later."""
        return list(Stage).index(self) > list(Stage).index(other)


@dataclass(frozen=True)
class Ground:
    """What the content allows: no error of structure, no error at all, threats without an id (None: nobody knows)."""

    sound: bool
    green: bool
    without_id: int | None


@dataclass(frozen=True)
class Staging:
    """The stage the facts allow, None outside the stages.

    `approved_by` this content; `stale`: approved another; `waits`: what stands between it and merge; `refused`: why a
    stage that somebody asked for was not given; `asker`: who took it out of triage.
    """

    stage: Stage | None = None
    approved_by: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    needed: int = 1
    waits: tuple[str, ...] = ()
    refused: str = ""
    asker: str = ""


@dataclass(frozen=True)
class _Ask:
    stage: Stage
    by: str
    at: str
    ours: bool = False
    command: bool = False


def staging(case: Case, accepted: tuple[Command, ...], ground: Ground) -> Staging:
    """The stage of a pull request. `accepted`: commands not answered yet that may be carried out now."""
    if not is_visited(case.pull_request):
        return Staging()
    view = _View(case, accepted, ground)
    stage = _stage(view)
    askers = (ask.by for ask in reversed(view.asks) if not ask.ours and ask.stage is not Stage.TRIAGE)
    return Staging(
        stage=stage,
        approved_by=view.approved,
        stale=tuple(login for login in _names(view.approvals) if login not in view.approved),
        needed=_needed(case),
        waits=view.waits,
        refused=_refused(view, stage),
        asker=next(askers, ""),
    )


def approved_commits(pull_request: PullRequest, roles: Mapping[str, Role]) -> tuple[str, ...]:
    """The commits whose content has to be compared with that of the head: what people who may have approved."""
    said = (Approval(c.by, c.rest, c.at) for c in commands(pull_request) if c.word == "approve" and is_commit(c.rest))
    every = (*pull_request.approvals, *said)
    allowed = (approval for approval in every if roles.get(approval.by, Role.NONE).at_least(Role.WRITE))
    return tuple(dict.fromkeys(a.commit for a in allowed if a.commit != pull_request.head_sha))


def is_commit(text: str) -> bool:
    """Whether the text is a whole commit id: a part of one could be ground until it fits another commit."""
    return len(text) == 40 and set(text) <= set("0123456789abcdef")


def labels_after(case: Case, accepted: Iterable[Command]) -> frozenset[str]:
    """The labels that are on when the accepted `/hold` and `/hold off` have been carried out."""
    labels = set(case.pull_request.labels)
    for command in accepted:
        if command.word == "hold":
            (labels.discard if command.rest.split(maxsplit=1)[:1] == ["off"] else labels.add)(HOLD)
    return frozenset(labels)


@dataclass(frozen=True)
class _View:
    """The case and what follows from it."""

    case: Case
    accepted: tuple[Command, ...]
    ground: Ground

    @cached_property
    def approvals(self) -> tuple[Approval, ...]:
        return _allowed(self.case, self.accepted)

    @cached_property
    def approved(self) -> tuple[str, ...]:
        return _names(approval for approval in self.approvals if self.case.is_this_content(approval.commit))

    @cached_property
    def asks(self) -> tuple[_Ask, ...]:
        return _asks(self.case.pull_request, self.accepted)

    @cached_property
    def waits(self) -> tuple[str, ...]:
        return tuple(_waits(self))


def _stage(view: _View) -> Stage:
    last = view.asks[-1] if view.asks else None
    if last is None or last.stage is Stage.TRIAGE:
        return Stage.TRIAGE
    if not view.ground.sound and not _is_settled(view.case.pull_request, last):
        return Stage.TRIAGE
    allowed = _reached(view)
    return last.stage if allowed.is_after(last.stage) and _holds_back(view, last) else allowed


def _refused(view: _View, stage: Stage) -> str:
    """Why it is not where a person last asked it to be; said as long as that is so."""
    last = next((ask for ask in reversed(view.asks) if not ask.ours), None)
    if last is None or not last.stage.is_after(stage):
        return ""
    if stage is Stage.TRIAGE:
        return "" if view.ground.sound else NOT_SOUND
    return "" if view.approved else NOT_APPROVED


def _reached(view: _View) -> Stage:
    if not view.approved:
        return Stage.ASSESSMENT
    return Stage.DOCUMENTATION if view.waits else Stage.MERGE


def _is_settled(pull_request: PullRequest, last: _Ask) -> bool:
    """Whether an earlier visit has let it in: what breaks later is mended in the stage it is in."""
    on = {label for label in pull_request.labels if label.startswith(PREFIX)}
    return last.ours or (not last.command and on == {last.stage.label})


def _holds_back(view: _View, last: _Ask) -> bool:
    """Whether a person has put the label of an earlier stage, and nobody who may has approved since."""
    before = view.asks[-2] if len(view.asks) > 1 else None
    if last.ours or last.command or before is None or not before.stage.is_after(last.stage):
        return False
    return not any(a.at > last.at and view.case.is_this_content(a.commit) for a in view.approvals)


def _asks(pull_request: PullRequest, accepted: Iterable[Command]) -> tuple[_Ask, ...]:
    """Every stage set or asked for since it was last made ready or reopened, oldest first.

    A label of ours, or an `/assess` we answered where the label stood already, keeps what an earlier visit accepted.
    The author's own labels ask for nothing.
    """
    restarts = (event.at for event in pull_request.events if event.kind in ("ready_for_review", "reopened"))
    since = max(restarts, default="")
    asks = [_of_label(event) for event in pull_request.events if event.at >= since and _is_ask(pull_request, event)]
    asks += [_Ask(Stage.ASSESSMENT, c.by, c.at, command=True) for c in accepted if c.word == "assess" and c.at >= since]
    done = (c for c in commands(pull_request) if c.answered == DONE and c.word == "assess" and c.at >= since)
    asks += [_Ask(Stage.ASSESSMENT, c.by, c.at, ours=True) for c in done]
    return tuple(sorted(asks, key=lambda ask: ask.at))


def _is_ask(pull_request: PullRequest, event: Event) -> bool:
    if event.kind != "labeled" or event.label not in {stage.label for stage in Stage}:
        return False
    return event.ours or not (event.bot or event.by == pull_request.author)


def _of_label(event: Event) -> _Ask:
    return _Ask(Stage(event.label.removeprefix(PREFIX)), event.by, event.at, event.ours)


def _allowed(case: Case, accepted: Iterable[Command]) -> tuple[Approval, ...]:
    """Approvals, of whatever content, by people who may give one."""
    said = [command for command in commands(case.pull_request) if command.answered == DONE]
    spoken = (command for command in (*said, *accepted) if command.word == "approve")
    every = (*case.pull_request.approvals, *(Approval(command.by, command.rest, command.at) for command in spoken))
    return tuple(approval for approval in every if may_approve(case, approval.by))


def may_approve(case: Case, login: str) -> bool:
    """Write and up, neither author nor committer, and not asking for changes."""
    pull_request = case.pull_request
    involved = {pull_request.author, *pull_request.committers, *pull_request.objections}
    return case.role(login).at_least(Role.WRITE) and login not in involved


def _names(approvals: Iterable[Approval]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(approval.by for approval in approvals))


def _needed(case: Case) -> int:
    return 2 if any(template.status == "vetted" for template in case.judgement.templates) else 1


def _waits(view: _View) -> Iterator[str]:
    """What is missing for merge, besides a person who merges."""
    needed = _needed(view.case)
    if not view.ground.green:
        yield _CONTENT
    if len(view.approved) < needed:
        yield f"it has {len(view.approved)} of {needed} approvals of this content"
    yield from _waits_for_ids(view.ground.without_id)
    yield from _waits_for_labels(labels_after(view.case, view.accepted))
    if view.case.pull_request.objections:
        yield "a review asks for changes"


def _waits_for_labels(labels: frozenset[str]) -> Iterator[str]:
    """Any label under `needs/` keeps it back, but for the one that says nobody came in time."""
    for label in sorted(labels):
        if label.startswith("needs/") and label != OVERDUE:
            yield _NEEDS.get(label, "a label says that something is needed")


def _waits_for_ids(without_id: int | None) -> Iterator[str]:
    if without_id is None:
        yield _LEDGER
    elif without_id:
        yield f"{without_id} {'threat has' if without_id == 1 else 'threats have'} no id yet"
