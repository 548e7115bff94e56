"""The fake on itself: who may do what, how tokens are had, counted and lost."""

import json
from collections.abc import Callable

import httpx
import pytest
from github import Auth, Github, GithubException, GithubIntegration
from github.GithubException import BadCredentialsException

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.events import delivery
from github_fake.handles import PullHandle, RepositoryHandle
from github_fake.stage import Stage

Client = Callable[[str], Github]
REPOSITORY = "threatshelf/registry"


def status_of(act: Callable[[], object]) -> int:
    """What GitHub answered."""
    with pytest.raises(GithubException) as caught:
        act()
    return caught.value.status


def test_an_unknown_token_is_401(client: Client, shelf: RepositoryHandle) -> None:
    with pytest.raises(BadCredentialsException) as caught:
        client("ghp_unknown").get_repo(REPOSITORY)
    assert caught.value.data["message"] == "Bad credentials"


def test_without_a_token_one_may_read_but_not_write(fake: FakeGitHub, shelf: RepositoryHandle) -> None:
    with httpx.Client(base_url=fake.url) as anonymous:
        assert anonymous.get(f"/repos/{REPOSITORY}").json()["full_name"] == REPOSITORY
        assert anonymous.post(f"/repos/{REPOSITORY}/issues", json={"title": "x"}).status_code == 401


def test_a_missing_right_is_403(client: Client, app: AppHandle, pull: PullHandle) -> None:
    repository = client(app.token({"contents": "read", "pull_requests": "read"})).get_repo(REPOSITORY)
    seen = repository.get_pull(pull.number)
    with pytest.raises(GithubException) as caught:
        seen.create_issue_comment("x")
    assert (caught.value.status, caught.value.data["message"]) == (403, "Resource not accessible by integration")
    assert status_of(lambda: repository.get_commit(pull.head).create_status("success")) == 403
    assert status_of(lambda: repository.get_commit(pull.head).get_check_runs().totalCount) == 403


def test_the_right_to_pull_requests_is_enough_for_their_threads_not_for_issues(
    client: Client, app: AppHandle, shelf: RepositoryHandle, pull: PullHandle, stranger: Person
) -> None:
    issue = shelf.open_issue("An issue", by=stranger)
    requester = client(app.token({"pull_requests": "write"})).requester
    requester.requestJsonAndCheck("POST", f"/repos/{REPOSITORY}/issues/{pull.number}/comments", input={"body": "x"})
    path = f"/repos/{REPOSITORY}/issues/{issue.number}/comments"
    assert status_of(lambda: requester.requestJsonAndCheck("POST", path, input={"body": "x"})) == 403


def test_an_app_cannot_write_to_a_fork(
    client: Client, app: AppHandle, shelf: RepositoryHandle, stranger: Person, pull: PullHandle
) -> None:
    fork = client(app.token()).get_repo(shelf.fork(stranger).full_name)
    assert fork.get_branch("new").commit.sha == pull.head
    assert status_of(lambda: fork.create_file("x", "m", "x", branch="new")) == 403


def test_the_token_of_a_forks_pull_request_can_only_read(
    fake: FakeGitHub, client: Client, shelf: RepositoryHandle, pull: PullHandle
) -> None:
    repository = client(fake.fork_pull_token(shelf)).get_repo(REPOSITORY)
    seen = repository.get_pull(pull.number)
    assert status_of(lambda: seen.create_issue_comment("x")) == 403
    assert status_of(lambda: repository.get_commit(pull.head).create_status("success")) == 403
    assert status_of(lambda: repository.create_check_run("x", pull.head, conclusion="success")) == 403


def test_what_github_token_does_starts_no_runs(
    fake: FakeGitHub, client: Client, shelf: RepositoryHandle, pull: PullHandle
) -> None:
    shelf.commit({".github/workflows/bot.yml": "on: workflow_dispatch\n"})
    fake.events.clear()
    rights = dict.fromkeys(("contents", "issues", "pull_requests", "actions"), "write")
    repository = client(fake.actions_token(shelf, rights)).get_repo(REPOSITORY)
    repository.create_file("x", "m", "x")
    repository.get_issue(pull.number).create_comment("x")
    assert {e.name for e in fake.events} == {"push", "issue_comment"}
    assert fake.run_events == []
    assert repository.get_workflow("bot.yml").create_dispatch("main", {"number": "7"})
    (event,) = fake.run_events
    assert (event.name, event.payload["inputs"]) == ("workflow_dispatch", {"number": "7"})


def test_github_token_opens_pull_requests_only_where_that_is_allowed(
    fake: FakeGitHub, client: Client, shelf: RepositoryHandle
) -> None:
    shelf.commit({"a": "a"}, branch="bot/threat-ids")
    fake.events.clear()
    repository = client(fake.actions_token(shelf, {"pull_requests": "write"})).get_repo(REPOSITORY)
    assert status_of(lambda: repository.create_pull("main", "bot/threat-ids", title="Ids")) == 403
    shelf.state.actions_may_open_pulls = True
    repository.create_pull("main", "bot/threat-ids", title="Ids")
    assert [(e.action, e.awaits_approval) for e in fake.events] == [("opened", True)]
    assert fake.run_events == []


def test_apps_and_jobs_are_nobody(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle, writer: Person
) -> None:
    assert client(writer.token).get_user().login == "writer"
    assert status_of(lambda: client(app.token()).get_user().login) == 403
    assert status_of(lambda: client(fake.actions_token(shelf, {})).get_user().login) == 403


@pytest.mark.parametrize(
    ("role", "permission"),
    [("read", "read"), ("triage", "read"), ("write", "write"), ("maintain", "write"), ("admin", "admin")],
)
def test_the_role_is_in_role_name_only(stage: Stage, role: str, permission: str) -> None:
    fake, client, app, shelf = stage.fake, stage.client, stage.app, stage.shelf
    shelf.give(fake.person("mia"), role)
    repository = client(app.token()).get_repo(REPOSITORY)
    assert (repository.get_collaborator_permission("mia"), repository.get_collaborator_role_name("mia")) == (
        permission,
        role,
    )


def test_a_stranger_reads_what_is_public_and_nobody_is_404(
    client: Client, app: AppHandle, shelf: RepositoryHandle, stranger: Person
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    assert repository.get_collaborator_role_name("stranger") == "read"
    assert not repository.has_in_collaborators("stranger")
    shelf.state.private = True
    assert repository.get_collaborator_permission("stranger") == "none"
    assert status_of(lambda: repository.get_collaborator_permission("nobody")) == 404


def test_a_private_repository_is_not_there_for_strangers(
    client: Client, shelf: RepositoryHandle, stranger: Person, writer: Person
) -> None:
    shelf.state.private = True
    assert status_of(lambda: client(stranger.token).get_repo(REPOSITORY)) == 404
    assert client(writer.token).get_repo(REPOSITORY).private


def test_an_app_gets_its_token_by_a_signed_request(fake: FakeGitHub, app: AppHandle, pull: PullHandle) -> None:
    auth = Auth.AppAuth(app.id, app.private_key)
    with GithubIntegration(auth=auth, base_url=fake.url, seconds_between_requests=None) as integration:
        found = integration.get_repo_installation("threatshelf", "registry")
        given = integration.get_access_token(found.id, {"issues": "write"})
        assert given.permissions == {"issues": "write"}
        assert integration.get_app().slug == "threatshelf"
        github = integration.get_github_for_installation(found.id, {"issues": "write"})
        assert github.get_repo(REPOSITORY).get_issue(pull.number).create_comment("x").user.login == "threatshelf[bot]"
        github.close()
    assert len(fake.requests("POST", "/access_tokens")) == 2


def test_rights_an_installation_lacks_are_not_given(fake: FakeGitHub, app: AppHandle) -> None:
    auth = Auth.AppAuth(app.id, app.private_key)
    with GithubIntegration(auth=auth, base_url=fake.url, seconds_between_requests=None) as integration:
        assert status_of(lambda: integration.get_access_token(app.installation.id, {"administration": "write"})) == 422
        assert status_of(lambda: integration.get_access_token(999, {})) == 404


def test_a_malformed_signed_request_and_one_for_something_else_are_401(
    fake: FakeGitHub, shelf: RepositoryHandle, app: AppHandle
) -> None:
    with httpx.Client(base_url=fake.url) as http:
        assert http.get("/app", headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30.x"}).status_code == 401
        assert http.get("/app", headers={"Authorization": f"Bearer {app.token()}"}).status_code == 401
        good = Auth.AppAuth(app.id, app.private_key).token
        assert http.get("/app", headers={"Authorization": f"Bearer {good}"}).status_code == 200
        assert http.get(f"/repos/{REPOSITORY}", headers={"Authorization": f"Bearer {good}"}).status_code == 401


def test_a_token_ends_after_an_hour_or_when_revoked(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    value = app.token()
    github = client(value)
    repository = github.get_repo(REPOSITORY)
    fake.clock.advance(minutes=59)
    assert repository.get_labels().totalCount == 0
    fake.clock.advance(minutes=1)
    assert status_of(lambda: repository.get_labels().totalCount) == 401
    other = app.token()
    fake.token(other).revoked = True
    assert status_of(lambda: client(other).get_repo(REPOSITORY)) == 401


def test_requests_are_counted_and_end(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    token = app.token()
    github = client(token)
    repository = github.get_repo(REPOSITORY)
    assert github.rate_limiting == (4999, 5000)
    assert github.get_rate_limit().resources.core.remaining == 4999
    fake.spend(token, left=1)
    assert repository.get_labels().totalCount == 0
    with pytest.raises(GithubException) as caught:
        list(repository.get_labels())
    assert caught.value.status == 403
    assert "API rate limit exceeded" in caught.value.data["message"]
    assert caught.value.headers["x-ratelimit-remaining"] == "0"
    fake.clock.advance(minutes=59)
    assert status_of(lambda: repository.get_labels().totalCount) == 403
    fake.clock.advance(seconds=59)
    assert github.rate_limiting[0] == 0


def test_the_limit_is_lifted_after_the_hour(
    fake: FakeGitHub, client: Client, writer: Person, shelf: RepositoryHandle
) -> None:
    fake.spend(writer.token, left=0)
    assert status_of(lambda: client(writer.token).get_repo(REPOSITORY)) == 403
    fake.clock.advance(hours=1)
    client(writer.token).get_repo(REPOSITORY)


def test_all_jobs_of_a_repository_share_a_thousand(fake: FakeGitHub, client: Client, shelf: RepositoryHandle) -> None:
    one, two = (client(fake.actions_token(shelf, {"contents": "read"})) for _ in range(2))
    one.get_repo(REPOSITORY)
    two.get_repo(REPOSITORY)
    assert two.rate_limiting == (998, 1000)


def test_what_has_not_changed_costs_nothing(
    fake: FakeGitHub, app: AppHandle, shelf: RepositoryHandle, writer: Person
) -> None:
    with httpx.Client(base_url=fake.url, headers={"Authorization": f"Bearer {app.token()}"}) as http:
        first = http.get(f"/repos/{REPOSITORY}/issues")
        again = http.get(f"/repos/{REPOSITORY}/issues", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]
        shelf.open_issue("New", by=writer)
        assert (
            http.get(f"/repos/{REPOSITORY}/issues", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
        )


def test_variables_are_read_with_their_own_right(fake: FakeGitHub, client: Client, shelf: RepositoryHandle) -> None:
    shelf.state.variables["THREATSHELF_BOT"] = "off"
    app = fake.app("doctor", {"variables": "read"}, shelf)
    assert client(app.token()).get_repo(REPOSITORY).get_variable("THREATSHELF_BOT").value == "off"
    job = client(fake.actions_token(shelf, {"actions": "read"})).get_repo(REPOSITORY)
    assert status_of(lambda: job.get_variable("THREATSHELF_BOT")) == 403


def test_a_workflow_that_is_not_on_main_cannot_be_started(
    client: Client, app: AppHandle, shelf: RepositoryHandle
) -> None:
    shelf.commit({".github/workflows/bot.yml": "on: workflow_dispatch\n"})
    repository = client(app.token()).get_repo(REPOSITORY)
    assert status_of(lambda: repository.get_workflow("none.yml")) == 404
    workflow = repository.get_workflow("bot.yml")
    assert not workflow.create_dispatch("no-such-branch")


def test_a_fork_is_made_once(client: Client, shelf: RepositoryHandle, stranger: Person) -> None:
    repository = client(stranger.token).get_repo(REPOSITORY)
    first = repository.create_fork()
    assert (first.full_name, first.fork, first.parent.full_name) == ("stranger/registry", True, REPOSITORY)
    assert repository.create_fork().id == first.id


def test_deliveries_carry_githubs_headers_and_a_signature_over_the_bytes(
    fake: FakeGitHub, app: AppHandle, pull: PullHandle
) -> None:
    event = next(e for e in fake.events if e.action == "opened")
    headers, body = delivery(event, "It's a Secret to Everybody")
    assert headers["X-GitHub-Event"] == "pull_request"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert headers["X-Hub-Signature-256"].startswith("sha256=")
    assert delivery(event, "It's a Secret to Everybody") == (headers, body)
    payload = json.loads(body)
    assert (payload["number"], payload["sender"]["login"]) == (pull.number, "stranger")
    assert payload["installation"]["id"] == app.installation.id
    assert payload["pull_request"]["head"]["repo"]["fork"] is True
