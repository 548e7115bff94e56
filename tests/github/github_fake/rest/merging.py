"""Merging a pull request, by each of the three methods, under the rules of the base branch."""

from __future__ import annotations

from typing import Any

from github_fake import moving, rules, standing
from github_fake.call import Call
from github_fake.objects import CommitObject, Signature
from github_fake.render import pulls
from github_fake.rest.contents import GITHUB
from github_fake.rest.pulls import ONE
from github_fake.rest.refs import BROKEN
from github_fake.routes import route
from github_fake.rules import Move
from github_fake.threads import Issue, Pull
from github_fake.wire import Answer, RefusedError

NOT_MERGEABLE = "Pull Request is not mergeable"


@route("GET", ONE + "/merge", "contents:read")
def is_merged(call: Call) -> Answer:
    """204 once merged, 404 before."""
    if pulls.pull_of(call.pull).merged_at is None:
        raise RefusedError(404, "Not Found")
    return Answer(204, absent=True)


@route("PUT", ONE + "/merge", "contents:write")
def merge(call: Call) -> Answer:
    """405 where it cannot be merged, 409 where `sha` is not the head any more."""
    what, hub = call.pull, call.hub
    pull, body = pulls.pull_of(what), call.request.body or {}
    tree = _check(call, what, pull, body)
    base = standing.base_tip(hub, what)
    pull.base_sha, pull.merge_base = base, hub.git(what.repository).merge_base(base, pull.head_sha)
    sha = _written(call, what, tree, body)
    hub.meanwhile()
    ref = f"refs/heads/{pull.base_ref}"
    if not hub.git(what.repository).move(ref, sha, base):
        pull.merge_base = None
        raise RefusedError(409, "Base branch was modified. Review and try the merge again.")
    moving.merged(hub, what, call.actor, sha)
    moving.follow(hub, what.repository, call.actor, Move(ref, base, sha))
    return Answer(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def _check(call: Call, what: Issue, pull: Pull, body: dict[str, Any]) -> str:
    """The merged tree, or why there is none."""
    if body.get("sha") not in (None, pull.head_sha):
        raise RefusedError(409, "Head branch was modified. Review and try the merge again.")
    if what.state != "open":
        raise RefusedError(405, NOT_MERGEABLE)
    if pull.draft:
        raise RefusedError(405, "Pull Request is still a draft")
    broken = rules.merge_violations(what, call.actor)
    if broken:
        raise RefusedError(405, BROKEN + "\n".join(broken))
    tree = call.hub.git(what.repository).merged_tree(standing.base_tip(call.hub, what), pull.head_sha)
    if tree is None:
        raise RefusedError(405, NOT_MERGEABLE)
    return tree


def _written(call: Call, what: Issue, tree: str, body: dict[str, Any]) -> str:
    """The commit the base branch goes to; GitHub signs what it makes itself."""
    pull, hub = pulls.pull_of(what), call.hub
    method = body.get("merge_method", "merge")
    if method == "rebase":
        return _rebased(call, what)
    objects, author = hub.git(what.repository).objects, hub.signature(call.user)
    title = (
        f"Merge pull request #{what.number} from {_branch(pull)}"
        if method == "merge"
        else f"{what.title} (#{what.number})"
    )
    message = f"{body.get('commit_title') or title}\n\n{body.get('commit_message') or what.title}"
    parents = (pull.base_sha, pull.head_sha) if method == "merge" else (pull.base_sha,)
    if method == "squash":
        author = hub.signature(what.user)
    sha = objects.write_commit(CommitObject(tree, parents, author, Signature(*GITHUB, author.when), message))
    hub.world.signed.add(sha)
    return sha


def _branch(pull: Pull) -> str:
    owner = pull.head_repository.owner.login if pull.head_repository else "unknown"
    return f"{owner}/{pull.head_ref}"


def _rebased(call: Call, what: Issue) -> str:
    """Each commit again on top of the base."""
    git, pull = call.hub.git(what.repository), pulls.pull_of(what)
    top = pull.base_sha
    for sha in standing.commits(call.hub, what):
        old = git.objects.commit(sha)
        tree = git.merged_tree(top, sha)
        if old is None or tree is None:
            raise RefusedError(405, "This branch can't be rebased")
        committer = call.hub.signature(call.user)
        top = git.objects.write_commit(CommitObject(tree, (top,), old.author, committer, old.message))
    return top
