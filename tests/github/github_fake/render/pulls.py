"""Pull requests, reviews and review comments as REST writes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from github_fake import standing
from github_fake.clock import stamp
from github_fake.hub import Hub
from github_fake.render import people, threads
from github_fake.state import Repository
from github_fake.threads import Issue, Pull, Review, ReviewComment


def url(hub: Hub, what: Issue) -> str:
    """The pull request's address."""
    return f"{people.repository_url(hub, what.repository)}/pulls/{what.number}"


def pull_of(what: Issue) -> Pull:
    """What makes it a pull request."""
    assert what.pull is not None
    return what.pull


def simple(hub: Hub, what: Issue) -> dict[str, Any]:
    """pull-request-simple, as lists give it."""
    pull, api, web, thread = pull_of(what), url(hub, what), threads.web_url(hub, what), threads.thread_url(hub, what)
    assigned = [people.user(hub, who) for who in what.assignees]
    statuses = f"{people.repository_url(hub, what.repository)}/statuses/{pull.head_sha}"
    links = {
        "self": api,
        "html": web,
        "issue": thread,
        "comments": f"{thread}/comments",
        "statuses": statuses,
        "review_comments": f"{api}/comments",
        "commits": f"{api}/commits",
        "review_comment": f"{people.repository_url(hub, what.repository)}/pulls/comments{{/number}}",
    }
    addresses = {
        f"{key}_url": links[key]
        for key in ("issue", "comments", "statuses", "review_comments", "review_comment", "commits")
    }
    return addresses | {
        "url": api,
        "id": pull.id,
        "node_id": what.node_id,
        "html_url": web,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "number": what.number,
        "state": what.state,
        "locked": what.locked,
        "title": what.title,
        "user": people.user(hub, what.user),
        "body": what.body,
        "milestone": None,
        "labels": [threads.label(hub, what.repository, one) for one in what.labels],
        "active_lock_reason": what.lock_reason,
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.updated_at),
        "closed_at": stamp(what.closed_at),
        "merged_at": stamp(pull.merged_at),
        "merge_commit_sha": pull.merge_sha,
        "assignee": assigned[0] if assigned else None,
        "assignees": assigned,
        "requested_reviewers": [people.user(hub, who) for who in pull.requested_reviewers],
        "requested_teams": [],
        "head": _head(hub, pull),
        "base": _side(hub, what.repository, pull.base_ref, pull.base_sha),
        "_links": {key: {"href": value} for key, value in links.items()},
        "auto_merge": None,
        "draft": pull.draft,
        "author_association": people.association(what.repository, what.user),
    }


def _side(hub: Hub, where: Repository, ref: str, sha: str) -> dict[str, Any]:
    owner = people.user(hub, where.owner)
    label = f"{where.owner.login}:{ref}"
    return {"label": label, "ref": ref, "sha": sha, "user": owner, "repo": people.repository(hub, where)}


def _head(hub: Hub, pull: Pull) -> dict[str, Any]:
    """Of a fork that is gone only the branch's name and the commit are left."""
    if pull.head_repository is None:
        return {"label": None, "ref": pull.head_ref, "sha": pull.head_sha, "user": None, "repo": None}
    return _side(hub, pull.head_repository, pull.head_ref, pull.head_sha)


def full(hub: Hub, what: Issue) -> dict[str, Any]:
    """pull-request, as asked for by number."""
    pull = pull_of(what)
    changes = standing.changes(hub, what)
    mergeable, state = standing.mergeable(hub, what)
    return simple(hub, what) | {
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": state,
        "merged_by": people.user_or_none(hub, pull.merged_by),
        "comments": len(what.comments),
        "review_comments": len(standing.review_comments(what)),
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": len(standing.commits(hub, what)),
        "additions": sum(c.additions for c in changes),
        "deletions": sum(c.deletions for c in changes),
        "changed_files": len(changes),
    }


def review(hub: Hub, what: Issue, one: Review) -> dict[str, Any]:
    """pull-request-review; one that is pending has no moment."""
    web, api = f"{threads.web_url(hub, what)}#pullrequestreview-{one.id}", url(hub, what)
    body: dict[str, Any] = {
        "id": one.id,
        "node_id": one.node_id,
        "user": people.user(hub, one.user),
        "body": one.body,
        "state": one.state,
        "html_url": web,
        "pull_request_url": api,
        "commit_id": one.sha,
        "_links": {"html": {"href": web}, "pull_request": {"href": api}},
        "author_association": people.association(what.repository, one.user),
    }
    return body | ({"submitted_at": stamp(one.submitted_at)} if one.submitted_at else {})


def review_comment(hub: Hub, one: ReviewComment) -> dict[str, Any]:
    """pull-request-review-comment, as lists and single reads give it."""
    what = one.issue
    api = f"{people.repository_url(hub, what.repository)}/pulls/comments/{one.id}"
    web = f"{threads.web_url(hub, what)}#discussion_r{one.id}"
    links = {"self": api, "html": web, "pull_request": url(hub, what)}
    body: dict[str, Any] = {
        "id": one.id,
        "node_id": one.node_id,
        "url": api,
        "pull_request_review_id": one.review.id,
        "html_url": web,
        "diff_hunk": one.hunk,
        "path": one.path,
        "commit_id": one.sha,
        "original_commit_id": one.original_sha,
        "user": people.user(hub, one.user),
        "body": one.body,
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "pull_request_url": url(hub, what),
        "line": one.line,
        "side": one.side,
        "start_line": one.start_line,
        "start_side": one.start_side,
        "original_line": one.original_line,
        "original_start_line": one.original_start_line,
        "position": one.position,
        "original_position": one.original_position,
        "subject_type": "line",
        "reactions": threads.rollup(api, one.reactions),
        "author_association": people.association(what.repository, one.user),
        "_links": {key: {"href": value} for key, value in links.items()},
    }
    return body | ({"in_reply_to_id": one.reply_to} if one.reply_to else {})


def placed_review_comment(hub: Hub, one: ReviewComment) -> dict[str, Any]:
    """review-comment, as the list below one review gives it: an outdated line is left out, not null."""
    body = review_comment(hub, one)
    return {key: value for key, value in body.items() if key != "line" or value is not None}


def minimal(hub: Hub, what: Issue) -> dict[str, Any]:
    """pull-request-minimal, as a check run names it."""
    pull = pull_of(what)
    head = pull.head_repository or what.repository
    return {
        "id": pull.id,
        "number": what.number,
        "url": url(hub, what),
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": _short(hub, head)},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": _short(hub, what.repository)},
    }


def _short(hub: Hub, where: Repository) -> dict[str, Any]:
    return {"id": where.id, "url": people.repository_url(hub, where), "name": where.name}


def file_url(hub: Hub, where: Repository, sha: str, path: str) -> str:
    """Where a person reads a file of a commit."""
    return f"{hub.url}/{where.full_name}/blob/{sha}/{quote(path)}"
