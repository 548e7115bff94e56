"""The fake on itself: GitHub's own description is held against both sides of every exchange."""

import json
from pathlib import Path

import httpx
import pytest

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle
from github_fake.contract import DATA, shipped
from github_fake.fake import ContractError
from github_fake.handles import PullHandle, RepositoryHandle
from github_fake.routes import ROUTES
from github_fake.stage import Stage
from github_fake.wire import Answer

REPOSITORY = "threatshelf/registry"


def connect(fake: FakeGitHub, app: AppHandle) -> httpx.Client:
    """A bare client."""
    return httpx.Client(base_url=fake.url, headers={"Authorization": f"Bearer {app.token()}"})


def test_the_description_holds_exactly_what_is_served() -> None:
    described = {(method.upper(), path) for path, methods in shipped().paths.items() for method in methods}
    assert described == set(ROUTES), "run data/refresh.py"


def test_the_description_says_where_it_is_from() -> None:
    origin = (DATA / "ORIGIN.md").read_text()
    assert "`@octokit/openapi` | 23.0.2" in origin
    assert "MIT" in (DATA / "LICENSE").read_text()
    assert json.loads((DATA / "github-openapi.json").read_text())["openapi"] == "3.0.3"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/issues/1/comments", {"text": "x"}),
        ("POST", "/issues/1/comments", {"body": 7}),
        ("POST", "/issues/1/comments", None),
        ("POST", "/check-runs", {"name": "x", "head_sha": "x", "status": "done"}),
        ("POST", "/issues/1/reactions", {"content": "clap"}),
        ("PUT", "/issues/1/lock", {"lock_reason": "because"}),
        ("POST", "/statuses/x", {"state": "green"}),
        ("GET", "/issues?colour=red", None),
        ("GET", "/pulls?state=merged", None),
        ("GET", "/pulls?per_page=many", None),
    ],
)
def test_a_request_github_does_not_describe_is_refused_and_kept(
    stage: Stage, method: str, path: str, body: dict[str, object] | None
) -> None:
    fake = stage.fake
    with connect(fake, stage.app) as http:
        assert http.request(method, f"/repos/{REPOSITORY}{path}", json=body).status_code == 422
    (kept,) = fake.forgive()
    assert kept.startswith(f"client: {method} /repos/{REPOSITORY}")


def test_a_path_that_is_not_served_is_refused_and_kept(fake: FakeGitHub, app: AppHandle) -> None:
    with connect(fake, app) as http:
        assert http.get("/repos/threatshelf/registry/milestones").status_code == 404
    assert fake.forgive() == ["not served: GET /repos/threatshelf/registry/milestones"]


def test_what_is_not_json_is_400(fake: FakeGitHub, app: AppHandle, pull: PullHandle) -> None:
    with connect(fake, app) as http:
        assert http.post(f"/repos/{REPOSITORY}/issues/1/comments", content=b"{").status_code == 400
    assert len(fake.forgive()) == 1


def test_the_block_ends_in_an_error_when_the_contract_was_broken() -> None:
    with (
        pytest.raises(ContractError, match="not served"),
        FakeGitHub() as fake,
        httpx.Client(base_url=fake.url) as http,
    ):
        http.get("/nowhere")


def test_another_error_is_not_hidden_but_told_what_was_broken() -> None:
    def story() -> None:
        with FakeGitHub() as fake, httpx.Client(base_url=fake.url) as http:
            http.get("/nowhere")
            raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        story()
    assert caught.value.__notes__ == ["not served: GET /nowhere"]


def test_an_answer_of_another_form_would_be_seen() -> None:
    made = ROUTES["POST", "/repos/{owner}/{repo}/issues/{issue_number}/reactions"]
    good = {"id": 1, "node_id": "x", "user": None, "content": "rocket", "created_at": "2026-11-02T09:00:00Z"}
    assert shipped().answer_problems(made, Answer(201, good)) == []
    assert shipped().answer_problems(made, Answer(201, good | {"content": "clap"})) != []
    assert shipped().answer_problems(made, Answer(201, good | {"created_at": "today"})) != []
    assert shipped().answer_problems(made, Answer(204, absent=True)) != []
    assert shipped().answer_problems(made, Answer(418, {"text": "x"})) != []


def test_every_answer_carries_githubs_headers(fake: FakeGitHub, app: AppHandle, shelf: RepositoryHandle) -> None:
    with connect(fake, app) as http:
        found = http.get(f"/repos/{REPOSITORY}").headers
        missing = http.get(f"/repos/{REPOSITORY}/issues/77")
    for name in (
        "X-GitHub-Request-Id",
        "X-RateLimit-Limit",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "X-RateLimit-Used",
    ):
        assert found[name]
    assert found["X-RateLimit-Resource"] == "core"
    assert found["X-GitHub-Api-Version-Selected"] == "2022-11-28"
    assert set(missing.json()) == {"message", "documentation_url", "status"}


def test_every_address_in_an_answer_is_the_fakes_own(fake: FakeGitHub, app: AppHandle, pull: PullHandle) -> None:
    with connect(fake, app) as http:
        text = http.get(f"/repos/{REPOSITORY}/pulls/{pull.number}").text
    assert "github.com" not in text
    assert f'"url": "{fake.url}/repos/{REPOSITORY}/pulls/{pull.number}"' in text


def test_nothing_is_left_behind() -> None:
    with FakeGitHub() as fake:
        folder = fake.repository("threatshelf", "registry").git.path
        assert folder.is_dir()
    assert not Path(folder).exists()
