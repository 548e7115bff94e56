"""Threats that recur: by id, in how many templates, and how each pattern answers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.brief import Brief
from registry.catalog import threat_order
from registry.views.telling import Telling, tellings


@dataclass(frozen=True)
class Recurring:
    """A threat id and who tells it, by template id."""

    id: str
    told: Mapping[str, Telling]


def recurring(briefs: Sequence[Brief]) -> tuple[Recurring, ...]:
    """Every threat id that some template carries, those in most templates first."""
    found: dict[str, dict[str, Telling]] = {}
    for telling in tellings(briefs):
        if telling.threat.id:
            found.setdefault(telling.threat.id, {}).setdefault(telling.template.id, telling)
    ids = sorted(found, key=lambda id_: (-len(found[id_]), threat_order(id_)))
    return tuple(Recurring(id_, found[id_]) for id_ in ids)
