"""The word somebody surely meant: another spelling of exactly one that is allowed, or one slip of the keys away."""

import difflib
from collections.abc import Iterable
from itertools import takewhile

LONGEST = 100
"""Letters of a word that may be a slip of another: no name is longer, and the time to compare stays short."""

SHORTEST = 4
"""Letters of a word for which a slip can be told from another word: `low` and `now` are one slip apart."""


def surely_meant(word: str, allowed: Iterable[str]) -> str | None:
    """The one allowed word that `word` spells otherwise (`High`, `in_place`), or misses by one letter; else None."""
    if len(word) > LONGEST:
        return None
    options, plain = {option for option in allowed if len(option) <= LONGEST} - {word}, _plainly(word)
    spelt = {option for option in options if _plainly(option) == plain}
    found = spelt or {option for option in options if len(option) >= SHORTEST and _is_one_slip(word, option)}
    return found.pop() if len(found) == 1 else None


def alike(word: str, allowed: Iterable[str], most: int = 1) -> list[str]:
    """The allowed words that look like `word`, the nearest first, `most` at most."""
    return difflib.get_close_matches(word, allowed, most, cutoff=0.6) if len(word) <= LONGEST else []


def _plainly(word: str) -> str:
    return "".join(letter for letter in word.casefold() if letter not in "-_ ")


def _is_one_slip(word: str, meant: str) -> bool:
    """Whether one letter is too many, missing or wrong, or two neighbours have changed places."""
    if abs(len(word) - len(meant)) > 1:
        return False
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, meant, strict=False)))
    ours, theirs = word[same:], meant[same:]
    turned = ours[:2] == theirs[:2][::-1] and ours[2:] == theirs[2:]
    return turned or theirs == ours[1:] or theirs[1:] in (ours, ours[1:])
