"""The catalogue in a database: one look-up by path to read, one transaction to publish, SQLite or PostgreSQL."""

import hashlib
import heapq
import json
import sqlite3
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from registry.brief import Brief, from_json
from registry.bundle import Member, as_it_is, deflated, from_gzip
from registry.errors import CannotRunError
from registry.signing import SUFFIX, Signer
from registry.store import signatures, sums
from registry.store.examining import Damage, examine
from registry.store.forms import ENCODINGS, Form, forms
from registry.store.migrating import begin, is_current
from registry.store.pulse import DataVersion
from registry.store.search import Answer, Question, search
from registry.store.writing import TOO_LATE, ConflictError, Publication, Snapshot, StoredRelease, write
from registry.tree import SUMS_TYPE, Lifetime
from registry.withdrawn import Withdrawal

__all__ = ["ConflictError", "Publication", "Snapshot", "StoredRelease"]

CACHED_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Blob:
    """Bytes, their sha-256 in hexadecimal, and the compressed forms that are shorter, the best first."""

    sha256: str
    body: bytes
    forms: tuple[Form, ...] = ()


@dataclass(frozen=True)
class StoredFile:
    """What stands at a path. `modified` is a moment in UTC (`2026-11-20T09:00:00Z`).

    `withdrawn` is why the version was taken back, `successor` the version to take instead; empty where it was not.
    """

    path: str
    media_type: str
    lifetime: Lifetime
    commit: str
    renderer: str
    modified: str
    blob: Blob
    withdrawn: str = ""
    successor: str = ""


class Store:
    """An open catalogue. It may be used from several threads. `signer` signs what is published into it."""

    def __init__(self, engine: Engine, signer: Signer | None = None) -> None:
        self._engine, self.signer = engine, signer
        self._blobs = _Blobs(CACHED_BYTES)

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def pulse(self) -> DataVersion | None:
        """What tells for nothing whether somebody wrote; None where only asking tells."""
        return DataVersion(self._engine) if self._engine.dialect.name == "sqlite" else None

    def is_current(self) -> bool:
        """Whether the tables are those of this version of the software."""
        with self._engine.connect() as connection:
            return is_current(connection)

    def read(self, path: str) -> StoredFile | None:
        """What stands at the path now; None when nothing does."""
        with self._engine.connect() as connection:
            if sums.is_sums(path):
                return self._sums(connection, path)
            if signatures.is_signature(path):
                return _signature(connection, path)
            row = connection.execute(_FILE, {"path": path}).first()
            if row is None:
                return None
            found = self._blobs.get(row.sha256)
            blob = found or self._blobs.keep(row.sha256, _blob(connection, row.sha256))
        told = (row.media_type, Lifetime(row.lifetime), row.commit, row.renderer, row.modified, blob)
        return StoredFile(path, *told, row.withdrawn, row.successor)

    def _sums(self, connection: Connection, path: str) -> StoredFile | None:
        """Kept under the publication that changed them last, not under what they are."""
        folder = sums.folder(connection, path)
        if folder is None:
            return None
        key = f"{folder.serial} {folder.path}"
        blob = self._blobs.get(key) or self._blobs.keep(key, _made(sums.body(connection, folder.path)))
        return StoredFile(path, SUMS_TYPE, Lifetime.LATEST, "", "", folder.modified, blob)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every path of the tree with its bytes, all of one moment, in the order of the paths."""
        with self._engine.connect().execution_options(yield_per=50) as connection:
            rows = connection.execute(text(f"{_FILES} ORDER BY {_by_bytes(connection)}"))
            found = ((row.path, row.body) for row in rows)
            yield from heapq.merge(found, _all_sums(connection), key=lambda file: file[0])

    def members(self) -> Iterator[Member]:
        """Every path of the tree as a member of the bundle, all of one moment."""
        with self._engine.connect().execution_options(yield_per=50) as connection:
            rows = connection.execute(text(f"{_MEMBERS} ORDER BY {_by_bytes(connection)}"))
            found = (_member(row) for row in rows)
            made = (deflated(path, body) for path, body in _all_sums(connection))
            yield from heapq.merge(found, made, key=lambda member: member.path)

    def snapshot(self) -> Snapshot:
        """What the catalogue shows; serial 0 when nothing was ever published."""
        try:
            with self._engine.connect() as connection:
                row = connection.execute(_SNAPSHOT).first()
        except DBAPIError as error:
            raise CannotRunError("the catalogue's database does not answer.") from error
        return Snapshot(row.serial, row.commit, row.renderer, row.written) if row else Snapshot()

    def releases(self, template: str = "") -> tuple[StoredRelease, ...]:
        """Every version ever published, of one template or of all."""
        with self._engine.connect() as connection:
            rows = connection.execute(_RELEASES, {"template": template}).all()
        return tuple(StoredRelease(r.template, r.version, r.sha256, r.published, r.commit, r.body) for r in rows)

    def search(self, question: Question) -> Answer:
        """The hits for a question; BadCursorError for a cursor that makes no sense."""
        with self._engine.connect() as connection:
            return search(connection, question)

    def versions(self) -> int:
        """How many versions were ever published."""
        with self._engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM template_release")).scalar_one())

    def templates(self) -> tuple[str, ...]:
        """The id of every template that was ever published, in order."""
        with self._engine.connect() as connection:
            return tuple(sorted(connection.execute(text("SELECT DISTINCT template FROM template_release")).scalars()))

    def briefs(self) -> Iterator[Brief]:
        """What documents across templates know of each, in the order of their ids."""
        with self._engine.connect() as connection:
            rows = connection.execute(_BRIEFS).scalars().all()
        found = (from_json(json.loads(zlib.decompress(told))) for told in rows)
        return iter(sorted(found, key=lambda brief: brief.id))

    def refused(self) -> frozenset[str]:
        """The templates whose newest state was refused when it was looked at last."""
        with self._engine.connect() as connection:
            return frozenset(connection.execute(_REFUSED).scalars())

    def withdrawn(self, template: str = "") -> dict[str, tuple[Withdrawal, ...]]:
        """The versions of one template, or of all, that were taken back, by template id."""
        with self._engine.connect() as connection:
            rows = connection.execute(_WITHDRAWN, {"template": template}).all()
        found: dict[str, tuple[Withdrawal, ...]] = {}
        for id_, *told in rows:
            found[id_] = (*found.get(id_, ()), Withdrawal(*told))
        return found

    def brought(self, serial: int) -> tuple[tuple[str, str], ...]:
        """Template and version of everything that this publication brought."""
        with self._engine.connect() as connection:
            return tuple((row.template, row.version) for row in connection.execute(_BROUGHT, {"serial": serial}))

    def examine(self) -> list[Damage]:
        """Everything that is damaged; nothing is altered."""
        try:
            with self._engine.connect() as connection:
                return list(examine(connection))
        except DBAPIError as error:
            raise CannotRunError(f"the catalogue cannot be read: {_reason(error)}") from error

    def publish(self, publication: Publication, seen: Snapshot) -> Snapshot:
        """Show this instead of what `seen` showed, all of it or nothing.

        Raises ConflictError when somebody else published since `seen` was read.
        """
        try:
            with self._engine.begin() as connection:
                return write(connection, replace(publication, signer=self.signer), seen)
        except DBAPIError as error:
            if self.snapshot().serial != seen.serial:
                raise ConflictError(TOO_LATE) from error
            raise CannotRunError(f"the catalogue could not be written, and is as before: {_reason(error)}") from error


def open_store(url: str, signer: Signer | None = None) -> Store:
    """The catalogue at this address. CannotRunError when it cannot be opened or its tables are not of this version."""
    store = served_store(url, signer)
    if not store.is_current():
        store.close()
        raise CannotRunError("the catalogue's tables are of another version: run threatshelf migrate.")
    return store


def served_store(url: str, signer: Signer | None = None) -> Store:
    """The same for a server, which starts whatever the tables are and says so where it is asked whether it is ready."""
    return Store(open_engine(url), signer)


def open_engine(url: str) -> Engine:
    """The database at this address. Tables are made where there are none; those of SQLite are brought up to date.

    Several servers may read the same PostgreSQL, so that its tables change only when somebody says so.
    """
    try:
        engine = create_engine(url, **_options(url))
        if engine.dialect.name == "sqlite":
            _tune_sqlite(engine)
        begin(engine)
    except DBAPIError as error:
        raise CannotRunError(f"the catalogue's database cannot be opened: {_reason(error)}") from error
    except ArgumentError:
        raise CannotRunError("the address of the catalogue's database makes no sense.") from None
    return engine


def _reason(error: DBAPIError) -> str:
    """What the database itself says, on one line; never the statement or the address."""
    return str(error.orig).strip().partition("\n")[0]


def url_of(database: Path) -> str:
    """The address of a catalogue in this SQLite file."""
    return f"sqlite:///{database}"


def is_throw_away(database: Path) -> bool:
    """Whether the file may be replaced: it is not there, it is empty, or it shows a working tree."""
    if not database.exists():
        return True
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            kept = (
                "snapshot" in tables and connection.execute("SELECT 1 FROM snapshot WHERE \"commit\" <> ''").fetchone()
            )
    except sqlite3.Error:
        return False
    return not tables or ("snapshot" in tables and not kept)


def _signature(connection: Connection, path: str) -> StoredFile | None:
    folder, signed = sums.folder(connection, path), signatures.read(connection, path)
    if folder is None or signed is None:
        return None
    return StoredFile(path, SUMS_TYPE, Lifetime.LATEST, "", "", folder.modified, _made(signed))


def _all_sums(connection: Connection) -> Iterator[tuple[str, bytes]]:
    for folder in sums.folders(connection):
        yield folder.sums, sums.body(connection, folder.path)
        signature = f"{folder.sums}{SUFFIX}"
        signed = signatures.read(connection, signature)
        if signed is not None:
            yield signature, signed


def _by_bytes(connection: Connection) -> str:
    """The order of paths by their bytes, whatever language the database speaks."""
    return "f.path" if connection.dialect.name == "sqlite" else 'f.path COLLATE "C"'


def _member(row: Any) -> Member:
    return from_gzip(row.path, row.gzip) if row.gzip is not None else as_it_is(row.path, row.body)


_FILE = text(
    'SELECT sha256, media_type, lifetime, "commit", renderer, modified, withdrawn, successor FROM stored_file '
    "WHERE path = :path"
)
_FILES = "SELECT f.path, b.body FROM stored_file f JOIN blob b ON b.sha256 = f.sha256"
_MEMBERS = (
    "SELECT f.path, b.gzip, CASE WHEN b.gzip IS NULL THEN b.body END AS body "
    "FROM stored_file f JOIN blob b ON b.sha256 = f.sha256"
)
_BLOB = text(
    "SELECT sha256, body, br, br_sha256, zstd, zstd_sha256, gzip, gzip_sha256 FROM blob WHERE sha256 = :sha256"
)
_SNAPSHOT = text('SELECT serial, "commit", renderer, written FROM snapshot WHERE id = 1')
_RELEASES = text(
    'SELECT r.template, r.version, r.sha256, r.published, r."commit", b.body FROM template_release r '
    "JOIN blob b ON b.sha256 = r.sha256 WHERE :template IN ('', r.template) ORDER BY r.template, r.version"
)
_BRIEFS = text("SELECT told FROM brief ORDER BY template")
_REFUSED = text("SELECT template FROM refused")
_WITHDRAWN = text(
    'SELECT template, version, "on", "by", reason, superseded_by FROM withdrawal '
    "WHERE :template IN ('', template) ORDER BY template, position"
)
_BROUGHT = text("SELECT template, version FROM template_release WHERE serial = :serial ORDER BY template, version")


class _Blobs:
    """The bytes asked for last, up to a total size, by digest or another key that never means other bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[str, Blob] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Blob | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: str, blob: Blob) -> Blob:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = blob
                self._size += _weight(blob)
            while self._size > self._most:
                _, dropped = self._kept.popitem(last=False)
                self._size -= _weight(dropped)
        return blob


def _weight(blob: Blob) -> int:
    return len(blob.body) + sum(len(form.body) for form in blob.forms)


def _made(body: bytes) -> Blob:
    """Bytes that stand in no row; a long file would make somebody wait for its shorter forms."""
    shorter = forms(body) if len(body) <= _MOST_COMPRESSED else ()
    return Blob(hashlib.sha256(body).hexdigest(), body, shorter)


_MOST_COMPRESSED = 1024 * 1024


def _blob(connection: Connection, sha256: str) -> Blob:
    row = connection.execute(_BLOB, {"sha256": sha256}).mappings().one()
    found = (Form(name, row[name], row[f"{name}_sha256"]) for name in ENCODINGS if row[name] is not None)
    return Blob(row["sha256"], row["body"], tuple(found))


def _options(url: str) -> dict[str, Any]:
    if make_url(url).get_backend_name() == "sqlite":
        return {}
    # One transaction sees one snapshot, and a hanging server does not hang us.
    limits = {"connect_timeout": 5, "options": "-c statement_timeout=30000"}
    return {"isolation_level": "REPEATABLE READ", "pool_pre_ping": True, "connect_args": limits}


def _tune_sqlite(engine: Engine) -> None:
    """Readers beside a writer (WAL), and transactions that hold for CREATE TABLE too (Python's driver begins none)."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("busy_timeout=10000", "journal_mode=WAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
