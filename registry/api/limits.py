"""How often one client may ask for work: every request but reading costs a token."""

import math
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from registry.api.clients import Buckets, household
from registry.api.problems import Problem, response

_FREE = ("GET", "HEAD", "OPTIONS")
_COUNTS_ITS_OWN = "/webhooks/"
"""Deliveries come in bursts from few addresses, are signed, and are few at a time."""


class Limits:
    """Refuses before the body is read."""

    def __init__(self, app: ASGIApp, buckets: Buckets) -> None:
        self._app, self._buckets = app, buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if _costs(scope):
            client = scope.get("client")
            seconds = self._buckets.wait(household(client[0] if client else ""), time.monotonic())
            if seconds:
                await response(_too_many(seconds))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _costs(scope: Scope) -> bool:
    work = scope["type"] == "http" and scope["method"] not in _FREE
    return work and not scope["path"].startswith(_COUNTS_ITS_OWN)


def _too_many(seconds: float) -> Problem:
    wait = str(math.ceil(seconds))
    return Problem(
        429,
        "too-many-requests",
        "Too many requests from this address",
        f"Ask again in {wait} seconds. Reading is not limited, nor is threatshelf check on your own machine.",
        {"Retry-After": wait},
    )
