"""What can be changed through GraphQL: commits on a branch, refs, minimised comments, drafts."""

from __future__ import annotations

from typing import Any

from github_fake import pulling, talking
from github_fake.graphql.frame import GraphRefusedError, Viewing, field
from github_fake.graphql.gitfields import GitThing, RefThing, visible
from github_fake.graphql.saidfields import REACTIONS, Conversation, issue_of
from github_fake.moving import set_ref
from github_fake.objects import CommitObject, Entry, Signature
from github_fake.rest.contents import GITHUB
from github_fake.rest.gitdata import decoded
from github_fake.rest.refs import BROKEN
from github_fake.rights import has_right, has_role, may_push, reaches, resources_of_thread
from github_fake.rules import Move
from github_fake.state import Repository
from github_fake.threads import Comment, Issue, Review, ReviewComment


def _node(view: Viewing, node_id: str) -> Any:
    found = view.hub.world.nodes.get(node_id)
    if found is None:
        raise GraphRefusedError("NOT_FOUND", f"Could not resolve to a node with the global id of '{node_id}'.")
    return found


def _thread(view: Viewing, found: Any) -> Issue:
    if isinstance(found, Issue):
        return found
    if isinstance(found, Review):
        return issue_of(view, found)
    issue: Issue = found.issue
    return issue


def _may_write(view: Viewing, what: Issue, least: str) -> None:
    """FORBIDDEN for those who lack the role or the right."""
    token, where = view.token, what.repository
    if token.kind == "user":
        allowed = has_role(where, token.user, least)
    else:
        rights = resources_of_thread(is_pull=what.pull is not None)
        allowed = reaches(token, where) and any(has_right(token, r, "write") for r in rights)
    if not allowed:
        raise GraphRefusedError(
            "FORBIDDEN", f"{token.user.login} does not have the correct permissions to execute this."
        )


@field("Mutation.minimizeComment")
def minimize(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Fold a comment away; who wrote it may, and who can write."""
    wanted = arguments["input"]
    found = _node(view, wanted["subjectId"])
    _may_minimize(view, found)
    found.minimized = wanted["classifier"].lower().replace("_", "-")
    return {"minimizedComment": found, "clientMutationId": wanted.get("clientMutationId")}


@field("Mutation.unminimizeComment")
def unminimize(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Show it again."""
    wanted = arguments["input"]
    found = _node(view, wanted["subjectId"])
    _may_minimize(view, found)
    found.minimized = None
    return {"unminimizedComment": found, "clientMutationId": wanted.get("clientMutationId")}


def _may_minimize(view: Viewing, found: Any) -> None:
    if not isinstance(found, Comment | Review | ReviewComment):
        raise GraphRefusedError("UNPROCESSABLE", "This cannot be minimized.")
    own = found.user is view.token.user and view.token.kind == "user"
    if not own:
        _may_write(view, _thread(view, found), "write")


@field("Mutation.createCommitOnBranch")
def create_commit(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """One signed commit by the caller; STALE_DATA where the branch is not at `expectedHeadOid`."""
    wanted, hub = arguments["input"], view.hub
    where, name = _branch(view, wanted["branch"])
    if not may_push(view.token, where):
        raise GraphRefusedError("FORBIDDEN", "Resource not accessible by integration")
    git, expected = hub.git(where), wanted["expectedHeadOid"]
    head = git.branch(name)
    if head is None:
        raise GraphRefusedError("NOT_FOUND", f"No branch {name} exists in {where.full_name}.")
    changes = _file_changes(view, where, expected, wanted.get("fileChanges") or {}) if head == expected else {}
    hub.meanwhile()
    if git.branch(name) != expected:
        words = f'Expected branch to point to "{expected}" but it did not. Pull and try again.'
        raise GraphRefusedError("STALE_DATA", words)
    author = hub.signature(view.token.user)
    message = "\n\n".join(filter(None, (wanted["message"]["headline"], wanted["message"].get("body"))))
    tree = git.objects.replace(git.tree_of(expected), changes)
    commit = CommitObject(tree, (expected,), author, Signature(*GITHUB, author.when), message)
    sha = git.objects.write_commit(commit)
    hub.world.signed.add(sha)
    _move(view, where, Move(f"refs/heads/{name}", expected, sha))
    made = GitThing(where, sha, "Commit")
    ref = RefThing(where, f"refs/heads/{name}", sha)
    return {"commit": made, "ref": ref, "clientMutationId": wanted.get("clientMutationId")}


def _branch(view: Viewing, wanted: dict[str, Any]) -> tuple[Repository, str]:
    """By node id, or by repository and branch name."""
    if wanted.get("id"):
        number, _, ref = wanted["id"].removeprefix("REF_").partition("_")
        where = next((r for r in view.hub.world.repositories.values() if str(r.id) == number), None)
        if where is None:
            raise GraphRefusedError("NOT_FOUND", f"Could not resolve to a node with the global id of '{wanted['id']}'.")
        return where, ref.removeprefix("refs/heads/")
    if not wanted.get("repositoryNameWithOwner") or not wanted.get("branchName"):
        raise GraphRefusedError(
            "UNPROCESSABLE", "A branch is named by its id, or by repositoryNameWithOwner and branchName."
        )
    return visible(view, wanted["repositoryNameWithOwner"]), wanted["branchName"].removeprefix("refs/heads/")


def _file_changes(view: Viewing, where: Repository, head: str, wanted: dict[str, Any]) -> dict[str, Entry | None]:
    git = view.hub.git(where)
    changes: dict[str, Entry | None] = {}
    for one in wanted.get("deletions") or ():
        if git.file(head, one["path"]) is None:
            raise GraphRefusedError(
                "UNPROCESSABLE", f"A path was requested for deletion which does not exist as of commit oid `{head}`"
            )
        changes[one["path"]] = None
    for one in wanted.get("additions") or ():
        old = git.file(head, one["path"])
        blob = git.objects.write("blob", decoded(one["contents"]))
        changes[one["path"]] = Entry(old.mode if old else "100644", blob, one["path"])
    return changes


def _move(view: Viewing, where: Repository, step: Move) -> None:
    refused = set_ref(view.hub, where, view.token, step)
    if refused:
        raise GraphRefusedError("UNPROCESSABLE", BROKEN + "\n".join(refused))
    if refused is not None:
        raise GraphRefusedError("STALE_DATA", f"{step.ref} is not at {step.old}")


@field("Mutation.updateRefs")
def update_refs(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """All of them or none, each from its `beforeOid` where given; forty zeros mean "not there"."""
    wanted = arguments["input"]
    where = _node(view, wanted["repositoryId"])
    if not may_push(view.token, where):
        raise GraphRefusedError("FORBIDDEN", "Resource not accessible by integration")
    steps = [_step(view, where, one) for one in wanted["refUpdates"]]
    view.hub.meanwhile()
    for step in steps:
        if view.hub.git(where).ref(step.ref) != step.old:
            raise GraphRefusedError("STALE_DATA", f"{step.ref} is not at {step.old}")
    for step in steps:
        _move(view, where, step)
    return {"clientMutationId": wanted.get("clientMutationId")}


def _step(view: Viewing, where: Repository, one: dict[str, Any]) -> Move:
    git, none = view.hub.git(where), "0" * 40
    now = git.ref(one["name"])
    before = one.get("beforeOid")
    old = now if before is None else None if before == none else before
    new = None if one["afterOid"] == none else one["afterOid"]
    if old != now:
        raise GraphRefusedError("STALE_DATA", f"{one['name']} is not at {before}")
    if old and new and not one.get("force") and not git.descends(new, old):
        raise GraphRefusedError("UNPROCESSABLE", f"{one['name']} would not be a fast forward")
    return Move(one["name"], old, new)


@field("Mutation.markPullRequestReadyForReview")
def ready(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """No draft any more; the author may, and who can write."""
    return _draft(view, arguments["input"], "ready")


@field("Mutation.convertPullRequestToDraft")
def to_draft(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """A draft again."""
    return _draft(view, arguments["input"], "draft")


def _draft(view: Viewing, wanted: dict[str, Any], word: str) -> dict[str, Any]:
    what = _node(view, wanted["pullRequestId"])
    _may_write(view, what, "read" if what.user is view.token.user else "write")
    pulling.set_draft(view.hub, what, view.token, draft=word == "draft")
    return {"pullRequest": what, "clientMutationId": wanted.get("clientMutationId")}


@field("Mutation.addComment")
def add_comment(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """A comment in a thread."""
    wanted = arguments["input"]
    what = _node(view, wanted["subjectId"])
    _may_write(view, what, "read")
    made = talking.comment(view.hub, what, view.token, wanted["body"])
    return {"commentEdge": {"node": made, "cursor": "cursor:0"}, "clientMutationId": wanted.get("clientMutationId")}


@field("Mutation.addReaction")
def add_reaction(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """A reaction to anything that takes them."""
    wanted = arguments["input"]
    found = _node(view, wanted["subjectId"])
    _may_write(view, _thread(view, found), "read")
    content = next(word for word, name in REACTIONS.items() if name == wanted["content"])
    made, _ = talking.react(view.hub, found.reactions, view.token.user, content)
    return {"reaction": made, "clientMutationId": wanted.get("clientMutationId")}


@field("Mutation.resolveReviewThread")
def resolve(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """Say that a conversation is over."""
    wanted = arguments["input"]
    first = _node(view, wanted["threadId"].replace("PRRT_", "PRRC_"))
    _may_write(view, first.issue, "write")
    first.resolved = True
    return {"thread": Conversation(first), "clientMutationId": wanted.get("clientMutationId")}
