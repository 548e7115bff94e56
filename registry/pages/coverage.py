"""Coverage: ATLAS's tactics and techniques by how many templates have threats for them, and a page per framework."""

from collections.abc import Iterator
from dataclasses import dataclass

from registry.pages.citations import mapping
from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.views.coverage import FRAMEWORKS, Coverage, Covered, Group, coverage

MOST_GAPS = 250
"""A list with more gaps is wider than agents: it is counted, not shown."""


@dataclass(frozen=True)
class Cell:
    """A technique in the picture of a tactic; `shade` from 0 (no template) to 4 (every one)."""

    entry: Covered
    shade: int


def pages(shelf: Shelf) -> Iterator[Page]:
    """`coverage/` and `coverage/<framework>/`."""
    found = [coverage(framework, shelf.briefs, shelf.vocabularies) for framework in FRAMEWORKS]
    yield _index(shelf, found)
    for one in found:
        yield _framework(shelf, one)


def _index(shelf: Shelf, found: list[Coverage]) -> Page:
    atlas = next(one for one in found if one.framework.name == "atlas")
    tops = shelf.vocabularies["atlas"].entries
    body = fill(
        "coverage.html",
        found=found,
        atlas=atlas,
        columns=[
            (group, [_cell(shelf, e) for e in group.entries if not tops[e.id].get("parent")]) for group in atlas.groups
        ],
        templates=len(shelf.briefs),
    )
    about = "What the templates cover of ATLAS, OWASP and OpenClaw's own threats, and what waits for somebody."
    return Page("coverage/index.md", "Coverage", about, body)


def _cell(shelf: Shelf, entry: Covered) -> Cell:
    """A quarter of all templates is one shade."""
    share = len(entry.templates) / max(1, len(shelf.briefs))
    return Cell(entry, -int(-share * 4 // 1))


def _framework(shelf: Shelf, found: Coverage) -> Page:
    gaps = len(found.entries) - found.covered
    body = fill(
        "framework.html",
        c=found,
        first=_first_places(found.groups),
        cite=lambda id_: mapping(id_, shelf.vocabularies),
        titles={one.id: one.title for one in shelf.briefs},
        gaps=gaps,
        listed=gaps <= MOST_GAPS,
    )
    about = f"{found.covered} of {len(found.entries)} entries have a threat in some template."
    return Page(f"coverage/{found.framework.name}.md", f"Coverage of {found.framework.title}", about, body)


def _first_places(groups: tuple[Group, ...]) -> dict[str, str]:
    """By entry, the group that holds its anchor."""
    return {entry.id: group.id for group in reversed(groups) for entry in group.entries}
