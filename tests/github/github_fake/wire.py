"""Requests as they come in, answers as they go out, and refusals in GitHub's own shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are in lower case, `body` is parsed JSON or None."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes = b""

    @property
    def body(self) -> Any:
        """Parsed JSON; None when there is none."""
        return json.loads(self.raw) if self.raw else None

    @property
    def target(self) -> str:
        """Path and query, as they were asked for."""
        words = "&".join(f"{key}={value}" for key, value in self.query.items())
        return f"{self.path}?{words}" if words else self.path


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: `body` is JSON data, or bytes sent as they are."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    absent: bool = False
    """True where there is no body at all (204, 304)."""

    def with_headers(self, **more: str) -> Answer:
        """The same answer with further headers; underscores become dashes."""
        named = {key.replace("_", "-"): value for key, value in more.items()}
        return Answer(self.status, self.body, self.headers | named, self.absent)


NO_CONTENT = Answer(204, absent=True)


class RefusedError(Exception):
    """The request is answered with an error; `errors` goes beside the message."""

    def __init__(self, status: int, message: str, errors: Sequence[Any] = (), **headers: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.errors = list(errors)
        self.headers = {key.replace("_", "-"): value for key, value in headers.items()}

    def answer(self) -> Answer:
        """The error as JSON."""
        body: dict[str, Any] = {"message": self.message}
        if self.errors:
            body["errors"] = self.errors
        body |= {"documentation_url": DOCS, "status": str(self.status)}
        return Answer(self.status, body, self.headers)


def not_found() -> RefusedError:
    """404, which GitHub also says for what one may not see."""
    return RefusedError(404, "Not Found")


def forbidden(message: str) -> RefusedError:
    """403."""
    return RefusedError(403, message)


def invalid(resource: str, field_name: str, code: str = "invalid", message: str | None = None) -> RefusedError:
    """422 for one field; a message makes the code "custom"."""
    error: dict[str, Any] = {"resource": resource, "code": "custom" if message else code, "field": field_name}
    if message:
        error["message"] = message
    return RefusedError(422, "Validation Failed", [error])
