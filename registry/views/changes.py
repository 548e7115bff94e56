"""What happened to the catalogue, newest first: versions published, versions and threat ids withdrawn."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from registry.brief import Brief
from registry.catalog import LedgerFile
from schema.ids import State

Json = dict[str, Any]
KEPT = 500
"""Events that are listed. Who was away for longer compares the pages of the catalogue with what it has."""


class Kind(StrEnum):
    """What happened."""

    PUBLISHED = "published"
    """A version of a template was published."""
    WITHDRAWN = "withdrawn"
    """A version of a template was taken back; it can still be read."""
    THREAT_WITHDRAWN = "threat-withdrawn"
    """A threat id was taken back; its page says what follows it."""


@dataclass(frozen=True)
class Event:
    """One thing that happened. `at` is a moment in UTC; `about` a template's or threat's id.

    `version` and `before` (the version published before it) are empty for a threat id, `before` also for a first
    version. `text` is the template's summary, or why something was withdrawn; `successor` what to take instead.
    """

    at: str
    kind: Kind
    about: str
    title: str
    version: str = ""
    before: str = ""
    text: str = ""
    successor: str = ""


def told(found: Brief) -> Iterator[Event]:
    """The versions of one template that were published, newest first, and those that were taken back."""
    titles = {version.version: version.title for version in found.versions}
    for version, before in pairwise([*found.versions, None]):
        if version:
            name = before.version if before else ""
            yield Event(
                version.published, Kind.PUBLISHED, found.id, version.title, version.version, name, version.summary
            )
    for row in found.withdrawn:
        title = titles.get(row.version, found.title)
        at = f"{row.on}T00:00:00Z"
        yield Event(at, Kind.WITHDRAWN, found.id, title, row.version, text=row.reason, successor=row.superseded_by)


def threats_withdrawn(ledger: LedgerFile) -> Iterator[Event]:
    """The threat ids that were published and are withdrawn."""
    for id_, row in ledger.ledger.withdrawn.items():
        if row.state is State.WITHDRAWN:
            record = ledger.record(id_)
            text = f"{row.reason}: {row.note}" if row.note else row.reason
            yield Event(row.at, Kind.THREAT_WITHDRAWN, id_, record.title, text=text, successor=record.successor or "")


def newest(events: Iterable[Event]) -> tuple[Event, ...]:
    """The newest of them, the newest first; those of one moment in the order of their names."""
    named = sorted(events, key=lambda event: (event.about, event.version, event.kind))
    return tuple(sorted(named, key=lambda event: event.at, reverse=True)[:KEPT])


def document(events: Sequence[Event]) -> Json:
    """`/v1/changes.json`."""
    return {"changes": [_event(event) for event in events]}


def _event(event: Event) -> Json:
    is_template = event.kind is not Kind.THREAT_WITHDRAWN
    return {
        "at": event.at,
        "kind": str(event.kind),
        "template": event.about if is_template else None,
        "threat": None if is_template else event.about,
        "version": event.version or None,
        "title": event.title,
        "text": event.text,
        "successor": event.successor or None,
        "href": f"templates/{event.about}/{event.version}.yaml" if is_template else f"threats/{event.about}.json",
        "difference": difference(event) or None,
    }


def difference(event: Event) -> str:
    """What the version changed, relative to `/v1/`; empty for a first version and for what is no publication."""
    if event.kind is not Kind.PUBLISHED or not event.before:
        return ""
    return f"templates/{event.about}/{event.before}...{event.version}.json"
