"""Errors as RFC 9457 problems: a stable code for machines, a sentence for people, nothing of our insides."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.api.wire import ProblemDocument
from registry.store.away import is_away

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """`code` never changes its meaning; `detail` says what to do about it."""

    status: int
    code: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)  # also what it is made from when it comes out of another process
        self.problem = problem


_BY_STATUS = {
    404: (
        "not-found",
        "Nothing stands at this address",
        "/.well-known/threatshelf.json says how addresses are made, /v1/catalog.json which templates there are.",
    ),
    405: (
        "method-not-allowed",
        "This address does not take that method",
        "The Allow header names those it takes; /openapi.json lists every address.",
    ),
}


_OTHER = ("bad-request", "The request cannot be answered", "/openapi.json says what this address takes.")
_FAULT = Problem(
    500, "internal-error", "The server failed", "The fault is ours and stands in our log. Try again later."
)
AWAY = Problem(
    503,
    "no-database",
    "The catalogue cannot be read at the moment",
    "The database behind this server does not answer. Ask again in a few seconds.",
    {"Retry-After": "5"},
)
_LOG = logging.getLogger("threatshelf.api")


def response(problem: Problem) -> JSONResponse:
    """The problem as it goes over the wire; never kept by a cache."""
    content = {
        "type": f"urn:threatshelf:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    return JSONResponse(content, problem.status, {"Cache-Control": "no-store", **problem.headers}, MEDIA_TYPE)


def described(problem: Problem) -> dict[str, Any]:
    """The problem as a response of the OpenAPI document."""
    return {
        "description": f"{problem.title}. {problem.detail}",
        "model": ProblemDocument,
        "content": {MEDIA_TYPE: {}},
    }


def install(app: FastAPI) -> None:
    """Every error of the app becomes a problem."""

    @app.exception_handler(ProblemError)
    async def told(_request: Request, error: ProblemError) -> JSONResponse:
        return response(error.problem)

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> JSONResponse:
        known = _BY_STATUS.get(error.status_code, _OTHER)
        return response(Problem(error.status_code, *known, dict(error.headers or {})))

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return response(_invalid(error))


class Faults:
    """Puts a fault of ours into the log and answers with a problem; the connection stays. No database is no fault."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            problem = AWAY if is_away(error) else _FAULT
            if problem is _FAULT:
                _LOG.exception("%s %r failed", scope["method"], scope["path"])
            await response(problem)(scope, receive, send)


def _invalid(error: RequestValidationError) -> Problem:
    """Names the parameters and what is wrong with them, but never repeats what was sent."""
    found = (f"{'.'.join(str(part) for part in fault['loc'][1:])}: {fault['msg']}" for fault in error.errors())
    return Problem(422, "invalid-parameter", "A parameter is not as it has to be", "; ".join(found)[:1000] + ".")
