"""Pull requests: listed, opened, edited, their files and commits."""

from __future__ import annotations

from github_fake import events, moving, pulling, standing, talking
from github_fake.call import Call
from github_fake.pulling import Proposal
from github_fake.render import commits, people, pulls
from github_fake.rest.repositories import assignable
from github_fake.rights import NO_ACCESS, has_role, may_push
from github_fake.routes import R, route
from github_fake.state import Repository
from github_fake.threads import Issue
from github_fake.wire import Answer, forbidden, invalid

ONE = R + "/pulls/{pull_number}"
FILES = 3000


@route("GET", R + "/pulls", "pull_requests:read")
def listing(call: Call) -> Answer:
    """Open ones unless asked otherwise, newest first; `head` is owner:branch."""
    query = call.request.query
    found = [i for i in call.repository.issues.values() if i.pull and _wanted(i, query)]
    by_update = query.get("sort") == "updated"
    descending = query.get("direction", "asc" if query.get("sort") not in (None, "created") else "desc") == "desc"
    found.sort(key=lambda i: (i.updated_at if by_update else i.created_at, i.number), reverse=descending)
    return call.page(found, lambda i: pulls.simple(call.hub, i))


def _wanted(what: Issue, query: dict[str, str]) -> bool:
    pull = pulls.pull_of(what)
    owner = pull.head_repository.owner.login if pull.head_repository else ""
    return (
        query.get("state", "open") in ("all", what.state)
        and query.get("base", pull.base_ref) == pull.base_ref
        and query.get("head", f"{owner}:{pull.head_ref}").lower() == f"{owner}:{pull.head_ref}".lower()
    )


@route("POST", R + "/pulls", "pull_requests:write", "read")
def create(call: Call) -> Answer:
    """From `branch` or `owner:branch`; a person needs to be able to push the head, GITHUB_TOKEN a switch."""
    body, where = call.body, call.repository
    owner, colon, branch = body["head"].rpartition(":")
    head = _head(call, owner) if colon else where
    if call.actor.kind == "actions" and not where.actions_may_open_pulls:
        raise forbidden("GitHub Actions is not permitted to create or approve pull requests.")
    if call.actor.kind == "user" and not may_push(call.actor, head):
        raise forbidden("Must have write access to the head repository.")
    if call.actor.kind == "installation" and head is not where:
        raise forbidden(NO_ACCESS)
    draft = bool(body.get("draft"))
    wanted = Proposal(head, branch, body["base"], body.get("title", ""), body.get("body"), draft)
    made = pulling.open_pull(call.hub, where, call.actor, wanted)
    return Answer(201, pulls.full(call.hub, made))


def _head(call: Call, owner: str) -> Repository:
    """The repository of that owner that is this one or a fork of it."""
    where = call.repository
    for known in call.hub.world.repositories.values():
        if known.owner.login.lower() == owner.lower() and where in (known, known.parent):
            return known
    raise invalid("PullRequest", "head")


@route("GET", ONE, "pull_requests:read")
def one(call: Call) -> Answer:
    """One pull request with its counts."""
    return Answer(200, pulls.full(call.hub, call.pull))


@route("PATCH", ONE, "pull_requests:write", "read")
def edit(call: Call) -> Answer:
    """Title, body, base, state: its author, or whoever may write."""
    what, body = call.pull, call.body
    if call.actor.kind == "user" and what.user is not call.user and not has_role(call.repository, call.user, "triage"):
        raise forbidden("Must have triage access to Repository.")
    talking.edit(call.hub, what, call.actor, body)
    if body.get("base"):
        pulling.aim(call.hub, what, call.actor, body["base"])
    if body.get("state") == "closed":
        moving.close(call.hub, what, call.actor)
    if body.get("state") == "open":
        _reopen(call, what)
    return Answer(200, pulls.full(call.hub, what))


def _reopen(call: Call, what: Issue) -> None:
    """Not once merged, nor without its branch."""
    pull = pulls.pull_of(what)
    if (
        pull.merged_at
        or pull.head_repository is None
        or call.hub.git(pull.head_repository).branch(pull.head_ref) is None
    ):
        raise invalid("PullRequest", "state", message="state cannot be changed. The pull request cannot be reopened.")
    moving.reopen(call.hub, what, call.actor)


@route("GET", ONE + "/files", "pull_requests:read")
def files(call: Call) -> Answer:
    """From the merge base to the head, at most 3,000."""
    what = call.pull
    where, head = what.repository, pulls.pull_of(what).head_sha
    return call.page(standing.changes(call.hub, what)[:FILES], lambda c: commits.diff_entry(call.hub, where, head, c))


@route("GET", ONE + "/commits", "pull_requests:read")
def own_commits(call: Call) -> Answer:
    """Oldest first, at most 250."""
    return call.page(standing.commits(call.hub, call.pull), lambda sha: commits.commit(call.hub, call.repository, sha))


@route("GET", ONE + "/requested_reviewers", "pull_requests:read")
def requested(call: Call) -> Answer:
    """Who was asked and has not answered."""
    asked = pulls.pull_of(call.pull).requested_reviewers
    return Answer(200, {"users": [people.user(call.hub, who) for who in asked], "teams": []})


@route("POST", ONE + "/requested_reviewers", "pull_requests:write", "triage")
def request_review(call: Call) -> Answer:
    """Ask collaborators for a review; 422 for anybody else, and for the author."""
    what = call.pull
    asked = pulls.pull_of(what).requested_reviewers
    people_asked = [call.hub.user(login) for login in call.body.get("reviewers", ())]
    if any(who is what.user for who in people_asked):
        raise invalid("PullRequest", "reviewers", message="Review cannot be requested from pull request author.")
    if any(not assignable(call.repository, who.login) for who in people_asked):
        raise invalid("PullRequest", "reviewers", message="Reviews may only be requested from collaborators.")
    for who in people_asked:
        if who not in asked:
            asked.append(who)
            details = {"review_requester": call.user, "requested_reviewer": who}
            events.record(call.hub, what, call.actor, "review_requested", **details)
            events.about(call.hub, what, call.actor, "review_requested")
    return Answer(201, pulls.simple(call.hub, what))
