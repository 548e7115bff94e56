"""Texts that nobody vouches for inside Graphviz DOT: wrapped, quoted and stacked, and never anything but text."""

import html
import re
import textwrap
from collections.abc import Iterable

_UNPRINTABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """On one line, without characters that XML has no place for."""
    return " ".join(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text).split())


def wrap(text: str, width: int) -> list[str]:
    """At least one line, at most five, of so many characters."""
    return textwrap.wrap(printable(text), width, max_lines=5, placeholder=" …") or [" "]


def escaped(text: str) -> str:
    r"""Text inside a Graphviz HTML label, where `\N` and the like would still be expanded."""
    return html.escape(text).replace("\\", "\\\\")


def rows(lines: Iterable[str]) -> str:
    """An HTML label of these lines, each escaped already."""
    return f"<{'<BR/>'.join(lines)}>"


def stack(cells: Iterable[str]) -> str:
    """Cells under each other, to the left."""
    return table(f'<TD ALIGN="LEFT" BALIGN="LEFT">{cell}</TD>' for cell in cells)


def table(lines: Iterable[str]) -> str:
    """Rows of cells. Bold text has cells of its own: beside other text Graphviz sets its lines too close."""
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">{"".join(f"<TR>{line}</TR>" for line in lines)}</TABLE>'


def quoted(text: str) -> str:
    r"""A DOT string that says just this: Graphviz expands `\N` and the like, and HTML entities, inside quotes."""
    said = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{said}"'
