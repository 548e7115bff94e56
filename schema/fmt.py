"""A template in its one layout: keys in the schema's order, two spaces a level, every comment and every value kept.

What is decided here: lines end with a line feed, one empty line at most stands between two things, lists are indented
under their key, a collection in brackets stays on its line (its keys in order) unless that line would be wider than
`WIDEST` columns, and then it is written out line by line. Text in values is never touched, and neither are brackets
that span several lines. Comments above an entry or behind it go where it goes; those above the first key of the file
stay on top.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schema.comments import comments
from schema.document import Document, read
from schema.finding import Edit, Path
from schema.structure import at
from schema.text import apply, line_start, place_between, shown

WIDEST = 120
"""Columns up to which a collection in brackets stays on its line; a comment behind it does not count."""

STEP = 2
"""Spaces of a level."""


class FormatError(ValueError):
    """The layout holds something that would be lost or changed; one sentence says what, where and what to do."""


def formatted(document: Document, schema: Mapping[str, Any]) -> str:
    """The text of the document in the layout of this module; a text that is laid out already comes back unchanged.

    Raises FormatError for what is no mapping, for a layout that cannot be kept, and rather than to change what a reader
    would find.
    """
    source = _with_line_feeds(document)
    if not isinstance(source.data, dict) or not _is_block(source, ()):
        raise FormatError("the file is no list of `key: value` lines: write a template into it, one field a line.")
    text = _Layout(source, schema).written()
    _refuse_change(source, text)
    return text


@dataclass(frozen=True)
class _After:
    """What follows a value: the comment behind it on its line, and lines below that belong to its inside.

    A line is its indentation and its comment; an empty line has no comment.
    """

    trail: str = ""
    lines: tuple[tuple[int, str], ...] = ()


@dataclass
class _Child:
    """One entry of a mapping or item of a list that is laid out line by line.

    `column` is where its key or dash stands in the source. `head` are the comments above it, `behind` the one right
    after its colon or dash, `lead` those between that line and its value.
    """

    path: Path
    column: int
    head: list[str] = field(default_factory=list)
    behind: str = ""
    lead: list[str] = field(default_factory=list)
    own_line: int = 0
    """How many line breaks stand between its colon or dash and its value."""
    after: _After = _After()


@dataclass(frozen=True)
class _Block:
    """Lines laid out: comments that go above the first entry, and everything from the first entry on."""

    head: list[str]
    lines: list[str]


class _Layout:
    """One document being written anew."""

    def __init__(self, document: Document, schema: Mapping[str, Any]) -> None:
        self._document, self._text, self._schema = document, document.text, schema
        self._orders: dict[Path, Mapping[str, int]] = {}
        self._flows: dict[Path, str] = {}

    def written(self) -> str:
        """The whole text."""
        start, end = self._document.nodes[()].span.start, _end(self._document, ())
        trail, below = self._gap(end, len(self._text))
        top = [comment for _, comment in self._comments(self._text[:start], 0)]
        block = self._block((), 0, _After(trail, tuple(below)), [])
        lines = [*_tidy([*top, *block.head]), *block.lines]
        return "\n".join(lines).rstrip("\n") + "\n" if not _keeps(self._text) else "\n".join(lines) + "\n"

    def _block(self, path: Path, indent: int, after: _After, lead: list[str]) -> _Block:
        """The mapping or list at `path`, its first column at `indent`."""
        children, end = self._children(path, after)
        children[0].head[:0] = lead
        head: list[str] = []
        lines: list[str] = []
        for number, child in enumerate(self._in_order(path, children)):
            above, own = self._child(child, indent)
            if number:
                lines += _indented(_tidy(above), indent)
            else:
                head = _without_first_blanks(_tidy(above))
            lines += own
        return _Block(head, [*lines, *_indented(_tidy(end), indent)])

    def _child(self, child: _Child, indent: int) -> tuple[list[str], list[str]]:
        """The comments above the child, and its own lines."""
        if isinstance(child.path[-1], int):
            return self._item(child, indent)
        key = self._document.nodes[child.path].key
        name = self._text[key.start : key.end] if key else ""
        return child.head, self._entry(child, indent, name)

    def _entry(self, child: _Child, indent: int, name: str) -> list[str]:
        start = f"{' ' * indent}{name}:"
        if _is_block(self._document, child.path):
            block = self._block(child.path, indent + STEP, child.after, child.lead)
            return [f"{start}{child.behind}", *_indented(block.head, indent + STEP), *block.lines]
        pieces = self._value(child, indent, len(start) + 1)
        if pieces is None:
            return [start, *self._unfolded(child.path, indent + STEP), *_inside(child, indent)]
        if child.own_line:
            lead = _indented([*_tidy(child.lead)], indent + STEP)
            pieces = [f"{start}{child.behind}", *lead, " " * (indent + STEP) + pieces[0], *pieces[1:]]
        else:
            pieces[0] = f"{start} {pieces[0]}"
        pieces[-1] += child.after.trail
        return [*pieces, *_inside(child, indent)]

    def _item(self, child: _Child, indent: int) -> tuple[list[str], list[str]]:
        lead = [*([child.behind.strip()] if child.behind else []), *child.lead]
        dash = f"{' ' * indent}- "
        if _is_block(self._document, child.path):
            block = self._block(child.path, indent + STEP, child.after, lead)
            return [*child.head, *block.head], [dash + block.lines[0].lstrip(" "), *block.lines[1:]]
        pieces = self._value(child, indent, len(dash))
        if pieces is None:
            lines = self._unfolded(child.path, indent + STEP)
            return [*child.head, *lead], [dash + lines[0].lstrip(" "), *lines[1:], *_inside(child, indent)]
        pieces[0], pieces[-1] = (dash + pieces[0], pieces[-1]) if len(pieces) > 1 else (dash + pieces[0],) * 2
        pieces[-1] += child.after.trail
        return [*child.head, *lead], [*pieces, *_inside(child, indent)]

    def _value(self, child: _Child, indent: int, column: int) -> list[str] | None:
        """A scalar, or a collection in brackets, as lines, the first without its indentation; None: it is too wide."""
        node = self._document.nodes[child.path]
        first, *more = self._text[node.span.start : _end(self._document, child.path)].split("\n")
        if not more:
            text = self._flow(child.path)
            return None if self._too_wide(child.path, column + len(text)) and not _is_held(child) else [text]
        if first[0] in "|>":
            return [first.rstrip(), *_content(first, more, (child.column, indent))]
        if isinstance(_data(self._document, child.path), str):
            return [first, *(" " * (indent + STEP) + line.lstrip(" \t") if line.strip() else "" for line in more)]
        return [first, *(_moved(line, indent - child.column, indent + 1) for line in more)]

    def _too_wide(self, path: Path, width: int) -> bool:
        """Whether a collection goes line by line; a pair without braces inside [ ] does as soon as its list does."""
        held = _data(self._document, path)
        return _is_block(self._document, path) or (width > WIDEST and isinstance(held, dict | list) and bool(held))

    def _flow(self, path: Path) -> str:
        """What stands on one line: as it is, but for the order of the keys."""
        if path not in self._flows:
            start, end = self._document.nodes[path].span.start, _end(self._document, path)
            edits = [self._move(slot, taker) for slot, taker in self._swaps(path)]
            moved = (Edit(edit.start - start, edit.end - start, edit.text) for edit in edits)
            self._flows[path] = apply(self._text[start:end], moved)
        return self._flows[path]

    def _swaps(self, path: Path) -> list[tuple[Path, Path]]:
        """Which entry or item comes to stand in the place of which."""
        places = _children_of(self._document, path)
        if not isinstance(_data(self._document, path), dict):
            return list(zip(places, places, strict=True))
        return list(zip(places, sorted(places, key=self._rank(path)), strict=True))

    def _move(self, slot: Path, taker: Path) -> Edit:
        node = self._document.nodes[slot]
        begins = node.key.start if isinstance(slot[-1], str) and node.key else node.span.start
        return Edit(begins, node.span.end, self._pair(taker) + self._flow(taker))

    def _pair(self, path: Path) -> str:
        """The key with all that stands between it and its value."""
        node = self._document.nodes[path]
        return self._text[node.key.start : node.span.start] if isinstance(path[-1], str) and node.key else ""

    def _unfolded(self, path: Path, indent: int) -> list[str]:
        """A collection in brackets, line by line."""
        lines: list[str] = []
        for _, inner in self._swaps(path):
            key = self._document.nodes[inner].key if isinstance(inner[-1], str) else None
            start = f"{self._text[key.start : key.end]}:" if key else "-"
            text = self._flow(inner)
            if not self._too_wide(inner, indent + len(start) + 1 + len(text)):
                lines.append(f"{' ' * indent}{start} {text}")
            elif key:
                lines += [" " * indent + start, *self._unfolded(inner, indent + STEP)]
            else:
                first, *more = self._unfolded(inner, indent + STEP)
                lines += [f"{' ' * indent}- {first.lstrip(' ')}", *more]
        return lines

    def _children(self, path: Path, after: _After) -> tuple[list[_Child], list[str]]:
        """The children as they follow each other in the source, and the comments that close the collection."""
        children: list[_Child] = []
        reached = self._document.nodes[path].span.start
        for inner in _children_of(self._document, path):
            begins = self._begins(inner, reached)
            child = _Child(inner, begins - line_start(self._text, begins))
            if children:
                trail, lines = self._gap(reached, begins)
                inside, above = self._shared(children[-1], lines, child.column)
                children[-1].after, child.head = _After(trail, inside), [comment for _, comment in above]
            self._between(child, begins)
            children.append(child)
            reached = _end(self._document, inner)
        inside, end = self._shared(children[-1], list(after.lines), children[-1].column)
        children[-1].after = _After(after.trail, inside)
        return children, [comment for _, comment in end]

    def _begins(self, path: Path, reached: int) -> int:
        """Where the key or the dash of a child stands."""
        node = self._document.nodes[path]
        if not isinstance(path[-1], int):
            return node.key.start if node.key else node.span.start
        if not path[-1]:
            return reached
        dash = _DASH.search(self._text, reached, node.span.start)
        if dash is None:
            raise self._refusal(node.span.start, "an item without a dash of its own on its line")
        return dash.end() - 1

    def _between(self, child: _Child, begins: int) -> None:
        """Read what stands between key and value, or dash and value."""
        node = self._document.nodes[child.path]
        colon = begins + 1
        if isinstance(child.path[-1], str) and node.key:
            colon = self._text.index(":", node.key.end) + 1
            if self._text[node.key.end : colon].strip() != ":":
                raise self._refusal(node.key.end, "a key whose colon stands elsewhere")
        gap = self._text[colon : node.span.start]
        if "\n" in gap:
            child.behind, lines = self._gap(colon, node.span.start)
            child.lead, child.own_line = [comment for _, comment in lines if comment], gap.count("\n")
        elif gap.strip():
            raise self._refusal(colon, f"`{shown(gap.strip())}`")

    def _gap(self, start: int, end: int) -> tuple[str, list[tuple[int, str]]]:
        """The comment on the line of `start`, with the spaces in front of it, and the comments on the lines between."""
        first, *_ = self._text[start:end].split("\n", 1)
        behind = [comment for _, comment in self._comments(first, start)]
        trail = first.rstrip() if behind and behind[0] else ""
        return trail, self._comments(self._text[start + len(first) + 1 : end], start + len(first) + 1)

    def _comments(self, stretch: str, start: int) -> list[tuple[int, str]]:
        """Each line as its indentation and its comment; what stands in front of the next thing is no line."""
        found = []
        for line in stretch.split("\n"):
            comment = line.strip(" ")
            if comment and not comment.startswith("#"):
                raise self._refusal(start + stretch.find(comment), f"`{shown(comment)}`")
            found.append((len(line) - len(line.lstrip(" ")), comment.rstrip()))
        return found if found[-1][1] else found[:-1]

    def _shared(
        self, before: _Child, lines: list[tuple[int, str]], column: int
    ) -> tuple[tuple[tuple[int, str], ...], list[tuple[int, str]]]:
        """The lines that belong to the inside of the child before, since they are indented deeper; and the others."""
        if self._text[self._document.nodes[before.path].span.start] in "|>":
            return (), lines  # a comment as deep as its text would become text
        size = next((i for i, (depth, comment) in enumerate(lines) if comment and depth <= column), len(lines))
        while size and not lines[size - 1][1]:
            size -= 1
        return tuple(lines[:size]), lines[size:]

    def _in_order(self, path: Path, children: list[_Child]) -> list[_Child]:
        if isinstance(_data(self._document, path), list):
            return children
        rank = self._rank(path)
        return sorted(children, key=lambda child: rank(child.path))

    def _rank(self, path: Path) -> Any:
        general = tuple(0 if isinstance(part, int) else part for part in path)
        if general not in self._orders:
            names = at(self._schema, general).get("properties", {})
            self._orders[general] = {name: number for number, name in enumerate(names)}
        order = self._orders[general]
        return lambda inner: order.get(str(inner[-1]), len(order))

    def _refusal(self, offset: int, what: str) -> FormatError:
        line = place_between(self._text, offset, offset).line
        return FormatError(f"line {line} holds {what}, which cannot be kept in the layout: rewrite it by hand.")


_DASH = re.compile(r"\n *-")


def _with_line_feeds(document: Document) -> Document:
    if "\r\n" not in document.text:
        return document
    again = read(document.text.replace("\r\n", "\n").encode(), document.file)
    if not isinstance(again, Document):
        raise FormatError("the line ends of the file cannot be changed to line feeds: save it with line feeds.")
    return again


def _refuse_change(before: Document, text: str) -> None:
    after = read(text.encode(), before.file)
    if not isinstance(after, Document) or after.data != before.data:
        raise FormatError("laid out anew the file would no longer say the same: it stays as it is.")
    if _all_comments(before) != _all_comments(after):
        raise FormatError("laid out anew the file would lose a comment: it stays as it is.")


def _all_comments(document: Document) -> Counter[str]:
    """Every line of comment with how often it stands there."""
    lines = (line.strip() for comment in comments(document) for line in comment.text.split("\n"))
    return Counter(line for line in lines if line)


def _is_block(document: Document, path: Path) -> bool:
    """A mapping or list without brackets."""
    start = document.text[document.nodes[path].span.start]
    return isinstance(_data(document, path), dict | list) and start not in "[{"


def _children_of(document: Document, path: Path) -> list[Path]:
    data = _data(document, path)
    if isinstance(data, dict):
        return [(*path, key) for key in data]
    return [(*path, number) for number in range(len(data))] if isinstance(data, list) else []


def _data(document: Document, path: Path) -> Any:
    data = document.data
    for part in path:
        data = data[part]
    return data


def _end(document: Document, path: Path) -> int:
    """Where the value ends; the line break that closes a block scalar with kept lines (`|+`) is not part of it."""
    end = document.nodes[path].span.end
    return end - 1 if end and document.text[end - 1] == "\n" else end


def _keeps(text: str) -> bool:
    """Whether empty lines at the end may belong to a block scalar."""
    return re.search(r"[|>][0-9]?\+", text) is not None


def _is_held(child: _Child) -> bool:
    """A comment stands behind the value or in front of it, so that it stays on its line."""
    return bool(child.after.trail or child.behind or child.lead)


def _inside(child: _Child, indent: int) -> list[str]:
    return _indented(_tidy([comment for _, comment in child.after.lines]), indent + STEP)


def _content(header: str, lines: list[str], columns: tuple[int, int]) -> list[str]:
    """The text of a block scalar moved with its key or dash, from one column to another."""
    before, now = columns
    if any(digit in header.split("#", maxsplit=1)[0] for digit in "123456789"):
        return [_moved(line, now - before, 0) for line in lines]
    filled = next((line for line in lines if line.strip(" ")), None)
    if filled is None:
        return [""] * len(lines)  # spaces on lines that are all empty mean nothing
    depth = len(filled) - len(filled.lstrip(" "))
    return [" " * (now + STEP) + line[depth:] if len(line) > depth else "" for line in lines]


def _moved(line: str, by: int, least: int) -> str:
    """The line further right or left, `least` columns from the edge at least; an empty one stays empty."""
    text = line.lstrip(" ")
    return " " * max(len(line) - len(text) + by, least) + text if text else ""


def _tidy(comments: list[str]) -> list[str]:
    """Comments with one empty line at most between them."""
    return [text for number, text in enumerate(comments) if text or not number or comments[number - 1]]


def _without_first_blanks(comments: list[str]) -> list[str]:
    return comments[1:] if comments and not comments[0] else comments


def _indented(comments: list[str], indent: int) -> list[str]:
    return [" " * indent + comment if comment else "" for comment in comments]
