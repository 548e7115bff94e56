"""`threatshelf check`: what is wrong in a template, at which line, and what to do about it."""

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from registry.commands.files import content, named, shown
from registry.commands.looking import Looked, World, looked, with_data, without_data, world
from registry.commands.terminal import wants_colour
from registry.settings import from_environment
from schema.finding import Severity
from schema.mending import Judge, Mended, mended, text_of
from schema.reports.github import annotations, guarded
from schema.reports.plain import as_json
from schema.reports.text import as_text, coloured, visible
from schema.rules import RULES

EXAMPLE = "threatshelf check templates/local-coding-assistant/template.yaml"


@dataclass(frozen=True)
class _Before:
    """A file on disk that may be mended, its bytes, and what judges them."""

    file: Path
    source: bytes
    judge: Judge


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, how to say it, what counts as a failure, and what to do about it."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="path", help="files or folders (default: templates)")
    parser.add_argument(
        "--format",
        choices=tuple(_WRITERS),
        default="text",
        help="for people (text), programs (json), code scanning (sarif) or a GitHub workflow (github)",
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too, not for errors only")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DAY", help="judge as of this day (default: today)")
    mend = parser.add_mutually_exclusive_group()
    mend.add_argument("--fix", action="store_true", help="mend in the files what is sure, then say what is left")
    mend.add_argument("--diff", action="store_true", help="show what --fix would do, as a patch, and change nothing")


def run(args: argparse.Namespace) -> int:
    """0: no error; 1: an error (--strict: or a warning; --diff: something to mend); 2: a file that is not there."""
    files = named(args.paths)
    known = world(files, args.today or datetime.now(UTC).date())
    if args.diff:
        return _differs(_before(files, known))
    kept = with_data if args.format == "sarif" else without_data
    seen, found = _fixed(_before(files, known)) if args.fix else looked(files, known, kept), Counter[str]()
    for line in _WRITERS[args.format](_counted(seen, found)):
        print(line)
    return int(bool(found[Severity.ERROR] or (args.strict and found[Severity.WARNING])))


def _counted(seen: Iterable[Looked], found: Counter[str]) -> Iterator[Looked]:
    for one in seen:
        found.update(finding.severity for finding in one.findings)
        yield one


def _before(files: Sequence[Path], known: World) -> list[_Before]:
    return [_Before(file, content(file), known.judge(file)) for file in files]


def _differs(before: list[_Before]) -> int:
    """Show the patch: as it is for `git apply`, made visible on a terminal, without commands in a workflow's log."""
    from registry.commands.mending import patch  # noqa: PLC0415 - slow to import, and few ask for it

    lines = list(chain.from_iterable(patch(one.file, *_texts(one)) for one in before))
    if os.environ.get("GITHUB_ACTIONS") and lines:
        lines = list(guarded(map(visible, lines), _token()))
    elif sys.stdout.isatty():
        lines = [visible(line) for line in lines]
    sys.stdout.flush()
    sys.stdout.buffer.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
    return int(bool(lines))


def _texts(one: _Before) -> tuple[str, str]:
    after = mended(one.source, one.judge)
    return (text_of(Mended(one.source, one.judge(one.source))), text_of(after)) if after.gone else ("", "")


def _fixed(before: list[_Before]) -> list[Looked]:
    """The files after everything sure is mended in them; each mend is told on the side of the findings."""
    from registry.commands.mending import refuse_link, write  # noqa: PLC0415 - slow to import, and few ask for it

    after = [mended(one.source, one.judge) for one in before]
    for one, result in zip(before, after, strict=True):
        if result.gone:
            refuse_link(one.file)  # before anything is written anywhere
    for one, result in zip(before, after, strict=True):
        if result.gone:
            write(one.file, one.source, result.source)
        for finding in result.gone:
            print(visible(f"{one.file}:{finding.place.line}: mended {finding.rule}"), file=sys.stderr)
    return [with_data(one.file, result.source, result.checked) for one, result in zip(before, after, strict=True)]


def _as_text(seen: Iterable[Looked]) -> Iterator[str]:
    paint = coloured if wants_colour() else str
    yield from map(paint, _told(seen))


def _told(seen: Iterable[Looked]) -> Iterator[str]:
    pages, found = from_environment().public_address, Counter[str]()
    for one in _counted(seen, found):
        yield from map(visible, as_text(one.findings, one.text, pages))
        if not one.findings:
            yield f"{shown(one.file)}: nothing to mend"
    if found:
        yield _summary(found)


def _as_json(seen: Iterable[Looked]) -> Iterator[str]:
    pages = from_environment().public_address
    yield _document({"findings": [as_json(finding, pages) for one in seen for finding in one.findings]})


def _as_sarif(seen: Iterable[Looked]) -> Iterator[str]:
    from importlib.metadata import version  # noqa: PLC0415 - slow to import, and only this form says it

    from schema.reports import sarif  # noqa: PLC0415 - likewise

    files = [sarif.Looked(str(one.file), one.text, one.data, one.findings) for one in seen]
    yield _document(sarif.log(files, sarif.Tool(version("threatshelf"), from_environment().public_address, RULES)))


def _as_github(seen: Iterable[Looked]) -> Iterator[str]:
    """The annotations, then the whole report for the log of the step."""
    everything = list(seen)
    findings = (finding for one in everything for finding in one.findings)
    yield from annotations(findings, from_environment().public_address)
    yield from guarded(_told(everything), _token())


_WRITERS: Mapping[str, Callable[[Iterable[Looked]], Iterator[str]]] = {
    "text": _as_text,
    "json": _as_json,
    "sarif": _as_sarif,
    "github": _as_github,
}


def _token() -> str:
    """A word that nobody can foresee."""
    return os.urandom(32).hex()


def _document(value: Any) -> str:
    """JSON, with everything but ASCII escaped where the name of a file is no text."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if _is_text(text) else json.dumps(value, indent=2)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _summary(found: Counter[str]) -> str:
    said = ", ".join(_plural(found[word], word) for word in Severity if found[word])
    return f"{said}." if found[Severity.ERROR] else f"{said}; nothing that stops publication."


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
