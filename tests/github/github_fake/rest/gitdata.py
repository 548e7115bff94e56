"""Git's own objects: blobs, trees and commits."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

from github_fake.call import Call
from github_fake.objects import CommitObject, Entry, Signature
from github_fake.render import commits, people
from github_fake.routes import R, route
from github_fake.wire import Answer, RefusedError, not_found

TREE_LIMIT = 100_000
BLOB_LIMIT = 100 * 1024 * 1024


def wrapped(content: bytes) -> str:
    """Base64 in lines of sixty, as GitHub sends it."""
    whole = base64.b64encode(content).decode()
    return "".join(whole[n : n + 60] + "\n" for n in range(0, len(whole), 60))


@route("GET", R + "/git/blobs/{file_sha}", "contents:read")
def blob(call: Call) -> Answer:
    """A blob in base64, whatever its size up to 100 MB; its bytes for the `raw` media type."""
    sha, where = call.args["file_sha"], call.repository
    content = call.hub.git(where).objects.blob(sha)
    if content is None:
        raise not_found()
    if len(content) > BLOB_LIMIT:
        raise RefusedError(403, "This API returns blobs up to 100 MB in size.")
    if "raw" in call.request.headers.get("accept", ""):
        return Answer(200, content, {"Content-Type": "application/vnd.github.raw"})
    url = f"{people.repository_url(call.hub, where)}/git/blobs/{sha}"
    body = {"sha": sha, "node_id": f"B_{where.id}_{sha}", "size": len(content), "url": url, "encoding": "base64"}
    return Answer(200, body | {"content": wrapped(content)})


@route("POST", R + "/git/blobs", "contents:write")
def create_blob(call: Call) -> Answer:
    """Store bytes, given as text or base64."""
    content = call.body["content"].encode()
    if call.body.get("encoding") == "base64":
        content = decoded(call.body["content"])
    sha = call.hub.git(call.repository).objects.write("blob", content)
    return Answer(201, {"sha": sha, "url": f"{people.repository_url(call.hub, call.repository)}/git/blobs/{sha}"})


def decoded(content: str) -> bytes:
    """Base64 with or without line breaks; 422 for anything else."""
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error as problem:
        raise RefusedError(422, "content is not valid Base64") from problem


@route("GET", R + "/git/trees/{tree_sha}", "contents:read")
def tree(call: Call) -> Answer:
    """A tree by its own name, a commit's or a branch's; all of it with `recursive` (any value)."""
    git = call.hub.git(call.repository)
    asked = call.args["tree_sha"]
    sha = git.tree_of(asked) if len(asked) == 40 else None
    named = git.resolve(asked) if sha is None else None
    sha = sha or (git.tree_of(named) if named else None)
    if sha is None:
        raise not_found()
    deep = "recursive" in call.request.query
    found = list(git.objects.walk(sha)) if deep else [(e.name, e) for e in git.objects.entries(sha)]
    return Answer(200, _tree(call, sha, found) | {"truncated": deep and len(found) > TREE_LIMIT})


def _tree(call: Call, sha: str, found: list[tuple[str, Entry]]) -> dict[str, Any]:
    hub, where = call.hub, call.repository
    lines = [commits.tree_line(hub, where, path, entry) for path, entry in found[:TREE_LIMIT]]
    return {
        "sha": sha,
        "url": f"{people.repository_url(hub, where)}/git/trees/{sha}",
        "tree": lines,
        "truncated": False,
    }


@route("POST", R + "/git/trees", "contents:write")
def create_tree(call: Call) -> Answer:
    """A tree from entries (`sha`, `content`, or sha null to take away), on top of `base_tree` where given."""
    git = call.hub.git(call.repository)
    base = call.body.get("base_tree")
    old = git.tree_of(base) if base else None
    if base and old is None:
        raise RefusedError(404, "Not Found")
    changes = {line["path"]: _entry(call, line) for line in call.body["tree"]}
    sha = git.objects.replace(old, changes)
    return Answer(201, _tree(call, sha, [(e.name, e) for e in git.objects.entries(sha)]))


def _entry(call: Call, line: dict[str, Any]) -> Entry | None:
    objects = call.hub.git(call.repository).objects
    mode = line.get("mode", "100644").lstrip("0")
    if "content" in line:
        return Entry(mode, objects.write("blob", line["content"].encode()), line["path"])
    if line.get("sha") is None:
        return None
    if mode != "160000" and objects.read(line["sha"]) is None:
        raise RefusedError(422, f"tree.sha {line['sha']} is not a valid {line.get('type', 'blob')}")
    return Entry(mode, line["sha"], line["path"])


@route("GET", R + "/git/commits/{commit_sha}", "contents:read")
def commit(call: Call) -> Answer:
    """A commit as git has it."""
    return Answer(200, commits.git_commit(call.hub, call.repository, call.args["commit_sha"]))


@route("POST", R + "/git/commits", "contents:write")
def create_commit(call: Call) -> Answer:
    """A commit nothing points to yet; author and committer default to the caller, now. A bot's own is signed."""
    objects, hub = call.hub.git(call.repository).objects, call.hub
    parents = tuple(call.body.get("parents", ()))
    if call.hub.git(call.repository).tree_of(call.body["tree"]) is None:
        raise RefusedError(422, "Tree SHA does not exist")
    if any(objects.commit(parent) is None for parent in parents):
        raise RefusedError(422, "Parent SHA does not exist or is not a commit object")
    author = _signature(call, call.body.get("author"), hub.signature(call.user))
    committer = _signature(call, call.body.get("committer"), author)
    sha = objects.write_commit(CommitObject(call.body["tree"], parents, author, committer, call.body["message"]))
    if call.user.kind == "Bot" and not call.body.get("author") and not call.body.get("committer"):
        hub.world.signed.add(sha)
    return Answer(201, commits.git_commit(hub, call.repository, sha))


def _signature(call: Call, given: dict[str, str] | None, otherwise: Signature) -> Signature:
    if given is None:
        return otherwise
    when = int(datetime.fromisoformat(given["date"]).timestamp()) if given.get("date") else otherwise.when
    return Signature(given["name"], given["email"], when)
