"""`threatshelf check`: what is wrong in a template, at which line, and what to do about it."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from registry.catalog import LedgerFile
from registry.errors import CannotRunError
from registry.settings import from_environment
from registry.source import ledger, published
from schema import report, shipped
from schema.check import Checked, check
from schema.document import MOST_BYTES
from schema.facts import Facts
from schema.finding import Finding, Severity

EXAMPLE = "threatshelf check templates/local-coding-assistant/template.yaml"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, how to say it, and what counts as a failure."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="path", help="files or folders (default: templates)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")
    parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too, not for errors only")
    parser.add_argument("--today", type=date.fromisoformat, metavar="DAY", help="judge as of this day (default: today)")


def run(args: argparse.Namespace) -> int:
    """0: no error; 1: an error (with --strict: or a warning); 2: a file that is not there."""
    files = [file for path in args.paths or [Path("templates")] for file in _files(path)]
    today = args.today or datetime.now(UTC).date()
    looked = [(file, _read(file)) for file in files]
    ledgers = {root: ledger(root) for root in set(filter(None, map(_checkout, files)))}
    checked = [(file, source, check(source, str(file), _facts(file, today, ledgers))) for file, source in looked]
    write = _as_json if args.format == "json" else _as_text
    write(checked)
    counted = report.counts(finding for _, _, result in checked for finding in result.findings)
    return int(bool(counted["error"] or (args.strict and counted["warning"])))


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


def _as_text(checked: Iterable[tuple[Path, bytes, Checked]]) -> None:
    pages = from_environment().public_address
    paint = report.coloured if _wants_colour() else str
    findings: list[Finding] = []
    for file, source, result in checked:
        for line in report.as_text(result.findings, report.text_of(result.document, source), pages):
            print(paint(report.visible(line)))
        if not result.findings:
            print(paint(f"{report.visible(str(file))}: nothing to mend"))
        findings += result.findings
    if findings:
        print(_summary(findings))


def _as_json(checked: Iterable[tuple[Path, bytes, Checked]]) -> None:
    pages = from_environment().public_address
    findings = [report.as_json(finding, pages) for _, _, result in checked for finding in result.findings]
    print(json.dumps({"findings": findings}, ensure_ascii=False, indent=2))


def _summary(findings: list[Finding]) -> str:
    counted = report.counts(findings)
    said = ", ".join(_plural(number, word) for word, number in counted.items() if number)
    return f"{said}." if counted[str(Severity.ERROR)] else f"{said}; nothing that stops publication."


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _wants_colour() -> bool:
    """Colour for a terminal that shows it, unless NO_COLOR says otherwise (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
