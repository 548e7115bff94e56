"""The generated pages of the site, one module per kind; the list says which there are."""

from collections.abc import Callable, Iterator

from registry.pages import catalogue, home, rules, schema, take, template, threats
from registry.pages.page import Page, Shelf

KINDS: tuple[Callable[[Shelf], Iterator[Page]], ...] = (
    home.pages,
    catalogue.pages,
    template.pages,
    threats.pages,
    take.pages,
    rules.pages,
    schema.pages,
)


def pages(shelf: Shelf) -> Iterator[Page]:
    """Every generated page."""
    for kind in KINDS:
        yield from kind(shelf)
