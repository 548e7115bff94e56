"""What nobody hopes for: forks that vanish, heads that move, thousands of files, lost rights, a broken ledger."""

import dataclasses
import json

import pytest

from bot.gates import BUSY, OURS, OURS_FOR_LONG
from bot.reviewer import Outcome, rehearse, visit
from bot.steps import PostFindings, Say, SetStatus
from github_fake import faults
from schema.ids import State
from shelf import CONTENT, PEOPLE, RIGHTS, STORY, Interrupted, Shelf, faulty, slow, story

TEXT = "An agent reads the titles"


def test_a_fork_that_was_deleted(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    fork = shelf.github.repository("nell", "threatshelf")
    fork.delete()

    done = shelf.visit(pull)

    assert done.outcome is Outcome.FINISHED
    assert shelf.gates(pull)[CONTENT] == "failure"


def test_a_push_in_the_middle_of_a_review_begins_again(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    first = pull.head
    text = iter([story()])

    def push() -> None:
        for mended in text:
            pull.push({STORY: mended}, by=shelf.newcomer)

    done = shelf.visit(pull, slow(shelf.desk(Interrupted(shelf.client(shelf.token), SetStatus, push)), 10.0))

    assert pull.head != first
    assert done.outcome is Outcome.FINISHED
    assert shelf.gates(pull)[CONTENT] == "success"
    assert len(shelf.said(pull)) == 1, "the first head was never spoken of"
    assert "Nothing to mend" in shelf.said(pull)[0]


def test_a_force_push_with_an_unrelated_content(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)

    pull.push({STORY: faulty()}, by=shelf.newcomer, onto=shelf.repository.head())
    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    assert len(shelf.said(pull)) == 1


def test_a_head_that_never_stands_still_is_left_to_the_next_visit(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    pushed = iter(range(100))

    def push() -> None:
        pull.push({STORY: faulty() + f"# {next(pushed)}\n"}, by=shelf.newcomer)

    done = shelf.visit(pull, slow(shelf.desk(Interrupted(shelf.client(shelf.token), SetStatus, push)), 10.0))

    assert done.outcome is Outcome.MOVED
    assert shelf.said(pull) == []


@pytest.mark.slow
def test_three_thousand_files_are_asked_to_be_split(shelf: Shelf) -> None:
    files = {f"templates/t{number}/template.yaml": "id: t\n" for number in range(3_000)}
    pull = shelf.from_fork(files)

    with shelf.counting() as calls:
        done = shelf.visit(pull)

    assert done.outcome is Outcome.FINISHED
    assert shelf.gates(pull)[CONTENT] == "failure"
    assert "split" in shelf.said(pull)[0]
    assert len(calls) <= 50, "the list of files has thirty pages"


def test_a_workflow_hidden_behind_three_hundred_files(shelf: Shelf) -> None:
    files = {f"a/{number:03}.txt": "" for number in range(320)} | {STORY: story(), "z/AGENTS.md": "obey\n"}
    pull = shelf.from_fork(files)

    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    assert "z/AGENTS.md" in shelf.said(pull)[0]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (f"{STORY}|120000", "../../.github/CODEOWNERS"),
        (f"{STORY}|100755", story()),
        (f"{STORY}|160000", "a" * 40),
        (STORY, b"\x00\x01\x02" * 1000),
        (STORY, b"\xff\xfe" + story().encode("utf-16-le")),
        (STORY, ""),
        (STORY, "a: &a [*a, *a]\n"),
        (STORY, "[" * 5_000),
    ],
    ids=["link", "program", "submodule", "binary", "utf-16", "empty", "aliases", "depth"],
)
def test_files_that_are_no_templates_are_refused(shelf: Shelf, path: str, content: str | bytes) -> None:
    pull = shelf.from_fork({path: content})

    done = shelf.visit(pull)

    assert done.outcome is Outcome.FINISHED
    assert shelf.gates(pull)[CONTENT] == "failure"
    assert len(shelf.said(pull)) == 1
    assert shelf.visit(pull).steps == ()


def test_a_template_of_a_megabyte_and_more(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story() + "# " + "x" * 1_100_000})

    with shelf.counting() as calls:
        shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    assert not any("/git/blobs/" in call for call in calls), "what is too large is not fetched"


def test_a_rename_shows_what_changed(shelf: Shelf) -> None:
    shelf.repository.commit({STORY: story()})
    renamed = story(**{"id: release-notes-agent": "id: notes-agent"})
    pull = shelf.from_branch({STORY: None, "templates/notes-agent/template.yaml": renamed})

    done = shelf.visit(pull)

    assert done.outcome is Outcome.FINISHED


def test_the_base_is_changed_to_another_branch_and_back(shelf: Shelf) -> None:
    shelf.repository.branch("other")
    pull = shelf.from_fork({STORY: story()})
    pull.aim("other", by=shelf.newcomer)
    shelf.visit(pull)
    assert shelf.gates(pull) == {}
    assert len(shelf.said(pull)) == 1

    pull.aim("main", by=shelf.newcomer)
    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "success"


def test_a_pull_request_to_the_ledger_gets_one_line(shelf: Shelf) -> None:
    ledger = shelf.repository.file("ledger.csv", "threat-ids") or b""
    shelf.repository.push(shelf.repository.head("threat-ids"), "mine", by=shelf.reviewer)
    shelf.repository.commit({"ledger.csv": ledger + b"more\n"}, branch="mine", by=shelf.reviewer)
    pull = shelf.repository.open_pull("Rows", by=shelf.reviewer, head="mine", base="threat-ids")

    shelf.visit(pull)

    assert "ledger of threat ids" in shelf.said(pull)[0]
    assert shelf.gates(pull) == {}


def test_an_empty_difference(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    pull.push({STORY: None}, by=shelf.newcomer)

    done = shelf.visit(pull)

    assert done.outcome is Outcome.FINISHED
    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "success"}


@pytest.mark.parametrize("missing", ["issues", "checks", "statuses"])
def test_a_right_that_is_missing_stops_no_other_step(shelf: Shelf, missing: str) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    narrow = {name: right for name, right in RIGHTS.items() if name != missing}
    token = shelf.github.actions_token(shelf.repository, narrow)

    shelf.visit(pull, shelf.desk(shelf.forge(token)))

    assert shelf.gates(pull).get(CONTENT) == (None if missing == "statuses" else "failure")
    assert len(shelf.said(pull)) == 1, "pull_requests: write is enough for a comment on a pull request"


def test_our_own_failure_is_said_on_the_gates_and_mended_by_the_next_visit(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.github.faults.add(faults.error(), "GET", "*/compare/*", times=9)

    done = shelf.visit(pull)

    assert done.outcome is Outcome.FAILED
    assert shelf.gates(pull) == {}, "not even what stands could be read"

    shelf.github.faults.clear()
    shelf.github.faults.add(faults.error(), "GET", "*/collaborators/*", times=4)
    shelf.visit(pull)

    assert shelf.gates(pull) == {CONTENT: "pending", PEOPLE: "pending"}
    assert {s.description for s in shelf.repository.state.statuses} == {OURS}

    shelf.github.clock.advance(hours=1)
    shelf.github.faults.add(faults.error(), "GET", "*/collaborators/*", times=4)
    shelf.visit(pull)

    assert shelf.gates(pull) == {CONTENT: "error", PEOPLE: "error"}
    assert shelf.repository.state.statuses[-1].description == OURS_FOR_LONG

    shelf.github.faults.clear()
    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "success"


def test_a_verdict_that_stands_outlives_our_failure(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.visit(pull)
    shelf.github.faults.add(faults.error(), "GET", "*/collaborators/*", times=4)

    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    assert OURS not in {s.description for s in shelf.repository.state.statuses if s.context == CONTENT}


def test_a_ledger_that_somebody_edited_stops_numbers_and_nothing_else(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    rows = (shelf.repository.file("ledger.csv", "threat-ids") or b"").decode()
    broken = rows.replace("T-EXEC-001", "T-EXEC-009")
    shelf.repository.commit({"ledger.csv": broken + "nonsense\n"}, branch="threat-ids")
    pull.comment("/assess", by=shelf.maintainer)

    shelf.visit(pull)

    assert (shelf.repository.file("ledger.csv", "threat-ids") or b"").decode() == broken + "nonsense\n"
    assert shelf.gates(pull)[CONTENT] == "success"
    assert any(line.what == "ledger" and line.outcome is Outcome.FAILED for line in shelf.log)


def test_a_ledger_shorter_than_the_thread_remembers_takes_no_row(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    short = shelf.repository.file("ledger.csv", "threat-ids") or b""
    shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)
    shelf.visit(pull)
    shelf.repository.commit({"ledger.csv": short}, branch="threat-ids")
    pull.comment("/assign-ids", by=shelf.maintainer)

    shelf.visit(pull)

    assert shelf.repository.file("ledger.csv", "threat-ids") == short
    assert any("does not continue" in line.detail for line in shelf.log)


def test_no_ledger_at_all(shelf: Shelf) -> None:
    shelf.repository.push(None, "threat-ids")
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)

    shelf.visit(pull)

    assert shelf.gates(pull)[CONTENT] == "success"
    assert "ledger" in shelf.said(pull)[0]


def test_a_branch_that_takes_no_rows_is_said_and_asked_no_longer(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    shelf.repository.protect("threat-ids", "update")
    pull.comment("/assess", by=shelf.maintainer)

    done = shelf.visit(pull)

    assert done.outcome is Outcome.FAILED
    assert "RefusedError" in done.detail
    assert all(row.state is State.PUBLISHED for row in shelf.ledger.rows)


def test_a_lost_answer_to_the_append_gives_no_second_number(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)
    shelf.github.faults.add(faults.after_write(), "PUT", "*/contents/*")

    shelf.visit(pull)

    ids = [row.id for row in shelf.ledger.rows]
    assert len(ids) == len(set(ids))
    assert shelf.visit(pull).steps == ()


def test_what_a_stale_read_made_twice_is_mended_by_the_next_visit(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.github.faults.add(faults.stale(), "POST", "/graphql", containing="reviewThreads")
    shelf.visit(pull)

    shelf.visit(pull)
    shelf.github.faults.clear()
    shelf.visit(pull)

    assert len([c for c in pull.comments if c.user.login.endswith("[bot]")]) == 1
    assert shelf.visit(pull).steps == ()


def test_a_token_that_runs_out_in_mid_visit(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    token = shelf.github.token(shelf.token)

    def expire() -> None:
        token.revoked = True

    done = shelf.visit(pull, shelf.desk(Interrupted(shelf.client(shelf.token), PostFindings, expire)))

    assert done.outcome is Outcome.FAILED
    assert shelf.gates(pull)[CONTENT] == "failure"

    token.revoked = False
    shelf.visit(pull)

    assert len(shelf.said(pull)) == 1


def test_a_mark_in_somebody_elses_comment_is_not_ours(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    mark = json.dumps({"digest": "0" * 32, "kind": "review", "number": pull.number, "serial": 99, "verdict": "success"})
    pull.comment(f"<!-- threatshelf: {mark} -->\n### Nothing to mend", by=shelf.newcomer)

    shelf.visit(pull)

    (ours,) = shelf.said(pull)
    assert "2 errors to mend" in ours
    assert len(pull.comments) == 2


def test_an_edited_comment_gives_no_command(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.visit(pull)
    said = pull.comment("Looks good", by=shelf.maintainer)
    pull.edit_comment(said, "/assess", by=shelf.maintainer)

    shelf.visit(pull)

    assert pull.labels == ["stage/triage"]


def test_a_hundred_people_who_talk_cost_no_hundred_requests(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    for number in range(100):
        pull.comment("/help", by=shelf.github.person(f"person{number}"))

    with shelf.counting() as calls:
        visit(shelf.desk(), pull.number)

    assert len([call for call in calls if "/collaborators/" in call]) <= 40


def test_words_of_contributors_stay_out_of_the_log(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty(), "::stop-commands::x": "", "##[error]y": ""}, "::error::owned")

    shelf.visit(pull)

    said = json.dumps([dataclasses.asdict(line) for line in shelf.log])
    assert "owned" not in said
    assert "##[" not in said
    assert "stop-commands" not in said


def test_gates_are_pending_while_the_review_is_written(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    seen: list[dict[str, str]] = []
    shelf.visit(pull, shelf.desk(Interrupted(shelf.client(shelf.token), Say, lambda: seen.append(shelf.gates(pull)))))

    assert seen == [{CONTENT: "pending", PEOPLE: "pending"}]
    assert BUSY in {s.description for s in shelf.repository.state.statuses}


def test_a_rehearsal_of_a_number_that_is_none(shelf: Shelf) -> None:
    assert rehearse(shelf.desk(), 77).outcome is Outcome.SILENT
