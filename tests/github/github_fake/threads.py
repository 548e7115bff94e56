"""What the fake remembers about issues and pull requests: comments, reviews, labels, reactions and their timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from github_fake.state import App, Repository, User


@dataclass(eq=False, repr=False)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"LA_{self.id}"


@dataclass(eq=False, repr=False)
class Reaction:
    """One person's reaction; content as REST writes it (`+1`, `rocket`)."""

    id: int
    user: User
    content: str
    created_at: datetime

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"REA_{self.id}"


@dataclass(eq=False, repr=False)
class Comment:
    """A comment in the thread of an issue or a pull request."""

    id: int
    issue: Issue
    user: User
    body: str
    created_at: datetime
    updated_at: datetime
    app: App | None = None
    edited_at: datetime | None = None
    minimized: str | None = None
    """Why it was minimised, in GraphQL's lower-case words, or None."""
    reactions: list[Reaction] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"IC_{self.id}"


@dataclass(eq=False, repr=False)
class Moment:
    """One entry of a timeline that is neither comment, review nor commit; `details` is what that kind adds."""

    id: int
    kind: str
    actor: User
    created_at: datetime
    commit_id: str | None = None
    app: App | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"EV_{self.id}"


@dataclass(eq=False, repr=False)
class Review:
    """A review; `state` in REST's capitals, `sha` the commit it was given for."""

    id: int
    user: User
    body: str
    state: str
    sha: str
    submitted_at: datetime | None
    dismissed: str | None = None
    minimized: str | None = None

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"PRR_{self.id}"


@dataclass(eq=False, repr=False)
class ReviewComment:
    """A comment on a line; `line` is None once the line is no longer what it was."""

    id: int
    issue: Issue
    review: Review
    user: User
    body: str
    path: str
    sha: str
    hunk: str
    line: int | None
    side: str
    start_line: int | None
    start_side: str | None
    position: int | None
    original_line: int
    original_start_line: int | None
    original_position: int
    original_sha: str
    created_at: datetime
    updated_at: datetime
    reply_to: int | None = None
    reactions: list[Reaction] = field(default_factory=list)
    edited_at: datetime | None = None
    minimized: str | None = None
    resolved: bool = False

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"PRRC_{self.id}"


@dataclass(eq=False, repr=False)
class Pull:
    """What makes an issue a pull request. `head_repository` is None when the fork is gone."""

    id: int
    base_ref: str
    base_sha: str
    head_repository: Repository | None
    head_ref: str
    head_sha: str
    from_fork: bool
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_sha: str | None = None
    maintainer_can_modify: bool = False
    requested_reviewers: list[User] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    merge_base: str | None = None
    """Fixed at the merge; before it, asked of git."""

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return f"PR_{self.id}"


@dataclass(eq=False, repr=False)
class Issue:
    """An issue, or a pull request where `pull` is set."""

    id: int
    number: int
    repository: Repository
    title: str
    body: str | None
    user: User
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: User | None = None
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    locked: bool = False
    lock_reason: str | None = None
    comments: list[Comment] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    app: App | None = None
    edited_at: datetime | None = None
    pull: Pull | None = None

    @property
    def node_id(self) -> str:
        """GraphQL's name for it."""
        return self.pull.node_id if self.pull else f"I_{self.id}"
