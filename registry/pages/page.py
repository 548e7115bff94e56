"""What a page is, and what all of them are made from."""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from registry.backtest import Verdict
from registry.brief import Brief, brief
from registry.catalog import Catalogue
from registry.exports.export import Export
from schema.facts import Vocabularies
from schema.finding import Severity


class Documented(Protocol):
    """A rule, or a check of the reviewer: something with a page of its own."""

    @property
    def name(self) -> str:
        """Its only id, kebab-case."""

    @property
    def severity(self) -> Severity:
        """How bad what it finds is."""

    @property
    def since(self) -> str:
        """The schema version it exists since."""

    @property
    def title(self) -> str:
        """What holds in a file that satisfies it."""

    @property
    def page(self) -> str:
        """Its text: the title, then What, Why and Fix."""


@dataclass(frozen=True)
class Example:
    """The tested fixtures of a rule: what it finds, and how it is written instead."""

    bad: str
    good: str


@dataclass(frozen=True)
class Said:
    """A comment of the reviewer, in Markdown, and the file it was about; `file` is empty where there is more than one
    or none to show."""

    title: str
    lead: str
    comment: str
    file: str


@dataclass(frozen=True)
class Shelf:
    """Everything there is to show. `address` is where readers reach the registry, without a slash at the end;
    `missing` is empty, or one line that says why there are no pictures. `checks` are what the reviewer looks for in a
    pull request beside the rules; `examples` go by the rule's name; `backtest` holds incidents against templates;
    `said` are comments of the reviewer."""

    catalogue: Catalogue
    vocabularies: Vocabularies
    exports: tuple[Export, ...]
    rules: tuple[Documented, ...]
    schema: Mapping[str, Any]
    address: str
    missing: str = ""
    checks: tuple[Documented, ...] = ()
    examples: Mapping[str, Example] = field(default_factory=dict)
    backtest: tuple[Verdict, ...] = ()
    said: tuple[Said, ...] = ()

    @cached_property
    def briefs(self) -> tuple[Brief, ...]:
        """The newest release of each template in brief."""
        return tuple(brief(release) for release in self.catalogue.latest)


@dataclass(frozen=True)
class Page:
    """One page for MkDocs. `path` is relative to the docs folder; `body` is HTML or, for texts of ours, Markdown."""

    path: str
    title: str
    description: str
    body: str

    @property
    def text(self) -> str:
        """The file. The theme sets title and description into the page as they are, so they are escaped here."""
        front = {
            "title": html.escape(_one_line(self.title)),
            "description": html.escape(_one_line(self.description)[:300]),
        }
        lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in front.items()]
        return "\n".join(["---", *lines, "---", "", self.body, ""])


def _one_line(text: str) -> str:
    return " ".join(text.split())
