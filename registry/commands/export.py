"""`threatshelf export`: the registry as a folder of files, byte for byte what the API serves."""

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from registry.bundle import PATH, bundled, deflated
from registry.errors import CannotRunError
from registry.publish import files_of, from_working_tree
from registry.settings import database_url, from_environment
from registry.store.catalogue import open_store

EXAMPLE = "threatshelf export --out build/registry"
MARK = Path(".well-known", "threatshelf.json")
OURS = {".well-known", "SHA256SUMS", "SHA256SUMS.sig", "feed.atom", "llms.txt", "schema", "v1"}
"""What a folder holds that this command made; with anything else in it, it is somebody's and is left alone."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and from which catalogue."""
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the folder to make")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--database", metavar="URL", help="the catalogue (default: THREATSHELF_DATABASE_URL)")
    source.add_argument("--root", type=Path, metavar="FOLDER", help="a working tree instead, as it lies there now")


def run(args: argparse.Namespace) -> int:
    """0: the folder stands, whole; 2: it could not be made, and nothing of it is left."""
    out = args.out.absolute()
    _refuse_foreign(out)
    number = _replace(out, _of_working_tree(args.root) if args.root else _of_catalogue(args.database))
    print(f"{number} files in {args.out}")
    return 0


def _of_catalogue(database: str | None) -> Iterator[tuple[str, bytes]]:
    store = open_store(database_url(database) if database else from_environment().database_url)
    try:
        if not store.snapshot().serial:
            raise CannotRunError("nothing is published in this catalogue yet: run threatshelf publish.")
        yield from store.files()
    finally:
        store.close()


def _of_working_tree(root: Path) -> Iterator[tuple[str, bytes]]:
    reading = from_working_tree(root, datetime.now(UTC).date(), _progress)
    if reading.refused:
        raise CannotRunError(f"nothing was written: {reading.refused[0].sentences[0]}")
    for file in files_of(reading.catalogue):
        yield file.path, file.body


def _progress(step: str) -> None:
    print(f"  {step}", file=sys.stderr)


def _refuse_foreign(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise CannotRunError(f"{out} is no folder: name one that may be replaced.")
    held = {entry.name for entry in out.iterdir()} if out.exists() else set()
    if held and not (held <= OURS and (out / MARK).is_file()):
        raise CannotRunError(f"{out} holds what this command did not make: name an empty folder or a new one.")


def _replace(out: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write beside the folder, then put it in its place; what stood there goes last."""
    out.parent.mkdir(parents=True, exist_ok=True)
    made, old = (out.with_name(f".{out.name}.{word}-{os.getpid()}") for word in ("new", "old"))
    try:
        number = _write(made, files)
        _bundle(made)
        if out.exists():
            out.rename(old)
        made.rename(out)
    except OSError as error:
        if old.exists() and not out.exists():
            old.rename(out)
        raise CannotRunError(f"{out} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    return number


def _bundle(folder: Path) -> None:
    """All of it once more as one file; what sums and signature say of its members holds for them inside it too."""
    paths = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    with (folder / PATH).open("wb") as out:
        out.writelines(bundled(deflated(path, (folder / path).read_bytes()) for path in paths))


def _write(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    number = 0
    for path, body in files:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        number += 1
    return number
