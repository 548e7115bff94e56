"""The list of what is served: method, path as GitHub's description writes it, and the right it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from github_fake.call import Call
from github_fake.wire import Answer

Handler = Callable[[Call], Answer]
WIDE = ("path", "ref", "basehead", "branch", "name")
"""Parts of a path that may hold slashes."""


@dataclass(frozen=True)
class Route:
    """`right` is "resource:level" for tokens of Apps ("thread" = issues, or pull_requests on a pull request),
    `role` the least role of a person ("anyone" needs no credential), `jwt` True where only an App itself may ask."""

    method: str
    template: str
    handler: Handler
    right: str
    role: str

    @property
    def resource(self) -> str:
        """What the right is about."""
        return self.right.partition(":")[0]

    @property
    def level(self) -> str:
        """Read or write."""
        return self.right.partition(":")[2]


ROUTES: dict[tuple[str, str], Route] = {}
R = "/repos/{owner}/{repo}"


def route(method: str, template: str, right: str, role: str = "") -> Callable[[Handler], Handler]:
    """Serve a handler there; without a role, reading takes none and writing takes write access."""
    least = role or ("read" if right.endswith(":read") else "write")

    def keep(handler: Handler) -> Handler:
        ROUTES[method, template] = Route(method, template, handler, right, least)
        return handler

    return keep


ALIASES = (
    (re.compile(r"(/repos/[^/]+/[^/]+)/statuses/([^/]+)"), r"\1/commits/\2/statuses"),
    (re.compile(r"(/repos/[^/]+/[^/]+)/git/refs/(.+)"), r"\1/git/ref/\2"),
)
"""Older addresses that GitHub still answers to a GET, and that clients follow; no description names them."""


def canonical(path: str) -> str:
    """The address the description knows."""
    for old, new in ALIASES:
        path = old.sub(new, path) if old.fullmatch(path) else path
    return path


class Router:
    """Finds the route of a path; fixed words win over parts in braces."""

    def __init__(self, routes: dict[tuple[str, str], Route]) -> None:
        ordered = sorted(routes.values(), key=lambda r: (r.template.count("{"), -len(r.template)))
        self._known = [(r, re.compile(_pattern(r.template))) for r in ordered]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route and the parts of the path."""
        path = canonical(path) if method == "GET" else path
        for known, pattern in self._known:
            found = pattern.fullmatch(path) if known.method == method else None
            if found:
                return known, {key: value.rstrip("/") for key, value in found.groupdict().items()}
        return None


def _pattern(template: str) -> str:
    def part(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>.*)" if name == "path" else f"(?P<{name}>{'.+' if name in WIDE else '[^/]+'})"

    return re.sub(r"\\\{(\w+)\\\}", part, re.escape(template))
