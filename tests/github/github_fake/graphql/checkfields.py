"""Statuses and check runs in GraphQL, side by side in one rollup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from github_fake.clock import stamp
from github_fake.graphql.frame import Viewing, connection, facts, field
from github_fake.graphql.gitfields import GitThing
from github_fake.render.pulls import pull_of
from github_fake.rules import PASSING, on_ref
from github_fake.state import App, CheckRun, Repository, Status
from github_fake.threads import Issue


@dataclass(frozen=True)
class Placed:
    """A status or a check run with its repository."""

    where: Repository
    one: Status | CheckRun

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"SC_{self.one.id}" if isinstance(self.one, Status) else self.one.node_id


@dataclass(frozen=True)
class Together:
    """All that is said about a commit; `kind` is Status (statuses alone) or StatusCheckRollup."""

    kind: str
    commit: GitThing
    contexts: list[Placed]

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"{self.kind}_{self.commit.where.id}_{self.commit.oid}"


def statuses_of(where: Repository, sha: str) -> list[Placed]:
    """The newest of each context."""
    newest = {s.context: s for s in where.statuses if s.sha == sha}
    return [Placed(where, one) for one in newest.values()]


def runs_of(where: Repository, sha: str) -> list[Placed]:
    """The newest of each name and App."""
    newest = {(r.app.id, r.name): r for r in where.check_runs if r.sha == sha}
    return [Placed(where, one) for one in newest.values()]


def _rollup(view: Viewing, commit: GitThing) -> Together | None:
    view.need(commit.where, "checks:read")
    view.need(commit.where, "statuses:read")
    found = runs_of(commit.where, commit.oid) + statuses_of(commit.where, commit.oid)
    return Together("StatusCheckRollup", commit, found) if found else None


@field("Commit.statusCheckRollup")
def rollup(view: Viewing, commit: GitThing, arguments: dict[str, Any]) -> Together | None:
    """None where nobody has said anything."""
    return _rollup(view, commit)


@field("PullRequest.statusCheckRollup")
def pull_rollup(view: Viewing, what: Issue, arguments: dict[str, Any]) -> Together | None:
    """Of its head."""
    return _rollup(view, GitThing(what.repository, pull_of(what).head_sha, "Commit"))


@field("Commit.status")
def status(view: Viewing, commit: GitThing, arguments: dict[str, Any]) -> Together | None:
    """Statuses alone."""
    view.need(commit.where, "statuses:read")
    found = statuses_of(commit.where, commit.oid)
    return Together("Status", commit, found) if found else None


@field("StatusCheckRollup.contexts")
def contexts(view: Viewing, found: Together, arguments: dict[str, Any]) -> Any:
    """Check runs, then statuses."""
    return connection(found.contexts, arguments, "contexts")


@field("Status.context")
def context(view: Viewing, found: Together, arguments: dict[str, Any]) -> Placed | None:
    """One by name."""
    named = (p for p in found.contexts if isinstance(p.one, Status) and p.one.context == arguments["name"])
    return next(named, None)


@field("StatusCheckRollup.state", "Status.state")
def state(view: Viewing, found: Together, arguments: dict[str, Any]) -> str:
    """Failure beats pending beats success."""
    states = {_state(p.one) for p in found.contexts}
    return next((word for word in ("ERROR", "FAILURE", "PENDING") if word in states), "SUCCESS")


def _state(one: Status | CheckRun) -> str:
    if isinstance(one, Status):
        return one.state.upper()
    if one.status != "completed":
        return "PENDING"
    return "SUCCESS" if one.conclusion in PASSING else "FAILURE"


@facts(*(f"StatusContext.{name}" for name in ("context", "createdAt", "creator", "description", "state", "targetUrl")))
def status_words(view: Viewing, placed: Placed, arguments: dict[str, Any]) -> dict[str, Any]:
    """What a status says."""
    one = placed.one
    assert isinstance(one, Status)
    return {
        "context": one.context,
        "createdAt": stamp(one.created_at),
        "creator": one.creator,
        "description": one.description,
        "state": one.state.upper(),
        "targetUrl": one.target_url,
    }


@facts(
    *(
        f"CheckRun.{name}"
        for name in (
            "annotations",
            "checkSuite",
            "completedAt",
            "conclusion",
            "databaseId",
            "detailsUrl",
            "externalId",
            "name",
            "repository",
            "startedAt",
            "status",
            "summary",
            "text",
            "title",
            "url",
        )
    )
)
def run_words(view: Viewing, placed: Placed, arguments: dict[str, Any]) -> dict[str, Any]:
    """What a check run says."""
    one = placed.one
    assert isinstance(one, CheckRun)
    url = f"{view.hub.url}/{placed.where.full_name}/runs/{one.id}"
    return {
        "annotations": {"totalCount": len(one.annotations)},
        "checkSuite": {"id": f"CS_{one.suite}", "databaseId": one.suite, "app": one.app},
        "name": one.name,
        "completedAt": stamp(one.completed_at),
        "conclusion": one.conclusion.upper() if one.conclusion else None,
        "databaseId": one.id,
        "detailsUrl": one.details_url or url,
        "externalId": one.external_id,
        "repository": placed.where,
        "startedAt": stamp(one.started_at),
        "status": one.status.upper(),
        "summary": one.output.get("summary"),
        "text": one.output.get("text"),
        "title": one.output.get("title"),
        "url": url,
    }


@field("StatusContext.isRequired", "CheckRun.isRequired")
def is_required(view: Viewing, placed: Placed, arguments: dict[str, Any]) -> bool:
    """Whether the base branch of the pull request (by number) asks for it."""
    found = placed.where.issues.get(arguments.get("pullRequestNumber") or 0)
    if found is None or found.pull is None:
        return False
    name = placed.one.context if isinstance(placed.one, Status) else placed.one.name
    rules = [rule for s in on_ref(placed.where, f"refs/heads/{found.pull.base_ref}") for rule in s.rules]
    needed = [r["parameters"]["required_status_checks"] for r in rules if r["type"] == "required_status_checks"]
    return any(one["context"] == name for checks in needed for one in checks)


@field(
    "App.databaseId",
    "User.databaseId",
    "Bot.databaseId",
    "Organization.databaseId",
    "Repository.databaseId",
    "Reaction.databaseId",
)
def database_id(view: Viewing, found: App, arguments: dict[str, Any]) -> int:
    """The id REST gives."""
    return found.id


@field("App.name")
def app_name(view: Viewing, found: App, arguments: dict[str, Any]) -> str:
    """As it is shown."""
    return found.slug
