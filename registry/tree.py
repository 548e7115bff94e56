"""The whole registry as files: releases in, paths and bytes out; what the API serves and what a mirror holds."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, groupby, pairwise
from typing import Any

from registry import listings, signing
from registry.backtest import Verdict
from registry.brief import Brief, brief, unlisted
from registry.catalog import Catalogue, LedgerFile, Release, listed
from registry.exports import checklist, difference
from registry.exports.export import MARKDOWN, Export
from registry.views import changes, controls, coverage, feed, incidents, llms, threats
from registry.withdrawn import Withdrawal
from schema.facts import Vocabularies
from schema.rules.rule import Rule

JSON = "application/json"
SUMS = "SHA256SUMS"
SUMS_TYPE = "text/plain; charset=utf-8"
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
    `renderer` the software that made it out of a template (empty: it is the template itself). `withdrawn` is why the
    version was taken back (empty: it was not), `successor` the version to take instead.
    """

    path: str
    body: bytes
    media_type: str
    lifetime: Lifetime = Lifetime.LATEST
    commit: str = ""
    published: str = ""
    renderer: str = ""
    withdrawn: str = ""
    successor: str = ""


@dataclass(frozen=True)
class Library:
    """What the software itself brings to the tree: formats, vocabularies with their files, schema, rules, back-test."""

    exports: tuple[Export, ...]
    vocabularies: Vocabularies
    vocabulary_files: Mapping[str, bytes]
    schema_file: bytes
    rules: tuple[Rule, ...]
    backtest: tuple[Verdict, ...]
    signer: signing.Signer | None = None


@dataclass(frozen=True)
class Template:
    """The versions of one template, newest first, and which of them were taken back."""

    releases: tuple[Release, ...]
    withdrawn: tuple[Withdrawal, ...] = ()

    @property
    def id(self) -> str:
        """The template's id."""
        return self.releases[0].id

    @property
    def listed(self) -> tuple[Release, ...]:
        """Those that were not taken back."""
        return listed(self.releases, self.withdrawn)

    @property
    def brief(self) -> Brief:
        """What documents across templates know of it."""
        if not self.listed:
            return unlisted(self.releases, self.withdrawn)
        return brief(self.listed[0], self.releases, self.withdrawn)


@dataclass(frozen=True)
class Shown:
    """What the documents across templates are made from: every template in brief, in the order of their ids."""

    briefs: tuple[Brief, ...]
    commit: str = ""
    ledger: LedgerFile | None = None


Touched = frozenset[str] | None
"""The ids of what a publication changed something about; None stands for all."""


def tree(catalogue: Catalogue, library: Library, renderer: str) -> Iterator[File]:
    """Every file in the order of the paths, a SHA256SUMS in each folder; equal bytes for equal input."""
    templates = templates_of(catalogue)
    shown = Shown(tuple(template.brief for template in templates), catalogue.commit, catalogue.ledger)
    files = [file for template in templates for file in template_files(template, library, renderer)]
    files += across(shown, library, renderer, None)
    yield from sorted([*files, *_sums(files)], key=lambda file: file.path)


def templates_of(catalogue: Catalogue) -> tuple[Template, ...]:
    """Every template of the catalogue, in the order of their ids."""
    return tuple(Template(held, catalogue.withdrawn.get(id_, ())) for id_, held in catalogue.by_id.items())


def template_files(template: Template, library: Library, renderer: str) -> Iterator[File]:
    """Every file that depends on this template alone."""
    yield from files_of_versions(template, template.releases, library, renderer)


def files_of_versions(
    template: Template, changed: Sequence[Release], library: Library, renderer: str
) -> Iterator[File]:
    """The files of these versions, and what depends on which is the newest."""
    made = {release.version: tuple(version_files(template, release, library, renderer)) for release in changed}
    for files in made.values():
        yield from files
    for newest in template.listed[:1]:
        files = made.get(newest.version) or tuple(version_files(template, newest, library, renderer))
        yield from (_as_newest(file, newest) for file in files)
        yield _checklist(newest, library, renderer)
    found = listings.versions(template.releases, template.withdrawn, library.exports)
    yield _json(f"v1/templates/{template.id}/versions.json", found, template.releases[0].commit)
    for before, after in sorted(compared(template)):
        yield from _difference(template, before, after, renderer)


def _as_newest(file: File, release: Release) -> File:
    name = file.path.removeprefix(f"v1/templates/{release.id}/{release.version}.")
    return replace(file, path=f"v1/templates/{release.id}.{name}", lifetime=Lifetime.LATEST)


def version_files(template: Template, release: Release, library: Library, renderer: str) -> Iterator[File]:
    """One version in every format: what only its withdrawal changes."""
    row = next((row for row in template.withdrawn if row.version == release.version), None)
    for export in library.exports:
        yield File(
            path=f"v1/templates/{release.id}/{release.version}.{export.extension}",
            body=export.render(release),
            media_type=export.media_type,
            lifetime=Lifetime.RENDERED if export.rendered or row else Lifetime.IMMUTABLE,
            commit=release.commit,
            published="" if export.rendered else release.published,
            renderer=renderer if export.rendered else "",
            withdrawn=row.reason if row else "",
            successor=row.superseded_by if row else "",
        )


def newest_paths(id_: str, library: Library) -> Iterator[str]:
    """Where the newest version stands under the template's own name, and its checklist."""
    yield from (f"v1/templates/{id_}.{export.extension}" for export in library.exports)
    yield f"v1/templates/{id_}/checklist.md"


def compared(template: Template) -> frozenset[tuple[str, str]]:
    """The pairs of versions whose difference is a file: neighbours, and each against the newest."""
    newest = template.listed[:1] or template.releases[:1]
    ordered = [release.version for release in reversed(template.releases)]
    older = ordered[: ordered.index(newest[0].version)]
    return frozenset({*pairwise(ordered), *((version, newest[0].version) for version in older)})


def difference_paths(id_: str, before: str, after: str) -> Mapping[str, str]:
    """Where the difference of two versions stands, by extension."""
    return {extension: f"v1/templates/{id_}/{before}...{after}.{extension}" for extension in difference.DOCUMENTS}


def _difference(template: Template, before: str, after: str, renderer: str) -> Iterator[File]:
    by_version = {release.version: release for release in template.releases}
    older, newer = by_version[before], by_version[after]
    paths = difference_paths(template.id, before, after)
    for extension, (media_type, document) in difference.DOCUMENTS.items():
        body = document(older.template, newer.template)
        yield File(paths[extension], body, media_type, Lifetime.RENDERED, newer.commit, renderer=renderer)


def _checklist(release: Release, library: Library, renderer: str) -> File:
    body = checklist.markdown(release, library.vocabularies["controls"])
    path = f"v1/templates/{release.id}/checklist.md"
    return File(path, body, MARKDOWN, commit=release.commit, renderer=renderer)


def across(shown: Shown, library: Library, renderer: str, touched: Touched) -> Iterator[File]:
    """Every file that speaks of several templates or of none, apart from sums; of those about one thing the touched."""
    listed_ = tuple(found for found in shown.briefs if found.listed)
    yield discovery(shown, library, renderer)
    yield from _catalogue(listed_, library, shown.commit)
    yield from _threats(shown, library, touched)
    yield from _views(listed_, library, shown.commit, touched)
    yield from _news(shown)
    yield from _vocabularies(library)
    yield _json("v1/rules.json", listings.rules(library.rules))
    yield File("schema/v1/template.schema.json", library.schema_file, "application/schema+json")


def discovery(shown: Shown, library: Library, renderer: str) -> File:
    """Where things are: the one file that every publication changes."""
    with_ledger = listings.WITH_LEDGER if shown.ledger else {}
    signed = signing.told(library.signer)
    found = listings.discovery(shown.commit, library.exports, renderer, with_ledger, signed)
    return _json(".well-known/threatshelf.json", found, shown.commit)


def names(found: Brief, library: Library) -> Iterator[str]:
    """The ids of everything that a template has a part in and that has a file: threats, techniques, controls."""
    for threat in found.threats:
        yield threat.id
        for id_ in threat.maps_to:
            entries = (library.vocabularies[name].entries.get(id_, {}) for name in ("atlas", "attack"))
            yield from (id_, *(str(entry["parent"]) for entry in entries if entry.get("parent")))
    yield from (threat.id for threat in found.earlier)
    yield from (id_ for mitigation in found.mitigations for id_ in mitigation.controls)


def paths_of(name: str) -> tuple[str, ...]:
    """Where a file about this threat, technique or control would stand."""
    return tuple(f"v1/{folder}/{name}.json" for folder in ("threats", "techniques", "controls"))


def _catalogue(briefs: Sequence[Brief], library: Library, commit: str) -> Iterator[File]:
    pages = []
    for i, held in enumerate(listings.catalogue_pages(briefs), start=1):
        page = _json(f"v1/catalog/{i}.json", listings.catalogue_page(held, library.exports), commit)
        pages.append((held, _sha256(page.body)))
        yield page
    yield _json("v1/catalog.json", listings.catalogue_index(pages), commit)


def _threats(shown: Shown, library: Library, touched: Touched) -> Iterator[File]:
    categories = library.vocabularies["categories"].entries
    found = tuple(threats.given(shown.briefs, library.vocabularies["known-threats"].entries, shown.ledger))
    yield _json("v1/threats.json", threats.threats_document(found, shown.ledger), shown.commit)
    if shown.ledger:
        body = shown.ledger.text.encode()
        yield File(LEDGER, body, "text/csv; charset=utf-8", commit=shown.ledger.commit)
    for threat in found:
        if touched is None or threat.id in touched:
            yield _json(f"v1/threats/{threat.id}.json", threats.threat_document(threat, categories), shown.commit)


def _views(briefs: Sequence[Brief], library: Library, commit: str, touched: Touched) -> Iterator[File]:
    known = library.vocabularies
    for framework in coverage.FRAMEWORKS:
        found = coverage.coverage_document(coverage.coverage(framework, briefs, known))
        yield _json(f"v1/coverage/{framework.name}.json", found, commit)
    for framework, entry in coverage.techniques(briefs, known):
        if touched is None or entry.id in touched:
            told = coverage.technique_document(framework, entry, known)
            yield _json(f"v1/techniques/{entry.id}.json", told, commit)
    ranked = controls.ranked(briefs, known["controls"])
    yield _json("v1/controls.json", controls.controls_document(ranked), commit)
    for control in ranked:
        if touched is None or control.id in touched:
            yield _json(f"v1/controls/{control.id}.json", controls.control_document(control), commit)
    tested = incidents.judged(briefs, library.backtest, known["incidents"])
    yield _json("v1/incidents.json", incidents.incidents_document(tested), commit)


def _news(shown: Shown) -> Iterator[File]:
    """What happened last, for programs and for readers of news; the catalogue told to a language model."""
    told = chain.from_iterable(changes.told(found) for found in shown.briefs)
    gone = changes.threats_withdrawn(shown.ledger) if shown.ledger else ()
    events = changes.newest(chain(told, gone))
    yield _json("v1/changes.json", changes.document(events), shown.commit)
    yield File("feed.atom", feed.atom(events), feed.MEDIA_TYPE, commit=shown.commit)
    listed_ = [found for found in shown.briefs if found.listed]
    yield File("llms.txt", llms.markdown(listed_), MARKDOWN, commit=shown.commit)


def _vocabularies(library: Library) -> Iterator[File]:
    found = [(library.vocabularies[name], _sha256(body)) for name, body in sorted(library.vocabulary_files.items())]
    yield _json("v1/vocabularies.json", listings.vocabularies(found))
    for name, body in library.vocabulary_files.items():
        yield File(f"v1/vocabularies/{name}.json", body, JSON)


def _sums(files: Sequence[File]) -> Iterator[File]:
    ordered = sorted(files, key=lambda file: _split(file.path))
    for folder, held in groupby(ordered, key=lambda file: _split(file.path)[0]):
        rows = sums((_split(file.path)[1], _sha256(file.body)) for file in held)
        yield File(f"{folder}/{SUMS}".lstrip("/"), rows, SUMS_TYPE)


def sums(held: Iterable[tuple[str, str]]) -> bytes:
    """A folder's SHA256SUMS with bare names, as `sha256sum` writes it; `held` are names and digests in order."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in held).encode()


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _json(path: str, content: dict[str, Any], commit: str = "") -> File:
    return File(path, (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode(), JSON, commit=commit)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
