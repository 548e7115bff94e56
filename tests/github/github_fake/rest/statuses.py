"""Commit statuses: they belong to no App and no workflow, and the newest of a context counts."""

from __future__ import annotations

from github_fake import events
from github_fake.call import Call, newest_first
from github_fake.render import checks, commits, people
from github_fake.rest.repositories import commit_named
from github_fake.routes import R, route
from github_fake.state import Status
from github_fake.wire import Answer, RefusedError, invalid

LIMIT = 1000
STATES = ("error", "failure", "pending", "success")


@route("POST", R + "/statuses/{sha}", "statuses:write")
def create(call: Call) -> Answer:
    """Say what a context thinks of a commit; at most a thousand times."""
    sha, body, where = call.args["sha"], call.body, call.repository
    if call.hub.git(where).objects.commit(sha) is None:
        raise RefusedError(422, f"No commit found for SHA: {sha}")
    if body["state"] not in STATES:
        raise invalid("Status", "state")
    if len(body.get("description") or "") > 140:
        raise invalid("Status", "description", message="description is too long (maximum is 140 characters)")
    context = body.get("context", "default")
    if sum(s.sha == sha and s.context == context for s in where.statuses) >= LIMIT:
        raise invalid("Status", "context", message="This SHA and context has reached the maximum number of statuses.")
    number = call.hub.world.next_id("status")
    description, target = body.get("description"), body.get("target_url")
    made = Status(number, sha, body["state"], context, description, target, call.user, call.hub.clock.now)
    where.statuses.append(made)
    _tell(call, made)
    return Answer(201, checks.status(call.hub, where, made))


def _tell(call: Call, made: Status) -> None:
    where = call.repository
    body = {"id": made.id, "sha": made.sha, "state": made.state, "context": made.context, "target_url": made.target_url}
    body |= {"description": made.description, "commit": commits.commit(call.hub, where, made.sha), "branches": []}
    events.emit(call.hub, where, call.actor, "status", body | {"name": where.full_name})


@route("GET", R + "/commits/{ref}/statuses", "statuses:read")
def listing(call: Call) -> Answer:
    """Every status of a commit, newest first."""
    sha = commit_named(call)
    found = newest_first(s for s in call.repository.statuses if s.sha == sha)
    return call.page(found, lambda s: checks.status(call.hub, call.repository, s))


@route("GET", R + "/commits/{ref}/status", "statuses:read")
def combined(call: Call) -> Answer:
    """The newest of each context and what they come to; check runs are not among them."""
    sha, where = commit_named(call), call.repository
    newest = {s.context: s for s in where.statuses if s.sha == sha}
    found = sorted(newest.values(), key=lambda s: s.id, reverse=True)
    shown, links = call.cut(found)
    api = people.repository_url(call.hub, where)
    body = {
        "state": _together([s.state for s in found]),
        "statuses": [checks.simple_status(call.hub, where, s) for s in shown],
        "sha": sha,
        "total_count": len(found),
        "repository": people.minimal_repository(call.hub, where),
        "commit_url": f"{api}/commits/{sha}",
        "url": f"{api}/commits/{sha}/status",
    }
    return Answer(200, body, links)


def _together(states: list[str]) -> str:
    """Failure beats pending beats success; nothing at all is pending."""
    if "failure" in states or "error" in states:
        return "failure"
    return "success" if states and set(states) == {"success"} else "pending"
