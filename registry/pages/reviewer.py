"""What the bot says: its comments on three pull requests, as its tests hold them."""

import re
from collections.abc import Iterator, Set

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from registry.pages.html import block, fill
from registry.pages.page import Page, Shelf

_RULE = re.compile(r"https://[^/]+/(?:[^/]+/)*reference/rules/([a-z-]+)/")


def pages(shelf: Shelf) -> Iterator[Page]:
    """`reference/reviewer/`."""
    known = {rule.name for rule in (*shelf.rules, *shelf.checks)}
    cases = [(case, shown(case.comment, known)) for case in shelf.said]
    lead = "What the reviewer answers to a pull request: its whole comment, in three cases."
    yield Page("reference/reviewer.md", "What the bot says", lead, fill("reviewer.html", cases=cases))


def shown(comment: str, known: Set[str]) -> Markup:
    """A comment of ours as HTML; its links to the rules that are known lead to this site, all others nowhere."""
    reader = MarkdownIt("commonmark", {"html": True, "breaks": True})
    tokens = reader.parse(comment)
    for token in tokens:
        _fit_for_a_page(token, known)
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704  # ours: nothing of others is alive


def _fit_for_a_page(token: Token, known: Set[str]) -> None:
    if token.type == "fence":
        token.type, token.content = "html_block", f'<pre tabindex="0"><code>{block(token.content)}</code></pre>\n'
    for part in token.children or ():
        if part.type == "link_open":
            rule = _RULE.fullmatch(str(part.attrGet("href")))
            part.attrs = {"href": f"../rules/{rule[1]}/"} if rule and rule[1] in known else {}
