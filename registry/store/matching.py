"""Which entries hold the words: a bounded number, from the database's own index; of common words the first ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from registry.store.ranking import Clause, Text
from registry.store.words import Phrase

MOST_CANDIDATES = 200
"""Entries that are looked at for one question, from titles and names and again from everything."""

Groups = Sequence[Sequence[Clause]]
"""An entry is found when every clause of one of the groups holds; without a group, when it has the facets."""


@dataclass(frozen=True)
class Candidate:
    """An entry that holds the words. `facets` are tokens."""

    id: int
    template: str
    threat: str
    text: Text
    facets: tuple[str, ...]


def tune(connection: Connection) -> None:
    """Before a search in PostgreSQL: estimates for words nobody knows mislead the planner; it has to use the index."""
    if connection.dialect.name == "postgresql":
        connection.execute(_TUNED)


_TUNED = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('jit', 'off', true)"
)


def candidates(
    connection: Connection, groups: Groups, tokens: Sequence[str], most: int = MOST_CANDIDATES
) -> list[Candidate]:
    """At most twice `most` entries: those with the words in title and names, then, while there is room, the others.

    So no common word in a text crowds out a title.
    """
    matching = _in_sqlite if connection.dialect.name == "sqlite" else _in_postgresql
    found = matching(connection, _Asked("titles", groups, tokens, most))
    if len(found) < most and groups:
        everywhere = matching(connection, _Asked("everything", groups, tokens, most))
        return list({candidate.id: candidate for candidate in (*found, *everywhere)}.values())
    return found


@dataclass(frozen=True)
class _Asked:
    where: str
    groups: Groups
    tokens: Sequence[str]
    most: int


_COLUMNS = "e.id, e.template, e.threat, e.title, e.names, e.body, e.facets"
_SQLITE = """
SELECT {columns} FROM (SELECT rowid FROM {index} WHERE {index} MATCH :match LIMIT :most) f
JOIN search_entry e ON e.id = f.rowid
"""
_POSTGRESQL = "SELECT {columns} FROM search_entry e WHERE {sample} e.{column} @@ ({query}) LIMIT :most"
_SAMPLED = 64
_SAMPLE = f"e.id % {_SAMPLED} = 0 AND"
"""A small index of every 64th entry: a word that is everywhere need not be read everywhere (GIN has no first rows)."""


def _in_sqlite(connection: Connection, asked: _Asked) -> list[Candidate]:
    """FTS5 walks along and stops where there are enough; nothing of a quoted phrase can be an operator."""
    index = "search_titles" if asked.where == "titles" else "search_index"
    groups = [" AND ".join(map(_either_in_sqlite, group)) for group in asked.groups]
    conditions = [f"({' OR '.join(f'({group})' for group in groups)})"] if groups else []
    match = " AND ".join([*conditions, *(f'"{token}"' for token in asked.tokens)])
    statement = _SQLITE.format(columns=_COLUMNS, index=index)
    return _read(connection, statement, {"match": match, "most": asked.most})


def _either_in_sqlite(clause: Clause) -> str:
    quoted = " OR ".join(f'"{" ".join(phrase)}"' for phrase in clause.phrases)
    return f"({quoted})"


def _in_postgresql(connection: Connection, asked: _Asked) -> list[Candidate]:
    column = "title_words" if asked.where == "titles" else "words"
    phrases = list(dict.fromkeys(phrase for group in asked.groups for clause in group for phrase in clause.phrases))
    query = _query_of_postgresql(asked, {phrase: f"term_{i}" for i, phrase in enumerate(phrases)})
    values: dict[str, str | int] = {f"term_{i}": " ".join(phrase) for i, phrase in enumerate(phrases)}
    values |= {"most": asked.most, "tokens": " & ".join(asked.tokens)}
    for sample in (_SAMPLE, "") if _is_common(asked) else ("",):
        statement = _POSTGRESQL.format(columns=_COLUMNS, column=column, sample=sample, query=query)
        found = _read(connection, statement, values)
        if len(found) == asked.most:
            break
    return found


def _is_common(asked: _Asked) -> bool:
    """Whether the sample may well hold as many as are wanted."""
    return all(clause.uses >= asked.most * _SAMPLED for group in asked.groups for clause in group)


def _query_of_postgresql(asked: _Asked, names: Mapping[Phrase, str]) -> str:
    groups = [" && ".join(_either_in_postgresql(clause, names) for clause in group) for group in asked.groups]
    conditions = [f"({' || '.join(f'({group})' for group in groups)})"] if groups else []
    return " && ".join([*conditions, *(["to_tsquery('simple', :tokens)"] if asked.tokens else [])])


def _either_in_postgresql(clause: Clause, names: Mapping[Phrase, str]) -> str:
    phrases = (f"phraseto_tsquery('english', :{names[phrase]})" for phrase in clause.phrases)
    return f"({' || '.join(phrases)})"


def _read(connection: Connection, statement: str, values: Mapping[str, str | int]) -> list[Candidate]:
    return [
        Candidate(id_, template, threat, Text(title, names, body), tuple(facets.split()))
        for id_, template, threat, title, names, body, facets in connection.execute(text(statement), values).all()
    ]
