"""The whole registry as files: releases in, paths and bytes out; what the API serves and what a mirror holds."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from registry import listings
from registry.catalog import Catalogue, Release, threat_pages
from registry.exports.export import Export
from schema.facts import Vocabularies
from schema.rules.rule import Rule

JSON = "application/json"
SUMS = "SHA256SUMS"
LEDGER = "v1/ledger.csv"


class Lifetime(StrEnum):
    """How long a file may be kept by whoever fetched it."""

    IMMUTABLE = "immutable"
    """These bytes stay at this path for ever."""
    RENDERED = "rendered"
    """A published version, but also a function of the software that rendered it."""
    LATEST = "latest"
    """Changes when something is published."""
    WORKING = "working"
    """From a working tree: may change at any moment."""


@dataclass(frozen=True)
class File:
    """One file. `path` has no slash in front.

    `commit` is where its content comes from, `published` since when it stands (empty: since the catalogue was written),
    `renderer` the software that made it out of a template (empty: it is the template itself).
    """

    path: str
    body: bytes
    media_type: str
    lifetime: Lifetime = Lifetime.LATEST
    commit: str = ""
    published: str = ""
    renderer: str = ""


@dataclass(frozen=True)
class Library:
    """What the software itself brings to the tree: formats, vocabularies with their files, schema, rules."""

    exports: tuple[Export, ...]
    vocabularies: Vocabularies
    vocabulary_files: Mapping[str, bytes]
    schema_file: bytes
    rules: tuple[Rule, ...]


def tree(catalogue: Catalogue, library: Library, renderer: str) -> Iterator[File]:
    """Every file in the order of the paths, a SHA256SUMS in each folder; equal bytes for equal input."""
    files = [
        *_catalogue(catalogue, library, renderer),
        *_templates(catalogue, library, renderer),
        *_threats(catalogue, library),
        *_vocabularies(library),
        _json("v1/rules.json", listings.rules(library.rules)),
        File("schema/v1/template.schema.json", library.schema_file, "application/schema+json"),
    ]
    yield from sorted([*files, *_sums(files)], key=lambda file: file.path)


def _catalogue(catalogue: Catalogue, library: Library, renderer: str) -> Iterator[File]:
    pages = []
    for i, releases in enumerate(listings.catalogue_pages(catalogue), start=1):
        page = _json(f"v1/catalog/{i}.json", listings.catalogue_page(releases, library.exports), catalogue.commit)
        pages.append((releases, _sha256(page.body)))
        yield page
    yield _json("v1/catalog.json", listings.catalogue_index(pages), catalogue.commit)
    found = listings.discovery(catalogue, library.exports, renderer)
    yield _json(".well-known/threatshelf.json", found, catalogue.commit)


def _templates(catalogue: Catalogue, library: Library, renderer: str) -> Iterator[File]:
    for id_, releases in catalogue.by_id.items():
        found = listings.versions(releases, library.exports)
        yield _json(f"v1/templates/{id_}/versions.json", found, catalogue.commit)
        for export in library.exports:
            yield from _exported(releases, export, renderer)


def _exported(releases: Sequence[Release], export: Export, renderer: str) -> Iterator[File]:
    """Every version in one format, the newest under the template's own name too."""
    lifetime = Lifetime.RENDERED if export.rendered else Lifetime.IMMUTABLE
    for release in releases:
        versioned = File(
            path=f"v1/templates/{release.id}/{release.version}.{export.extension}",
            body=export.render(release),
            media_type=export.media_type,
            lifetime=lifetime,
            commit=release.commit,
            published="" if export.rendered else release.published,
            renderer=renderer if export.rendered else "",
        )
        yield versioned
        if release is releases[0]:
            yield _as_latest(versioned, f"v1/templates/{release.id}.{export.extension}")


def _as_latest(file: File, path: str) -> File:
    return File(path, file.body, file.media_type, Lifetime.LATEST, file.commit, file.published, file.renderer)


def _threats(catalogue: Catalogue, library: Library) -> Iterator[File]:
    categories = library.vocabularies["categories"].entries
    pages = threat_pages(catalogue, library.vocabularies["known-threats"].entries)
    yield _json("v1/threats.json", listings.threats(pages, catalogue.ledger), catalogue.commit)
    if catalogue.ledger:
        body = catalogue.ledger.text.encode()
        yield File(LEDGER, body, "text/csv; charset=utf-8", commit=catalogue.ledger.commit)
    for page in pages:
        yield _json(f"v1/threats/{page.id}.json", listings.threat(page, categories), catalogue.commit)


def _vocabularies(library: Library) -> Iterator[File]:
    found = [(library.vocabularies[name], _sha256(body)) for name, body in sorted(library.vocabulary_files.items())]
    yield _json("v1/vocabularies.json", listings.vocabularies(found))
    for name, body in library.vocabulary_files.items():
        yield File(f"v1/vocabularies/{name}.json", body, JSON)


def _sums(files: Sequence[File]) -> Iterator[File]:
    """One per folder, with bare names, as `sha256sum` writes it."""
    ordered = sorted(files, key=lambda file: _split(file.path))
    for folder, held in groupby(ordered, key=lambda file: _split(file.path)[0]):
        rows = "".join(f"{_sha256(file.body)}  {_split(file.path)[1]}\n" for file in held)
        yield File(f"{folder}/{SUMS}", rows.encode(), "text/plain; charset=utf-8")


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _json(path: str, content: dict[str, Any], commit: str = "") -> File:
    return File(path, (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode(), JSON, commit=commit)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
