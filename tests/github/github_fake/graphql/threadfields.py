"""Issues and pull requests in GraphQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from github_fake import standing
from github_fake.clock import stamp
from github_fake.diffs import FileChange
from github_fake.graphql.frame import Viewing, connection, facts, field
from github_fake.graphql.gitfields import GitThing, RefThing, numbered, thing
from github_fake.render import threads
from github_fake.render.pulls import pull_of
from github_fake.state import Repository
from github_fake.threads import Issue

CHANGES = {"removed": "DELETED"}


@dataclass(frozen=True)
class PullCommit:
    """A commit as part of a pull request."""

    issue: Issue
    commit: GitThing

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"PURC_{self.issue.id}_{self.commit.oid}"


@field("Repository.pullRequest")
def pull_request(view: Viewing, where: Repository, arguments: dict[str, Any]) -> Issue | None:
    """One by number."""
    view.need(where, "pull_requests:read")
    return numbered(where, arguments["number"], "PullRequest")


@field("Repository.issue")
def issue(view: Viewing, where: Repository, arguments: dict[str, Any]) -> Issue | None:
    """One by number."""
    view.need(where, "issues:read")
    return numbered(where, arguments["number"], "Issue")


@field("Repository.issueOrPullRequest")
def either(view: Viewing, where: Repository, arguments: dict[str, Any]) -> Issue | None:
    """Whichever has that number."""
    found = numbered(where, arguments["number"], "any")
    view.need(where, "pull_requests:read" if found and found.pull else "issues:read")
    return found


@field("Repository.pullRequests")
def pull_requests(view: Viewing, where: Repository, arguments: dict[str, Any]) -> Any:
    """In the states, with the labels and the branches asked for."""
    view.need(where, "pull_requests:read")
    return _listed([i for i in where.issues.values() if i.pull], arguments, "pullRequests")


def _listed(issues: list[Issue], arguments: dict[str, Any], name: str) -> Any:
    found = [i for i in issues if _wanted(i, arguments)]
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    by_update = order["field"] == "UPDATED_AT"
    found.sort(
        key=lambda i: (i.updated_at if by_update else i.created_at, i.number), reverse=order["direction"] == "DESC"
    )
    return connection(found, arguments, name)


@field("Repository.issues")
def issues(view: Viewing, where: Repository, arguments: dict[str, Any]) -> Any:
    """Issues alone."""
    view.need(where, "issues:read")
    return _listed([i for i in where.issues.values() if not i.pull], arguments, "issues")


def _wanted(what: Issue, arguments: dict[str, Any]) -> bool:
    states, labels = arguments.get("states"), arguments.get("labels")
    names = {one.name for one in what.labels}
    pull = what.pull
    return (
        (not states or state_of(what) in states)
        and (not labels or bool(names & set(labels)))
        and arguments.get("baseRefName") in (None, pull.base_ref if pull else None)
        and arguments.get("headRefName") in (None, pull.head_ref if pull else None)
    )


def state_of(what: Issue) -> str:
    """OPEN, CLOSED or MERGED."""
    return "MERGED" if what.pull and what.pull.merged_at else what.state.upper()


@facts(
    *(
        f"{kind}.{name}"
        for kind in ("Issue", "PullRequest")
        for name in (
            "body",
            "author",
            "state",
            "closed",
            "activeLockReason",
            "url",
            "repository",
            "editor",
            "includesCreatedEdit",
            "viewerDidAuthor",
            "createdAt",
            "updatedAt",
            "closedAt",
            "lastEditedAt",
        )
    )
)
def thread_words(view: Viewing, what: Issue, arguments: dict[str, Any]) -> dict[str, Any]:
    """What an issue and a pull request have alike."""
    reason = (what.lock_reason or "").upper().replace(" ", "_").replace("-", "_") or None
    edited = what.edited_at is not None
    return {
        "body": what.body or "",
        "author": what.user,
        "state": state_of(what),
        "closed": what.state == "closed",
        "activeLockReason": reason,
        "url": threads.web_url(view.hub, what),
        "repository": what.repository,
        "editor": what.user if edited else None,
        "includesCreatedEdit": edited,
        "viewerDidAuthor": what.user is view.token.user,
        "createdAt": stamp(what.created_at),
        "updatedAt": stamp(what.updated_at),
        "closedAt": stamp(what.closed_at),
        "lastEditedAt": stamp(what.edited_at),
    }


@field("Issue.databaseId")
def issue_number_in_database(view: Viewing, what: Issue, arguments: dict[str, Any]) -> int:
    """The id REST gives."""
    return what.id


@field("Issue.stateReason")
def state_reason(view: Viewing, what: Issue, arguments: dict[str, Any]) -> str | None:
    """Why it was closed."""
    return what.state_reason.upper() if what.state_reason else None


@field("Issue.comments", "PullRequest.comments")
def comments(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """In the thread, oldest first."""
    return connection(what.comments, arguments, "comments")


@field("Issue.labels", "PullRequest.labels")
def labels(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """On the thread."""
    return connection(what.labels, arguments, "labels")


@field("Issue.assignees", "PullRequest.assignees")
def assignees(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """Who takes care of it."""
    return connection(what.assignees, arguments, "assignees")


def own_commits(view: Viewing, what: Issue) -> list[PullCommit]:
    """Oldest first."""
    return [PullCommit(what, GitThing(what.repository, sha, "Commit")) for sha in standing.commits(view.hub, what)]


@field("PullRequest.commits")
def commits(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """Oldest first; `last: 1` is the head."""
    return connection(own_commits(view, what), arguments, "commits")


@field("PullRequest.files")
def files(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """From the merge base to the head."""
    return connection(standing.changes(view.hub, what)[:3000], arguments, "files")


@field("PullRequestChangedFile.changeType")
def change_type(view: Viewing, change: FileChange, arguments: dict[str, Any]) -> str:
    """ADDED, DELETED, MODIFIED, RENAMED, COPIED or CHANGED."""
    return CHANGES.get(change.status, change.status.upper())


@facts(
    *(
        f"PullRequest.{name}"
        for name in (
            "databaseId",
            "fullDatabaseId",
            "isDraft",
            "merged",
            "mergedAt",
            "mergedBy",
            "baseRefName",
            "baseRefOid",
            "headRefName",
            "headRefOid",
            "headRepository",
            "headRepositoryOwner",
            "baseRepository",
            "isCrossRepository",
            "maintainerCanModify",
        )
    )
)
def pull_words(view: Viewing, what: Issue, arguments: dict[str, Any]) -> dict[str, Any]:
    """Head, base and state; of a fork that is gone neither repository nor owner are left."""
    pull = pull_of(what)
    head = pull.head_repository
    return {
        "databaseId": pull.id,
        "fullDatabaseId": str(pull.id),
        "isDraft": pull.draft,
        "merged": pull.merged_at is not None,
        "mergedAt": stamp(pull.merged_at),
        "mergedBy": pull.merged_by,
        "baseRefName": pull.base_ref,
        "baseRefOid": standing.base_tip(view.hub, what),
        "headRefName": pull.head_ref,
        "headRefOid": pull.head_sha,
        "headRepository": head,
        "headRepositoryOwner": head.owner if head else None,
        "baseRepository": what.repository,
        "isCrossRepository": pull.from_fork,
        "maintainerCanModify": pull.maintainer_can_modify,
    }


@facts("PullRequest.additions", "PullRequest.deletions", "PullRequest.changedFiles")
def counts(view: Viewing, what: Issue, arguments: dict[str, Any]) -> dict[str, int]:
    """Lines and files."""
    found = standing.changes(view.hub, what)
    added, removed = sum(c.additions for c in found), sum(c.deletions for c in found)
    return {"additions": added, "deletions": removed, "changedFiles": len(found)}


@facts("PullRequest.mergeable", "PullRequest.mergeStateStatus")
def mergeable(view: Viewing, what: Issue, arguments: dict[str, Any]) -> dict[str, str]:
    """MERGEABLE, CONFLICTING or UNKNOWN, and why."""
    able, state = standing.mergeable(view.hub, what)
    words = {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}
    return {"mergeable": words[able], "mergeStateStatus": state.upper()}


@field("PullRequest.mergeCommit")
def merge_commit(view: Viewing, what: Issue, arguments: dict[str, Any]) -> GitThing | None:
    """Once merged."""
    return thing(view, what.repository, pull_of(what).merge_sha)


@facts("PullRequest.baseRef", "PullRequest.headRef")
def branch_refs(view: Viewing, what: Issue, arguments: dict[str, Any]) -> dict[str, RefThing | None]:
    """None where the branch is gone."""
    pull = pull_of(what)
    ends = {"baseRef": (what.repository, pull.base_ref), "headRef": (pull.head_repository, pull.head_ref)}
    return {key: _branch(view, where, name) for key, (where, name) in ends.items()}


def _branch(view: Viewing, where: Repository | None, name: str) -> RefThing | None:
    oid = view.hub.git(where).branch(name) if where else None
    return RefThing(where, f"refs/heads/{name}", oid) if where and oid else None


@field("PullRequest.reviewDecision")
def review_decision(view: Viewing, what: Issue, arguments: dict[str, Any]) -> str | None:
    """By the newest word of each reviewer who can write; None while nobody has spoken."""
    newest = {
        r.user: r.state for r in pull_of(what).reviews if r.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
    }
    if "CHANGES_REQUESTED" in newest.values():
        return "CHANGES_REQUESTED"
    return "APPROVED" if "APPROVED" in newest.values() else None


@field("PullRequest.reviews")
def reviews(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """Oldest first; a pending one is its author's alone."""
    states = arguments.get("states")
    found = [r for r in pull_of(what).reviews if r.state != "PENDING" or r.user is view.token.user]
    return connection([r for r in found if not states or r.state in states], arguments, "reviews")


@field("PullRequest.reviewRequests")
def review_requests(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """Who was asked and has not answered."""
    asked = [{"id": f"RRQ_{what.id}_{who.id}", "requestedReviewer": who} for who in pull_of(what).requested_reviewers]
    return connection(asked, arguments, "reviewRequests")
