"""`threatshelf vocabulary`: what a template may cite, and a vocabulary taken anew from its publisher's file."""

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from registry.commands.download import download, is_address
from registry.commands.files import content, shown
from registry.commands.mending import write
from registry.errors import CannotRunError
from registry.vocabulary import atlas, attack, cwe
from registry.vocabulary.lookup import Cited, found
from registry.vocabulary.record import Change, FormatError, Official, changes, merged, rendered
from schema import shipped
from schema.check import check
from schema.facts import Vocabularies
from schema.reports.text import visible
from schema.versions import leading, number

EXAMPLE = "threatshelf vocabulary refresh atlas --from ATLAS-2026.09.yaml"
ADDRESSES = """\
official addresses, for --from as they are, or to download first:
  atlas, the release named first in manifest.yaml of the same dist folder:
    https://raw.githubusercontent.com/mitre-atlas/atlas-data/main/dist/v6/ATLAS-<release>.yaml
  attack, a release named in index.json of the same repository:
    https://raw.githubusercontent.com/mitre-attack/attack-stix-data/master/enterprise-attack/enterprise-attack-<n>.json
  cwe:
    https://cwe.mitre.org/data/xml/cwec_latest.xml.zip
The other vocabularies have no file for machines and are kept by hand."""
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
    listed = _command(what, ("list", _list), "Show every vocabulary with its release, its size and its licence.")
    told = _command(
        what, ("show", _show), "Find what may be cited, by its id or by words of its name, also a former one."
    )
    told.add_argument("words", nargs="+", help="an id, or words that all have to stand in it")
    anew = _command(what, ("refresh", _refresh), "Take a vocabulary anew from its publisher's file; say what changed.")
    anew.add_argument("name", choices=tuple(FORMATS), help="atlas (with its case studies), attack or cwe")
    anew.add_argument(
        "--from", dest="source", required=True, metavar="FILE", help="the publisher's file, or its https address"
    )
    anew.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout (default: here)")
    anew.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
    anew.epilog = f"{ADDRESSES}\n\n{anew.epilog}"
    for command in (listed, told, anew):
        command.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: done; 1: a template, or a known threat, cites what is no longer in force; 2: it could not run."""
    return int(args.does(args))


_EXAMPLES = {
    "list": "threatshelf vocabulary list --format json",
    "show": "threatshelf vocabulary show AML.T0051",
    "refresh": EXAMPLE,
}


def _command(
    what: "argparse._SubParsersAction[argparse.ArgumentParser]",
    command: tuple[str, Callable[[argparse.Namespace], int]],
    sentence: str,
) -> argparse.ArgumentParser:
    name, does = command
    parser = what.add_parser(
        name,
        help=sentence,
        description=sentence,
        epilog=f"example: {_EXAMPLES[name]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(does=does)
    return parser


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
        _print_json({"vocabularies": rows})
        return 0
    for row in rows:
        print(f"{row['name']:<20} {row['entries']:>4}  {row['title']}, {row['release']} ({row['licence']})")
    return 0


def _show(args: argparse.Namespace) -> int:
    words = " ".join(args.words)
    cited = found(shipped.vocabularies().by_name, words)
    if not cited:
        raise CannotRunError(f"nothing that may be cited has {visible(words)[:80]}: threatshelf vocabulary list.")
    if args.format == "json":
        _print_json({"found": [{"vocabulary": one.vocabulary.name, **one.entry} for one in cited]})
        return 0
    for one in cited:
        for line in _entry(one):
            print(visible(line))
    return 0


def _entry(cited: Cited) -> Iterator[str]:
    entry = cited.entry
    yield f"{cited.key}  {cited.name}"
    yield f"    {cited.vocabulary.title} {cited.vocabulary.release}"
    if "status" in entry:
        heir = entry.get("replaced_by")
        instead = f"cite {heir}, {cited.vocabulary.entries[heir]['name']}" if heir else "nothing replaces it"
        yield f"    {entry['status']}: {instead}"
    tactics = {tactic["id"]: tactic["name"] for tactic in cited.vocabulary.raw.get("tactics", ())}
    named = [f"{id_} {tactics[id_]}" for id_ in entry.get("tactics", ()) if id_ in tactics]
    for heading, told in (("tactics", named), ("formerly", entry.get("former_names", ()))):
        if told:
            yield f"    {heading}: {', '.join(told)}"


def _refresh(args: argparse.Namespace) -> int:
    held = {name: _held(args.root, name) for name in shipped.vocabulary_names()}
    fresh = {official.name: _fresh(held[official.name], official) for official in _official(args.name, args.source)}
    moved = [_Moved(held[name], raw, tuple(changes(held[name], raw))) for name, raw in fresh.items()]
    if not args.dry_run:
        for name, raw in fresh.items():
            file = args.root / _FOLDER / f"{name}.json"
            write(file, file.read_bytes(), rendered(raw).encode())
    known = {**held, **fresh}
    stale = (*_stale_threats(known), *_stale_templates(args.root, known))
    if args.format == "json":
        _print_json(_as_json(moved, stale))
    else:
        print("\n".join(_as_text(moved, stale)))
    return int(bool(stale))


@dataclass(frozen=True)
class _Moved:
    """A vocabulary as it was held, as it is now, and every entry that is not what it was."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class _Stale:
    """A place that cites what is no longer in force, and what to cite there. `line`: 0 where the file has none."""

    file: str
    line: int
    message: str


def _held(root: Path, name: str) -> dict[str, Any]:
    file = root / _FOLDER / f"{name}.json"
    try:
        raw: dict[str, Any] = json.loads(file.read_bytes())
    except OSError:
        raise CannotRunError(f"there is no {file}: name the checkout of Threatshelf with --root.") from None
    except ValueError:
        raise CannotRunError(f"{file} is no JSON: take it from the last commit.") from None
    return raw


def _official(name: str, source: str) -> tuple[Official, ...]:
    body = download(source, MOST_BYTES) if is_address(source) else _file(Path(source))
    try:
        return tuple(FORMATS[name](body))
    except FormatError as reason:
        said = f"{visible(source)} is not the file that is published for {name}: {visible(str(reason))}."
        raise CannotRunError(said) from None


def _file(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            source = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CannotRunError(f"{shown(file)} cannot be read: {error.strerror}.") from None
    if len(source) > MOST_BYTES:
        raise CannotRunError(f"{shown(file)} is larger than {MOST_BYTES} bytes, far more than is published.")
    return source


def _fresh(held: Mapping[str, Any], official: Official) -> dict[str, Any]:
    """The file as it will be; CannotRunError for a release that is older than what is held."""
    if number(leading(official.release)) < number(leading(held["release"])):
        raise CannotRunError(f"{held['title']} is held at {held['release']}; the file is of {official.release}, older.")
    return merged(held, official)


def _as_text(moved: Iterable[_Moved], stale: tuple[_Stale, ...]) -> Iterator[str]:
    for one in moved:
        before, after = one.before["release"], one.after["release"]
        release = f"{before} -> {after}" if before != after else after
        yield visible(f"{one.after['title']}, {release}: {len(one.changes) or 'nothing'} changed")
        yield from (visible(f"  {change.word:<10} {change.id}  {change.said}") for change in one.changes)
    if stale:
        yield "Now cited, and no longer in force:"
    for place in stale:
        yield visible(f"  {place.file}:{f'{place.line}:' if place.line else ''} {place.message}")


def _as_json(moved: Iterable[_Moved], stale: Iterable[_Stale]) -> dict[str, Any]:
    return {
        "vocabularies": [
            {
                "name": one.after["name"],
                "before": one.before["release"],
                "after": one.after["release"],
                "changes": [asdict(change) for change in one.changes],
            }
            for one in moved
        ],
        "stale": [asdict(place) for place in stale],
    }


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _stale_threats(known: Mapping[str, Mapping[str, Any]]) -> Iterator[_Stale]:
    """The published threats whose mapping cites what is no longer in force."""
    gone = {one["id"]: one for name in ("atlas", "attack") for one in known[name]["entries"] if "status" in one}
    for threat in known["known-threats"]["entries"]:
        cited = [gone[id_] for id_ in (*threat["techniques"], *threat.get("attack", ())) if id_ in gone]
        if cited:
            told = ", ".join(map(_with_heir, cited))
            yield _Stale(str(_FOLDER / "known-threats.json"), 0, f"{threat['id']} cites {told}")


def _with_heir(entry: Mapping[str, Any]) -> str:
    heir = entry.get("replaced_by")
    return f"{entry['id']} (use {heir})" if heir else f"{entry['id']} (nothing replaces it)"


def _stale_templates(root: Path, known: Mapping[str, Mapping[str, Any]]) -> Iterator[_Stale]:
    by_name = {name: shipped.vocabulary(raw) for name, raw in known.items()}
    facts = replace(
        shipped.facts(datetime.now(UTC).date()), vocabularies=Vocabularies(by_name=MappingProxyType(by_name))
    )
    for file in sorted((root / "templates").glob("*/template.yaml")):
        for finding in check(content(file), str(file.relative_to(root)), facts).findings:
            if finding.rule in _TELLING:
                yield _Stale(finding.file, finding.place.line, finding.message)
