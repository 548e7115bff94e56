"""What changed from one version of a template to the next, on one page, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from registry.catalog import Release
from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from schema.compare import Change, Comparison, compare


@dataclass(frozen=True)
class Step:
    """Two versions that follow each other, and what changed by kind of thing."""

    before: Release
    after: Release
    found: Comparison
    kinds: tuple[tuple[str, tuple[Change, ...]], ...]


def pages(shelf: Shelf) -> Iterator[Page]:
    """`catalog/<id>/changes/` for each template that has more than one version."""
    for id_, releases in shelf.catalogue.by_id.items():
        if len(releases) > 1:
            title = releases[0].template.title
            body = fill("changes.html", id=id_, title=title, steps=tuple(_steps(releases)))
            yield Page(f"catalog/{id_}/changes.md", f"Changes: {title}", "What changed from version to version.", body)


def _steps(releases: tuple[Release, ...]) -> Iterator[Step]:
    for after, before in pairwise(releases):
        found = compare(before.template, after.template)
        groups = groupby(found.changes, key=lambda change: change.kind)
        yield Step(before, after, found, tuple((kind, tuple(changes)) for kind, changes in groups))
