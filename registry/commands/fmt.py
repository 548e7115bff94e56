"""`threatshelf fmt`: templates in their one layout, so that a difference between two versions is a difference."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.commands.authoring import first_fault
from registry.commands.files import STDIN, content, named, shown
from registry.commands.mending import patch, write
from registry.errors import CannotRunError
from schema import shipped
from schema.document import MOST_BYTES, Document, read
from schema.fmt import FormatError, formatted

EXAMPLE = "threatshelf fmt --diff templates/local-coding-assistant/template.yaml"
_STDIN_SHOWN = Path("stdin")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, whether they are written, and how to say it."""
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="path", help="files or folders (default: templates); - for stdin"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change, and exit with 1")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: every file has the layout now; 1: one would change, or was refused and left as it is; 2: a file is missing."""
    done = _read_stdin(args) if STDIN in args.paths else [_laid_out(file, content(file)) for file in named(args.paths)]
    for one in done:
        if one.refused:
            print(f"threatshelf: {one.refused}", file=sys.stderr)
    if not (args.check or args.diff):
        _write(done)
    for line in _as_json(done, args) if args.format == "json" else _as_text(done, args):
        print(line)
    unwritten = args.check or args.diff
    return int(any(one.refused or (unwritten and one.is_changed) for one in done))


@dataclass(frozen=True)
class _LaidOut:
    """A file before and in its layout; where it was refused the text is empty and a sentence says why."""

    file: Path
    before: str = ""
    text: str = ""
    refused: str = ""

    @property
    def is_changed(self) -> bool:
        return self.text not in ("", self.before)


def _read_stdin(args: argparse.Namespace) -> list[_LaidOut]:
    """The one text that comes in; it goes out laid out, so nothing else may be said beside it."""
    if args.paths != [STDIN]:
        raise CannotRunError("- stands for standard input: name it alone, without files beside it.")
    if args.format == "json" and not (args.check or args.diff):
        raise CannotRunError("the text itself goes to standard output: with --format json say --check or --diff too.")
    return [_laid_out(_STDIN_SHOWN, sys.stdin.buffer.read(MOST_BYTES + 1))]


def _laid_out(file: Path, source: bytes) -> _LaidOut:
    document = read(source, str(file))
    if not isinstance(document, Document):
        return _LaidOut(file, refused=f"{first_fault(document)} It cannot be laid out before that is mended.")
    try:
        return _LaidOut(file, document.text, formatted(document, shipped.template_schema()))
    except FormatError as reason:
        return _LaidOut(file, refused=f"{shown(file)}: {reason}")


def _write(done: list[_LaidOut]) -> None:
    """Into the files that change; what came from standard input goes to standard output, changed or not."""
    for one in done:
        if one.file is _STDIN_SHOWN:
            sys.stdout.buffer.write(one.text.encode())
        elif one.is_changed:
            write(one.file, one.before.encode(), one.text.encode())


def _as_text(done: list[_LaidOut], args: argparse.Namespace) -> Iterator[str]:
    for one in done:
        if one.is_changed and args.diff:
            yield from patch(one.file, one.before, one.text)
        elif one.is_changed and (args.check or one.file is not _STDIN_SHOWN):
            yield f"{shown(one.file)}: {'would change' if args.check else 'laid out'}"


def _as_json(done: list[_LaidOut], args: argparse.Namespace) -> Iterator[str]:
    """`patch` stands there with --diff only."""
    yield json.dumps({"files": [_told(one, args) for one in done]}, indent=2)


def _told(one: _LaidOut, args: argparse.Namespace) -> dict[str, Any]:
    said = {"file": str(one.file), "changed": one.is_changed, "refused": one.refused}
    return {**said, "patch": "".join(f"{line}\n" for line in _as_text([one], args))} if args.diff else said
