"""Whether the server lives, and whether it has something to show."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from registry.api.problems import Problem, response
from registry.errors import CannotRunError
from registry.store.catalogue import Store

_EMPTY = Problem(
    503,
    "nothing-published",
    "Nothing is published yet",
    "Run threatshelf publish, then ask again.",
    {"Retry-After": "5"},
)
_AWAY = Problem(
    503, "no-database", "The database does not answer", "See the server's log, then ask again.", {"Retry-After": "5"}
)


def router(store: Store) -> APIRouter:
    """/healthz and /readyz, for GET and HEAD."""
    found = APIRouter(tags=["health"])

    async def alive() -> Response:
        """The process answers."""
        return _said({"status": "alive"})

    async def ready() -> Response:
        """The catalogue can be read and holds something."""
        try:
            snapshot = store.snapshot()
        except CannotRunError:
            return response(_AWAY)
        if not snapshot.serial:
            return response(_EMPTY)
        return _said({"status": "ready", "commit": snapshot.commit or None, "renderer": snapshot.renderer})

    for path, answer, name in (("/healthz", alive, "healthz"), ("/readyz", ready, "readyz")):
        found.add_api_route(path, answer, methods=["GET"], operation_id=name, response_class=JSONResponse)
        found.add_api_route(path, answer, methods=["HEAD"], include_in_schema=False)
    return found


def _said(content: dict[str, str | None]) -> Response:
    return JSONResponse(content, headers={"Cache-Control": "no-store"})
