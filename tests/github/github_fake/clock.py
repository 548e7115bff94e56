"""The fake's own time: it stands still until a test moves it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC)
"""A Monday that lies in the past of every real clock, so that no client waits for a limit to be lifted."""


@dataclass
class Clock:
    """Whole seconds, UTC."""

    now: datetime = field(default=START)

    def advance(self, **parts: float) -> datetime:
        """Move on by `timedelta(**parts)`, cut to whole seconds."""
        moved = self.now + timedelta(**parts)
        self.now = moved.replace(microsecond=0)
        return self.now


def stamp(moment: datetime | None) -> str | None:
    """As GitHub writes a moment: `2026-11-02T09:00:00Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
