"""Several visits at once, limits in mid-visit and a base that moves: one word in the end, and nothing said twice."""

from collections.abc import Callable
from itertools import islice

import pytest

from bot.gates import CONTENT, PEOPLE
from bot.reviewer import Outcome, Speaker
from bot.steps import Label, PostFindings, Say, SetStatus, Step, Suggest
from github_fake import faults
from github_fake.faults import Fault
from github_fake.handles import PullHandle
from shelf import STORY, Interrupted, Shelf, faulty, story

RACED = [SetStatus, PostFindings, Say, Suggest, Label]


def once(act: Callable[[], object]) -> Callable[[], object]:
    """The act the first time, nothing after that."""
    left = iter([act])
    return lambda: [one() for one in islice(left, 1)]


def settled(shelf: Shelf, pull: PullHandle) -> None:
    """One comment, every suggestion once, both gates, and a visit that takes no step."""
    shelf.visit(pull)
    assert len(shelf.said(pull)) == 1
    suggested = [(c.line, c.body) for c in shelf.repository.state.review_comments.values()]
    assert len(suggested) == len(set(suggested)) > 0
    assert shelf.gates(pull) == {CONTENT: "failure", PEOPLE: "pending"}
    assert pull.labels == ["stage/triage"]
    assert shelf.visit(pull).steps == ()


@pytest.mark.parametrize("step", RACED, ids=lambda step: step.__name__)
def test_a_whole_visit_between_two_steps_of_another(shelf: Shelf, step: type[Step]) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    other = once(lambda: shelf.visit(pull))

    shelf.visit(pull, shelf.desk(Interrupted(shelf.client(shelf.token), step, other)))

    settled(shelf, pull)


@pytest.mark.parametrize("step", RACED, ids=lambda step: step.__name__)
def test_a_visit_that_dies_between_two_steps_is_ended_by_the_next(shelf: Shelf, step: type[Step]) -> None:
    pull = shelf.from_fork({STORY: faulty()})

    with pytest.raises(KeyboardInterrupt):
        shelf.visit(pull, shelf.desk(Interrupted(shelf.client(shelf.token), step, die)))

    settled(shelf, pull)


def die() -> None:
    """What no visit can catch."""
    raise KeyboardInterrupt


LIMITS: dict[str, Callable[[], Fault]] = {
    "403 that names no time": faults.secondary_limit,
    "403 that names seconds": lambda: faults.secondary_limit(retry_after=7),
    "429 that names no time": faults.too_many,
    "429 that names seconds": lambda: faults.too_many(retry_after=7),
}


@pytest.mark.parametrize("speaker", [Speaker.ACTIONS, Speaker.APP])
@pytest.mark.parametrize("made", LIMITS.values(), ids=LIMITS)
def test_a_limit_is_waited_for_once_at_each_write(shelf: Shelf, made: Callable[[], Fault], speaker: Speaker) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.longest_wait = 60
    desk = shelf.app_desk() if speaker is Speaker.APP else shelf.desk()
    for path in ("*/statuses/*", "*/check-runs*", "*/comments", "*/reviews", "*/labels"):
        shelf.github.faults.add(made(), "POST", path)

    done = shelf.visit(pull, desk)

    assert done.outcome is Outcome.FINISHED
    assert len(shelf.said(pull)) == 1
    assert shelf.gates(pull) == {CONTENT: "failure", PEOPLE: "pending"}
    assert set(shelf.pace.waited) <= {7.0, 60.0}
    assert 4 <= len(shelf.pace.waited) <= 5


def test_a_limit_longer_than_we_wait_leaves_the_rest_to_a_later_visit(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.github.faults.add(faults.too_many(retry_after=1800), "POST", "*/comments")

    shelf.longest_wait = 60
    done = shelf.visit(pull)

    assert done.outcome is Outcome.FAILED
    assert shelf.said(pull) == []
    assert [line.outcome for line in shelf.log if line.what == "Say"] == [Outcome.PUT_OFF]
    settled(shelf, pull)


def test_the_base_moves_between_two_visits_and_in_the_middle_of_one(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    move = once(lambda: shelf.repository.commit({"README.md": "# Meanwhile\n"}))
    pull.comment("/assess", by=shelf.maintainer)

    shelf.visit(pull, shelf.desk(Interrupted(shelf.client(shelf.token), Label, move)))

    assert pull.labels == ["stage/assessment"]
    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "pending"}
    assert shelf.visit(pull).steps == ()


def test_what_landed_meanwhile_is_seen_when_the_base_moved(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    assert shelf.gates(pull)[CONTENT] == "success"
    main = shelf.repository.commit({STORY: story()}, "The same template lands first")

    pull.push(
        {STORY: story(**{"Release notes written by an agent": "Notes by an agent"})}, by=shelf.newcomer, onto=main
    )
    shelf.visit(pull)

    assert "New template" not in shelf.said(pull)[0]
    assert "Only texts differ" in shelf.said(pull)[0]
