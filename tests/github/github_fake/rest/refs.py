"""Refs: read, made, moved and taken away, each under the rules of its branch."""

from __future__ import annotations

from typing import Any

from github_fake import moving
from github_fake.call import Call
from github_fake.render import commits
from github_fake.routes import R, route
from github_fake.rules import Move
from github_fake.wire import Answer, RefusedError, not_found

GONE = "Reference does not exist"
BROKEN = "Repository rule violations found\n\n"


def move(call: Call, step: Move, status: int = 422) -> None:
    """Move a ref, or raise what the rules say (`status`) or 422 where it stood elsewhere."""
    refused = moving.set_ref(call.hub, call.repository, call.actor, step)
    if refused:
        raise RefusedError(status, BROKEN + "\n".join(refused))
    if refused is not None:
        raise RefusedError(422, "Reference cannot be updated")


def _written(call: Call, name: str, sha: str) -> dict[str, Any]:
    return commits.ref(call.hub, call.repository, name, sha)


@route("GET", R + "/git/ref/{ref}", "contents:read")
def one(call: Call) -> Answer:
    """One ref by its name without `refs/`; no guessing."""
    name = f"refs/{call.args['ref']}"
    sha = call.hub.git(call.repository).ref(name)
    if sha is None:
        raise not_found()
    return Answer(200, _written(call, name, sha))


@route("GET", R + "/git/matching-refs/{ref}", "contents:read")
def matching(call: Call) -> Answer:
    """All refs that begin so; whole, and an empty list is no error."""
    found = list(call.hub.git(call.repository).refs(f"refs/{call.args['ref']}").items())
    return Answer(200, [_written(call, *pair) for pair in found])


@route("POST", R + "/git/refs", "contents:write")
def create(call: Call) -> Answer:
    """A new ref; 422 where it exists, or names no object."""
    name, sha, git = call.body["ref"], call.body["sha"], call.hub.git(call.repository)
    if not name.startswith("refs/") or name.count("/") < 2 or not git.is_name(name):
        raise RefusedError(422, "Reference name must start with 'refs/' and have at least two slashes.")
    if git.objects.read(sha) is None:
        raise RefusedError(422, "Object does not exist")
    if git.ref(name) is not None:
        raise RefusedError(422, "Reference already exists")
    move(call, Move(name, None, sha))
    return Answer(201, _written(call, name, sha))


@route("PATCH", R + "/git/refs/{ref}", "contents:write")
def update(call: Call) -> Answer:
    """Move a ref: forward, or anywhere with `force`."""
    name, new, git = f"refs/{call.args['ref']}", call.body["sha"], call.hub.git(call.repository)
    old = git.ref(name)
    if old is None:
        raise RefusedError(422, GONE)
    if git.objects.read(new) is None:
        raise RefusedError(422, "Object does not exist")
    call.hub.meanwhile()
    if not call.body.get("force") and not git.descends(new, old):
        raise RefusedError(422, "Update is not a fast forward")
    move(call, Move(name, old, new))
    return Answer(200, _written(call, name, new))


@route("DELETE", R + "/git/refs/{ref}", "contents:write")
def delete(call: Call) -> Answer:
    """Take a ref away."""
    name = f"refs/{call.args['ref']}"
    old = call.hub.git(call.repository).ref(name)
    if old is None:
        raise RefusedError(422, GONE)
    move(call, Move(name, old, None))
    return Answer(204, absent=True)
