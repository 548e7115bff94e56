"""What somebody types becomes words to look for; where they stand in a text becomes marks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

MOST_TERMS = 12
LONGEST_WORD = 64
SHORTEST_BEGINNING = 2
"""Letters before a star: fewer begin too many words to mean one."""
EXCERPT = 240
"""Characters of a text that are shown around the first mark."""

_WORD = re.compile(r"[^\W_]+")
_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')
_SLIPPABLE = re.compile(r"[^\W\d_]{4,24}")
_COMMON = frozenset(
    (
        *("a", "about", "an", "and", "are", "as", "at", "be", "by", "can", "could", "do", "does", "for", "from", "has"),
        *("have", "how", "i", "if", "in", "into", "is", "it", "its", "my", "no", "not", "of", "on", "or", "our", "so"),
        *("that", "the", "their", "them", "then", "there", "they", "this", "to", "was", "we", "what", "when", "where"),
        *("which", "who", "why", "will", "with", "you", "your"),
    )
)
_ENDINGS = ("isations", "izations", "isation", "ization", "ations", "ation", "ings", "ing", "ions", "ion", "edly")
_SHORT_ENDINGS = ("ers", "er", "ies", "ied", "ed", "es", "s", "y", "e")

Phrase = tuple[str, ...]
"""Words that have to stand one behind the other: `T-EXEC-003` is three."""


@dataclass(frozen=True)
class Term:
    """What is looked for; `begins` when every word that begins so is meant (`inject*`)."""

    words: Phrase
    begins: bool = False


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a text and where the words stand in it: pairs of first and last-plus-one character, from 0."""

    text: str
    marks: tuple[tuple[int, int], ...]


def terms(query: str) -> tuple[Term, ...]:
    """The terms of a query, words in lower case; common words are left out unless there is nothing else.

    Whatever is no letter or digit only parts words, so a term is safe inside any query language.
    """
    found = (_term(quoted, bare) for quoted, bare in _TERM.findall(query[: MOST_TERMS * LONGEST_WORD]))
    every = tuple(dict.fromkeys(term for term in found if term.words))
    telling = tuple(term for term in every if not (len(term.words) == 1 and term.words[0] in _COMMON))
    return (telling or every)[:MOST_TERMS]


def words_of(text: str) -> list[str]:
    """Every word of a text, in lower case."""
    return _WORD.findall(text.lower())


def slips(word: str) -> tuple[str, ...]:
    """The word with each of its letters left out in turn: words one slip of the keys apart share one of these.

    Empty for what is too short, too long or no plain word, where a slip cannot be told from another word.
    """
    if not _SLIPPABLE.fullmatch(word):
        return ()
    return tuple(dict.fromkeys(word[:i] + word[i + 1 :] for i in range(len(word))))


def marks(text: str, wanted: Iterable[Phrase]) -> tuple[tuple[int, int], ...]:
    """Where a word of a phrase stands in the text, in order; `injections` is found by `injection`."""
    stems = {stem(word) for phrase in wanted for word in phrase if len(word) > 1 or len(phrase) == 1}
    return tuple(match.span() for match in _WORD.finditer(text) if stem(match.group().lower()) in stems)


def excerpt(text: str, wanted: Iterable[Phrase]) -> Excerpt:
    """The part of the text that begins shortly before the first mark, cut at blanks, with its marks."""
    found = marks(text, wanted)
    start = _cut_before(text, max(0, found[0][0] - EXCERPT // 4)) if found else 0
    end = start + EXCERPT if start + EXCERPT < len(text) else len(text)
    if end < len(text):
        end = text.rfind(" ", start, end) if " " in text[start:end] else end
    inside = tuple((a - start, b - start) for a, b in found if start <= a and b <= end)
    return Excerpt(text[start:end], inside)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What a word has in common with its plural and its other forms, near enough for a mark."""
    for ending in (*_ENDINGS, *_SHORT_ENDINGS):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _term(quoted: str, bare: str) -> Term:
    words = tuple(word[:LONGEST_WORD] for word in words_of(quoted or bare))[:MOST_TERMS]
    begins = bare.endswith("*") and len(words) == 1 and len(words[0]) >= SHORTEST_BEGINNING
    return Term(words, begins)


def _cut_before(text: str, position: int) -> int:
    """The beginning of the word at the position."""
    return text.rfind(" ", 0, position) + 1
