"""The back-test: which template and threat would have named an incident, and which mitigation breaks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.backtest import Named, Verdict
from registry.brief import Brief, Json, MitigationBrief
from registry.views.telling import Telling
from schema.facts import Vocabulary

KINDS = ("incident", "research")
"""What is tested: what happened or was shown. A vulnerability alone says nothing of a deployment."""

_UNTOLD = "Nobody has held this one against the templates yet."
_ELSEWHERE = "The template that names it is not on this shelf."


@dataclass(frozen=True)
class Hit:
    """A threat of a template that names the incident; `mitigation` breaks it as `sentence` says."""

    telling: Telling
    mitigation: MitigationBrief
    sentence: str


@dataclass(frozen=True)
class Judged:
    """An incident held against the templates. `miss` is empty when some template names it."""

    incident: Mapping[str, Any]
    hits: tuple[Hit, ...]
    miss: str


def judged(briefs: Sequence[Brief], verdicts: Sequence[Verdict], vocabulary: Vocabulary) -> tuple[Judged, ...]:
    """Every incident and every demonstration, newest first."""
    known = {verdict.incident: verdict for verdict in verdicts}
    by_id = {found.id: found for found in briefs}
    entries = [entry for entry in vocabulary.entries.values() if entry["kind"] in KINDS]
    ordered = sorted(entries, key=lambda entry: (str(entry["date_or_fix"]), str(entry["id"])), reverse=True)
    return tuple(_judged(entry, known.get(str(entry["id"])), by_id) for entry in ordered)


def incidents_document(found: Sequence[Judged]) -> Json:
    """`/v1/incidents.json`: the misses stay listed."""
    return {
        "tested": len(found),
        "named": sum(bool(test.hits) for test in found),
        "incidents": [_document(test) for test in found],
    }


def _document(test: Judged) -> Json:
    entry = test.incident
    return {
        "id": entry["id"],
        "kind": entry["kind"],
        "date": entry["date_or_fix"],
        "product": entry["product"],
        "summary": entry["summary"],
        "verification": entry["verification"],
        "source": entry["source"],
        "named": [
            {
                "template": hit.telling.template.id,
                "threat": hit.telling.threat.key,
                "threat_id": hit.telling.threat.id or None,
                "mitigation": hit.mitigation.key,
                "sentence": hit.sentence,
                "href": f"templates/{hit.telling.template.id}.json",
            }
            for hit in test.hits
        ],
        "miss": test.miss or None,
    }


def _judged(entry: Mapping[str, Any], verdict: Verdict | None, by_id: Mapping[str, Brief]) -> Judged:
    if verdict is None:
        return Judged(entry, (), _UNTOLD)
    hits = tuple(hit for named in verdict.named if (hit := _hit(named, by_id.get(named.template))))
    return Judged(entry, hits, "" if hits else verdict.miss or _ELSEWHERE)


def _hit(named: Named, found: Brief | None) -> Hit | None:
    """None where the shelf's own version of the template holds no such answer."""
    if found is None:
        return None
    threat = next((threat for threat in found.threats if threat.key == named.threat), None)
    mitigation = next((measure for measure in found.mitigations if measure.key == named.mitigation), None)
    if threat is None or mitigation is None or mitigation.key not in threat.mitigations:
        return None
    return Hit(Telling(found, threat), mitigation, named.sentence)
