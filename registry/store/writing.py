"""What a publication brings enters the tables: piece by piece in one transaction, so that little is held at once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, text
from sqlmodel import SQLModel

from registry.errors import CannotRunError
from registry.listings import Entry
from registry.signing import Signer
from registry.store import signatures
from registry.store.forms import ENCODINGS, Form, forms
from registry.store.indexing import add_entries, drop_entries
from registry.store.rows import (
    BlobRow,
    BriefRow,
    FileRow,
    FolderRow,
    RefusedRow,
    ReleaseRow,
    SnapshotRow,
    WithdrawalRow,
)
from registry.tree import File
from registry.withdrawn import Withdrawal

AT_ONCE = 500


class ConflictError(CannotRunError):
    """Somebody else published between our reading and our writing; nothing was written."""


class Scope(Enum):
    """What becomes of that which a publication does not speak of."""

    WHOLE = "whole"
    """It is gone."""
    PART = "part"
    """It stays."""


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
class Ready:
    """A file as it is stored: with its sha-256 in hexadecimal, and its shorter forms if they were made before."""

    file: File
    sha256: str
    forms: tuple[Form, ...] | None = None


def ready(files: Iterable[File]) -> tuple[Ready, ...]:
    """The files made ready, which takes longer than writing them; equal bytes are shortened once."""
    found = [named(file) for file in files]
    shorter = {one.sha256: forms(body) for body, one in {one.file.body: one for one in found}.items()}
    return tuple(replace(one, forms=shorter[one.sha256]) for one in found)


def named(file: File) -> Ready:
    """The file with its digest; its shorter forms are made if nothing has these bytes yet."""
    return Ready(file, _sha256(file.body))


@dataclass(frozen=True)
class About:
    """What is kept of one template beside its files: `told` is its brief as JSON, `entries` what search finds.

    `is_refused` says that its newest state was refused, so that the next publication looks at it again.
    """

    template: str
    told: bytes = b""
    entries: tuple[Entry, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()
    is_refused: bool = False


@dataclass(frozen=True)
class Piece:
    """Some of what is published: files to stand, paths to be no more, new versions, one template."""

    files: tuple[Ready, ...] = ()
    gone: tuple[str, ...] = ()
    releases: tuple[StoredRelease, ...] = ()
    about: About | None = None


@dataclass(frozen=True)
class Publication:
    """What the catalogue shows from now on. `written` is the moment, in UTC; `pieces` are asked for one by one.

    `signer` signs the sums; None leaves none signed.
    """

    pieces: Iterable[Piece]
    commit: str
    renderer: str
    written: str
    scope: Scope = Scope.WHOLE
    signer: Signer | None = None


@dataclass
class _Turn:
    """One publication under way: which blobs it took out of use, which templates it spoke of."""

    connection: Connection
    snapshot: Snapshot
    is_whole: bool
    replaced: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)


def write(connection: Connection, publication: Publication, seen: Snapshot) -> Snapshot:
    """Everything of the publication. Raises ConflictError when somebody else published since `seen` was read."""
    whole = publication.scope is Scope.WHOLE
    turn = _Turn(connection, _take_turn(connection, publication, seen), whole)
    if whole:
        connection.execute(text("CREATE TEMPORARY TABLE shown (path VARCHAR PRIMARY KEY)"))
    for piece in publication.pieces:
        _write_piece(turn, piece)
        if whole:
            _many(connection, "INSERT INTO shown (path) VALUES (:path)", [{"path": r.file.path} for r in piece.files])
    if whole:
        _forget_the_rest(turn)
        connection.execute(text("DROP TABLE shown"))
    _drop_unused(turn)
    signatures.write(connection, publication.signer)
    return turn.snapshot


def _take_turn(connection: Connection, publication: Publication, seen: Snapshot) -> Snapshot:
    """Raise the serial, which only one of several writers can; the others learn that they come too late."""
    now = Snapshot(seen.serial + 1, publication.commit, publication.renderer, publication.written)
    values = {"serial": now.serial, "commit": now.commit, "renderer": now.renderer, "written": now.written}
    if seen.serial == 0:
        connection.execute(insert(SnapshotRow), {"id": 1, **values})
    elif not connection.execute(_RAISE, {**values, "seen": seen.serial}).rowcount:
        raise ConflictError(TOO_LATE)
    return now


TOO_LATE = "somebody else published at the same time; nothing was written: run publish again."
_RAISE = text(
    'UPDATE snapshot SET serial = :serial, "commit" = :commit, renderer = :renderer, written = :written '
    "WHERE id = 1 AND serial = :seen"
)


def _write_piece(turn: _Turn, piece: Piece) -> None:
    made = {one.sha256: (one.file.body, one.forms) for one in piece.files}
    sources = {one.sha256: (one.source, None) for one in piece.releases}
    _write_blobs(turn, {**sources, **made})
    _write_releases(turn, piece.releases)
    _write_files(turn, piece.files)
    _drop_files(turn, piece.gone)
    if piece.about:
        turn.templates.add(piece.about.template)
        _write_about(turn.connection, piece.about)


def _write_blobs(turn: _Turn, wanted: Mapping[str, tuple[bytes, tuple[Form, ...] | None]]) -> None:
    known = _sound(turn, list(wanted))
    missing = ((sha256, *made) for sha256, made in wanted.items() if not known.get(sha256))
    rows = [_blob_row(sha256, body, forms(body) if made is None else made) for sha256, body, made in missing]
    _insert(turn.connection, BlobRow, [row for row in rows if row["sha256"] not in known])
    damaged = [row for row in rows if row["sha256"] in known]
    if damaged:
        turn.connection.execute(_MEND, damaged)


def _sound(turn: _Turn, names: Sequence[str]) -> dict[str, bool]:
    """The blobs that are there by digest; a whole publication looks whether their bytes are those, too."""
    if not turn.is_whole:
        found = _select(turn.connection, "SELECT sha256 FROM blob WHERE sha256 IN :some", names)
        return {row.sha256: True for row in found}
    found = _select(turn.connection, f"SELECT {BLOB_COLUMNS} FROM blob WHERE sha256 IN :some", names)  # noqa: S608  # ours
    return {row.sha256: is_sound(row._mapping) for row in found}


def is_sound(row: Mapping[str, Any]) -> bool:
    """Whether a blob's bytes, and those of its shorter forms, are what their digests say."""
    shorter = [(row[f"{name}_sha256"], row[name]) for name in ENCODINGS if row[name] is not None]
    bodies = ((row["sha256"], row["body"]), *shorter)
    return all(isinstance(body, bytes) and _sha256(body) == sha256 for sha256, body in bodies)


_FORM_COLUMNS = [column for name in ENCODINGS for column in (name, f"{name}_sha256")]
BLOB_COLUMNS = ", ".join(["sha256", "body", *_FORM_COLUMNS])
_MEND = text(
    f"UPDATE blob SET {', '.join(f'{name} = :{name}' for name in ['body', *_FORM_COLUMNS])} WHERE sha256 = :sha256"  # noqa: S608  # ours
)


def _blob_row(sha256: str, body: bytes, shorter: Sequence[Form]) -> dict[str, Any]:
    row: dict[str, Any] = {"sha256": sha256, "body": body}
    for name in ENCODINGS:
        row[name] = row[f"{name}_sha256"] = None
    for form in shorter:
        row[form.encoding], row[f"{form.encoding}_sha256"] = form.body, form.sha256
    return row


def _write_releases(turn: _Turn, releases: Sequence[StoredRelease]) -> None:
    """Rows are added and never altered: a version that is there already is left out."""
    templates = sorted({release.template for release in releases})
    found = _select(
        turn.connection, "SELECT template, version FROM template_release WHERE template IN :some", templates
    )
    known = {(row.template, row.version) for row in found}
    rows = [
        {
            "template": r.template,
            "version": r.version,
            "sha256": r.sha256,
            "published": r.published,
            "commit": r.commit,
            "serial": turn.snapshot.serial,
        }
        for r in releases
        if (r.template, r.version) not in known
    ]
    _insert(turn.connection, ReleaseRow, rows)


def _write_files(turn: _Turn, files: Sequence[Ready]) -> None:
    """Rows that say what they said before are left alone, and keep the moment since when they say it."""
    found = _select(turn.connection, "SELECT * FROM stored_file WHERE path IN :some", [one.file.path for one in files])
    known: dict[str, Mapping[str, Any]] = {row.path: dict(row._mapping) for row in found}
    rows = [_file_row(one, turn.snapshot.written, known.get(one.file.path)) for one in files]
    changed = [row for row in rows if row != known.get(row["path"])]
    replaced = [known[row["path"]] for row in changed if row["path"] in known]
    _drop(turn.connection, FileRow, "path", [row["path"] for row in replaced])
    _insert(turn.connection, FileRow, changed)
    turn.replaced.update(row["sha256"] for row in replaced)
    # Sums are of names and digests: a row that changed otherwise leaves them as they are.
    _touch(turn, {row["folder"] for row in changed if row["sha256"] != known.get(row["path"], {}).get("sha256")})


def _file_row(one: Ready, written: str, known: Mapping[str, Any] | None) -> dict[str, Any]:
    """A row; with the bytes of before it keeps its moment."""
    file = one.file
    row = {
        "path": file.path,
        "folder": folder_of(file.path),
        "sha256": one.sha256,
        "media_type": file.media_type,
        "lifetime": str(file.lifetime),
        "commit": file.commit,
        "renderer": file.renderer,
        "modified": file.published or written,
        "withdrawn": file.withdrawn,
        "successor": file.successor,
    }
    return {**row, "modified": known["modified"]} if known and known["sha256"] == one.sha256 else row


def folder_of(path: str) -> str:
    """The folder that holds the path; empty at the top."""
    return path.rpartition("/")[0]


def _drop_files(turn: _Turn, paths: Sequence[str]) -> None:
    rows = _select(turn.connection, "SELECT path, folder, sha256 FROM stored_file WHERE path IN :some", list(paths))
    _drop(turn.connection, FileRow, "path", [row.path for row in rows])
    turn.replaced.update(row.sha256 for row in rows)
    _touch(turn, {row.folder for row in rows})


def _touch(turn: _Turn, folders: set[str]) -> None:
    """The sums of these folders are others from now on."""
    values = {"serial": turn.snapshot.serial, "modified": turn.snapshot.written}
    _drop(turn.connection, FolderRow, "path", sorted(folders))
    _insert(turn.connection, FolderRow, [{"path": folder, **values} for folder in sorted(folders)])


def _write_about(connection: Connection, about: About) -> None:
    template = [about.template]
    _drop(connection, BriefRow, "template", template)
    if about.told:
        _insert(connection, BriefRow, [{"template": about.template, "told": about.told}])
    _drop(connection, WithdrawalRow, "template", template)
    rows = enumerate(about.withdrawn)
    fields = [{"template": about.template, "position": i, **_withdrawal(row)} for i, row in rows]
    _insert(connection, WithdrawalRow, fields)
    _drop(connection, RefusedRow, "template", template)
    if about.is_refused:
        _insert(connection, RefusedRow, [{"template": about.template}])
    _write_entries(connection, about)


def _withdrawal(row: Withdrawal) -> dict[str, str]:
    return {
        "version": row.version,
        "on": row.on,
        "by": row.by,
        "reason": row.reason,
        "superseded_by": row.superseded_by,
    }


def _write_entries(connection: Connection, about: About) -> None:
    """A template is indexed anew when its newest version is another one."""
    indexed = {(row.version, row.threat, row.sha256) for row in _select(connection, _INDEXED, [about.template])}
    if indexed != {(entry.version, entry.threat, entry.sha256) for entry in about.entries}:
        drop_entries(connection, [about.template])
        add_entries(connection, about.entries)


_INDEXED = "SELECT version, threat, sha256 FROM search_entry WHERE template IN :some"


def _forget_the_rest(turn: _Turn) -> None:
    """What a whole publication did not speak of."""
    connection = turn.connection
    paths = connection.execute(text("SELECT path FROM stored_file WHERE path NOT IN (SELECT path FROM shown)"))
    for some in _portions(list(paths.scalars())):
        _drop_files(turn, some)
    _touch(turn, set(connection.execute(text(_WITHOUT_SUMS)).scalars()))
    for row in (BriefRow, WithdrawalRow, RefusedRow):
        held = set(connection.execute(text(f"SELECT template FROM {row.__tablename__}")).scalars())  # noqa: S608  # names of ours
        _drop(connection, row, "template", sorted(held - turn.templates))
    indexed = set(connection.execute(text("SELECT DISTINCT template FROM search_entry")).scalars())
    drop_entries(connection, sorted(indexed - turn.templates))


_WITHOUT_SUMS = "SELECT DISTINCT folder FROM stored_file WHERE folder NOT IN (SELECT path FROM folder)"


def _drop_unused(turn: _Turn) -> None:
    """Bytes that nothing names any more: after a whole publication all, else those that this one took out of use."""
    if turn.is_whole:
        turn.connection.execute(text(f"DELETE FROM blob WHERE {_UNUSED}"))  # noqa: S608  # ours
        return
    named = f"DELETE FROM blob WHERE sha256 IN :some AND {_UNUSED}"  # noqa: S608  # ours
    statement = text(named).bindparams(bindparam("some", expanding=True))
    for some in _portions(sorted(turn.replaced)):
        turn.connection.execute(statement, {"some": list(some)})


_UNUSED = (
    "NOT EXISTS (SELECT 1 FROM stored_file f WHERE f.sha256 = blob.sha256) "
    "AND NOT EXISTS (SELECT 1 FROM template_release r WHERE r.sha256 = blob.sha256)"
)


def _select(connection: Connection, statement: str, values: Sequence[str]) -> list[Any]:
    """The rows for all these values, some at a time."""
    asked = text(statement).bindparams(bindparam("some", expanding=True))
    return [row for some in _portions(values) for row in connection.execute(asked, {"some": list(some)})]


def _insert(connection: Connection, row: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    if values:
        connection.execute(insert(row), list(values))


def _many(connection: Connection, statement: str, rows: Sequence[Mapping[str, str]]) -> None:
    if rows:
        connection.execute(text(statement), list(rows))


def _drop(connection: Connection, row: type[SQLModel], column: str, values: Sequence[str]) -> None:
    table = SQLModel.metadata.tables[str(row.__tablename__)]
    for some in _portions(values):
        connection.execute(delete(table).where(table.c[column].in_(list(some))))


def _portions(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE)]


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
