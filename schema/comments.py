"""The comments of a file: no part of the template, and read all the same by whoever opens it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from schema.document import Document, scalars
from schema.text import line_end

_LINES = re.compile(r"#[^\n]*(?:\n[ \t]*#[^\n]*)*")
_MARK = re.compile(r"^[ \t]*#+[ \t]*", re.MULTILINE)


@dataclass(frozen=True)
class Comment:
    """Lines of comment that follow each other. `text` has blanks for their marks; it begins at `start` in the file.

    Each line of words begins after a line break, and every character keeps its distance from the start.
    """

    start: int
    text: str


def comments(document: Document) -> tuple[Comment, ...]:
    """Every comment of the file, in its order; `start` counts characters from 0 in the document's text."""
    return tuple(_found(document)) if "#" in document.text else ()


def _found(document: Document) -> Iterator[Comment]:
    reached, text = 0, document.text
    for span in scalars(text, document.nodes):
        yield from _between(text, reached, span.start)
        if text[span.start] in "|>":
            yield from _between(text, span.start, line_end(text, span.start))  # behind the mark of a block
        reached = span.end
    yield from _between(text, reached, len(text))


def _between(text: str, start: int, end: int) -> Iterator[Comment]:
    for match in _LINES.finditer(text, start, end):
        yield Comment(match.start(), _MARK.sub(_blank, match.group()))


def _blank(match: "re.Match[str]") -> str:
    return " " * (len(match.group()) - 1) + "\n"
