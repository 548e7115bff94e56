"""The fake on itself: issues, comments, labels, reactions and timelines behave as on GitHub."""

from collections.abc import Callable

import pytest
from github import Github, GithubException

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.handles import PullHandle, RepositoryHandle

Client = Callable[[str], Github]
REPOSITORY = "threatshelf/registry"


def status_of(act: Callable[[], object]) -> int:
    """What GitHub answered."""
    with pytest.raises(GithubException) as caught:
        act()
    return caught.value.status


def test_a_comment_is_made_edited_listed_and_deleted(client: Client, app: AppHandle, pull: PullHandle) -> None:
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    made = thread.create_comment("one")
    made.edit("two")
    assert [(c.body, c.user.login) for c in thread.get_comments()] == [("two", "threatshelf[bot]")]
    made.delete()
    assert list(thread.get_comments()) == []
    assert status_of(made.delete) == 404


def test_a_body_over_65536_characters_is_422_whatever_its_bytes(
    client: Client, app: AppHandle, pull: PullHandle
) -> None:
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    made = thread.create_comment("é" * 65_536)
    assert status_of(lambda: thread.create_comment("é" * 65_537)) == 422
    assert status_of(lambda: made.edit("x" * 65_537)) == 422


def test_an_edit_shows_when_it_happened(fake: FakeGitHub, client: Client, stranger: Person, pull: PullHandle) -> None:
    made = client(stranger.token).get_repo(REPOSITORY).get_issue(pull.number).create_comment("/assess")
    fake.clock.advance(minutes=5)
    made.edit("/approve")
    made.update()
    assert (made.updated_at - made.created_at).seconds == 300
    event = fake.events[-1]
    assert (event.name, event.action, event.payload["changes"]) == (
        "issue_comment",
        "edited",
        {"body": {"from": "/assess"}},
    )


def test_moments_are_whole_seconds_in_utc(client: Client, app: AppHandle, pull: PullHandle) -> None:
    made = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number).create_comment("x")
    assert made.raw_data["created_at"] == "2026-11-02T09:00:00Z"


def test_lists_come_in_pages_with_links(
    client: Client, fake: FakeGitHub, app: AppHandle, pull: PullHandle, stranger: Person
) -> None:
    for n in range(250):
        pull.comment(f"comment {n}", by=stranger)
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    assert [c.body for c in thread.get_comments()] == [f"comment {n}" for n in range(250)]
    assert len(fake.requests("GET", "/comments")) == 3
    assert thread.get_comments().totalCount == 250


def test_labels_are_put_on_taken_off_and_made_as_needed(client: Client, app: AppHandle, pull: PullHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    thread = repository.get_issue(pull.number)
    thread.add_to_labels("stage/triage", "risk/high")
    thread.add_to_labels("Stage/Triage")
    assert [label.name for label in thread.get_labels()] == ["stage/triage", "risk/high"]
    thread.remove_from_labels("risk/high")
    assert status_of(lambda: thread.remove_from_labels("risk/high")) == 404
    assert [label.name for label in repository.get_labels()] == ["risk/high", "stage/triage"]


def test_a_bare_list_of_labels_is_taken_too(client: Client, app: AppHandle, pull: PullHandle) -> None:
    requester = client(app.token()).requester
    path = f"/repos/{REPOSITORY}/issues/{pull.number}/labels"
    requester.requestJsonAndCheck("POST", path, input={"labels": ["a"]})
    assert [one["name"] for one in requester.requestJsonAndCheck("GET", path)[1]] == ["a"]
    requester.requestJsonAndCheck("PUT", path, input=["b"])
    assert [one["name"] for one in requester.requestJsonAndCheck("GET", path)[1]] == ["b"]


def test_a_label_defined_twice_is_422_already_exists(client: Client, app: AppHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    made = repository.create_label("needs/author", "d73a4a", "Waits")
    with pytest.raises(GithubException) as caught:
        repository.create_label("Needs/Author", "d73a4a")
    assert caught.value.data["errors"][0]["code"] == "already_exists"
    made.edit("needs/author", "ffffff")
    assert repository.get_label("needs/author").color == "ffffff"
    assert status_of(lambda: repository.create_label("x", "red")) == 422


def test_who_labelled_and_when_stands_in_the_timeline(
    fake: FakeGitHub, client: Client, app: AppHandle, writer: Person, pull: PullHandle
) -> None:
    fake.clock.advance(minutes=10)
    pull.label("stage/assessment", by=writer)
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    thread.create_comment("noted")
    fake.clock.advance(minutes=10)
    pull.unlabel("stage/assessment", by=writer)
    found = [(e.event, e.actor.login if e.actor else None) for e in thread.get_timeline()]
    assert found == [
        ("committed", None),
        ("labeled", "writer"),
        ("commented", "threatshelf[bot]"),
        ("unlabeled", "writer"),
    ]
    labelled = next(e for e in thread.get_timeline() if e.event == "labeled")
    assert (labelled.raw_data["label"]["name"], labelled.raw_data["created_at"]) == (
        "stage/assessment",
        "2026-11-02T09:10:00Z",
    )
    assert [e.event for e in thread.get_events()] == ["labeled", "unlabeled"]


def test_a_reaction_is_there_once(
    client: Client, fake: FakeGitHub, app: AppHandle, pull: PullHandle, stranger: Person
) -> None:
    pull.comment("/recheck", by=stranger)
    (comment,) = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number).get_comments()
    first, second = comment.create_reaction("rocket"), comment.create_reaction("rocket")
    assert first.id == second.id
    assert [c.status for c in fake.requests("POST", "/reactions")] == [201, 200]
    assert [(r.content, r.user.login) for r in comment.get_reactions()] == [("rocket", "threatshelf[bot]")]
    comment.update()
    assert comment.raw_data["reactions"]["rocket"] == 1


def test_a_locked_thread_is_closed_to_outsiders(
    client: Client, app: AppHandle, stranger: Person, writer: Person, pull: PullHandle
) -> None:
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    thread.lock("too heated")
    thread.lock("too heated")
    assert (
        status_of(lambda: client(stranger.token).get_repo(REPOSITORY).get_issue(pull.number).create_comment("x")) == 403
    )
    client(writer.token).get_repo(REPOSITORY).get_issue(pull.number).create_comment("x")
    thread.update()
    assert (thread.locked, thread.active_lock_reason) == (True, "too heated")
    thread.unlock()
    client(stranger.token).get_repo(REPOSITORY).get_issue(pull.number).create_comment("x")


def test_an_issue_is_opened_edited_assigned_closed(
    client: Client, app: AppHandle, writer: Person, stranger: Person, fake: FakeGitHub
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    issue = repository.create_issue("Title", body="Body", labels=["form/new"])
    issue.edit(title="Other", body="Body")
    issue.add_to_assignees("writer", "stranger")
    assert [a.login for a in issue.assignees] == ["writer"]
    issue.remove_from_assignees("writer")
    issue.edit(state="closed", state_reason="not_planned")
    assert (issue.state, issue.state_reason, issue.closed_by.login) == ("closed", "not_planned", "threatshelf[bot]")
    assert [e.event for e in issue.get_timeline()] == ["labeled", "renamed", "assigned", "unassigned", "closed"]
    assert next(e.action for e in fake.events if e.name == "issues") == "opened"


def test_a_stranger_may_open_and_comment_but_not_label_or_close_others(
    client: Client, stranger: Person, writer: Person, shelf: RepositoryHandle
) -> None:
    repository = client(stranger.token).get_repo(REPOSITORY)
    own = repository.create_issue("Mine", labels=["x"])
    assert own.labels == []
    assert status_of(lambda: own.add_to_labels("x")) == 403
    own.edit(state="closed")
    other = repository.get_issue(shelf.open_issue("Theirs", by=writer).number)
    other.create_comment("hello")
    assert status_of(lambda: other.edit(state="closed")) == 403


def test_issues_and_pull_requests_share_numbers_and_lists(
    client: Client, app: AppHandle, pull: PullHandle, shelf: RepositoryHandle, stranger: Person
) -> None:
    issue = shelf.open_issue("An issue", by=stranger)
    assert issue.number == pull.number + 1
    repository = client(app.token()).get_repo(REPOSITORY)
    found = {i.number: i.pull_request is not None for i in repository.get_issues()}
    assert found == {pull.number: True, issue.number: False}
    assert [i.number for i in repository.get_issues(creator="stranger", labels=["none"])] == []
    assert status_of(lambda: repository.get_pull(issue.number)) == 404


def test_a_minimised_comment_says_so_in_rest_and_graphql(client: Client, app: AppHandle, pull: PullHandle) -> None:
    made = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number).create_comment("old")
    made.minimize("OUTDATED")
    made.update()
    assert made.raw_data["minimized"] == {"reason": "outdated"}
    made.unminimize()
    assert pull.comments[0].minimized is None
