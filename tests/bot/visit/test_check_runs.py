"""The gates of the App: check runs from under way to concluded, with every finding on its line."""

from collections.abc import Callable
from functools import partial
from itertools import islice

from bot.gates import BUSY, OURS, OURS_FOR_LONG
from bot.reviewer import Outcome, Speaker, Visit
from bot.steps import Annotate, BeginCheck, SetCheck
from github_fake import faults
from github_fake.handles import PullHandle
from shelf import CONTENT, PEOPLE, RIGHTS, STORY, Interrupted, Shelf, faulty, slow, story

MANY = 90


def visited(shelf: Shelf, pull: PullHandle) -> Visit:
    """A visit of the App."""
    return shelf.visit(pull, shelf.app_desk())


def once(act: Callable[[], object]) -> Callable[[], object]:
    """The act the first time, nothing after that."""
    left = iter([act])
    return lambda: [one() for one in islice(left, 1)]


def told(shelf: Shelf, pull: PullHandle, name: str = CONTENT) -> list[tuple[str, str | None, int]]:
    """Every run of a gate on the head: its status, how it ended, how many annotations it has."""
    return [(run.status, run.conclusion, len(run.annotations)) for run in shelf.runs(pull) if run.name == name]


def many_faults() -> str:
    """More findings than two requests carry."""
    asset = "  - {{key: notes-{n}, name: Notes {n}, kind: decision, held_in: [no-{n}, none-{n}], needs: {needs}}}\n"
    lines = "".join(asset.format(n=n, needs="{integrity: low}") for n in range(MANY))
    return story().replace("assets:\n", f"assets:\n{lines}", 1)


def test_a_gate_is_under_way_before_it_is_concluded(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})

    visited(shelf, pull)

    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "pending"}
    assert told(shelf, pull) == [("completed", "success", 0)]
    events = [(e.action, e.payload["check_run"]["name"]) for e in shelf.github.events if e.name == "check_run"]
    assert events == [("created", CONTENT), ("created", PEOPLE), ("completed", CONTENT)]
    assert shelf.repository.state.statuses == []
    assert {run.external_id for run in shelf.runs(pull)} == {f"pr/{pull.number}"}


def test_findings_stand_on_their_lines(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})

    visited(shelf, pull)

    (run,) = [run for run in shelf.runs(pull) if run.name == CONTENT]
    lines = faulty().splitlines()
    assert run.conclusion == "failure"
    assert "through: [notes-agnt]" in {lines[note["start_line"] - 1].strip() for note in run.annotations}


def test_a_second_visit_changes_no_run(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    visited(shelf, pull)
    visited(shelf, pull)
    before = len(shelf.runs(pull))

    assert visited(shelf, pull).steps == ()
    assert len(shelf.runs(pull)) == before


def test_a_new_verdict_is_a_new_run_and_the_old_one_stays_as_it_was(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    visited(shelf, pull)
    pull.comment("/assess", by=shelf.maintainer)
    visited(shelf, pull)
    pull.approve(by=shelf.reviewer)
    visited(shelf, pull)
    assert shelf.gates(pull)[PEOPLE] == "success"

    pull.request_changes("Not yet", by=shelf.maintainer)
    visited(shelf, pull)

    assert shelf.gates(pull)[PEOPLE] == "pending"
    assert told(shelf, pull, PEOPLE) == [("completed", "success", 0), ("in_progress", None, 0)]


def test_findings_come_in_batches_and_no_more_than_two_hundred(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: many_faults()})

    done = visited(shelf, pull)

    (run,) = [run for run in shelf.runs(pull) if run.name == CONTENT]
    assert done.review is not None
    assert len(run.annotations) == min(200, len(done.review.findings)) > 100
    assert sum(isinstance(step, Annotate) for step in done.steps) == (len(run.annotations) - 1) // 50
    assert len({(note["start_line"], note["message"]) for note in run.annotations}) > 100


def test_a_batch_that_failed_is_added_by_the_next_visit_and_none_twice(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: many_faults()})
    break_ = partial(shelf.github.faults.add, faults.error(), "PATCH", "*/check-runs/*", times=2)
    first = shelf.visit(pull, shelf.desk(Interrupted(shelf.app_client(), Annotate, break_), Speaker.APP))
    assert first.outcome is Outcome.FAILED
    assert told(shelf, pull) == [("completed", "failure", 50)]
    shelf.github.faults.clear()

    visited(shelf, pull)

    assert first.review is not None
    assert told(shelf, pull) == [("completed", "failure", min(200, len(first.review.findings)))]


def test_a_killed_visit_is_taken_up_with_the_runs_it_had_begun(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    forge = shelf.app_forge()
    standing = forge.standing(pull.number)
    for name in (CONTENT, PEOPLE):
        forge.take(standing, BeginCheck(pull.head, name, f"pr/{pull.number}", BUSY))

    visited(shelf, pull)

    assert told(shelf, pull) == [("completed", "success", 0)]
    assert len(told(shelf, pull, PEOPLE)) == 1


def test_two_visits_at_once_leave_one_word(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    forge = Interrupted(shelf.app_client(), BeginCheck, once(lambda: visited(shelf, pull)))
    shelf.visit(pull, shelf.desk(forge, Speaker.APP))
    visited(shelf, pull)

    assert shelf.gates(pull) == {CONTENT: "failure", PEOPLE: "pending"}
    assert len(shelf.said(pull)) == 1
    suggested = [(c.line, c.body) for c in shelf.repository.state.review_comments.values()]
    assert len(suggested) == len(set(suggested)) > 0
    assert visited(shelf, pull).steps == ()


def test_a_push_in_the_middle_leaves_no_verdict_of_the_old_head_on_the_new_one(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    push = once(lambda: pull.push({STORY: story()}, "Mend it", by=shelf.newcomer))
    forge = Interrupted(shelf.app_client(), SetCheck, push)

    done = shelf.visit(pull, slow(shelf.desk(forge, Speaker.APP), 10.0))

    assert done.outcome is Outcome.FINISHED
    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "pending"}
    assert ["Nothing to mend" in said for said in shelf.said(pull)] == [True]


def test_our_own_failure_is_said_and_called_off_after_an_hour(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    broken = shelf.app_desk()
    shelf.github.faults.add(faults.error(), "GET", "*/compare/*", times=99)

    for _ in range(3):
        assert shelf.visit(pull, broken).outcome is Outcome.FAILED
    assert shelf.gates(pull) == {}, "what stands could not be read either"

    shelf.github.faults.clear()
    shelf.github.faults.add(faults.error(), "GET", "*/collaborators/*", times=99)
    visited(shelf, pull)
    assert [run.output["title"] for run in shelf.runs(pull)] == [OURS, OURS]

    shelf.github.clock.advance(hours=1)
    visited(shelf, pull)
    assert [run.output["title"] for run in shelf.runs(pull)] == [OURS_FOR_LONG, OURS_FOR_LONG]
    assert shelf.gates(pull) == {CONTENT: "cancelled", PEOPLE: "cancelled"}

    shelf.github.faults.clear()
    visited(shelf, pull)
    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "pending"}


def test_without_the_right_to_check_runs_the_rest_is_said(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    rights = {name: right for name, right in RIGHTS.items() if name != "checks"}

    done = shelf.visit(pull, shelf.desk(shelf.app_forge(rights), Speaker.APP))

    assert done.outcome is Outcome.FAILED
    assert len(shelf.said(pull)) == 1
    assert [line.outcome for line in shelf.log if line.what == "SetCheck"] == [Outcome.REFUSED] * 2


def test_a_sweep_sees_the_gates_of_the_app(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    visited(shelf, pull)

    (found,) = shelf.app_forge().open_pulls()

    assert {name: status.state for name, status in found.statuses.items()} == {CONTENT: "failure", PEOPLE: "pending"}
