"""Edits as whole lines: what a suggestion on a pull request replaces, and with what."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schema.document import Document
from schema.entries import added
from schema.finding import Addition, Edit, Path
from schema.text import apply, line_end, line_start, place_between

_SAMPLE = "T-EXEC-999999999"
"""Stands where an id will stand; a file that holds this very text already gets no suggestion on that line."""

MOST_LINES = 20
"""A mend of more lines is left to the author's editor."""


@dataclass(frozen=True)
class Mend:
    """Put `text` (without its last line break) in place of the lines `line` to `end_line` of `path`, counted from 1.

    `subject` is set where the text writes the id of a threat.
    """

    path: str
    line: int
    end_line: int
    text: str
    subject: str = ""


@dataclass(frozen=True)
class Slot:
    """Where the id of a threat would go, as whole lines: `before`, the id, `after`."""

    path: str
    line: int
    end_line: int
    before: str
    after: str
    subject: str

    def filled(self, threat_id: str) -> Mend:
        """The lines with this id."""
        return Mend(self.path, self.line, self.end_line, f"{self.before}{threat_id}{self.after}", self.subject)


def mends(document: Document, edits: Iterable[Edit]) -> Iterator[Mend]:
    """The edits line by line; edits on the same lines become one, of two that overlap the first counts."""
    for group in _groups(document.text, edits):
        start, end = _lines(document.text, group)
        place = place_between(document.text, start, end)
        inside = [Edit(edit.start - start, edit.end - start, edit.text) for edit in group]
        text = apply(document.text[start:end], inside)
        if place.end_line - place.line < MOST_LINES:
            yield Mend(document.file, place.line, place.end_line, text.replace("\r\n", "\n"))


def slot(document: Document, threat: Path, subject: str) -> Slot | None:
    """Where the id of the threat at this path goes; None where the place is not plain to see."""
    edit = added(document, (*threat, "key"), Addition("id", _SAMPLE))
    found = next(mends(document, [edit]), None) if edit else None
    if found is None or found.text.count(_SAMPLE) != 1:
        return None
    before, _, after = found.text.partition(_SAMPLE)
    return Slot(found.path, found.line, found.end_line, before, after, subject)


def _groups(text: str, edits: Iterable[Edit]) -> Iterator[list[Edit]]:
    """Edits that touch the same lines, together and without overlaps."""
    group: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if group and edit.start > line_end(text, group[-1].end):
            yield group
            group = []
        if not group or edit.start >= group[-1].end:
            group.append(edit)
    if group:
        yield group


def _lines(text: str, group: list[Edit]) -> tuple[int, int]:
    """From the start of the first line to the end of the last; a line that goes away takes its neighbour along."""
    start, end = line_start(text, group[0].start), line_end(text, group[-1].end)
    takes_break = any(edit.text == "" and text[edit.start : edit.end].endswith("\n") for edit in group)
    if takes_break and end == group[-1].end and end < len(text):
        return start, line_end(text, end)
    return start, end
