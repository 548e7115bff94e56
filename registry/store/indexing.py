"""What search knows is brought up to date: only templates whose newest version changed cost anything."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, bindparam, insert, text

from registry.listings import Entry
from registry.store.lexicon import EVERY_ENTRY
from registry.store.rows import EntryRow, FacetRow, NearRow
from registry.store.words import slips, words_of

TEMPLATE = "zztemplate"
"""The token of an entry that is a template and not a threat."""

AT_ONCE = 500

Pair = tuple[str, str]
T = TypeVar("T")


def token_of(name: str, id_: int) -> str:
    """How a facet stands in the index: a word nobody types, that no stemmer alters."""
    return f"zz{name}{id_}"


def of_template(token: str) -> str:
    """The same for templates alone, of which lists are made: one word instead of two that are both common."""
    return f"{token}t"


def write_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Have exactly these entries in the index."""
    known = {row.template: row.sha256 for row in connection.execute(_INDEXED)}
    wanted = {entry.template: entry.sha256 for entry in entries}
    drop_entries(connection, [id_ for id_, sha256 in known.items() if wanted.get(id_) != sha256])
    add_entries(connection, [entry for entry in entries if known.get(entry.template) != entry.sha256])


_INDEXED = text("SELECT template, sha256 FROM search_entry WHERE threat = ''")


def drop_entries(connection: Connection, templates: Sequence[str]) -> None:
    """Take everything about these templates out of the index."""
    for some in _portions(templates):
        rows = connection.execute(_TEXTS, {"templates": list(some)})
        _count(connection, Counter(word for row in rows for word in _words(row.title, row.names, row.body)), -1)
        connection.execute(_DROP, {"templates": list(some)})


_TEXTS = text("SELECT title, names, body FROM search_entry WHERE template IN :templates").bindparams(
    bindparam("templates", expanding=True)
)
_DROP = text("DELETE FROM search_entry WHERE template IN :templates").bindparams(bindparam("templates", expanding=True))


def add_entries(connection: Connection, entries: Iterable[Entry]) -> None:
    """Put entries of templates that are not in the index into it."""
    for some in _portions(list(entries)):
        tokens = _numbered(connection, {pair for entry in some for pair in _pairs(entry)})
        connection.execute(insert(EntryRow), [_row(entry, tokens) for entry in some])
        _count(connection, Counter(word for e in some for word in _words(e.title, e.names, e.text)), 1)


def _row(entry: Entry, tokens: Mapping[Pair, str]) -> dict[str, str]:
    facets = [tokens[pair] for pair in _pairs(entry)]
    if not entry.threat:
        facets += [TEMPLATE, *map(of_template, facets)]
    return {
        "template": entry.template,
        "version": entry.version,
        "sha256": entry.sha256,
        "threat": entry.threat,
        "threat_id": entry.threat_id,
        "title": entry.title,
        "names": entry.names,
        "body": entry.text,
        "facets": " ".join(facets),
    }


def _pairs(entry: Entry) -> Iterator[Pair]:
    return ((name, value) for name, values in entry.facets.items() for value in values)


def _numbered(connection: Connection, pairs: set[Pair]) -> dict[Pair, str]:
    """The token of each value; values that were never seen get a number."""
    found = _tokens(connection, pairs)
    missing = sorted(pairs - found.keys())
    if missing:
        connection.execute(insert(FacetRow), [{"name": name, "value": value} for name, value in missing])
        found |= _tokens(connection, missing)
    return found


def _tokens(connection: Connection, pairs: Iterable[Pair]) -> dict[Pair, str]:
    values = sorted({value for _, value in pairs})
    return {
        (row.name, row.value): token_of(row.name, row.id)
        for some in _portions(values)
        for row in connection.execute(_FACETS, {"values": list(some)})
    }


_FACETS = text("SELECT id, name, value FROM search_facet WHERE value IN :values").bindparams(
    bindparam("values", expanding=True)
)


def _words(*texts: str) -> set[str]:
    return {EVERY_ENTRY, *words_of(" ".join(texts))}


def _count(connection: Connection, words: Counter[str], sign: int) -> None:
    """Words are used so many times more (or less: then those that nothing uses any more are gone)."""
    for some in _portions(sorted(words)):
        known = set(connection.execute(_KNOWN, {"words": list(some)}).scalars())
        _many(connection, _USED, [{"word": word, "times": sign * words[word]} for word in some if word in known])
        new = [word for word in some if word not in known]
        _many(connection, _NEW, [{"word": word, "times": words[word]} for word in new])
        near = [{"part": part, "word": word} for word in new for part in slips(word)]
        if near:
            connection.execute(insert(NearRow), near)
        _forget_unused(connection, some)


def _forget_unused(connection: Connection, words: Sequence[str]) -> None:
    unused = list(connection.execute(_UNUSED, {"words": list(words)}).scalars())
    _many(connection, _NOT_NEAR, [{"part": part, "word": word} for word in unused for part in slips(word)])
    _many(connection, _FORGET, [{"word": word} for word in unused])


_KNOWN = text("SELECT word FROM search_word WHERE word IN :words").bindparams(bindparam("words", expanding=True))
_NEW = "INSERT INTO search_word (word, uses) VALUES (:word, :times)"
_USED = "UPDATE search_word SET uses = uses + :times WHERE word = :word"
_UNUSED = text("SELECT word FROM search_word WHERE uses <= 0 AND word IN :words").bindparams(
    bindparam("words", expanding=True)
)
_FORGET = "DELETE FROM search_word WHERE word = :word"
_NOT_NEAR = "DELETE FROM search_near WHERE part = :part AND word = :word"


def _many(connection: Connection, statement: str, rows: Sequence[Mapping[str, str | int]]) -> None:
    if rows:
        connection.execute(text(statement), list(rows))


def _portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
