"""`threatshelf site`: the pages of a working tree or of a kept catalogue, as a folder that any web server can serve."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.checks import CHECKS
from registry import publish, site
from registry.catalog import Catalogue
from registry.errors import CannotRunError
from registry.settings import database_url, from_environment
from registry.store.catalogue import open_store

EXAMPLE = "threatshelf site --out build/site"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which checkout, whose templates, and where to."""
    parser.add_argument("--out", type=Path, default=Path("build/site"), metavar="FOLDER", help="default: build/site")
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout (default: this folder)"
    )
    parser.add_argument(
        "--database", metavar="URL", help="show this kept catalogue instead of the checkout's templates"
    )


def run(args: argparse.Namespace) -> int:
    """0: the folder stands, whole; 2: a template or a page is at fault, and the folder is as it was."""
    root, out = args.root.resolve(), args.out.absolute()
    _refuse_foreign(out)
    catalogue = _of_catalogue(args.database) if args.database else _of_working_tree(root)
    site.build(site.shelf(catalogue, CHECKS, from_environment().public_address), out, root, _progress)
    print(f"the site is in {args.out}")
    return 0


def _of_working_tree(root: Path) -> Catalogue:
    reading = publish.from_working_tree(root, datetime.now(UTC).date(), _progress)
    if reading.refused:
        raise CannotRunError(f"nothing was built: {reading.refused[0].sentences[0]}")
    return reading.catalogue


def _of_catalogue(database: str) -> Catalogue:
    store = open_store(database_url(database))
    try:
        return publish.shown(store, datetime.now(UTC).date())
    finally:
        store.close()


def _refuse_foreign(out: Path) -> None:
    """What stands at `out` is replaced only when this command made it."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise CannotRunError(f"{out} is no folder: name one that may be replaced.")
    if out.exists() and any(out.iterdir()) and not (out / site.POLICY).is_file():
        raise CannotRunError(f"{out} holds what this command did not make: name an empty folder or a new one.")


def _progress(step: str) -> None:
    print(f"  {step}", file=sys.stderr)
