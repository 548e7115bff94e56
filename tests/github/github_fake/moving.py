"""Moving a branch, and all that follows: pull requests take the new head, count as merged, or are closed."""

from __future__ import annotations

from typing import Any

from github_fake import events, pulling, rules
from github_fake.diffs import moved_line
from github_fake.hub import Hub
from github_fake.render import commits
from github_fake.rules import Move
from github_fake.state import Repository, Token
from github_fake.threads import Issue, Pull, ReviewComment

GONE = "0" * 40


def set_ref(hub: Hub, where: Repository, token: Token, move: Move) -> list[str] | None:
    """Move a ref by compare-and-swap: None when done, what the rules say when refused, [] when it stood elsewhere."""
    broken = rules.violations(hub, where, token, move)
    if broken:
        return broken
    if not hub.git(where).move(move.ref, move.new, move.old):
        return []
    follow(hub, where, token, move)
    return None


def follow(hub: Hub, where: Repository, token: Token, move: Move) -> None:
    """Draw the consequences of a ref that has moved already (by git, or by the API)."""
    _push_events(hub, where, token, move)
    if not move.ref.startswith("refs/heads/"):
        return
    branch = move.ref.removeprefix("refs/heads/")
    for what in _pulls_from(hub, where, branch):
        if move.new is None:
            close_gone(hub, what, token)
        else:
            take_head(hub, what, token, move.new)
    if move.new is not None:
        _landed(hub, where, token, branch, move.new)


def _push_events(hub: Hub, where: Repository, token: Token, move: Move) -> None:
    kind, name = ("tag", move.ref.removeprefix("refs/tags/")) if "/tags/" in move.ref else ("branch", move.ref[11:])
    ends = {"ref": name, "ref_type": kind, "pusher_type": "user"}
    if move.old is None:
        extra = {"master_branch": where.default_branch, "description": where.description}
        events.emit(hub, where, token, "create", ends | extra)
    if move.new is None:
        events.emit(hub, where, token, "delete", ends)
    events.emit(hub, where, token, "push", _push(hub, where, token, move))


def _push(hub: Hub, where: Repository, token: Token, move: Move) -> dict[str, Any]:
    forced = bool(move.old and move.new and not hub.git(where).descends(move.new, move.old))
    return {
        "ref": move.ref,
        "before": move.old or GONE,
        "after": move.new or GONE,
        "created": move.old is None,
        "deleted": move.new is None,
        "forced": forced,
        "base_ref": None,
        "commits": [],
        "compare": f"{hub.url}/{where.full_name}/compare/{(move.old or GONE)[:12]}...{(move.new or GONE)[:12]}",
        "pusher": {"name": token.user.login, "email": token.user.email},
        "head_commit": commits.git_commit(hub, where, move.new) if move.new else None,
    }


def _all_pulls(hub: Hub) -> list[tuple[Issue, Pull]]:
    everywhere = [i for r in hub.world.repositories.values() for i in r.issues.values()]
    return [(i, i.pull) for i in everywhere if i.pull and i.state == "open"]


def _pulls_from(hub: Hub, where: Repository, branch: str) -> list[Issue]:
    return [i for i, p in _all_pulls(hub) if p.head_repository is where and p.head_ref == branch]


def take_head(hub: Hub, what: Issue, token: Token, new: str) -> None:
    """The pull request's head is another commit now."""
    pull, git = what.pull, hub.git(what.repository)
    assert pull is not None
    before = pull.head_sha
    if before == new:
        return
    pull.head_sha = new
    pull.base_sha = git.branch(pull.base_ref) or pull.base_sha
    git.move(f"refs/pull/{what.number}/head", new, git.ref(f"refs/pull/{what.number}/head"))
    if not git.descends(new, before):
        events.record(hub, what, token, "head_ref_force_pushed", commit_id=new, before=before)
    for one in [c for c in what.repository.review_comments.values() if c.issue is what]:
        _carry(hub, what, one, new)
    _dismiss_stale(hub, what, token)
    what.updated_at = hub.clock.now
    events.about(hub, what, token, "synchronize", before=before, after=new)


def _dismiss_stale(hub: Hub, what: Issue, token: Token) -> None:
    """Where the base branch asks for it, approvals end with the content they were given for."""
    pull = what.pull
    assert pull is not None
    found = [r for s in rules.on_ref(what.repository, f"refs/heads/{pull.base_ref}") for r in s.rules]
    if any(r.get("parameters", {}).get("dismiss_stale_reviews_on_push") for r in found):
        for one in [r for r in pull.reviews if r.state == "APPROVED"]:
            pulling.dismiss(hub, what, token, one, "")


def _carry(hub: Hub, what: Issue, one: ReviewComment, new: str) -> None:
    """A comment follows its lines; once one of them is touched it is outdated for good."""
    if one.line is None or one.side == "LEFT":
        one.sha = new if one.side == "LEFT" else one.sha
        return
    hunks = hub.git(what.repository).line_shifts(one.sha, new, one.path).decode("utf-8", "replace")
    gone = "\n+++ /dev/null" in hunks
    lines = [moved_line(hunks, n) for n in range(one.start_line or one.line, one.line + 1)]
    if gone or None in lines:
        one.line = one.start_line = one.position = None
        return
    one.sha = new
    one.line, one.start_line = lines[-1], lines[0] if one.start_line else None


def close_gone(hub: Hub, what: Issue, token: Token) -> None:
    """A pull request whose branch was deleted is closed."""
    events.record(hub, what, token, "head_ref_deleted")
    close(hub, what, token)


def close(hub: Hub, what: Issue, token: Token, reason: str | None = None) -> None:
    """Close an issue or a pull request; nothing happens to one that is closed."""
    if what.state == "closed":
        return
    what.state, what.closed_at, what.closed_by = "closed", hub.clock.now, token.user
    what.state_reason = None if what.pull else (reason or "completed")
    events.record(hub, what, token, "closed", state_reason=what.state_reason)
    events.about(hub, what, token, "closed")


def reopen(hub: Hub, what: Issue, token: Token) -> None:
    """Open it again; its head is whatever the branch stands at now."""
    if what.state == "open":
        return
    what.state, what.closed_at, what.closed_by = "open", None, None
    what.state_reason = None if what.pull else "reopened"
    events.record(hub, what, token, "reopened", state_reason=None)
    if what.pull and what.pull.head_repository:
        what.pull.head_sha = hub.git(what.pull.head_repository).branch(what.pull.head_ref) or what.pull.head_sha
    events.about(hub, what, token, "reopened")


def _landed(hub: Hub, where: Repository, token: Token, branch: str, new: str) -> None:
    """A pull request whose head has reached its base counts as merged, whoever pushed it."""
    for what, pull in _all_pulls(hub):
        aims_here = what.repository is where and pull.base_ref == branch
        if aims_here and pull.head_sha != pull.base_sha and hub.git(where).descends(new, pull.head_sha):
            merged(hub, what, token, new)


def merged(hub: Hub, what: Issue, token: Token, sha: str) -> None:
    """Mark as merged by that commit, and closed."""
    pull, git = what.pull, hub.git(what.repository)
    assert pull is not None
    pull.merge_base = pull.merge_base or git.merge_base(pull.base_sha, pull.head_sha)
    pull.merged_at, pull.merged_by, pull.merge_sha = hub.clock.now, token.user, sha
    events.record(hub, what, token, "merged", commit_id=sha)
    close(hub, what, token)
