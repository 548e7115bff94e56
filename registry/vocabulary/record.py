"""What an official file says of a vocabulary, laid over what we hold of it: ids once known are never forgotten."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
_GONE = ("revoked", "deprecated")


class FormatError(ValueError):
    """The file is not what its publisher publishes; the message says in one sentence what is missing."""


@dataclass(frozen=True)
class Official:
    """One vocabulary as its publisher has it.

    `entries` are records in our form: `id` and `name`, and by vocabulary `tactics`, `parent`, `status`, `replaced_by`;
    `former_names`, newest first, are ours and come from what we held.
    `released` is the day as ISO 8601, empty where the file does not say; `tactics` is empty where there are none.
    """

    name: str
    release: str
    released: str
    entries: tuple[Json, ...]
    tactics: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Change:
    """One entry that is not what it was. `word`: new, renamed, revoked, deprecated, back."""

    word: str
    id: str
    said: str


def merged(held: Mapping[str, Any], official: Official) -> Json:
    """The file in our form: the publisher's entries, and those it no longer lists, marked as gone.

    Title, licence, notice and addresses stay as they are. Where a publisher drops an id without a word (ATLAS does),
    it is `revoked` when exactly one new entry bears its name, else `deprecated`.
    """
    known = {entry["id"]: entry for entry in held["entries"]}
    entries = {entry["id"]: _remembering(entry, known.get(entry["id"])) for entry in official.entries}
    fresh = [entry for entry in official.entries if entry["id"] not in known and "status" not in entry]
    left = [_gone(entry, fresh) for entry in held["entries"] if entry["id"] not in entries]
    every = sorted(map(_ordered, [*entries.values(), *left]), key=lambda entry: natural(entry["id"]))
    parts = {"release": official.release, "entries": _resolved(every)}
    if official.released:
        parts["released"] = official.released
    if official.tactics:
        tactics = {tactic["id"]: tactic for tactic in held.get("tactics", ())}
        parts["tactics"] = [_remembering(tactic, tactics.get(tactic["id"])) for tactic in official.tactics]
    return {key: parts.get(key, value) for key, value in held.items()}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """What is not as it was, in the order of ids."""
    held = {entry["id"]: entry for entry in before["entries"]}
    for entry in after["entries"]:
        word = _word(held.get(entry["id"]), entry)
        if word:
            yield Change(word, entry["id"], _said(word, held.get(entry["id"], entry), entry))


def rendered(raw: Mapping[str, Any]) -> str:
    """The one form of a vocabulary file: a key a line, and in a list of records a record a line."""
    return "{\n" + ",\n".join(f"  {json.dumps(name)}: {_block(value)}" for name, value in raw.items()) + "\n}\n"


def natural(text: str) -> list[tuple[bool, int, str]]:
    """A key for sorting: numbers count as numbers, so that CWE-9 stands before CWE-10."""
    parts = re.split(r"([0-9]+)", text)
    return [(part.isdecimal(), int(part), "") if part.isdecimal() else (False, 0, part) for part in parts]


def _block(value: object) -> str:
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(f"    {json.dumps(record, ensure_ascii=False)}" for record in value) + "\n  ]"


def _remembering(entry: Json, before: Json | None) -> Json:
    """The entry with every other name it ever had, by which people and reports may still call it."""
    if before is None:
        return entry
    names = dict.fromkeys([before["name"], *before.get("former_names", ())])
    names.pop(entry["name"], None)
    return {**entry, "former_names": list(names)} if names else entry


def _gone(entry: Json, fresh: Iterable[Json]) -> Json:
    """An entry the publisher no longer lists."""
    kept: Json = {key: entry[key] for key in (*_OWN, "url", "status", "replaced_by") if key in entry}
    if "status" in kept or "url" in kept:
        return kept
    heirs = [other["id"] for other in fresh if other["name"].casefold() == entry["name"].casefold()]
    return {**kept, "status": "revoked", "replaced_by": heirs[0]} if len(heirs) == 1 else {**kept, "status": _GONE[1]}


def _resolved(entries: list[Json]) -> list[Json]:
    """Every replacement is an entry in force: a chain is followed to its end; one that ends nowhere is taken out."""
    known = {entry["id"]: entry for entry in entries}
    return [_with_end(entry, known) if entry.get("status") == "revoked" else entry for entry in entries]


def _with_end(entry: Json, known: Mapping[str, Json]) -> Json:
    seen = {entry["id"]}
    end = known.get(entry.get("replaced_by", ""))
    while end is not None and "status" in end and end["id"] not in seen:
        seen.add(end["id"])
        end = known.get(end.get("replaced_by", ""))
    if end is None or "status" in end:
        return {**{key: entry[key] for key in _OWN if key in entry}, "status": "deprecated"}
    return {**entry, "replaced_by": end["id"]}


def _ordered(entry: Json) -> Json:
    return {key: entry[key] for key in _KEYS if key in entry}


_OWN = ("id", "name", "former_names")
_KEYS = (*_OWN, "tactics", "parent", "url", "status", "replaced_by")


def _word(before: Json | None, after: Json) -> str:
    if before is None:
        return "" if "status" in after else "new"
    if after.get("status") != before.get("status"):
        return str(after.get("status", "back"))
    return "renamed" if after["name"] != before["name"] else ""


def _said(word: str, before: Json, after: Json) -> str:
    if word == "renamed":
        return f"{before['name']} -> {after['name']}"
    successor = after.get("replaced_by")
    return f"{after['name']}, replaced by {successor}" if successor else str(after["name"])
