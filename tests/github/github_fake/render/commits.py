"""Commits, refs, trees, diffs and files as REST writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from github_fake.clock import stamp
from github_fake.diffs import FileChange
from github_fake.hub import Hub
from github_fake.objects import CommitObject, Entry, Signature
from github_fake.render import people
from github_fake.state import Repository
from github_fake.wire import not_found


def parsed(hub: Hub, where: Repository, sha: str) -> CommitObject:
    """The commit; not found otherwise."""
    found = hub.git(where).objects.commit(sha)
    if found is None:
        raise not_found()
    return found


def node_id(where: Repository, sha: str) -> str:
    """GraphQL's name for a git object."""
    return f"C_{where.id}_{sha}"


def signature(who: Signature) -> dict[str, str | None]:
    """Name, address and moment."""
    return {"name": who.name, "email": who.email, "date": stamp(datetime.fromtimestamp(who.when, UTC))}


def verification(hub: Hub, sha: str) -> dict[str, Any]:
    """Signed are only the commits GitHub made itself."""
    signed = sha in hub.world.signed
    words = (
        {"signature": "-----BEGIN PGP SIGNATURE-----", "payload": "tree"}
        if signed
        else {"signature": None, "payload": None}
    )
    moment = stamp(hub.clock.now) if signed else None
    return {"verified": signed, "reason": "valid" if signed else "unsigned", "verified_at": moment} | words


def git_commit(hub: Hub, where: Repository, sha: str) -> dict[str, Any]:
    """git-commit."""
    found, api, web = parsed(hub, where, sha), people.repository_url(hub, where), f"{hub.url}/{where.full_name}"
    return {
        "sha": sha,
        "node_id": node_id(where, sha),
        "url": f"{api}/git/commits/{sha}",
        "html_url": f"{web}/commit/{sha}",
        "author": signature(found.author),
        "committer": signature(found.committer),
        "message": found.message.rstrip("\n"),
        "tree": {"sha": found.tree, "url": f"{api}/git/trees/{found.tree}"},
        "parents": [
            {"sha": p, "url": f"{api}/git/commits/{p}", "html_url": f"{web}/commit/{p}"} for p in found.parents
        ],
        "verification": verification(hub, sha),
    }


def commit(hub: Hub, where: Repository, sha: str) -> dict[str, Any]:
    """Commit: the git commit with the accounts behind it."""
    found, api, web = parsed(hub, where, sha), people.repository_url(hub, where), f"{hub.url}/{where.full_name}"
    inner = git_commit(hub, where, sha)
    kept = {key: inner[key] for key in ("author", "committer", "message", "tree", "verification")}
    return {
        "sha": sha,
        "node_id": node_id(where, sha),
        "url": f"{api}/commits/{sha}",
        "html_url": f"{web}/commit/{sha}",
        "comments_url": f"{api}/commits/{sha}/comments",
        "commit": kept | {"url": f"{api}/git/commits/{sha}", "comment_count": 0},
        "author": people.user_or_none(hub, hub.user_by_email(found.author.email)),
        "committer": people.user_or_none(hub, hub.user_by_email(found.committer.email)),
        "parents": [{"sha": p, "url": f"{api}/commits/{p}", "html_url": f"{web}/commit/{p}"} for p in found.parents],
    }


def commit_with_files(hub: Hub, where: Repository, sha: str) -> dict[str, Any]:
    """A commit with what it changed against its first parent."""
    parents = parsed(hub, where, sha).parents
    changes = hub.git(where).changes(parents[0] if parents else None, sha)
    added, removed = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    stats = {"additions": added, "deletions": removed, "total": added + removed}
    files = [diff_entry(hub, where, sha, change) for change in changes[:300]]
    return commit(hub, where, sha) | {"stats": stats, "files": files}


def diff_entry(hub: Hub, where: Repository, sha: str, change: FileChange) -> dict[str, Any]:
    """diff-entry: one file of a pull request, a commit or a comparison."""
    api, path = people.repository_url(hub, where), quote(change.path)
    web = f"{hub.url}/{where.full_name}"
    body: dict[str, Any] = {
        "sha": change.oid,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{web}/blob/{sha}/{path}",
        "raw_url": f"{web}/raw/{sha}/{path}",
        "contents_url": f"{api}/contents/{path}?ref={sha}",
    }
    if change.patch is not None:
        body["patch"] = change.patch
    if change.old_path is not None:
        body["previous_filename"] = change.old_path
    return body


def ref(hub: Hub, where: Repository, name: str, sha: str) -> dict[str, Any]:
    """git-ref; its `url` is the one clients PATCH."""
    api = people.repository_url(hub, where)
    kind = (hub.git(where).objects.read(sha) or ("commit", b""))[0]
    return {
        "ref": name,
        "node_id": f"REF_{where.id}_{name}",
        "url": f"{api}/git/{name}",
        "object": {"sha": sha, "type": kind, "url": f"{api}/git/{kind}s/{sha}"},
    }


def tree_line(hub: Hub, where: Repository, path: str, entry: Entry) -> dict[str, Any]:
    """One entry of a git-tree; submodules have neither size nor address."""
    body: dict[str, Any] = {"path": path, "mode": entry.long_mode, "type": entry.kind, "sha": entry.oid}
    if entry.kind == "commit":
        return body
    body["url"] = f"{people.repository_url(hub, where)}/git/{entry.kind}s/{entry.oid}"
    if entry.kind == "blob":
        body["size"] = len(hub.git(where).objects.blob(entry.oid) or b"")
    return body
