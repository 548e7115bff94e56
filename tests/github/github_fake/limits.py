"""The primary rate limit: an hour's requests for each pool of tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from github_fake.hub import Hub
from github_fake.state import Token
from github_fake.wire import RefusedError

ANONYMOUS = 60


def _pool(token: Token | None) -> tuple[str, int]:
    return (token.pool, token.limit) if token else ("anonymous", ANONYMOUS)


def _spent(hub: Hub, pool: str, resource: str) -> tuple[int, datetime]:
    used, ends = hub.world.spent.get((pool, resource), (0, hub.clock.now + timedelta(hours=1)))
    return (used, ends) if ends > hub.clock.now else (0, hub.clock.now + timedelta(hours=1))


def state(hub: Hub, token: Token | None, resource: str) -> dict[str, int]:
    """Limit, used, remaining and the second of the reset."""
    pool, limit = _pool(token)
    used, ends = _spent(hub, pool, resource)
    return {"limit": limit, "used": used, "remaining": max(limit - used, 0), "reset": int(ends.timestamp())}


def spend(hub: Hub, token: Token | None, resource: str) -> None:
    """Count one request; 403 when none is left."""
    pool, limit = _pool(token)
    used, ends = _spent(hub, pool, resource)
    if used >= limit:
        raise RefusedError(403, f"API rate limit exceeded for {pool}.")
    hub.world.spent[pool, resource] = (used + 1, ends)


def give_back(hub: Hub, token: Token | None, resource: str) -> None:
    """A 304 is not counted."""
    pool, _ = _pool(token)
    used, ends = _spent(hub, pool, resource)
    hub.world.spent[pool, resource] = (max(used - 1, 0), ends)


def headers(hub: Hub, token: Token | None, resource: str) -> dict[str, str]:
    """The five headers every answer carries."""
    now = state(hub, token, resource)
    return {f"X-RateLimit-{key.capitalize()}": str(value) for key, value in now.items()} | {
        "X-RateLimit-Resource": resource
    }
