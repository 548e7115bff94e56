"""Reactions to threads, comments and review comments."""

from __future__ import annotations

from github_fake import talking
from github_fake.call import Call
from github_fake.render import threads
from github_fake.rest.comments import comment_named
from github_fake.rest.review_comments import review_comment_named
from github_fake.routes import R, route
from github_fake.threads import Reaction
from github_fake.wire import NO_CONTENT, Answer, forbidden, invalid, not_found

ISSUE = R + "/issues/{issue_number}/reactions"
COMMENT = R + "/issues/comments/{comment_id}/reactions"
LINE = R + "/pulls/comments/{comment_id}/reactions"


def _listed(call: Call, reactions: list[Reaction]) -> Answer:
    content = call.request.query.get("content")
    found = [r for r in reactions if content in (None, r.content)]
    return call.page(found, lambda r: threads.reaction(call.hub, r))


def _added(call: Call, reactions: list[Reaction]) -> Answer:
    """201 for a new one, 200 for one that was there."""
    if call.body.get("content") not in threads.CONTENTS:
        raise invalid("Reaction", "content")
    made, new = talking.react(call.hub, reactions, call.user, call.body["content"])
    return Answer(201 if new else 200, threads.reaction(call.hub, made))


def _removed(call: Call, reactions: list[Reaction]) -> Answer:
    number = call.number("reaction_id")
    found = next((r for r in reactions if r.id == number), None)
    if found is None:
        raise not_found()
    if found.user is not call.user:
        raise forbidden("You can only delete your own reactions")
    reactions.remove(found)
    return NO_CONTENT


@route("GET", ISSUE, "thread:read")
def on_issue(call: Call) -> Answer:
    """Reactions to the first post."""
    return _listed(call, call.issue.reactions)


@route("POST", ISSUE, "thread:write", "read")
def to_issue(call: Call) -> Answer:
    """React to the first post."""
    return _added(call, call.issue.reactions)


@route("DELETE", ISSUE + "/{reaction_id}", "thread:write", "read")
def off_issue(call: Call) -> Answer:
    """Take it back."""
    return _removed(call, call.issue.reactions)


@route("GET", COMMENT, "thread:read")
def on_comment(call: Call) -> Answer:
    """Reactions to a comment."""
    return _listed(call, comment_named(call).reactions)


@route("POST", COMMENT, "thread:write", "read")
def to_comment(call: Call) -> Answer:
    """React to a comment."""
    return _added(call, comment_named(call).reactions)


@route("DELETE", COMMENT + "/{reaction_id}", "thread:write", "read")
def off_comment(call: Call) -> Answer:
    """Take it back."""
    return _removed(call, comment_named(call).reactions)


@route("GET", LINE, "pull_requests:read")
def on_line(call: Call) -> Answer:
    """Reactions to a comment on a line."""
    return _listed(call, review_comment_named(call).reactions)


@route("POST", LINE, "pull_requests:write", "read")
def to_line(call: Call) -> Answer:
    """React to a comment on a line."""
    return _added(call, review_comment_named(call).reactions)
