"""How a repository and its App are set up on GitHub, asked of GitHub."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from bot.github.client import Client, RefusedError
from bot.ledger import BRANCH
from bot.setup import AppFacts, Branches, Hook, Rules, Schedule

WORKFLOW = "bot.yml"
Found = TypeVar("Found")


def app(client: Client, repository: str) -> AppFacts:
    """The App, asked with its own key rather than with a token. Raises ForgeError."""
    about = client.ask("GET", "/app").data
    config = client.ask("GET", "/app/hook/config").data
    sent = client.ask("GET", "/app/hook/deliveries", {"per_page": 10}).data
    there = _unless_missing(lambda: client.ask("GET", f"/repos/{repository}/installation").data)
    return AppFacts(
        id=int(about["id"]),
        login=f"{about['slug']}[bot]",
        rights=dict(about["permissions"]),
        events=frozenset(about["events"]),
        granted=dict(there["permissions"]) if there else None,
        suspended=bool(there and there.get("suspended_at")),
        hook=_hook(config, tuple(int(one["status_code"]) for one in sent)),
    )


def branches(client: Client, repository: str) -> Branches:
    """What holds for the two branches that matter. Raises ForgeError."""
    default = str(client.ask("GET", f"/repos/{repository}").data["default_branch"])
    there = _unless_missing(lambda: client.ask("GET", f"/repos/{repository}/git/ref/heads/{BRANCH}").data)
    ledger = _rules(client, repository, BRANCH) if there else None
    return Branches(_rules(client, repository, default), ledger)


def _rules(client: Client, repository: str, branch: str) -> Rules:
    path = f"/repos/{repository}"
    found = [rule for page in client.pages(f"{path}/rules/branches/{quote(branch, safe='')}") for rule in page]
    checks = (
        check
        for rule in found
        if rule["type"] == "required_status_checks"
        for check in rule["parameters"]["required_status_checks"]
    )
    return Rules(
        frozenset(str(rule["type"]) for rule in found),
        {str(check["context"]): check.get("integration_id") for check in checks},
    )


def schedule(client: Client, repository: str) -> Schedule:
    """The workflow that sweeps, as its schedule goes."""
    path = f"/repos/{repository}/actions/workflows/{WORKFLOW}"
    workflow = _unless_missing(lambda: client.ask("GET", path).data)
    if workflow is None:
        return Schedule("deleted", None)
    ran = client.ask("GET", f"{path}/runs", {"event": "schedule", "per_page": 1}).data["workflow_runs"]
    last = datetime.strptime(ran[0]["created_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if ran else None
    return Schedule(str(workflow["state"]), last)


def _unless_missing(ask: Callable[[], Found]) -> Found | None:
    """The answer; None for 404."""
    try:
        return ask()
    except RefusedError as refusal:
        if refusal.status == 404:
            return None
        raise


def _hook(config: Mapping[str, Any], answers: tuple[int, ...]) -> Hook:
    return Hook(
        url=str(config.get("url", "")),
        content_type=str(config.get("content_type", "form")),
        has_secret=bool(config.get("secret")),
        checks_certificates=str(config.get("insecure_ssl", "0")) == "0",
        answers=answers,
    )
