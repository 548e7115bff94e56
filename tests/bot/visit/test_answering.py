"""Issues answered on GitHub: once, kept true, and what must not be read locked away."""

from dataclasses import replace

import pytest

from bot.answering import visit_issue
from bot.reviewer import Desk, Outcome
from bot.steps import Label, Lock, Say
from github_fake import faults
from github_fake.handles import ThreadHandle
from schema import shipped
from schema.suggestion import examples, known
from shelf import STORY, Shelf, story

TOLD = """### What could happen?

A web page the agent reads tells it to mail the keys of its user to a stranger, and it obeys.

### To what?

_No response_
"""
LIVE = "### What could happen?\n\nSend `{{x}}` to the agent: it is undisclosed.\n"


def reported(shelf: Shelf, body: str = TOLD) -> ThreadHandle:
    made = shelf.repository.open_issue("Threat: a page", body, by=shelf.newcomer)
    made.label("threat", by=shelf.maintainer)
    return made


def desk(shelf: Shelf) -> Desk:
    vocabularies = shipped.vocabularies()
    return replace(shelf.desk(), known=known(vocabularies, examples(vocabularies)))


def ours(issue: ThreadHandle) -> list[str]:
    return [comment.body for comment in issue.comments if comment.user.login.endswith("[bot]")]


def test_an_issue_is_answered_once_in_few_requests(shelf: Shelf) -> None:
    issue = reported(shelf)

    with shelf.counting() as calls:
        first = visit_issue(desk(shelf), issue.number)
    again = visit_issue(desk(shelf), issue.number)

    assert (first.outcome, again.outcome, again.steps) == (Outcome.FINISHED, Outcome.FINISHED, ())
    assert len(calls) == 2
    (told,) = ours(issue)
    assert "“To what?”" in told
    assert "2026-11-04 09:00 (UTC)" in told


def test_an_edited_issue_is_answered_in_the_same_comment(shelf: Shelf) -> None:
    issue = reported(shelf)
    visit_issue(desk(shelf), issue.number)
    issue.edit(by=shelf.newcomer, body=TOLD.replace("_No response_", "A coding assistant"))
    visit_issue(desk(shelf), issue.number)

    (told,) = ours(issue)
    assert "“To what?”" not in told


def test_a_live_vulnerability_is_labelled_locked_and_led_away(shelf: Shelf) -> None:
    issue = reported(shelf, LIVE)

    done = visit_issue(desk(shelf), issue.number)

    assert [type(step) for step in done.steps] == [Label, Lock, Say]
    assert issue.state.locked
    assert "needs/private-route" in issue.labels
    assert "/security/policy" in ours(issue)[0]
    assert "{{x}}" not in ours(issue)[0]
    assert visit_issue(desk(shelf), issue.number).steps == ()


@pytest.mark.parametrize("path", ["*/comments", "*/labels", "*/lock"])
def test_a_failure_after_the_write_had_happened_says_nothing_twice(shelf: Shelf, path: str) -> None:
    issue = reported(shelf, LIVE)
    shelf.github.faults.add(faults.after_write(), "*", path)

    for _ in range(3):
        visit_issue(desk(shelf), issue.number)

    assert len(ours(issue)) == 1
    assert issue.state.locked


def test_what_is_no_issue_is_left_alone(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})

    assert visit_issue(desk(shelf), pull.number).outcome is Outcome.SILENT
    assert visit_issue(desk(shelf), 999).outcome is Outcome.SILENT
