"""The contents API: files and folders by path, and commits of one file each."""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import quote

from github_fake.call import Call
from github_fake.hub import Hub
from github_fake.moving import set_ref
from github_fake.objects import CommitObject, Entry, Signature
from github_fake.render import commits, people
from github_fake.rest.gitdata import decoded, wrapped
from github_fake.rest.refs import BROKEN
from github_fake.routes import R, route
from github_fake.rules import Move
from github_fake.state import Repository
from github_fake.wire import Answer, RefusedError, invalid, not_found

EMBEDDED = 1024 * 1024
LARGEST = 100 * 1024 * 1024
FOLDER_LIMIT = 1000
GITHUB = ("GitHub", "noreply@github.com")


@route("GET", R + "/contents/{path}", "contents:read")
def read(call: Call) -> Answer:
    """A file, a folder, a submodule or a symbolic link; a link to a file of the repository answers with its target."""
    where, path = call.repository, call.args["path"].strip("/")
    asked = call.request.query.get("ref") or where.default_branch
    sha = call.hub.git(where).resolve(asked)
    if sha is None:
        raise RefusedError(404, f"No commit found for the ref {asked}")
    if not path:
        return _folder(call, sha, "")
    entry = call.hub.git(where).file(sha, path)
    if entry is None:
        raise not_found()
    if entry.kind == "tree":
        return _folder(call, sha, path)
    return _file(call, sha, path, entry)


def _folder(call: Call, sha: str, path: str) -> Answer:
    git = call.hub.git(call.repository)
    tree = git.file(sha, path) if path else None
    lines = git.objects.entries(tree.oid if tree else git.tree_of(sha) or "")[:FOLDER_LIMIT]
    shown = [outline(call.hub, call.repository, sha, posixpath.join(path, e.name), e) for e in lines]
    if "object" in call.request.headers.get("accept", ""):
        whole = Entry("40000", tree.oid if tree else git.tree_of(sha) or "", path)
        return Answer(200, outline(call.hub, call.repository, sha, path, whole) | {"entries": shown})
    return Answer(200, [line | {"type": "file" if line["type"] == "submodule" else line["type"]} for line in shown])


def _file(call: Call, sha: str, path: str, entry: Entry) -> Answer:
    if entry.mode == "160000":
        return Answer(200, outline(call.hub, call.repository, sha, path, entry) | {"submodule_git_url": None})
    objects = call.hub.git(call.repository).objects
    content = objects.blob(entry.oid) or b""
    if entry.mode == "120000":
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), content.decode("utf-8", "replace")))
        behind = call.hub.git(call.repository).file(sha, target)
        if behind is None or behind.kind != "blob":
            link = outline(call.hub, call.repository, sha, path, entry)
            return Answer(200, link | {"target": content.decode("utf-8", "replace")})
        entry, content = behind, objects.blob(behind.oid) or b""
    if "raw" in call.request.headers.get("accept", ""):
        return Answer(200, content, {"Content-Type": "application/vnd.github.raw; charset=utf-8"})
    return Answer(200, _with_content(outline(call.hub, call.repository, sha, path, entry), content))


def _with_content(body: dict[str, Any], content: bytes) -> dict[str, Any]:
    """Up to 1 MB the bytes come along; above, only the blob API has them."""
    if len(content) > LARGEST:
        raise RefusedError(403, "This API returns blobs up to 100 MB in size.")
    small = len(content) <= EMBEDDED
    shown = {"content": wrapped(content) if small else "", "encoding": "base64" if small else "none"}
    return body | {"type": "file"} | shown


def outline(hub: Hub, where: Repository, sha: str, path: str, entry: Entry) -> dict[str, Any]:
    """What every entry has: names, links, size."""
    kinds = {"120000": "symlink", "160000": "submodule", "40000": "dir"}
    kind = kinds.get(entry.mode, "file")
    api, web, plain = people.repository_url(hub, where), f"{hub.url}/{where.full_name}", quote(path)
    page = f"{web}/{'tree' if kind == 'dir' else 'blob'}/{sha}/{plain}"
    data = None if kind == "submodule" else f"{api}/git/{entry.kind}s/{entry.oid}"
    links = {"self": f"{api}/contents/{plain}?ref={sha}", "git": data, "html": page}
    return {
        "type": kind,
        "name": posixpath.basename(path),
        "path": path,
        "sha": entry.oid,
        "url": links["self"],
        "size": len(hub.git(where).objects.blob(entry.oid) or b"") if entry.kind == "blob" else 0,
        "git_url": data,
        "html_url": page,
        "download_url": f"{web}/raw/{sha}/{plain}" if kind in ("file", "symlink") else None,
        "_links": links,
    }


@route("PUT", R + "/contents/{path}", "contents:write")
def write(call: Call) -> Answer:
    """Create or replace one file: `sha` must be the blob that is there; of a file that is gone it is ignored."""
    path, content = call.args["path"].strip("/"), decoded(call.body["content"])
    if not path or ".git" in path.split("/") or ".." in path.split("/"):
        raise RefusedError(422, "path contains a malformed path component")
    head, branch = _start(call)
    there = call.hub.git(call.repository).file(head, path) if head else None
    if there:
        _same(path, there, call.body.get("sha"))
    blob = call.hub.git(call.repository).objects.write("blob", content)
    entry = Entry(there.mode if there else "100644", blob, path)
    sha = _commit(call, head, branch, {path: entry})
    return Answer(200 if there else 201, _result(call, sha, path, entry))


@route("DELETE", R + "/contents/{path}", "contents:write")
def delete(call: Call) -> Answer:
    """Take one file away."""
    path = call.args["path"].strip("/")
    head, branch = _start(call)
    there = call.hub.git(call.repository).file(head, path) if head else None
    if there is None:
        raise not_found()
    _same(path, there, call.body.get("sha"))
    return Answer(200, _result(call, _commit(call, head, branch, {path: None}), path, None))


def _start(call: Call) -> tuple[str | None, str]:
    """Head and branch to commit on; an unknown branch is not found, unless the repository is empty."""
    branch = call.body.get("branch") or call.repository.default_branch
    head = call.hub.git(call.repository).branch(branch)
    if head is None and call.hub.git(call.repository).refs("refs/heads/"):
        raise RefusedError(404, f"Branch {branch} not found")
    return head, branch


def _same(path: str, there: Entry, sha: str | None) -> None:
    """422 without the blob's name, 409 with another's."""
    if sha is None:
        raise RefusedError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if sha != there.oid:
        raise RefusedError(409, f"{path} does not match {sha}")


def _commit(call: Call, head: str | None, branch: str, changes: dict[str, Entry | None]) -> str:
    """The new commit; 409 where the branch moved since it was read, or its rules refuse."""
    hub, git = call.hub, call.hub.git(call.repository)
    tree = git.objects.replace(git.tree_of(head) if head else None, changes)
    own = hub.signature(call.user)
    author = _given(call.body.get("author"), own)
    committer = _given(call.body.get("committer"), Signature(*GITHUB, own.when))
    parents = (head,) if head else ()
    sha = git.objects.write_commit(CommitObject(tree, parents, author, committer, call.body["message"]))
    if committer.email == GITHUB[1]:
        hub.world.signed.add(sha)
    hub.meanwhile()
    refused = set_ref(hub, call.repository, call.actor, Move(f"refs/heads/{branch}", head, sha))
    if refused:
        raise RefusedError(409, BROKEN + "\n".join(refused))
    if refused is not None:
        raise RefusedError(409, f"is at {git.branch(branch)} but expected {head}")
    return sha


def _given(given: dict[str, str] | None, otherwise: Signature) -> Signature:
    if given is None:
        return otherwise
    if not given.get("name") or not given.get("email"):
        raise invalid("Commit", "author", "missing_field")
    return Signature(given["name"], given["email"], otherwise.when)


def _result(call: Call, sha: str, path: str, entry: Entry | None) -> dict[str, Any]:
    where = call.repository
    shown = outline(call.hub, where, call.body.get("branch") or where.default_branch, path, entry) if entry else None
    return {"content": shown, "commit": commits.git_commit(call.hub, where, sha)}
