"""How a field of the schema finds its value: a table of functions, lists cut into connections, GitHub's own errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from github_fake.hub import Hub
from github_fake.rights import has_right, reaches
from github_fake.state import Repository, Token
from github_fake.wire import RefusedError

Resolver = Callable[["Viewing", Any, dict[str, Any]], Any]
RESOLVERS: dict[str, Resolver] = {}
NO_ACCESS = "Resource not accessible by integration"


class GraphRefusedError(Exception):
    """Ends up in `errors`, with GitHub's `type`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Viewing:
    """Who asks."""

    hub: Hub
    token: Token

    def need(self, where: Repository, right: str) -> None:
        """FORBIDDEN where an App's token lacks a right ("resource:level")."""
        resource, _, level = right.partition(":")
        if self.token.kind == "user":
            return
        if not reaches(self.token, where):
            if level != "read" or where.private:
                raise GraphRefusedError("FORBIDDEN", NO_ACCESS)
            return
        if not has_right(self.token, resource, level):
            raise GraphRefusedError("FORBIDDEN", NO_ACCESS)


def field(*names: str) -> Callable[[Resolver], Resolver]:
    """Serve one or more `Type.field`."""

    def keep(resolver: Resolver) -> Resolver:
        RESOLVERS.update(dict.fromkeys(names, resolver))
        return resolver

    return keep


def facts(*names: str) -> Callable[[Resolver], Resolver]:
    """Serve several `Type.field` from one dictionary that has a key for each field."""

    def keep(resolver: Resolver) -> Resolver:
        for name in names:
            RESOLVERS[name] = _one_of(resolver, name.partition(".")[2])
        return resolver

    return keep


def _one_of(resolver: Resolver, key: str) -> Resolver:
    return lambda view, source, arguments: resolver(view, source, arguments)[key]


def connection(items: Sequence[Any], arguments: dict[str, Any], name: str = "connection") -> dict[str, Any]:
    """A page of a list; a cursor is the place after which to go on."""
    first, last = arguments.get("first"), arguments.get("last")
    _check_size(first, last, name)
    start = _place(arguments.get("after"), -1) + 1
    end = min(_place(arguments.get("before"), len(items)), len(items))
    if first is not None:
        end = min(end, start + first)
    elif last is not None:
        start = max(start, end - last)
    shown = list(items[start:end])
    cursors = [f"cursor:{n}" for n in range(start, start + len(shown))]
    info = {
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
        "hasNextPage": end < len(items),
        "hasPreviousPage": start > 0 and bool(items),
    }
    edges = [{"node": node, "cursor": cursor} for node, cursor in zip(shown, cursors, strict=True)]
    return {"nodes": shown, "edges": edges, "totalCount": len(items), "pageInfo": info}


def _check_size(first: int | None, last: int | None, name: str) -> None:
    if first is None and last is None:
        words = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphRefusedError("MISSING_PAGINATION_BOUNDARIES", words)
    for word, size in (("first", first), ("last", last)):
        if size is not None and size > 100:
            words = f"Requesting {size} records on the `{name}` connection exceeds the `{word}` limit of 100 records."
            raise GraphRefusedError("EXCESSIVE_PAGINATION", words)


def _place(cursor: str | None, otherwise: int) -> int:
    if cursor is None:
        return otherwise
    if not cursor.startswith("cursor:"):
        raise GraphRefusedError("INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor.")
    return int(cursor.removeprefix("cursor:"))


def from_rest(refused: RefusedError) -> GraphRefusedError:
    """The same refusal in GraphQL's words."""
    kinds = {404: "NOT_FOUND", 403: "FORBIDDEN", 409: "STALE_DATA"}
    words = [e["message"] if isinstance(e, dict) and "message" in e else str(e) for e in refused.errors]
    return GraphRefusedError(kinds.get(refused.status, "UNPROCESSABLE"), "; ".join([refused.message, *words]))
