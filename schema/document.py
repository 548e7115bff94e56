"""YAML text becomes data that knows where it stands; what a template may not hold becomes findings, not exceptions."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import yaml

from schema.finding import Edit, Finding, Path, Place, Severity
from schema.stumble import LOADER, LONGEST_PIECE, Seen, Stop, piece_end, point, quoting, span_of, syntax_fault, text_end
from schema.text import Fault, Span, apply, line_end, line_start, place_between, quoted, shown, unseen

MOST_BYTES = 1_048_576


MOST_DEPTH = 32


MOST_NODES = 40_000


MOST_FINDINGS = 50


MOST_TRIALS = 8
"""How often one reading may parse again to make sure of an edit: a bound, so that the time stays linear."""


class Node(NamedTuple):
    """Where a value stands, where the mapping key in front of it stands, and whether it is a text without quotes."""

    span: Span
    key: Span | None
    plain: bool


@dataclass(frozen=True)
class Document:
    """A file that could be read: its text exactly as sent, its data and the place of every value.

    `data` is made of dict, list and str: every scalar is text, and the schema decides what is a number. The span of a
    mapping or list without brackets runs from its first key or dash to the end of its last value; the span of a block
    scalar begins at its `|` or `>` and, unless it keeps its trailing lines (`|+`), ends before its last line break.
    """

    file: str
    text: str
    data: Any
    nodes: Mapping[Path, Node]

    def place_of_value(self, path: Path) -> Place:
        """Where the value at `path` stands; for a path that is not there, the nearest thing around it that is."""
        node = self.nodes.get(path)
        if node is None:
            return self._around(path)
        return place_between(self.text, node.span.start, node.span.end)

    def place_of_key(self, path: Path) -> Place:
        """Where the key of the entry at `path` stands; an item of a list has no key, so its value answers."""
        node = self.nodes.get(path)
        if node is None or node.key is None:
            return self.place_of_value(path)
        return place_between(self.text, node.key.start, node.key.end)

    def _around(self, path: Path) -> Place:
        """The key of the nearest ancestor, or its first line where it has no key."""
        node = next(self.nodes[path[:size]] for size in range(len(path), -1, -1) if path[:size] in self.nodes)
        if node.key is not None:
            return place_between(self.text, node.key.start, node.key.end)
        return place_between(self.text, node.span.start, min(node.span.end, line_end(self.text, node.span.start)))


def read(source: bytes, file: str) -> Document | tuple[Finding, ...]:
    """The document in `source`, or the reasons why it is refused, in the order of the file, 50 at most.

    Never raises because of what `source` holds, and takes time in proportion to its length. `file` is the name shown.
    """
    text, faults = _decoded(source)
    faults = faults or list(islice(_unseen_faults(text), MOST_FINDINGS))
    walk = _Walk(text)
    faults = faults or _walked(walk) or list(islice(_tabs(text, walk.nodes), MOST_FINDINGS))
    if not faults:
        return Document(file, text, walk.root, walk.nodes)
    faults.sort(key=lambda fault: fault.span.start)
    return tuple(_finding(fault, text, file) for fault in faults[:MOST_FINDINGS])


def scalars(text: str, nodes: Mapping[Path, Node]) -> list[Span]:
    """Where the keys and the texts stand, in the order of the file: between them are marks and comments only."""
    keys = [node.key for node in nodes.values() if node.key]
    first = {key.start for key in keys}  # where a quotation mark may begin a whole mapping
    plain = [node.span for node in nodes.values() if node.plain]
    others = (node.span for node in nodes.values() if not node.plain and node.span.start not in first)
    marked = [span for span in others if text[span.start] in "'\"|>"]
    return sorted(keys + plain + marked, key=attrgetter("start"))


_INSTEAD = {"\r": "\n", "\x0b": " ", "\x0c": " ", "\x85": " ", "\u2028": " ", "\u2029": " "}


_NAMELESS = {"Cc": "control character", "Cs": "lone surrogate"}


_ODD_SPACE = re.compile(r"[^\S \t\r\n]")


def _finding(fault: Fault, text: str, file: str) -> Finding:
    place = place_between(text, fault.span.start, fault.span.end)
    return Finding(fault.rule, Severity.ERROR, file, place, fault.path, fault.message, fault.edit)


def _decoded(source: bytes) -> tuple[str, list[Fault]]:
    if len(source) > MOST_BYTES:
        message = f"The file has {len(source):,} bytes: a template has at most {MOST_BYTES:,}; shorten or split it."
        return "", [Fault("too-large", Span(0, 0), message)]
    try:
        return source.decode("utf-8", "surrogatepass"), []  # a lone surrogate is named among the hidden characters
    except UnicodeDecodeError as error:
        text = source.decode("utf-8", "replace")
        start = len(source[: error.start].decode("utf-8", "replace"))
        return text, [Fault("encoding", Span(start, start + 1), _not_utf8(source, error.start))]


def _not_utf8(source: bytes, offset: int) -> str:
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "The file is UTF-16: save it as UTF-8."
    return f"The byte 0x{source[offset]:02X} (at offset {offset:,}) is not UTF-8: save the file as UTF-8."


def _unseen_faults(text: str) -> Iterator[Fault]:
    for match in unseen(text):
        span, run = Span(*match.span()), match.group()
        edit = Edit(span.start, span.end, "".join(_INSTEAD.get(character, "") for character in run))
        if span.start == 0 and run == "\ufeff":
            message = "The file begins with a byte order mark (U+FEFF): save it as UTF-8 without one."
            yield Fault("yaml-feature", span, message, (), edit)
        else:
            yield Fault("hidden-characters", span, _unseen_message(run), (), edit)


def _unseen_message(run: str) -> str:
    if run == "\r":
        return "A carriage return stands here without a line feed: end every line with a line feed."
    if len(run) == 1:
        return f"{_code_point(run)} cannot be seen by a reader: delete it."
    return f"{len(run):,} characters here cannot be seen by a reader, the first is {_code_point(run[0])}: delete them."


def _code_point(character: str) -> str:
    name = unicodedata.name(character, "") or _NAMELESS.get(unicodedata.category(character), "not a character")
    return f"U+{ord(character):04X} ({name})"


def _tabs(text: str, nodes: Mapping[Path, Node]) -> Iterator[Fault]:
    """Tabs outside quotes, block scalars and comments: libyaml takes them for spaces, other readers refuse the file."""
    if "\t" not in text:
        return
    for match in _TAB.finditer(_without_quoted(text, nodes)):
        if match.group(1):
            span = Span(*match.span(1))
            message = "A tab stands here outside quotes, where many YAML readers refuse it: write a space."
            yield Fault("yaml-syntax", span, message, (), Edit(span.start, span.end, " "))


def _without_quoted(text: str, nodes: Mapping[Path, Node]) -> str:
    """The text with every quoted or block scalar covered by as many letters."""
    covered = (span for span in scalars(text, nodes) if text[span.start] in "'\"|>")
    return apply(text, (Edit(span.start, span.end, "x" * (span.end - span.start)) for span in covered))


_TAB = re.compile(r"(?<!\S)#[^\n]*|(\t+)")


_HEADER = re.compile(r"[|>][0-9+-]{0,2}(?: *| +#[^\n]*)(?:\r?\n|\Z)")


_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


def _walked(walk: "_Walk") -> list[Fault]:
    try:
        for event in yaml.parse(walk.text, Loader=LOADER):
            walk.take(event)
            if walk.over or len(walk.faults) >= MOST_FINDINGS:
                break
    except (yaml.YAMLError, ValueError) as error:  # ValueError: PyYAML without libyaml, given "\U00110000"
        fault = syntax_fault(walk.stop(error))
        line = line_start(walk.text, fault.span.start)
        # On a line that makes no sense a missing value is only an echo.
        kept = (
            old for old in walk.faults if old.rule != "empty-value" or line_start(walk.text, old.span.start) != line
        )
        return [*kept, fault]
    return walk.faults


@dataclass
class _Frame:
    """A mapping or list being read."""

    path: Path
    span: Span
    own_key: Span | None
    flow: bool
    box: dict[str, Any] | list[Any]
    key: str | None = None
    key_span: Span | None = None
    end: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    plain_value: Span | None = None
    """Inside { }: the last value without quotes; pieces that a comma cut off belong to it."""
    stray: int | None = None
    """The number of the fault that speaks of such pieces, while they follow each other."""


class _Walk:
    """One pass over the parser's events: builds data and nodes, collects faults."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Any = None
        self.nodes: dict[Path, Node] = {}
        self.faults: list[Fault] = []
        self.over = False
        self._frames: list[_Frame] = []
        self._frame: _Frame | None = None
        self._last = Seen(Span(0, 0), "")
        self._count = 0
        self._documents = 0
        self._trials = 0
        self._anchors: set[str] = set()

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)
        elif isinstance(event, yaml.StreamEndEvent) and not self._documents:
            self._refuse("empty-value", Span(0, 0), "The file is empty: write a template into it.")

    def stop(self, error: Exception) -> "Stop":
        """What is known where the parser gave up."""
        marks = [getattr(error, name, None) for name in ("problem_mark", "context_mark")]
        at, opened = (min(mark.index, len(self.text)) if mark else self._last.span.end for mark in marks)
        said = f"{getattr(error, 'context', None)}: {getattr(error, 'problem', error)}"
        flow = self._frame is not None and self._frame.flow
        return Stop(self.text, at, opened if marks[1] else at, said, self._last, flow)

    def _path(self) -> Path:
        frame = self._frame
        if frame is None:
            return ()
        if isinstance(frame.box, list):
            return (*frame.path, len(frame.box))
        return frame.path if frame.key is None else (*frame.path, frame.key)

    def _refuse(self, rule: str, span: Span, message: str, edit: Edit | None = None) -> None:
        self.faults.append(Fault(rule, span, message, self._path(), edit))

    def _end(self, rule: str, span: Span, message: str, edit: Edit | None = None) -> None:
        self._refuse(rule, span, message, edit)
        self.over = True

    def _quoting(self, start: int, frame: _Frame | None) -> Edit | None:
        """The edit that puts the value of `frame` that begins at `start` in quotes, where that is sure to mend it."""
        self._trials += 1
        end = piece_end(self.text, start) if frame and frame.flow else text_end(self.text, start)
        return quoting(self.text, start, end) if self._trials <= MOST_TRIALS else None

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            message = "A second document begins here: a template is one document; move the rest to a file of its own."
            self._end("yaml-feature", span_of(event), message)
        elif self.text.startswith("%", span_of(event).start):
            self._refuse("yaml-feature", span_of(event), "A directive (`%`) stands before the document: delete it.")

    def _node(self, event: yaml.NodeEvent) -> None:
        self._count += 1
        if self._count > MOST_NODES:
            message = f"The file has more than {MOST_NODES:,} keys and values: shorten or split it."
            self._end("too-large", span_of(event), message)
            return
        if event.anchor is not None or getattr(event, "tag", None) is not None:
            self._features(event)
        frame = self._frame
        if frame is not None and frame.key is None and type(frame.box) is dict:
            self._key(frame, event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        else:
            self._scalar(event)

    def _features(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif event.anchor is not None:
            self._anchors.add(event.anchor)
            edit = None if f"*{event.anchor}" in self.text else self._quoting(span_of(event).start, self._frame)
            name = shown(event.anchor)
            message = f"`&{name}` is an anchor: delete it, or put the value in quotes if the `&` is text."
            self._refuse("yaml-feature", _first(event), message, edit)
        else:
            edit = self._quoting(span_of(event).start, self._frame)
            message = (
                "A value that begins with `!` has a tag: delete the tag, or put the value in quotes if it is text."
            )
            self._refuse("yaml-feature", _first(event), message, edit)

    def _alias(self, event: yaml.AliasEvent) -> None:
        span, name = span_of(event), shown(event.anchor or "")
        if event.anchor in self._anchors:
            message = f"`*{name}` is an alias: write the value out, or put it in quotes if the `*` is text."
            self._refuse("yaml-feature", span, message)
        else:
            message = f"`*{name}` is an alias of nothing: put the value in quotes."
            self._refuse("yaml-feature", span, message, self._quoting(span.start, self._frame))

    def _key(self, frame: _Frame, event: yaml.NodeEvent) -> None:
        if not isinstance(event, yaml.ScalarEvent) or event.style in ("|", ">"):
            self._no_key(frame, event)
            return
        span, name, style = span_of(event), event.value, event.style
        frame.key, frame.key_span = name, span
        self._last = Seen(span, style or "")
        self._spelling(name, span, style)
        if not style and _ODD_SPACE.search(name):
            edit = Edit(span.start, span.end, _ODD_SPACE.sub(" ", self.text[span.start : span.end]))
            message = f"{_code_point(_ODD_SPACE.findall(name)[0])} is not the space YAML knows: write a plain space."
            self._refuse("hidden-characters", span, message, edit)
        if name == "<<" and not style:
            self._refuse("yaml-feature", span, "`<<` merges another mapping into this one: write its entries out.")
        elif name in frame.seen:
            line = place_between(self.text, frame.seen[name], frame.seen[name]).line
            self._refuse("duplicate-key", span, f"`{shown(name)}` stands here again, first on line {line}: keep one.")
        frame.seen.setdefault(name, span.start)

    def _no_key(self, frame: _Frame, event: yaml.NodeEvent) -> None:
        if self.text.startswith("{{", frame.span.start):
            outer = self._frames[-2] if len(self._frames) > 1 else None
            message = "A value without quotes cannot begin with `{{`: put the value in quotes."
            span = Span(frame.span.start, frame.span.start + 2)
            self._end("yaml-syntax", span, message, self._quoting(span.start, outer))
        else:
            message = "A key is a word on one line: write `key: value`, or put the text in quotes."
            self._end("yaml-feature", _first(event), message)

    def _text(self, value: str, span: Span) -> None:
        """Refuse the hidden characters that only an escape makes, which only double quotes know."""
        run = next(unseen(value), None)
        if run is not None:
            message = f"An escape in this text makes {_code_point(run.group()[0])}, which cannot be seen: delete it."
            self._refuse("hidden-characters", span, message)

    def _question(self, span: Span) -> None:
        """Refuse a question mark outside quotes, inside { } or [ ]."""
        text = self.text[span.start : span.end]
        if "?" not in text:
            return
        message = "Inside { } and [ ] many YAML readers refuse a `?` outside quotes: put the text in quotes."
        edit = None if "\n" in text else Edit(span.start, span.end, quoted(text))
        self._refuse("yaml-syntax", span, message, edit)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if len(self._frames) >= MOST_DEPTH:
            message = f"Values are nested more than {MOST_DEPTH} deep: make the structure flatter."
            self._end("too-large", _first(event), message)
            return
        span = span_of(event)
        box: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        own_key = self._frame.key_span if self._frame else None
        self._frame = _Frame(self._path(), span, own_key, bool(event.flow_style), box, end=span.end)
        self._frames.append(self._frame)

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        frame = self._frames.pop()
        self._frame = self._frames[-1] if self._frames else None
        end = frame.end
        if self.text[frame.span.start] in "[{" and frame.flow and frame.span.end > frame.span.start:
            end = span_of(event).end
            self._last = Seen(Span(frame.span.start, end), "]")
        self._keep(frame.box, Node(Span(frame.span.start, end), frame.own_key, plain=False))

    def _scalar(self, event: yaml.NodeEvent) -> None:
        span = span_of(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._keep("", Node(span, None, plain=False))
            return
        style, frame = event.style or "", self._frame
        if style in ("|", ">"):
            span = self._block(span)
        if span.end > span.start:
            self._last = Seen(span, style)
        self._spelling(event.value, span, style)
        if not style and event.value in _NULLS:
            self._empty(event.value, span)
        self._keep(event.value, Node(span, frame.key_span if frame else None, not style))

    def _spelling(self, value: str, span: Span, style: str | None) -> None:
        if style == '"':
            self._text(value, span)
        elif not style and self._frame is not None and self._frame.flow:
            self._question(span)

    def _block(self, span: Span) -> Span:
        """The span of a block scalar without the line breaks it drops or clips; its first line holds no text."""
        text = self.text[span.start : span.end]
        header = _HEADER.match(text)
        if header is None:
            message = f"Only a line break may follow this `{text[0]}`: move the text to the next line."
            self._refuse("yaml-syntax", point(span.start), message)
        return span if "+" in text[:3] else Span(span.start, span.start + len(text.rstrip("\r\n")))

    def _keep(self, value: Any, node: Node) -> None:
        self.nodes[self._path()] = node
        frame = self._frame
        if frame is None:
            self.root = value
            return
        if node.span.end > node.span.start:
            frame.plain_value, frame.stray = (node.span if node.plain else None), None
        frame.end = node.span.end
        if isinstance(frame.box, list):
            frame.box.append(value)
        elif frame.key is not None:
            frame.box[frame.key] = value
            frame.key = frame.key_span = None

    def _empty(self, value: str, span: Span) -> None:
        frame = self._frame
        if value:
            message = f"`{value}` means no value: write one, or remove the entry."
            self._refuse("empty-value", span, message)
        elif frame is None:
            self._refuse("empty-value", span, "The file is empty: write a template into it.")
        elif frame.key is None or frame.key_span is None:
            self._refuse("empty-value", span, "This item of the list has no value: write one, or remove the item.")
        elif frame.flow and self.text[frame.key_span.end : frame.key_span.end + 80].lstrip()[:1] in (",", "}"):
            self._stray(frame, frame.key, frame.key_span)
        else:
            self._refuse("empty-value", frame.key_span, self._unfilled(frame.key, frame.key_span))

    def _unfilled(self, key: str, span: Span) -> str:
        rest = self.text[span.end : line_end(self.text, span.end)].lstrip(" \t:")
        if rest.startswith("#"):
            return f"`{shown(key)}` has no value, `#` begins a comment: put the text in quotes, or write a value."
        return f"`{shown(key)}` has no value: write one after the colon, or remove the key."

    def _stray(self, frame: _Frame, key: str, span: Span) -> None:
        """A piece that a comma cut off from the value in front of it; pieces in a row are one fault."""
        if frame.stray is not None:
            fault = self.faults[frame.stray]
            self.faults[frame.stray] = replace(fault, edit=self._rejoining(frame, span))
            return
        frame.stray = len(self.faults)
        message = f"`{shown(key)}` has no value: a comma ends a value inside {{ }}; put the text in quotes."
        if len(frame.seen) == 1:
            message = (
                f"`{shown(key)}` has no value: write one after a colon, or put the text in quotes with its braces."
            )
        self._refuse("empty-value", span, message, self._rejoining(frame, span))

    def _rejoining(self, frame: _Frame, piece: Span) -> Edit | None:
        if frame.plain_value is None:
            return None
        start, end = frame.plain_value.start, piece.end
        raw = self.text[start:end]
        return None if "\n" in raw or piece.end - piece.start > LONGEST_PIECE else Edit(start, end, quoted(raw))


def _first(event: yaml.Event) -> Span:
    start = span_of(event).start
    return Span(start, start + 1)
