"""Prose is words, not HTML.

What: an HTML tag, comment or entity outside backticks; a Markdown image; a Markdown link to `javascript:`,
`vbscript:` or `data:`. `config.content` is code and is not looked at; comments are.

Why: readers differ in what they do with it. One shows it, one hides it, one runs it, and an image tells its host who
reads the page. A reviewer has to see the same text as everybody else.

Fix: say it in words, or put it between backticks when the text speaks about it: `<script>`. Pictures are drawn from
`diagram`.
"""

import re
from collections.abc import Iterator
from html.entities import html5

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.prose import prose, without_code
from schema.rules.rule import Slip, in_comments, in_texts, rule
from schema.template import Template
from schema.text import shown

TAG = re.compile(
    r"</?(?:a|abbr|article|audio|b|base|blockquote|body|br|button|canvas|center|code|dd|del|details|div|dl|dt|em|embed|"
    r"font|footer|form|frame|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|map|mark|math|meta|"
    r"nav|noscript|object|ol|option|p|picture|pre|script|section|select|small|source|span|strike|strong|style|sub|"
    r"summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|u|ul|video|xml)(?=[\s/>])[^<>]{0,500}>?",
    re.IGNORECASE,
)
COMMENT = re.compile(r"<!--|<!DOCTYPE\b|<\?xml\b|<!\[CDATA\[", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
IMAGE = re.compile(r"!\[[^\]]{0,500}\]\s?[(\[]")
SCHEME = re.compile(r"\]\(\s*<?\s*(?:javascript|vbscript|data):", re.IGNORECASE)


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Texts and comments that hold what a browser takes for more than text."""
    yield from in_texts(prose(template), _slips)
    yield from in_comments(facts.comments, _slips)


def _slips(text: str) -> Iterator[Slip]:
    if "<" in text or "&" in text or "](" in text or "![" in text:
        for what, found in _markup(without_code(text)):
            advice = "say it in words, or put it between backticks"
            yield Slip(*found.span(), f"`{shown(found.group())}` is {what}: {advice}.")


def _markup(text: str) -> Iterator[tuple[str, "re.Match[str]"]]:
    """The first of each sort: (what it is, how it stands there)."""
    for what, form in (
        ("an HTML tag", TAG),
        ("hidden from readers", COMMENT),
        ("an image", IMAGE),
        ("a script", SCHEME),
    ):
        match = form.search(text)
        if match:
            yield what, match
    entity = next(filter(_is_entity, ENTITY.finditer(text)), None)
    if entity:
        yield "an HTML entity", entity


def _is_entity(match: "re.Match[str]") -> bool:
    return match.group(1) is None or f"{match.group(1)};" in html5


RULE = rule(__name__, __doc__, Severity.ERROR, look)
