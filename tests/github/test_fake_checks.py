"""The fake on itself: statuses and check runs stand side by side, and rules of a branch are kept."""

from collections.abc import Callable

import pytest
from github import Github, GithubException

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.handles import PullHandle, RepositoryHandle
from github_fake.stage import Stage

Client = Callable[[str], Github]
REPOSITORY = "threatshelf/registry"
TEMPLATE = "templates/gateway/template.yaml"
GATE = "threatshelf / review"


def status_of(act: Callable[[], object]) -> int:
    """What GitHub answered."""
    with pytest.raises(GithubException) as caught:
        act()
    return caught.value.status


def annotations(count: int, start: int = 1) -> list[dict[str, object]]:
    """So many, each with its number."""
    numbers = range(start, start + count)
    common = {"path": TEMPLATE, "annotation_level": "failure", "title": "rule", "raw_details": "d"}
    return [common | {"start_line": n, "end_line": n, "message": f"finding {n}"} for n in numbers]


def test_the_newest_status_of_a_context_counts(client: Client, app: AppHandle, pull: PullHandle) -> None:
    commit = client(app.token()).get_repo(REPOSITORY).get_commit(pull.head)
    commit.create_status("failure", description="two errors", context=GATE)
    commit.create_status("success", description="fine", context=GATE)
    commit.create_status("pending", context="threatshelf / stage")
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("pending", 2)
    assert {s.context: s.state for s in combined.statuses} == {GATE: "success", "threatshelf / stage": "pending"}
    assert [s.state for s in commit.get_statuses()] == ["pending", "success", "failure"]


def test_a_commit_without_a_status_is_pending(client: Client, app: AppHandle, pull: PullHandle) -> None:
    combined = client(app.token()).get_repo(REPOSITORY).get_commit(pull.head).get_combined_status()
    assert (combined.state, combined.total_count) == ("pending", 0)


def test_a_thousand_statuses_of_one_context_are_the_end(
    client: Client, app: AppHandle, pull: PullHandle, shelf: RepositoryHandle
) -> None:
    commit = client(app.token()).get_repo(REPOSITORY).get_commit(pull.head)
    commit.create_status("success", context=GATE)
    shelf.state.statuses += shelf.state.statuses * 999
    assert status_of(lambda: commit.create_status("success", context=GATE)) == 422
    commit.create_status("success", context="another")


def test_check_runs_are_not_among_the_statuses(client: Client, app: AppHandle, pull: PullHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    repository.create_check_run(GATE, pull.head, conclusion="failure")
    commit = repository.get_commit(pull.head)
    assert commit.get_combined_status().total_count == 0
    assert [r.conclusion for r in commit.get_check_runs()] == ["failure"]


def test_annotations_are_added_never_replaced(client: Client, app: AppHandle, pull: PullHandle) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    output = {"title": "t", "summary": "s", "annotations": annotations(50)}
    run = repository.create_check_run(GATE, pull.head, status="in_progress", output=output)
    run.edit(output={"title": "t", "summary": "s", "annotations": annotations(50, 51)})
    run.edit(output={"title": "t", "summary": "s", "annotations": annotations(50, 51)})
    assert run.output.annotations_count == 150
    assert [a.message for a in run.get_annotations()][:2] == ["finding 1", "finding 2"]
    first = next(iter(run.get_annotations()))
    assert (first.title, first.raw_details, first.start_column) == ("rule", "d", None)


def test_more_than_fifty_annotations_are_refused(
    fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    output = {"title": "t", "summary": "s", "annotations": annotations(51)}
    assert status_of(lambda: repository.create_check_run(GATE, pull.head, output=output)) == 422
    assert "annotations" in fake.forgive()[0]


def test_completed_needs_a_conclusion_and_a_conclusion_completes(
    client: Client, app: AppHandle, pull: PullHandle
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    assert status_of(lambda: repository.create_check_run(GATE, pull.head, status="completed")) == 422
    run = repository.create_check_run(GATE, pull.head, status="in_progress", external_id="pr/1")
    assert (run.conclusion, run.completed_at) == (None, None)
    run.edit(conclusion="success")
    assert (run.status, run.conclusion, run.external_id) == ("completed", "success", "pr/1")
    assert run.completed_at is not None


def test_the_newest_run_of_a_name_is_listed_unless_all_are_asked_for(
    client: Client, app: AppHandle, pull: PullHandle
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    first = repository.create_check_run(GATE, pull.head, conclusion="failure")
    second = repository.create_check_run(GATE, pull.head, conclusion="success")
    commit = repository.get_commit(pull.head)
    assert [r.id for r in commit.get_check_runs()] == [second.id]
    assert [r.id for r in commit.get_check_runs(filter="all")] == [second.id, first.id]
    assert [r.id for r in commit.get_check_runs(check_name="other")] == []


def test_another_app_may_not_change_a_run(
    fake: FakeGitHub, client: Client, app: AppHandle, shelf: RepositoryHandle, pull: PullHandle
) -> None:
    run = client(app.token()).get_repo(REPOSITORY).create_check_run(GATE, pull.head, conclusion="failure")
    job = client(fake.actions_token(shelf, {"checks": "write"})).get_repo(REPOSITORY).get_check_run(run.id)
    with pytest.raises(GithubException) as caught:
        job.edit(conclusion="success")
    assert caught.value.status == 403
    assert "Invalid app_id `15368`" in caught.value.data["message"]


def test_people_make_statuses_but_no_check_runs(client: Client, writer: Person, pull: PullHandle) -> None:
    repository = client(writer.token).get_repo(REPOSITORY)
    repository.get_commit(pull.head).create_status("success", context="by hand")
    assert status_of(lambda: repository.create_check_run("x", pull.head, conclusion="success")) == 403


def test_pull_requests_of_a_run_are_empty_for_forks(
    client: Client, app: AppHandle, shelf: RepositoryHandle, writer: Person, pull: PullHandle
) -> None:
    repository = client(app.token()).get_repo(REPOSITORY)
    assert repository.create_check_run(GATE, pull.head, conclusion="success").pull_requests == []
    shelf.commit({"x": "x"}, branch="own", by=writer)
    own = shelf.open_pull("Own", by=writer, head="own")
    run = repository.create_check_run(GATE, own.head, conclusion="success")
    assert [p.number for p in run.pull_requests] == [own.number]


def test_a_rerequest_is_told_and_changes_nothing(
    fake: FakeGitHub, client: Client, app: AppHandle, pull: PullHandle
) -> None:
    github = client(app.token())
    run = github.get_repo(REPOSITORY).create_check_run(GATE, pull.head, conclusion="failure")
    github.requester.requestJsonAndCheck("POST", f"/repos/{REPOSITORY}/check-runs/{run.id}/rerequest")
    assert (fake.events[-1].name, fake.events[-1].action) == ("check_run", "rerequested")
    run.update()
    assert run.conclusion == "failure"


@pytest.mark.parametrize(
    ("status", "conclusion", "state"),
    [
        ("success", None, "clean"),
        (None, "neutral", "clean"),
        (None, "skipped", "clean"),
        ("success", "success", "clean"),
        ("success", "failure", "blocked"),
        ("failure", "success", "blocked"),
        ("pending", None, "blocked"),
        (None, None, "blocked"),
    ],
)
def test_a_status_and_a_run_of_one_name_are_both_required(
    stage: Stage, status: str | None, conclusion: str | None, state: str
) -> None:
    head = stage.pull.head
    stage.shelf.require(GATE)
    repository = stage.client(stage.app.token()).get_repo(REPOSITORY)
    if status:
        repository.get_commit(head).create_status(status, context=GATE)
    if conclusion:
        repository.create_check_run(GATE, head, conclusion=conclusion)
    seen = stage.client(stage.writer.token).get_repo(REPOSITORY).get_pull(stage.pull.number)
    assert seen.mergeable_state == state
    if state == "blocked":
        assert status_of(seen.merge) == 405
    else:
        assert seen.merge().merged


def test_only_the_newest_commit_counts(stage: Stage) -> None:
    client, app, shelf, writer, pull, stranger = (
        stage.client,
        stage.app,
        stage.shelf,
        stage.writer,
        stage.pull,
        stage.stranger,
    )
    shelf.require(GATE)
    client(app.token()).get_repo(REPOSITORY).get_commit(pull.head).create_status("success", context=GATE)
    pull.push({"x": "x"}, by=stranger)
    assert status_of(client(writer.token).get_repo(REPOSITORY).get_pull(pull.number).merge) == 405


def test_a_gate_pinned_to_an_app_is_not_met_by_another(stage: Stage) -> None:
    fake, client, app, shelf, writer, pull = stage.fake, stage.client, stage.app, stage.shelf, stage.writer, stage.pull
    shelf.require(GATE, app=app)
    job = client(fake.actions_token(shelf, {"checks": "write", "statuses": "write"})).get_repo(REPOSITORY)
    job.create_check_run(GATE, pull.head, conclusion="success")
    seen = client(writer.token).get_repo(REPOSITORY).get_pull(pull.number)
    assert seen.mergeable_state == "blocked"
    client(app.token()).get_repo(REPOSITORY).create_check_run(GATE, pull.head, conclusion="success")
    assert seen.merge().merged


def test_restricted_updates_block_merges_too(
    client: Client, app: AppHandle, shelf: RepositoryHandle, writer: Person, pull: PullHandle
) -> None:
    shelf.protect("main", "update", "pull_request", bypass=[app])
    assert status_of(client(writer.token).get_repo(REPOSITORY).get_pull(pull.number).merge) == 405
    assert client(app.token()).get_repo(REPOSITORY).get_pull(pull.number).merge().merged


def test_rules_of_a_branch_can_be_read(client: Client, app: AppHandle, shelf: RepositoryHandle) -> None:
    made = shelf.protect("threat-ids", "deletion", "non_fast_forward")
    requester = client(app.token()).requester
    _, rules = requester.requestJsonAndCheck("GET", f"/repos/{REPOSITORY}/rules/branches/threat-ids")
    assert [(r["type"], r["ruleset_id"]) for r in rules] == [("deletion", made.id), ("non_fast_forward", made.id)]
    _, whole = requester.requestJsonAndCheck("GET", f"/repos/{REPOSITORY}/rulesets/{made.id}")
    assert whole["conditions"] == {"ref_name": {"include": ["refs/heads/threat-ids"], "exclude": []}}
    assert "bypass_actors" not in whole


def test_approvals_can_be_required_and_end_with_the_next_push(stage: Stage) -> None:
    wanted = {"required_approving_review_count": 1, "dismiss_stale_reviews_on_push": True}
    stage.shelf.protect("main", {"type": "pull_request", "parameters": wanted})
    seen = stage.client(stage.writer.token).get_repo(REPOSITORY).get_pull(stage.pull.number)
    assert status_of(seen.merge) == 405
    stage.pull.approve(by=stage.fake.person("passer-by"))
    assert status_of(seen.merge) == 405
    stage.pull.approve(by=stage.writer)
    stage.pull.push({"x": "x"}, by=stage.stranger)
    assert {r.state for r in seen.get_reviews()} == {"DISMISSED"}
    assert status_of(seen.merge) == 405
    stage.pull.approve(by=stage.writer)
    assert seen.merge().merged
