"""What the fake remembers about people, apps and repositories: plain data, without git, rules or HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from github_fake.threads import Issue, Label, ReviewComment

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(eq=False, repr=False)
class User:
    """A person, a bot (`kind` "Bot") or an organisation."""

    id: int
    login: str
    kind: str = "User"
    name: str | None = None

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"{'BOT' if self.kind == 'Bot' else 'U'}_{self.id}"

    @property
    def email(self) -> str:
        """The address GitHub gives to an account that hides its own."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(eq=False, repr=False)
class App:
    """A GitHub App; its rights are the most any of its installations may have."""

    id: int
    slug: str
    owner: User
    bot: User
    rights: dict[str, str]
    created_at: datetime
    events: list[str] = field(default_factory=list)
    hook: dict[str, str] = field(default_factory=dict)
    """Its webhook: url, content_type, insecure_ssl and, starred out, secret."""
    delivered: list[tuple[str, int]] = field(default_factory=list)
    """What was sent there, oldest first: the event, and the status that came back."""

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"A_{self.id}"


@dataclass(eq=False, repr=False)
class Installation:
    """An App on an account: `repositories` holds full names."""

    id: int
    app: App
    account: User
    rights: dict[str, str]
    repositories: set[str]
    created_at: datetime


@dataclass(eq=False, repr=False)
class Token:
    """A credential. `kind` is user, installation or actions (GITHUB_TOKEN); `rights` bind all but user tokens."""

    value: str
    kind: str
    user: User
    limit: int
    pool: str
    app: App | None = None
    installation: Installation | None = None
    rights: dict[str, str] = field(default_factory=dict)
    repositories: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass(eq=False, repr=False)
class Status:
    """A commit status; the newest of a context counts."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: datetime


@dataclass(eq=False, repr=False)
class CheckRun:
    """A check run; annotations only ever grow."""

    id: int
    suite: int
    sha: str
    name: str
    app: App
    status: str
    created_at: datetime
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    external_id: str | None = None
    details_url: str | None = None
    output: dict[str, str | None] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, str]] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"CR_{self.id}"


@dataclass(eq=False, repr=False)
class Ruleset:
    """Rules for the branches its patterns name; `bypass` holds what GitHub calls bypass actors."""

    id: int
    name: str
    include: list[str]
    rules: list[dict[str, Any]]
    created_at: datetime
    exclude: list[str] = field(default_factory=list)
    bypass: list[dict[str, Any]] = field(default_factory=list)
    enforcement: str = "active"


@dataclass(eq=False, repr=False)
class Workflow:
    """A workflow file that can be dispatched."""

    id: int
    path: str
    created_at: datetime
    state: str = "active"
    scheduled: list[datetime] = field(default_factory=list)
    """When its schedule started it."""


@dataclass(eq=False, repr=False)
class Repository:
    """A bare repository at `path` and everything around it."""

    id: int
    owner: User
    name: str
    path: Path
    created_at: datetime
    default_branch: str = "main"
    private: bool = False
    parent: Repository | None = None
    collaborators: dict[str, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    check_runs: list[CheckRun] = field(default_factory=list)
    review_comments: dict[int, ReviewComment] = field(default_factory=dict)
    rulesets: dict[int, Ruleset] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    workflows: dict[int, Workflow] = field(default_factory=dict)
    actions_may_open_pulls: bool = False
    description: str | None = None
    frozen_refs: dict[str, str] | None = None
    """Set only in a copy of the past, which a stale read answers from."""

    @property
    def full_name(self) -> str:
        """owner/name."""
        return f"{self.owner.login}/{self.name}"

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"R_{self.id}"


@dataclass(eq=False, repr=False)
class World:
    """All of it. `nodes` finds an object by its GraphQL id, `signed` holds the commits GitHub itself signed."""

    users: dict[str, User] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    installations: dict[int, Installation] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    nodes: dict[str, Any] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)
    spent: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)
    """Requests used and the moment the window ends, by (pool, resource)."""
    counters: dict[str, int] = field(default_factory=dict)

    def next_id(self, kind: str) -> int:
        """1001, 1002 … for each kind of thing."""
        self.counters[kind] = self.counters.get(kind, 1000) + 1
        return self.counters[kind]
