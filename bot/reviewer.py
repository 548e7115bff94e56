"""The whole visit: look at a pull request as it is now, number what is due, take the steps that are missing.

A visit may be made in one go (`visit`) or in three by three jobs: `look` reads what contributors wrote and can write
nothing, `number` and `say` write and read none of it. All three read the thread anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot import fetching, places
from bot.case import Case, House
from bot.commands import people, same_as_said
from bot.facts import Contents, PullRequest, Role, Run
from bot.forge import Forge, ForgeError, GivenUpError, HeadMovedError, LimitReachedError, NoPullRequestError
from bot.gates import CHECK_RUNS, STATUSES, Gates
from bot.judgement import Judgement, judge
from bot.ledger import AppendError, LedgerStore, Memory, Patience, append, checked
from bot.mark import read as read_mark
from bot.numbering import rows
from bot.plan import OFF, plan
from bot.review import Review, review
from bot.slots import commit_by_slots
from bot.steps import BeginCheck, CommitIds, Label, React, Reword, Say, SetCheck, SetStatus, Step, Suggest
from bot.writeback import commit_ids
from schema.facts import Facts
from schema.ids import Ledger, LedgerError
from schema.suggestion import Known

MOST_BEGINNINGS = 3
"""The first, one after ids were written on the branch, one after somebody pushed in between."""
MOST_PEOPLE = 40
"""Whose role is asked in one visit; who comes later in the thread may do nothing until the next."""
GATES_ONLY_BELOW = 100
"""Requests left in the hour, below which nothing but gates is written."""
HEAD_IS_FRESH = 5.0
"""Seconds for which a head that was read again counts as the one of now."""

_SPEAKS_OF_HEAD = (Say, Reword, Suggest, Label)
"""Steps that would mislead on another head; a status or a check run names its commit."""
_GATES = (SetStatus, BeginCheck, SetCheck)
"""Steps that are taken even when few requests are left."""


class Outcome(StrEnum):
    """How a step, or a visit, ended."""

    TAKEN = "taken"
    PLANNED = "planned"
    PUT_OFF = "put off"
    REFUSED = "refused"
    MOVED = "head moved"
    FAILED = "failed"
    FINISHED = "finished"
    SILENT = "silent"


@dataclass(frozen=True)
class Line:
    """One line of the log: nothing in it was written by a contributor, but `detail` may quote the forge."""

    number: int
    head: str
    what: str
    outcome: Outcome
    detail: str = ""


class Speaker(StrEnum):
    """Whose credential it is: a workflow's token starts nothing by its pushes, so it writes no ids on branches."""

    ACTIONS = "actions"
    APP = "app"


@dataclass(frozen=True)
class Desk:
    """What a visit works with. `facts` are those of the default branch; `moment` gives now, in UTC to the second.

    `seconds` is a clock that only goes forward. `known`: the threats that new ones are compared with.
    """

    forge: Forge
    ledger: LedgerStore
    house: House
    facts: Facts
    moment: Callable[[], str]
    seconds: Callable[[], float]
    patience: Patience
    tell: Callable[[Line], None]
    speaker: Speaker = Speaker.ACTIONS
    known: Known | None = None


@dataclass(frozen=True)
class Look:
    """What the files say, as data: of the head, and the digests of the commits that were approved.

    `due`: whether ids are to be appended, or to be written on the branch.
    """

    head: str
    judgement: Judgement
    digests: Mapping[str, str]
    due: bool = False


@dataclass(frozen=True)
class Visit:
    """How a visit ended, with every step that was missing; with `Outcome.PLANNED` none was taken."""

    number: int
    outcome: Outcome
    steps: tuple[Step, ...] = ()
    review: Review | None = None
    detail: str = ""


def visit(desk: Desk, number: int) -> Visit:
    """Look, number and say in one go; begins again when the head moves. Never raises for what the forge answers."""
    return _whole(desk, number, lambda: _visited(desk, number))


def rehearse(desk: Desk, number: int) -> Visit:
    """The steps that a visit would take now, and nothing taken: nothing is written anywhere, the ledger included."""
    standing = _standing(desk, number)
    if standing is None:
        return Visit(number, Outcome.SILENT)
    ledger, roles = _ledger(desk, standing), _roles(desk, standing)
    contents = fetching.contents(desk.forge, standing)
    case = _case(desk, standing, (ledger, roles), _look(desk, standing, contents, (ledger, roles)))
    found = review(case)
    return Visit(number, Outcome.PLANNED, _steps(desk, case, contents, found), found)


def look(desk: Desk, number: int) -> Look | None:
    """The reading job's part: judges the files and says whether something is to be numbered; None: nothing to visit."""
    standing = _standing(desk, number)
    if standing is None:
        return None
    known = (_ledger(desk, standing), _roles(desk, standing))
    contents = fetching.contents(desk.forge, standing)
    seen = _look(desk, standing, contents, known)
    found = review(_case(desk, standing, known, seen))
    return replace(seen, due=found.ids.due or _to_commit(desk, standing, contents, found) is not None)


def number_threats(desk: Desk, number: int, seen: Look) -> Visit:
    """The numbering job's part: asks again who said what on which head, and appends what is due.

    With an App's credential it writes the ids on a branch of the repository, at the places that were found.
    Raises ForgeError, AppendError or LedgerError.
    """
    standing = _standing(desk, number)
    if standing is None or standing.head_sha != seen.head:
        return Visit(number, Outcome.MOVED if standing else Outcome.SILENT)
    case = _case(desk, standing, (_ledger(desk, standing), _roles(desk, standing)), seen)
    found = review(case)
    if found.ids.due:
        found = review(replace(case, ledger=_append(desk, standing, found)))
    commit = _commit_by_slots(desk, standing, seen, found)
    if commit is None:
        return Visit(number, Outcome.FINISHED, (), found)
    try:
        return _take_all(desk, standing, (commit,), found)
    except HeadMovedError:
        return Visit(number, Outcome.MOVED, (commit,), found)


def say(desk: Desk, number: int, seen: Look | None) -> Visit:
    """The writing job's part: what is missing on the thread. Without a look the gates say that it is our failure."""
    return _whole(desk, number, lambda: _said(desk, number, seen))


def _said(desk: Desk, number: int, seen: Look | None) -> Visit:
    standing = _standing(desk, number)
    if standing is None:
        return Visit(number, Outcome.SILENT)
    if seen is None:
        return _excuse(desk, standing, "nothing was looked at")
    if standing.head_sha != seen.head:
        return Visit(number, Outcome.MOVED)
    case = _case(desk, standing, (_ledger(desk, standing), _roles(desk, standing)), seen)
    found = review(case)
    return _take_all(desk, standing, plan(standing, found, desk.house, gates=_gates(desk)), found)


def _commit_by_slots(desk: Desk, standing: PullRequest, seen: Look, found: Review) -> CommitIds | None:
    if desk.speaker is not Speaker.APP:
        return None
    files = places.readable(standing)
    blobs = desk.forge.blobs(file.oid for file in files)
    return commit_by_slots(standing, {file.path: blobs[file.oid] for file in files}, seen.judgement, found)


def _whole(desk: Desk, number: int, attempt: Callable[[], Visit]) -> Visit:
    """One attempt after the other while the head moves; what goes wrong is said on the gates and in the log."""
    for _ in range(MOST_BEGINNINGS):
        try:
            return attempt()
        except HeadMovedError:
            desk.tell(Line(number, "", "visit", Outcome.MOVED))
        except NoPullRequestError:
            return Visit(number, Outcome.SILENT)
        except GivenUpError:
            raise
        except Exception as failure:  # whatever it is, a gate that stays green or empty would say something else
            detail = f"{type(failure).__name__}: {failure}"
            desk.tell(Line(number, "", "visit", Outcome.FAILED, detail))
            return _excused(desk, number, detail)
    return Visit(number, Outcome.MOVED)


def _visited(desk: Desk, number: int) -> Visit:
    standing = _standing(desk, number)
    if standing is None:
        return Visit(number, Outcome.SILENT)
    standing = _opened(desk, standing)
    ledger, roles = _ledger(desk, standing), _roles(desk, standing)
    contents = fetching.contents(desk.forge, standing)
    case = _case(desk, standing, (ledger, roles), _look(desk, standing, contents, (ledger, roles)))
    found = review(case)
    if found.ids.due:
        ledger = _append(desk, standing, found)
        case = _case(desk, standing, (ledger, roles), _look(desk, standing, contents, (ledger, roles)))
        found = review(case)
    return _take_all(desk, standing, _steps(desk, case, contents, found), found)


def _opened(desk: Desk, standing: PullRequest) -> PullRequest:
    """What stands, once it is said that somebody looks; a step that is refused here is tried again as a verdict."""
    if not places.is_reviewed(standing):
        return standing
    steps = [step for step in _gates(desk).opening(standing) if _taken(desk, standing, step, clean=True)]
    begun = {step.name: Run(0, "pending", step.title, is_open=True) for step in steps if isinstance(step, BeginCheck)}
    return replace(standing, runs={**standing.runs, **begun})


def _steps(desk: Desk, case: Case, contents: Contents, found: Review) -> tuple[Step, ...]:
    commit = _to_commit(desk, case.pull_request, contents, found)
    return plan(case.pull_request, found, desk.house, commit, _gates(desk))


def _gates(desk: Desk) -> Gates:
    """What belongs to an App cannot be made by a workflow of the repository, nor the other way round."""
    return CHECK_RUNS if desk.speaker is Speaker.APP else STATUSES


def _to_commit(desk: Desk, standing: PullRequest, contents: Contents, found: Review) -> CommitIds | None:
    return commit_ids(standing, contents, found) if desk.speaker is Speaker.APP else None


# Facts


def _standing(desk: Desk, number: int) -> PullRequest | None:
    """What stands; None where we are told to keep silent, or it is no pull request."""
    try:
        standing = desk.forge.standing(number)
    except NoPullRequestError:
        return None
    return None if OFF in standing.labels else standing


def _ledger(desk: Desk, standing: PullRequest) -> Ledger | None:
    """The ledger, if it can be had and lacks nothing this thread remembers."""
    try:
        return checked(desk.ledger.read()[0], _memory(standing))
    except (ForgeError, AppendError, LedgerError) as failure:
        desk.tell(Line(standing.number, standing.head_sha, "ledger", Outcome.FAILED, str(failure)))
        return None


def _memory(standing: PullRequest) -> Memory:
    """The longest ledger that a comment of ours has seen."""
    marks = (read_mark(comment.body) for comment in standing.comments if comment.ours)
    return Memory(rows=max((mark.ledger for mark in marks if mark), default=0))


def _roles(desk: Desk, standing: PullRequest) -> dict[str, Role]:
    asked = [login for login in people(standing) if not login.endswith("[bot]")]
    return {login: desk.forge.role(login) for login in asked[:MOST_PEOPLE]}


def _look(
    desk: Desk, standing: PullRequest, contents: Contents, known: tuple[Ledger | None, Mapping[str, Role]]
) -> Look:
    ledger, roles = known
    facts = replace(desk.facts, ledger=ledger, same_as=same_as_said(standing, roles))
    judgement = judge(standing, contents, facts, desk.known)
    return Look(standing.head_sha, judgement, dict(fetching.digests(desk.forge, standing, roles)))


def _case(desk: Desk, standing: PullRequest, known: tuple[Ledger | None, Mapping[str, Role]], seen: Look) -> Case:
    ledger, roles = known
    return Case(
        pull_request=standing,
        judgement=seen.judgement,
        ledger=ledger,
        moment=desk.moment(),
        house=desk.house,
        roles=roles,
        digests=seen.digests,
        diff_lines=desk.forge.diff_lines(standing.number),
    )


def _append(desk: Desk, standing: PullRequest, found: Review) -> Ledger:
    """The ledger with every row that is due; somebody else's rows in between change the numbers, not the wish."""
    wanted = found.ids.wanted
    ledger = append(
        desk.ledger,
        lambda ledger: rows(ledger, wanted) if wanted else (),
        desk.patience,
        _memory(standing),
    )
    desk.tell(Line(standing.number, standing.head_sha, "append", Outcome.TAKEN, f"{len(ledger.rows)} rows"))
    return ledger


# Steps


def _take_all(desk: Desk, standing: PullRequest, steps: tuple[Step, ...], found: Review) -> Visit:
    """Take the steps in their order. Raises HeadMovedError as soon as that is seen."""
    read_at, clean = -HEAD_IS_FRESH, True
    for index, step in enumerate(steps):
        if index == 0 or (isinstance(step, _SPEAKS_OF_HEAD) and desk.seconds() - read_at > HEAD_IS_FRESH):
            _same_head(desk, standing)
            read_at = desk.seconds()
        clean = _taken(desk, standing, step, clean) and clean
    if any(isinstance(step, CommitIds) for step in steps) and clean:
        raise HeadMovedError("ids were written on the branch")
    return Visit(standing.number, Outcome.FINISHED if clean else Outcome.FAILED, steps, found)


def _same_head(desk: Desk, standing: PullRequest) -> None:
    now = desk.forge.head(standing.number)
    if now != standing.head_sha:
        raise HeadMovedError(f"the head is {now} now")


def _taken(desk: Desk, standing: PullRequest, step: Step, clean: bool) -> bool:  # noqa: FBT001  # what came before
    """Whether the step stands now. Without room only gates are set; after a failure nothing is marked as answered."""
    outcome, detail = Outcome.TAKEN, ""
    if not _may_take(desk, step, clean):
        outcome = Outcome.PUT_OFF
    else:
        try:
            desk.forge.take(standing, step)
        except HeadMovedError:
            raise
        except LimitReachedError as limit:
            outcome, detail = Outcome.PUT_OFF, str(limit)
        except ForgeError as refusal:
            outcome, detail = Outcome.REFUSED, str(refusal)
    desk.tell(Line(standing.number, standing.head_sha, type(step).__name__, outcome, detail))
    return outcome is Outcome.TAKEN


def _may_take(desk: Desk, step: Step, clean: bool) -> bool:  # noqa: FBT001  # what came before
    scarce = desk.forge.left is not None and desk.forge.left < GATES_ONLY_BELOW
    if isinstance(step, React) and not clean:
        return False
    return isinstance(step, _GATES) or not scarce


def _excused(desk: Desk, number: int, detail: str) -> Visit:
    """Our own failure, said on the gates as well as it still goes."""
    try:
        standing = _standing(desk, number)
        return _excuse(desk, standing, detail) if standing else Visit(number, Outcome.SILENT)
    except ForgeError as again:
        return Visit(number, Outcome.FAILED, detail=f"{detail}; {again}")


def _excuse(desk: Desk, standing: PullRequest, detail: str) -> Visit:
    """Gates without a verdict on this head say that it is our failure; a verdict that stands was right and stays."""
    steps = tuple(_gates(desk).excuses(standing, desk.moment())) if places.is_reviewed(standing) else ()
    for step in steps:
        _taken(desk, standing, step, clean=True)
    return Visit(standing.number, Outcome.FAILED, steps, detail=detail)
