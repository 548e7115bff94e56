"""Every request has an id, is counted and logged; the address it came from is the client's, not the proxy's."""

import logging
import re
import time
from collections.abc import Iterable, Sequence
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.api.clients import Network, client_of
from registry.api.logs import FIELDS, REQUEST_ID
from registry.api.metrics import Metrics

HEADER = b"x-request-id"
LONGEST_PATH = 300
_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_LOG = logging.getLogger("threatshelf.access")


class Watch:
    """The outermost layer."""

    def __init__(self, app: ASGIApp, metrics: Metrics, trusted: Sequence[Network]) -> None:
        self._app, self._metrics, self._trusted = app, metrics, trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, path, id_ = time.perf_counter(), scope["path"], _id(scope["headers"])
        scope["client"] = (self._client(scope), 0)
        status, size = 500, 0
        token = REQUEST_ID.set(id_.decode("ascii"))

        async def watched(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (HEADER, id_)]
            else:
                size += len(message.get("body", b""))
            await send(message)

        self._metrics.in_flight += 1
        try:
            await self._app(scope, receive, watched)
        finally:
            self._metrics.in_flight -= 1
            seconds = time.perf_counter() - began
            self._metrics.count(scope["method"], _route(scope), status, seconds)
            if _LOG.isEnabledFor(logging.INFO):
                _LOG.info("request", extra={FIELDS: _line(scope, path, (status, size, seconds))})
            REQUEST_ID.reset(token)

    def _client(self, scope: Scope) -> str:
        peer = scope["client"][0] if scope.get("client") else ""
        if not self._trusted:
            return str(peer)
        forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        return client_of(peer, forwarded.decode("latin-1"), self._trusted)


def _id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The id that a proxy gave, when it looks like one; else a new one."""
    for name, value in headers:
        if name == HEADER and _WELL_FORMED.fullmatch(value):
            return value
    return uuid4().hex.encode("ascii")


def _route(scope: Scope) -> str:
    """The route's template; `file` for a file of the tree, `site` for a page, `none` where nothing took the request."""
    if "route_name" in scope:
        return str(scope["route_name"])
    route = scope.get("route")
    if route is not None:
        return str(getattr(route, "path", "none"))
    return "site" if scope.get("endpoint") is not None else "none"


def _line(scope: Scope, path: str, answered: tuple[int, int, float]) -> dict[str, object]:
    """Without the query: what people search for is nobody's business."""
    status, size, seconds = answered
    return {
        "client": scope["client"][0],
        "method": scope["method"][:10],
        "path": path[:LONGEST_PATH],
        "route": _route(scope),
        "status": status,
        "bytes": size,
        "ms": round(seconds * 1000, 3),
    }
