"""Run a query against the served part of the schema, with GitHub's shape of answers and errors."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute,
    parse,
    validate,
)

from github_fake import limits
from github_fake.clock import stamp
from github_fake.graphql import checkfields, gitfields, mutations, saidfields, threadfields
from github_fake.graphql.checkfields import Placed, Together
from github_fake.graphql.frame import RESOLVERS, GraphRefusedError, Viewing, field, from_rest
from github_fake.graphql.gitfields import GitThing, RefThing, visible
from github_fake.graphql.saidfields import EVENTS
from github_fake.graphql.threadfields import PullCommit
from github_fake.hub import Hub
from github_fake.state import Repository, Status, Token, User
from github_fake.threads import Comment, Issue, Moment, Review
from github_fake.wire import RefusedError

SCHEMA = Path(__file__).parents[2] / "data" / "github.graphql"
GROUPS = (checkfields, gitfields, mutations, saidfields, threadfields)
NAMES = {Comment: "IssueComment", Review: "PullRequestReview", RefThing: "Ref", PullCommit: "PullRequestCommit"}


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """Built once; abstract types ask `type_name`."""
    built = build_schema(SCHEMA.read_text())
    for kind in built.type_map.values():
        if hasattr(kind, "resolve_type"):
            kind.resolve_type = _resolve_type
    return built


def _resolve_type(value: Any, _info: Any, _abstract: Any) -> str:
    return type_name(value)


def type_name(value: Any) -> str:
    """What the schema calls a remembered thing."""
    if isinstance(value, Issue):
        return "PullRequest" if value.pull else "Issue"
    if isinstance(value, Moment):
        return EVENTS[value.kind]
    if isinstance(value, GitThing | Together | User):
        return value.kind
    if isinstance(value, Placed):
        return "StatusContext" if isinstance(value.one, Status) else "CheckRun"
    return NAMES.get(type(value), type(value).__name__)


@field("Query.repository")
def repository(view: Viewing, source: None, arguments: dict[str, Any]) -> Repository:
    """By owner and name."""
    return visible(view, f"{arguments['owner']}/{arguments['name']}")


@field("Query.node")
def node(view: Viewing, source: None, arguments: dict[str, Any]) -> Any:
    """Anything by its id."""
    found = view.hub.world.nodes.get(arguments["id"])
    if found is None:
        raise GraphRefusedError("NOT_FOUND", f"Could not resolve to a node with the global id of '{arguments['id']}'")
    return found


@field("Query.nodes")
def nodes(view: Viewing, source: None, arguments: dict[str, Any]) -> list[Any]:
    """Several at once."""
    return [node(view, None, {"id": one}) for one in arguments["ids"]]


@field("Query.viewer")
def viewer(view: Viewing, source: None, arguments: dict[str, Any]) -> Any:
    """Who asks; of an App its bot, in the clothes of a user."""
    who = view.token.user
    return who if who.kind == "User" else {"login": who.login, "id": who.node_id, "databaseId": who.id, "name": None}


@field("Query.rateLimit")
def rate_limit(view: Viewing, source: None, arguments: dict[str, Any]) -> dict[str, Any]:
    """One point for each query."""
    now = limits.state(view.hub, view.token, "graphql")
    ends = view.hub.world.spent[view.token.pool, "graphql"][1]
    return {"cost": 1, "nodeCount": 0, "resetAt": stamp(ends)} | {k: now[k] for k in ("limit", "remaining", "used")}


def _resolve(source: Any, info: GraphQLResolveInfo[Viewing], **arguments: Any) -> Any:
    view = info.context
    resolver = RESOLVERS.get(f"{info.parent_type.name}.{info.field_name}")
    try:
        if resolver and not (isinstance(source, dict) and info.field_name in source):
            return resolver(view, source, arguments)
    except RefusedError as refused:
        raise from_rest(refused) from refused
    return _plain(source, info)


def _plain(source: Any, info: GraphQLResolveInfo[Viewing]) -> Any:
    """A key, or an attribute of the same name in Python's spelling."""
    if isinstance(source, dict):
        return source[info.field_name]
    if info.field_name == "id":
        return source.node_id
    name = re.sub(r"(?<!^)([A-Z])", r"_\1", info.field_name).lower()
    value = getattr(source, name)
    return stamp(value) if hasattr(value, "isoformat") else value


@lru_cache(maxsize=256)
def prepared(query: str) -> tuple[DocumentNode | None, list[GraphQLError]]:
    """Parsed and held against the schema."""
    try:
        document = parse(query)
    except GraphQLError as problem:
        return None, [problem]
    return document, validate(schema(), document)


def is_mutation(body: Any) -> bool:
    """Whether a request changes anything."""
    document, problems = prepared(str(body.get("query", "")))
    if document is None or problems:
        return False
    wanted = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    return any(d.operation == OperationType.MUTATION for d in wanted)


def answer(hub: Hub, token: Token, body: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The JSON to send, and what the schema has against the query (the caller's mistakes)."""
    document, problems = prepared(str(body.get("query", "")))
    if document is None or problems:
        words = [p.message for p in problems]
        return {"errors": [_written(p) for p in problems]}, words
    result = execute(
        schema(),
        document,
        context_value=Viewing(hub, token),
        variable_values=body.get("variables") or {},
        operation_name=body.get("operationName"),
        field_resolver=_resolve,
    )
    assert isinstance(result, ExecutionResult)
    made: dict[str, Any] = {"data": result.data}
    mistakes: list[str] = []
    if result.errors:
        made["errors"] = [_written(e) for e in result.errors]
        mistakes = [e.message for e in result.errors if e.path is None]
        _raise_own(result.errors)
    return made, mistakes


def _raise_own(errors: list[GraphQLError]) -> None:
    """A mistake of the fake's own resolvers is not GitHub's answer."""
    for error in errors:
        if error.original_error is not None and not isinstance(error.original_error, GraphRefusedError | GraphQLError):
            raise LookupError(f"{error.path}: {error.message}") from error.original_error


def _written(error: GraphQLError) -> dict[str, Any]:
    made: dict[str, Any] = {"message": error.message}
    if isinstance(error.original_error, GraphRefusedError):
        made["type"] = error.original_error.kind
    if error.path is not None:
        made["path"] = error.path
    if error.locations:
        made["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return made
