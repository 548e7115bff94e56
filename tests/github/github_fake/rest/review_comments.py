"""Comments on lines of a pull request: only lines that are part of the diff can be spoken about."""

from __future__ import annotations

from typing import Any

from github_fake import events, pulling, standing
from github_fake.call import Call
from github_fake.diffs import FileChange, Place
from github_fake.render import pulls
from github_fake.rest.issues import refuse_locked, require
from github_fake.rest.pulls import ONE
from github_fake.rights import has_role
from github_fake.routes import R, route
from github_fake.talking import check_body
from github_fake.threads import Issue, Review, ReviewComment
from github_fake.wire import NO_CONTENT, Answer, RefusedError, forbidden, not_found

SINGLE = R + "/pulls/comments/{comment_id}"
OUTSIDE = "Pull request review thread line must be part of the diff"


class OutsideError(Exception):
    """The line is not one of the diff's; the text says which rule it breaks."""


def review_comment_named(call: Call) -> ReviewComment:
    """The comment the path names."""
    found = call.repository.review_comments.get(call.number("comment_id"))
    if found is None:
        raise not_found()
    return found


def place_of(change: FileChange | None, wanted: dict[str, Any]) -> tuple[int, str, Place]:
    """Line, side and place of a comment; OutsideError where it has none."""
    if change is None:
        raise OutsideError("Path could not be resolved")
    if wanted.get("line") is None:
        return _by_position(change, wanted.get("position"))
    side = wanted.get("side") or "RIGHT"
    place = change.places.get((side, wanted["line"]))
    if place is None:
        raise OutsideError(OUTSIDE)
    _check_start(change, wanted, place)
    return wanted["line"], side, place


def _by_position(change: FileChange, position: int | None) -> tuple[int, str, Place]:
    """The old way: a number of lines below the first hunk's heading; a context line is the new file's."""
    sides = [(line, side, place) for (side, line), place in change.places.items() if place.position == position]
    if not sides:
        raise OutsideError("Position could not be resolved")
    return max(sides, key=lambda found: found[1])


def _check_start(change: FileChange, wanted: dict[str, Any], end: Place) -> None:
    if wanted.get("start_line") is None:
        return
    start = change.places.get((wanted.get("start_side") or wanted.get("side") or "RIGHT", wanted["start_line"]))
    if wanted["start_line"] >= wanted["line"]:
        raise OutsideError("Pull request review thread start line must precede the end line.")
    if start is None or start.hunk != end.hunk:
        raise OutsideError("Pull request review thread start line must be part of the same hunk as the line.")


def write_comment(call: Call, what: Issue, review: Review, wanted: dict[str, Any]) -> ReviewComment:
    """Make a comment, not yet kept: it belongs to the diff of the commit that was reviewed."""
    hub, git = call.hub, call.hub.git(what.repository)
    check_body("PullRequestReviewComment", wanted["body"])
    base = standing.merge_base(hub, what)
    change = next((c for c in git.changes(base, review.sha) if c.path == wanted["path"]), None)
    line, side, place = place_of(change, wanted)
    assert change is not None
    start = wanted.get("start_line")
    return ReviewComment(
        id=hub.world.next_id("review comment"),
        issue=what,
        review=review,
        user=call.user,
        body=wanted["body"],
        path=wanted["path"],
        sha=review.sha,
        hunk=change.hunk_until(place),
        line=line,
        side=side,
        start_line=start,
        start_side=(wanted.get("start_side") or side) if start else None,
        position=place.position,
        original_line=line,
        original_start_line=start,
        original_position=place.position,
        original_sha=review.sha,
        created_at=hub.clock.now,
        updated_at=hub.clock.now,
    )


def keep(call: Call, one: ReviewComment) -> ReviewComment:
    """Put it in the thread, and tell unless its review is pending."""
    one.issue.repository.review_comments[one.id] = call.hub.note(one)
    if one.review.state != "PENDING":
        tell(call, one, "created")
    return one


def tell(call: Call, one: ReviewComment, action: str) -> None:
    """pull_request_review_comment."""
    body = {
        "action": action,
        "comment": pulls.review_comment(call.hub, one),
        "pull_request": pulls.simple(call.hub, one.issue),
    }
    events.emit(call.hub, one.issue.repository, call.actor, "pull_request_review_comment", body)


@route("GET", R + "/pulls/comments", "pull_requests:read")
def everywhere(call: Call) -> Answer:
    """All of a repository."""
    found = [c for c in call.repository.review_comments.values() if c.review.state != "PENDING"]
    return call.page(found, lambda c: pulls.review_comment(call.hub, c))


@route("GET", ONE + "/comments", "pull_requests:read")
def listing(call: Call) -> Answer:
    """All of one pull request, oldest first."""
    return call.page(standing.review_comments(call.pull), lambda c: pulls.review_comment(call.hub, c))


@route("POST", ONE + "/comments", "pull_requests:write", "read")
def create(call: Call) -> Answer:
    """One comment, which makes a review of its own; with `in_reply_to` a reply."""
    what, body = call.pull, call.body
    refuse_locked(call, what)
    if body.get("in_reply_to"):
        return _reply(call, what, body["in_reply_to"])
    if call.hub.git(what.repository).objects.commit(body["commit_id"]) is None:
        raise _refused("commit_id", "commit_id is not part of the pull request")
    review = pulling.review(call.hub, what, call.actor, {"event": "COMMENT", "commit_id": body["commit_id"]})
    try:
        made = write_comment(call, what, review, body)
    except OutsideError as problem:
        raise _refused("pull_request_review_thread.line", str(problem)) from problem
    pulls.pull_of(what).reviews.append(call.hub.note(review))
    return Answer(201, pulls.review_comment(call.hub, keep(call, made)))


def _refused(field: str, message: str) -> RefusedError:
    error = {"resource": "PullRequestReviewComment", "code": "custom", "field": field, "message": message}
    return RefusedError(422, "Validation Failed", [error])


@route("POST", ONE + "/comments/{comment_id}/replies", "pull_requests:write", "read")
def reply(call: Call) -> Answer:
    """An answer below a comment."""
    return _reply(call, call.pull, call.number("comment_id"))


def _reply(call: Call, what: Issue, number: int) -> Answer:
    first = what.repository.review_comments.get(number)
    if first is None or first.issue is not what:
        raise not_found()
    hub = call.hub
    review = hub.note(pulling.review(hub, what, call.actor, {"event": "COMMENT", "commit_id": first.sha}))
    pulls.pull_of(what).reviews.append(review)
    made = ReviewComment(
        **(
            vars(first)
            | {
                "id": hub.world.next_id("review comment"),
                "review": review,
                "user": call.user,
                "body": require(call, "body", "PullRequestReviewComment"),
                "reply_to": first.reply_to or first.id,
                "created_at": hub.clock.now,
                "updated_at": hub.clock.now,
                "reactions": [],
            }
        )
    )
    return Answer(201, pulls.review_comment(hub, keep(call, made)))


@route("GET", SINGLE, "pull_requests:read")
def single(call: Call) -> Answer:
    """One comment."""
    return Answer(200, pulls.review_comment(call.hub, review_comment_named(call)))


def _own_or_writer(call: Call, one: ReviewComment) -> None:
    if call.actor.kind == "user" and one.user is not call.user and not has_role(call.repository, call.user, "write"):
        raise forbidden("Must have write access to Repository.")


@route("PATCH", SINGLE, "pull_requests:write", "read")
def edit(call: Call) -> Answer:
    """Other words."""
    one = review_comment_named(call)
    _own_or_writer(call, one)
    one.body, one.updated_at = require(call, "body", "PullRequestReviewComment"), call.hub.clock.now
    tell(call, one, "edited")
    return Answer(200, pulls.review_comment(call.hub, one))


@route("DELETE", SINGLE, "pull_requests:write", "read")
def delete(call: Call) -> Answer:
    """Gone; the second time it is not found."""
    one = review_comment_named(call)
    _own_or_writer(call, one)
    del call.repository.review_comments[one.id]
    tell(call, one, "deleted")
    return NO_CONTENT
