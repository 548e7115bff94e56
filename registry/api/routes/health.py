"""Whether the process lives, whether it can serve the catalogue, and what it counted."""

from collections.abc import Mapping
from functools import partial

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from registry.api import metrics
from registry.api.kept import SECONDS_TO_READ
from registry.api.problems import AWAY, Problem, response
from registry.store.away import is_away
from registry.store.catalogue import Snapshot, Store

_SOON = {"Retry-After": "5"}
_EMPTY = Problem(
    503, "nothing-published", "Nothing is published yet", "Run threatshelf publish, then ask again.", _SOON
)
_STOPPING = Problem(
    503, "stopping", "The server is about to stop", "Ask another one; requests under way are finished.", _SOON
)
_OLD = Problem(
    503,
    "tables-out-of-date",
    "The catalogue's tables are not those of this version",
    "Run threatshelf migrate, then ask again.",
    _SOON,
)


def router(store: Store) -> APIRouter:
    """/healthz and /readyz, for GET and HEAD."""
    found = APIRouter(tags=["health"])
    look = partial(_look, store, CapacityLimiter(1))

    async def alive() -> Response:
        """The process answers; it asks nobody else."""
        return _said({"status": "alive"})

    async def ready(request: Request) -> Response:
        """The database answers, its tables are of this version, and something is published."""
        if request.app.state.stopping:
            return response(_STOPPING)
        seen = await look()
        if isinstance(seen, Problem):
            return response(seen)
        return _said({"status": "ready", "commit": seen.commit or None, "renderer": seen.renderer})

    for path, answer, name in (("/healthz", alive, "healthz"), ("/readyz", ready, "readyz")):
        found.add_api_route(path, answer, methods=["GET"], operation_id=name, response_class=JSONResponse)
        found.add_api_route(path, answer, methods=["HEAD"], include_in_schema=False)
    return found


def counts(store: Store, counted: metrics.Metrics) -> APIRouter:
    """/metrics."""
    found, look = APIRouter(), partial(_look, store, CapacityLimiter(1))

    async def measured() -> Response:
        """Counts and values of this moment, as Prometheus reads them."""
        values = _gauges(await look())
        return Response(counted.text(values), headers=_NEVER_KEPT, media_type=metrics.MEDIA_TYPE)

    found.add_api_route("/metrics", measured, methods=["GET", "HEAD"], include_in_schema=False)
    return found


async def _look(store: Store, limiter: CapacityLimiter) -> Snapshot | Problem:
    """What the catalogue shows, or why nothing can be shown."""
    try:
        with fail_after(SECONDS_TO_READ):
            return await to_thread.run_sync(_state, store, abandon_on_cancel=True, limiter=limiter)
    except TimeoutError:
        return AWAY


def _state(store: Store) -> Snapshot | Problem:
    try:
        if not store.is_current():
            return _OLD
        snapshot = store.snapshot()
    except Exception as error:
        if is_away(error):
            return AWAY
        raise
    return snapshot if snapshot.serial else _EMPTY


def _gauges(seen: Snapshot | Problem) -> Mapping[str, tuple[str, float]]:
    there = isinstance(seen, Snapshot)
    return {
        "threatshelf_ready": ("1 when the catalogue can be served.", float(there)),
        "threatshelf_database_up": ("1 when the database answers.", float(seen is not AWAY)),
        "threatshelf_catalogue_serial": (
            "How many publications the catalogue has seen; 0 when it cannot be asked.",
            float(seen.serial) if isinstance(seen, Snapshot) else 0.0,
        ),
    }


_NEVER_KEPT = {"Cache-Control": "no-store"}


def _said(content: dict[str, str | None]) -> Response:
    return JSONResponse(content, headers=_NEVER_KEPT)
