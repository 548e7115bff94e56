"""From a pull request to a merge, as people see it on GitHub."""

import re
from dataclasses import replace

import pytest

from bot.reviewer import Outcome, rehearse, visit
from bot.steps import CommitIds, Say, SetStatus, Suggest
from schema.ids import State
from shelf import CONTENT, PEOPLE, STORY, Shelf, faulty, story


def test_a_newcomers_faults_are_shown_at_their_lines_and_mended(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})

    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    (comment,) = shelf.said(pull)
    assert "2 errors to mend" in comment
    assert "notes-agnt" in comment
    (run,) = shelf.repository.state.check_runs
    assert {a["path"] for a in run.annotations} == {STORY}
    lines = faulty().splitlines()
    marked = {lines[a["start_line"] - 1].strip() for a in run.annotations}
    assert "through: [notes-agnt]" in marked
    suggestions = [c.body for c in shelf.repository.state.review_comments.values()]
    assert any("```suggestion" in body for body in suggestions)
    assert pull.labels == ["stage/triage"]

    pull.push({STORY: story()}, "Mend it", by=shelf.newcomer)
    shelf.visit(pull)

    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "pending"}
    (comment,) = shelf.said(pull)
    assert "Nothing to mend" in comment
    assert not shelf.repository.state.review_comments


def test_who_asks_for_assessment_is_assigned_once(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    assert pull.state.assignees == []
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)
    assert [who.login for who in pull.state.assignees] == ["mara"]

    thread = f"/repos/shelf/threatshelf/issues/{pull.number}/assignees"
    shelf.client(shelf.maintainer.token).ask("DELETE", thread, body={"assignees": ["mara"]})
    shelf.visit(pull)

    assert pull.state.assignees == [], "whoever took themselves off is not put back"


def test_a_commit_without_a_sign_off_keeps_the_gate_red_until_it_is_made_up_for(shelf: Shelf) -> None:
    fork = replace(shelf.repository.fork(shelf.newcomer), signs_off=False)
    first = fork.commit({STORY: story()}, "Add a template", branch="add", by=shelf.newcomer)
    pull = shelf.repository.open_pull("A new template", by=shelf.newcomer, head="add", source=fork)
    shelf.visit(pull)
    assert shelf.gates(pull)[CONTENT] == "failure"
    (comment,) = shelf.said(pull)
    assert f"1 commit has no sign-off: `{first[:10]}`" in comment
    assert "git rebase --signoff main" in comment

    later = f"Sign off\n\nI hereby add my Signed-off-by to this commit: {first}"
    pull.push({"templates/release-notes-agent/template.yaml": story() + "# sound\n"}, later, by=shelf.newcomer)
    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "success"


@pytest.mark.parametrize(
    ("trailer", "signed"),
    [
        ("Signed-off-by: Nell <{mail}>", True),
        ("signed-off-by: Nell <{MAIL}>  ", True),
        ("Signed-off-by: Mara <mara@localhost>", False),
        ("Not Signed-off-by: Nell <{mail}>", False),
        ("I hereby add my Signed-off-by to this commit: " + "0" * 40, False),
    ],
)
def test_only_whoever_wrote_a_commit_signs_it_off(shelf: Shelf, trailer: str, signed: bool) -> None:  # noqa: FBT001  # a case of the table
    mail = shelf.newcomer.user.email
    fork = replace(shelf.repository.fork(shelf.newcomer), signs_off=False)
    message = f"Add a template\n\n{trailer.format(mail=mail, MAIL=mail.upper())}\n"
    fork.commit({STORY: story()}, message, branch="add", by=shelf.newcomer)
    pull = shelf.repository.open_pull("A new template", by=shelf.newcomer, head="add", source=fork)

    shelf.visit(pull)

    assert (shelf.gates(pull)[CONTENT] == "success") is signed


def test_more_commits_than_are_read_are_not_taken_for_signed(shelf: Shelf) -> None:
    fork = shelf.repository.fork(shelf.newcomer)
    for number in range(302):
        fork.commit({STORY: story() + f"# {number}\n"}, branch="add", by=shelf.newcomer)
    pull = shelf.repository.open_pull("A new template", by=shelf.newcomer, head="add", source=fork)

    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    assert "2 commits are more than I read" in shelf.said(pull)[0]


def test_from_assessment_to_merge_on_a_fork(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)

    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)

    assert pull.labels == ["stage/assessment"]
    reserved = [row for row in shelf.ledger.rows if row.state is State.RESERVED]
    assert {(row.pull_request, row.by) for row in reserved} == {(pull.number, "mara")}
    assert [row.id for row in reserved if "EXEC" in row.id] == ["T-EXEC-002"]
    assert all(row.id in shelf.said(pull)[0] for row in reserved)
    assert [r.content for r in pull.comments[1].reactions] == ["rocket"]
    assert not shelf.repository.state.review_comments, "ids are suggested once the content is approved"

    pull.comment(f"/approve {pull.head}", by=shelf.reviewer)
    shelf.visit(pull)

    assert pull.labels == ["stage/merge"]
    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "success"}
    suggested = "\n".join(c.body for c in shelf.repository.state.review_comments.values())
    assert all(row.id in suggested for row in reserved)


def test_ids_are_written_on_a_branch_and_nothing_but_the_ids(shelf: Shelf) -> None:
    pull = shelf.from_branch({STORY: story()})
    shelf.visit(pull, shelf.app_desk())
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull, shelf.app_desk())
    before = pull.head
    pull.approve(by=shelf.maintainer)

    done = shelf.visit(pull, shelf.app_desk())

    assert done.outcome is Outcome.FINISHED
    assert pull.head != before
    written = (shelf.repository.file(STORY, pull.head) or b"").decode()
    assert re.sub(r"^ +id: T-.*\n", "", written, flags=re.MULTILINE) == story()
    assert set(re.findall(r"T-[A-Z]+-[0-9]+", written)) == {
        row.id for row in shelf.ledger.rows if row.state is State.RESERVED
    }
    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "success"}, "an approval holds when only ids were added"
    assert pull.labels == ["stage/merge"]


def test_another_content_needs_another_approval(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)
    pull.approve(by=shelf.reviewer)
    shelf.visit(pull)
    assert shelf.gates(pull)[PEOPLE] == "success"

    pull.push({STORY: story(**{"Release notes written by an agent": "Notes written by an agent"})}, by=shelf.newcomer)
    shelf.visit(pull)

    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "pending"}
    assert pull.labels == ["stage/assessment"]


def test_a_rebase_keeps_the_approval(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)
    pull.approve(by=shelf.reviewer)
    shelf.visit(pull)
    main = shelf.repository.commit({"README.md": "# Another\n"}, "Meanwhile")

    pull.push({STORY: story()}, "Rebased", by=shelf.newcomer, onto=main)
    shelf.visit(pull)

    assert shelf.gates(pull)[PEOPLE] == "success"


def test_a_second_visit_takes_no_step(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.visit(pull)
    shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)

    rows = shelf.ledger.rows

    again = shelf.visit(pull)

    assert again.steps == ()
    assert shelf.ledger.rows == rows


def test_the_replay_of_every_event_takes_no_step(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.visit(pull)
    pull.push({STORY: story()}, "Mend it", by=shelf.newcomer)
    shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)
    pull.approve(by=shelf.reviewer)
    shelf.visit(pull)
    shelf.visit(pull)
    rows, comments = shelf.ledger.rows, len(pull.comments)

    replayed = [visit(shelf.desk(), pull.number) for _ in shelf.github.events]

    assert len(replayed) > 8
    assert {done.steps for done in replayed} == {()}
    assert (shelf.ledger.rows, len(pull.comments)) == (rows, comments)


def test_a_stranger_cannot_use_a_number_up(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    for word in ("/assess", "/assign-ids", "/same-as T-EXEC-001 title-orders", f"/approve {pull.head}"):
        pull.comment(word, by=shelf.newcomer)

    shelf.visit(pull)

    assert all(row.state is State.PUBLISHED for row in shelf.ledger.rows)
    assert pull.labels == ["stage/triage"]
    asked = [comment for comment in pull.comments if comment.user.login == "nell"]
    assert [[r.content for r in comment.reactions] for comment in asked] == [["confused"]] * 4


def test_two_pull_requests_get_two_numbers(shelf: Shelf) -> None:
    mine = shelf.from_branch({STORY: story()})
    other = shelf.from_branch(
        {"templates/other-agent/template.yaml": story(**{"id: release-notes-agent": "id: other-agent"})}, "other"
    )
    for pull in (mine, other):
        shelf.visit(pull)
        pull.comment("/assess", by=shelf.maintainer)
        shelf.visit(pull)

    ids = [row.id for row in shelf.ledger.rows]

    assert len(ids) == len(set(ids))
    assert {row.pull_request for row in shelf.ledger.rows} == {None, mine.number, other.number}


def test_a_pull_request_without_templates_is_let_through(shelf: Shelf) -> None:
    pull = shelf.from_fork({"README.md": "# Better\n"})

    shelf.visit(pull)

    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "success"}
    assert shelf.said(pull) == []
    assert pull.labels == []


def test_a_rehearsal_writes_nothing(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})

    planned = rehearse(shelf.desk(), pull.number)

    assert planned.outcome is Outcome.PLANNED
    assert {type(step) for step in planned.steps} >= {SetStatus, Say, Suggest}
    assert all(c.method == "GET" or c.path == "/graphql" for c in shelf.github.calls)
    assert shelf.gates(pull) == {}
    assert pull.comments == []


def test_the_label_bot_off_silences_it(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    pull.label("bot/off", by=shelf.maintainer)

    assert shelf.visit(pull).outcome is Outcome.SILENT
    assert shelf.gates(pull) == {}


def test_an_issue_is_no_pull_request(shelf: Shelf) -> None:
    issue = shelf.repository.open_issue("A threat", by=shelf.newcomer)

    assert visit(shelf.desk(), issue.number).outcome is Outcome.SILENT


def test_requests_of_each_visit(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    with shelf.counting() as first:
        shelf.visit(pull)
    with shelf.counting() as unchanged:
        shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)
    with shelf.counting() as assessed:
        shelf.visit(pull)
    pull.approve(by=shelf.reviewer)
    with shelf.counting() as approved:
        shelf.visit(pull)

    assert len(first) <= 12, first
    assert len(unchanged) <= 5, unchanged
    assert len(assessed) <= 16, assessed
    with shelf.counting() as unchanged_after_others:
        assert shelf.visit(pull).steps == ()

    assert len(approved) <= 16, approved
    assert len(unchanged_after_others) <= 5, unchanged_after_others


def test_requests_of_a_first_visit_with_faults(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})

    with shelf.counting() as first:
        shelf.visit(pull)

    assert len(first) <= 12, first


def test_with_few_requests_left_only_the_gates_are_set(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.github.spend(shelf.token, left=60)

    done = shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    assert pull.comments == []
    assert done.outcome is Outcome.FAILED

    shelf.github.clock.advance(hours=1)
    shelf.visit(pull)

    assert len(shelf.said(pull)) == 1


def test_a_clash_of_writers_on_a_branch_begins_again(shelf: Shelf) -> None:
    pull = shelf.from_branch({STORY: story()})
    shelf.visit(pull, shelf.app_desk())
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull, shelf.app_desk())
    pull.approve(by=shelf.maintainer)
    other = story(**{"Release notes written by an agent": "Notes of an agent"})
    shelf.github.faults.add(_push_meanwhile(shelf, other), "POST", "/graphql", containing="createCommitOnBranch")

    done = shelf.visit(pull, shelf.app_desk())

    assert (shelf.repository.file(STORY, pull.head) or b"").decode() == other
    assert done.outcome is Outcome.FINISHED
    assert shelf.gates(pull)[PEOPLE] == "pending"
    assert not any(isinstance(step, CommitIds) for step in done.steps)


def _push_meanwhile(shelf: Shelf, text: str) -> object:
    from github_fake import faults  # noqa: PLC0415  # only this story needs it

    return faults.meanwhile(lambda: shelf.repository.commit({STORY: text}, "Quick", branch="add", by=shelf.reviewer))
