"""Every word that entries use, and how many do: how a word goes on, and which one a slip of the keys meant."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, text

from registry.store.words import slips

EVERY_ENTRY = ""
"""Counted as if it stood in each entry."""

_MOST_WORDS = 8
_LAST = "\U0010ffff"

_USES = text("SELECT word, uses FROM search_word WHERE word IN :words").bindparams(bindparam("words", expanding=True))
_BEGINNING = text(
    "SELECT word FROM search_word WHERE word >= :first AND word < :last ORDER BY uses DESC, word LIMIT :most"
)
# One list of keys for each look-up: an OR over both tables would read them whole.
_NEAR = text(
    "SELECT word, uses FROM search_word WHERE word IN :parts "
    "UNION SELECT w.word, w.uses FROM search_near n JOIN search_word w ON w.word = n.word WHERE n.part IN :keys"
).bindparams(bindparam("parts", expanding=True), bindparam("keys", expanding=True))


def uses(connection: Connection, words: Iterable[str]) -> dict[str, int]:
    """How many entries use each of the words; words that nothing uses are left out."""
    return {row.word: row.uses for row in connection.execute(_USES, {"words": list(words)})}


def words_beginning(connection: Connection, start: str) -> tuple[str, ...]:
    """The words that begin so, the most used first."""
    values = {"first": start, "last": start + _LAST, "most": _MOST_WORDS}
    return tuple(connection.execute(_BEGINNING, values).scalars())


def words_near(connection: Connection, word: str) -> tuple[str, ...]:
    """Words one slip of the keys away: one letter too many, missing or wrong, or two in each other's place.

    Those with the same first letter come first, then the most used.
    """
    parts = slips(word)
    if not parts:
        return ()
    found = [(row.word, row.uses) for row in connection.execute(_NEAR, {"parts": parts, "keys": (word, *parts)})]
    found.sort(key=lambda pair: (pair[0][0] != word[0], abs(len(pair[0]) - len(word)) > 1, -pair[1], pair[0]))
    return tuple(near for near, _ in found if near != word)
