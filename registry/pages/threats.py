"""Threat ids: an index of all of them, and for each what it is, where it appears and how each template answers it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.catalog import Appearance, ThreatPage, threat_pages
from registry.pages.citations import Citation, mapping
from registry.pages.html import fill
from registry.pages.page import Page, Shelf
from registry.pages.reader import Reader
from schema.ids import State
from schema.template import Threat

_WITHOUT_TEXT = {
    State.RESERVED: "This number is held for a threat under review. It has no text of its own until that is published.",
    State.REJECTED: "This number was held for a threat and given up. It is not given to another one.",
}
_NUMBERS = {
    State.RESERVED: "Held for threats under review. A number has no text of its own until its threat is published.",
    State.REJECTED: "Held once and given up. A number is not given to another threat.",
}
_WORDS = {
    State.RESERVED: "reserved",
    State.PUBLISHED: "published",
    State.REJECTED: "given up",
    State.WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True)
class Told:
    """A threat as one template tells it, with that template's reader."""

    r: Reader
    threat: Threat


def pages(shelf: Shelf) -> Iterator[Page]:
    """`threats/` and `threats/<ID>/`."""
    found = threat_pages(shelf.catalogue, shelf.vocabularies["known-threats"].entries)
    categories = shelf.vocabularies["categories"].entries
    yield _index(shelf, found, categories)
    given = frozenset(threat.id for threat in found)
    for threat in found:
        yield _page(shelf, threat, categories.get(threat.category, {}), given)


def _index(shelf: Shelf, found: tuple[ThreatPage, ...], categories: Mapping[str, Mapping[str, Any]]) -> Page:
    ordered = sorted(categories.values(), key=lambda entry: entry["order"])
    told = [page for page in found if page.state not in _WITHOUT_TEXT]
    groups = [(entry, [page for page in told if page.category == entry["id"]]) for entry in ordered]
    numbers = [
        (state, sentence, [page for page in found if page.state is state]) for state, sentence in _NUMBERS.items()
    ]
    pending = [
        Told(Reader(release, shelf.vocabularies), threat)
        for release in shelf.catalogue.latest
        for threat in release.template.threats
        if not threat.id
    ]
    body = fill(
        "threats.html",
        groups=groups,
        numbers=numbers,
        pending=pending,
        known=sum(1 for page in found if page.known),
        ledger=shelf.catalogue.ledger,
        words=_WORDS,
    )
    return Page("threats/index.md", "Threats", "Every threat id ever given, by category.", body)


def _page(shelf: Shelf, page: ThreatPage, category: Mapping[str, Any], given: frozenset[str]) -> Page:
    now = [_told(shelf, appearance) for appearance in page.appearances]
    body = fill(
        "threat.html",
        p=page,
        category=category,
        techniques=_techniques(shelf, page, now),
        now=now,
        earlier=[_told(shelf, appearance) for appearance in page.earlier],
        evidence=_evidence(now),
        given=given,
        wanted=page.state is State.PUBLISHED,
        without_text=_WITHOUT_TEXT.get(page.state, ""),
        words=_WORDS,
    )
    about = page.known.get("summary") or page.title or _WITHOUT_TEXT.get(page.state, "")
    return Page(f"threats/{page.id}.md", f"{page.id} {page.title or _WORDS[page.state]}", str(about), body)


def _told(shelf: Shelf, appearance: Appearance) -> Told:
    return Told(Reader(appearance.release, shelf.vocabularies), appearance.threat)


def _techniques(shelf: Shelf, page: ThreatPage, now: list[Told]) -> list[Citation]:
    """Those of the vocabulary first, then what the templates add."""
    given = [*page.known.get("techniques", ()), *page.known.get("attack", ())]
    ids = dict.fromkeys([*given, *(id_ for told in now for id_ in told.threat.maps_to)])
    return [mapping(id_, shelf.vocabularies) for id_ in ids]


def _evidence(now: list[Told]) -> list[Citation]:
    return list(dict.fromkeys(told.r.evidence(text) for told in now for text in told.threat.evidence))
