"""Webhook-like deliveries and timeline entries: what the fake tells the world when something happened."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from github_fake.hub import Event, Hub, awaits_approval, starts_runs
from github_fake.render import people, pulls, threads
from github_fake.state import Repository, Token
from github_fake.threads import Comment, Issue, Moment


def emit(hub: Hub, where: Repository, token: Token, name: str, payload: dict[str, Any]) -> None:
    """Deliver: the payload with repository, sender and the installation that is told."""
    told = hub.installations_on(where)
    body = payload | {"repository": people.full_repository(hub, where), "sender": people.user(hub, token.user)}
    if told:
        body["installation"] = {"id": told[0].id, "node_id": f"IN_{told[0].id}"}
    action = payload.get("action")
    event = Event(
        id=hub.world.next_id("delivery"),
        name=name,
        action=action,
        repository=where.full_name,
        sender=token.user.login,
        payload=json.loads(json.dumps(body)),
        at=hub.clock.now,
        starts_runs=starts_runs(token, name),
        awaits_approval=awaits_approval(token, name, action),
        installation=told[0].id if told else None,
    )
    hub.events.append(event)
    for listener in hub.listeners:
        listener(event)


def delivery(event: Event, secret: str = "") -> tuple[dict[str, str], bytes]:
    """Headers and body as GitHub would POST them; a redelivery is the same again."""
    body = json.dumps(event.payload).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event.name,
        "X-GitHub-Delivery": str(uuid5(NAMESPACE_URL, f"delivery/{event.id}")),
        "X-GitHub-Hook-ID": "1001",
        "X-GitHub-Hook-Installation-Target-Type": "integration",
        "X-GitHub-Hook-Installation-Target-ID": str(event.installation or 0),
    }
    if secret:
        headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return headers, body


def about(hub: Hub, what: Issue, token: Token, action: str, **more: Any) -> None:
    """`pull_request` or `issues`, whichever it is."""
    if what.pull:
        body = {"action": action, "number": what.number, "pull_request": pulls.full(hub, what)}
        emit(hub, what.repository, token, "pull_request", body | more)
        return
    emit(hub, what.repository, token, "issues", {"action": action, "issue": threads.issue(hub, what)} | more)


def about_comment(hub: Hub, one: Comment, token: Token, action: str, **more: Any) -> None:
    """issue_comment, for issues and pull requests alike."""
    body = {"action": action, "issue": threads.issue(hub, one.issue), "comment": threads.comment(hub, one)}
    emit(hub, one.issue.repository, token, "issue_comment", body | more)


def record(hub: Hub, what: Issue, token: Token, kind: str, **details: Any) -> Moment:
    """Add to the timeline; `commit_id` among the details has its own place."""
    commit_id = details.pop("commit_id", None)
    app = token.app if token.kind == "installation" else None
    moment = Moment(hub.world.next_id("said"), kind, token.user, hub.clock.now, commit_id, app, details)
    what.moments.append(hub.note(moment))
    what.updated_at = hub.clock.now
    return moment
