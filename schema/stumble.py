"""What the parser stumbled over, said as a person would: the usual first errors of YAML, each with its repair."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import yaml

from schema.finding import Edit
from schema.text import Fault, Span, apply, line_end, line_start, place_between, quoted, shown


class Seen(NamedTuple):
    """The last finished scalar, or list or mapping in brackets."""

    span: Span
    style: str


def span_of(event: Any) -> Span:
    return Span(event.start_mark.index, event.end_mark.index)


@dataclass(frozen=True)
class Stop:
    """Where the parser gave up (`at`), where the thing it was reading began (`opened`), and what it had seen before."""

    text: str
    at: int
    opened: int
    said: str
    last: Seen
    flow: bool

    @property
    def starts_line(self) -> bool:
        return not self.text[line_start(self.text, self.at) : self.at].strip(" -")

    def line_of(self, at: int) -> int:
        return place_between(self.text, at, at).line

    def quoting(self, start: int) -> Edit | None:
        """The edit that puts the value at `start` in quotes, where that is sure to mend it."""
        before = self.text[line_start(self.text, start) : start]
        opened = before.count("{") + before.count("[") - before.count("}") - before.count("]")
        inside = self.flow or opened > 0
        end = piece_end(self.text, start) if inside else text_end(self.text, start)
        return quoting(self.text, start, end)


def syntax_fault(stop: Stop) -> Fault:
    """The fault in the words of someone who wants to mend the file; the parser's own words help nobody."""
    for diagnose in _DIAGNOSES:
        fault = diagnose(stop)
        if fault is not None:
            return fault
    message = (
        "This is not YAML from here on: look at the quotes, brackets and indentation of this line and the one above."
    )
    return Fault("yaml-syntax", _here(stop), message)


def _here(stop: Stop) -> Span:
    """The character the parser stumbled over, or the end of the text."""
    return Span(stop.at, min(stop.at + 1, line_end(stop.text, stop.at)) if stop.at < len(stop.text) else stop.at)


def point(start: int) -> Span:
    return Span(start, start + 1)


def _directive(stop: Stop) -> Fault | None:
    if "directive" not in stop.said:
        return None
    message = "A line that begins with `%` is a directive: delete it, or put the text in quotes."
    return Fault("yaml-feature", point(stop.opened), message)


def _unclosed_quote(stop: Stop) -> Fault | None:
    if "quoted scalar" not in stop.said or "unexpected" not in stop.said:
        return None
    quote = stop.text[stop.opened]
    end = text_end(stop.text, stop.opened)
    edit = Edit(end, end, quote)
    sure = quote == '"' and _trial(apply(stop.text, [edit]), len(stop.text))[1]  # a `'` may be an apostrophe
    message = f"The quote opened here is never closed: put `{quote}` at the end of the text."
    return Fault("yaml-syntax", point(stop.opened), message, (), edit if sure else None)


def _bad_escape(stop: Stop) -> Fault | None:
    if "quoted scalar" not in stop.said and "chr()" not in stop.said:
        return None
    without_mark = "chr()" in stop.said
    start = stop.text.find("\\U", stop.opened) if without_mark else stop.text.rfind("\\", stop.opened, stop.at + 1)
    if start < 0:
        return None
    escape = shown(stop.text[start : start + 2])
    message = f"`{escape}` is no escape that YAML reads here: write `\\\\` for a backslash, or use single quotes."
    return Fault("yaml-syntax", Span(start, start + 2), message)


def _tab(stop: Stop) -> Fault | None:
    start = line_start(stop.text, stop.at)
    match = _TAB_INDENT.match(stop.text, start)
    if match is None or stop.at > match.end():
        return None
    lines = _TAB_LINES.match(stop.text, start) or match
    edit = Edit(start, lines.end(), _TAB_INDENT.sub(lambda indent: indent.group().replace("\t", "  "), lines.group()))
    mended = apply(stop.text, [edit])
    sure = _trial(mended, line_end(mended, start))[1]
    message = "A tab indents this line, which YAML forbids: indent with spaces."
    return Fault("yaml-syntax", Span(start, match.end()), message, (), edit if sure else None)


def _text_after(stop: Stop) -> Fault | None:
    """Text that follows a closing quote or bracket on its line."""
    last = stop.last
    if last.style not in ("'", '"', "]") or stop.text[last.span.end : stop.at].strip(" \t") or _ends_line(stop):
        return None
    if stop.line_of(last.span.start) != stop.line_of(stop.at):
        message = (
            f"What opens here closes only on line {stop.line_of(stop.at)}, before other text: close it where it ends."
        )
        return Fault("yaml-syntax", point(last.span.start), message)
    what = "bracket" if last.style == "]" else "quote"
    message = f"Text follows the closing {what}: put the whole value in quotes, or delete what follows."
    return Fault("yaml-syntax", _here(stop), message, (), _requoting(stop))


def _ends_line(stop: Stop) -> bool:
    return stop.at >= line_end(stop.text, stop.at)


def _requoting(stop: Stop) -> Edit | None:
    """Sure only when the quotes inside the value cannot be meant as the quotes around it."""
    start = stop.last.span.start
    if not stop.text[line_start(stop.text, start) : start].strip():
        return None  # a key: quotes around the line would swallow it
    edit = stop.quoting(start)
    if edit is None or stop.last.style == "]":
        return edit
    raw = stop.text[edit.start : edit.end]
    if not raw.endswith(raw[0]):
        return edit
    inner = raw[1:-1]
    return replace(edit, text=quoted(inner)) if "'" in inner and _APOSTROPHE.fullmatch(inner) else None


def _indicator(stop: Stop) -> Fault | None:
    """A value without quotes that begins with a character YAML keeps for itself."""
    if not _KEPT_CHARACTER.search(stop.said):
        return None
    start = stop.opened if _KEPT_RUN.search(stop.said) else stop.at
    character = stop.text[start : start + 1]
    if character not in _KEPT:
        return None
    if character == "-":
        message = "A list cannot begin here: begin it on a line of its own, or put the value in quotes if it is text."
        return Fault("yaml-syntax", point(start), message)
    edit = None if stop.starts_line and start == stop.at else stop.quoting(start)
    name = "a backtick" if character == "`" else f"`{character}`"
    message = f"A value without quotes cannot begin with {name}: put the value in quotes."
    return Fault("yaml-syntax", point(start), message, (), edit)


def _closes_nothing(stop: Stop) -> Fault | None:
    bracket = stop.text[stop.at : stop.at + 1]
    if bracket not in ("]", "}") or stop.last.style not in ("'", '"', "]"):
        return None
    message = f"This `{bracket}` closes nothing: delete it, or put the value in quotes if it is text."
    return Fault("yaml-syntax", point(stop.at), message)


def _colon(stop: Stop) -> Fault | None:
    """A colon that cannot follow what stands before it."""
    start, end = stop.last.span.start, stop.last.span.end
    if stop.text[stop.at : stop.at + 1] != ":":
        return None
    if "unexpected ':'" in stop.said:
        message = "Nothing follows this colon: write a value after a space, or put the text in quotes."
        return Fault("yaml-syntax", point(stop.at), message)
    if end == start or stop.text[end : stop.at].strip():
        return Fault(
            "yaml-syntax", point(stop.at), "No key stands before this colon: write one, or put the text in quotes."
        )
    if stop.last.style:
        return None
    if "\n" in stop.text[start : stop.at]:
        return None if "flow" in stop.said else _colon_below(stop)
    message = "A text without quotes cannot hold a colon here: put the text in quotes."
    sure = _AFTER_KEY.search(stop.text[line_start(stop.text, start) : start])
    return Fault("yaml-syntax", point(stop.at), message, (), stop.quoting(start) if sure else None)


def _colon_below(stop: Stop) -> Fault:
    """A colon in a line that YAML takes for more of the text above it."""
    start = stop.last.span.start
    glued = _GLUED.match(stop.text, start, stop.last.span.end)
    if glued is not None:
        return _glued(glued)
    line = stop.line_of(start)
    message = (
        f"The text begun on line {line} cannot hold a colon: line this up with its mapping, or put the text in quotes."
    )
    return Fault("yaml-syntax", point(stop.at), message)


def _glued(match: re.Match[str]) -> Fault:
    message = "A plain space is missing after this colon: write `key: value`."
    return Fault("yaml-syntax", Span(*match.span(1)), message, (), Edit(*match.span(1), ": "))


def _bracket(stop: Stop) -> Fault | None:
    if "flow mapping" not in stop.said and "flow sequence" not in stop.said:
        return None
    opener = stop.text[stop.opened : stop.opened + 1]
    closer = {"{": "}", "[": "]"}.get(opener, "}")
    if _ends_line(stop) and not stop.text[stop.at :].strip():
        message = f"The `{opener}` opened here is never closed: put `{closer}` where it ends."
        return Fault("yaml-syntax", point(stop.opened), message)
    if stop.line_of(stop.opened) != stop.line_of(stop.at):
        message = (
            f"What this `{opener}` opens makes no sense from line {stop.line_of(stop.at)} on: put `{closer}` where it "
            "ends, or add the missing comma."
        )
        return Fault("yaml-syntax", point(stop.opened), message)
    message = f"A comma or the closing `{closer}` is missing before this: add it, or put the text in quotes."
    return Fault("yaml-syntax", _here(stop), message)


def _no_colon(stop: Stop) -> Fault | None:
    if "could not find expected ':'" not in stop.said:
        return None
    end = line_end(stop.text, stop.opened)
    glued = _GLUED.match(stop.text, stop.opened, end)
    if glued is not None:
        return _glued(glued)
    message = "This line is neither `key: value` nor part of the text above: add the colon, or indent it under its key."
    return Fault("yaml-syntax", Span(stop.opened, end), message)


def _indentation(stop: Stop) -> Fault | None:
    if not _BLOCK.search(stop.said) or not stop.starts_line:
        return None
    column = stop.at - line_start(stop.text, stop.at)
    if "block collection" in stop.said and column == stop.opened - line_start(stop.text, stop.opened):
        message = (
            f"The list begun on line {stop.line_of(stop.opened)} goes on here: begin the line with `- `, or indent it."
        )
        return Fault("yaml-syntax", _here(stop), message)
    message = f"Nothing in column {column + 1} can follow what stands above: line it up with the entries it belongs to."
    return Fault("yaml-syntax", _here(stop), message)


_DIAGNOSES: tuple[Callable[[Stop], Fault | None], ...] = (
    _directive,
    _unclosed_quote,
    _bad_escape,
    _tab,
    _closes_nothing,
    _text_after,
    _colon,
    _indicator,
    _bracket,
    _no_colon,
    _indentation,
)


_TAB_INDENT = re.compile(r"^[ -]*\t[ \t]*", re.MULTILINE)


_TAB_LINES = re.compile(r"(?:[ -]*\t[^\n]*(?:\n|\Z))+")


_APOSTROPHE = re.compile(r"(?:[^'\"]|(?<=\w)'(?=\w))*")


_GLUED = re.compile(r"[A-Za-z_][\w-]{0,63}(:[^\S\r\n]?)(?=[^\s/:])")


_AFTER_KEY = re.compile(r"(?:^|[\s{,\[])[a-z][a-z0-9_]{0,63}:[ \t]+$")


_KEPT_CHARACTER = re.compile(
    r"cannot start any token|expected( the)? node content|not allowed|scanning an? (alias|anchor|tag)"
    r"|parsing a tag|scanning a block scalar"
)


_KEPT = frozenset("@`*&!|>%{}[],?:#-")


_KEPT_RUN = re.compile(r"scanning an? (alias|anchor|tag|block scalar)|parsing a tag")


_PIECE = re.compile(r"(?:\{\{[^{}\r\n]*\}\}|[^,{}\[\]\r\n])*")


_COMMENT = re.compile(r"(?<=[ \t])#")


_BLOCK = re.compile(r"block (mapping|collection)|<document start>")


_PIECE_ENDS = frozenset(",]}")


LONGEST_PIECE = 2_000


def text_end(text: str, start: int) -> int:
    """Where a value of one line ends in a block: before a comment, without the blanks at its end."""
    line = text[start : line_end(text, start)]
    comment = _COMMENT.search(line)
    return start + len(line[: comment.start() if comment else None].rstrip())


def piece_end(text: str, start: int) -> int:
    """Where a value of one line ends inside brackets: before a comma or bracket, `{{name}}` being text."""
    match = _PIECE.match(text, start)
    return start + len(match.group().rstrip()) if match else start


def quoting(text: str, start: int, end: int) -> Edit | None:
    """The edit that puts this stretch in quotes, if a parser then reads it as one value that ends there."""
    if end <= start:
        return None
    edit = Edit(start, end, quoted(text[start:end]))
    value = Span(start, start + len(edit.text))
    mended = apply(text, [edit])
    spans, past = _trial(mended, line_end(mended, value.end))
    past = past or mended[value.end : value.end + 80].lstrip(" ")[:1] in _PIECE_ENDS
    return edit if past and value in spans else None


def _trial(text: str, end: int) -> tuple[list[Span], bool]:
    """What a parser sees up to `end`, and whether it makes sense of what follows there."""
    spans: list[Span] = []
    try:
        for event in yaml.parse(text, Loader=LOADER):
            spans.append(span_of(event))
            if spans[-1].start > end:
                break
    except (yaml.YAMLError, ValueError):
        return spans, False
    return spans, True


LOADER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
