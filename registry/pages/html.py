"""From templates of HTML to pages: everything that comes in is escaped; only `code` in backticks becomes markup."""

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from schema import risk
from schema.stride import NAMES

_CODE = re.compile(r"`([^`\n]+)`")
_SAFE = re.compile(r"https://[^\s<>\"'\\]+")


def fill(name: str, **said: Any) -> str:
    """The template `name` filled in. It is one block of HTML, so that MkDocs reads no Markdown in it."""
    return _ENVIRONMENT.get_template(name).render(**said)


def inline(text: str) -> Markup:
    """Text of a contributor inside a line: escaped, `code` as code."""
    parts = _CODE.split(text)
    return Markup().join(
        Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts)
    )


def prose(text: str) -> Markup:
    """Text of a contributor in paragraphs; an empty line parts them."""
    paragraphs = (part for part in re.split(r"\n[ \t]*\n", text) if part.strip())
    return Markup().join(Markup("<p>{}</p>\n").format(inline(part.strip())) for part in paragraphs)


def block(text: str) -> Markup:
    """Text of a contributor inside `pre`. MkDocs would change tabs and empty lines, so both are written as codes."""
    return escape(text.rstrip("\n")).replace("\t", Markup("&#9;")).replace("\n", Markup("&#10;"))


def link(address: str, words: str) -> Markup:
    """A link out, when the address is https and holds nothing odd; else only the words."""
    if not _SAFE.fullmatch(address):
        return inline(words)
    return Markup('<a href="{}" rel="noopener nofollow">{}</a>').format(address, inline(words))


def word(text: str) -> str:
    """A value of ours or of a contributor as part of a class name."""
    return re.sub("[^a-z0-9-]", "", text.lower().replace(" ", "-"))


def spaced(text: str) -> str:
    """A kebab-case value as words."""
    return text.replace("-", " ").replace("_", " ")


_ENVIRONMENT = Environment(
    loader=PackageLoader("registry.pages", "html"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_FILTERS: Mapping[str, Any] = {
    "inline": inline,
    "prose": prose,
    "block": block,
    "word": word,
    "spaced": spaced,
    "level": risk.level,
    "score": risk.score,
}
_ENVIRONMENT.filters.update(_FILTERS)
_ENVIRONMENT.globals.update(stride_names=NAMES, link=link)
