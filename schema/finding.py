"""What a check has to say: where, how bad, in which words, and the edit that mends it."""

from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]
"""The way to a value inside a template: `("threats", 3, "risk")`; keys as text, places in lists counted from 0."""


class Severity(StrEnum):
    """How bad: an error stops publication, a warning asks for an answer, a hint may be ignored."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, order=True)
class Place:
    """A stretch of a file in lines and columns counted from 1; the end is where the next character would stand."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Edit:
    """Put `text` in place of the characters from `start` up to `end`, both counted from 0 in the decoded text."""

    start: int
    end: int
    text: str
    sure: bool = True
    """False where it is a guess that a person has to take."""


@dataclass(frozen=True)
class Removal:
    """The mapping entry at a problem's path goes, with its key and the lines that are its own."""


@dataclass(frozen=True)
class Addition:
    """An entry `key: text` comes right after the mapping entry at a problem's path."""

    key: str
    text: str


@dataclass(frozen=True)
class Renaming:
    """The mapping entry at a problem's path gets another key."""

    key: str


@dataclass(frozen=True)
class Guess:
    """Probably the value at a problem's path should be `text`; only a person can tell."""

    text: str


@dataclass(frozen=True)
class Bare:
    """The value at a problem's path is `text`, without quotes."""

    text: str


@dataclass(frozen=True)
class Problem:
    """What a rule found: a path, a sentence, perhaps another severity than the rule's and an edit."""

    path: Path
    message: str
    severity: Severity | None = None
    replacement: str | Bare | Guess | Removal | Addition | Renaming | None = None
    """What the value at `path` has to say instead, or what becomes of its entry, where a machine can know it."""
    on_key: bool = False
    """True when the key of the mapping entry at `path` is meant, not its value."""
    words: str = ""
    """The words inside the value that are meant, where it is long: the finding stands at their line."""
    stretch: tuple[int, int] | None = None
    """Where it stands when no path leads there, as in a comment: characters of the file, from and up to."""


@dataclass(frozen=True)
class Finding:
    """A problem in a file: everything a person or a machine needs to go there and mend it."""

    rule: str
    severity: Severity
    file: str
    place: Place
    path: Path
    message: str
    edit: Edit | None = None


def pointer(path: Path) -> str:
    """The path as an RFC 6901 JSON Pointer: `/threats/3/risk`; the whole document is the empty text."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
