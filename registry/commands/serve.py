"""`threatshelf serve`: the working tree as a throw-away catalogue with its site, or a kept catalogue, over HTTP."""

import argparse
import hashlib
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import bot
import registry
import schema
from registry.api import logs
from registry.commands import serving
from registry.errors import CannotRunError
from registry.settings import Settings, database_url, from_environment
from registry.source import ledger

EXAMPLE = "threatshelf serve --port 8000"
HOST = "127.0.0.1"
_KEPT = 3
"""Throw-away catalogues left on disk, so that going back and forth between two edits costs nothing."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which checkout or which catalogue, at which port."""
    parser.add_argument("--port", type=int, help="the port to listen at (default: THREATSHELF_PORT, or 8000)")
    parser.add_argument("--root", type=Path, default=Path(), help="the checkout (default: this folder)")
    parser.add_argument("--kept", action="store_true", help="serve the kept catalogue that the settings name")
    parser.add_argument("--database", metavar="URL", help="serve this kept catalogue instead of the working tree")
    parser.add_argument("--site", type=Path, metavar="DIR", help="with either: the built site to serve beside it")


def run(args: argparse.Namespace) -> int:
    """0: ended by Ctrl-C or SIGTERM; 2: the port is taken, or there is nothing to serve."""
    given = from_environment()
    port = given.port if args.port is None else args.port
    if args.kept or args.database:
        return _serve_kept(_kept_catalogue(args, given), port)
    with _bound(HOST, port) as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        settings = _working_tree(args.root.resolve(), address)
        _say_where(address, settings)
        serving.until_stopped(listener, settings)
    return 0


def _serve_kept(settings: Settings, port: int) -> int:
    logs.install(settings.log_level)
    with _bound(settings.host, port) as listener:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        _say_where(f"http://{host}:{listener.getsockname()[1]}{settings.base_path}", settings)
        serving.until_stopped(listener, settings)
    return 0


def _kept_catalogue(args: argparse.Namespace, given: Settings) -> Settings:
    url = database_url(args.database) if args.database else given.database_url
    return replace(given, database_url=url, site=args.site or given.site)


def _working_tree(root: Path, address: str) -> Settings:
    if not (root / "templates").is_dir():
        raise CannotRunError(f"there is no folder templates in {root}: call it in a checkout, or name one with --root.")
    home = _prepared(root, address)
    # Whoever tries their own edits may try as often as they like.
    return Settings(
        database_url=f"sqlite:///{home.database}", public_address=address, site=home.site, posts_per_minute=0
    )


def _bound(host: str, port: int) -> socket.socket:
    """The port, taken before any work is done for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # without it: Nagle
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)  # who asks before the server runs waits, instead of being refused
    except (OSError, OverflowError):
        listener.close()
        where = "" if host == HOST else f" at {host}"
        raise CannotRunError(
            f"port {port}{where} is taken or not allowed: choose another, such as make serve PORT=8001."
        ) from None
    return listener


@dataclass(frozen=True)
class _Home:
    """Where a throw-away catalogue lies."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "catalogue.sqlite"

    @property
    def site(self) -> Path:
        return self.folder / "site"


def _prepared(root: Path, address: str) -> _Home:
    """The catalogue and site of what lies in the checkout now; made when it is not there yet."""
    started = time.monotonic()
    homes = root / "build" / "serve"
    home = _Home(homes / _digest(root, address))
    if not home.folder.is_dir():
        making = _Home(homes / f".{home.folder.name}.{os.getpid()}")
        try:
            _make(root, address, making)
            making.folder.rename(home.folder)
        finally:
            shutil.rmtree(making.folder, ignore_errors=True)
        _progress(f"ready after {time.monotonic() - started:.1f} s")
    else:
        os.utime(home.folder)
        _progress("nothing changed since the last time")
    _forget_old(homes)
    return home


def _make(root: Path, address: str, home: _Home) -> None:
    from bot.checks import CHECKS  # noqa: PLC0415  # as below
    from registry import publish, site  # noqa: PLC0415  # a second start shall not pay for rendering and MkDocs

    home.folder.mkdir(parents=True)
    reading = publish.throw_away(root, home.database, datetime.now(UTC).date(), _progress)
    for refusal in reading.refused:
        _progress(f"left out: {refusal}")
    for stray in reading.strays:
        _progress(f"not read: {stray.path}: {stray.reason}")
    site.build(site.shelf(reading.catalogue, CHECKS, address), home.site, root, _progress)


def _digest(root: Path, address: str) -> str:
    """What the catalogue depends on: code, schema, templates, ledger, hand-written pages, the address, and the day."""
    known = ledger(root)
    numbers = f"{known.commit} {known.sha256}" if known else ""
    digest = hashlib.sha256(f"{address} {datetime.now(UTC).date()} {numbers}".encode())
    for file in sorted(_inputs(root)):
        digest.update(f"\n{file}\n".encode(errors="surrogateescape"))
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _inputs(root: Path) -> Iterator[Path]:
    packages = [Path(package.__file__).parent for package in (schema, registry, bot) if package.__file__]
    for folder in (*packages, root / "templates", root / "site", root / "tests" / "schema" / "rules"):
        yield from _files(folder.rglob("*"))
    yield from _files([root / "mkdocs.yml"])


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.is_file() and not path.is_symlink() and path.suffix != ".pyc")


def _forget_old(homes: Path) -> None:
    """Keep the newest few; what another process still serves from is not taken away under it on this platform."""
    folders = sorted((p for p in homes.iterdir() if not p.name.startswith(".")), key=lambda p: p.stat().st_mtime)
    for folder in folders[:-_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _say_where(address: str, settings: Settings) -> None:
    pages = sorted((settings.site / "catalog").glob("*/index.html")) if settings.site else []
    print(f"\nOpen   {address}/{'' if pages else 'v1/catalog.json'}")
    if pages:
        print(f"Take   curl -OJ {address}/v1/templates/{pages[0].parent.name}.yaml")
    print("Stop   Ctrl-C", flush=True)


def _progress(step: str) -> None:
    print(f"threatshelf: {step}", file=sys.stderr, flush=True)
