"""What is said and done in threads, in GraphQL: comments, reviews, reactions, timelines, and who said it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from github_fake import standing
from github_fake.clock import stamp
from github_fake.graphql.frame import Viewing, connection, facts, field
from github_fake.graphql.gitfields import GitThing, thing
from github_fake.graphql.threadfields import PullCommit, own_commits
from github_fake.render import people, threads
from github_fake.state import User
from github_fake.threads import Comment, Issue, Moment, Review, ReviewComment

REACTIONS = dict(
    zip(
        threads.CONTENTS,
        ("THUMBS_UP", "THUMBS_DOWN", "LAUGH", "CONFUSED", "HEART", "HOORAY", "EYES", "ROCKET"),
        strict=True,
    )
)
EVENTS = {
    "labeled": "LabeledEvent",
    "unlabeled": "UnlabeledEvent",
    "ready_for_review": "ReadyForReviewEvent",
    "convert_to_draft": "ConvertToDraftEvent",
    "closed": "ClosedEvent",
    "reopened": "ReopenedEvent",
    "merged": "MergedEvent",
    "assigned": "AssignedEvent",
    "unassigned": "UnassignedEvent",
    "locked": "LockedEvent",
    "unlocked": "UnlockedEvent",
    "renamed": "RenamedTitleEvent",
    "head_ref_deleted": "HeadRefDeletedEvent",
    "head_ref_force_pushed": "HeadRefForcePushedEvent",
    "base_ref_changed": "BaseRefChangedEvent",
    "review_requested": "ReviewRequestedEvent",
    "review_dismissed": "ReviewDismissedEvent",
}


@dataclass(frozen=True)
class Conversation:
    """A comment on a line and its answers."""

    first: ReviewComment

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"PRRT_{self.first.id}"


@field("Issue.timelineItems", "PullRequest.timelineItems")
def timeline(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """Of the kinds asked for, oldest first; a pull request's commits stand in front."""
    said: list[Any] = [*what.moments, *what.comments]
    said += [r for r in what.pull.reviews if r.submitted_at] if what.pull else []
    said.sort(key=lambda e: (_when(e), e.id))
    found = [*(own_commits(view, what) if what.pull else ()), *said]
    wanted = arguments.get("itemTypes")
    kept = [e for e in found if not wanted or _kind(e) in wanted]
    since = arguments.get("since")
    return connection([e for e in kept if not since or _when(e) >= since[:19]], arguments, "timelineItems")


def _kind(entry: Any) -> str:
    """LABELED_EVENT, ISSUE_COMMENT …"""
    name = EVENTS.get(entry.kind, "") if isinstance(entry, Moment) else ITEM_KINDS[type(entry)]
    return "".join(f"_{c}" if c.isupper() else c.upper() for c in name).lstrip("_")


ITEM_KINDS = {Comment: "IssueComment", Review: "PullRequestReview", PullCommit: "PullRequestCommit"}


def _when(entry: Any) -> str:
    moment = getattr(entry, "submitted_at", None) or getattr(entry, "created_at", None)
    return moment.isoformat()[:19] if moment else ""


@field("PullRequest.reviewThreads")
def review_threads(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Any:
    """Comments on lines with their answers."""
    found = [Conversation(c) for c in standing.review_comments(what) if c.reply_to is None]
    return connection(found, arguments, "reviewThreads")


@field("PullRequestReviewThread.comments")
def thread_comments(view: Viewing, found: Conversation, arguments: dict[str, Any]) -> Any:
    """The first and what answers it."""
    whole = standing.review_comments(found.first.issue)
    return connection([c for c in whole if found.first.id in (c.id, c.reply_to)], arguments, "comments")


@facts(
    "PullRequestReviewThread.path",
    "PullRequestReviewThread.line",
    "PullRequestReviewThread.startLine",
    "PullRequestReviewThread.isOutdated",
    "PullRequestReviewThread.isResolved",
)
def thread_place(view: Viewing, found: Conversation, arguments: dict[str, Any]) -> dict[str, Any]:
    """Where it stands now."""
    one = found.first
    return {
        "path": one.path,
        "line": one.line,
        "startLine": one.start_line,
        "isOutdated": one.line is None,
        "isResolved": one.resolved,
    }


Said = Comment | Review | ReviewComment


def _written(view: Viewing, one: Said) -> dict[str, Any]:
    """Author and moments of anything said."""
    made = one.submitted_at if isinstance(one, Review) else one.created_at
    edited = one.edited_at if isinstance(one, Comment | ReviewComment) else None
    moved = one.submitted_at if isinstance(one, Review) else one.updated_at
    moment = stamp(made or view.hub.clock.now)
    return {
        "author": one.user,
        "createdAt": moment,
        "submittedAt": stamp(made),
        "updatedAt": stamp(moved) or moment,
        "lastEditedAt": stamp(edited),
        "includesCreatedEdit": edited is not None,
        "editor": one.user if edited else None,
        "viewerDidAuthor": one.user is view.token.user,
        "databaseId": one.id,
        "fullDatabaseId": str(one.id),
        "isMinimized": getattr(one, "minimized", None) is not None,
        "minimizedReason": getattr(one, "minimized", None),
    }


@facts(
    *(
        f"{kind}.{name}"
        for kind in ("IssueComment", "PullRequestReview", "PullRequestReviewComment")
        for name in (
            "author",
            "createdAt",
            "submittedAt",
            "updatedAt",
            "lastEditedAt",
            "includesCreatedEdit",
            "editor",
            "viewerDidAuthor",
            "databaseId",
            "fullDatabaseId",
            "isMinimized",
            "minimizedReason",
        )
    )
)
def written(view: Viewing, one: Said, arguments: dict[str, Any]) -> dict[str, Any]:
    """Who said it, and when."""
    return _written(view, one)


@field("IssueComment.url")
def comment_url(view: Viewing, one: Comment, arguments: dict[str, Any]) -> str:
    """Where a person reads it."""
    return f"{threads.web_url(view.hub, one.issue)}#issuecomment-{one.id}"


@field(
    "IssueComment.authorAssociation",
    "PullRequestReviewComment.authorAssociation",
    "Issue.authorAssociation",
    "PullRequest.authorAssociation",
)
def association(view: Viewing, one: Comment | ReviewComment | Issue, arguments: dict[str, Any]) -> str:
    """Never to be trusted for rights."""
    where = one.repository if isinstance(one, Issue) else one.issue.repository
    return people.association(where, one.user)


@field("PullRequestReview.authorAssociation")
def review_association(view: Viewing, one: Review, arguments: dict[str, Any]) -> str:
    """Never to be trusted for rights."""
    return people.association(issue_of(view, one).repository, one.user)


def issue_of(view: Viewing, one: Review) -> Issue:
    """The pull request a review is of."""
    everywhere = (i for r in view.hub.world.repositories.values() for i in r.issues.values())
    return next(i for i in everywhere if i.pull and one in i.pull.reviews)


@field("PullRequestReview.commit")
def review_commit(view: Viewing, one: Review, arguments: dict[str, Any]) -> GitThing | None:
    """The commit it was given for."""
    return thing(view, issue_of(view, one).repository, one.sha)


@field("PullRequestReview.comments")
def review_comments(view: Viewing, one: Review, arguments: dict[str, Any]) -> Any:
    """The comments that came with it."""
    found = [c for c in issue_of(view, one).repository.review_comments.values() if c.review is one]
    return connection(found, arguments, "comments")


@field("PullRequestReview.url")
def review_url(view: Viewing, one: Review, arguments: dict[str, Any]) -> str:
    """Where a person reads it."""
    return f"{threads.web_url(view.hub, issue_of(view, one))}#pullrequestreview-{one.id}"


@facts(
    *(
        f"PullRequestReviewComment.{name}"
        for name in (
            "commit",
            "originalCommit",
            "diffHunk",
            "outdated",
            "pullRequestReview",
            "replyTo",
            "url",
        )
    )
)
def line_comment(view: Viewing, one: ReviewComment, arguments: dict[str, Any]) -> dict[str, Any]:
    """Where on which commit."""
    where = one.issue.repository
    return {
        "commit": thing(view, where, one.sha),
        "originalCommit": thing(view, where, one.original_sha),
        "diffHunk": one.hunk,
        "outdated": one.line is None,
        "pullRequestReview": one.review,
        "replyTo": where.review_comments.get(one.reply_to) if one.reply_to else None,
        "url": f"{threads.web_url(view.hub, one.issue)}#discussion_r{one.id}",
    }


REACTABLE = ("Issue", "PullRequest", "IssueComment", "PullRequestReviewComment", "PullRequestReview")


@field(*(f"{kind}.reactions" for kind in REACTABLE))
def reactions(view: Viewing, one: Any, arguments: dict[str, Any]) -> Any:
    """Of one content, or all."""
    wanted = arguments.get("content")
    found = [r for r in getattr(one, "reactions", []) if wanted in (None, REACTIONS[r.content])]
    mine = any(r.user is view.token.user for r in found)
    return connection(found, arguments, "reactions") | {"viewerHasReacted": mine}


@field(*(f"{kind}.reactionGroups" for kind in REACTABLE))
def reaction_groups(view: Viewing, one: Any, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """All eight, those nobody used too."""
    return [_group(view, one, content) for content in threads.CONTENTS]


def _group(view: Viewing, one: Any, content: str) -> dict[str, Any]:
    found = [r for r in getattr(one, "reactions", []) if r.content == content]
    return {
        "content": REACTIONS[content],
        "createdAt": stamp(found[0].created_at) if found else None,
        "people": [r.user for r in found],
        "viewerHasReacted": any(r.user is view.token.user for r in found),
    }


@field("ReactionGroup.reactors")
def reactors(view: Viewing, group: dict[str, Any], arguments: dict[str, Any]) -> Any:
    """Who reacted so; ten where no size is given."""
    return connection(
        group["people"], {"first": 10} | {k: v for k, v in arguments.items() if v is not None}, "reactors"
    )


@field("Reaction.content")
def reaction_content(view: Viewing, one: Any, arguments: dict[str, Any]) -> str:
    """ROCKET …"""
    return REACTIONS[one.content]


@facts(
    *(
        f"{kind}.{name}"
        for kind in EVENTS.values()
        for name in (
            "label",
            "assignee",
            "requestedReviewer",
            "lockReason",
            "currentTitle",
            "previousTitle",
            "stateReason",
            "dismissalMessage",
        )
    )
)
def event_details(view: Viewing, one: Moment, arguments: dict[str, Any]) -> dict[str, Any]:
    """What each kind of event adds."""
    details, rename = one.details, one.details.get("rename", {})
    reason = details.get("state_reason")
    return {
        "label": details.get("label"),
        "assignee": details.get("assignee"),
        "lockReason": None,
        "requestedReviewer": details.get("requested_reviewer"),
        "currentTitle": rename.get("to"),
        "previousTitle": rename.get("from"),
        "stateReason": reason.upper() if reason else None,
        "dismissalMessage": details.get("dismissed_review", {}).get("dismissal_message"),
    }


@facts(
    "User.url",
    "Bot.url",
    "Organization.url",
    "User.avatarUrl",
    "Bot.avatarUrl",
    "Organization.avatarUrl",
    "User.resourcePath",
    "Bot.resourcePath",
    "Organization.resourcePath",
    "User.login",
    "Bot.login",
)
def account(view: Viewing, who: User, arguments: dict[str, Any]) -> dict[str, str]:
    """A bot's login has no `[bot]` here, unlike in REST."""
    plain = who.login.removesuffix("[bot]")
    avatar = f"{view.hub.url}/avatars/u/{who.id}"
    return {"url": f"{view.hub.url}/{plain}", "avatarUrl": avatar, "resourcePath": f"/{plain}", "login": plain}


@field("Reaction.user")
def reaction_user(view: Viewing, one: Any, arguments: dict[str, Any]) -> User | None:
    """A person; a bot is no User in this schema, so its own reactions are told by `viewerHasReacted` and `reactors`."""
    who: User = one.user
    return who if who.kind == "User" else None
