"""The back-test: incidents held against the templates, misses included."""

from collections.abc import Iterator

from registry.pages.citations import evidence
from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.views.incidents import judged


def pages(shelf: Shelf) -> Iterator[Page]:
    """`coverage/incidents/`."""
    vocabulary = shelf.vocabularies["incidents"]
    found = judged(shelf.briefs, shelf.backtest, vocabulary)
    body = fill(
        "incidents.html",
        found=found,
        named=sum(bool(test.hits) for test in found),
        cite=lambda id_: evidence(id_, (), shelf.vocabularies),
        read=vocabulary.raw["verification"],
    )
    about = "Which template and threat would have named what happened, and which mitigation breaks it."
    yield Page("coverage/incidents.md", "Incidents", about, body)
