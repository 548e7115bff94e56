"""The usual cast: a repository with a template, a maintainer, a stranger, the App, and a fork's pull request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from github import Auth, Github

from github_fake.accounts import AppHandle, Person
from github_fake.fake import FakeGitHub
from github_fake.handles import PullHandle, RepositoryHandle

RIGHTS = dict.fromkeys(("contents", "pull_requests", "issues", "checks", "statuses", "actions"), "write")
TEMPLATE = "templates/gateway/template.yaml"
ADDED = "templates/new/template.yaml"
TEXT = "".join(f"line {n}\n" for n in range(1, 21))


@dataclass(frozen=True)
class Stage:
    """`pull` changes line 10 of the template on main and adds a file; it comes from the stranger's fork."""

    fake: FakeGitHub
    shelf: RepositoryHandle
    writer: Person
    stranger: Person
    app: AppHandle
    pull: PullHandle
    clients: list[Github] = field(default_factory=list)

    @classmethod
    def set(cls, fake: FakeGitHub) -> Self:
        """Put everybody in place."""
        shelf = fake.repository("threatshelf", "registry")
        shelf.commit({TEMPLATE: TEXT})
        writer, stranger = fake.person("writer"), fake.person("stranger")
        shelf.give(writer, "maintain")
        app = fake.app("threatshelf", RIGHTS, shelf)
        fork = shelf.fork(stranger)
        changed = TEXT.replace("line 10\n", "line ten\n")
        fork.commit({TEMPLATE: changed, ADDED: "a: 1\nb: 2\nc: 3\n"}, branch="new", by=stranger)
        pull = shelf.open_pull("Add new", by=stranger, head="new", source=fork)
        return cls(fake, shelf, writer, stranger, app, pull)

    def client(self, token: str) -> Github:
        """PyGithub with a token, which neither waits nor retries."""
        made = Github(
            base_url=self.fake.url,
            auth=Auth.Token(token),
            retry=None,
            per_page=100,
            timeout=5,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )
        self.clients.append(made)
        return made

    def close(self) -> None:
        """Hang up."""
        for client in self.clients:
            client.close()
