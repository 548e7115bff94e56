"""`threatshelf fmt`: templates in their one layout, so that a difference between two versions is a difference."""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from registry.commands.authoring import content, first_fault, named, shown
from registry.commands.mending import patch, write
from schema import shipped
from schema.document import Document, read
from schema.fmt import FormatError, formatted

EXAMPLE = "threatshelf fmt --diff templates/local-coding-assistant/template.yaml"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, and whether they are written."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="path", help="files or folders (default: templates)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change, and exit with 1")


def run(args: argparse.Namespace) -> int:
    """0: every file has the layout now; 1: one would change, or was refused and left as it is; 2: a file is missing."""
    done = [_laid_out(file) for file in named(args.paths)]
    for one in done:
        if one.refused:
            print(f"threatshelf: {one.refused}", file=sys.stderr)
    changed = [one for one in done if one.text not in ("", one.before)]
    for one in changed:
        _tell(one, args)
    refused = any(one.refused for one in done)
    return int(refused or bool(changed and (args.check or args.diff)))


@dataclass(frozen=True)
class _LaidOut:
    """A file before and in its layout; where it was refused the text is empty and a sentence says why."""

    file: Path
    before: str = ""
    text: str = ""
    refused: str = ""


def _laid_out(file: Path) -> _LaidOut:
    document = read(content(file), str(file))
    if not isinstance(document, Document):
        return _LaidOut(file, refused=f"{first_fault(document)} It cannot be laid out before that is mended.")
    try:
        return _LaidOut(file, document.text, formatted(document, shipped.template_schema()))
    except FormatError as reason:
        return _LaidOut(file, refused=f"{shown(file)}: {reason}")


def _tell(one: _LaidOut, args: argparse.Namespace) -> None:
    name = shown(one.file)
    if args.diff:
        for line in patch(one.file, one.before, one.text):
            print(line)
    elif args.check:
        print(f"{name}: would change")
    else:
        write(one.file, one.before.encode(), one.text.encode())
        print(f"{name}: laid out")
