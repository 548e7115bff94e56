"""The page of a template: what it is for, its diagram, its threats and everything an adopter needs to use it."""

from collections.abc import Iterator

from markupsafe import Markup

from registry.catalog import Release
from registry.exports import svg
from registry.pages.analysis import Analysis
from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.pages.reader import Reader

LAYERS = ("environment", "deployment", "operation", "threat")


def pages(shelf: Shelf) -> Iterator[Page]:
    """One page for the newest version of each template: `catalog/<id>/`."""
    for release in shelf.catalogue.latest:
        yield _page(shelf, release)


def _page(shelf: Shelf, release: Release) -> Page:
    body = fill(
        "template.html",
        r=Reader(release, shelf.vocabularies),
        t=release.template,
        a=Analysis(release.template),
        release=release,
        versions=shelf.catalogue.by_id[release.id],
        exports=shelf.exports,
        address=shelf.address,
        pictures={} if shelf.missing else _pictures(release),
        missing=shelf.missing,
        others=shelf.catalogue.by_id,
        layers=LAYERS,
        matrix=shelf.vocabularies["risk-matrix"].raw,
    )
    return Page(f"catalog/{release.id}/index.md", release.template.title, release.template.summary, body)


def _pictures(release: Release) -> dict[str, Markup]:
    """Both levels as they stand in the page."""
    return {"1": _inlined(svg.level_one_bare(release)), "0": _inlined(svg.level_zero(release))}


def _inlined(picture: bytes) -> Markup:
    """The SVG inside a page: it holds links, so to a screen reader it is a group of things, no longer one image."""
    drawn = picture.decode().partition("?>")[2].strip().replace("\n", "&#10;")
    points = float(drawn.partition('viewBox="')[2].split(maxsplit=3)[2])
    as_group = f' role="group" style="--natural: {points * 4 / 3:.0f}px"'
    return Markup(drawn.replace(' role="img"', as_group, 1))  # noqa: S704 - our own renderer escaped it
