"""`threatshelf vocabulary`: what a template may cite, and a vocabulary taken anew from its publisher's file."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from registry.commands.mending import write
from registry.errors import CannotRunError
from registry.vocabulary import atlas, attack, cwe
from registry.vocabulary.record import FormatError, Official, changes, merged, rendered
from schema import shipped
from schema.check import check
from schema.facts import Vocabularies
from schema.finding import Finding
from schema.reports.text import visible
from schema.versions import leading, number

EXAMPLE = "threatshelf vocabulary refresh atlas --from ATLAS-2026.09.yaml"
FORMATS: Mapping[str, Callable[[bytes], Iterator[Official]]] = MappingProxyType(
    {"atlas": atlas.read, "attack": attack.read, "cwe": cwe.read}
)
"""The vocabularies whose publishers offer a file for machines; the others are kept by hand."""
MOST_BYTES = 200 * 1024 * 1024
_FOLDER = Path("schema", "vocabulary")
_TELLING = ("vocabulary-current", "vocabulary-known")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with which vocabulary, in which checkout."""
    what = parser.add_subparsers(metavar="<what>", required=True)
    listed = what.add_parser("list", help="Show every vocabulary with its release, its size and its licence.")
    listed.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")
    listed.set_defaults(does=_list)
    anew = what.add_parser(
        "refresh",
        help="Take a vocabulary anew from its publisher's file, and say what has changed.",
        epilog=f"example: {EXAMPLE}",
    )
    anew.add_argument("name", choices=tuple(FORMATS), help="atlas (with its case studies), attack or cwe")
    anew.add_argument("--from", dest="file", type=Path, required=True, metavar="FILE", help="the publisher's file")
    anew.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout (default: here)")
    anew.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
    anew.set_defaults(does=_refresh)


def run(args: argparse.Namespace) -> int:
    """0: done; 1: a template, or a known threat, cites what is no longer in force; 2: it could not run."""
    return int(args.does(args))


def _list(args: argparse.Namespace) -> int:
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "release": one.release,
            "entries": len(one.entries),
            "licence": one.licence,
        }
        for one in shipped.vocabularies().by_name.values()
    ]
    if args.format == "json":
        print(json.dumps({"vocabularies": rows}, ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        print(f"{row['name']:<20} {row['entries']:>4}  {row['title']}, {row['release']} ({row['licence']})")
    return 0


def _refresh(args: argparse.Namespace) -> int:
    held = {name: _held(args.root, name) for name in shipped.vocabulary_names()}
    fresh = {official.name: _fresh(held[official.name], official) for official in _official(args.name, args.file)}
    for name, raw in fresh.items():
        _say(held[name], raw)
        if not args.dry_run:
            file = args.root / _FOLDER / f"{name}.json"
            write(file, file.read_bytes(), rendered(raw).encode())
    known = {**held, **fresh}
    stale = [*_stale_threats(known), *map(_told, _stale_templates(args.root, known))]
    if stale:
        print("Now cited, and no longer in force:")
        print("\n".join(f"  {line}" for line in stale))
    return int(bool(stale))


def _held(root: Path, name: str) -> dict[str, Any]:
    file = root / _FOLDER / f"{name}.json"
    try:
        raw: dict[str, Any] = json.loads(file.read_bytes())
    except OSError:
        raise CannotRunError(f"there is no {file}: name the checkout of Threatshelf with --root.") from None
    except ValueError:
        raise CannotRunError(f"{file} is no JSON: take it from the last commit.") from None
    return raw


def _official(name: str, file: Path) -> tuple[Official, ...]:
    try:
        with file.open("rb") as stream:
            source = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CannotRunError(f"{file} cannot be read: {error.strerror}.") from None
    if len(source) > MOST_BYTES:
        raise CannotRunError(f"{file} is larger than {MOST_BYTES} bytes, far more than is published.")
    try:
        return tuple(FORMATS[name](source))
    except FormatError as reason:
        raise CannotRunError(f"{file} is not the file that is published for {name}: {reason}.") from None


def _fresh(held: Mapping[str, Any], official: Official) -> dict[str, Any]:
    """The file as it will be; CannotRunError for a release that is older than what is held."""
    if number(leading(official.release)) < number(leading(held["release"])):
        raise CannotRunError(f"{held['title']} is held at {held['release']}; the file is of {official.release}, older.")
    return merged(held, official)


def _say(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    found = list(changes(before, after))
    moved = f"{before['release']} -> {after['release']}" if before["release"] != after["release"] else after["release"]
    print(f"{after['title']}, {moved}: {len(found) or 'nothing'} changed")
    for change in found:
        print(visible(f"  {change.word:<10} {change.id}  {change.said}"))


def _stale_threats(known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The published threats whose mapping cites what is no longer in force."""
    gone = {one["id"] for name in ("atlas", "attack") for one in known[name]["entries"] if "status" in one}
    for threat in known["known-threats"]["entries"]:
        cited = sorted(gone & {*threat["techniques"], *threat.get("attack", ())})
        if cited:
            yield f"{_FOLDER / 'known-threats.json'}: {threat['id']} cites {', '.join(cited)}"


def _stale_templates(root: Path, known: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    by_name = {name: shipped.vocabulary(raw) for name, raw in known.items()}
    facts = replace(
        shipped.facts(datetime.now(UTC).date()), vocabularies=Vocabularies(by_name=MappingProxyType(by_name))
    )
    for file in sorted((root / "templates").glob("*/template.yaml")):
        found = check(file.read_bytes(), str(file.relative_to(root)), facts).findings
        yield from (finding for finding in found if finding.rule in _TELLING)


def _told(finding: Finding) -> str:
    return visible(f"{finding.file}:{finding.place.line}:{finding.place.column}: {finding.message}")
