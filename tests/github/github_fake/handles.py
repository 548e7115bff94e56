"""Repositories, issues and pull requests in a test author's hand, each able to act as somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from github_fake import events, founding, moving, pulling, talking, tokens
from github_fake.accounts import AppHandle, Person, act
from github_fake.git import Git
from github_fake.hub import Hub
from github_fake.objects import CommitObject, Entry
from github_fake.pulling import Proposal
from github_fake.render.pulls import pull_of
from github_fake.rules import Move
from github_fake.state import Repository, Ruleset, Token
from github_fake.threads import Comment, Issue, Review

Files = Mapping[str, str | bytes | None]
"""Path to text, bytes, or None for "take it away"."""
LINK = "120000"
PROGRAM = "100755"
SUBMODULE = "160000"


@dataclass(frozen=True)
class RepositoryHandle:
    """A repository. Whatever it does, it does at once, without HTTP, as the person named (its owner otherwise)."""

    hub: Hub
    state: Repository
    signs_off: bool = True
    """Whether commits certify their origin, as `git commit --signoff` has it."""

    @property
    def full_name(self) -> str:
        """owner/name."""
        return self.state.full_name

    @property
    def git(self) -> Git:
        """The bare repository; `git.path` is its folder."""
        return self.hub.git(self.state)

    def clone_url(self, token: str = "") -> str:
        """For git over HTTP, with a token as the password."""
        scheme, _, rest = self.hub.url.partition("://")
        user = f"x-access-token:{token}@" if token else ""
        return f"{scheme}://{user}{rest}/{self.full_name}.git"

    def head(self, branch: str = "main") -> str:
        """The commit a branch stands at; KeyError without such a branch."""
        found = self.git.branch(branch)
        if found is None:
            raise KeyError(branch)
        return found

    def file(self, path: str, revision: str = "main") -> bytes | None:
        """A file's bytes."""
        commit = self.git.resolve(revision)
        entry = self.git.file(commit, path) if commit else None
        return self.git.objects.blob(entry.oid) if entry else None

    def give(self, person: Person, role: str) -> None:
        """A role: read, triage, write, maintain, admin; "none" takes it away."""
        self.state.collaborators[person.login] = role

    def _as(self, by: Person | None) -> Token:
        return by.credential if by else tokens.for_user(self.hub, self.state.owner)

    @act
    def write(self, files: Files, message: str = "Change", parent: str | None = None, by: Person | None = None) -> str:
        """A commit nothing points to yet; `path` may end in `|120000` to set its mode."""
        objects = self.git.objects
        changes = dict(self._entry(path, content) for path, content in files.items())
        tree = objects.replace(self.git.tree_of(parent) if parent else None, changes)
        who = self.hub.signature(by.user if by else self.state.owner)
        signed = f"{message}\n\nSigned-off-by: {who.name} <{who.email}>\n" if self.signs_off else message
        return objects.write_commit(CommitObject(tree, (parent,) if parent else (), who, who, signed))

    def _entry(self, name: str, content: str | bytes | None) -> tuple[str, Entry | None]:
        path, _, mode = name.partition("|")
        if content is None:
            return path, None
        raw = content.encode() if isinstance(content, str) else content
        oid = raw.decode() if mode == SUBMODULE else self.git.objects.write("blob", raw)
        return path, Entry(mode or "100644", oid, path)

    @act
    def commit(self, files: Files, message: str = "Change", *, branch: str = "main", by: Person | None = None) -> str:
        """Commit on top of a branch and push; a new branch begins at the default branch."""
        parent = self.git.branch(branch) or self.git.branch(self.state.default_branch)
        sha = self.write(files, message, parent, by)
        return self.push(sha, branch, by=by)

    @act
    def push(self, sha: str | None, branch: str, *, by: Person | None = None) -> str:
        """Set a branch to a commit, by force where needed (None: delete it); AssertionError where a rule refuses."""
        ref = f"refs/heads/{branch}"
        refused = moving.set_ref(self.hub, self.state, self._as(by), Move(ref, self.git.ref(ref), sha))
        assert refused is None, refused
        return sha or ""

    @act
    def branch(self, name: str, start: str = "main") -> str:
        """A new branch at the head of another."""
        return self.push(self.head(start), name)

    @act
    def fork(self, by: Person) -> RepositoryHandle:
        """That person's fork."""
        return RepositoryHandle(self.hub, founding.fork(self.hub, self.state, by.user))

    @act
    def delete(self) -> None:
        """Gone."""
        founding.delete(self.hub, self.state)

    @act
    def open_pull(
        self, /, title: str, *, by: Person, head: str, source: RepositoryHandle | None = None, **more: Any
    ) -> PullHandle:
        """From a branch here or in a fork (`source`); `base`, `body` and `draft` as further words."""
        where = source.state if source else self.state
        proposal = Proposal(where, head, more.pop("base", self.state.default_branch), title, **more)
        return PullHandle(self.hub, pulling.open_pull(self.hub, self.state, by.credential, proposal))

    @act
    def open_issue(self, title: str, body: str = "", *, by: Person) -> ThreadHandle:
        """A new issue."""
        made = self.hub.note(talking.open_issue(self.hub, self.state, by.credential, title, body))
        events.about(self.hub, made, by.credential, "opened")
        return ThreadHandle(self.hub, made)

    def pull(self, number: int) -> PullHandle:
        """A pull request by number."""
        return PullHandle(self.hub, self.state.issues[number])

    def issue(self, number: int) -> ThreadHandle:
        """An issue by number."""
        return ThreadHandle(self.hub, self.state.issues[number])

    @act
    def protect(self, branch: str, *rules: str | dict[str, Any], bypass: Sequence[AppHandle] = ()) -> Ruleset:
        """A ruleset: deletion, non_fast_forward, update, creation, pull_request, or a rule with its parameters."""
        actors = [{"actor_type": "Integration", "actor_id": a.id, "bypass_mode": "always"} for a in bypass]
        whole = [{"type": rule} if isinstance(rule, str) else rule for rule in rules]
        pattern = branch if branch.startswith("~") else f"refs/heads/{branch}"
        number = self.hub.world.next_id("ruleset")
        made = Ruleset(number, f"{branch} {number}", [pattern], whole, self.hub.clock.now, bypass=actors)
        self.state.rulesets[number] = made
        return made

    def require(self, *contexts: str, branch: str = "~DEFAULT_BRANCH", app: AppHandle | None = None) -> Ruleset:
        """Required checks, pinned to an App where given."""
        pinned = {"integration_id": app.id} if app else {}
        checks = [{"context": one} | pinned for one in contexts]
        parameters = {"strict_required_status_checks_policy": False, "required_status_checks": checks}
        return self.protect(branch, {"type": "required_status_checks", "parameters": parameters})


@dataclass(frozen=True)
class ThreadHandle:
    """An issue, or the thread of a pull request."""

    hub: Hub
    state: Issue

    @property
    def number(self) -> int:
        """Its number."""
        return self.state.number

    @property
    def labels(self) -> list[str]:
        """Names of the labels on it."""
        return [label.name for label in self.state.labels]

    @property
    def comments(self) -> list[Comment]:
        """In the thread, oldest first."""
        return list(self.state.comments)

    @act
    def comment(self, body: str, *, by: Person) -> Comment:
        """Say something."""
        return talking.comment(self.hub, self.state, by.credential, body)

    @act
    def edit_comment(self, one: Comment, body: str, *, by: Person) -> None:
        """Say it otherwise."""
        talking.edit_comment(self.hub, one, by.credential, body)

    @act
    def edit(self, /, *, by: Person, **words: str) -> None:
        """Other title or body."""
        talking.edit(self.hub, self.state, by.credential, words)

    @act
    def label(self, name: str, *, by: Person) -> None:
        """Put a label on."""
        talking.add_label(self.hub, self.state, by.credential, name)

    @act
    def unlabel(self, name: str, *, by: Person) -> None:
        """Take it off."""
        label = next(one for one in self.state.labels if one.name == name)
        talking.remove_label(self.hub, self.state, by.credential, label)

    @act
    def close(self, *, by: Person) -> None:
        """Close it unmerged."""
        moving.close(self.hub, self.state, by.credential)

    @act
    def reopen(self, *, by: Person) -> None:
        """Open it again."""
        moving.reopen(self.hub, self.state, by.credential)


class PullHandle(ThreadHandle):
    """A pull request."""

    @property
    def head(self) -> str:
        """Its head commit."""
        return pull_of(self.state).head_sha

    @property
    def merged(self) -> bool:
        """Whether it was merged."""
        return pull_of(self.state).merged_at is not None

    @property
    def reviews(self) -> list[Review]:
        """Oldest first."""
        return list(pull_of(self.state).reviews)

    @act
    def push(self, files: Files, message: str = "Change", *, by: Person, onto: str | None = None) -> str:
        """Another commit on its branch; `onto` a commit replaces the head by force."""
        pull = pull_of(self.state)
        assert pull.head_repository is not None
        source = RepositoryHandle(self.hub, pull.head_repository)
        return source.push(source.write(files, message, onto or pull.head_sha, by), pull.head_ref, by=by)

    @act
    def approve(self, *, by: Person, commit: str | None = None, body: str = "") -> Review:
        """A review in state APPROVED, of the head or another commit."""
        return self._review("APPROVE", by, {"commit_id": commit, "body": body})

    @act
    def request_changes(self, body: str, *, by: Person) -> Review:
        """A review that asks for more."""
        return self._review("REQUEST_CHANGES", by, {"body": body})

    def _review(self, event: str, by: Person, more: dict[str, Any]) -> Review:
        made: Review = self.hub.note(pulling.review(self.hub, self.state, by.credential, {"event": event} | more))
        pull_of(self.state).reviews.append(made)
        pulling.tell_review(self.hub, self.state, by.credential, made, "submitted")
        return made

    @act
    def draft(self, *, by: Person) -> None:
        """Make it a draft."""
        pulling.set_draft(self.hub, self.state, by.credential, draft=True)

    @act
    def ready(self, *, by: Person) -> None:
        """No draft any more."""
        pulling.set_draft(self.hub, self.state, by.credential, draft=False)

    @act
    def aim(self, base: str, *, by: Person) -> None:
        """At another base branch."""
        pulling.aim(self.hub, self.state, by.credential, base)
