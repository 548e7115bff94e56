"""One entry of a mapping written, replaced or taken out by its position; every other byte of the file stays."""

import re
from collections.abc import Iterable, Mapping

from schema.document import Document, Node, read
from schema.finding import Addition, Edit, Path
from schema.text import apply, line_end, line_start, quoted, scalar

_BEFORE_ENTRY = re.compile(r" *")
_BEFORE_ITEM = re.compile(r"[ -]*- +")
_BETWEEN = re.compile(r"\s*,\s*")
_AFTER = re.compile(r"[ \t]*(?:#[^\r\n]*)?")


def replaced(document: Document, path: Path, text: str) -> Edit | None:
    """Write another scalar in place of the value at `path`, in quotes of the same kind; None where there is none."""
    node = document.nodes.get(path)
    if node is None:
        return None
    return written(document, path, _written(text, document.text[node.span.start : node.span.end]))


def written(document: Document, path: Path, raw: str) -> Edit | None:
    """Put `raw`, as it is, in place of the value at `path` and its quotes; None where there is none."""
    node = document.nodes.get(path)
    return Edit(node.span.start, node.span.end, raw) if node else None


def renamed(document: Document, path: Path, key: str) -> Edit | None:
    """Write another key in front of the entry at `path`, in quotes of the same kind; None where there is none."""
    node = document.nodes.get(path)
    if node is None or node.key is None:
        return None
    return Edit(node.key.start, node.key.end, _written(key, document.text[node.key.start : node.key.end]))


def added(document: Document, path: Path, entry: Addition) -> Edit | None:
    """Write `entry` right after the entry at `path`: a line of its own, or `, key: text` inside { }.

    None where the place is not plain to see.
    """
    node, mapping = document.nodes.get(path), document.nodes.get(path[:-1])
    if node is None or mapping is None or node.key is None:
        return None
    like = document.text[node.key.start : node.key.end]
    pair = f"{_written(entry.key, like)}: {_written(entry.text, like)}"
    if document.text.startswith("{", mapping.span.start):
        return Edit(node.span.end, node.span.end, f", {pair}")
    return _line_after(document.text, node, pair)


def removed(document: Document, path: Path) -> Edit | None:
    """Take out the entry at `path` with its key; None where something else, such as a comment, would go with it."""
    node, mapping = document.nodes.get(path), document.nodes.get(path[:-1])
    if node is None or mapping is None or node.key is None:
        return None
    if document.text.startswith("{", mapping.span.start):
        return _out_of_braces(document, path)
    lead = document.text[line_start(document.text, node.key.start) : node.key.start]
    return _whole_lines(document.text, node) if _BEFORE_ENTRY.fullmatch(lead) else _off_the_dash(document, path, lead)


def with_ids(document: Document, ids: Mapping[str, str]) -> str:
    """The text with the id of each threat named by its key written in; nothing else changes.

    An id goes on a line after the threat's key, or takes the place of the id that is there. A threat without a key of
    its own, and one whose lines are laid out so that an edit would change anything else, stays as it is.
    """
    wanted = {path: ids[key] for path, key in _threats(document) if key in ids}
    text = apply(document.text, (edit for edit in _edits(document, wanted)))
    if _meant(document, wanted) == _data(text, document.file):
        return text
    return _one_by_one(document, wanted)


def _one_by_one(document: Document, wanted: Mapping[Path, str]) -> str:
    """The edits that are sure; read again after each, because somewhere in the file a layout is not understood."""
    sure: list[Edit] = []
    for path, threat_id in wanted.items():
        edits = _edits(document, {path: threat_id})
        if _meant(document, {path: threat_id}) == _data(apply(document.text, edits), document.file):
            sure += edits
    return apply(document.text, sure)


def _threats(document: Document) -> Iterable[tuple[Path, str]]:
    """Every threat with a key that no other has."""
    threats = document.data.get("threats") if isinstance(document.data, dict) else None
    listed = threats if isinstance(threats, list) else []
    keys = [threat.get("key") if isinstance(threat, dict) else None for threat in listed]
    return [
        (("threats", number), key) for number, key in enumerate(keys) if isinstance(key, str) and keys.count(key) == 1
    ]


def _edits(document: Document, wanted: Mapping[Path, str]) -> list[Edit]:
    return [edit for path, threat_id in wanted.items() if (edit := _id_edit(document, path, threat_id))]


def _id_edit(document: Document, path: Path, threat_id: str) -> Edit | None:
    if (*path, "id") in document.nodes:
        return replaced(document, (*path, "id"), threat_id)
    return added(document, (*path, "key"), Addition("id", threat_id))


def _meant(document: Document, wanted: Mapping[Path, str]) -> object:
    """The data with the ids in it, as a reader has to find it afterwards."""
    threats = [
        {**threat, "id": wanted["threats", number]} if ("threats", number) in wanted else threat
        for number, threat in enumerate(document.data["threats"] if wanted else ())
    ]
    return {**document.data, "threats": threats} if wanted else document.data


def _data(text: str, file: str) -> object:
    document = read(text.encode(), file)
    return document.data if isinstance(document, Document) else None


def _written(text: str, like: str) -> str:
    """The text as a scalar, in the quotes of another."""
    if like.startswith('"'):
        return quoted(text)
    plain = scalar(text)
    return f"'{text}'" if like.startswith("'") and plain == text else plain


def _line_after(text: str, node: Node, pair: str) -> Edit | None:
    if node.key is None:
        return None
    at = line_end(text, node.span.end)
    indent = " " * (node.key.start - line_start(text, node.key.start))
    return Edit(at, at, f"{_line_break(text, at)}{indent}{pair}")


def _line_break(text: str, at: int) -> str:
    """The one that ends the line here, else the one the file begins with."""
    if at == len(text):
        at = text.find("\n") - 1
    return "\r\n" if text.startswith("\r\n", max(at, 0)) else "\n"


def _whole_lines(text: str, node: Node) -> Edit | None:
    if node.key is None or not _AFTER.fullmatch(text[node.span.end : line_end(text, node.span.end)]):
        return None
    following = text.find("\n", node.span.end) + 1
    return Edit(line_start(text, node.key.start), following or len(text), "")


def _off_the_dash(document: Document, path: Path, lead: str) -> Edit | None:
    """The first entry stands behind the dash of its item: the next one moves up to it."""
    node, following = document.nodes[path], _neighbour(document, path, 1)
    if not _BEFORE_ITEM.fullmatch(lead) or following is None or following.key is None or node.key is None:
        return None
    between = document.text[node.span.end : following.key.start]
    return Edit(node.key.start, following.key.start, "") if not between.strip() else None


def _out_of_braces(document: Document, path: Path) -> Edit | None:
    node, before, after = document.nodes[path], _neighbour(document, path, -1), _neighbour(document, path, 1)
    if after is not None and after.key is not None and node.key is not None:
        between = document.text[node.span.end : after.key.start]
        return Edit(node.key.start, after.key.start, "") if _BETWEEN.fullmatch(between) else None
    if before is not None and node.key is not None:
        between = document.text[before.span.end : node.key.start]
        return Edit(before.span.end, node.span.end, "") if _BETWEEN.fullmatch(between) else None
    return None


def _neighbour(document: Document, path: Path, step: int) -> Node | None:
    """The entry before (-1) or after (1) this one in its mapping."""
    mapping = document.data
    for part in path[:-1]:
        mapping = mapping[part]
    keys = list(mapping)
    at = keys.index(path[-1]) + step
    return document.nodes[(*path[:-1], keys[at])] if 0 <= at < len(keys) else None
