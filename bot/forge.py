"""What a visit needs of the place where pull requests live. PyGithub stands behind it; nothing else knows PyGithub."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from bot.facts import PullRequest, Role, Thread
from bot.steps import Step


class ForgeError(Exception):
    """The forge did not answer, or refused; the message says what was asked and what came back. Ours to try again."""


class HeadMovedError(ForgeError):
    """The head is no longer the commit that was reviewed: the visit starts again."""


class GivenUpError(Exception):
    """The visit is not ours to go on with, another worker has it or we are to stop: nothing more may be written."""


class NoPullRequestError(ForgeError):
    """There is no pull request of this number; it may be an issue."""


class LimitReachedError(ForgeError):
    """No more requests for now; what is missing is done by a later visit."""


class Forge(Protocol):
    """Read facts, read what stands, take a step, move a ref."""

    @property
    def left(self) -> int | None:
        """Requests left in this hour; None while nobody knows."""

    @property
    def repository(self) -> str:
        """`owner/name`."""

    def standing(self, number: int) -> PullRequest:
        """The pull request and all that stands on it, as of now. Raises NoPullRequestError."""

    def head(self, number: int) -> str:
        """The head commit of the pull request, as of now."""

    def blobs(self, oids: Iterable[str]) -> Mapping[str, bytes]:
        """Bytes by object id; an object over 1 MiB comes cut after 1 MiB + 1 byte."""

    def tree(self, commit: str, paths: Iterable[str]) -> Mapping[str, tuple[str, str]]:
        """(mode, oid) of each path below `templates/` that exists at the commit; a link is told by its mode."""

    def diff_lines(self, number: int) -> Mapping[str, frozenset[int]]:
        """By path, the lines of the head that stand in a hunk of the diff (suggestions may stand there)."""

    def role(self, login: str) -> Role:
        """What the person may do here now; NONE for a stranger."""

    def take(self, pull_request: PullRequest, step: Step) -> None:
        """Take one step, or find that it is done already. Raises HeadMovedError or ForgeError."""

    def issue(self, number: int) -> Thread | None:
        """The issue and all that stands on it, as of now; None where there is none of that number."""

    def take_on_issue(self, number: int, step: Step) -> None:
        """Take one step on an issue, or find that it is done already. Raises ForgeError."""

    def read_file(self, path: str, ref: str) -> tuple[str, str] | None:
        """(text, blob oid) of a file on a branch; None when branch or file is not there."""

    def replace_file(self, path: str, ref: str, oid: str, text: str) -> bool:
        """Put `text` in place of the blob `oid` on the branch; False when somebody else was first."""
