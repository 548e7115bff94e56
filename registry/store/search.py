"""Search: a bounded number of candidates from the database's own index, then rank, then a page behind a cursor."""

import base64
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from sqlalchemy import Connection, bindparam, text

from registry.store.indexing import TEMPLATE, of_template, token_of
from registry.store.lexicon import EVERY_ENTRY, uses, words_beginning, words_near
from registry.store.matching import MOST_CANDIDATES, Candidate, Groups, candidates, tune
from registry.store.ranking import Clause, score, weighed, wish
from registry.store.words import Excerpt, Phrase, Term, excerpt, marks, terms

FACETS = ("pattern", "status", "category", "technique", "tag")
MOST_FACET_VALUES = 25
MOST_TELLING = 5
"""Words that count where not all of them can be had."""
HARDLY_ANY = 5
MOST_NEAR = 2
_SHORTEST_UNSTARRED = 3

Choice = tuple[Phrase, ...]
"""What a term may stand for; any of it will do."""

_TOKEN = re.compile(r"zz([a-z]+)([0-9]+)")


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

    `found` counts what matches, at most twice `MOST_CANDIDATES`; `facets` counts values among them.
    `corrected` has the words that nothing holds, with what was looked for in their place.
    `relaxed` says that nothing (or, of three words and more, hardly anything) held all, so that some were enough.
    """

    hits: tuple[Hit, ...]
    found: int
    after: str
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    relaxed: bool
    corrected: Mapping[str, str] = field(default_factory=dict)


NOTHING = Answer((), 0, "", dict.fromkeys(FACETS, ()), relaxed=False)


@dataclass(frozen=True, order=True)
class _Place:
    """Sorts best first; equal ranks by place, so that a cursor means the same after the next publication."""

    rank: float
    template: str
    threat: str
    id: int = field(compare=False)


@dataclass(frozen=True)
class _Found:
    candidates: Sequence[Candidate]
    clauses: Sequence[Clause]
    corrected: Mapping[str, str] = field(default_factory=dict)
    relaxed: bool = False


def search(connection: Connection, question: Question) -> Answer:
    """The page of hits that the question asks for. BadCursorError for a cursor that makes no sense."""
    start = _start(question.after)
    wanted = terms(question.query)
    tokens = _tokens(connection, question.facets)
    if tokens is None or (question.query.strip() and not wanted):
        return NOTHING
    tune(connection)
    clauses = _clauses(connection, [_choice(connection, term) for term in wanted])
    found = _found(connection, clauses, tokens)
    places = _ranked(found)
    behind = [place for place in places if start is None or place > start]
    page = behind[: question.limit]
    return Answer(
        hits=_hits(connection, page, [phrase for clause in found.clauses for phrase in clause.phrases]),
        found=len(places),
        after=_cursor(page[-1]) if len(behind) > len(page) else "",
        facets=_counts(connection, found.candidates),
        relaxed=found.relaxed,
        corrected=found.corrected,
    )


def _tokens(connection: Connection, facets: Mapping[str, str]) -> tuple[str, ...] | None:
    """The words that stand for these facets in the index; None when nothing has one of them."""
    asked = [(name, facets[name]) for name in FACETS if facets.get(name)]
    numbers = [(name, connection.execute(_NUMBER, {"name": name, "value": value}).scalar()) for name, value in asked]
    if any(number is None for _, number in numbers):
        return None
    return tuple(token_of(name, number) for name, number in numbers if number is not None)


_NUMBER = text("SELECT id FROM search_facet WHERE name = :name AND value = :value")


def _clauses(connection: Connection, choices: Sequence[Choice]) -> tuple[Clause, ...]:
    """What is looked for, and how much each of it tells."""
    words = {EVERY_ENTRY, *(word for choice in choices for phrase in choice for word in phrase)}
    used = uses(connection, words) if choices else {}
    entries = used.get(EVERY_ENTRY, 0)
    return tuple(weighed(choice, used, entries) for choice in choices)


def _choice(connection: Connection, term: Term) -> Choice:
    beginning = words_beginning(connection, term.words[0]) if term.begins else ()
    return tuple((word,) for word in beginning) or (term.words,)


def _found(connection: Connection, clauses: tuple[Clause, ...], tokens: tuple[str, ...]) -> _Found:
    """What holds every word; else with slips of the keys mended; else what holds some of them."""
    if not clauses:
        return _Found(candidates(connection, (), [of_template(token) for token in tokens] or [TEMPLATE]), ())
    found = candidates(connection, [clauses], tokens)
    if len(found) >= (HARDLY_ANY if len(clauses) > 2 else 1):
        return _Found(found, clauses)
    if found:
        more = _once([*found, *_some(connection, clauses, tokens)])
        return _Found(more, clauses, relaxed=len(more) > len(found))
    read, corrected = _mended(connection, clauses)
    found = candidates(connection, [read], tokens) if corrected else []
    if found or len(read) == 1:
        return _Found(found, read, corrected)
    some = _some(connection, read, tokens)
    return _Found(some, read, corrected, relaxed=bool(some))


def _mended(connection: Connection, clauses: Sequence[Clause]) -> tuple[tuple[Clause, ...], dict[str, str]]:
    """A word that nothing holds is the beginning of one, or a slip of the keys; what it was read as."""
    choices = [_read(connection, clause) for clause in clauses]
    pairs = [(clause.phrases, choice) for clause, choice in zip(clauses, choices, strict=True)]
    return _clauses(connection, choices), {old[0][0]: new[0][0] for old, new in pairs if old != new}


def _read(connection: Connection, clause: Clause) -> Choice:
    if len(clause.phrases) > 1 or len(clause.phrases[0]) > 1 or candidates(connection, [[clause]], (), most=1):
        return clause.phrases
    (word,) = clause.phrases[0]
    longer = words_beginning(connection, word) if len(word) >= _SHORTEST_UNSTARRED else ()
    likely = longer or words_near(connection, word)[:MOST_NEAR]
    return tuple((other,) for other in likely) or clause.phrases


def _some(connection: Connection, clauses: Sequence[Clause], tokens: tuple[str, ...]) -> list[Candidate]:
    """What holds two of the words that tell most, and what holds one."""
    best = sorted(clauses, key=lambda clause: -clause.weight)[:MOST_TELLING]
    pairs: Groups = list(combinations(best, 2)) if len(clauses) > 2 else []
    found = [] if not pairs else candidates(connection, pairs, tokens, MOST_CANDIDATES // 2)
    found += candidates(connection, [[clause] for clause in best], tokens, MOST_CANDIDATES // 2)
    return _once(found)


def _once(found: Sequence[Candidate]) -> list[Candidate]:
    return list({candidate.id: candidate for candidate in found}.values())


def _ranked(found: _Found) -> list[_Place]:
    wanted = wish(found.clauses)
    return sorted(
        _Place(-round(score(candidate.text, wanted), 6), candidate.template, candidate.threat, candidate.id)
        for candidate in found.candidates
    )


def _hits(connection: Connection, page: Sequence[_Place], wanted: Sequence[Phrase]) -> tuple[Hit, ...]:
    rows = {row.id: row for row in connection.execute(_PAGE, {"ids": [place.id for place in page]})}
    found = ((place, rows[place.id]) for place in page if place.id in rows)
    return tuple(
        Hit(
            template=row.template,
            version=row.version,
            threat=row.threat,
            threat_id=row.threat_id,
            title=Excerpt(row.title, marks(row.title, wanted)),
            text=excerpt(row.body, wanted),
            score=-place.rank,
        )
        for place, row in found
    )


_PAGE = text(
    "SELECT id, template, version, threat, threat_id, title, body FROM search_entry WHERE id IN :ids"
).bindparams(bindparam("ids", expanding=True))


def _counts(connection: Connection, found: Sequence[Candidate]) -> dict[str, tuple[tuple[str, int], ...]]:
    """The most frequent values of each facet, of which only so many are looked up."""
    times = Counter(token for candidate in found for token in candidate.facets)
    most: dict[str, list[tuple[int, int]]] = {name: [] for name in FACETS}
    for token, count in times.most_common():
        named = _TOKEN.fullmatch(token)
        if named and named[1] in most and len(most[named[1]]) < MOST_FACET_VALUES:
            most[named[1]].append((int(named[2]), count))
    ids = [id_ for values in most.values() for id_, _ in values]
    values: dict[int, str] = {row.id: row.value for row in connection.execute(_VALUES, {"ids": ids})}
    counted = {name: [(values[id_], count) for id_, count in pairs if id_ in values] for name, pairs in most.items()}
    return {name: tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))) for name, pairs in counted.items()}


_VALUES = text("SELECT id, value FROM search_facet WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))


def _cursor(place: _Place) -> str:
    written = json.dumps([place.rank, place.template, place.threat])
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def _start(cursor: str) -> _Place | None:
    if not cursor:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        rank, template, threat = place
        if not isinstance(template, str) or not isinstance(threat, str):
            raise BadCursorError(cursor)
        return _Place(float(rank), template, threat, 0)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursorError("this is no cursor that a search gave") from error
