"""The files that fuzzing begins with: the fixtures of the tests, all of which are small."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from schema.shipped import template_schema

TESTS = Path(__file__).parents[2]
FOUND = TESTS / "data" / "found"
MINIMAL = (TESTS / "data" / "minimal.yaml").read_bytes()
LARGEST = 12_000
"""Bytes; larger files are slow to judge and teach nothing new."""


@cache
def seeds() -> tuple[bytes, ...]:
    """The contents of every fixture, each once, in the order of their names."""
    paths = [*TESTS.glob("data/**/*.yaml"), *TESTS.glob("schema/rules/*/*.yaml"), *found()]
    files = (path.read_bytes() for path in sorted(paths) if path.stat().st_size <= LARGEST)
    return tuple(dict.fromkeys(files))


def found() -> list[Path]:
    """The files by which a door was broken once."""
    return sorted(path for path in FOUND.iterdir() if path.suffix != ".md")


@cache
def words() -> tuple[str, ...]:
    """Every field and every listed value of the schema."""
    return tuple(sorted({word for word in _words(template_schema()) if word}))


@cache
def values() -> Mapping[str, list[Any]]:
    """What stands under each field in any of the seeds, as data."""
    kept: dict[str, list[Any]] = {}
    for seed in seeds():
        for name, value in _fields(_data(seed)):
            kept.setdefault(name, []).append(value)
    return kept


def _words(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("properties", ())
        yield from map(str, part.get("enum", ()))
        for inner in part.values():
            yield from _words(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _words(inner)


def _data(seed: bytes) -> Any:
    try:
        return yaml.load(seed, Loader=yaml.CBaseLoader)  # noqa: S506  # it builds text only
    except (yaml.YAMLError, ValueError, TypeError):  # a fixture of what cannot be read
        return None


def _fields(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield str(name), value
            yield from _fields(value)
    elif isinstance(data, list):
        for value in data:
            yield from _fields(value)
