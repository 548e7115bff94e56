"""What a repository's rulesets refuse, and whether the checks they require are green."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from github_fake.hub import Hub
from github_fake.rights import has_role, role_of
from github_fake.state import CheckRun, Repository, Ruleset, Status, Token
from github_fake.threads import Issue

PASSING = ("success", "neutral", "skipped")
ROLE_NUMBERS = {"maintain": 2, "write": 4, "admin": 5}


@dataclass(frozen=True)
class Move:
    """A ref about to go from one commit to another; None is "not there"."""

    ref: str
    old: str | None
    new: str | None


def on_ref(where: Repository, ref: str) -> list[Ruleset]:
    """The active rulesets whose patterns name a ref."""
    return [r for r in where.rulesets.values() if r.enforcement == "active" and _names(r, where, ref)]


def _names(ruleset: Ruleset, where: Repository, ref: str) -> bool:
    def hit(pattern: str) -> bool:
        whole = {"~ALL": "refs/heads/*", "~DEFAULT_BRANCH": f"refs/heads/{where.default_branch}"}.get(pattern, pattern)
        return fnmatchcase(ref, whole)

    return any(map(hit, ruleset.include)) and not any(map(hit, ruleset.exclude))


def bypasses(ruleset: Ruleset, where: Repository, token: Token) -> bool:
    """Whether a credential is on the bypass list; GITHUB_TOKEN never is."""
    if token.kind == "actions":
        return False
    return any(_is(actor, where, token) for actor in ruleset.bypass)


def _is(actor: dict[str, Any], where: Repository, token: Token) -> bool:
    kind, number = actor["actor_type"], actor.get("actor_id")
    if kind == "Integration":
        return token.kind == "installation" and token.app is not None and token.app.id == number
    if token.kind != "user":
        return False
    role = role_of(where, token.user)
    if kind == "RepositoryRole":
        return ROLE_NUMBERS.get(role) == number
    return (kind == "User" and token.user.id == number) or (kind == "OrganizationAdmin" and role == "admin")


def violations(hub: Hub, where: Repository, token: Token, move: Move) -> list[str]:
    """Why a push or an API write may not move a ref; empty where it may."""
    return [
        sentence for rule in binding(where, token, move.ref) if (sentence := broken(hub, where, rule, move)) is not None
    ]


def binding(where: Repository, token: Token, ref: str) -> list[dict[str, Any]]:
    """The rules a credential cannot pass by."""
    return [rule for s in on_ref(where, ref) if not bypasses(s, where, token) for rule in s.rules]


def broken(hub: Hub, where: Repository, rule: dict[str, Any], move: Move) -> str | None:
    """What one rule says against a move; None where it has nothing against it."""
    kind = rule["type"]
    if kind == "non_fast_forward":
        return "Cannot force-push to this branch" if _is_forced(hub, where, move) else None
    if kind == "required_status_checks":
        return next(missing_checks(where, rule, move.new), None) if move.old and move.new else None
    for name, applies, sentence in (
        ("deletion", move.new is None, "Cannot delete this branch"),
        ("creation", move.old is None, "Cannot create ref due to creations being restricted."),
        ("update", bool(move.old and move.new), "Cannot update this protected ref."),
        ("pull_request", bool(move.old and move.new), "Changes must be made through a pull request."),
    ):
        if kind == name and applies:
            return sentence
    return None


def _is_forced(hub: Hub, where: Repository, move: Move) -> bool:
    return bool(move.old and move.new and not hub.git(where).descends(move.new, move.old))


def _wanted_approvals(rule: dict[str, Any]) -> int:
    return int(rule.get("parameters", {}).get("required_approving_review_count", 0))


def _approvals(what: Issue) -> int:
    """Those who can write and whose last word was to approve."""
    reviews = what.pull.reviews if what.pull else []
    newest = {r.user: r.state for r in reviews if r.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")}
    return sum(state == "APPROVED" and has_role(what.repository, who, "write") for who, state in newest.items())


def merge_violations(what: Issue, token: Token) -> list[str]:
    """Why a pull request may not be merged by that credential."""
    where, pull = what.repository, what.pull
    assert pull is not None
    found: list[str] = []
    for rule in binding(where, token, f"refs/heads/{pull.base_ref}"):
        if rule["type"] == "required_status_checks":
            found += missing_checks(where, rule, pull.head_sha)
        if rule["type"] == "update":
            found.append("Cannot update this protected ref.")
        if rule["type"] == "pull_request" and _approvals(what) < _wanted_approvals(rule):
            found.append(
                f"At least {_wanted_approvals(rule)} approving review is required by reviewers with write access."
            )
    return found


def missing_checks(where: Repository, rule: dict[str, Any], sha: str) -> Iterator[str]:
    """One sentence for each required context that is not green on a commit."""
    for wanted in rule["parameters"]["required_status_checks"]:
        state = required_state(where, sha, wanted["context"], wanted.get("integration_id"))
        if state != "success":
            yield f'Required status check "{wanted["context"]}" is {state}.'


def required_state(where: Repository, sha: str, context: str, app_id: int | None = None) -> str:
    """success, failing or expected: a status and a check run of one name must both be green, by the newest of each."""
    status = newest_status(where, sha, context)
    run = newest_run(where, sha, context)
    if app_id is not None:
        status = status if status and _app_login(where, app_id) == status.creator.login else None
        run = newest_run(where, sha, context, app_id)
    if status is None and run is None:
        return "expected"
    green = (status is None or status.state == "success") and (run is None or run.conclusion in PASSING)
    return "success" if green else "failing"


def _app_login(where: Repository, app_id: int) -> str | None:
    return next((r.app.bot.login for r in where.check_runs if r.app.id == app_id), None)


def newest_status(where: Repository, sha: str, context: str) -> Status | None:
    """The status of a context that counts."""
    return next((s for s in reversed(where.statuses) if s.sha == sha and s.context == context), None)


def newest_run(where: Repository, sha: str, name: str, app_id: int | None = None) -> CheckRun | None:
    """The check run of a name that counts."""
    runs = (r for r in reversed(where.check_runs) if r.sha == sha and r.name == name)
    return next((r for r in runs if app_id is None or r.app.id == app_id), None)
