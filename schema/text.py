"""Stretches of a text: where they lie, how they are shown, and how they are replaced."""

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from schema.finding import Edit, Path, Place


class Span(NamedTuple):
    """The characters from `start` up to `end`, counted from 0 in the decoded text."""

    start: int
    end: int


@dataclass(frozen=True)
class Fault:
    rule: str
    span: Span
    message: str
    path: Path = ()
    edit: Edit | None = None


def line_at(text: str, line: int) -> str:
    """Line number `line` of the text, counted from 1, without its line break; empty where there is no such line."""
    starts = _line_starts(text)
    if not 1 <= line <= len(starts):
        return ""
    return text[starts[line - 1] : line_end(text, starts[line - 1])]


def place_between(text: str, start: int, end: int) -> Place:
    """The lines and columns of the characters from `start` up to `end`."""
    starts = _line_starts(text)
    line, end_line = bisect_right(starts, start), bisect_right(starts, end)
    return Place(line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)


def stretch_of(text: str, words: str, within: Span) -> Span | None:
    """Where the words stand inside `within`, however the lines are broken; None where they are written otherwise."""
    form = re.compile(r"\s+".join(map(re.escape, words.split())))
    match = form.search(text, within.start, within.end)
    return Span(*match.span()) if match else None


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with every edit made; insertions at one place keep their order.

    Raises ValueError when two edits overlap or one leaves the text.
    """
    parts, reached = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not reached <= edit.start <= edit.end <= len(text):
            raise ValueError(f"the edit of characters {edit.start} to {edit.end} overlaps another or leaves the text")
        parts += [text[reached : edit.start], edit.text]
        reached = edit.end
    return "".join([*parts, text[reached:]])


def scalar(value: str) -> str:
    """The text as a YAML scalar on one line, plain or in double quotes.

    Plain where every reader of YAML 1.1 and 1.2 takes it for this text, in a block and inside { } or [ ].
    Raises ValueError for a lone surrogate, which YAML cannot hold.
    """
    plain = _PLAIN.fullmatch(value) and not _NUMBER_LIKE.fullmatch(value) and value.casefold() not in _OTHER_TYPES
    return value if plain and not any(unseen(value)) else quoted(value)


def unseen(text: str) -> Iterator[re.Match[str]]:
    """The runs of characters nobody sees, except the one selector that makes a symbol an emoji."""
    if not _MAYBE_UNSEEN.search("".join(set(text))):  # most texts hold a hundred different characters, all seen
        return
    for match in _UNSEEN.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if match.group() not in ("\ufe0e", "\ufe0f") or not before or not unicodedata.category(before).startswith("S"):
            yield match


def quoted(value: str) -> str:
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise ValueError("a lone surrogate cannot be written in YAML")
    text = json.dumps(value, ensure_ascii=False)
    edits = [Edit(*match.span(), _escaped(match.group())) for match in unseen(text)]
    return apply(text, edits)


def shown(text: str) -> str:
    """A contributor's text as it may stand between backticks in a message: one line, short, nothing unseen."""
    line = " ".join(text[:200].split()).replace("`", "'")
    seen = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)
    return seen if len(seen) <= 60 else seen[:59] + "\N{HORIZONTAL ELLIPSIS}"


def line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Where the line that holds `at` ends, before its line break."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if end > at and text[end - 1] == "\r" else end


def _escaped(run: str) -> str:
    return "".join(f"\\U{ord(character):08x}" for character in run)


@lru_cache(maxsize=4)
def _line_starts(text: str) -> tuple[int, ...]:
    return (0, *(match.end() for match in re.finditer("\n", text)))


_OTHER_TYPES = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


_NUMBER_LIKE = re.compile(r"[0-9][0-9a-fA-FxXoO_.:+\-TtZz ]*")  # also octal, hexadecimal, dates, times and base 60


_PLAIN = re.compile(r"\w(?:[^\s,\[\]{}:?]| (?=[^\s#])|:(?=[^\s,\[\]{}]))*")


_NOBODY_SEES = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters except tab and line breaks
    r"\u2028\u2029"  # line breaks for some readers and not for others
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # turn the reading direction
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff"
    r"\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # take no room
    r"\ud800-\udfff"  # lone surrogates
    r"\ufdd0-\ufdef\ufffe\uffff"  # never a character, here and at the end of every plane
    + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(1, 17))
)


_MAYBE_UNSEEN = re.compile(rf"[{_NOBODY_SEES}\r]")


_UNSEEN = re.compile(rf"(?:[{_NOBODY_SEES}]|\r(?!\n))+")
