"""`threatshelf check`: what is wrong in a template, at which line, and what to do about it."""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from registry.catalog import LedgerFile
from registry.commands.mending import patch, refuse_link, write
from registry.commands.terminal import wants_colour
from registry.errors import CannotRunError
from registry.settings import from_environment
from registry.source import ledger, published
from schema import shipped
from schema.check import Checked, check
from schema.document import MOST_BYTES
from schema.facts import Facts
from schema.finding import Severity
from schema.mending import Judge, Mended, mended, text_of
from schema.reports import sarif
from schema.reports.github import annotations, guarded
from schema.reports.plain import as_json
from schema.reports.text import as_text, coloured, counts, visible
from schema.rules import RULES

EXAMPLE = "threatshelf check templates/local-coding-assistant/template.yaml"


@dataclass(frozen=True)
class _Looked:
    """A file on disk, its bytes, what judges them, and what was found in them."""

    file: Path
    source: bytes
    judge: Judge
    checked: Checked


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
    named = (file for path in args.paths or [Path("templates")] for file in _files(path))
    files = list(dict.fromkeys(named))  # a file named twice is checked, and mended, once
    today = args.today or datetime.now(UTC).date()
    looked = _looked([(file, _read(file)) for file in files], today)
    if args.diff:
        return _differs(looked)
    if args.fix:
        looked = _fixed(looked)
    for line in _WRITERS[args.format](looked):
        print(line)
    counted = counts(finding for one in looked for finding in one.checked.findings)
    return int(bool(counted["error"] or (args.strict and counted["warning"])))


def _looked(files: list[tuple[Path, bytes]], today: date) -> list[_Looked]:
    ledgers = {root: ledger(root) for root in {_checkout(file) for file, _ in files} if root}
    judges = [partial(check, file=str(file), facts=_facts(file, today, ledgers)) for file, _ in files]
    return [_Looked(file, source, judge, judge(source)) for (file, source), judge in zip(files, judges, strict=True)]


def _differs(looked: list[_Looked]) -> int:
    """Show the patch: as it is for `git apply`, made visible on a terminal, without commands in a workflow's log."""
    lines = list(chain.from_iterable(patch(one.file, *_texts(one)) for one in looked))
    if os.environ.get("GITHUB_ACTIONS") and lines:
        lines = list(guarded(map(visible, lines), secrets.token_hex()))
    elif sys.stdout.isatty():
        lines = [visible(line) for line in lines]
    sys.stdout.flush()
    sys.stdout.buffer.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
    return int(bool(lines))


def _texts(one: _Looked) -> tuple[str, str]:
    after = mended(one.source, one.judge)
    return (text_of(Mended(one.source, one.checked)), text_of(after)) if after.gone else ("", "")


def _fixed(looked: list[_Looked]) -> list[_Looked]:
    """The files after everything sure is mended in them; each mend is told on the side of the findings."""
    after = [mended(one.source, one.judge) for one in looked]
    for one, result in zip(looked, after, strict=True):
        if result.gone:
            refuse_link(one.file)  # before anything is written anywhere
    for one, result in zip(looked, after, strict=True):
        if result.gone:
            write(one.file, one.source, result.source)
        for finding in result.gone:
            print(visible(f"{one.file}:{finding.place.line}: mended {finding.rule}"), file=sys.stderr)
    return [
        replace(one, source=result.source, checked=result.checked) for one, result in zip(looked, after, strict=True)
    ]


def _files(path: Path) -> list[Path]:
    """The file itself, or every template below the folder."""
    if path.is_dir():
        found = sorted(path.glob("**/template.yaml"))
        if not found:
            raise CannotRunError(f"there is no template.yaml below {path}: name a file, or a folder that holds one.")
        return found
    if not path.is_file():
        raise CannotRunError(f"there is no file {path}: name a template.yaml or a folder that holds one.")
    return [path]


def _read(file: Path) -> bytes:
    """The file's bytes, one more than allowed at most: the check says that it is too large."""
    try:
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CannotRunError(f"{file} cannot be read: {error.strerror}.") from None


def _checkout(file: Path) -> Path | None:
    """The checkout among whose templates the file stands; None for a file elsewhere."""
    templates = file.absolute().parent.parent
    return templates.parent if templates.name == "templates" else None


def _facts(file: Path, today: date, ledgers: Mapping[Path, LedgerFile | None]) -> Facts:
    """What the checkout around the file knows: its folder under templates/, what is published of it, the ledger."""
    root, folder = _checkout(file), file.absolute().parent.name
    if root is None:
        return shipped.facts(today)
    known = ledgers[root]
    facts = shipped.facts(today, folder=folder, published=published(root, folder, known))
    return replace(facts, ledger=known.ledger if known else None)


def _as_text(looked: list[_Looked]) -> Iterator[str]:
    paint = coloured if wants_colour() else str
    yield from map(paint, _told(looked))


def _told(looked: list[_Looked]) -> Iterator[str]:
    pages = from_environment().public_address
    for one in looked:
        yield from map(visible, as_text(one.checked.findings, _text(one), pages))
        if not one.checked.findings:
            yield f"{visible(str(one.file))}: nothing to mend"
    if any(one.checked.findings for one in looked):
        yield _summary(looked)


def _as_json(looked: list[_Looked]) -> Iterator[str]:
    pages = from_environment().public_address
    yield _document({"findings": [as_json(finding, pages) for one in looked for finding in one.checked.findings]})


def _as_sarif(looked: list[_Looked]) -> Iterator[str]:
    from importlib.metadata import version  # noqa: PLC0415 - slow to import, and only this form says it

    files = [sarif.Looked(str(one.file), _text(one), one.checked.data, one.checked.findings) for one in looked]
    yield _document(sarif.log(files, sarif.Tool(version("threatshelf"), from_environment().public_address, RULES)))


def _as_github(looked: list[_Looked]) -> Iterator[str]:
    """The annotations, then the whole report for the log of the step."""
    yield from annotations(
        (finding for one in looked for finding in one.checked.findings), from_environment().public_address
    )
    yield from guarded(_told(looked), secrets.token_hex())


_WRITERS: Mapping[str, Callable[[list[_Looked]], Iterator[str]]] = {
    "text": _as_text,
    "json": _as_json,
    "sarif": _as_sarif,
    "github": _as_github,
}


def _text(one: _Looked) -> str:
    """The text to quote lines from, also when the file could not be read as a template."""
    document = one.checked.document
    return document.text if document else one.source.decode("utf-8", "replace")


def _document(value: Any) -> str:
    """JSON, with everything but ASCII escaped where the name of a file is no text."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if _is_text(text) else json.dumps(value, indent=2)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _summary(looked: Iterable[_Looked]) -> str:
    counted = counts(finding for one in looked for finding in one.checked.findings)
    said = ", ".join(_plural(number, word) for word, number in counted.items() if number)
    return f"{said}." if counted[str(Severity.ERROR)] else f"{said}; nothing that stops publication."


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
