"""What people read in a template: all but the settings to copy; texts without code or quotations; whole sentences."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from schema.facts import Telling
from schema.finding import Path
from schema.template import Template, texts

_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_QUOTED = re.compile(r"“[^”]*”|\u2018[^\u2019]*\u2019|«[^»]*»|\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")
_SENTENCE = re.compile(r"\S.*?(?:[.!?](?=[\s)\]”\u2019\"'*_]|\Z)|(?=\n\s*\n)|\Z)", re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
LEAST_WORDS = 12
"""Fewer words may well be the same by chance, or have to be: a name, a heading, a usual phrase."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of twelve words or more. `digest` is the same for equal words, whatever their case and marks."""

    path: Path
    text: str
    digest: str


def prose(template: Template) -> Iterator[tuple[Path, str]]:
    """Every text with its path, in document order, without `config.content`, which is code as a whole."""
    return ((path, text) for path, text in texts(template) if path[-2:] != ("config", "content"))


def sentences(template: Template) -> Iterator[Sentence]:
    """The long sentences of the template's own.

    Code, quotations, commands and titles of sources are not its own; the title of a threat belongs to all who share it.
    """
    for path, text in prose(template):
        if len(text) > 2 * LEAST_WORDS and path[-1] != "verify" and path[0] != "references" and not _names_threat(path):
            yield from _sentences(path, text)


def _names_threat(path: Path) -> bool:
    return path[0] == "threats" and path[2:] == ("title",)


def tellings(templates: Iterable[Template]) -> Mapping[str, tuple[Telling, ...]]:
    """By its digest, the first two templates that hold a sentence: one of them is another than whoever asks."""
    found: dict[str, tuple[Telling, ...]] = {}
    for template in templates:
        for sentence in sentences(template):
            known = found.get(sentence.digest, ())
            if len(known) < 2 and all(one.template != template.id for one in known):
                found[sentence.digest] = (*known, Telling(template.id, sentence.path))
    return found


def _sentences(path: Path, text: str) -> Iterator[Sentence]:
    for match in _SENTENCE.finditer(without_quotations(text)):
        words = _WORD.findall(match.group().casefold())
        if len(words) >= LEAST_WORDS:
            digest = blake2b(" ".join(words).encode("utf-8", "replace"), digest_size=12).hexdigest()
            yield Sentence(path, text[match.start() : match.end()], digest)


def without_code(text: str) -> str:
    """The text with blanks where code stands between backticks; every other character keeps its place."""
    return _CODE.sub(_blank, text) if "`" in text else text


def without_quotations(text: str) -> str:
    """The text with blanks where code or words in quotation marks stand; every other character keeps its place."""
    return _QUOTED.sub(_blank, without_code(text))


def _blank(match: "re.Match[str]") -> str:
    return " " * len(match.group())
