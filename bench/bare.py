"""The least that an ASGI application can do: the same answer to everybody, nothing looked up."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

_HEADERS = [(b"etag", b'"bare"'), (b"cache-control", b"no-cache")]


async def unchanged(scope: Mapping[str, Any], _receive: object, send: Callable[[object], Awaitable[None]]) -> None:
    """304."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 304, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": b""})
