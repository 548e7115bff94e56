"""What the forge reads from GitHub, how each step is taken, and what comes of it when GitHub fails."""

import dataclasses
from collections.abc import Callable

import pytest

from bot.facts import Change, PullRequest, Role
from bot.forge import ForgeError, HeadMovedError, LimitReachedError, NoPullRequestError
from bot.github.client import AppKey, Patience, RefusedError, UnclearError, app_auth
from bot.steps import (
    Annotation,
    CommitIds,
    Label,
    Minimize,
    PostFindings,
    Proposal,
    React,
    Reword,
    Say,
    SetStatus,
    Step,
    Suggest,
    Unsay,
    Unsuggest,
)
from github_fake import faults
from github_fake.faults import Fault
from github_fake.handles import PullHandle
from shelf import CONTENT, RIGHTS, STORY, Shelf, faulty, story

LEDGER, BRANCH = "ledger.csv", "threat-ids"


def facts(shelf: Shelf, pull: PullHandle) -> PullRequest:
    """What stands."""
    return shelf.forge().standing(pull.number)


# What is read


def test_the_facts_of_a_fork(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()}, "A new template")

    found = facts(shelf, pull)

    assert (found.number, found.title, found.author, found.state) == (pull.number, "A new template", "nell", "open")
    assert (found.base_ref, found.default_branch, found.head_ref, found.head_sha) == ("main", "main", "add", pull.head)
    assert (found.head_repository, found.from_fork, found.newcomer) == ("nell/threatshelf", True, True)
    assert found.opened_at.endswith("Z")
    assert found.committers == frozenset(), "the author is no committer besides the author"
    (file,) = found.files
    assert (file.path, file.change, file.mode, file.size) == (STORY, Change.ADDED, "100644", len(story().encode()))
    assert shelf.forge().blobs([file.oid]) == {file.oid: story().encode()}


def test_a_text_that_is_no_utf8_comes_byte_for_byte(shelf: Shelf) -> None:
    data = b"schema_version: \xff\xfe\x00 \r\n"
    pull = shelf.from_fork({STORY: data})

    (file,) = facts(shelf, pull).files

    assert shelf.forge().blobs([file.oid]) == {file.oid: data}


def test_modes_are_told_and_links_are_not_followed(shelf: Shelf) -> None:
    pull = shelf.from_fork(
        {
            "templates/linked/template.yaml|120000": "../../README.md",
            "templates/program/template.yaml|100755": "id: program\n",
            "templates/module/template.yaml|160000": "a" * 40,
            "templates/plain/template.yaml": "id: plain\n",
        }
    )

    found = facts(shelf, pull)

    modes = {file.path.split("/")[1]: file.mode for file in found.files}
    assert modes == {"linked": "120000", "program": "100755", "module": "160000", "plain": "100644"}
    linked = next(file for file in found.files if file.mode == "120000")
    assert shelf.forge().blobs([linked.oid])[linked.oid] == b"../../README.md"


def test_a_rename_and_a_removal(shelf: Shelf) -> None:
    shelf.repository.commit({STORY: story(), "templates/old/template.yaml": "id: old\n"})
    pull = shelf.from_branch(
        {STORY: None, "templates/new-name/template.yaml": story(), "templates/old/template.yaml": None}
    )

    found = {file.path: (file.change, file.previous_path, file.mode) for file in facts(shelf, pull).files}

    assert found == {
        "templates/new-name/template.yaml": (Change.RENAMED, STORY, "100644"),
        "templates/old/template.yaml": (Change.REMOVED, "", ""),
    }


def test_it_is_compared_with_where_it_left_main(shelf: Shelf) -> None:
    shelf.repository.commit({STORY: story()})
    left = shelf.repository.head()
    pull = shelf.from_branch({STORY: story(**{"version: 0.1.0": "version: 0.2.0"})})
    shelf.repository.commit({"README.md": "# Meanwhile\n"})

    found = facts(shelf, pull)

    assert found.base_sha == left
    assert [file.path for file in found.files] == [STORY]
    oid = shelf.forge().tree(left, [STORY])[STORY][1]
    assert shelf.forge().blobs([oid])[oid] == story().encode()


def test_the_thread_and_who_spoke(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    first = pull.comment("Hello", by=shelf.newcomer)
    pull.edit_comment(first, "/assess", by=shelf.newcomer)
    shelf.forge().take(facts(shelf, pull), Say("Ours"))
    shelf.forge().take(facts(shelf, pull), React(first.id, "confused"))
    shelf.github.clock.advance(minutes=1)
    pull.label("stage/triage", by=shelf.maintainer)
    pull.approve(by=shelf.reviewer)

    found = facts(shelf, pull)

    theirs, ours = found.comments
    assert (theirs.author, theirs.edited, theirs.ours, theirs.our_reactions) == ("nell", True, False, {"confused"})
    assert (ours.author, ours.ours, ours.bot, ours.body) == ("github-actions[bot]", True, True, "Ours")
    assert [(event.kind, event.by, event.label) for event in found.events] == [
        ("labeled", "mara", "stage/triage"),
        ("reviewed", "wim", ""),
    ]
    (approval,) = found.approvals
    assert (approval.by, approval.commit) == ("wim", pull.head)


def test_a_later_word_takes_the_place_of_an_approval(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    pull.approve(by=shelf.reviewer)
    shelf.github.clock.advance(minutes=1)
    pull.request_changes("Not yet", by=shelf.reviewer)

    found = facts(shelf, pull)

    assert (found.approvals, found.objections) == ((), {"wim"})


def test_more_comments_than_a_page_holds(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    for number in range(230):
        pull.comment(f"{number}", by=shelf.newcomer)

    assert [comment.body for comment in facts(shelf, pull).comments] == [str(number) for number in range(230)]


@pytest.mark.parametrize("role", ["read", "triage", "write", "maintain", "admin"])
def test_roles(shelf: Shelf, role: str) -> None:
    person = shelf.github.person("somebody")
    shelf.repository.give(person, role)

    assert shelf.forge().role("somebody") == Role(role)


def test_a_name_nobody_has_may_do_nothing(shelf: Shelf) -> None:
    assert shelf.forge().role("no-such-person") is Role.NONE
    assert not shelf.forge().role(shelf.github.person("stranger").login).at_least(Role.TRIAGE)


def test_lines_of_the_diff(shelf: Shelf) -> None:
    lines = [f"line {number}" for number in range(1, 41)]
    shelf.repository.commit({STORY: "\n".join(lines) + "\n"})
    lines[19] = "another"
    pull = shelf.from_branch({STORY: "\n".join(lines) + "\n"})

    assert shelf.forge().diff_lines(pull.number) == {STORY: frozenset(range(17, 24))}


def test_a_number_without_a_pull_request(shelf: Shelf) -> None:
    issue = shelf.repository.open_issue("A threat", by=shelf.newcomer)

    for number in (issue.number, 99):
        with pytest.raises(NoPullRequestError):
            shelf.forge().standing(number)


def test_a_token_that_may_not_see_statuses_sees_the_rest(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    narrow = {"contents": "write", "pull_requests": "read", "issues": "read"}
    token = shelf.github.actions_token(shelf.repository, narrow)

    assert shelf.forge(token).standing(pull.number).head_sha == pull.head


def test_the_app_speaks_as_itself(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    forge = shelf.app_forge()
    forge.take(forge.standing(pull.number), Say("Ours"))

    (comment,) = forge.standing(pull.number).comments

    assert (comment.author, comment.ours) == ("threatshelf-ids[bot]", True)
    assert facts(shelf, pull).comments[0].ours is False, "for the workflow's token it is another's"


def test_an_app_that_is_not_installed_here(shelf: Shelf) -> None:
    key = AppKey(shelf.app.id, shelf.app.private_key, RIGHTS)

    with pytest.raises(RefusedError, match="is not installed on nobody/nothing"):
        app_auth(key, "nobody/nothing", shelf.github.url, shelf.patience)


def test_a_key_is_in_no_text_about_it(shelf: Shelf) -> None:
    assert "PRIVATE" not in repr(AppKey(1, shelf.app.private_key))


# The ledger


def test_the_ledger_is_read_and_replaced(shelf: Shelf) -> None:
    forge = shelf.forge()
    text, oid = forge.read_file(LEDGER, BRANCH) or ("", "")

    assert forge.replace_file(LEDGER, BRANCH, oid, text + "more\n")
    assert (forge.read_file(LEDGER, BRANCH) or ("", ""))[0] == text + "more\n"
    assert not forge.replace_file(LEDGER, BRANCH, oid, text + "other\n"), "somebody was first"


def test_somebody_is_faster_between_look_and_write(shelf: Shelf) -> None:
    forge = shelf.forge()
    text, oid = forge.read_file(LEDGER, BRANCH) or ("", "")
    quick = faults.meanwhile(lambda: shelf.repository.commit({LEDGER: text + "theirs\n"}, branch=BRANCH))
    shelf.github.faults.add(quick, "PUT", "*/contents/*")

    assert not forge.replace_file(LEDGER, BRANCH, oid, text + "ours\n")


def test_a_ledger_over_a_megabyte(shelf: Shelf) -> None:
    text = "seq\n" + "1234567,\n" * 130_000
    shelf.repository.commit({LEDGER: text}, branch=BRANCH)

    assert (shelf.forge().read_file(LEDGER, BRANCH) or ("", ""))[0] == text


def test_no_ledger(shelf: Shelf) -> None:
    assert shelf.forge().read_file("none.csv", BRANCH) is None
    assert shelf.forge().read_file(LEDGER, "no-such-branch") is None


def test_a_ledger_that_vanished_is_not_quietly_made_anew(shelf: Shelf) -> None:
    forge = shelf.forge()
    text, oid = forge.read_file(LEDGER, BRANCH) or ("", "")
    shelf.repository.commit({LEDGER: None, "else": ""}, branch=BRANCH)

    with pytest.raises(ForgeError, match="made anew"):
        forge.replace_file(LEDGER, BRANCH, oid, text + "more\n")


# Steps

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


@pytest.mark.slow  # 84 of them
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


# For the sweep and for settling


def test_open_pull_requests_and_how_others_ended(shelf: Shelf) -> None:
    open_, merged, closed = (
        shelf.from_branch({f"templates/t{n}/template.yaml": f"id: t{n}\n"}, f"b{n}") for n in "123"
    )
    shelf.visit(open_)
    closed.close(by=shelf.reviewer)
    client = shelf.client(shelf.maintainer.token)
    client.ask("PUT", f"/repos/shelf/threatshelf/pulls/{merged.number}/merge", body={})

    forge = shelf.forge()

    (found,) = forge.open_pulls()
    assert (found.number, found.base, found.statuses[CONTENT].state) == (open_.number, "main", "failure")
    ends = {end.number: end.merged for end in forge.ends([open_.number, merged.number, closed.number])}
    assert ends == {merged.number: True, closed.number: False}


def test_the_whole_visit_survives_a_fault_at_each_request(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.visit(pull)
    for made in (faults.after_write, faults.cut_after_write, faults.error):
        pull.push({STORY: faulty() + f"# {made.__name__}\n"}, by=shelf.newcomer)
        for method in WRITES:
            shelf.github.faults.add(made(), method, "*", times=1)

        shelf.visit(pull)
        shelf.github.faults.clear()
        shelf.visit(pull)

        assert shelf.gates(pull)[CONTENT] == "failure"
        assert len(shelf.said(pull)) == 1
        assert shelf.visit(pull).steps == ()
