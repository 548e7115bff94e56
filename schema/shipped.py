"""The package's own JSON, read once: the vocabularies a template may cite and the published schema."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from schema.facts import Facts, PublishedVersion, Vocabularies, Vocabulary
from schema.versions import SCHEMA_VERSIONS

_ROOM = Path(__file__).parent
_SUFFIX = ".json"


class NotShippedError(LookupError):
    """Somebody asked for a vocabulary or a schema version that this package does not carry."""


@cache
def vocabulary_names() -> tuple[str, ...]:
    """The names of all shipped vocabularies, in alphabetical order: `atlas`, `atlas-case-studies`, ..."""
    found = (file.name for file in _ROOM.joinpath("vocabulary").iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)))


@cache
def vocabulary_bytes(name: str) -> bytes:
    """The file of one vocabulary as it is published, UTF-8 JSON; NotShippedError for a name that is not ours."""
    # A name may come from a URL: only a listed one ever becomes part of a path.
    if name not in vocabulary_names():
        raise NotShippedError(f"no vocabulary is called {name!r}")
    return _ROOM.joinpath("vocabulary", name + _SUFFIX).read_bytes()


@cache
def vocabularies() -> Vocabularies:
    """All shipped vocabularies by name, each with its entries by key.

    The key is the entry's id; in `compliance`, where two frameworks share ids, it is `<framework>:<id>`.
    """
    return Vocabularies(by_name=MappingProxyType({name: _vocabulary(name) for name in vocabulary_names()}))


def template_schema(version: str = "1.0") -> dict[str, Any]:
    """The published JSON Schema of templates, a fresh copy on each call; NotShippedError for an unknown version."""
    schema: dict[str, Any] = json.loads(schema_bytes(version))
    return schema


@cache
def schema_bytes(version: str = "1.0") -> bytes:
    """The file of the published schema; NotShippedError for an unknown version."""
    # Only a version that exists may become part of a path.
    if version not in SCHEMA_VERSIONS:
        raise NotShippedError(f"no template schema has the version {version!r}")
    return _ROOM.joinpath(f"v{version.partition('.')[0]}", "template.schema.json").read_bytes()


def facts(
    today: date, folder: str | None = None, published: Mapping[str, tuple[PublishedVersion, ...]] | None = None
) -> Facts:
    """What a check may know: the vocabularies, the schema and the day; of a checkout also folder and publications."""
    return Facts(vocabularies=vocabularies(), schema=_schema(), today=today, folder=folder, published=published or {})


@cache
def _schema() -> Mapping[str, Any]:
    return template_schema()


def _vocabulary(name: str) -> Vocabulary:
    return vocabulary(json.loads(vocabulary_bytes(name)))


def vocabulary(raw: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary that the content of a file in our form is."""
    entries = {_key(entry): MappingProxyType(entry) for entry in raw.get("entries", ())}
    return Vocabulary(
        name=raw["name"],
        title=raw["title"],
        release=raw["release"],
        licence=raw["licence"],
        entries=MappingProxyType(entries),
        raw=MappingProxyType(raw),
    )


def _key(entry: Mapping[str, Any]) -> str:
    framework = entry.get("framework")
    return f"{framework}:{entry['id']}" if framework else str(entry["id"])
