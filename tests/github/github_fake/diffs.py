"""What differs between two commits, file by file, and which lines of it a review may speak about."""

import re
from dataclasses import dataclass
from functools import cached_property

PATCH_LIMIT = 500_000
"""Bytes above which GitHub leaves a file's patch out."""
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
WORDS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


@dataclass(frozen=True)
class Place:
    """A line inside a diff: `position` counts the lines below the file's first `@@`, `hunk` the hunks."""

    position: int
    hunk: int


@dataclass(frozen=True)
class FileChange:
    """One file between two commits; `patch` is None for binary files, pure renames and what is too large."""

    path: str
    old_path: str | None
    status: str
    old_mode: str
    new_mode: str
    old_oid: str
    new_oid: str
    additions: int
    deletions: int
    patch: str | None

    @property
    def oid(self) -> str:
        """The blob GitHub names: the new one, of a removed file the old one."""
        return self.old_oid if self.status == "removed" else self.new_oid

    @cached_property
    def places(self) -> dict[tuple[str, int], Place]:
        """Every (side, line) that is part of the diff."""
        return places(self.patch or "")

    def hunk_until(self, place: Place) -> str:
        """The hunk from its heading down to a line, as `diff_hunk` shows it."""
        lines = (self.patch or "").split("\n")
        start = max(n for n, line in enumerate(lines[: place.position + 1]) if HUNK.match(line))
        return "\n".join(lines[start : place.position + 1])


def places(patch: str) -> dict[tuple[str, int], Place]:
    """Where each line of either side stands in a patch."""
    found: dict[tuple[str, int], Place] = {}
    old = new = hunk = 0
    for position, line in enumerate(patch.split("\n")):
        heading = HUNK.match(line)
        if heading:
            old, new, hunk = int(heading[1]), int(heading[3]), hunk + 1
            continue
        here = Place(position, hunk)
        if line[:1] in ("-", " "):
            found["LEFT", old] = here
            old += 1
        if line[:1] in ("+", " "):
            found["RIGHT", new] = here
            new += 1
    return found


def moved_line(hunks: str, line: int) -> int | None:
    """Where a line of the old file stands in the new one, given hunks without context; None when it was touched."""
    shift = 0
    for heading in filter(None, map(HUNK.match, hunks.split("\n"))):
        start, removed, added = int(heading[1]), int(heading[2] or 1), int(heading[4] or 1)
        if removed == 0:
            start += 1
        if line < start:
            break
        if line < start + removed:
            return None
        shift += added - removed
    return line + shift


def read_changes(listing: bytes, patches: bytes) -> list[FileChange]:
    """Join `diff-tree -z --raw --numstat` with `diff-tree -p` of the same two commits."""
    words = [w.decode("utf-8", "surrogateescape") for w in listing.split(b"\0")][:-1]
    raw, counts = _raw(words)
    sections = _sections(patches.decode("utf-8", "replace"))
    found = []
    for line in raw:
        own = [sections.pop(0) for _ in range(2 if line[4][0] == "T" else 1)]
        found.append(_change(line, counts[line[6]], "\n".join(filter(None, own))))
    return found


def _raw(words: list[str]) -> tuple[list[list[str]], dict[str, tuple[int, int]]]:
    """Lines of [old mode, new mode, old oid, new oid, status, old path, path], and lines added and removed by path."""
    lines: list[list[str]] = []
    counts: dict[str, tuple[int, int]] = {}
    left = list(reversed(words))
    while left:
        word = left.pop()
        if word.startswith(":"):
            fields = word[1:].split(" ")
            old = left.pop()
            lines.append([*fields, old, left.pop() if fields[4][0] in "RC" else old])
            continue
        added, removed, path = word.split("\t", 2)
        if not path:
            left.pop()
            path = left.pop()
        counts[path] = (_count(added), _count(removed))
    return lines, counts


def _count(word: str) -> int:
    return 0 if word == "-" else int(word)


def _sections(patches: str) -> list[str]:
    """The hunks of each file, without its headings; empty where it has none."""
    found = []
    for section in re.split(r"^diff --git ", patches, flags=re.MULTILINE)[1:]:
        start = re.search(r"^@@ ", section, flags=re.MULTILINE)
        found.append(section[start.start() :].removesuffix("\n") if start else "")
    return found


def _change(line: list[str], counts: tuple[int, int], patch: str) -> FileChange:
    old_mode, new_mode, old_oid, new_oid, letter, old_path, path = line
    status = WORDS[letter[0]]
    shown = patch if patch and len(patch) <= PATCH_LIMIT else None
    renamed = old_path if status in ("renamed", "copied") else None
    return FileChange(path, renamed, status, old_mode, new_mode, old_oid, new_oid, counts[0], counts[1], shown)
