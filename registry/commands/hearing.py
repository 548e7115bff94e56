"""What a server makes of deliveries of GitHub: a visit is marked due, and made by a worker elsewhere."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from bot.visits import ALL_OPEN, Due, due
from registry.api.routes.webhook import Hear
from registry.settings import Settings
from registry.store.visits import KeptVisits, open_visits


def hearing(settings: Settings) -> Hear | None:
    """What hears for the repository that the settings name; None where they name none."""
    if not settings.webhook_repository:
        return None
    return marker(open_visits(settings.database_url), settings, time.time)


def marker(visits: KeptVisits, settings: Settings, now: Callable[[], float]) -> Hear:
    """Marks in the database what an event makes due; `now` in seconds since 1970."""

    def hear(event: str, payload: Mapping[str, Any]) -> None:
        for number in _numbers(due(event, payload, settings.app_login)) if _is_ours(payload, settings) else ():
            visits.mark(settings.webhook_repository, number, now())

    return hear


def _numbers(found: Due) -> tuple[int, ...]:
    return (ALL_OPEN,) if found.everything else found.numbers


def _is_ours(payload: Mapping[str, Any], settings: Settings) -> bool:
    """An event of the App's installation names no repository, and may mean ours."""
    repository = payload.get("repository")
    if not isinstance(repository, Mapping):
        return "installation" in payload
    return str(repository.get("full_name")).lower() == settings.webhook_repository.lower()
