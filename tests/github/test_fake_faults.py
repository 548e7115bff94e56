"""The fake on itself: what goes wrong on demand goes wrong as it would on the real wire."""

import threading
from collections.abc import Callable

import pytest
import requests
from github import Auth, Github, GithubException, GithubRetry

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.faults import (
    after_write,
    cut,
    cut_after_write,
    error,
    hang,
    secondary_limit,
    stale,
    too_many,
)
from github_fake.handles import PullHandle, RepositoryHandle

Client = Callable[[str], Github]
REPOSITORY = "threatshelf/registry"
COMMENTS = "/repos/*/issues/*/comments"


def status_of(act: Callable[[], object]) -> int:
    """What GitHub answered."""
    with pytest.raises(GithubException) as caught:
        act()
    return caught.value.status


def test_an_error_does_nothing_and_passes(fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle) -> None:
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    fake.faults.add(error(500), "POST", COMMENTS, times=2)
    assert [status_of(lambda: thread.create_comment("x")) for _ in range(2)] == [500, 500]
    assert pull.comments == []
    thread.create_comment("x")
    assert [c.body for c in pull.comments] == ["x"]


def test_a_502_after_the_write_has_written(fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle) -> None:
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    fake.faults.add(after_write(502), "POST", COMMENTS)
    assert status_of(lambda: thread.create_comment("x")) == 502
    assert [c.body for c in pull.comments] == ["x"]
    assert fake.calls[-1].status == 502


def test_a_client_that_repeats_posts_writes_twice(fake: FakeGitHub, app: AppHandle, pull: PullHandle) -> None:
    fake.faults.add(after_write(502), "POST", COMMENTS)
    retry = GithubRetry(total=2, backoff_factor=0)
    github = Github(
        base_url=fake.url,
        auth=Auth.Token(app.token()),
        retry=retry,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    github.get_repo(REPOSITORY).get_issue(pull.number).create_comment("x")
    github.close()
    assert [c.body for c in pull.comments] == ["x", "x"]


def test_a_cut_line_before_and_after_the_write(
    fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle
) -> None:
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    fake.faults.add(cut(), "POST", COMMENTS)
    with pytest.raises(requests.ConnectionError):
        thread.create_comment("before")
    fake.faults.add(cut_after_write(), "POST", COMMENTS)
    with pytest.raises(requests.ConnectionError):
        thread.create_comment("after")
    assert [c.body for c in pull.comments] == ["after"]
    assert [c.status for c in fake.requests("POST", "/comments")] == [0, 0]


def test_a_server_that_hangs_ends_in_the_clients_time_out(fake: FakeGitHub, app: AppHandle, pull: PullHandle) -> None:
    fake.faults.add(hang(), "GET", "/repos/*/issues/*")
    github = Github(
        base_url=fake.url, auth=Auth.Token(app.token()), retry=None, timeout=1, seconds_between_requests=None
    )
    repository = github.get_repo(REPOSITORY)
    with pytest.raises(requests.Timeout):
        repository.get_issue(pull.number)
    assert repository.get_issue(pull.number).number == pull.number
    github.close()


def test_limits_come_with_and_without_a_time_to_wait(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    github = client(app.token())
    for fault, status, after in (
        (secondary_limit(), 403, None),
        (secondary_limit(60), 403, "60"),
        (too_many(), 429, None),
        (too_many(1), 429, "1"),
    ):
        fake.faults.add(fault, "GET")
        with pytest.raises(GithubException) as caught:
            github.get_repo(REPOSITORY)
        assert (caught.value.status, caught.value.headers.get("retry-after")) == (status, after)
        assert "secondary rate limit" in caught.value.data["message"]


def test_a_retry_after_is_waited_for_and_then_answered(
    fake: FakeGitHub, app: AppHandle, shelf: RepositoryHandle
) -> None:
    fake.faults.add(too_many(0), "GET")
    retry = GithubRetry(total=2, backoff_factor=0)
    github = Github(base_url=fake.url, auth=Auth.Token(app.token()), retry=retry, seconds_between_requests=None)
    assert github.get_repo(REPOSITORY).full_name == REPOSITORY
    github.close()
    assert [c.status for c in fake.calls] == [429, 200]


def test_a_stale_read_shows_what_was_before_the_write(
    fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle
) -> None:
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)
    thread.create_comment("old")
    fake.faults.add(stale(), "GET", COMMENTS)
    thread.create_comment("new")
    assert [c.body for c in thread.get_comments()] == ["old"]
    assert [c.body for c in thread.get_comments()] == ["old", "new"]


def test_a_stale_read_of_git_and_of_graphql(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    github = client(app.token())
    repository = github.get_repo(REPOSITORY)
    before = repository.get_contents("README.md")
    assert not isinstance(before, list)
    query = '{ repository(owner: "threatshelf", name: "registry") { ref(qualifiedName: "main") { target { oid } } } }'
    head = shelf.head()
    fake.faults.add(stale(), "GET", "*/contents/*")
    fake.faults.add(stale(), "POST", "/graphql")
    repository.update_file("README.md", "m", "new", before.sha)
    again = repository.get_contents("README.md")
    assert not isinstance(again, list)
    assert again.sha == before.sha
    for expected in (head, shelf.head()):
        _, body = github.requester.graphql_query(query, {})
        assert body["data"]["repository"]["ref"]["target"]["oid"] == expected


def test_a_fault_can_be_about_one_mutation(fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle) -> None:
    made = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number).create_comment("x")
    fake.faults.add(after_write(502), "POST", "/graphql", containing="minimizeComment")
    assert status_of(lambda: made.minimize("OUTDATED")) == 502
    assert pull.comments[0].minimized == "outdated"


def test_eight_at_once_are_served_one_after_the_other(
    fake: FakeGitHub, client: Client, shelf: RepositoryHandle, app: AppHandle
) -> None:
    """Each appends to one file by compare and swap until it has succeeded five times."""
    shelf.commit({"ledger.csv": ""}, branch="threat-ids")
    clients = [client(app.token()) for _ in range(8)]
    refused: list[int] = []

    def append(github: Github, name: str) -> None:
        repository, done = github.get_repo(REPOSITORY), 0
        while done < 5:
            old = repository.get_contents("ledger.csv", ref="threat-ids")
            assert not isinstance(old, list)
            text = old.decoded_content.decode() + f"{name}-{done}\n"
            try:
                repository.update_file("ledger.csv", "Append", text, old.sha, branch="threat-ids")
            except GithubException as problem:
                refused.append(problem.status)
                continue
            done += 1

    threads = [threading.Thread(target=append, args=(one, f"w{n}")) for n, one in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(refused) <= {409}
    lines = (shelf.file("ledger.csv", "threat-ids") or b"").decode().split()
    assert sorted(lines) == sorted(f"w{n}-{k}" for n in range(8) for k in range(5))


def test_two_runs_of_one_story_give_the_same_numbers() -> None:
    def story() -> tuple[str, int, list[str]]:
        with FakeGitHub() as fake:
            shelf, person = fake.repository("threatshelf", "registry"), fake.person("ann")
            shelf.commit({"a": "a"}, branch="x", by=person)
            pull = shelf.open_pull("A", by=person, head="x")
            return pull.head, pull.comment("hello", by=person).id, [e.name for e in fake.events]

    assert story() == story()


def test_people_act_while_requests_are_answered(
    fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle, writer: Person
) -> None:
    thread = client(app.token()).get_repo(REPOSITORY).get_issue(pull.number)

    def talk() -> None:
        for n in range(50):
            pull.comment(f"person {n}", by=writer)

    other = threading.Thread(target=talk)
    other.start()
    for n in range(50):
        thread.create_comment(f"bot {n}")
    other.join()
    assert len({c.id for c in pull.comments}) == 100
