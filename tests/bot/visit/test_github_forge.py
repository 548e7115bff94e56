"""What the forge reads from GitHub, how each step is taken, and what comes of it when GitHub fails."""

import pytest

from bot.facts import Change, PullRequest, Role
from bot.forge import ForgeError, NoPullRequestError
from bot.github.client import AppKey, RefusedError, app_auth
from bot.steps import (
    React,
    Say,
)
from github_fake import faults
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
        for method in ("POST", "PATCH", "DELETE"):
            shelf.github.faults.add(made(), method, "*", times=1)

        shelf.visit(pull)
        shelf.github.faults.clear()
        shelf.visit(pull)

        assert shelf.gates(pull)[CONTENT] == "failure"
        assert len(shelf.said(pull)) == 1
        assert shelf.visit(pull).steps == ()
