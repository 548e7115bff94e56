"""`threatshelf withdraw`: versions of a template are taken back, with the reason that whoever has pinned them reads."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from registry.errors import CannotRunError
from registry.source import published
from registry.withdrawn import NAME, Withdrawal, WithdrawalError, unknown, withdrawals, written
from schema.reports.text import visible

EXAMPLE = 'threatshelf withdraw mail-sorter --by mara --reason "Step 3 of its adoption opens the gateway to everybody."'
NEXT = """\
Next: open a pull request with this file; only maintainers may. Where the content harms, also say
  /withdraw <id> malicious <sentence>
there for each threat id that means nothing elsewhere, and set `status: deprecated` in the template.
GOVERNANCE.md says what else belongs to a take-down."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which versions of which template, who says so, and why."""
    parser.add_argument("template", help="its id")
    parser.add_argument(
        "versions", nargs="*", metavar="version", help="such as 1.0.0 (default: all that are published)"
    )
    parser.add_argument("--by", required=True, metavar="LOGIN", help="who takes them back")
    parser.add_argument("--reason", required=True, metavar="SENTENCE", help="why; everybody reads it")
    parser.add_argument("--superseded-by", default="", metavar="VERSION", help="what to take instead")
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout (default: here)")


def run(args: argparse.Namespace) -> int:
    """0: written, or all of it was there already; 2: no such version, or a word that cannot stand there."""
    known = _past(args.root, args.template)
    file = args.root / "templates" / args.template / NAME
    rows = _rows(file)
    new = tuple(_new(args, [row.version for row in rows], known))
    for fault in unknown(new, known):
        raise CannotRunError(f"{visible(fault)} Published are {', '.join(known)}.")
    if not new:
        print("Nothing to do: all of these are withdrawn already.")
        return 0
    text = written((*rows, *new))
    _checked(text.encode(), file)
    file.write_text(text, encoding="utf-8", newline="\n")
    print(f"{file}: {', '.join(row.version for row in new)} withdrawn.\n\n{NEXT}")
    return 0


def _past(root: Path, template: str) -> list[str]:
    found = [version.version for version in published(root, template).get(template, ())]
    if not found:
        raise CannotRunError(f"nothing of {visible(template)[:80]} is published from this checkout's main branch.")
    return found


def _rows(file: Path) -> tuple[Withdrawal, ...]:
    return _checked(file.read_bytes(), file) if file.is_file() and not file.is_symlink() else ()


def _checked(source: bytes, file: Path) -> tuple[Withdrawal, ...]:
    try:
        return withdrawals(source, str(file))
    except WithdrawalError as fault:
        raise CannotRunError(visible(str(fault))) from None


def _new(args: argparse.Namespace, there: Sequence[str], known: Sequence[str]) -> Iterator[Withdrawal]:
    today = datetime.now(UTC).date().isoformat()
    for version in dict.fromkeys(args.versions or known):
        if version not in there and version != args.superseded_by:
            yield Withdrawal(version, today, args.by, args.reason, args.superseded_by)
