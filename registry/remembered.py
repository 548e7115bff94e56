"""What was judged of a template's past, kept in the user's cache directory so that the next check is quick.

It is only asked by a check: what is published is judged anew each time. What is missing, damaged, somebody else's, or
made by other code is as good as nothing.
"""

import contextlib
import hashlib
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

import registry
import schema
from schema.facts import PublishedVersion

Published = Mapping[str, tuple[PublishedVersion, ...]]
_ROOMS = tuple(Path(str(module.__file__)).parent for module in (schema, registry, yaml, jsonschema_rs))
_MOST_BYTES = 1_048_576


def code() -> str:
    """What the judging code is: another text after any change to its files or to what it reads files with."""
    files = sorted(entry for room in _ROOMS for entry in _stamps(room))
    return f"{sys.version} {files}"


def key(parts: Iterable[str]) -> str:
    """One digest of everything that a judgement depends on."""
    text = json.dumps(list(parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def once(file: Path | None, asked: str, judge: Callable[[], Published]) -> Published:
    """What this file keeps under exactly this key, else what `judge` says, which is kept there from now on."""
    there = _recalled(file, asked) if file else None
    if there is not None:
        return there
    found = judge()
    if file:
        _keep(file, asked, found)
    return found


def place(root: Path, template: str) -> Path | None:
    """The one file for a template of a checkout, by the XDG base directory specification; None without a home."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    home = os.path.expanduser("~")  # Path.home() raises where there is none
    base = given if os.path.isabs(given) else os.path.join(home, ".cache")
    if not os.path.isabs(base):
        return None
    return Path(base, "threatshelf", "published", f"{key((str(root), template))[:32]}.json")


def _recalled(file: Path, asked: str) -> Published | None:
    try:
        kept = json.loads(_own_bytes(file))
        return _published(kept["published"]) if kept["key"] == asked else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _keep(file: Path, asked: str, found: Published) -> None:
    import tempfile  # noqa: PLC0415 - slow to import, and seldom needed

    # In one step, so that nobody reads half of it; a directory that takes nothing is left alone.
    body = {"key": asked, "published": {id_: [vars(one) for one in versions] for id_, versions in found.items()}}
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=".", dir=file.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as stream:
                json.dump(body, stream)
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)


def _stamps(room: Path) -> Iterator[tuple[str, int, int]]:
    with os.scandir(room) as entries:
        for entry in entries:
            if entry.is_dir() and not entry.name.startswith(("_", ".")):
                yield from _stamps(Path(entry.path))
            elif entry.name.endswith((".py", ".json", ".so")):
                seen = entry.stat()
                yield entry.path, seen.st_size, seen.st_mtime_ns


def _own_bytes(file: Path) -> bytes:
    """The bytes of a regular file of this user's. OSError for anything else."""
    number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(number, "rb") as stream:
        seen = os.fstat(number)
        if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid():
            raise PermissionError(f"{file} is not a file of this user's")
        return stream.read(_MOST_BYTES)


def _published(kept: Any) -> Published:
    return {str(id_): tuple(_version(**one) for one in versions) for id_, versions in kept.items()}


def _version(*, version: str, sha256: str, content: str) -> PublishedVersion:
    if not all(isinstance(text, str) for text in (version, sha256, content)):
        raise TypeError("a version is told in three texts")
    return PublishedVersion(version, sha256, content)
