"""Check runs: made by Apps, their annotations only ever added to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from github_fake import events
from github_fake.call import Call, newest_first
from github_fake.render import checks
from github_fake.rest.repositories import commit_named
from github_fake.routes import R, route
from github_fake.state import CheckRun
from github_fake.wire import Answer, RefusedError, forbidden, not_found

BATCH = 50
ONE = R + "/check-runs/{check_run_id}"


def _named(call: Call) -> CheckRun:
    number = call.number("check_run_id")
    found = next((r for r in call.repository.check_runs if r.id == number), None)
    if found is None:
        raise not_found()
    return found


def _moment(word: str | None) -> datetime | None:
    return datetime.fromisoformat(word) if word else None


def _check(body: dict[str, Any]) -> None:
    """What GitHub's description does not say, or says only in prose."""
    annotations = (body.get("output") or {}).get("annotations") or []
    if len(annotations) > BATCH:
        raise RefusedError(
            422, f"Invalid request.\n\nNo more than {BATCH} items are allowed; {len(annotations)} were supplied."
        )
    if body.get("status") == "completed" and not body.get("conclusion"):
        raise RefusedError(422, 'Invalid request.\n\n"conclusion" wasn\'t supplied.')
    for one in annotations:
        if one["end_line"] < one["start_line"]:
            raise RefusedError(422, "Invalid request.\n\nend_line must be at or after start_line.")


def _apply(call: Call, run: CheckRun) -> None:
    """Take over what was sent: a conclusion completes, output is replaced, annotations are added."""
    body, now = call.body, call.hub.clock.now
    for key in ("name", "external_id", "details_url", "status", "conclusion", "actions"):
        if body.get(key) is not None:
            setattr(run, key, body[key])
    if body.get("conclusion"):
        run.status = "completed"
    run.started_at = _moment(body.get("started_at")) or run.started_at or now
    if run.status == "completed":
        run.completed_at = _moment(body.get("completed_at")) or run.completed_at or now
    elif "status" in body:
        run.conclusion, run.completed_at = None, None
    _apply_output(run, body.get("output") or {})


def _apply_output(run: CheckRun, output: dict[str, Any]) -> None:
    if output:
        run.output |= {key: output[key] for key in ("title", "summary", "text") if key in output}
        run.annotations += output.get("annotations") or []


def _tell(call: Call, run: CheckRun, action: str) -> None:
    body = {"action": action, "check_run": checks.check_run(call.hub, call.repository, run)}
    events.emit(call.hub, call.repository, call.actor, "check_run", body)


@route("POST", R + "/check-runs", "checks:write")
def create(call: Call) -> Answer:
    """A new run, in the suite its App has on that commit."""
    where, sha, app = call.repository, call.body["head_sha"], call.actor.app
    if app is None:
        raise forbidden("You must authenticate via a GitHub App.")
    if call.hub.git(where).objects.commit(sha) is None:
        raise RefusedError(422, f"No commit found for SHA: {sha}")
    _check(call.body)
    known = next((r.suite for r in where.check_runs if r.sha == sha and r.app is app), None)
    suite = known or call.hub.world.next_id("suite")
    number = call.hub.world.next_id("check run")
    made = CheckRun(number, suite, sha, call.body["name"], app, "queued", call.hub.clock.now)
    _apply(call, made)
    where.check_runs.append(call.hub.note(made))
    _tell(call, made, "created")
    return Answer(201, checks.check_run(call.hub, where, made))


@route("GET", ONE, "checks:read")
def one(call: Call) -> Answer:
    """One run."""
    return Answer(200, checks.check_run(call.hub, call.repository, _named(call)))


@route("PATCH", ONE, "checks:write")
def edit(call: Call) -> Answer:
    """Only by the App that made it."""
    run, app = _named(call), call.actor.app
    if app is None:
        raise forbidden("You must authenticate via a GitHub App.")
    if run.app is not app:
        raise forbidden(
            f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App that created it."
        )
    _check(call.body)
    completed = run.status == "completed"
    _apply(call, run)
    if run.status == "completed" and not completed:
        _tell(call, run, "completed")
    return Answer(200, checks.check_run(call.hub, call.repository, run))


@route("GET", ONE + "/annotations", "checks:read")
def list_annotations(call: Call) -> Answer:
    """A plain list."""
    run = _named(call)
    return call.page(run.annotations, lambda one: checks.annotation(call.hub, call.repository, run, one))


@route("POST", ONE + "/rerequest", "checks:write")
def rerequest(call: Call) -> Answer:
    """Ask its App to do it again; the run itself is left as it is."""
    _tell(call, _named(call), "rerequested")
    return Answer(201, {})


@route("GET", R + "/commits/{ref}/check-runs", "checks:read")
def listing(call: Call) -> Answer:
    """Runs of a commit, newest first; of each name and App only the newest unless `filter=all`."""
    sha, query = commit_named(call), call.request.query
    found = [r for r in call.repository.check_runs if r.sha == sha and _wanted(r, query)]
    if query.get("filter", "latest") == "latest":
        found = list({(r.app.id, r.name): r for r in found}.values())
    return call.counted_page(
        "check_runs", newest_first(found), lambda r: checks.check_run(call.hub, call.repository, r)
    )


def _wanted(run: CheckRun, query: dict[str, str]) -> bool:
    return (
        query.get("check_name", run.name) == run.name
        and query.get("status", run.status) == run.status
        and query.get("app_id", str(run.app.id)) == str(run.app.id)
    )
