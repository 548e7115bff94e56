"""One request being answered: who asks, for which repository, with which words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from github_fake.hub import Hub
from github_fake.state import Repository, Token, User
from github_fake.threads import Issue
from github_fake.wire import Answer, Request, not_found

T = TypeVar("T")


@dataclass
class Call:
    """Handed to every handler. `args` are the parts of the path."""

    hub: Hub
    request: Request
    args: dict[str, str]
    token: Token | None
    jwt_app: int | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object sent; empty when there was none."""
        if "body" not in self.kept:
            self.kept["body"] = self.request.body or {}
        found: dict[str, Any] = self.kept["body"]
        return found

    @property
    def actor(self) -> Token:
        """The credential; asked only where one is required."""
        assert self.token is not None
        return self.token

    @property
    def user(self) -> User:
        """Who is asking."""
        return self.actor.user

    @property
    def repository(self) -> Repository:
        """The repository the path names."""
        return self.hub.repository(f"{self.args['owner']}/{self.args['repo']}")

    @property
    def issue(self) -> Issue:
        """The issue or pull request the path names."""
        return self.hub.issue(self.repository, self.number("issue_number"))

    @property
    def pull(self) -> Issue:
        """The pull request the path names."""
        found = self.hub.issue(self.repository, self.number("pull_number"))
        if found.pull is None:
            raise not_found()
        return found

    def number(self, name: str) -> int:
        """A part of the path as a number; not found where it is none."""
        word = self.args[name]
        if not word.isdigit():
            raise not_found()
        return int(word)

    def page(self, items: Sequence[T], render: Callable[[T], Any]) -> Answer:
        """One page of a list, with its links."""
        shown, links = self.cut(items)
        return Answer(200, [render(item) for item in shown], links)

    def counted_page(self, key: str, items: Sequence[T], render: Callable[[T], Any]) -> Answer:
        """One page of a list that stands beside its `total_count`."""
        shown, links = self.cut(items)
        return Answer(200, {"total_count": len(items), key: [render(item) for item in shown]}, links)

    def cut(self, items: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
        """The items of the page asked for, and the Link header."""
        size = min(max(_whole(self.request.query.get("per_page"), 30), 1), 100)
        page = max(_whole(self.request.query.get("page"), 1), 1)
        last = max((len(items) + size - 1) // size, 1)
        links = self._links(page, last)
        return items[(page - 1) * size : page * size], {"Link": links} if links else {}

    def _links(self, page: int, last: int) -> str:
        wanted = [("prev", page - 1, page > 1), ("next", page + 1, page < last)]
        wanted += [("last", last, page < last), ("first", 1, page > 1)]
        return ", ".join(f'<{self._page_url(n)}>; rel="{name}"' for name, n, here in wanted if here)

    def _page_url(self, page: int) -> str:
        words = self.request.query | {"page": str(page)}
        query = "&".join(f"{key}={quote(value, safe='')}" for key, value in words.items())
        return f"{self.hub.url}{quote(self.request.path)}?{query}"


def _whole(word: str | None, otherwise: int) -> int:
    return int(word) if word and word.isdigit() else otherwise


def newest_first(items: Iterable[T]) -> list[T]:
    """The other way round."""
    return list(reversed(list(items)))
