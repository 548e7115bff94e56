"""The catalogue: a card for each template, to filter and search as one types, and the patterns that wait for one."""

from collections.abc import Iterator

from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.pages.reader import Reader


def pages(shelf: Shelf) -> Iterator[Page]:
    """`catalog/`."""
    cards = [Reader(release, shelf.vocabularies) for release in shelf.catalogue.latest]
    taken = {card.template.pattern for card in cards}
    patterns = shelf.vocabularies["patterns"].entries
    body = fill(
        "catalogue.html",
        cards=cards,
        patterns={id_: entry for id_, entry in patterns.items() if id_ in taken},
        wanted=[entry for id_, entry in patterns.items() if id_ not in taken and id_ != "other"],
        base="",
    )
    yield Page("catalog/index.md", "Catalogue", "Every threat-model template, by pattern, status and risk.", body)
