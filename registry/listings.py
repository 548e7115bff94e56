"""What the catalogue says of itself as JSON: discovery, lists, versions, threats, vocabularies, rules, search."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.catalog import Appearance, Catalogue, LedgerFile, Record, Release, ThreatPage
from registry.exports.export import Export
from schema import risk, stride
from schema.facts import Vocabularies, Vocabulary
from schema.ids import Row
from schema.rules.rule import Rule
from schema.template import Rating, Threat
from schema.versions import SCHEMA_VERSIONS

API_VERSION = 1
PAGE = 500
"""Templates on one page of the catalogue: a changed template rewrites one page, however many there are."""

Json = dict[str, Any]


def discovery(catalogue: Catalogue, exports: Sequence[Export], renderer: str) -> Json:
    """`/.well-known/threatshelf.json`: where things are. Every address is relative to the place of this very file."""
    return {
        "name": "Threatshelf",
        "api_version": API_VERSION,
        "schema_versions": list(SCHEMA_VERSIONS),
        "commit": catalogue.commit or None,
        "renderer": renderer,
        "addresses": {**_ADDRESSES, **(_WITH_LEDGER if catalogue.ledger else {})},
        "placeholders": _PLACEHOLDERS,
        "formats": [
            {"format": e.extension, "media_type": e.media_type, "title": e.title, "immutable": not e.rendered}
            for e in exports
        ],
        "needs_the_server": _SERVER,
        "integrity": {
            "sha256sums": "Every folder holds a SHA256SUMS with bare names: sha256sum -c --ignore-missing SHA256SUMS",
            "signature": None,
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
    "rules": "../v1/rules.json",
    "schema": "../schema/v1/template.schema.json",
}
_WITH_LEDGER = {"ledger": "../v1/ledger.csv"}
_PLACEHOLDERS = {
    "{id}": "a template's id, from a page of the catalogue",
    "{version}": "three numbers, from versions.json; its yaml and json never change",
    "{format}": "one of formats",
    "{page}": "1, 2, 3 ... as catalogue lists them",
    "{threat}": "a threat id, as threats lists them",
    "{vocabulary}": "a name, as vocabularies lists them",
}
_SERVER = {
    "search": "../v1/search{?q,pattern,status,category,technique,tag,after,limit}",
    "check": "../v1/check",
    "openapi": "../openapi.json",
}


def catalogue_index(pages: Sequence[tuple[Sequence[Release], str]]) -> Json:
    """`/v1/catalog.json`: the pages in the order of the ids, each with the sha-256 of its bytes."""
    return {
        "templates": sum(len(releases) for releases, _ in pages),
        "page_size": PAGE,
        "pages": [
            {
                "href": f"catalog/{i}.json",
                "sha256": sha256,
                "first": releases[0].id,
                "last": releases[-1].id,
                "templates": len(releases),
            }
            for i, (releases, sha256) in enumerate(pages, start=1)
        ],
    }


def catalogue_pages(catalogue: Catalogue) -> Iterator[Sequence[Release]]:
    """The newest releases, `PAGE` at a time."""
    for start in range(0, len(catalogue.latest), PAGE):
        yield catalogue.latest[start : start + PAGE]


def catalogue_page(releases: Sequence[Release], exports: Sequence[Export]) -> Json:
    """`/v1/catalog/<n>.json`: what a reader needs in order to choose."""
    return {"templates": [_summary(release, exports) for release in releases]}


def _summary(release: Release, exports: Sequence[Export]) -> Json:
    template = release.template
    covered = stride.coverage(template)
    return {
        "id": release.id,
        "version": release.version,
        "title": template.title,
        "summary": template.summary,
        "status": template.status,
        "pattern": template.pattern,
        "tags": list(template.tags),
        "applies_to": [_present({"product": p.product, "versions": p.versions}) for p in template.applies_to],
        "license": template.license,
        "published": release.published,
        "sha256": release.sha256,
        "counts": _counts(release),
        "risk": _levels(threat.risk for threat in template.threats),
        "residual": _levels(threat.residual for threat in template.threats),
        "coverage": {
            "asked": covered.asked,
            "by_threat": covered.by_threat,
            "by_answer": covered.by_answer,
            "left": covered.left,
        },
        "review": _present({"every": template.review.every, "last": _last_review(release)}),
        "files": {e.extension: f"../templates/{release.id}.{e.extension}" for e in exports},
        "all_versions": f"../templates/{release.id}/versions.json",
    }


def _counts(release: Release) -> Json:
    template = release.template
    return {
        "elements": len(template.diagram.elements),
        "flows": len(template.diagram.flows),
        "zones": len(template.diagram.zones),
        "threats": len(template.threats),
        "mitigations": len(template.mitigations),
        "assumptions": len(template.assumptions),
        "failure_modes": len(template.failure_modes),
        "attack_chains": len(template.attack_chains),
    }


def _levels(ratings: Iterable[Rating | None]) -> Json:
    levels = [risk.level(rating) for rating in ratings]
    return {level.lower(): levels.count(level) for level in reversed(risk.LEVELS)}


def _last_review(release: Release) -> str:
    return max((entry.date for entry in release.template.review.log), default="")


def versions(releases: Sequence[Release], exports: Sequence[Export]) -> Json:
    """`/v1/templates/<id>/versions.json`: every version, newest first."""
    return {
        "id": releases[0].id,
        "title": releases[0].template.title,
        "latest": releases[0].version,
        "versions": [_version(release, exports) for release in releases],
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


def threats(pages: Sequence[ThreatPage], ledger: LedgerFile | None) -> Json:
    """`/v1/threats.json`: every id ever given, in the order of its letters and number; the ledger they come from.

    The digest and the commit are a memory of the ledger outside of its own branch: a rewritten one shows.
    """
    return {
        "ledger": _ledger(ledger) if ledger else None,
        "threats": [
            {
                "id": page.id,
                "title": page.title,
                "category": page.category,
                "state": str(page.state),
                "templates": [appearance.release.id for appearance in page.appearances],
                "href": f"threats/{page.id}.json",
            }
            for page in pages
        ],
    }


def _ledger(ledger: LedgerFile) -> Json:
    return {
        "commit": ledger.commit or None,
        "rows": len(ledger.ledger.rows),
        "sha256": ledger.sha256,
        "href": "ledger.csv",
    }


def threat(page: ThreatPage, categories: Mapping[str, Mapping[str, Any]]) -> Json:
    """`/v1/threats/<id>.json`: what the id means, where it stands, how each template answers it, what became of it."""
    return {
        "id": page.id,
        "title": page.title,
        "category": page.category,
        "category_name": categories.get(page.category, {}).get("name", page.category),
        "state": str(page.state),
        "withdrawn": _withdrawn(page.record),
        "known": {key: value for key, value in page.known.items() if key != "id"} or None,
        "templates": [_appearance(appearance) for appearance in page.appearances],
        "earlier": [
            {"id": old.release.id, "version": old.release.version, "title": old.threat.title} for old in page.earlier
        ],
        "history": [_row(row) for row in page.record.history],
    }


def _withdrawn(record: Record) -> Json | None:
    row = record.withdrawal
    return {"reason": row.reason, "note": row.note, "successor": record.successor} if row else None


def _row(row: Row) -> Json:
    return {
        "at": row.at,
        "state": str(row.state),
        "subject": row.subject or None,
        "pull_request": row.pull_request,
        "reason": row.reason or None,
        "superseded_by": row.superseded_by or None,
        "note": row.note or None,
    }


def _appearance(appearance: Appearance) -> Json:
    release, found = appearance.release, appearance.threat
    known = release.template.mitigation_by_key
    return {
        "template": release.id,
        "template_title": release.template.title,
        "version": release.version,
        "pattern": release.template.pattern,
        "key": found.key,
        "title": found.title,
        "category": found.category,
        "scenario": found.scenario,
        "stride": list(found.stride),
        "maps_to": list(found.maps_to),
        **_answer(appearance),
        "mitigations": [
            {"key": key, "title": known[key].title, "status": known[key].status}
            for key in found.mitigated_by
            if key in known
        ],
        "gaps": list(found.gaps),
        "href": f"../templates/{release.id}.json",
    }


def _answer(appearance: Appearance) -> Json:
    found = appearance.threat
    return {
        "risk": _rating(found.risk),
        "residual": _rating(found.residual),
        "status": found.status,
        "standing": risk.standing(appearance.release.template, found).value,
    }


def _rating(rating: Rating | None) -> Json | None:
    if rating is None:
        return None
    return {
        "likelihood": rating.likelihood,
        "impact": rating.impact,
        "score": risk.score(rating),
        "level": risk.level(rating),
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


def entries(catalogue: Catalogue, vocabularies: Vocabularies) -> Iterator[Entry]:
    """The newest version of each template, and each of its threats, also found by what the vocabularies call them."""
    for release in catalogue.latest:
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
    answers = [known[key].title for key in threat.mitigated_by if key in known]
    called = [vocabularies["known-threats"].entries.get(threat.id, {}).get("title", "")]
    called += [vocabularies[name].entries.get(id_, {}).get("name", "") for name in _NAMING for id_ in threat.maps_to]
    return Entry(
        template=release.id,
        version=release.version,
        sha256=release.sha256,
        threat=threat.key,
        threat_id=threat.id,
        title=threat.title,
        names=_words(threat.id, threat.key, *threat.maps_to, *(alias.id for alias in threat.known_as)),
        text=_paragraphs(threat.scenario, *answers, *threat.gaps, threat.detection, ", ".join(_once(called))),
        facets={
            "pattern": (template.pattern,),
            "status": (template.status,),
            "category": (threat.category,),
            "technique": _once(threat.maps_to),
            "tag": _once(template.tags),
        },
    )


_NAMING = ("atlas", "attack", "owasp-llm", "owasp-agentic", "cwe")


def _words(*words: str) -> str:
    return " ".join(word for word in words if word)


def _paragraphs(*texts: str) -> str:
    return "\n".join(" ".join(text.split()) for text in texts if text)


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _present(values: Json) -> Json:
    return {key: value for key, value in values.items() if value}
