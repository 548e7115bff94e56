"""What contributors wrote, as it may stand in a comment of ours: without mentions, links, references or HTML."""

import re
import unicodedata
from urllib.parse import quote

LONGEST = 200

_MARKS = re.compile(r"[\\*_{}\[\]()<>+\-.!|~#&:=$^'\"@]")
_LIVELY = re.compile(r"\S*(?:[@#$]|://|www\.|mailto:|GH-|GHSA-|CVE-|[0-9a-f]{7}|:[\w+-]+:)\S*", re.IGNORECASE)
"""Words GitHub would make something of: mentions, references, addresses, commits, advisories, formulas, emoji. It looks
for them in what Markdown has made, so that no backslash helps."""


def seen(text: str, longest: int = LONGEST) -> str:
    """On one line, not too long, and with a stand-in for every character nobody sees."""
    line = " ".join(text[: 4 * longest].split())
    shown = "".join(char if _is_seen(char) else "\N{REPLACEMENT CHARACTER}" for char in line)
    return shown if len(shown) <= longest else shown[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"


def code(text: str, longest: int = LONGEST) -> str:
    """The text as inline code, whatever it holds: the fence is longer than any run of backticks inside."""
    line = seen(text, longest) or " "
    fence = "`" * (longest_run(line) + 1)
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def message(text: str) -> str:
    """A finding's sentence: what stands between backticks stays code, everything else is made plain."""
    pieces = seen(text, 600).split("`")
    if len(pieces) % 2 == 0:
        return plain("".join(pieces))
    return "".join(code(piece, 600) if index % 2 else plain(piece) for index, piece in enumerate(pieces) if piece)


def plain(text: str) -> str:
    """Words without any meaning to Markdown or GitHub; what GitHub would link or notify becomes code."""
    line = seen(text, 600).replace("`", "'")
    parts, reached = [], 0
    for match in _LIVELY.finditer(line):
        parts += [_inert(line[reached : match.start()]), code(match.group(), 600)]
        reached = match.end()
    lead, tail = (" " if text[:1].isspace() else ""), (" " if text[-1:].isspace() else "")
    return f"{lead}{''.join([*parts, _inert(line[reached:])])}{tail}" if line else lead


def fenced(text: str, language: str) -> str:
    """A code block that its own text cannot close."""
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def longest_run(text: str) -> int:
    """How many backticks follow each other at most."""
    return max((len(run) for run in re.findall("`+", text)), default=0)


def address(*parts: str) -> str:
    """Parts of a path, percent-encoded, so that no name of a file ends the link it stands in."""
    return "/".join(quote(part, safe="/", errors="replace") for part in parts)


def _inert(text: str) -> str:
    """Backslashes where Markdown would see more than a character; a sentence keeps its full stops and brackets."""
    return _MARKS.sub(lambda mark: _KEPT.get(mark[0], "\\" + mark[0]), text)


_KEPT = {mark: mark for mark in ".,:'\"-=()+^"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
"""Harmless in the middle of a sentence, which is where they stand; the first word of a line is always ours."""


def _is_seen(char: str) -> bool:
    return char.isprintable() and unicodedata.category(char) not in ("Cf", "Co", "Cn") and not _takes_no_room(char)


def _takes_no_room(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or char in "\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5"
