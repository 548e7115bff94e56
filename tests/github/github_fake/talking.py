"""What people and bots do in threads: open, edit, label, assign, comment, react, lock."""

from __future__ import annotations

from typing import Any

from github_fake import events
from github_fake.hub import Hub
from github_fake.render import threads
from github_fake.state import Repository, Token, User
from github_fake.threads import Comment, Issue, Label, Reaction
from github_fake.wire import RefusedError, invalid

BODY_LIMIT = 65_536


def next_number(where: Repository) -> int:
    """Issues and pull requests share one row of numbers."""
    return max(where.issues, default=0) + 1


def check_body(resource: str, body: str | None) -> None:
    """422 for what is too long, counted in characters."""
    if body is not None and len(body) > BODY_LIMIT:
        raise invalid(resource, "body", message=f"Body is too long (maximum is {BODY_LIMIT} characters)")


def open_issue(hub: Hub, where: Repository, token: Token, title: str, body: str | None) -> Issue:
    """A new thread, not yet told of."""
    check_body("Issue", body)
    if not title.strip():
        raise invalid("Issue", "title", "missing_field")
    now, number = hub.clock.now, next_number(where)
    app = token.app if token.kind == "installation" else None
    issue = Issue(hub.world.next_id("issue"), number, where, title, body, token.user, now, now, app=app)
    where.issues[number] = issue
    return issue


def edit(hub: Hub, what: Issue, token: Token, wanted: dict[str, Any]) -> None:
    """Title and body; one `edited` event says what they were before."""
    changes: dict[str, Any] = {}
    if wanted.get("title") not in (None, what.title):
        changes["title"] = {"from": what.title}
        events.record(hub, what, token, "renamed", rename={"from": what.title, "to": wanted["title"]})
        what.title = wanted["title"]
    if "body" in wanted and wanted["body"] != what.body:
        check_body("Issue", wanted["body"])
        changes["body"] = {"from": what.body}
        what.body, what.edited_at = wanted["body"], hub.clock.now
    if changes:
        what.updated_at = hub.clock.now
        events.about(hub, what, token, "edited", changes=changes)


def label_named(hub: Hub, where: Repository, name: str) -> Label:
    """The repository's label, made where it is new; names differ by more than case."""
    found = where.labels.get(name.lower())
    if found is None:
        found = hub.note(Label(hub.world.next_id("label"), name))
        where.labels[name.lower()] = found
    return found


def add_label(hub: Hub, what: Issue, token: Token, name: str) -> None:
    """Put a label on; nothing where it is on already."""
    label = label_named(hub, what.repository, name)
    if label in what.labels:
        return
    what.labels.append(label)
    events.record(hub, what, token, "labeled", label=label)
    events.about(hub, what, token, "labeled", label=threads.label(hub, what.repository, label))


def remove_label(hub: Hub, what: Issue, token: Token, label: Label) -> None:
    """Take a label off."""
    what.labels.remove(label)
    events.record(hub, what, token, "unlabeled", label=label)
    events.about(hub, what, token, "unlabeled", label=threads.label(hub, what.repository, label))


def assign(hub: Hub, what: Issue, token: Token, who: User) -> None:
    """Add an assignee."""
    if who not in what.assignees:
        what.assignees.append(who)
        events.record(hub, what, token, "assigned", assignee=who, assigner=token.user)
        events.about(hub, what, token, "assigned")


def unassign(hub: Hub, what: Issue, token: Token, who: User) -> None:
    """Take an assignee away."""
    if who in what.assignees:
        what.assignees.remove(who)
        events.record(hub, what, token, "unassigned", assignee=who, assigner=token.user)
        events.about(hub, what, token, "unassigned")


def comment(hub: Hub, what: Issue, token: Token, body: str) -> Comment:
    """A new comment."""
    check_body("IssueComment", body)
    if not body.strip():
        raise RefusedError(
            422, "Validation Failed", [{"resource": "IssueComment", "code": "missing_field", "field": "body"}]
        )
    now = hub.clock.now
    app = token.app if token.kind == "installation" else None
    one = hub.note(Comment(hub.world.next_id("said"), what, token.user, body, now, now, app=app))
    what.comments.append(one)
    what.updated_at = now
    events.about_comment(hub, one, token, "created")
    made: Comment = one
    return made


def edit_comment(hub: Hub, one: Comment, token: Token, body: str) -> None:
    """Other words in the same comment; the moment of the edit stays visible."""
    check_body("IssueComment", body)
    if body == one.body:
        return
    before = one.body
    one.body, one.edited_at, one.updated_at = body, hub.clock.now, hub.clock.now
    events.about_comment(hub, one, token, "edited", changes={"body": {"from": before}})


def react(hub: Hub, reactions: list[Reaction], who: User, content: str) -> tuple[Reaction, bool]:
    """A person's reaction, and whether it is new: one of a kind each."""
    for known in reactions:
        if known.user is who and known.content == content:
            return known, False
    made = hub.note(Reaction(hub.world.next_id("reaction"), who, content, hub.clock.now))
    reactions.append(made)
    return made, True
