"""What people and bots do with pull requests: open, aim elsewhere, make a draft, review."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from github_fake import events, talking
from github_fake.hub import Hub
from github_fake.render import pulls
from github_fake.state import Repository, Token
from github_fake.threads import Issue, Pull, Review
from github_fake.wire import RefusedError, invalid


@dataclass(frozen=True)
class Proposal:
    """From which branch, to which, with which words."""

    head: Repository
    head_ref: str
    base_ref: str
    title: str
    body: str | None = None
    draft: bool = False


def open_pull(hub: Hub, where: Repository, token: Token, wanted: Proposal) -> Issue:
    """A new pull request, or 422 as GitHub words it."""
    head, base = hub.git(wanted.head).branch(wanted.head_ref), hub.git(where).branch(wanted.base_ref)
    if base is None:
        raise invalid("PullRequest", "base")
    if head is None:
        raise invalid("PullRequest", "head")
    _refuse_needless(hub, where, wanted, head, base)
    issue = talking.open_issue(hub, where, token, wanted.title, wanted.body)
    fork = wanted.head is not where
    number = hub.world.next_id("pull")
    pull = Pull(number, wanted.base_ref, base, wanted.head, wanted.head_ref, head, fork, wanted.draft)
    issue.pull = pull
    pull.maintainer_can_modify = fork
    hub.note(issue)
    hub.git(where).move(f"refs/pull/{issue.number}/head", head, None)
    events.about(hub, issue, token, "opened")
    return issue


def _refuse_needless(hub: Hub, where: Repository, wanted: Proposal, head: str, base: str) -> None:
    name = f"{wanted.head.owner.login}:{wanted.head_ref}"
    for known in where.issues.values():
        pull = known.pull
        same = pull and pull.head_repository is wanted.head and pull.head_ref == wanted.head_ref
        if known.state == "open" and same and pull and pull.base_ref == wanted.base_ref:
            raise _custom(f"A pull request already exists for {name}.")
    if hub.git(where).merge_base(base, head) is None:
        raise _custom(f"The {wanted.head_ref} branch has no history in common with {wanted.base_ref}")
    if hub.git(where).descends(base, head):
        raise _custom(f"No commits between {wanted.base_ref} and {name}")


def _custom(message: str) -> RefusedError:
    return RefusedError(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])


def aim(hub: Hub, what: Issue, token: Token, base_ref: str) -> None:
    """Another base branch; told as an edit."""
    pull = what.pull
    assert pull is not None
    if base_ref == pull.base_ref:
        return
    tip = hub.git(what.repository).branch(base_ref)
    if tip is None:
        raise invalid("PullRequest", "base", message=f"Proposed base branch '{base_ref}' was not found")
    before = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
    pull.base_ref, pull.base_sha = base_ref, tip
    events.record(hub, what, token, "base_ref_changed")
    events.about(hub, what, token, "edited", changes={"base": before})


def set_draft(hub: Hub, what: Issue, token: Token, *, draft: bool) -> None:
    """To draft, or ready for review."""
    pull = what.pull
    assert pull is not None
    if pull.draft == draft:
        return
    pull.draft = draft
    events.record(hub, what, token, "convert_to_draft" if draft else "ready_for_review")
    events.about(hub, what, token, "converted_to_draft" if draft else "ready_for_review")


def review(hub: Hub, what: Issue, token: Token, wanted: dict[str, Any]) -> Review:
    """A new review without comments yet: APPROVED, CHANGES_REQUESTED, COMMENTED or PENDING."""
    states = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
    pull = what.pull
    assert pull is not None
    state = states.get(wanted.get("event") or "", "PENDING")
    if what.user is token.user and state in ("APPROVED", "CHANGES_REQUESTED"):
        words = "approve" if state == "APPROVED" else "request changes on"
        raise RefusedError(422, "Unprocessable Entity", [f"Can not {words} your own pull request"])
    body = wanted.get("body") or ""
    talking.check_body("PullRequestReview", body)
    sha = wanted.get("commit_id") or pull.head_sha
    moment = None if state == "PENDING" else hub.clock.now
    return Review(hub.world.next_id("said"), token.user, body, state, sha, moment)


def tell_review(hub: Hub, what: Issue, token: Token, one: Review, action: str) -> None:
    """pull_request_review; nothing while it is pending."""
    if one.state != "PENDING":
        body = {"action": action, "review": pulls.review(hub, what, one), "pull_request": pulls.simple(hub, what)}
        events.emit(hub, what.repository, token, "pull_request_review", body)


def dismiss(hub: Hub, what: Issue, token: Token, one: Review, message: str) -> None:
    """An approval or a request for changes no longer counts."""
    if one.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise RefusedError(422, "Can not dismiss a " + one.state.lower() + " pull request review")
    details = {"state": one.state.lower(), "review_id": one.id, "dismissal_message": message}
    one.state, one.dismissed = "DISMISSED", message
    events.record(hub, what, token, "review_dismissed", dismissed_review=details)
    tell_review(hub, what, token, one, "dismissed")
