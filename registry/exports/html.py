"""The report as one page for a browser: it loads nothing, runs nothing, and prints well."""

from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from registry.catalog import Release
from registry.exports import markdown, svg
from registry.exports.export import Export

MEDIA_TYPE = "text/html; charset=utf-8"
_STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
body { overflow-wrap: break-word; }
h1, h2, h3, h4 { line-height: 1.2; break-after: avoid; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border: 1px solid #8888; padding: .25rem .5rem; text-align: start; vertical-align: top; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
pre { overflow-x: auto; border: 1px solid #8888; padding: .5rem; }
thead:not(:has(th:not(:empty))) { display: none; }
svg { max-width: 100%; height: auto; background: #fff; }
@media print { body { max-width: none; padding: 0; } tr, pre, svg { break-inside: avoid; } table { display: table; } }
"""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Threatshelf">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}</main>
</body>
</html>
"""


def render(release: Release) -> bytes:
    """UTF-8 HTML, without markup of a contributor's: the report escapes it, and its reader takes no HTML."""
    picture = "" if svg.available() else svg.level_one(release).decode().partition("?>")[2].strip()
    body = _reader().render(markdown.render(release).decode(), {"picture": picture})
    title = escape(f"{release.template.title} {release.version}")
    return _PAGE.format(title=title, style=_STYLE, body=body).encode()


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    reader.add_render_rule("fence", _fence)
    return reader


def _fence(self: Any, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType) -> str:
    """A block of code; the diagram, which the report holds as Mermaid, is drawn where it can be."""
    if tokens[at].info == "mermaid" and env["picture"]:
        return f"<figure>{env['picture']}</figure>\n"
    return str(self.fence(tokens, at, options, env))


EXPORT = Export("html", MEDIA_TYPE, rendered=True, title="Report for a browser", render=render)
