"""The catalogue in a database: one look-up by path to read, one transaction to publish, SQLite or PostgreSQL."""

import gzip
import hashlib
import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import SQLModel

from registry.errors import CannotRunError
from registry.listings import Entry
from registry.store.rows import BlobRow, EntryRow, FacetRow, FileRow, ReleaseRow, SnapshotRow
from registry.store.search import Answer, Question, search
from registry.tree import File, Lifetime

CACHED_BYTES = 64 * 1024 * 1024


class ConflictError(CannotRunError):
    """Somebody else published between our reading and our writing; nothing was written."""


@dataclass(frozen=True)
class Snapshot:
    """What the catalogue shows: `serial` counts publications (0: none yet), `commit` is empty for a working tree."""

    serial: int = 0
    commit: str = ""
    renderer: str = ""
    written: str = ""


@dataclass(frozen=True)
class StoredRelease:
    """A version that was published: where it came from, and the bytes of its file."""

    template: str
    version: str
    sha256: str
    published: str
    commit: str
    source: bytes


@dataclass(frozen=True)
class Blob:
    """Bytes and, where that is shorter, their compressed form; each with its sha-256 in hexadecimal."""

    sha256: str
    body: bytes
    gzip: bytes | None
    gzip_sha256: str | None


@dataclass(frozen=True)
class StoredFile:
    """What stands at a path. `modified` is a moment in UTC (`2026-11-20T09:00:00Z`)."""

    path: str
    media_type: str
    lifetime: Lifetime
    commit: str
    renderer: str
    modified: str
    blob: Blob


@dataclass(frozen=True)
class Publication:
    """Everything that the catalogue shows from now on. `written` is the moment, in UTC."""

    files: Sequence[File]
    releases: Sequence[StoredRelease]
    entries: Sequence[Entry]
    commit: str
    renderer: str
    written: str


class Store:
    """An open catalogue. It may be used from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._blobs = _Blobs(CACHED_BYTES)

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def read(self, path: str) -> StoredFile | None:
        """What stands at the path now; None when nothing does."""
        with self._engine.connect() as connection:
            row = connection.execute(_FILE, {"path": path}).first()
            if row is None:
                return None
            blob = self._blobs.get(row.sha256) or self._blobs.keep(_blob(connection, row.sha256))
        return StoredFile(path, row.media_type, Lifetime(row.lifetime), row.commit, row.renderer, row.modified, blob)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every path of the tree with its bytes, all of one moment."""
        with self._engine.connect() as connection:
            for row in connection.execute(_FILES):
                yield row.path, row.body

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

    def publish(self, publication: Publication, seen: Snapshot) -> Snapshot:
        """Show this instead of what `seen` showed, all of it or nothing.

        Raises ConflictError when somebody else published since `seen` was read.
        """
        blobs = self._missing_blobs(publication)
        try:
            with self._engine.begin() as connection:
                snapshot = _take_turn(connection, publication, seen)
                _insert(connection, BlobRow, blobs)
                _write_releases(connection, publication.releases)
                _write_files(connection, publication)
                _write_entries(connection, publication.entries)
                connection.execute(_DROP_UNUSED_BLOBS)
        except DBAPIError as error:
            if self.snapshot().serial != seen.serial:
                raise ConflictError(_TOO_LATE) from error
            raise CannotRunError(f"the catalogue could not be written, and is as before: {_reason(error)}") from error
        return snapshot

    def _missing_blobs(self, publication: Publication) -> list[dict[str, Any]]:
        with self._engine.connect() as connection:
            known = set(connection.execute(text("SELECT sha256 FROM blob")).scalars())
        bodies = (*(file.body for file in publication.files), *(release.source for release in publication.releases))
        missing = {_sha256(body): body for body in bodies}
        return [_compressed(sha256, body) for sha256, body in missing.items() if sha256 not in known]


def open_store(url: str) -> Store:
    """The catalogue at this address, its tables brought up to date; CannotRunError when it cannot be opened."""
    try:
        engine = create_engine(url, **_options(url))
        if engine.dialect.name == "sqlite":
            _tune_sqlite(engine)
        migrate(engine)
    except DBAPIError as error:
        raise CannotRunError(f"the catalogue's database cannot be opened: {_reason(error)}") from error
    except ArgumentError:
        raise CannotRunError("the address of the catalogue's database makes no sense.") from None
    return Store(engine)


def _reason(error: DBAPIError) -> str:
    """What the database itself says, on one line; never the statement or the address."""
    return str(error.orig).strip().partition("\n")[0]


def migrate(engine: Engine) -> None:
    """Bring the tables up to date, from the steps inside this package."""
    from alembic import command  # noqa: PLC0415  # half a second that only those who open a catalogue pay
    from alembic.config import Config  # noqa: PLC0415  # as above
    from alembic.util import CommandError  # noqa: PLC0415  # as above

    alone = engine.execution_options(begin="BEGIN IMMEDIATE")  # SQLite: two servers may start at once
    with as_file(files("registry.store").joinpath("migrations")) as folder, alone.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(748200)"))  # the same for PostgreSQL
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise CannotRunError(f"the catalogue was written by a newer Threatshelf: {error}.") from error


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


_FILE = text('SELECT sha256, media_type, lifetime, "commit", renderer, modified FROM stored_file WHERE path = :path')
_FILES = text("SELECT f.path, b.body FROM stored_file f JOIN blob b ON b.sha256 = f.sha256 ORDER BY f.path")
_BLOB = text("SELECT sha256, body, gzip, gzip_sha256 FROM blob WHERE sha256 = :sha256")
_SNAPSHOT = text('SELECT serial, "commit", renderer, written FROM snapshot WHERE id = 1')
_RELEASES = text(
    'SELECT r.template, r.version, r.sha256, r.published, r."commit", b.body FROM template_release r '
    "JOIN blob b ON b.sha256 = r.sha256 WHERE :template IN ('', r.template) ORDER BY r.template, r.version"
)
_DROP_UNUSED_BLOBS = text(
    "DELETE FROM blob WHERE NOT EXISTS (SELECT 1 FROM stored_file f WHERE f.sha256 = blob.sha256) "
    "AND NOT EXISTS (SELECT 1 FROM template_release r WHERE r.sha256 = blob.sha256)"
)


class _Blobs:
    """The bytes asked for last, by digest, up to a total size; a digest never means other bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._kept: OrderedDict[str, Blob] = OrderedDict()
        self._lock = Lock()

    def get(self, sha256: str) -> Blob | None:
        with self._lock:
            if sha256 in self._kept:
                self._kept.move_to_end(sha256)
            return self._kept.get(sha256)

    def keep(self, blob: Blob) -> Blob:
        with self._lock:
            if blob.sha256 not in self._kept:
                self._kept[blob.sha256] = blob
                self._size += _weight(blob)
            while self._size > self._most:
                _, dropped = self._kept.popitem(last=False)
                self._size -= _weight(dropped)
        return blob


def _weight(blob: Blob) -> int:
    return len(blob.body) + len(blob.gzip or b"")


def _blob(connection: Connection, sha256: str) -> Blob:
    row = connection.execute(_BLOB, {"sha256": sha256}).one()
    return Blob(row.sha256, row.body, row.gzip, row.gzip_sha256)


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


def _take_turn(connection: Connection, publication: Publication, seen: Snapshot) -> Snapshot:
    """Raise the serial, which only one of several writers can; the others learn that they come too late."""
    now = Snapshot(seen.serial + 1, publication.commit, publication.renderer, publication.written)
    values = {"serial": now.serial, "commit": now.commit, "renderer": now.renderer, "written": now.written}
    if seen.serial == 0:
        connection.execute(insert(SnapshotRow), {"id": 1, **values})
    elif not connection.execute(_RAISE, {**values, "seen": seen.serial}).rowcount:
        raise ConflictError(_TOO_LATE)
    return now


_TOO_LATE = "somebody else published at the same time; nothing was written: run publish again."
_RAISE = text(
    'UPDATE snapshot SET serial = :serial, "commit" = :commit, renderer = :renderer, written = :written '
    "WHERE id = 1 AND serial = :seen"
)


def _write_releases(connection: Connection, releases: Sequence[StoredRelease]) -> None:
    """Rows are added and never altered."""
    known = {(row.template, row.version) for row in connection.execute(text(_RELEASE_KEYS))}
    rows = [
        {"template": r.template, "version": r.version, "sha256": r.sha256, "published": r.published, "commit": r.commit}
        for r in releases
        if (r.template, r.version) not in known
    ]
    _insert(connection, ReleaseRow, rows)


_RELEASE_KEYS = "SELECT template, version FROM template_release"


def _write_files(connection: Connection, publication: Publication) -> None:
    """Rows that say what they said before are left alone, and keep the moment since when they say it."""
    known: dict[str, Mapping[str, Any]] = {
        row["path"]: dict(row) for row in connection.execute(text("SELECT * FROM stored_file")).mappings()
    }
    rows = [_file_row(file, publication.written, known.get(file.path)) for file in publication.files]
    changed = [row for row in rows if row != known.get(row["path"])]
    paths = {row["path"] for row in rows}
    gone = [path for path in known if path not in paths]
    _drop(connection, "stored_file", "path", [*gone, *(row["path"] for row in changed if row["path"] in known)])
    _insert(connection, FileRow, changed)


def _file_row(file: File, written: str, known: Mapping[str, Any] | None) -> dict[str, Any]:
    sha256 = _sha256(file.body)
    since = known["modified"] if known and known["sha256"] == sha256 else file.published or written
    return {
        "path": file.path,
        "sha256": sha256,
        "media_type": file.media_type,
        "lifetime": str(file.lifetime),
        "commit": file.commit or "",
        "renderer": file.renderer,
        "modified": since,
    }


def _write_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Only templates whose newest version changed are indexed anew."""
    known = {row.template: row.sha256 for row in connection.execute(text(_INDEXED))}
    wanted = {entry.template: entry.sha256 for entry in entries}
    _drop(connection, "search_entry", "template", [id_ for id_, sha256 in known.items() if wanted.get(id_) != sha256])
    for entry in entries:
        if known.get(entry.template) != entry.sha256:
            _write_entry(connection, entry)


_INDEXED = "SELECT DISTINCT template, sha256 FROM search_entry"


def _write_entry(connection: Connection, entry: Entry) -> None:
    row = {
        "template": entry.template,
        "version": entry.version,
        "sha256": entry.sha256,
        "threat": entry.threat,
        "threat_id": entry.threat_id,
        "title": entry.title,
        "names": entry.names,
        "body": entry.text,
    }
    key = connection.execute(insert(EntryRow).values(row)).inserted_primary_key
    facets = [
        {"entry": key[0] if key else None, "name": name, "value": value}
        for name, values in entry.facets.items()
        for value in values
    ]
    _insert(connection, FacetRow, facets)


def _insert(connection: Connection, row: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    if values:
        connection.execute(insert(row), list(values))


def _drop(connection: Connection, table: str, column: str, values: Sequence[str]) -> None:
    where = SQLModel.metadata.tables[table].c[column]
    for start in range(0, len(values), 500):
        connection.execute(delete(SQLModel.metadata.tables[table]).where(where.in_(values[start : start + 500])))


def _compressed(sha256: str, body: bytes) -> dict[str, Any]:
    short = gzip.compress(body, compresslevel=9, mtime=0)
    smaller = len(short) < len(body)
    return {
        "sha256": sha256,
        "body": body,
        "gzip": short if smaller else None,
        "gzip_sha256": _sha256(short) if smaller else None,
    }


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
