"""Search by the database's own engine: a bounded number of candidates, then rank, then a page behind a cursor."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, text

from registry.store.words import Excerpt, Term, excerpt, marks, terms

MOST_CANDIDATES = 2000
FACETS = ("pattern", "status", "category", "technique", "tag")
MOST_FACET_VALUES = 50


class BadCursorError(ValueError):
    """A cursor that this search never gave."""


@dataclass(frozen=True)
class Question:
    """What is asked. `facets` holds values by facet name, each of which has to hold; `after` is the cursor."""

    query: str = ""
    facets: Mapping[str, str] = field(default_factory=dict)
    after: str = ""
    limit: int = 20


@dataclass(frozen=True)
class Hit:
    """A template, or a threat in one (then `threat` is its key), with where the words stand."""

    template: str
    version: str
    threat: str
    threat_id: str
    title: Excerpt
    text: Excerpt
    score: float


@dataclass(frozen=True)
class Answer:
    """A page of hits, best first; `after` leads to the next page, empty on the last.

    `found` counts what matches, at most `MOST_CANDIDATES` for each way of matching; `facets` counts values among them.
    `relaxed` says that nothing held all the words, so that some of them were enough.
    """

    hits: tuple[Hit, ...]
    found: int
    after: str
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    relaxed: bool


@dataclass(frozen=True, order=True)
class _Candidate:
    """Sorts best first; equal ranks by place, so that a cursor means the same after the next publication."""

    rank: float
    template: str
    threat: str
    id: int = field(compare=False)


def search(connection: Connection, question: Question) -> Answer:
    """The page of hits that the question asks for. BadCursorError for a cursor that makes no sense."""
    start = _start(question.after)
    wanted = terms(question.query)
    if question.query.strip() and not wanted:
        return Answer((), 0, "", {}, relaxed=False)
    candidates = _candidates(connection, wanted, question.facets, " & ")
    relaxed = not candidates and len(wanted) > 1
    if relaxed:
        candidates = _candidates(connection, wanted, question.facets, " | ")
    behind = [candidate for candidate in candidates if start is None or candidate > start]
    page = behind[: question.limit]
    return Answer(
        hits=_hits(connection, page, wanted),
        found=len(candidates),
        after=_cursor(page[-1]) if len(behind) > len(page) else "",
        facets=_counts(connection, [candidate.id for candidate in candidates]),
        relaxed=relaxed and bool(candidates),
    )


def _candidates(
    connection: Connection, wanted: Sequence[Term], facets: Mapping[str, str], joined: str
) -> list[_Candidate]:
    narrowed, values = _narrowed(facets)
    if not wanted:
        statement = _ALL.format(narrowed=narrowed)
    elif connection.dialect.name == "sqlite":
        statement = _SQLITE.format(narrowed=narrowed)
        values |= _match_of_sqlite(wanted, joined)
    else:
        query, phrases = _query_of_postgresql(wanted, joined)
        statement = _POSTGRESQL.format(narrowed=narrowed, query=query)
        values |= phrases
    rows = connection.execute(text(statement), {**values, "most": MOST_CANDIDATES})
    best: dict[int, _Candidate] = {}
    for row in rows:
        candidate = _Candidate(float(row.rank), row.template, row.threat, row.id)
        best[row.id] = min(candidate, best.get(row.id, candidate))
    return sorted(best.values())


_ALL = """
SELECT e.id, e.template, e.threat, 0.0 AS rank FROM search_entry e
WHERE e.threat = '' {narrowed} ORDER BY e.template LIMIT :most
"""

# Both ask twice: once for words in title and names, so that no common word in a text crowds them out of the candidates.
_SQLITE = """
SELECT e.id, e.template, e.threat, f.rank FROM (
  SELECT * FROM (SELECT rowid, bm25(search_index, 8.0, 6.0, 1.0) AS rank FROM search_index
                 WHERE search_index MATCH :in_title LIMIT :most)
  UNION ALL
  SELECT * FROM (SELECT rowid, bm25(search_index, 8.0, 6.0, 1.0) AS rank FROM search_index
                 WHERE search_index MATCH :anywhere LIMIT :most)
) f JOIN search_entry e ON e.id = f.rowid WHERE 1 = 1 {narrowed}
"""

_POSTGRESQL = """
SELECT f.id, f.template, f.threat, -ts_rank('{{0.1, 0.2, 0.8, 1.0}}', f.words, q.query)::float8 AS rank
FROM (SELECT {query} AS query) q, LATERAL (
  (SELECT e.* FROM search_entry e WHERE e.words @@ q.query AND ts_filter(e.words, '{{a,b}}') @@ q.query {narrowed}
   LIMIT :most)
  UNION
  (SELECT e.* FROM search_entry e WHERE e.words @@ q.query {narrowed} LIMIT :most)
) f
"""


_HAS = "AND EXISTS (SELECT 1 FROM search_facet s WHERE s.entry = e.id AND s.name = 'NAME' AND s.value = :is_NAME)"


def _narrowed(facets: Mapping[str, str]) -> tuple[str, dict[str, str | int]]:
    """A condition for each facet, and the values it names; facet names come from FACETS alone."""
    asked = [(name, facets[name]) for name in FACETS if facets.get(name)]
    conditions = " ".join(_HAS.replace("NAME", name) for name, _ in asked)
    return conditions, {f"is_{name}": value for name, value in asked}


def _match_of_sqlite(wanted: Sequence[Term], joined: str) -> dict[str, str | int]:
    """A term is a quoted phrase of letters and digits: nothing in it can be an operator."""
    phrases = [f'"{" ".join(term)}"' for term in wanted]
    anywhere = (" AND " if joined == " & " else " OR ").join(phrases)
    return {"anywhere": anywhere, "in_title": f"{{title names}} : ({anywhere})"}


def _query_of_postgresql(wanted: Sequence[Term], joined: str) -> tuple[str, dict[str, str | int]]:
    """Names are kept as they are, prose by its stems: a term may match either way."""
    operator = " && " if joined == " & " else " || "
    phrases = [
        f"(phraseto_tsquery('english', :term_{i}) || phraseto_tsquery('simple', :term_{i}))" for i in range(len(wanted))
    ]
    return operator.join(phrases), {f"term_{i}": " ".join(term) for i, term in enumerate(wanted)}


def _hits(connection: Connection, page: Sequence[_Candidate], wanted: tuple[Term, ...]) -> tuple[Hit, ...]:
    statement = text(
        "SELECT id, template, version, threat, threat_id, title, body FROM search_entry WHERE id IN :ids"
    ).bindparams(bindparam("ids", expanding=True))
    rows = {row.id: row for row in connection.execute(statement, {"ids": [candidate.id for candidate in page]})}
    found = ((candidate, rows[candidate.id]) for candidate in page if candidate.id in rows)
    return tuple(
        Hit(
            template=row.template,
            version=row.version,
            threat=row.threat,
            threat_id=row.threat_id,
            title=Excerpt(row.title, marks(row.title, wanted)),
            text=excerpt(row.body, wanted),
            score=-candidate.rank,
        )
        for candidate, row in found
    )


def _counts(connection: Connection, ids: Sequence[int]) -> dict[str, tuple[tuple[str, int], ...]]:
    statement = text(
        "SELECT name, value, count(*) AS times FROM search_facet WHERE entry IN :ids GROUP BY name, value"
    ).bindparams(bindparam("ids", expanding=True))
    counted: dict[str, list[tuple[str, int]]] = {name: [] for name in FACETS}
    for row in connection.execute(statement, {"ids": list(ids)}):
        counted[row.name].append((row.value, row.times))
    return {name: _most_frequent(values) for name, values in counted.items()}


def _most_frequent(values: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(values, key=lambda counted: (-counted[1], counted[0]))[:MOST_FACET_VALUES])


def _cursor(candidate: _Candidate) -> str:
    place = json.dumps([candidate.rank, candidate.template, candidate.threat])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _start(cursor: str) -> _Candidate | None:
    if not cursor:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        rank, template, threat = place
        if not isinstance(template, str) or not isinstance(threat, str):
            raise BadCursorError(cursor)
        return _Candidate(float(rank), template, threat, 0)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursorError("this is no cursor that a search gave") from error
