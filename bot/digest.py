"""What an approval is for: the bytes of the touched templates, without the ids the registry writes into them."""

import hashlib
from collections.abc import Iterator, Mapping

from schema.document import Document, Node, read
from schema.finding import Edit
from schema.ids import parse_id
from schema.text import Span, apply, line_end, line_start

_MARK = "\0"
"""Stands for an id that cannot be cut out with its line; no file that can be read holds this character."""


def content_digest(files: Mapping[str, bytes | None]) -> str:
    """Hexadecimal sha-256 over paths and bytes, ids cut out. None: no file stands there.

    Equal digests mean: the same text but for threat ids, and at the same places. A file that cannot be read counts byte
    for byte. Take the paths that the head touches, at the head and at an approved commit alike.
    """
    total = hashlib.sha256()
    for path in sorted(files):
        kind, data = _without_ids(files[path], path)
        for piece in (path.encode("utf-8", "surrogatepass"), kind, data):
            total.update(len(piece).to_bytes(8, "big") + piece)
    return total.hexdigest()


def _without_ids(source: bytes | None, path: str) -> tuple[bytes, bytes]:
    if source is None:
        return b"gone", b""
    document = read(source, path)
    if not isinstance(document, Document):
        return b"whole", source
    return b"cut", apply(document.text, _cuts(document)).encode()


def _cuts(document: Document) -> Iterator[Edit]:
    threats = document.data.get("threats") if isinstance(document.data, dict) else None
    for index, threat in enumerate(threats if isinstance(threats, list) else ()):
        value = threat.get("id") if isinstance(threat, dict) else None
        # Only what is an id goes: any other value is text that was approved or was not.
        if isinstance(value, str) and parse_id(value):
            entry = document.nodes[("threats", index, "id")]
            if _is_bare(document.text, entry, value):
                yield _cut(document, document.nodes[("threats", index)], entry)


def _is_bare(text: str, entry: Node, value: str) -> bool:
    """Whether nothing but key, colon and id stand in the entry: no comment that would go unseen with it."""
    written = text[entry.span.start : entry.span.end]
    between = text[entry.key.end : entry.span.start] if entry.key else ""
    return written in (value, f'"{value}"', f"'{value}'") and between.strip() == ":"


def _cut(document: Document, threat: Node, entry: Node) -> Edit:
    """The whole entry where the registry would have written it, so that a file with the id equals one without."""
    text, key = document.text, entry.key or entry.span
    if text.startswith("{", threat.span.start):
        return _cut_of_flow(text, key, entry.span)
    start, end = line_start(text, key.start), text.find("\n", entry.span.end)
    alone = not text[start : key.start].strip() and not text[entry.span.end : line_end(text, entry.span.end)].strip()
    if alone and end >= 0:
        return Edit(start, end + 1, "")
    return Edit(entry.span.start, entry.span.end, _MARK)


def _cut_of_flow(text: str, key: Span, value: Span) -> Edit:
    before = text[: key.start].rstrip(" ")
    if before.endswith(","):
        return Edit(len(before) - 1, value.end, "")
    return Edit(value.start, value.end, _MARK)
