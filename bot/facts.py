"""What is known of a pull request at one moment: plain data, read once per visit, believed only for what it proves.

Moments are UTC in whole seconds (`2026-11-20T09:00:00Z`); people are GitHub logins; commits 40 hexadecimal digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Change(StrEnum):
    """What a pull request does to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"
    RENAMED = "renamed"


@dataclass(frozen=True)
class ChangedFile:
    """A file of the diff. `mode` and `oid` are those at the head (empty when removed); `size` in bytes, -1 unknown."""

    path: str
    change: Change
    previous_path: str = ""
    mode: str = ""
    oid: str = ""
    size: int = -1


@dataclass(frozen=True)
class Comment:
    """A comment on the conversation. `ours`: written by the account this bot speaks as; `edited`: ever changed.

    `bot`: written by an app, ours or another; such comments give no commands.
    """

    id: int
    node_id: str
    author: str
    body: str
    at: str
    ours: bool = False
    edited: bool = False
    minimized: bool = False
    bot: bool = False
    our_reactions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Suggestion:
    """One of our review comments on a line of the diff. `answered`: somebody replied; `line` None: its line is gone."""

    id: int
    path: str
    line: int | None
    body: str
    answered: bool = False


@dataclass(frozen=True)
class Approval:
    """A person's newest review, in state APPROVED, or `/approve <commit>`; and the commit it speaks of."""

    by: str
    commit: str
    at: str


@dataclass(frozen=True)
class Event:
    """Something on the timeline, oldest first there; `kind` in GitHub's words.

    labeled, unlabeled, ready_for_review, convert_to_draft, closed, reopened, merged, reviewed. `ours`: this bot did it;
    `bot`: some app did.
    """

    kind: str
    by: str
    at: str
    label: str = ""
    ours: bool = False
    bot: bool = False


@dataclass(frozen=True)
class Status:
    """The newest commit status of a context on the head; `at`: since when."""

    state: str
    description: str
    at: str = field(default="", compare=False)


@dataclass(frozen=True)
class Run:
    """The newest check run of ours of a name on the head. `state`: pending, success, failure or error, as of a status.

    `is_open`: not concluded yet. `annotations`: how many it carries; `at`: when it began.
    """

    id: int
    state: str
    title: str
    summary: str = ""
    annotations: int = 0
    is_open: bool = False
    at: str = ""


@dataclass(frozen=True)
class PullRequest:
    """A pull request as it stands. `head_repository` is None when the fork is gone.

    `files` may be fewer than `changed`: GitHub shows 3,000. `state` is open or closed; a merged one is closed too.
    """

    number: int
    title: str
    author: str
    state: str
    draft: bool
    merged: bool
    opened_at: str
    closed_at: str
    base_ref: str
    base_sha: str
    default_branch: str
    head_ref: str
    head_sha: str
    head_repository: str | None
    repository: str
    changed: int
    files: tuple[ChangedFile, ...]
    labels: frozenset[str] = frozenset()
    comments: tuple[Comment, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    approvals: tuple[Approval, ...] = ()
    events: tuple[Event, ...] = ()
    statuses: Mapping[str, Status] = field(default_factory=dict)
    check_runs: frozenset[str] = frozenset()
    """`external_id` of every check run of ours on the head."""
    runs: Mapping[str, Run] = field(default_factory=dict)
    """The newest check run of ours of each name on the head."""
    committers: frozenset[str] = frozenset()
    """Who wrote or committed a commit of it, besides the author: they do not approve their own work."""
    unsigned: tuple[str, ...] = ()
    """Commits without the sign-off of whoever wrote or committed them, oldest first."""
    unread_commits: int = 0
    """Commits of it that nobody has looked at, because there are more than are read."""
    assigned: frozenset[str] = frozenset()
    """Who is or ever was assigned to it."""
    objections: frozenset[str] = frozenset()
    """Whose newest review asks for changes."""
    newcomer: bool = False
    """The author's first pull request here; good for a greeting and for nothing else."""
    ours: bool = False
    """Opened by the account this bot speaks as."""

    @property
    def from_fork(self) -> bool:
        """Whether the head lies in another repository, or in one that is gone."""
        return self.head_repository != self.repository


class Talk(Protocol):
    """What an issue and a pull request have alike: somebody opened it, people talk, and the timeline says when."""

    @property
    def author(self) -> str:
        """Who opened it."""

    @property
    def opened_at(self) -> str:
        """When."""

    @property
    def draft(self) -> bool:
        """Whether it is not ready yet; an issue always is."""

    @property
    def comments(self) -> tuple[Comment, ...]:
        """What was said."""

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened, oldest first."""


@dataclass(frozen=True)
class Thread:
    """An issue, or a pull request among many, with what its clock needs. `state`: open or closed.

    `body` and `locked` are read of an issue only.
    """

    number: int
    is_pull: bool
    title: str
    author: str
    state: str
    opened_at: str
    draft: bool = False
    labels: frozenset[str] = frozenset()
    comments: tuple[Comment, ...] = ()
    events: tuple[Event, ...] = ()
    body: str = ""
    locked: bool = False


@dataclass(frozen=True)
class Contents:
    """Bytes of templates by path: at the head, and at the commit it is compared with (by the path there)."""

    head: Mapping[str, bytes]
    base: Mapping[str, bytes]


class Role(StrEnum):
    """What GitHub says somebody may do, weakest first."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    def at_least(self, other: "Role") -> bool:
        """Whether this role may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)
