"""Threats that recur: each id against the patterns, with what remains once the advice is followed."""

from collections.abc import Iterator

from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.views.recurrence import Recurring, recurring
from registry.views.telling import Telling


def pages(shelf: Shelf) -> Iterator[Page]:
    """`coverage/recurring/`."""
    found = recurring(shelf.briefs)
    titles = {id_: entry["title"] for id_, entry in shelf.vocabularies["known-threats"].entries.items()}
    patterns = shelf.vocabularies["patterns"].entries
    used = sorted({found.pattern for found in shelf.briefs})
    body = fill(
        "recurring.html",
        found=[one for one in found if len(one.told) > 1],
        once=[one for one in found if len(one.told) == 1],
        title=lambda one: titles.get(one.id) or next(iter(one.told.values())).threat.title,
        patterns=[(id_, patterns.get(id_, {}).get("title", id_)) for id_ in used],
        at=_at,
    )
    about = "Threats that stand in several templates, and how each pattern answers them."
    yield Page("coverage/recurring.md", "Recurring threats", about, body)


def _at(one: Recurring, pattern: str) -> list[Telling]:
    return [telling for telling in one.told.values() if telling.template.pattern == pattern]
