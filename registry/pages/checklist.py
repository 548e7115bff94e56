"""The settings of a template to tick off, on a page made to be printed."""

from collections.abc import Iterator

from registry.exports.checklist import heading, stages
from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.pages.reader import Reader


def pages(shelf: Shelf) -> Iterator[Page]:
    """`catalog/<id>/checklist/` for the newest version of each template."""
    for release in shelf.catalogue.latest:
        found = stages(release.template, shelf.vocabularies["controls"])
        body = fill(
            "checklist.html",
            t=release.template,
            r=Reader(release, shelf.vocabularies),
            stages=[(heading(stage.when), stage.items) for stage in found],
            items=sum(len(stage.items) for stage in found),
        )
        title = f"Checklist: {release.template.title}"
        yield Page(f"catalog/{release.id}/checklist.md", title, "What to turn on, in order.", body)
