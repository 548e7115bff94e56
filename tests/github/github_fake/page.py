"""What GitHub makes of the text of a comment: HTML, before its sanitizer would take anything out.

Markdown is CommonMark with tables, strikethrough and line breaks as they are typed. On the text that comes out, outside
code and links, further filters look for mentions, references, commits, addresses, emoji and formulas; there a backslash
protects nothing. Wherever GitHub asks whether something exists (a person, an emoji), everything exists here.
"""

import re
from html import escape
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_FILTERS = (
    ("user-mention", r"(?<![A-Za-z0-9_`/])@[A-Za-z0-9][A-Za-z0-9-]*(?:/[A-Za-z0-9._-]+)?"),
    ("issue-link", r"(?:[\w.-]+(?:/[\w.-]+)?)?#[0-9]+|\b[Gg][Hh]-[0-9]+"),
    ("advisory", r"\b(?:GHSA(?:-[0-9a-z]{4}){3}|CVE-[0-9]{4}-[0-9]{4,})"),
    ("commit-link", r"\b[0-9a-f]{7,40}\b"),
    ("address", r"(?:https?|ftp)://[^\s<]+|\bwww\.[^\s<]+|\bmailto:[^\s<]+|[\w.+-]+@[\w-]+\.[\w.-]+"),
    ("emoji", r":[A-Za-z0-9_+-]*[A-Za-z_+-][A-Za-z0-9_+-]*:"),
    ("formula", r"\$"),
)
_LIVE = re.compile("|".join(f"(?P<f{at}>{pattern})" for at, (_, pattern) in enumerate(_FILTERS)), re.IGNORECASE)
_DEAD = ("pre", "code", "a", "tt")
_VOID = ("br", "hr", "img", "input")
_TASK = re.compile(r"(<li>(?:<p>)?)\[[ xX]\] ")
_MARKDOWN = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])


def page(text: str) -> str:
    """The comment as HTML; what GitHub makes live is an element with a class that says so."""
    filters = _Filters()
    filters.feed(_TASK.sub(r'\1<input type="checkbox">', _MARKDOWN.render(text)))
    filters.close()
    return "".join(filters.out)


class _Filters(HTMLParser):
    """Hands everything through but the text outside of code and links, which it looks at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # as it stands
        self.out.append(self.get_starttag_text() or "")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.out.append(f"</{tag}>")
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_comment(self, data: str) -> None:
        self.out.append(f"<!--{data}-->")

    def handle_data(self, data: str) -> None:
        if any(tag in _DEAD for tag in self._open):
            self.out.append(escape(data))
            return
        reached = 0
        for match in _LIVE.finditer(data):
            kind = _FILTERS[int(str(match.lastgroup)[1:])][0]
            self.out += [escape(data[reached : match.start()]), f'<a class="{kind}" href="#">{escape(match[0])}</a>']
            reached = match.end()
        self.out.append(escape(data[reached:]))
