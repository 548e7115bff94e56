"""Comments in threads."""

from __future__ import annotations

from github_fake import events, talking
from github_fake.call import Call
from github_fake.render import threads
from github_fake.rest.issues import refuse_locked, require
from github_fake.rights import has_role
from github_fake.routes import R, route
from github_fake.threads import Comment
from github_fake.wire import NO_CONTENT, Answer, forbidden, not_found

ONE = R + "/issues/comments/{comment_id}"


def comment_named(call: Call) -> Comment:
    """The comment the path names."""
    number = call.number("comment_id")
    for issue in call.repository.issues.values():
        for one in issue.comments:
            if one.id == number:
                return one
    raise not_found()


def _own_or_writer(call: Call, one: Comment) -> None:
    if call.actor.kind == "user" and one.user is not call.user and not has_role(call.repository, call.user, "write"):
        raise forbidden("Must have write access to Repository.")


@route("GET", R + "/issues/comments", "issues:read")
def everywhere(call: Call) -> Answer:
    """All comments of a repository, oldest first."""
    found = [c for i in call.repository.issues.values() for c in i.comments]
    found.sort(key=lambda c: c.id, reverse=call.request.query.get("direction") == "desc")
    since = call.request.query.get("since", "")
    return call.page(
        [c for c in found if c.updated_at.isoformat() >= since[:19]], lambda c: threads.comment(call.hub, c)
    )


@route("GET", R + "/issues/{issue_number}/comments", "thread:read")
def listing(call: Call) -> Answer:
    """Comments of one thread, oldest first."""
    since = call.request.query.get("since", "")
    found = [c for c in call.issue.comments if c.updated_at.isoformat() >= since[:19]]
    return call.page(found, lambda c: threads.comment(call.hub, c))


@route("POST", R + "/issues/{issue_number}/comments", "thread:write", "read")
def create(call: Call) -> Answer:
    """A new comment, in a thread that is not locked."""
    refuse_locked(call, call.issue)
    made = talking.comment(call.hub, call.issue, call.actor, require(call, "body", "IssueComment"))
    return Answer(201, threads.comment(call.hub, made))


@route("GET", ONE, "thread:read")
def one(call: Call) -> Answer:
    """One comment."""
    return Answer(200, threads.comment(call.hub, comment_named(call)))


@route("PATCH", ONE, "thread:write", "read")
def edit(call: Call) -> Answer:
    """By its author, or whoever may write."""
    found = comment_named(call)
    _own_or_writer(call, found)
    talking.edit_comment(call.hub, found, call.actor, require(call, "body", "IssueComment"))
    return Answer(200, threads.comment(call.hub, found))


@route("DELETE", ONE, "thread:write", "read")
def delete(call: Call) -> Answer:
    """By its author, or whoever may write; the second time it is not found."""
    found = comment_named(call)
    _own_or_writer(call, found)
    found.issue.comments.remove(found)
    call.hub.world.nodes.pop(found.node_id)
    events.about_comment(call.hub, found, call.actor, "deleted")
    return NO_CONTENT
