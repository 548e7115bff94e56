"""The workflows: what they may do, what they never do, and each command of theirs run against the fake GitHub."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.gates import OURS
from runner import WORKFLOWS, Job, Runner, project_files, workflow
from schema.ids import State
from shelf import CONTENT, PEOPLE, STORY, Shelf, faulty, story

READ, WRITE = "read", "write"
RIGHTS: dict[tuple[str, str], dict[str, str]] = {
    ("ci", "test"): {"contents": READ},
    ("queue", "queue"): {"contents": READ},
    ("queue", "stage"): {},
    ("bot", "look"): {"contents": READ, "pull-requests": READ, "issues": READ, "checks": READ, "statuses": READ},
    ("bot", "number"): {"contents": WRITE, "pull-requests": READ, "issues": READ},
    ("bot", "say"): {"contents": READ, "pull-requests": WRITE, "issues": WRITE, "statuses": WRITE, "checks": WRITE},
    ("bot", "answer"): {"contents": READ, "issues": WRITE},
    ("bot", "sweep"): {"actions": WRITE, "contents": READ, "pull-requests": READ, "issues": READ, "statuses": READ},
    ("main", "settle"): {"contents": WRITE, "pull-requests": WRITE},
    ("main", "build"): {"contents": READ},
    ("main", "deploy"): {"pages": WRITE, "id-token": WRITE},
}
NAMES = ("bot", "ci", "main", "queue")


def _jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in NAMES:
        for job, found in workflow(name)["jobs"].items():
            yield name, job, found


def test_no_other_workflow_lies_there() -> None:
    assert sorted(file.stem for file in WORKFLOWS.iterdir()) == list(NAMES)


def test_each_job_has_the_rights_of_the_table_and_no_other() -> None:
    assert {(name, job): found["permissions"] for name, job, found in _jobs()} == RIGHTS
    assert all(workflow(name)["permissions"] == {} for name in NAMES)


def test_no_workflow_that_runs_on_pull_requests_holds_a_job_with_a_gates_name() -> None:
    on_pulls = [name for name in NAMES if {"pull_request", "pull_request_target"} & set(workflow(name)["on"])]
    named = {found.get("name", job) for name, job, found in _jobs() if name in on_pulls}

    assert set(on_pulls) == {"bot", "ci"}
    assert named.isdisjoint({CONTENT, PEOPLE})
    assert {found["name"] for name, _, found in _jobs() if name == "queue"} == {CONTENT, PEOPLE}
    assert set(workflow("queue")["on"]) == {"merge_group"}


def test_ci_runs_for_the_merge_queue_too() -> None:
    assert workflow("ci")["on"]["merge_group"] == {"types": ["checks_requested"]}


def test_what_one_number_writes_is_written_by_one_run_at_a_time() -> None:
    for name in ("bot", "main", "queue"):
        assert workflow(name)["concurrency"]["cancel-in-progress"] is False
    assert workflow("main")["concurrency"]["group"] == "main"
    assert workflow("bot")["concurrency"]["group"].startswith("bot-${{ github.event.pull_request.number")


def test_nothing_of_a_pull_request_is_checked_out() -> None:
    for name, _, found in _jobs():
        for step in found["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
                if name == "bot":
                    assert step["with"].get("ref", "") in ("", "${{ github.event.repository.default_branch }}")


def test_actions_are_pinned_and_values_come_through_the_environment() -> None:
    for file in WORKFLOWS.glob("*.yml"):
        text = file.read_text(encoding="utf-8")
        uses = re.findall(r"^ +uses: (.*)$", text, re.MULTILINE)
        assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+", use) for use in uses), file
    for _, _, found in _jobs():
        assert all("${{" not in step.get("run", "") for step in found["steps"])


def test_only_the_numbering_jobs_have_the_environment_of_the_ledger() -> None:
    guarded = [(name, job) for name, job, found in _jobs() if found.get("environment") == "threat-ids"]

    assert guarded == [("bot", "number"), ("main", "settle")]


# Run


@pytest.fixture
def runner(shelf: Shelf, tmp_path: Path) -> Runner:
    """Machines on which jobs run; main holds this project, without templates."""
    files = {
        path: data for path, data in project_files().items() if not re.match(r"templates/([^/]+/|threat-ids)", path)
    }
    shelf.repository.commit(files, "The project")
    return Runner(shelf, tmp_path)


def _visit(runner: Runner, number: int) -> dict[str, Job]:
    """A run of bot.yml for a number: the jobs as their conditions have it."""
    runner.words["github.event.pull_request.number || github.event.issue.number || inputs.number"] = str(number)
    looked = runner.run("bot", "look")
    done = {"look": looked}
    review = looked.folder / "review.json"
    brought = {"review.json": review.read_bytes()} if looked.outputs.get("found") == "true" else {}
    if looked.outputs.get("due") == "true":
        done["number"] = runner.run("bot", "number", brought=brought)
    following = "answer" if looked.outputs.get("found") == "false" else "say"
    done[following] = runner.run("bot", following, brought=brought)
    return done


@pytest.mark.slow
def test_the_run_for_a_pull_request(shelf: Shelf, runner: Runner) -> None:
    pull = shelf.from_fork({STORY: faulty()}, "::error::owned")

    first = _visit(runner, pull.number)

    assert {name: job.code for name, job in first.items()} == {"look": 0, "say": 0}, first["look"].said
    assert shelf.gates(pull)[CONTENT] == "failure"
    assert len(shelf.said(pull)) == 1
    assert "owned" not in first["look"].said + first["say"].said

    pull.push({STORY: story()}, by=shelf.newcomer)
    pull.comment("/assess", by=shelf.maintainer)
    second = _visit(runner, pull.number)

    assert {name: job.code for name, job in second.items()} == {"look": 0, "number": 0, "say": 0}, second["number"].said
    reserved = [row for row in shelf.ledger.rows if row.state is State.RESERVED]
    assert {row.pull_request for row in reserved} == {pull.number}
    assert all(row.id in shelf.said(pull)[0] for row in reserved)
    assert shelf.gates(pull)[CONTENT] == "success"
    assert pull.labels == ["stage/assessment"]

    writes = len(shelf.github.requests("POST", "/repos/"))
    third = _visit(runner, pull.number)

    assert set(third) == {"look", "say"}
    assert len(shelf.github.requests("POST", "/repos/")) == writes, "a second run takes no step"


@pytest.mark.slow
def test_the_app_writes_ids_on_a_branch(shelf: Shelf, runner: Runner) -> None:
    settings = (project_files()[".github/threatshelf.yml"] or b"").decode() + f"app: {shelf.app.id}\n"  # type: ignore[union-attr]  # bytes
    shelf.repository.commit({".github/threatshelf.yml": settings})
    runner.words["secrets.THREATSHELF_APP_KEY"] = shelf.app.private_key
    shelf.repository.protect("threat-ids", "update", bypass=[shelf.app])
    pull = shelf.from_branch({STORY: story()})
    _visit(runner, pull.number)
    pull.comment("/assess", by=shelf.maintainer)
    _visit(runner, pull.number)
    pull.approve(by=shelf.maintainer)
    done = _visit(runner, pull.number)

    assert {name: job.code for name, job in done.items()} == {"look": 0, "number": 0, "say": 0}, done["number"].said
    written = (shelf.repository.file(STORY, pull.head) or b"").decode()
    assert re.sub(r"^ +id: T-.*\n", "", written, flags=re.MULTILINE) == story()
    assert written != story()
    assert set(_visit(runner, pull.number)) == {"look", "say"}
    assert shelf.gates(pull) == {CONTENT: "success", PEOPLE: "success"}


@pytest.mark.slow
def test_a_look_that_fails_is_said_on_the_gates(shelf: Shelf, runner: Runner) -> None:
    pull = shelf.from_fork({STORY: story()})
    runner.words["github.event.pull_request.number || github.event.issue.number || inputs.number"] = str(pull.number)

    said = runner.run("bot", "say")

    assert said.code == 1
    assert shelf.gates(pull) == {CONTENT: "pending", PEOPLE: "pending"}
    assert {status.description for status in shelf.repository.state.statuses} == {OURS}


@pytest.mark.slow
@pytest.mark.parametrize("brought", [b"{}", b"\x00", b'{"head": "x", "judgement": {}, "digests": {}, "due": true}'])
def test_an_artifact_that_is_none_of_ours_is_not_believed(shelf: Shelf, runner: Runner, brought: bytes) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    runner.words["github.event.pull_request.number || github.event.issue.number || inputs.number"] = str(pull.number)

    said = runner.run("bot", "say", brought={"review.json": brought})

    assert said.code == 1
    assert shelf.gates(pull)[CONTENT] == "pending"


@pytest.mark.slow
def test_an_issue_from_a_form_is_answered(shelf: Shelf, runner: Runner) -> None:
    issue = shelf.repository.open_issue("A threat", "### What could happen?\n\nA page gives orders.", by=shelf.newcomer)
    issue.label("threat", by=shelf.maintainer)

    done = _visit(runner, issue.number)

    assert {name: job.code for name, job in done.items()} == {"look": 0, "answer": 0}, done["answer"].said
    assert [comment.body.count("“To what?”") for comment in issue.comments] == [1]


@pytest.mark.slow
@pytest.mark.parametrize("off", ["variable", "app"])
def test_it_keeps_silent_where_it_is_told_to(shelf: Shelf, runner: Runner, off: str) -> None:
    if off == "variable":
        runner.words["vars.THREATSHELF_BOT"] = "off"
    else:
        shelf.repository.commit({".github/threatshelf.yml": "bot: app\n"})
    pull = shelf.from_fork({STORY: faulty()})

    done = _visit(runner, pull.number)

    assert {name: job.code for name, job in done.items()} == {"look": 0, "answer": 0}
    assert not shelf.said(pull)
    assert shelf.gates(pull) == {}


@pytest.mark.slow
def test_the_sweep_starts_a_run_for_each_number_that_is_due(shelf: Shelf, runner: Runner) -> None:
    pulls = [shelf.from_branch({f"templates/t{n}/template.yaml": story()}, f"b{n}") for n in "12"]
    issue = shelf.repository.open_issue("A threat", by=shelf.newcomer)
    issue.label("threat", by=shelf.maintainer)
    shelf.github.events.clear()

    swept = runner.run("bot", "sweep")

    assert swept.code == 0, swept.said
    started = [event.payload["inputs"] for event in shelf.github.events if event.name == "workflow_dispatch"]
    assert started == [{"number": str(pull.number)} for pull in (*pulls, issue)]


@pytest.mark.slow
def test_the_gate_of_the_merge_queue(shelf: Shelf, runner: Runner) -> None:
    good = shelf.repository.commit({STORY: story()}, branch="queue-good")
    bad = shelf.repository.commit({STORY: faulty()}, branch="queue-bad")

    assert runner.run("queue", "queue", ref=good).code == 0
    refused = runner.run("queue", "queue", ref=bad)

    assert refused.code == 1
    assert "notes-agnt" in refused.said
    assert runner.run("queue", "stage").code == 0


@pytest.mark.slow
def test_main_settles_builds_and_compares_what_is_served(shelf: Shelf, runner: Runner) -> None:
    pull = shelf.from_branch({STORY: story()})
    shelf.visit(pull)
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)
    merge = f"/repos/{shelf.repository.full_name}/pulls/{pull.number}/merge"
    shelf.client(shelf.maintainer.token).ask("PUT", merge, body={})

    settled = runner.run("main", "settle")

    assert settled.code == 0, settled.said
    assert settled.outputs["commit"] == shelf.repository.head()
    written = (shelf.repository.file(STORY) or b"").decode()
    published = {row.id for row in shelf.ledger.rows if row.state is State.PUBLISHED and row.pull_request}
    assert set(re.findall(r"T-[A-Z]+-[0-9]+", written)) == published
    assert len(published) == 2

    again = runner.run("main", "settle")

    assert again.outputs == settled.outputs, "nothing is left to settle"

    runner.words["needs.settle.outputs.commit"] = settled.outputs["commit"]
    built = runner.run("main", "build", ref=settled.outputs["commit"])

    assert built.code == 0, built.said
    site = built.folder / "build" / "site"
    assert (site / ".well-known" / "threatshelf.json").is_file()
    assert (site / "index.html").is_file()
    assert STORY.split("/")[1] in (site / "v1" / "catalog.json").read_text(encoding="utf-8") + (
        site / "v1" / "catalog" / "1.json"
    ).read_text(encoding="utf-8")

    with _served(site) as address:
        runner.words["steps.deployment.outputs.page_url"] = address
        assert runner.run("main", "deploy").code == 0
        (site / "v1" / "rules.json").write_text("{}", encoding="utf-8")
        assert runner.run("main", "deploy").code != 0


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name http.server gives it
        """Say nothing."""


class _served:  # noqa: N801  # reads as a word: with _served(folder) as address
    """A folder served on loopback."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
