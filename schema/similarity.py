"""Which of many short documents a text is like: two plain measures of words and letters, fused by rank.

TF-IDF over words, pairs of words and groups of letters, and BM25 over words; reciprocal rank fusion of both. No model,
no dependency, and the same answer on every machine.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

MOST_CHARACTERS = 10_000
"""As much of a text as is looked at."""
_WORD = re.compile(r"[^\W_]+")
_RANK = 60  # the usual constant of reciprocal rank fusion: the first places count more, but not alone
_SATURATION, _LENGTH = 1.2, 0.75  # the usual constants of BM25

Terms = Mapping[str, float]


@dataclass(frozen=True)
class Document:
    """Something a text may be like: its key, and every piece of text that tells what it is."""

    key: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """A document and how like it is: `score` orders, `likeness` (a cosine, 0 to 1) compares across texts."""

    key: str
    score: float
    likeness: float


@dataclass(frozen=True)
class Index:
    """Documents made ready for comparing."""

    keys: tuple[str, ...]
    by_words: tuple[Terms, ...]
    by_letters: tuple[Terms, ...]
    by_chance: tuple[Terms, ...]
    rarity_of_words: Terms
    rarity_of_letters: Terms


def index(documents: Iterable[Document]) -> Index:
    """Weights of every term in every document."""
    every = tuple(documents)
    words = [_summed(_words_and_pairs, document.pieces) for document in every]
    letters = [_summed(_letters, document.pieces) for document in every]
    rare_words, rare_letters = _rarity(words), _rarity(letters)
    return Index(
        tuple(document.key for document in every),
        tuple(_unit(counts, rare_words) for counts in words),
        tuple(_unit(counts, rare_letters) for counts in letters),
        _chances([_summed(_words, document.pieces) for document in every]),
        rare_words,
        rare_letters,
    )


def ranked(known: Index, text: str, among: Collection[str] | None = None) -> tuple[Match, ...]:
    """Documents that share anything with the text, most like first; `among` limits them to some keys."""
    part = text[:MOST_CHARACTERS]
    words, letters = (
        _unit(_words_and_pairs(part), known.rarity_of_words),
        _unit(_letters(part), known.rarity_of_letters),
    )
    likeness = [(_dot(words, a) + _dot(letters, b)) / 2 for a, b in zip(known.by_words, known.by_letters, strict=True)]
    asked = dict.fromkeys(_words(part), 1.0)
    chance = [_dot(asked, weights) for weights in known.by_chance]
    eligible = [i for i, key in enumerate(known.keys) if likeness[i] > 0 and (among is None or key in among)]
    first, second = _places(likeness, eligible), _places(chance, eligible)
    found = [Match(known.keys[i], 1 / (_RANK + first[i]) + 1 / (_RANK + second[i]), likeness[i]) for i in eligible]
    return tuple(sorted(found, key=lambda match: (-match.score, -match.likeness, match.key)))


def _places(scores: Sequence[float], eligible: Iterable[int]) -> dict[int, int]:
    order = sorted(eligible, key=lambda i: (-scores[i], i))
    return {i: place for place, i in enumerate(order, 1)}


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def _words_and_pairs(text: str) -> Counter[str]:
    words = _WORD.findall(text.casefold())
    return Counter(words) + Counter(f"{a} {b}" for a, b in pairwise(words))


def _letters(text: str) -> Counter[str]:
    """Groups of three to five letters inside words, so that `injected` meets `injection`."""
    padded = (f" {word} " for word in _WORD.findall(text.casefold()))
    return Counter(word[i : i + n] for word in padded for n in (3, 4, 5) for i in range(len(word) - n + 1))


_Count = Callable[[str], Counter[str]]
_KEPT: Mapping[_Count, _Count] = {count: cache(count) for count in (_words, _words_and_pairs, _letters)}
"""Counts of documents are kept, since the same come back in many an index; those of a text that is asked about are not:
strangers ask, and for as long as a process lives."""


def _summed(count: _Count, pieces: Iterable[str]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for piece in pieces:
        whole.update(_KEPT[count](piece))
    return whole


def _rarity(documents: Sequence[Counter[str]]) -> Terms:
    held = Counter(term for counts in documents for term in counts)
    return {term: math.log((1 + len(documents)) / (1 + number)) + 1 for term, number in held.items()}


def _unit(counts: Mapping[str, int], rarity: Terms) -> Terms:
    """TF-IDF weights of length one; terms that no document holds count for nothing."""
    weights = {term: (1 + math.log(n)) * rarity[term] for term, n in counts.items() if term in rarity}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {term: weight / length for term, weight in weights.items()} if length else {}


def _chances(documents: Sequence[Counter[str]]) -> tuple[Terms, ...]:
    """BM25: what each word of a document adds when it is asked for."""
    held = Counter(term for counts in documents for term in counts)
    mean = sum(counts.total() for counts in documents) / max(1, len(documents)) or 1.0
    rare = {term: math.log(1 + (len(documents) - n + 0.5) / (n + 0.5)) for term, n in held.items()}
    return tuple(_chance(counts, rare, mean) for counts in documents)


def _chance(counts: Counter[str], rare: Terms, mean: float) -> Terms:
    damping = _SATURATION * (1 - _LENGTH + _LENGTH * counts.total() / mean)
    return {term: rare[term] * n * (_SATURATION + 1) / (n + damping) for term, n in counts.items()}


def _dot(one: Terms, other: Terms) -> float:
    short, long = (one, other) if len(one) < len(other) else (other, one)
    return sum(weight * long[term] for term, weight in short.items() if term in long)
