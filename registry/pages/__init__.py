"""The generated pages of the site, one module per kind; the list says which there are."""

from collections.abc import Callable, Iterator

from registry.pages import (
    catalogue,
    changes,
    checklist,
    controls,
    coverage,
    home,
    incidents,
    recurring,
    reviewer,
    rules,
    schema,
    take,
    template,
    threats,
)
from registry.pages.page import Page, Shelf

KINDS: tuple[Callable[[Shelf], Iterator[Page]], ...] = (
    home.pages,
    catalogue.pages,
    template.pages,
    checklist.pages,
    changes.pages,
    threats.pages,
    coverage.pages,
    recurring.pages,
    controls.pages,
    incidents.pages,
    take.pages,
    rules.pages,
    reviewer.pages,
    schema.pages,
)


def pages(shelf: Shelf) -> Iterator[Page]:
    """Every generated page."""
    for kind in KINDS:
        yield from kind(shelf)
