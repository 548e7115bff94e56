"""Issues, comments, labels, reactions and timelines as REST writes them."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

from github_fake.clock import stamp
from github_fake.hub import Hub
from github_fake.render import people
from github_fake.state import Repository
from github_fake.threads import Comment, Issue, Label, Moment, Reaction

CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")


def label(hub: Hub, where: Repository, what: Label) -> dict[str, Any]:
    """Label; `default` is about GitHub's own nine, so never true here."""
    url = f"{people.repository_url(hub, where)}/labels/{quote(what.name, safe='')}"
    return {
        "id": what.id,
        "node_id": what.node_id,
        "url": url,
        "name": what.name,
        "color": what.color,
        "default": False,
        "description": what.description,
    }


def reaction(hub: Hub, what: Reaction) -> dict[str, Any]:
    """Reaction."""
    return {
        "id": what.id,
        "node_id": what.node_id,
        "user": people.user(hub, what.user),
        "content": what.content,
        "created_at": stamp(what.created_at),
    }


def rollup(url: str, reactions: list[Reaction]) -> dict[str, Any]:
    """reaction-rollup."""
    counted = Counter(r.content for r in reactions)
    return {"url": f"{url}/reactions", "total_count": len(reactions)} | {c: counted[c] for c in CONTENTS}


def thread_url(hub: Hub, what: Issue) -> str:
    """The issue's address, of a pull request too."""
    return f"{people.repository_url(hub, what.repository)}/issues/{what.number}"


def web_url(hub: Hub, what: Issue) -> str:
    """Where a person reads it."""
    return f"{hub.url}/{what.repository.full_name}/{'pull' if what.pull else 'issues'}/{what.number}"


def issue(hub: Hub, what: Issue) -> dict[str, Any]:
    """Issue; a pull request carries `pull_request` and `draft`."""
    api = thread_url(hub, what)
    assigned = [people.user(hub, who) for who in what.assignees]
    body: dict[str, Any] = {
        "id": what.id,
        "node_id": f"I_{what.id}",
        "url": api,
        "number": what.number,
        "title": what.title,
        "body": what.body,
        "repository_url": people.repository_url(hub, what.repository),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "timeline_url": f"{api}/timeline",
        "html_url": web_url(hub, what),
        "user": people.user(hub, what.user),
        "state": what.state,
        "state_reason": what.state_reason,
        "locked": what.locked,
        "active_lock_reason": what.lock_reason,
        "labels": [label(hub, what.repository, one) for one in what.labels],
        "milestone": None,
        "assignee": assigned[0] if assigned else None,
        "assignees": assigned,
        "comments": len(what.comments),
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.updated_at),
        "closed_at": stamp(what.closed_at),
        "closed_by": people.user_or_none(hub, what.closed_by),
        "reactions": rollup(api, what.reactions),
        "author_association": people.association(what.repository, what.user),
        "performed_via_github_app": people.app_or_none(hub, what.app),
    }
    return body | (_as_pull(hub, what) if what.pull else {})


def _as_pull(hub: Hub, what: Issue) -> dict[str, Any]:
    assert what.pull is not None
    web = web_url(hub, what)
    url = f"{people.repository_url(hub, what.repository)}/pulls/{what.number}"
    links = {"url": url, "html_url": web, "diff_url": f"{web}.diff", "patch_url": f"{web}.patch"}
    return {
        "node_id": what.node_id,
        "draft": what.pull.draft,
        "pull_request": links | {"merged_at": stamp(what.pull.merged_at)},
    }


def comment(hub: Hub, what: Comment) -> dict[str, Any]:
    """issue-comment; it does not say whether it is minimised by GraphQL's id, but `minimized` does."""
    api = f"{people.repository_url(hub, what.issue.repository)}/issues/comments/{what.id}"
    hidden = {"reason": what.minimized} if what.minimized else None
    return {
        "id": what.id,
        "node_id": what.node_id,
        "url": api,
        "body": what.body,
        "user": people.user(hub, what.user),
        "html_url": f"{web_url(hub, what.issue)}#issuecomment-{what.id}",
        "issue_url": thread_url(hub, what.issue),
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.updated_at),
        "reactions": rollup(api, what.reactions),
        "author_association": people.association(what.issue.repository, what.user),
        "minimized": hidden,
        "performed_via_github_app": people.app_or_none(hub, what.app),
    }


def moment(hub: Hub, where: Repository, what: Moment) -> dict[str, Any]:
    """One entry of a timeline or an events list."""
    api = people.repository_url(hub, where)
    body: dict[str, Any] = {
        "id": what.id,
        "node_id": what.node_id,
        "url": f"{api}/issues/events/{what.id}",
        "event": what.kind,
        "actor": people.user(hub, what.actor),
        "commit_id": what.commit_id,
        "created_at": stamp(what.created_at),
        "commit_url": f"{api}/commits/{what.commit_id}" if what.commit_id else None,
        "performed_via_github_app": people.app_or_none(hub, what.app),
    }
    return body | {key: _detail(hub, value) for key, value in what.details.items()}


def _detail(hub: Hub, value: Any) -> Any:
    if isinstance(value, Label):
        return {"name": value.name, "color": value.color}
    return people.user(hub, value) if hasattr(value, "login") else value
