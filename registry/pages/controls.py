"""Controls: the settings to turn on first, and every control with the threats it answers."""

from collections.abc import Iterator

from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.views.controls import first, ranked
from registry.views.telling import names, templates


def pages(shelf: Shelf) -> Iterator[Page]:
    """`coverage/controls/`."""
    vocabulary = shelf.vocabularies["controls"]
    found = ranked(shelf.briefs, vocabulary)
    unused = [entry for id_, entry in vocabulary.entries.items() if id_ not in {control.id for control in found}]
    body = fill("controls.html", first=first(found), controls=found, unused=unused, names=names, templates=templates)
    about = "The settings that answer most threats, and where each of them is used."
    yield Page("coverage/controls.md", "Controls", about, body)
