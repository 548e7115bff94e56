"""What the catalogue says of itself as JSON: discovery, lists, versions, threats, vocabularies, rules, search."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.brief import Brief
from registry.catalog import Release
from registry.exports.export import Export
from registry.withdrawn import Withdrawal
from schema.facts import Vocabularies, Vocabulary
from schema.rules.rule import Rule
from schema.template import Threat
from schema.versions import SCHEMA_VERSIONS

API_VERSION = 1
PAGE = 500
"""Templates on one page of the catalogue: a changed template rewrites one page, however many there are."""

Json = dict[str, Any]


def discovery(commit: str, exports: Sequence[Export], renderer: str, with_ledger: Json, signature: Json | None) -> Json:
    """`/.well-known/threatshelf.json`: where things are. Every address is relative to the place of this very file.

    `with_ledger` are the addresses that only a shelf with a ledger has.
    """
    return {
        "name": "Threatshelf",
        "api_version": API_VERSION,
        "schema_versions": list(SCHEMA_VERSIONS),
        "commit": commit or None,
        "renderer": renderer,
        "addresses": {**_ADDRESSES, **with_ledger},
        "placeholders": _PLACEHOLDERS,
        "formats": [
            {"format": e.extension, "media_type": e.media_type, "title": e.title, "immutable": not e.rendered}
            for e in exports
        ],
        "needs_the_server": _SERVER,
        "integrity": {
            "sha256sums": "Every folder holds a SHA256SUMS with bare names: sha256sum -c --ignore-missing SHA256SUMS",
            "signature": signature,
        },
    }


_ADDRESSES = {
    "catalogue": "../v1/catalog.json",
    "catalogue_page": "../v1/catalog/{page}.json",
    "template": "../v1/templates/{id}.{format}",
    "versions": "../v1/templates/{id}/versions.json",
    "template_version": "../v1/templates/{id}/{version}.{format}",
    "sums": "../v1/templates/SHA256SUMS",
    "threats": "../v1/threats.json",
    "threat": "../v1/threats/{threat}.json",
    "vocabularies": "../v1/vocabularies.json",
    "vocabulary": "../v1/vocabularies/{vocabulary}.json",
    "coverage": "../v1/coverage/{framework}.json",
    "controls": "../v1/controls.json",
    "incidents": "../v1/incidents.json",
    "checklist": "../v1/templates/{id}/checklist.md",
    "difference": "../v1/templates/{id}/{before}...{version}.json",
    "changes": "../v1/changes.json",
    "bundle": "../v1/bundle.zip",
    "feed": "../feed.atom",
    "llms": "../llms.txt",
    "rules": "../v1/rules.json",
    "schema": "../schema/v1/template.schema.json",
}
WITH_LEDGER = {"ledger": "../v1/ledger.csv"}
_PLACEHOLDERS = {
    "{id}": "a template's id, from a page of the catalogue",
    "{version}": "three numbers, from versions.json; its yaml and json never change",
    "{before}": "another of its versions: any two can be compared, as json or md",
    "{format}": "one of formats",
    "{page}": "1, 2, 3 ... as catalogue lists them",
    "{threat}": "a threat id, as threats lists them",
    "{vocabulary}": "a name, as vocabularies lists them",
    "{framework}": "atlas, attack, cwe, openclaw-trust, owasp-agentic, owasp-llm or stride",
}
_SERVER = {
    "search": "../v1/search{?q,pattern,status,category,technique,tag,after,limit}",
    "check": "../v1/check",
    "render": "../v1/render{?format}",
    "compare": "../v1/compare{?a,b}",
    "openapi": "../openapi.json",
}


def catalogue_index(pages: Sequence[tuple[Sequence[Brief], str]]) -> Json:
    """`/v1/catalog.json`: the pages in the order of the ids, each with the sha-256 of its bytes."""
    return {
        "templates": sum(len(briefs) for briefs, _ in pages),
        "page_size": PAGE,
        "pages": [
            {
                "href": f"catalog/{i}.json",
                "sha256": sha256,
                "first": briefs[0].id,
                "last": briefs[-1].id,
                "templates": len(briefs),
            }
            for i, (briefs, sha256) in enumerate(pages, start=1)
        ],
    }


def catalogue_pages(briefs: Sequence[Brief]) -> Iterator[Sequence[Brief]]:
    """Those of the newest releases, `PAGE` at a time."""
    for start in range(0, len(briefs), PAGE):
        yield briefs[start : start + PAGE]


def catalogue_page(briefs: Sequence[Brief], exports: Sequence[Export]) -> Json:
    """`/v1/catalog/<n>.json`: what a reader needs in order to choose."""
    return {"templates": [_summary(found, exports) for found in briefs]}


def _summary(found: Brief, exports: Sequence[Export]) -> Json:
    return {
        **found.entry,
        "files": {e.extension: f"../templates/{found.id}.{e.extension}" for e in exports},
        "checklist": f"../templates/{found.id}/checklist.md",
        "all_versions": f"../templates/{found.id}/versions.json",
    }


def versions(releases: Sequence[Release], withdrawn: Sequence[Withdrawal], exports: Sequence[Export]) -> Json:
    """`/v1/templates/<id>/versions.json`: every version, newest first, those taken back in a list of their own."""
    taken = {row.version: row for row in withdrawn}
    listed = [release for release in releases if release.version not in taken]
    named = listed[0] if listed else releases[0]
    return {
        "id": named.id,
        "title": named.template.title,
        "latest": listed[0].version if listed else None,
        "versions": [_version(release, exports) for release in listed],
        "withdrawn": [
            {**_version(release, exports), **_withdrawal(taken[release.version])}
            for release in releases
            if release.version in taken
        ],
    }


def _withdrawal(row: Withdrawal) -> Json:
    return {
        "withdrawn_on": row.on,
        "withdrawn_by": row.by,
        "reason": row.reason,
        "superseded_by": row.superseded_by or None,
    }


def _version(release: Release, exports: Sequence[Export]) -> Json:
    return {
        "version": release.version,
        "status": release.template.status,
        "published": release.published,
        "commit": release.commit or None,
        "sha256": release.sha256,
        "files": {e.extension: f"{release.version}.{e.extension}" for e in exports},
    }


def vocabularies(found: Sequence[tuple[Vocabulary, str]]) -> Json:
    """`/v1/vocabularies.json`: the pinned lists, each with the sha-256 of its file."""
    return {
        "vocabularies": [
            {
                "name": vocabulary.name,
                "title": vocabulary.title,
                "release": vocabulary.release,
                "licence": vocabulary.licence,
                "entries": len(vocabulary.entries),
                "sha256": sha256,
                "href": f"vocabularies/{vocabulary.name}.json",
            }
            for vocabulary, sha256 in found
        ]
    }


def rules(found: Sequence[Rule]) -> Json:
    """`/v1/rules.json`: every rule in reading order; `page` is its documentation as Markdown."""
    return {
        "rules": [
            {
                "name": rule.name,
                "severity": rule.severity.value,
                "since": rule.since,
                "title": rule.title,
                "page": rule.page,
            }
            for rule in found
        ]
    }


@dataclass(frozen=True)
class Entry:
    """What search finds: a template, or a threat inside one (then `threat` is its key).

    `names` are ids and other exact words; `facets` the values that narrow a search, by their name in the query.
    """

    template: str
    version: str
    sha256: str
    threat: str
    threat_id: str
    title: str
    names: str
    text: str
    facets: Mapping[str, tuple[str, ...]]


def entries(release: Release, vocabularies: Vocabularies) -> Iterator[Entry]:
    """The newest version of a template, and each of its threats, also found by what the vocabularies call them."""
    yield _template_entry(release)
    yield from (_threat_entry(release, threat, vocabularies) for threat in release.template.threats)


def _template_entry(release: Release) -> Entry:
    template = release.template
    techniques = [id_ for threat in template.threats for id_ in threat.maps_to]
    told = [action.action for action in template.worst_actions]
    told += [threat.title for threat in template.threats] + [m.title for m in template.mitigations]
    return Entry(
        template=release.id,
        version=release.version,
        sha256=release.sha256,
        threat="",
        threat_id="",
        title=template.title,
        names=_words(release.id, template.pattern, *template.tags, *(p.product for p in template.applies_to)),
        text=_paragraphs(template.summary, *told),
        facets={
            "pattern": (template.pattern,),
            "status": (template.status,),
            "category": _once(threat.category for threat in template.threats),
            "technique": _once(techniques),
            "tag": _once(template.tags),
        },
    )


def _threat_entry(release: Release, threat: Threat, vocabularies: Vocabularies) -> Entry:
    template, known = release.template, release.template.mitigation_by_key
    measures = [known[key] for key in threat.mitigated_by if key in known]
    controls = _once(control for measure in measures for control in measure.controls)
    called = [vocabularies["known-threats"].entries.get(threat.id, {}).get("title", "")]
    called += [name for list_ in _NAMING for id_ in threat.maps_to for name in _called(vocabularies[list_], id_)]
    return Entry(
        template=release.id,
        version=release.version,
        sha256=release.sha256,
        threat=threat.key,
        threat_id=threat.id,
        title=threat.title,
        names=_words(threat.id, threat.key, *threat.maps_to, *(alias.id for alias in threat.known_as), *controls),
        text=_paragraphs(
            threat.scenario,
            *(measure.title for measure in measures),
            *threat.gaps,
            threat.detection,
            ", ".join(_once(called)),
        ),
        facets={
            "pattern": (template.pattern,),
            "status": (template.status,),
            "category": (threat.category,),
            "technique": _once(threat.maps_to),
            "tag": _once(template.tags),
        },
    )


def _called(vocabulary: Vocabulary, id_: str) -> Iterator[str]:
    """The name of an entry, and that of what it is a part of: `Indirect` alone says nothing."""
    entry = vocabulary.entries.get(id_, {})
    if entry.get("parent"):
        yield from _called(vocabulary, entry["parent"])
    yield entry.get("name", "")


_NAMING = ("atlas", "attack", "owasp-llm", "owasp-agentic", "cwe")


def _words(*words: str) -> str:
    return " ".join(word for word in words if word)


def _paragraphs(*texts: str) -> str:
    return "\n".join(" ".join(text.split()) for text in texts if text)


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
