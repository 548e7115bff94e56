"""Threat ids: the list of all that were ever given, and for each how every template answers it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from registry.brief import Brief, Earlier, Json, Rated
from registry.catalog import Known, LedgerFile, Record, category_of, threat_order, title_of
from registry.views.telling import Telling, tellings
from schema.ids import Row, State


@dataclass(frozen=True)
class Given:
    """A threat id that was ever given, who tells it now, and in whose earlier versions it stood."""

    id: str
    title: str
    known: Mapping[str, Any]
    record: Record
    told: tuple[Telling, ...]
    earlier: tuple[tuple[Brief, Earlier], ...]

    @property
    def category(self) -> str:
        """The letters of the category in which the id was born."""
        return category_of(self.id)

    @property
    def state(self) -> State:
        """RESERVED, PUBLISHED, REJECTED or WITHDRAWN."""
        return self.record.state


def given(briefs: Sequence[Brief], known: Known, ledger: LedgerFile | None) -> Iterator[Given]:
    """Every id ever given, by its letters and then its number: of the ledger, the vocabulary and all templates."""
    told = _by_id((telling.threat.id, telling) for telling in tellings(briefs) if telling.threat.id)
    earlier = _by_id((threat.id, (brief, threat)) for brief in briefs for threat in brief.earlier)
    for id_ in sorted({*known, *told, *earlier, *(ledger.ledger.ids if ledger else ())}, key=threat_order):
        record = ledger.record(id_) if ledger else Record()
        titles = [telling.threat.title for telling in told.get(id_, ())]
        titles += [threat.title for _, threat in earlier.get(id_, ())]
        title = title_of(known.get(id_, {}), record, titles)
        yield Given(id_, title, known.get(id_, {}), record, tuple(told.get(id_, ())), tuple(earlier.get(id_, ())))


def threats_document(found: Iterable[Given], ledger: LedgerFile | None) -> Json:
    """`/v1/threats.json`: every id ever given, in the order of its letters and number; the ledger they come from.

    The digest and the commit are a memory of the ledger outside of its own branch: a rewritten one shows.
    """
    return {
        "ledger": _ledger(ledger) if ledger else None,
        "threats": [
            {
                "id": threat.id,
                "title": threat.title,
                "category": threat.category,
                "state": str(threat.state),
                "templates": [telling.template.id for telling in threat.told],
                "recurrence": len(threat.told),
                "href": f"threats/{threat.id}.json",
            }
            for threat in found
        ],
    }


def threat_document(found: Given, categories: Mapping[str, Mapping[str, Any]]) -> Json:
    """`/v1/threats/<id>.json`: what the id means, where it stands, how each template answers it, what became of it."""
    return {
        "id": found.id,
        "title": found.title,
        "category": found.category,
        "category_name": categories.get(found.category, {}).get("name", found.category),
        "state": str(found.state),
        "withdrawn": _withdrawn(found.record),
        "known": {key: value for key, value in found.known.items() if key != "id"} or None,
        "templates": [_told(telling) for telling in found.told],
        "earlier": [{"id": brief.id, "version": old.version, "title": old.title} for brief, old in found.earlier],
        "history": [_row(row) for row in found.record.history],
    }


T = TypeVar("T")


def _by_id(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for id_, told in pairs:
        found.setdefault(id_, []).append(told)
    return found


def _ledger(ledger: LedgerFile) -> Json:
    return {
        "commit": ledger.commit or None,
        "rows": len(ledger.ledger.rows),
        "sha256": ledger.sha256,
        "href": "ledger.csv",
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


def _told(telling: Telling) -> Json:
    template, threat = telling.template, telling.threat
    measures = {measure.key: measure for measure in template.mitigations}
    return {
        "template": template.id,
        "template_title": template.title,
        "version": template.version,
        "pattern": template.pattern,
        "key": threat.key,
        "title": threat.title,
        "category": threat.category,
        "scenario": threat.scenario,
        "stride": list(threat.stride),
        "maps_to": list(threat.maps_to),
        "risk": _rating(threat.risk),
        "residual": _rating(threat.residual),
        "status": threat.status,
        "standing": threat.standing,
        "mitigations": [
            {"key": key, "title": measures[key].title, "status": measures[key].status} for key in threat.mitigations
        ],
        "gaps": list(threat.gaps),
        "href": f"../templates/{template.id}.json",
    }


def _rating(rating: Rated | None) -> Json | None:
    return asdict(rating) if rating else None
