"""Which of the entries that were found are wanted most: pure, and the same for every database."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry.store.words import Phrase, stem

_IN_TITLE, _IN_NAMES, _IN_TEXT = 8.0, 5.0, 2.0
_WHOLE_TITLE = 4.0
_TOGETHER_IN_TITLE, _TOGETHER_IN_TEXT = 8.0, 4.0
_ENOUGH = 3
_MARKS = str.maketrans(dict.fromkeys("-_./:@,;()'\"`", " "))


@dataclass(frozen=True)
class Text:
    """What an entry says: its title, its ids and other names, its prose."""

    title: str
    names: str
    body: str


@dataclass(frozen=True)
class Clause:
    """One thing that is looked for: any of its phrases will do.

    `uses` is how many entries may hold it, as far as single words tell; `weight` is higher the fewer they are.
    """

    phrases: tuple[Phrase, ...]
    uses: int
    weight: float


@dataclass(frozen=True)
class Wish:
    """What texts are measured by: for each clause the beginnings of what has to stand there, and its weight."""

    clauses: tuple[tuple[tuple[str, ...], float], ...]
    together: str


def weighed(phrases: tuple[Phrase, ...], uses: Mapping[str, int], entries: int) -> Clause:
    """A phrase is as rare as its rarest word, a choice as common as its commonest phrase."""
    times = max(min(uses.get(word, 0) for word in phrase) for phrase in phrases)
    return Clause(phrases, times, math.log(1 + (entries + 1) / (1 + times)))


def wish(clauses: Sequence[Clause]) -> Wish:
    """The clauses, made ready to measure many texts."""
    words = [word for one in clauses for word in one.phrases[0]]
    wanted = tuple((tuple(map(_beginning, one.phrases)), one.weight) for one in clauses)
    return Wish(wanted, f" {' '.join(words)} " if len(words) > 1 else "")


def score(text: Text, wanted: Wish) -> float:
    """Higher is better; 0 for what holds nothing. A word tells most in the title, then among names, then in prose.

    What holds only some of the words is worth less than its share of them.
    """
    title, names, body = _plainly(text.title), _plainly(text.names), text.body.lower()
    total, held, in_title = 0.0, 0, 0
    for beginnings, telling in wanted.clauses:
        here = any(beginning in title for beginning in beginnings)
        value = _IN_TITLE * here + _IN_NAMES * any(b in names for b in beginnings) + _IN_TEXT * _often(body, beginnings)
        total += telling * value
        held += value > 0
        in_title += here
    total += _WHOLE_TITLE * in_title / max(1, title.count(" ") - 1)
    share = held / max(1, len(wanted.clauses))
    return total * share * share + _together(title, body, wanted.together)


def _together(title: str, body: str, words: str) -> float:
    """All the words as they were typed, one behind the other."""
    if not words:
        return 0.0
    return _TOGETHER_IN_TITLE * (words in title) + _TOGETHER_IN_TEXT * (words.strip() in body)


def _often(body: str, beginnings: tuple[str, ...]) -> float:
    times = sum(body.count(beginning.strip()) for beginning in beginnings)
    return min(times, _ENOUGH) / _ENOUGH


def _beginning(phrase: Phrase) -> str:
    """A word by its stem; an id and other phrases as they are."""
    return f" {stem(phrase[0])}" if len(phrase) == 1 and phrase[0].isalpha() else f" {' '.join(phrase)} "


def _plainly(text: str) -> str:
    return f" {text.lower().translate(_MARKS)} "
