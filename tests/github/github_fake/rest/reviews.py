"""Reviews: each names the commit it was given for."""

from __future__ import annotations

from typing import Any

from github_fake import pulling
from github_fake.call import Call
from github_fake.render import pulls
from github_fake.rest.issues import refuse_locked
from github_fake.rest.pulls import ONE
from github_fake.rest.review_comments import OutsideError, keep, write_comment
from github_fake.routes import route
from github_fake.threads import Review
from github_fake.wire import Answer, RefusedError, forbidden, not_found

REVIEWS = ONE + "/reviews"
REVIEW = REVIEWS + "/{review_id}"


def _named(call: Call) -> Review:
    number = call.number("review_id")
    found = next((r for r in pulls.pull_of(call.pull).reviews if r.id == number), None)
    if found is None or (found.state == "PENDING" and (call.token is None or found.user is not call.user)):
        raise not_found()
    return found


@route("GET", REVIEWS, "pull_requests:read")
def listing(call: Call) -> Answer:
    """Oldest first; a pending one is seen by its author alone."""
    me = call.token.user if call.token else None
    found = [r for r in pulls.pull_of(call.pull).reviews if r.state != "PENDING" or r.user is me]
    return call.page(found, lambda r: pulls.review(call.hub, call.pull, r))


@route("POST", REVIEWS, "pull_requests:write", "read")
def create(call: Call) -> Answer:
    """All of its comments or none: one line outside the diff refuses the whole review."""
    what, body = call.pull, call.body
    refuse_locked(call, what)
    _check(call, body)
    review = pulling.review(call.hub, what, call.actor, body)
    try:
        comments = [write_comment(call, what, review, one) for one in body.get("comments") or ()]
    except OutsideError as problem:
        raise RefusedError(422, "Unprocessable Entity", [str(problem)]) from problem
    pulls.pull_of(what).reviews.append(call.hub.note(review))
    asked = pulls.pull_of(what).requested_reviewers
    asked[:] = [who for who in asked if who is not call.user]
    pulling.tell_review(call.hub, what, call.actor, review, "submitted")
    for one in comments:
        keep(call, one)
    return Answer(200, pulls.review(call.hub, what, review))


def _check(call: Call, body: dict[str, Any]) -> None:
    event = body.get("event")
    if event == "REQUEST_CHANGES" and not body.get("body"):
        raise RefusedError(422, "Unprocessable Entity", ["Review body is required"])
    if event == "COMMENT" and not body.get("body") and not body.get("comments"):
        raise RefusedError(422, "Unprocessable Entity", ["Review body or comments are required"])
    if event == "APPROVE" and call.actor.kind == "actions" and not call.repository.actions_may_open_pulls:
        raise forbidden("GitHub Actions is not permitted to create or approve pull requests.")
    sha = body.get("commit_id")
    if sha and call.hub.git(call.repository).objects.commit(sha) is None:
        raise RefusedError(422, "Unprocessable Entity", ["Commit is not part of the pull request"])


@route("GET", REVIEW, "pull_requests:read")
def one(call: Call) -> Answer:
    """One review."""
    return Answer(200, pulls.review(call.hub, call.pull, _named(call)))


@route("PUT", REVIEW, "pull_requests:write", "read")
def edit(call: Call) -> Answer:
    """Other words above the comments."""
    review = _named(call)
    if call.actor.kind == "user" and review.user is not call.user:
        raise forbidden("Must be the author of the review.")
    review.body = call.body["body"]
    return Answer(200, pulls.review(call.hub, call.pull, review))


@route("GET", REVIEW + "/comments", "pull_requests:read")
def comments(call: Call) -> Answer:
    """The comments that came with it."""
    review = _named(call)
    found = [c for c in call.repository.review_comments.values() if c.review is review]
    return call.page(found, lambda c: pulls.placed_review_comment(call.hub, c))


@route("PUT", REVIEW + "/dismissals", "pull_requests:write")
def dismiss(call: Call) -> Answer:
    """It no longer counts."""
    pulling.dismiss(call.hub, call.pull, call.actor, _named(call), call.body["message"])
    return Answer(200, pulls.review(call.hub, call.pull, _named(call)))


@route("POST", REVIEW + "/events", "pull_requests:write", "read")
def submit(call: Call) -> Answer:
    """Send a pending review off."""
    review, what = _named(call), call.pull
    if review.state != "PENDING":
        raise RefusedError(422, "Unprocessable Entity", ["Review is not pending"])
    sent = pulling.review(call.hub, what, call.actor, call.body)
    review.state, review.submitted_at = sent.state, call.hub.clock.now
    review.body = call.body.get("body") or review.body
    pulling.tell_review(call.hub, what, call.actor, review, "submitted")
    return Answer(200, pulls.review(call.hub, what, review))
