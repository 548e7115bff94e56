"""The package's own JSON, read once: the vocabularies a template may cite and the published schema."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from schema.facts import Facts, PublishedVersion, Vocabularies, Vocabulary

_ROOM = files("schema")
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
    # Only digits may become part of a path; the file itself says which minor versions it is for.
    major = version.partition(".")[0]
    schema: dict[str, Any] = json.loads(_schema_bytes(major)) if major.isascii() and major.isdecimal() else {}
    if not schema or version not in schema["properties"]["schema_version"]["enum"]:
        raise NotShippedError(f"no template schema has the version {version!r}")
    return schema


def facts(
    today: date, folder: str | None = None, published: Mapping[str, tuple[PublishedVersion, ...]] | None = None
) -> Facts:
    """What a check may know: the vocabularies, the schema and the day; of a checkout also folder and publications."""
    return Facts(
        vocabularies=vocabularies(), schema=template_schema(), today=today, folder=folder, published=published or {}
    )


@cache
def _schema_bytes(major: str) -> bytes:
    file = _ROOM.joinpath(f"v{major}", "template.schema.json")
    return file.read_bytes() if file.is_file() else b"{}"


def _vocabulary(name: str) -> Vocabulary:
    raw = json.loads(vocabulary_bytes(name))
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
