"""Statuses, check runs and annotations as REST writes them."""

from __future__ import annotations

from typing import Any

from github_fake.clock import stamp
from github_fake.hub import Hub
from github_fake.render import people, pulls
from github_fake.state import CheckRun, Repository, Status


def simple_status(hub: Hub, where: Repository, what: Status) -> dict[str, Any]:
    """simple-commit-status."""
    return {
        "id": what.id,
        "node_id": f"SC_{what.id}",
        "state": what.state,
        "context": what.context,
        "description": what.description,
        "target_url": what.target_url,
        "url": f"{people.repository_url(hub, where)}/statuses/{what.sha}",
        "avatar_url": f"{hub.url}/avatars/u/{what.creator.id}",
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.created_at),
    }


def status(hub: Hub, where: Repository, what: Status) -> dict[str, Any]:
    """Status."""
    return simple_status(hub, where, what) | {"creator": people.user(hub, what.creator)}


def check_run(hub: Hub, where: Repository, what: CheckRun) -> dict[str, Any]:
    """check-run; `pull_requests` stays empty for heads that live in a fork."""
    api = f"{people.repository_url(hub, where)}/check-runs/{what.id}"
    web = f"{hub.url}/{where.full_name}/runs/{what.id}"
    return {
        "id": what.id,
        "node_id": what.node_id,
        "head_sha": what.sha,
        "name": what.name,
        "url": api,
        "html_url": web,
        "external_id": what.external_id or "",
        "details_url": what.details_url or web,
        "status": what.status,
        "conclusion": what.conclusion,
        "started_at": stamp(what.started_at),
        "completed_at": stamp(what.completed_at),
        "check_suite": {"id": what.suite},
        "app": people.app(hub, what.app),
        "output": {key: what.output.get(key) for key in ("title", "summary", "text")}
        | {"annotations_count": len(what.annotations), "annotations_url": f"{api}/annotations"},
        "pull_requests": [pulls.minimal(hub, i) for i in where.issues.values() if _is_about(i.pull, what, i.state)],
    }


def _is_about(pull: Any, what: CheckRun, state: str) -> bool:
    return bool(pull and state == "open" and not pull.from_fork and pull.head_sha == what.sha)


def annotation(hub: Hub, where: Repository, run: CheckRun, what: dict[str, Any]) -> dict[str, Any]:
    """check-annotation; columns, title and details are null where none were given."""
    keys = (
        "path",
        "start_line",
        "end_line",
        "start_column",
        "end_column",
        "annotation_level",
        "title",
        "message",
        "raw_details",
    )
    return {key: what.get(key) for key in keys} | {"blob_href": pulls.file_url(hub, where, run.sha, what["path"])}
