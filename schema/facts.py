"""What a rule may be told from outside: vocabularies, the ledger of threat ids, published versions, the day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schema.comments import Comment
from schema.finding import Path, Severity
from schema.ids import Ledger
from schema.template import Template


@dataclass(frozen=True)
class Vocabulary:
    """A pinned list of ids and names. `entries` by id; `raw` is the whole file."""

    name: str
    title: str
    release: str
    licence: str
    entries: Mapping[str, Mapping[str, Any]]
    raw: Mapping[str, Any]


@dataclass(frozen=True)
class Vocabularies:
    """All vocabularies by name."""

    by_name: Mapping[str, Vocabulary]

    def __getitem__(self, name: str) -> Vocabulary:
        return self.by_name[name]


@dataclass(frozen=True)
class PublishedVersion:
    """What the catalogue knows of one published version: its number, the sha-256 of its bytes and of its content."""

    version: str
    sha256: str
    content: str


@dataclass(frozen=True)
class Telling:
    """A sentence that another file holds too: the template's id, and the path of the text it stands in."""

    template: str
    path: Path


@dataclass(frozen=True)
class Facts:
    """Everything outside the file that a rule may look at. `published` holds, by template id, versions oldest first."""

    vocabularies: Vocabularies
    schema: Mapping[str, Any]
    today: date
    published: Mapping[str, tuple[PublishedVersion, ...]] = field(default_factory=dict)
    folder: str | None = None
    """The name of the folder the file stands in; None when it stands in none of the registry's."""
    content: str | None = None
    """The digest of the content of the very file that is looked at."""
    comments: tuple[Comment, ...] = ()
    """The comments of the very file that is looked at."""
    elsewhere: Mapping[str, tuple[Telling, ...]] = field(default_factory=dict)
    """By its digest, where a sentence stands in the templates around; the very file that is looked at may be one."""
    severities: Mapping[str, Severity] = field(default_factory=dict)
    """Every rule's severity by its name."""
    ledger: Ledger | None = None
    """The ledger of threat ids; None when it could not be reached."""
    pull_request: int | None = None
    """The pull request that touches the file; None when none does."""
    base: Template | None = None
    """The template as it stands where the pull request wants to go; None when it is new, or nobody knows."""
    same_as: frozenset[tuple[str, str]] = frozenset()
    """The (threat id, threat key) pairs of which a maintainer has said that they are the same threat."""
