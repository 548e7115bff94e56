"""Workflows that can be started, and a repository's variables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from github_fake import events
from github_fake.call import Call
from github_fake.clock import stamp
from github_fake.render import people
from github_fake.routes import R, route
from github_fake.state import Workflow
from github_fake.wire import NO_CONTENT, Answer, RefusedError, not_found

ONE = R + "/actions/workflows/{workflow_id}"


def _named(call: Call) -> Workflow:
    """By number or file name; the file must be on the default branch."""
    where, asked = call.repository, call.args["workflow_id"]
    head = call.hub.git(where).branch(where.default_branch)
    path = f".github/workflows/{asked}"
    known = next((w for w in where.workflows.values() if asked == str(w.id) or w.path == path), None)
    if known is not None:
        return known
    if head is None or call.hub.git(where).file(head, path) is None:
        raise not_found()
    made = Workflow(call.hub.world.next_id("workflow"), path, call.hub.clock.now)
    where.workflows[made.id] = made
    return made


@route("GET", ONE, "actions:read")
def workflow(call: Call) -> Answer:
    """A workflow by its number or its file's name."""
    found, hub = _named(call), call.hub
    web, name = f"{hub.url}/{call.repository.full_name}", found.path.rsplit("/", 1)[-1]
    body: dict[str, Any] = {
        "id": found.id,
        "node_id": f"W_{found.id}",
        "name": name,
        "path": found.path,
        "state": found.state,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.created_at),
        "url": f"{people.repository_url(hub, call.repository)}/actions/workflows/{found.id}",
        "html_url": f"{web}/blob/{call.repository.default_branch}/{found.path}",
        "badge_url": f"{web}/workflows/{name}/badge.svg",
    }
    return Answer(200, body)


@route("GET", ONE + "/runs", "actions:read")
def runs(call: Call) -> Answer:
    """The runs that its schedule started, newest first."""
    found = _named(call)
    shown = found.scheduled if call.request.query.get("event") == "schedule" else []
    body = {"total_count": len(shown), "workflow_runs": [_run(call, found, at) for at in reversed(shown)]}
    return Answer(200, body)


def _run(call: Call, of: Workflow, at: datetime) -> dict[str, Any]:
    where, hub = call.repository, call.hub
    url = f"{people.repository_url(hub, where)}/actions/runs/{int(at.timestamp())}"
    words = ("jobs", "logs", "cancel", "rerun", "artifacts", "workflow", "check_suite")
    head = hub.git(where).branch(where.default_branch)
    return {
        "id": int(at.timestamp()),
        "node_id": f"WFR_{int(at.timestamp())}",
        "head_branch": where.default_branch,
        "run_number": 1,
        "display_title": of.path,
        "event": "schedule",
        "status": "completed",
        "conclusion": "success",
        "head_sha": head,
        "path": of.path,
        "workflow_id": of.id,
        "url": url,
        "html_url": url,
        "created_at": stamp(at),
        "updated_at": stamp(at),
        "head_commit": None,
        "head_repository": people.minimal_repository(hub, where),
        "repository": people.minimal_repository(hub, where),
        "pull_requests": [],
    } | {f"{word}_url": f"{url}/{word}" for word in words}


@route("POST", ONE + "/dispatches", "actions:write")
def dispatch(call: Call) -> Answer:
    """Start a run on a branch; the one thing GITHUB_TOKEN may start."""
    found, ref = _named(call), call.body["ref"]
    if call.hub.git(call.repository).resolve(ref) is None:
        raise RefusedError(422, f"No ref found for: {ref}")
    name = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
    body = {"ref": name, "workflow": found.path, "inputs": call.body.get("inputs") or {}}
    events.emit(call.hub, call.repository, call.actor, "workflow_dispatch", body)
    return NO_CONTENT


@route("GET", R + "/actions/variables/{name}", "variables:read", "write")
def variable(call: Call) -> Answer:
    """A variable of the repository; GITHUB_TOKEN cannot read them, workflows are handed them."""
    name = call.args["name"].upper()
    if name not in call.repository.variables:
        raise not_found()
    moment = stamp(call.repository.created_at)
    body = {"name": name, "value": call.repository.variables[name], "created_at": moment, "updated_at": moment}
    return Answer(200, body)
