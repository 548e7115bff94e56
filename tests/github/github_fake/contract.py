"""GitHub's own description of its REST API, held against every request and every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

from github_fake.routes import Route
from github_fake.wire import Answer, Request

DATA = Path(__file__).parents[1] / "data"
JSON = "application/json"
BARE_LABELS = ("/repos/{owner}/{repo}/issues/{issue_number}/labels",)
"""Takes a bare array of names: the description's text says so, its schema does not."""
PAGING = ("page", "per_page")
"""Sent with every list by clients that page, and ignored where a list comes whole."""
DELETED_FORK = ("repo", "user", "label")
"""Null in a pull request's head once its fork is gone, which the description does not know."""


def nullable(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(node, list):
        return [nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {key: nullable(value) for key, value in node.items() if key not in ("nullable", "discriminator")}
    return _or_null(made) if node.get("nullable") is True else made


def _or_null(made: dict[str, Any]) -> dict[str, Any]:
    if isinstance(made.get("type"), str) and not made.keys() & {"oneOf", "anyOf", "allOf"}:
        made["type"] = [made["type"], "null"]
        return made | ({"enum": [*made["enum"], None]} if "enum" in made else {})
    return {"anyOf": [{"type": "null"}, made]}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _references(one)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)


class Contract:
    """Compiled piece by piece, when a piece is first met."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.paths: dict[str, Any] = description["paths"]
        self._components: dict[str, Any] = description["components"]
        self._validators: dict[str, Draft202012Validator] = {}

    @cached_property
    def _schemas(self) -> dict[str, Any]:
        found: dict[str, Any] = nullable(self._components["schemas"])
        for name in ("pull-request", "pull-request-simple"):
            if name in found:
                head = found[name]["properties"]["head"]["properties"]
                for key in DELETED_FORK:
                    head[key] = {"anyOf": [{"type": "null"}, head[key]]}
        if "pull-request-review-comment" in found:
            for key in ("line", "position"):
                found["pull-request-review-comment"]["properties"][key]["type"] = ["integer", "null"]
        return found

    def _closure(self, schema: Any) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        left = list(_references(schema))
        while left:
            name = left.pop().rsplit("/", 1)[-1]
            if name not in kept:
                kept[name] = self._schemas[name]
                left.extend(_references(kept[name]))
        return kept

    def _problems(self, key: str, schema: Any, value: Any) -> list[str]:
        if key not in self._validators:
            plain = nullable(schema)
            whole = {"allOf": [plain], "components": {"schemas": self._closure(plain)}}
            self._validators[key] = Draft202012Validator(whole, validate_formats=True)
        return [
            f"{'/'.join(map(str, e.instance_path))}: {e.message}"[:400]
            for e in self._validators[key].iter_errors(value)
        ]

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in node:
            return node
        _, _, kind, name = node["$ref"].split("/")
        found: dict[str, Any] = self._components[kind][name]
        return found

    def _operation(self, route: Route) -> dict[str, Any]:
        found: dict[str, Any] = self.paths[route.template][route.method.lower()]
        return found

    def request_problems(self, route: Route, request: Request) -> list[str]:
        """What GitHub's description has against a request: unknown or malformed query words, a body of another form."""
        return [*self._query_problems(route, request), *self._body_problems(route, request)]

    def _query_problems(self, route: Route, request: Request) -> Iterator[str]:
        parameters = [self._resolved(p) for p in self._operation(route).get("parameters", ())]
        known = {p["name"]: p for p in parameters if p["in"] == "query"}
        for name, value in request.query.items():
            if name in PAGING and name not in known:
                continue
            if name not in known:
                yield f"{name} is not a query parameter of {route.method} {route.template}"
                continue
            schema = known[name]["schema"]
            whole = int(value) if schema.get("type") == "integer" and value.isdigit() else value
            typed = {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else whole
            for problem in self._problems(f"{route.method} {route.template} ?{name}", schema, typed):
                yield f"?{name}={value}: {problem}"

    def _body_problems(self, route: Route, request: Request) -> list[str]:
        described = self._operation(route).get("requestBody")
        if described is None:
            return [] if request.body in (None, {}) else [f"{route.method} {route.template} takes no body"]
        described = self._resolved(described)
        if request.body is None:
            return [f"{route.method} {route.template} needs a body"] if described.get("required") else []
        if route.template in BARE_LABELS and isinstance(request.body, list):
            return [] if all(isinstance(one, str) for one in request.body) else ["labels are names"]
        schema = described["content"][JSON]["schema"]
        return self._problems(f"{route.method} {route.template} body", schema, request.body)

    def answer_problems(self, route: Route, answer: Answer) -> list[str]:
        """What it has against an answer: a status it does not know (errors aside), a body of another form."""
        described = self._operation(route)["responses"].get(str(answer.status))
        if described is None:
            if answer.status >= 400 or answer.status == 304:
                return _error_problems(answer)
            return [f"{route.method} {route.template} never answers {answer.status}"]
        described = self._resolved(described)
        content = described.get("content", {})
        if answer.absent or isinstance(answer.body, bytes):
            return []
        if JSON not in content:
            return _error_problems(answer)
        schema = content[JSON]["schema"]
        if answer.status >= 400 and "oneOf" in schema:
            schema = {"anyOf": schema["oneOf"]}  # its errors overlap: nothing in them is required
        return self._problems(f"{route.method} {route.template} {answer.status}", schema, answer.body)


def _error_problems(answer: Answer) -> list[str]:
    """An error that is not described has GitHub's common form."""
    if answer.absent or (isinstance(answer.body, dict) and isinstance(answer.body.get("message"), str)):
        return []
    return [f"{answer.status} without a message"]


@lru_cache(maxsize=1)
def shipped() -> Contract:
    """The description that lies in the data folder, with one slip of its own put right."""
    description = json.loads((DATA / "github-openapi.json").read_text())
    answer = description["paths"]["/app/installations"]["get"]["responses"]["200"]
    # As written an account would have to be a user and an enterprise at once; the single read has it right.
    answer["content"][JSON]["schema"]["items"] = {"$ref": "#/components/schemas/installation"}
    return Contract(description)
