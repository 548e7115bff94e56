"""What can be read off a pull request and git together: its files, commits and whether it can be merged."""

from __future__ import annotations

from github_fake import rules
from github_fake.diffs import FileChange
from github_fake.hub import Hub
from github_fake.rules import required_state
from github_fake.threads import Issue, Pull, ReviewComment


def _pull(what: Issue) -> Pull:
    assert what.pull is not None
    return what.pull


def base_tip(hub: Hub, what: Issue) -> str:
    """The commit the base branch stands at; of a closed one, stood at."""
    pull = _pull(what)
    return (hub.git(what.repository).branch(pull.base_ref) if what.state == "open" else None) or pull.base_sha


def merge_base(hub: Hub, what: Issue) -> str | None:
    """Where head and base part."""
    pull = _pull(what)
    return pull.merge_base or hub.git(what.repository).merge_base(base_tip(hub, what), pull.head_sha)


def changes(hub: Hub, what: Issue) -> list[FileChange]:
    """The files of the pull request: from the merge base to the head, as the "files" page shows."""
    return hub.git(what.repository).changes(merge_base(hub, what), _pull(what).head_sha)


def commits(hub: Hub, what: Issue) -> list[str]:
    """The commits of the pull request, oldest first, at most 250."""
    base = merge_base(hub, what)
    words = [_pull(what).head_sha, *([f"^{base}"] if base else [])]
    if base == _pull(what).head_sha:
        return []
    return list(reversed(hub.git(what.repository).history(*words)))[:250]


def review_comments(what: Issue) -> list[ReviewComment]:
    """All comments on its lines, oldest first; those of a pending review are its author's alone."""
    mine = [c for c in what.repository.review_comments.values() if c.issue is what]
    return [c for c in mine if c.review.state != "PENDING"]


def mergeable(hub: Hub, what: Issue) -> tuple[bool | None, str]:
    """`mergeable` and `mergeable_state`; nothing is known of one that is closed."""
    pull = _pull(what)
    if what.state != "open":
        return None, "unknown"
    if hub.git(what.repository).merged_tree(base_tip(hub, what), pull.head_sha) is None:
        return False, "dirty"
    if pull.draft:
        return True, "draft"
    return True, _check_state(what, pull)


def _check_state(what: Issue, pull: Pull) -> str:
    where = what.repository
    found = [rule for s in rules.on_ref(where, f"refs/heads/{pull.base_ref}") for rule in s.rules]
    needed = [rule for rule in found if rule["type"] == "required_status_checks"]
    if any(True for rule in needed for _ in rules.missing_checks(where, rule, pull.head_sha)):
        return "blocked"
    names = {s.context for s in where.statuses if s.sha == pull.head_sha}
    names |= {r.name for r in where.check_runs if r.sha == pull.head_sha}
    failing = any(required_state(where, pull.head_sha, name) != "success" for name in names)
    return "unstable" if failing else "clean"
