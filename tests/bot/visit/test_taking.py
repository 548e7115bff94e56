"""How each step is taken on GitHub: once, whatever GitHub answers, and never where it is done already."""

import dataclasses
from collections.abc import Callable

import pytest

from bot.facts import PullRequest
from bot.forge import HeadMovedError, LimitReachedError
from bot.gates import PEOPLE
from bot.github.client import Patience, RefusedError, UnclearError
from bot.steps import (
    Annotate,
    Annotation,
    Assign,
    BeginCheck,
    CommitIds,
    Label,
    Minimize,
    PostFindings,
    Proposal,
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
from github_fake import faults
from github_fake.faults import Fault
from github_fake.handles import PullHandle
from shelf import CONTENT, STORY, Shelf, story


def facts(shelf: Shelf, pull: PullHandle) -> PullRequest:
    """What stands."""
    return shelf.forge().standing(pull.number)


Made = Callable[[Shelf, PullHandle], tuple[Step, Callable[[], bool]]]


def _status(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    step = SetStatus(pull.head, CONTENT, "failure", "2 errors to mend")
    return step, lambda: [(s.state, s.context) for s in shelf.repository.state.statuses] == [("failure", CONTENT)]


def _findings(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    note = Annotation(STORY, 3, 3, "failure", "key-used", "Nothing has this key.")
    step = PostFindings(pull.head, "digest", "failure", "1 finding", "One.", (note,))
    return step, lambda: [run.external_id for run in shelf.repository.state.check_runs] == ["digest"]


def _say(_shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    return Say("A word"), lambda: [comment.body for comment in pull.comments] == ["A word"]


def _reword(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    shelf.forge().take(facts(shelf, pull), Say("A word"))
    return Reword(pull.comments[0].id, "Another"), lambda: [c.body for c in pull.comments] == ["Another"]


def _unsay(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    shelf.forge().take(facts(shelf, pull), Say("A word"))
    return Unsay(pull.comments[0].id), lambda: pull.comments == []


def _minimise(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    shelf.forge().take(facts(shelf, pull), Say("A word"))
    return Minimize(pull.comments[0].node_id), lambda: bool(pull.comments[0].minimized)


def _proposal(line: int = 3) -> Proposal:
    return Proposal(STORY, line, None, f"Line {line}\n```suggestion\nversion: 0.1.1\n```\n")


def _suggest(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    step = Suggest(pull.head, (_proposal(3), _proposal(5)))
    return step, lambda: sorted(c.line or 0 for c in shelf.repository.state.review_comments.values()) == [3, 5]


def _unsuggest(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    shelf.forge().take(facts(shelf, pull), Suggest(pull.head, (_proposal(),)))
    (number,) = shelf.repository.state.review_comments
    return Unsuggest(number), lambda: not shelf.repository.state.review_comments


def _label(_shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    return Label("stage/triage", on=True), lambda: pull.labels == ["stage/triage"]


def _new_label(_shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    return Label("risk/high", on=True), lambda: pull.labels == ["risk/high"]


def _unlabel(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    pull.label("stage/triage", by=shelf.maintainer)
    return Label("stage/triage", on=False), lambda: pull.labels == []


def _react(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    said = pull.comment("/help", by=shelf.newcomer)
    return React(said.id, "rocket"), lambda: [r.content for r in said.reactions] == ["rocket"]


def _assign(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    login = shelf.maintainer.login
    return Assign(login), lambda: [who.login for who in pull.state.assignees] == [login]


def _begin(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    return _beginning(pull), lambda: _checks(shelf, pull) == [("in_progress", None, "Looking", 0)]


def _beginning(pull: PullHandle) -> BeginCheck:
    return BeginCheck(pull.head, CONTENT, f"pr/{pull.number}", "Looking")


def _verdict(pull: PullHandle, state: str, count: int = 0) -> SetCheck:
    notes = tuple(Annotation(STORY, line, line, "failure", "key-used", "Nothing.") for line in range(1, count + 1))
    return SetCheck(pull.head, CONTENT, f"pr/{pull.number}", state, f"A {state}", f"Why {state}", notes)


def _conclude(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    shelf.forge().take(facts(shelf, pull), _beginning(pull))
    step = _verdict(pull, "failure", 50)
    return step, lambda: _checks(shelf, pull) == [("completed", "failure", "A failure", 50)]


def _conclude_anew(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    shelf.forge().take(facts(shelf, pull), _verdict(pull, "failure", 2))
    expected = [("completed", "failure", "A failure", 2), ("completed", "success", "A success", 3)]
    return _verdict(pull, "success", 3), lambda: _checks(shelf, pull) == expected


def _call_off(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    shelf.forge().take(facts(shelf, pull), _verdict(pull, "pending"))
    return _verdict(pull, "error"), lambda: _checks(shelf, pull) == [("completed", "cancelled", "A error", 0)]


def _annotate(shelf: Shelf, pull: PullHandle) -> tuple[Step, Callable[[], bool]]:
    first = _verdict(pull, "failure", 50)
    shelf.forge().take(facts(shelf, pull), first)
    step = Annotate(pull.head, CONTENT, first.title, first.summary, 50, first.annotations[:20])
    return step, lambda: _checks(shelf, pull) == [("completed", "failure", "A failure", 70)]


def _checks(shelf: Shelf, pull: PullHandle) -> list[tuple[str, str | None, str, int]]:
    found = ((run.status, run.conclusion, run.output.get("title"), len(run.annotations)) for run in shelf.runs(pull))
    return [(status, conclusion, str(title), count) for status, conclusion, title, count in found]


STEPS: dict[str, Made] = {
    "status": _status,
    "findings": _findings,
    "say": _say,
    "reword": _reword,
    "unsay": _unsay,
    "minimise": _minimise,
    "suggest": _suggest,
    "unsuggest": _unsuggest,
    "label": _label,
    "new label": _new_label,
    "unlabel": _unlabel,
    "react": _react,
    "assign": _assign,
    "begin a check": _begin,
    "conclude the check that is open": _conclude,
    "a new verdict": _conclude_anew,
    "call a check off": _call_off,
    "annotate": _annotate,
}
WRITES = ("POST", "PATCH", "DELETE")
BROKEN: dict[str, Callable[[], Fault]] = {
    "500": faults.error,
    "502 after it was done": faults.after_write,
    "cut": faults.cut,
    "cut after it was done": faults.cut_after_write,
    "403 secondary limit": faults.secondary_limit,
    "429": faults.too_many,
    "429 with a wait": lambda: faults.too_many(retry_after=0),
}


@pytest.mark.parametrize("made", STEPS.values(), ids=STEPS)
def test_a_step_is_taken(shelf: Shelf, made: Made) -> None:
    pull = shelf.from_fork({STORY: story()})
    step, is_done = made(shelf, pull)
    assert not is_done()

    shelf.forge().take(facts(shelf, pull), step)

    assert is_done()


@pytest.mark.slow  # more than a hundred of them
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("made", STEPS.values(), ids=STEPS)
def test_a_step_is_taken_once_whatever_github_answers(shelf: Shelf, made: Made, broken: Callable[[], Fault]) -> None:
    pull = shelf.from_fork({STORY: story()})
    step, is_done = made(shelf, pull)
    standing, forge = facts(shelf, pull), shelf.forge(patience=_patient(shelf))
    if isinstance(step, Minimize):
        shelf.github.faults.add(broken(), "POST", "/graphql", containing="minimizeComment")
    else:
        for method in WRITES:
            shelf.github.faults.add(broken(), method, "/repos/*")

    forge.take(standing, step)

    assert is_done()


def _patient(shelf: Shelf) -> Patience:
    """One that would wait for a limit, in no time."""
    return dataclasses.replace(shelf.patience, longest_wait=60)


@pytest.mark.parametrize("made", [_unsay, _unsuggest, _unlabel], ids=["unsay", "unsuggest", "unlabel"])
def test_what_is_gone_already_is_done(shelf: Shelf, made: Made) -> None:
    pull = shelf.from_fork({STORY: story()})
    step, _ = made(shelf, pull)
    standing = facts(shelf, pull)
    shelf.forge().take(standing, step)

    shelf.forge().take(standing, step)


def test_a_limit_that_asks_for_more_than_we_wait_is_said(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    standing = facts(shelf, pull)
    shelf.github.faults.add(faults.too_many(retry_after=3600), "POST", "*/comments")

    with pytest.raises(LimitReachedError):
        shelf.forge(patience=_patient(shelf)).take(standing, Say("A word"))
    assert pull.comments == []
    assert shelf.pace.waited == []


def test_a_post_is_never_repeated_blindly(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    standing = facts(shelf, pull)
    shelf.github.faults.add(faults.after_write(), "POST", "*/comments")

    shelf.forge().take(standing, Say("A word"))

    posts = shelf.github.requests("POST", "/comments")
    assert len(posts) == 1
    assert len(pull.comments) == 1


def test_a_question_is_asked_again(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.github.faults.add(faults.error(502), "POST", "/graphql")

    assert facts(shelf, pull).head_sha == pull.head


def test_no_answer_at_all(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.github.faults.add(faults.error(502), "POST", "/graphql", times=9)

    with pytest.raises(UnclearError, match="502"):
        facts(shelf, pull)


def test_a_wrong_token_is_said_and_not_shown(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})

    with pytest.raises(RefusedError, match="Bad credentials") as refused:
        shelf.forge("ghs_wrong_token").standing(pull.number)
    assert "ghs_wrong_token" not in str(refused.value)


def test_one_line_outside_the_diff_does_not_refuse_the_others(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    step = Suggest(pull.head, (_proposal(3), _proposal(90_000), _proposal(5)))

    shelf.forge().take(facts(shelf, pull), step)

    assert sorted(c.line or 0 for c in shelf.repository.state.review_comments.values()) == [3, 5]


def test_a_suggestion_somebody_answered_is_known(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.forge().take(facts(shelf, pull), Suggest(pull.head, (_proposal(),)))
    (first,) = shelf.repository.state.review_comments

    assert [(s.id, s.line, s.answered) for s in facts(shelf, pull).suggestions] == [(first, 3, False)]

    thread = f"/repos/shelf/threatshelf/pulls/{pull.number}/comments/{first}/replies"
    shelf.client(shelf.newcomer.token).ask("POST", thread, body={"body": "Why?"})

    assert [(s.id, s.answered) for s in facts(shelf, pull).suggestions] == [(first, True)]


def test_what_stands_on_the_head_is_known(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    for made in (_status, _findings):
        shelf.forge().take(facts(shelf, pull), made(shelf, pull)[0])

    found = facts(shelf, pull)

    assert {name: status.state for name, status in found.statuses.items()} == {CONTENT: "failure"}
    assert found.check_runs == {"digest"}

    pull.push({STORY: story() + "# more\n"}, by=shelf.newcomer)

    assert (facts(shelf, pull).statuses, facts(shelf, pull).check_runs) == ({}, frozenset())


def test_check_runs_of_ours_are_known_and_those_of_others_are_not(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.forge().take(facts(shelf, pull), _verdict(pull, "failure", 2))
    app = shelf.app_forge()
    app.take(app.standing(pull.number), _verdict(pull, "success"))
    app.take(app.standing(pull.number), dataclasses.replace(_beginning(pull), name=PEOPLE))

    ours = shelf.app_forge().standing(pull.number).runs

    told = {name: (run.state, run.title, run.annotations, run.is_open) for name, run in ours.items()}
    assert told == {CONTENT: ("success", "A success", 0, False), PEOPLE: ("pending", "Looking", 0, True)}
    assert [(name, run.state) for name, run in facts(shelf, pull).runs.items()] == [(CONTENT, "failure")]


def test_ids_are_committed_only_on_the_head_that_was_reviewed(shelf: Shelf) -> None:
    pull = shelf.from_branch({STORY: story()})
    step = CommitIds("add", pull.head, "Write ids\n\nLedger: 3 rows.", ((STORY, b"id: with-ids\n"),))
    standing = shelf.app_forge().standing(pull.number)

    shelf.app_forge().take(standing, step)

    assert shelf.repository.file(STORY, "add") == b"id: with-ids\n"
    with pytest.raises(HeadMovedError):
        shelf.app_forge().take(standing, dataclasses.replace(step, files=((STORY, b"id: late\n"),)))


@pytest.mark.parametrize("broken", [faults.after_write, faults.cut_after_write, faults.error, faults.cut])
def test_ids_are_committed_once_whatever_github_answers(shelf: Shelf, broken: Callable[[], Fault]) -> None:
    pull = shelf.from_branch({STORY: story()})
    step = CommitIds("add", pull.head, "Write ids", ((STORY, b"id: with-ids\n"),))
    forge = shelf.app_forge()
    standing = forge.standing(pull.number)
    shelf.github.faults.add(broken(), "POST", "/graphql", containing="createCommitOnBranch")

    forge.take(standing, step)

    assert shelf.repository.file(STORY, "add") == b"id: with-ids\n"
    assert len(shelf.repository.git.history(pull.head, f"^{standing.head_sha}")) == 1
