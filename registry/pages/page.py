"""What a page is, and what all of them are made from."""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.catalog import Catalogue
from registry.exports.export import Export
from schema.facts import Vocabularies
from schema.rules.rule import Rule


@dataclass(frozen=True)
class Shelf:
    """Everything there is to show. `address` is where readers reach the registry, without a slash at the end;
    `missing` is empty, or one line that says why there are no pictures."""

    catalogue: Catalogue
    vocabularies: Vocabularies
    exports: tuple[Export, ...]
    rules: tuple[Rule, ...]
    schema: Mapping[str, Any]
    address: str
    missing: str = ""


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
