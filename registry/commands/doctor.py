"""`threatshelf doctor`: everything in a kept catalogue held against everything else."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from registry.errors import CannotRunError
from registry.settings import database_url, from_environment
from registry.source import line
from registry.store.catalogue import served_store
from registry.store.examining import REBUILD, Damage, as_data
from schema.reports.text import visible

EXAMPLE = "threatshelf doctor --database sqlite:///threatshelf.db --root ."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which catalogue, and which checkout it was made from."""
    parser.add_argument("--database", metavar="URL", help="the catalogue (default: THREATSHELF_DATABASE_URL)")
    parser.add_argument("--root", type=Path, metavar="FOLDER", help="the checkout it is published from, to look there")
    parser.add_argument("--ref", default="main", help="with --root: the branch that is published (default: main)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: all is well; 1: something is damaged, and what to do is said; 2: it could not look."""
    store = served_store(database_url(args.database) if args.database else from_environment().database_url)
    try:
        found = [*store.examine(), *(_unknown(args.root, args.ref, store.snapshot().commit) if args.root else ())]
    finally:
        store.close()
    if args.format == "json":
        print(json.dumps({"damage": [as_data(damage) for damage in found]}, ensure_ascii=False, indent=2))
        return int(bool(found))
    for damage in found:
        print(visible(f"{damage.about}: {damage.fault}: {damage.mend}"))
    print(f"{len(found)} found." if found else "All is well.")
    return int(bool(found))


def _unknown(root: Path, ref: str, commit: str) -> Iterator[Damage]:
    """A catalogue whose commit the checkout does not have was made from another one."""
    if not commit:
        raise CannotRunError("nothing is published in this catalogue from a history: leave --root out.")
    if line(root, ref, commit, ()).is_whole:
        yield Damage(f"commit {commit}", f"it is not on the line of {ref} in {root}", REBUILD)
