"""How to take a template: download, verify, pin, check, adopt."""

from collections.abc import Iterator

from registry.pages.html import fill
from registry.pages.page import Page, Shelf


def pages(shelf: Shelf) -> Iterator[Page]:
    """`take.md`."""
    latest = shelf.catalogue.latest
    body = fill(
        "take.html",
        exports=shelf.exports,
        address=shelf.address,
        id=latest[0].id if latest else "<id>",
        version=latest[0].version if latest else "<version>",
    )
    yield Page("take.md", "Take a template", "Download, verify, pin and adopt a template with curl alone.", body)
