"""What every part of the fake is given: the remembered world, git, the clock, and where events go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any

from github_fake.clock import Clock
from github_fake.git import Git, GitStore
from github_fake.objects import Signature
from github_fake.state import Installation, Repository, Token, User, World
from github_fake.threads import Issue
from github_fake.wire import not_found


@dataclass(frozen=True)
class Event:
    """One delivery. GITHUB_TOKEN's start no runs; `awaits_approval` where a run would need a writer's click."""

    id: int
    name: str
    action: str | None
    repository: str
    sender: str
    payload: dict[str, Any]
    at: datetime
    starts_runs: bool
    awaits_approval: bool
    installation: int | None


@dataclass(repr=False)
class Hub:
    """Shared by all; `meanwhile` is run where a write has looked and not yet written."""

    url: str
    world: World
    store: GitStore
    clock: Clock
    lock: RLock = field(default_factory=RLock)
    events: list[Event] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    listeners: list[Callable[[Event], None]] = field(default_factory=list)

    def git(self, repository: Repository) -> Git:
        """The git repository of a repository."""
        git = self.store.open(repository.path)
        git.frozen = repository.frozen_refs
        return git

    def signature(self, user: User) -> Signature:
        """This user, now."""
        return Signature(user.name or user.login, user.email, int(self.clock.now.timestamp()))

    def repository(self, full_name: str) -> Repository:
        """By owner/name; not found otherwise."""
        found = self.world.repositories.get(full_name.lower())
        if found is None:
            raise not_found()
        return found

    def user(self, login: str) -> User:
        """By login; not found otherwise."""
        found = self.world.users.get(login.lower())
        if found is None:
            raise not_found()
        return found

    def user_by_email(self, email: str) -> User | None:
        """Whoever has that address."""
        return next((u for u in self.world.users.values() if u.email == email), None)

    def issue(self, repository: Repository, number: int) -> Issue:
        """An issue or a pull request; not found otherwise."""
        found = repository.issues.get(number)
        if found is None:
            raise not_found()
        return found

    def installations_on(self, repository: Repository) -> list[Installation]:
        """Every installed App that reaches a repository."""
        return [i for i in self.world.installations.values() if repository.full_name in i.repositories]

    def note(self, found: Any) -> Any:
        """Remember an object by its node id and hand it back."""
        self.world.nodes[found.node_id] = found
        return found


GITHUB_TOKEN_STARTS = ("workflow_dispatch", "repository_dispatch")
PULL_STARTS = ("opened", "synchronize", "reopened")


def starts_runs(token: Token, name: str) -> bool:
    """What GITHUB_TOKEN causes starts no run, but for the two dispatches."""
    return token.kind != "actions" or name in GITHUB_TOKEN_STARTS


def awaits_approval(token: Token, name: str, action: str | None) -> bool:
    """Since June 2026 a pull request that GITHUB_TOKEN opens or moves starts runs that wait for a writer's click."""
    return token.kind == "actions" and name == "pull_request" and action in PULL_STARTS
