"""What a GitHub App may do for each task, and what it has to be told: no more than the code uses."""

from collections.abc import Mapping

from bot.visits import HEARD

SAYING: Mapping[str, str] = {
    "checks": "write",
    "contents": "read",
    "issues": "write",
    "pull_requests": "write",
    "statuses": "read",
}
"""Reading what stands there; gates, comments, suggestions, labels. It can change no file."""
NUMBERING: Mapping[str, str] = {"contents": "write", "issues": "read", "pull_requests": "read"}
"""Rows of the ledger, and ids on branches. It can say nothing."""
HEARING: Mapping[str, str] = {"merge_queues": "read", "metadata": "read"}
"""Without the first GitHub tells nothing of its merge queue; the second every App has."""

_UNASKED = frozenset(("installation", "installation_repositories"))
"""What every App is told anyway, and nobody can subscribe to."""
EVENTS = tuple(sorted(HEARD - _UNASKED))
"""The events that an App subscribes to."""


def of_the_app() -> Mapping[str, str]:
    """All rights together, which the App is registered with; each token is narrowed to its task."""
    found: dict[str, str] = {}
    for rights in (SAYING, NUMBERING, HEARING):
        for name, level in rights.items():
            found[name] = "write" if "write" in (level, found.get(name)) else level
    return dict(sorted(found.items()))
