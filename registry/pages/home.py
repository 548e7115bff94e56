"""The front page: what this is, one line that works, and what there is to take."""

from collections.abc import Iterator

from registry.catalog import threat_pages
from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.pages.reader import Reader
from schema.ids import State

SENTENCE = "Vetted threat-model templates for AI-agent deployments: find your pattern, take the file, make it yours."


def pages(shelf: Shelf) -> Iterator[Page]:
    """`index.md`."""
    cards = [Reader(release, shelf.vocabularies) for release in shelf.catalogue.latest]
    taken = {card.template.pattern for card in cards}
    patterns = shelf.vocabularies["patterns"].entries
    given = threat_pages(shelf.catalogue, shelf.vocabularies["known-threats"].entries)
    body = fill(
        "home.html",
        cards=cards,
        wanted=[entry["title"] for id_, entry in patterns.items() if id_ not in taken and id_ != "other"],
        threats=sum(1 for page in given if page.state is State.PUBLISHED),
        rules=len(shelf.rules),
        patterns=len(patterns) - 1,
        sentence=SENTENCE,
        address=shelf.address,
        base="catalog/",
    )
    yield Page("index.md", "Threatshelf", SENTENCE, body)
