"""Issues, and the side of a pull request that is an issue."""

from __future__ import annotations

from typing import Any

from github_fake import events, moving, talking
from github_fake.call import Call
from github_fake.render import commits, people, pulls, threads
from github_fake.rest.repositories import assignable
from github_fake.rights import has_role
from github_fake.routes import R, route
from github_fake.standing import commits as commits_of
from github_fake.threads import Comment, Issue, Moment, Review
from github_fake.wire import Answer, RefusedError, forbidden, invalid

ONE = R + "/issues/{issue_number}"


@route("GET", R + "/issues", "issues:read")
def listing(call: Call) -> Answer:
    """Issues and pull requests; open ones unless asked otherwise, newest first."""
    found = [i for i in call.repository.issues.values() if _wanted(i, call.request.query)]
    newest = call.request.query.get("sort", "created")
    found.sort(key=lambda i: (i.updated_at if newest == "updated" else i.created_at, i.number), reverse=True)
    if call.request.query.get("direction") == "asc":
        found.reverse()
    return call.page(found, lambda i: threads.issue(call.hub, i))


def _wanted(what: Issue, query: dict[str, str]) -> bool:
    state = query.get("state", "open")
    labels = {one.name.lower() for one in what.labels}
    asked = [name.lower() for name in query.get("labels", "").split(",") if name]
    since = query.get("since")
    return (
        state in ("all", what.state)
        and all(name in labels for name in asked)
        and query.get("creator", what.user.login) == what.user.login
        and (since is None or what.updated_at.isoformat()[:19] >= since[:19])
    )


@route("POST", R + "/issues", "issues:write", "read")
def create(call: Call) -> Answer:
    """A new issue; labels and assignees are dropped in silence where the person may not set them."""
    body = call.body
    made = talking.open_issue(call.hub, call.repository, call.actor, str(body["title"]), body.get("body"))
    call.hub.note(made)
    events.about(call.hub, made, call.actor, "opened")
    if call.actor.kind != "user" or has_role(call.repository, call.user, "triage"):
        for name in body.get("labels", ()):
            talking.add_label(call.hub, made, call.actor, _label_name(name))
        _assign(call, made, body.get("assignees", ()))
    return Answer(201, threads.issue(call.hub, made))


def _label_name(given: Any) -> str:
    return str(given["name"] if isinstance(given, dict) else given)


def _assign(call: Call, what: Issue, logins: Any) -> None:
    for login in logins:
        if not assignable(call.repository, login) and login != what.user.login:
            continue
        talking.assign(call.hub, what, call.actor, call.hub.user(login))


@route("GET", ONE, "thread:read")
def one(call: Call) -> Answer:
    """One issue or pull request."""
    return Answer(200, threads.issue(call.hub, call.issue))


@route("PATCH", ONE, "thread:write", "read")
def edit(call: Call) -> Answer:
    """Words by its author or a writer, state by its author or triage, labels and assignees by triage."""
    what, body = call.issue, call.body
    own = call.actor.kind != "user" or what.user is call.user
    if not own and not has_role(call.repository, call.user, "triage"):
        raise forbidden("Must have triage access to Repository.")
    talking.edit(call.hub, what, call.actor, body)
    _set_state(call, what)
    if "labels" in body:
        set_labels(call, what, [_label_name(name) for name in body["labels"]])
    if "assignees" in body:
        _set_assignees(call, what, body["assignees"])
    return Answer(200, threads.issue(call.hub, what))


def _set_state(call: Call, what: Issue) -> None:
    if call.body.get("state") == "closed":
        moving.close(call.hub, what, call.actor, call.body.get("state_reason"))
    if call.body.get("state") == "open":
        moving.reopen(call.hub, what, call.actor)


def _set_assignees(call: Call, what: Issue, logins: list[str]) -> None:
    for who in [a for a in what.assignees if a.login not in logins]:
        talking.unassign(call.hub, what, call.actor, who)
    _assign(call, what, logins)


def set_labels(call: Call, what: Issue, names: list[str]) -> None:
    """Exactly these labels."""
    wanted = {name.lower() for name in names}
    for label in [one for one in what.labels if one.name.lower() not in wanted]:
        talking.remove_label(call.hub, what, call.actor, label)
    for name in names:
        talking.add_label(call.hub, what, call.actor, name)


@route("PUT", ONE + "/lock", "thread:write")
def lock(call: Call) -> Answer:
    """Only writers may comment from now on; locking twice is no error."""
    what, reason = call.issue, (call.request.body or {}).get("lock_reason")
    if not what.locked:
        what.locked, what.lock_reason = True, reason
        events.record(call.hub, what, call.actor, "locked", lock_reason=reason)
        events.about(call.hub, what, call.actor, "locked")
    return Answer(204, absent=True)


@route("DELETE", ONE + "/lock", "thread:write")
def unlock(call: Call) -> Answer:
    """Open to all again."""
    what = call.issue
    if what.locked:
        what.locked = False
        what.lock_reason = None
        events.record(call.hub, what, call.actor, "unlocked", lock_reason=None)
        events.about(call.hub, what, call.actor, "unlocked")
    return Answer(204, absent=True)


@route("POST", ONE + "/assignees", "thread:write", "triage")
def add_assignees(call: Call) -> Answer:
    """Those who cannot be assigned are left out in silence."""
    _assign(call, call.issue, call.body.get("assignees", ()))
    return Answer(201, threads.issue(call.hub, call.issue))


@route("DELETE", ONE + "/assignees", "thread:write", "triage")
def remove_assignees(call: Call) -> Answer:
    """Take people off."""
    for login in call.body.get("assignees", ()):
        talking.unassign(call.hub, call.issue, call.actor, call.hub.user(login))
    return Answer(200, threads.issue(call.hub, call.issue))


@route("GET", ONE + "/events", "thread:read")
def history(call: Call) -> Answer:
    """What happened, without comments, reviews and commits."""
    return call.page(call.issue.moments, lambda m: threads.moment(call.hub, call.repository, m))


@route("GET", ONE + "/timeline", "thread:read")
def timeline(call: Call) -> Answer:
    """Everything, oldest first; commits of a pull request stand where they were pushed, at the front."""
    what = call.issue
    reviews = [r for r in what.pull.reviews if r.state != "PENDING"] if what.pull else []
    said: list[Moment | Comment | Review] = [*what.moments, *what.comments, *reviews]
    said.sort(key=_moment)
    entries: list[Moment | Comment | Review | str] = [*(commits_of(call.hub, what) if what.pull else ()), *said]
    return call.page(entries, lambda entry: _entry(call, what, entry))


def _moment(entry: Moment | Comment | Review) -> tuple[str, int]:
    when = entry.submitted_at if isinstance(entry, Review) else entry.created_at
    return when.isoformat() if when else "", entry.id


def _entry(call: Call, what: Issue, entry: Moment | Comment | Review | str) -> dict[str, Any]:
    hub, where = call.hub, call.repository
    if isinstance(entry, str):
        return commits.git_commit(hub, where, entry) | {"event": "committed"}
    if isinstance(entry, Comment):
        return threads.comment(hub, entry) | {"event": "commented", "actor": people.user(hub, entry.user)}
    if isinstance(entry, Review):
        body = pulls.review(hub, what, entry)
        return body | {"event": "reviewed", "state": body["state"].lower()}
    return threads.moment(hub, where, entry)


def refuse_locked(call: Call, what: Issue) -> None:
    """403 in a locked thread for those who cannot write."""
    if what.locked and call.actor.kind == "user" and not has_role(what.repository, call.user, "write"):
        raise forbidden("Unable to create comment because issue is locked.")


def require(call: Call, key: str, resource: str) -> str:
    """A text that must be there."""
    found = call.body.get(key)
    if not isinstance(found, str) or not found:
        raise invalid(resource, key, "missing_field")
    return found


def gone(what: str) -> RefusedError:
    """404 with a word about what is not there."""
    return RefusedError(404, f"{what} does not exist")
