"""The fake on itself: pull requests, reviews and comments on lines behave as on GitHub."""

from collections.abc import Callable

import pytest
from github import Github, GithubException

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.handles import PullHandle, RepositoryHandle
from github_fake.stage import Stage

Client = Callable[[str], Github]
TEMPLATE = "templates/gateway/template.yaml"
SUGGESTION = {"path": TEMPLATE, "line": 10, "side": "RIGHT", "body": "```suggestion\nline X\n```"}


def refusal(act: Callable[[], object]) -> GithubException:
    """What GitHub answered."""
    with pytest.raises(GithubException) as caught:
        act()
    return caught.value


def test_files_and_head_follow_every_push(client: Client, app: AppHandle, pull: PullHandle, stranger: Person) -> None:
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    assert {f.filename: f.status for f in seen.get_files()} == {
        TEMPLATE: "modified",
        "templates/new/template.yaml": "added",
    }
    pushed = pull.push({"templates/new/template.yaml": None, "templates/other/x.txt": "x\n"}, by=stranger)
    seen.update()
    assert seen.head.sha == pushed
    assert [f.filename for f in seen.get_files()] == [TEMPLATE, "templates/other/x.txt"]
    assert [c.sha for c in seen.get_commits()][-1] == pushed


def test_a_push_is_told_as_synchronize_with_both_commits(fake: FakeGitHub, pull: PullHandle, stranger: Person) -> None:
    before = pull.head
    after = pull.push({"x": "x"}, by=stranger)
    event = next(e for e in fake.events if e.action == "synchronize")
    assert (event.payload["before"], event.payload["after"], event.payload["number"]) == (before, after, pull.number)
    assert event.payload["pull_request"]["head"]["sha"] == after


def test_a_force_push_is_in_the_timeline(client: Client, app: AppHandle, pull: PullHandle, stranger: Person) -> None:
    base = pull.state.pull and pull.state.pull.base_sha
    pushed = pull.push({"x": "x"}, by=stranger, onto=base)
    seen = client(app.token()).get_repo("threatshelf/registry").get_issue(pull.number)
    event = next(e for e in seen.get_timeline() if e.event == "head_ref_force_pushed")
    assert event.commit_id == pushed


def test_files_are_what_parts_from_the_merge_base_not_from_the_tip(
    client: Client, app: AppHandle, shelf: RepositoryHandle, pull: PullHandle
) -> None:
    shelf.commit({"elsewhere.txt": "new on main\n"})
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    assert "elsewhere.txt" not in [f.filename for f in seen.get_files()]
    assert seen.base.sha != shelf.head()


def test_a_rename_a_binary_a_link_and_a_removal_are_told_apart(
    client: Client, app: AppHandle, shelf: RepositoryHandle, writer: Person
) -> None:
    shelf.branch("mixed")
    shelf.commit(
        {
            TEMPLATE: None,
            "templates/moved/template.yaml": shelf.file(TEMPLATE),
            "logo.png": b"\x89PNG\0\0",
            "link|120000": "README.md",
            "README.md": None,
        },
        branch="mixed",
        by=writer,
    )
    number = shelf.open_pull("Mixed", by=writer, head="mixed").number
    files = {f.filename: f for f in client(app.token()).get_repo(shelf.full_name).get_pull(number).get_files()}
    assert files["templates/moved/template.yaml"].status == "renamed"
    assert files["templates/moved/template.yaml"].previous_filename == TEMPLATE
    assert files["logo.png"].patch is None
    assert (files["link"].status, files["README.md"].status) == ("added", "removed")


def test_a_review_takes_lines_of_the_diff_and_names_its_commit(
    client: Client, app: AppHandle, pull: PullHandle
) -> None:
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    review = seen.create_review(event="COMMENT", body="Look.", comments=[SUGGESTION])
    assert (review.state, review.commit_id) == ("COMMENTED", pull.head)
    (comment,) = seen.get_review_comments()
    assert (comment.line, comment.side, comment.path) == (10, "RIGHT", TEMPLATE)
    assert comment.diff_hunk.endswith("+line ten")


@pytest.mark.parametrize("line", [6, 14, 400])
def test_a_line_outside_the_diff_refuses_the_whole_review(
    client: Client, app: AppHandle, pull: PullHandle, line: int
) -> None:
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    bad = SUGGESTION | {"line": line}
    problem = refusal(lambda: seen.create_review(event="COMMENT", body="Look.", comments=[SUGGESTION, bad]))
    assert problem.status == 422
    assert "line must be part of the diff" in str(problem.data)
    assert list(seen.get_review_comments()) == []
    assert list(seen.get_reviews()) == []


def test_context_lines_of_a_hunk_can_be_spoken_about(client: Client, app: AppHandle, pull: PullHandle) -> None:
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    seen.create_review(event="COMMENT", body="Look.", comments=[SUGGESTION | {"line": 7}, SUGGESTION | {"line": 13}])
    assert [c.line for c in seen.get_review_comments()] == [7, 13]


def test_a_range_must_lie_in_one_hunk_and_run_forward(client: Client, app: AppHandle, pull: PullHandle) -> None:
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    backward = SUGGESTION | {"start_line": 11, "start_side": "RIGHT"}
    assert refusal(lambda: seen.create_review(event="COMMENT", body="x", comments=[backward])).status == 422
    outside = SUGGESTION | {"start_line": 2, "start_side": "RIGHT"}
    assert refusal(lambda: seen.create_review(event="COMMENT", body="x", comments=[outside])).status == 422
    seen.create_review(event="COMMENT", body="x", comments=[SUGGESTION | {"start_line": 8, "start_side": "RIGHT"}])
    assert [(c.start_line, c.line) for c in seen.get_review_comments()] == [(8, 10)]


def test_a_comment_follows_its_line_and_is_outdated_once_the_line_changes(
    client: Client, app: AppHandle, shelf: RepositoryHandle, pull: PullHandle, stranger: Person
) -> None:
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    seen.create_review(event="COMMENT", body="x", comments=[SUGGESTION])
    text = shelf.file(TEMPLATE, pull.head) or b""
    pull.push({TEMPLATE: b"added above\n" + text}, by=stranger)
    assert [c.line for c in seen.get_review_comments()] == [11]
    pull.push({TEMPLATE: text.replace(b"line ten", b"line 10!")}, by=stranger)
    (comment,) = seen.get_review_comments()
    assert (comment.line, comment.original_line) == (None, 10)


def test_one_comment_with_a_suggestion_and_its_deletion(client: Client, app: AppHandle, pull: PullHandle) -> None:
    repository = client(app.token()).get_repo("threatshelf/registry")
    seen = repository.get_pull(pull.number)
    made = seen.create_review_comment(
        "line X", repository.get_commit(pull.head), TEMPLATE, line=10, side="RIGHT", as_suggestion=True
    )
    assert "```suggestion" in made.body
    reply = seen.create_review_comment_reply(made.id, "Why?")
    assert reply.in_reply_to_id == made.id
    made.delete()
    assert refusal(made.delete).status == 404


def test_a_review_comment_outside_the_diff_is_422(client: Client, app: AppHandle, pull: PullHandle) -> None:
    repository = client(app.token()).get_repo("threatshelf/registry")
    seen, commit = repository.get_pull(pull.number), repository.get_commit(pull.head)
    problem = refusal(lambda: seen.create_review_comment("x", commit, TEMPLATE, line=1, side="RIGHT"))
    assert problem.status == 422
    assert "must be part of the diff" in str(problem.data)


def test_nobody_approves_his_own_pull_request(
    client: Client, pull: PullHandle, stranger: Person, writer: Person
) -> None:
    own = client(stranger.token).get_repo("threatshelf/registry").get_pull(pull.number)
    assert refusal(lambda: own.create_review(event="APPROVE")).status == 422
    client(writer.token).get_repo("threatshelf/registry").get_pull(pull.number).create_review(event="APPROVE")
    assert [(r.state, r.user.login, r.commit_id) for r in own.get_reviews()] == [("APPROVED", "writer", pull.head)]


def test_a_pending_review_is_its_authors_alone_until_sent(
    client: Client, pull: PullHandle, writer: Person, app: AppHandle
) -> None:
    mine = client(writer.token).get_repo("threatshelf/registry").get_pull(pull.number)
    theirs = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    review = mine.create_review(comments=[SUGGESTION])
    assert [r.state for r in mine.get_reviews()] == ["PENDING"]
    assert list(theirs.get_reviews()) == []
    assert list(theirs.get_review_comments()) == []
    mine._requester.requestJsonAndCheck("POST", f"{mine.url}/reviews/{review.id}/events", input={"event": "COMMENT"})
    assert [r.state for r in theirs.get_reviews()] == ["COMMENTED"]


def test_a_dismissed_review_no_longer_counts(client: Client, pull: PullHandle, writer: Person) -> None:
    seen = client(writer.token).get_repo("threatshelf/registry").get_pull(pull.number)
    seen.create_review(event="APPROVE").dismiss("Content changed")
    assert [r.state for r in seen.get_reviews()] == ["DISMISSED"]


def test_a_deleted_fork_leaves_a_head_without_repository(
    client: Client, app: AppHandle, shelf: RepositoryHandle, stranger: Person, pull: PullHandle
) -> None:
    head = pull.head
    shelf.fork(stranger).delete()
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    assert seen.head.repo is None
    assert (seen.head.sha, seen.head.ref) == (head, "new")
    assert seen.raw_data["head"]["label"] is None
    assert len(list(seen.get_files())) == 2


def test_a_changed_base_is_told_as_an_edit(
    fake: FakeGitHub, shelf: RepositoryHandle, pull: PullHandle, stranger: Person
) -> None:
    shelf.branch("develop")
    pull.aim("develop", by=stranger)
    event = fake.events[-1]
    assert (event.action, event.payload["changes"]["base"]["ref"]) == ("edited", {"from": "main"})


def test_drafts_and_their_end_are_told(
    fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle, stranger: Person
) -> None:
    pull.draft(by=stranger)
    seen = client(app.token()).get_repo("threatshelf/registry").get_pull(pull.number)
    assert (seen.draft, seen.mergeable_state) == (True, "draft")
    pull.ready(by=stranger)
    assert [e.action for e in fake.events if e.name == "pull_request"][-2:] == [
        "converted_to_draft",
        "ready_for_review",
    ]


def test_the_same_head_and_base_cannot_be_proposed_twice(
    client: Client, shelf: RepositoryHandle, app: AppHandle
) -> None:
    shelf.commit({"a": "a"}, branch="bot/threat-ids")
    repository = client(app.token()).get_repo("threatshelf/registry")
    made = repository.create_pull("main", "bot/threat-ids", title="Ids", body="")
    problem = refusal(lambda: repository.create_pull("main", "bot/threat-ids", title="Ids", body=""))
    assert problem.status == 422
    assert "A pull request already exists" in str(problem.data)
    assert [p.number for p in repository.get_pulls(head="threatshelf:bot/threat-ids")] == [made.number]


def test_nothing_to_propose_is_422(client: Client, shelf: RepositoryHandle, app: AppHandle) -> None:
    shelf.branch("same")
    repository = client(app.token()).get_repo("threatshelf/registry")
    assert "No commits between" in str(refusal(lambda: repository.create_pull("main", "same", title="x")).data)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_merging_moves_main_and_closes(stage: Stage, method: str) -> None:
    fake, client, writer, shelf, pull = stage.fake, stage.client, stage.writer, stage.shelf, stage.pull
    shelf.commit({"elsewhere.txt": "x\n"})
    seen = client(writer.token).get_repo("threatshelf/registry").get_pull(pull.number)
    done = seen.merge(merge_method=method)
    assert done.sha == shelf.head()
    assert (shelf.file("templates/new/template.yaml"), shelf.file("elsewhere.txt")) == (b"a: 1\nb: 2\nc: 3\n", b"x\n")
    seen.update()
    assert (seen.merged, seen.state, seen.merged_by.login) == (True, "closed", "writer")
    assert len(list(seen.get_files())) == 2
    names = [(e.name, e.action) for e in fake.events]
    assert ("pull_request", "closed") in names
    assert names[-1] == ("push", None)


def test_merging_another_head_than_named_is_409(
    client: Client, writer: Person, pull: PullHandle, stranger: Person
) -> None:
    seen = client(writer.token).get_repo("threatshelf/registry").get_pull(pull.number)
    old = pull.head
    pull.push({"x": "x"}, by=stranger)
    assert refusal(lambda: seen.merge(sha=old)).status == 409


def test_a_conflict_a_draft_and_a_closed_one_cannot_be_merged(
    client: Client, writer: Person, shelf: RepositoryHandle, pull: PullHandle, stranger: Person
) -> None:
    seen = client(writer.token).get_repo("threatshelf/registry").get_pull(pull.number)
    pull.draft(by=stranger)
    assert refusal(seen.merge).status == 405
    pull.ready(by=stranger)
    shelf.commit({TEMPLATE: (shelf.file(TEMPLATE) or b"").replace(b"line 10\n", b"LINE\n")})
    seen.update()
    assert (seen.mergeable, seen.mergeable_state) == (False, "dirty")
    assert refusal(seen.merge).status == 405
    pull.close(by=stranger)
    assert refusal(seen.merge).status == 405


def test_a_head_pushed_to_main_by_hand_counts_as_merged(shelf: RepositoryHandle, pull: PullHandle) -> None:
    shelf.push(pull.head, "main")
    assert pull.merged
    assert pull.state.state == "closed"


def test_a_deleted_branch_closes_its_pull_request(shelf: RepositoryHandle, stranger: Person, pull: PullHandle) -> None:
    shelf.fork(stranger).push(None, "new", by=stranger)
    assert (pull.state.state, pull.merged) == ("closed", False)


def test_a_closed_one_is_reopened_but_never_a_merged_one(client: Client, writer: Person, pull: PullHandle) -> None:
    seen = client(writer.token).get_repo("threatshelf/registry").get_pull(pull.number)
    seen.edit(state="closed")
    seen.edit(state="open")
    assert seen.state == "open"
    seen.merge()
    assert refusal(lambda: seen.edit(state="open")).status == 422


def test_pulls_of_a_commit_are_found_by_their_head(client: Client, app: AppHandle, pull: PullHandle) -> None:
    found = client(app.token()).get_repo("threatshelf/registry").get_commit(pull.head).get_pulls()
    assert [p.number for p in found] == [pull.number]


def test_a_range_may_not_reach_from_one_hunk_into_another(stage: Stage) -> None:
    text = "".join(f"line {n}\n" for n in range(1, 21)).replace("line 2\n", "two\n").replace("line 19\n", "nineteen\n")
    stage.pull.push({TEMPLATE: text}, by=stage.stranger)
    seen = stage.client(stage.app.token()).get_repo("threatshelf/registry").get_pull(stage.pull.number)
    across = {"path": TEMPLATE, "start_line": 2, "start_side": "RIGHT", "line": 19, "side": "RIGHT", "body": "x"}
    problem = refusal(lambda: seen.create_review(event="COMMENT", body="x", comments=[across]))
    assert "same hunk" in str(problem.data)


@pytest.mark.parametrize("change", [("line 9\n", "nine\n"), ("line ten\n", "ten\n"), ("line 11\n", "eleven\n"), None])
def test_a_range_is_outdated_when_any_of_its_lines_is(stage: Stage, change: tuple[str, str] | None) -> None:
    seen = stage.client(stage.app.token()).get_repo("threatshelf/registry").get_pull(stage.pull.number)
    wanted = {"path": TEMPLATE, "start_line": 9, "start_side": "RIGHT", "line": 11, "side": "RIGHT", "body": "x"}
    seen.create_review(event="COMMENT", body="x", comments=[wanted])
    text = (stage.shelf.file(TEMPLATE, stage.pull.head) or b"").decode()
    stage.pull.push({TEMPLATE: text.replace(*change) if change else None}, by=stage.stranger)
    (comment,) = seen.get_review_comments()
    assert (comment.start_line, comment.line, comment.original_line) == (None, None, 11)
