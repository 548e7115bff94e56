"""Repositories, refs, commits, trees and blobs in GraphQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from github_fake.graphql.frame import GraphRefusedError, Viewing, connection, facts, field
from github_fake.objects import CommitObject, Entry, Signature
from github_fake.render import commits as rendering
from github_fake.rights import role_of
from github_fake.state import Repository
from github_fake.threads import Issue, Label


@dataclass(frozen=True)
class GitThing:
    """An object of a repository: `kind` is Commit, Tree, Blob or Tag."""

    where: Repository
    oid: str
    kind: str

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"{self.kind[0]}_{self.where.id}_{self.oid}"


@dataclass(frozen=True)
class RefThing:
    """A ref by its full name."""

    where: Repository
    name: str
    oid: str

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"REF_{self.where.id}_{self.name}"


@dataclass(frozen=True)
class TreeLine:
    """An entry with its whole path."""

    where: Repository
    path: str
    entry: Entry


def thing(view: Viewing, where: Repository, oid: str | None) -> GitThing | None:
    """The object of that name, or None."""
    found = view.hub.git(where).objects.read(oid) if oid else None
    return GitThing(where, oid, found[0].capitalize()) if found and oid else None


@field("Repository.object")
def object_at(view: Viewing, where: Repository, arguments: dict[str, Any]) -> GitThing | None:
    """By `oid`, or by `expression`: a revision, or `revision:path`."""
    view.need(where, "contents:read")
    if arguments.get("oid"):
        return thing(view, where, arguments["oid"])
    revision, colon, path = (arguments.get("expression") or "").partition(":")
    git = view.hub.git(where)
    if len(revision) == 40 and not colon and git.objects.read(revision):
        return thing(view, where, revision)
    commit = git.resolve(revision)
    if commit is None or not colon:
        return thing(view, where, commit)
    entry = git.file(commit, path) if path else None
    return thing(view, where, entry.oid if entry else git.tree_of(commit) if not path else None)


@field("Repository.ref")
def ref(view: Viewing, where: Repository, arguments: dict[str, Any]) -> RefThing | None:
    """By full name, or a branch's or tag's short one."""
    view.need(where, "contents:read")
    name = arguments["qualifiedName"]
    git = view.hub.git(where)
    for full in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        oid = git.ref(full) if full.startswith("refs/") else None
        if oid:
            return RefThing(where, full, oid)
    return None


@field("Repository.refs")
def refs(view: Viewing, where: Repository, arguments: dict[str, Any]) -> Any:
    """All below a prefix."""
    view.need(where, "contents:read")
    found = view.hub.git(where).refs(arguments["refPrefix"])
    return connection([RefThing(where, name, oid) for name, oid in found.items()], arguments, "refs")


@field("Repository.defaultBranchRef")
def default_branch(view: Viewing, where: Repository, arguments: dict[str, Any]) -> RefThing | None:
    """None in an empty repository."""
    view.need(where, "contents:read")
    name = f"refs/heads/{where.default_branch}"
    oid = view.hub.git(where).ref(name)
    return RefThing(where, name, oid) if oid else None


@field("Repository.isFork")
def is_fork(view: Viewing, where: Repository, arguments: dict[str, Any]) -> bool:
    """Whether it came from another."""
    return where.parent is not None


@field("Repository.nameWithOwner")
def name_with_owner(view: Viewing, where: Repository, arguments: dict[str, Any]) -> str:
    """owner/name."""
    return where.full_name


@field("Repository.isPrivate")
def is_private(view: Viewing, where: Repository, arguments: dict[str, Any]) -> bool:
    """Whether only members see it."""
    return where.private


@field("Repository.viewerPermission")
def viewer_permission(view: Viewing, where: Repository, arguments: dict[str, Any]) -> str | None:
    """The asker's role in capitals; a stranger reads what is public."""
    role = role_of(where, view.token.user)
    return "READ" if role == "none" else role.upper()


@field("Repository.labels")
def labels(view: Viewing, where: Repository, arguments: dict[str, Any]) -> Any:
    """The repository's labels."""
    return connection(list(where.labels.values()), arguments, "labels")


@field("Repository.label")
def label(view: Viewing, where: Repository, arguments: dict[str, Any]) -> Any:
    """One by name."""
    return where.labels.get(arguments["name"].lower())


@field("Repository.url")
def repository_url(view: Viewing, where: Repository, arguments: dict[str, Any]) -> str:
    """Where a person looks at it."""
    return f"{view.hub.url}/{where.full_name}"


@field("Ref.name")
def ref_name(view: Viewing, found: RefThing, arguments: dict[str, Any]) -> str:
    """Without its prefix."""
    return found.name.split("/", 2)[-1]


@field("Ref.prefix")
def ref_prefix(view: Viewing, found: RefThing, arguments: dict[str, Any]) -> str:
    """`refs/heads/` or another."""
    return "/".join(found.name.split("/", 2)[:2]) + "/"


@field("Ref.target")
def ref_target(view: Viewing, found: RefThing, arguments: dict[str, Any]) -> GitThing | None:
    """What it points to."""
    return thing(view, found.where, found.oid)


@field("Ref.repository", "Commit.repository", "Blob.repository", "Tree.repository", "Tag.repository")
def repository_of(view: Viewing, found: GitThing | RefThing, arguments: dict[str, Any]) -> Repository:
    """Where it was asked of."""
    return found.where


@field("Commit.abbreviatedOid", "Blob.abbreviatedOid", "Tree.abbreviatedOid", "Tag.abbreviatedOid")
def abbreviated(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> str:
    """Seven digits."""
    return found.oid[:7]


def _bytes(view: Viewing, found: GitThing) -> bytes:
    return view.hub.git(found.where).objects.blob(found.oid) or b""


@field("Blob.byteSize")
def byte_size(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> int:
    """In bytes."""
    return len(_bytes(view, found))


@field("Blob.isBinary")
def is_binary(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> bool:
    """Git's own test: a NUL among the first 8,000 bytes."""
    return b"\0" in _bytes(view, found)[:8000]


@field("Blob.isTruncated")
def is_truncated(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> bool:
    """Text above half a megabyte is cut."""
    return len(_bytes(view, found)) > 512_000


@field("Blob.text")
def text(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> str | None:
    """None for binary files; cut where it is too long."""
    content = _bytes(view, found)
    return None if b"\0" in content[:8000] else content[:512_000].decode("utf-8", "replace")


@field("Tree.entries")
def entries(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> list[TreeLine]:
    """One level."""
    return [TreeLine(found.where, e.name, e) for e in view.hub.git(found.where).objects.entries(found.oid)]


@facts("TreeEntry.name", "TreeEntry.mode", "TreeEntry.oid", "TreeEntry.type", "TreeEntry.extension", "TreeEntry.size")
def tree_line(view: Viewing, line: TreeLine, arguments: dict[str, Any]) -> dict[str, Any]:
    """Mode as a number whose octal digits are git's (33188 is 100644), as GitHub gives it."""
    entry = line.entry
    dot = entry.name.rfind(".")
    size = len(view.hub.git(line.where).objects.blob(entry.oid) or b"") if entry.kind == "blob" else 0
    return {
        "name": entry.name,
        "mode": int(entry.mode, 8),
        "oid": entry.oid,
        "type": entry.kind,
        "size": size,
        "extension": entry.name[dot:] if dot > 0 else "",
    }


@field("TreeEntry.object")
def line_object(view: Viewing, line: TreeLine, arguments: dict[str, Any]) -> GitThing | None:
    """What the entry names; None for a submodule."""
    return thing(view, line.where, line.entry.oid)


def _commit(view: Viewing, found: GitThing) -> CommitObject:
    return rendering.parsed(view.hub, found.where, found.oid)


@facts("Commit.message", "Commit.messageHeadline", "Commit.messageBody", "Commit.url")
def commit_words(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> dict[str, str]:
    """The message, whole and in parts."""
    message = _commit(view, found).message.rstrip("\n")
    head, _, body = message.partition("\n")
    url = f"{view.hub.url}/{found.where.full_name}/commit/{found.oid}"
    return {"message": message, "messageHeadline": head, "messageBody": body.lstrip("\n"), "url": url}


@facts("Commit.author", "Commit.committer", "Commit.authoredDate", "Commit.committedDate")
def commit_people(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> dict[str, Any]:
    """Who wrote and who committed it, and when."""
    commit = _commit(view, found)
    author, committer = _person(view, commit.author), _person(view, commit.committer)
    return {
        "author": author,
        "committer": committer,
        "authoredDate": author["date"],
        "committedDate": committer["date"],
    }


def _person(view: Viewing, who: Signature) -> dict[str, Any]:
    account = view.hub.user_by_email(who.email)
    return rendering.signature(who) | {"user": account if account and account.kind == "User" else None}


@field("Commit.tree")
def commit_tree(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> GitThing:
    """Its files."""
    return GitThing(found.where, _commit(view, found).tree, "Tree")


@field("Commit.file")
def commit_file(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> TreeLine | None:
    """The entry at a path."""
    entry = view.hub.git(found.where).file(found.oid, arguments["path"])
    return TreeLine(found.where, arguments["path"], entry) if entry else None


@field("Commit.parents")
def parents(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> Any:
    """What it builds on."""
    return connection([GitThing(found.where, p, "Commit") for p in _commit(view, found).parents], arguments, "parents")


@field("Commit.history")
def history(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> Any:
    """Newest first, of one path where asked."""
    shas = view.hub.git(found.where).history(found.oid, path=arguments.get("path") or "")
    return connection([GitThing(found.where, sha, "Commit") for sha in shas], arguments, "history")


@field("Commit.associatedPullRequests")
def associated(view: Viewing, found: GitThing, arguments: dict[str, Any]) -> Any:
    """Pull requests it is the head or the merge of."""
    pulls = [i for i in found.where.issues.values() if i.pull and found.oid in (i.pull.head_sha, i.pull.merge_sha)]
    return connection(pulls, arguments, "associatedPullRequests")


def visible(view: Viewing, full_name: str) -> Repository:
    """The repository, if the asker may see it."""
    where = view.hub.world.repositories.get(full_name.lower())
    hidden = where is not None and where.private and role_of(where, view.token.user) == "none"
    if where is None or (hidden and where.full_name not in view.token.repositories):
        raise GraphRefusedError("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
    return where


def numbered(where: Repository, number: int, kind: str) -> Issue | None:
    """An Issue or a PullRequest by number."""
    found = where.issues.get(number)
    fits = found is not None and (kind == "any" or (found.pull is not None) == (kind == "PullRequest"))
    if not fits:
        raise GraphRefusedError("NOT_FOUND", f"Could not resolve to a {kind} with the number of {number}.")
    return found


@field("Label.url")
def label_url(view: Viewing, found: Label, arguments: dict[str, Any]) -> str:
    """Where a person looks at it."""
    where = next(r for r in view.hub.world.repositories.values() if found in r.labels.values())
    return f"{view.hub.url}/{where.full_name}/labels/{quote(found.name, safe='')}"
