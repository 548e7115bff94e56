"""Damage in a kept catalogue: what does not fit together any more, found by reading everything once."""

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from registry.brief import Brief, from_json
from registry.catalog import LedgerFile
from registry.store.migrating import at, newest
from registry.store.writing import BLOB_COLUMNS, folder_of, is_sound
from registry.tree import LEDGER
from schema.ids import LedgerError

MIGRATE = "threatshelf migrate"
REBUILD = "threatshelf publish --history"
RESTORE = "restore the last backup, then threatshelf publish --history"


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong: what it concerns, what is wrong with it, the command that mends it."""

    about: str
    fault: str
    mend: str


def examine(connection: Connection) -> Iterator[Damage]:
    """Everything that is wrong, in the order in which it should be mended."""
    if at(connection) != newest():
        yield Damage("tables", f"they are at step {at(connection) or 'none'}, not at {newest()}", MIGRATE)
        return
    for look in _LOOKS:
        yield from look(connection)


def _snapshot(connection: Connection) -> Iterator[Damage]:
    rows = connection.execute(text('SELECT serial, "commit" FROM snapshot')).all()
    anything = connection.execute(text("SELECT 1 FROM stored_file")).first()
    if not rows and anything:
        yield Damage("snapshot", "there are files, and nothing says which publication they are of", RESTORE)
    for row in rows:
        if row.serial < 1:
            yield Damage("snapshot", f"publication number {row.serial} is none", RESTORE)
        newer = text(
            "SELECT max(serial) FROM (SELECT serial FROM template_release UNION ALL SELECT serial FROM folder) s"
        )
        if (connection.execute(newer).scalar() or 0) > row.serial:
            yield Damage("snapshot", f"there are rows of a publication after {row.serial}, the last one", RESTORE)


_LAST = text("SELECT max(serial) FROM (SELECT serial FROM template_release UNION ALL SELECT serial FROM folder) s")


def _blobs(connection: Connection) -> Iterator[Damage]:
    names = list(connection.execute(text("SELECT sha256 FROM blob ORDER BY sha256")).scalars())
    one = text(f"SELECT {BLOB_COLUMNS} FROM blob WHERE sha256 = :sha256")  # noqa: S608  # names of ours
    for sha256 in names:
        row = connection.execute(one, {"sha256": sha256}).mappings().first()
        if row and not is_sound(dict(row)):
            yield Damage(f"blob {sha256}", "its bytes are not those of its digest", REBUILD)


def _rows(statement: str, fault: str, mend: str) -> Callable[[Connection], Iterator[Damage]]:
    """Every row that the statement finds is damage; its column `about` names it."""

    def look(connection: Connection) -> Iterator[Damage]:
        for row in connection.execute(text(statement)):
            yield Damage(row.about, fault, mend)

    return look


_LOST_FILE = """
SELECT path AS about FROM stored_file f WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.sha256 = f.sha256) ORDER BY path
"""
_LOST_RELEASE = """
SELECT template || ' ' || version AS about FROM template_release r
WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.sha256 = r.sha256) ORDER BY template, version
"""
_UNSERVED = """
SELECT template || ' ' || version AS about FROM template_release r WHERE NOT EXISTS (
  SELECT 1 FROM stored_file f WHERE f.path = 'v1/templates/' || r.template || '/' || r.version || '.yaml'
  AND f.sha256 = r.sha256
) ORDER BY template, version
"""
_UNUSED = """
SELECT 'blob ' || sha256 AS about FROM blob WHERE
  NOT EXISTS (SELECT 1 FROM stored_file f WHERE f.sha256 = blob.sha256)
  AND NOT EXISTS (SELECT 1 FROM template_release r WHERE r.sha256 = blob.sha256) ORDER BY sha256
"""
_NO_FOLDER = """
SELECT DISTINCT folder AS about FROM stored_file f
WHERE NOT EXISTS (SELECT 1 FROM folder g WHERE g.path = f.folder) ORDER BY folder
"""
_NO_BRIEF = """
SELECT DISTINCT template AS about FROM template_release r
WHERE NOT EXISTS (SELECT 1 FROM brief b WHERE b.template = r.template) ORDER BY template
"""
_STRANGE_BRIEF = """
SELECT template AS about FROM brief b
WHERE NOT EXISTS (SELECT 1 FROM template_release r WHERE r.template = b.template) ORDER BY template
"""
_STRANGE_WITHDRAWAL = """
SELECT template || ' ' || version AS about FROM withdrawal w WHERE NOT EXISTS (
  SELECT 1 FROM template_release r WHERE r.template = w.template AND r.version = w.version
) ORDER BY template, version
"""
_STRANGE_ENTRY = """
SELECT DISTINCT template AS about FROM search_entry e WHERE NOT EXISTS (
  SELECT 1 FROM template_release r WHERE r.template = e.template AND r.sha256 = e.sha256 AND r.version = e.version
) ORDER BY template
"""


def _folders(connection: Connection) -> Iterator[Damage]:
    for row in connection.execute(text("SELECT path, folder FROM stored_file ORDER BY path")):
        if folder_of(row.path) != row.folder:
            yield Damage(row.path, f"it is counted to the folder {row.folder}, whose sums are wrong by it", REBUILD)


def _briefs(connection: Connection) -> Iterator[Damage]:
    """Each against the newest version that was not taken back, and against what search finds."""
    indexed = _indexed(connection)
    for row in connection.execute(text("SELECT template, told FROM brief ORDER BY template")):
        brief = _brief(row.told)
        if brief is None or brief.id != row.template:
            yield Damage(row.template, "its brief cannot be read, or is another one's", REBUILD)
            continue
        yield from _stale(connection, brief)
        wanted = ({(brief.version, "")} | {(brief.version, t.key) for t in brief.threats}) if brief.listed else set()
        if indexed.get(brief.id, set()) != wanted:
            yield Damage(brief.id, "search does not find what its newest version holds", REBUILD)


def _stale(connection: Connection, brief: Brief) -> Iterator[Damage]:
    told = [row.version for row in brief.versions]
    found = connection.execute(_VERSIONS, {"template": brief.id}).scalars().all()
    taken = set(connection.execute(_TAKEN, {"template": brief.id}).scalars())
    listed = [version for version in told if version not in taken]
    if set(told) != set(found) or brief.version != (listed or told or [""])[0] or brief.listed != bool(listed):
        yield Damage(brief.id, "its brief is of another state than its versions", REBUILD)


_VERSIONS = text("SELECT version FROM template_release WHERE template = :template")
_TAKEN = text("SELECT version FROM withdrawal WHERE template = :template")


def _indexed(connection: Connection) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for row in connection.execute(text("SELECT template, version, threat FROM search_entry")):
        found.setdefault(row.template, set()).add((row.version, row.threat))
    return found


def _brief(told: bytes) -> Brief | None:
    try:
        return from_json(json.loads(zlib.decompress(told)))
    except (zlib.error, ValueError, TypeError, KeyError):
        return None


def _ledger(connection: Connection) -> Iterator[Damage]:
    """The ledger as it was published has to be one, and to hold every id that a newest version carries."""
    row = connection.execute(_LEDGER, {"path": LEDGER}).first()
    is_kept = connection.execute(text("SELECT 1 FROM snapshot WHERE \"commit\" <> ''")).first()
    if row is None:
        if is_kept:
            yield Damage(LEDGER, "the ledger of threat ids is missing", RESTORE)
        return
    try:
        bound = LedgerFile(row.body.decode()).bound
    except (LedgerError, UnicodeDecodeError):
        yield Damage(LEDGER, "it cannot be read as a ledger of threat ids", RESTORE)
        return
    yield from _unbound(connection, bound) if is_kept else ()


def _unbound(connection: Connection, bound: frozenset[tuple[str, str]]) -> Iterator[Damage]:
    known = {id_ for id_, _ in bound}
    for entry in connection.execute(_IDS):
        if entry.threat_id not in known:
            yield Damage(LEDGER, f"{entry.threat_id} stands in {entry.template}, and in no row of it", RESTORE)


_LEDGER = text("SELECT b.body FROM stored_file f JOIN blob b ON b.sha256 = f.sha256 WHERE f.path = :path")
_IDS = text("SELECT DISTINCT template, threat_id FROM search_entry WHERE threat_id <> '' ORDER BY template, threat_id")

_LOOKS: tuple[Callable[[Connection], Iterator[Damage]], ...] = (
    _snapshot,
    _rows(_LOST_RELEASE, "the bytes of this version are missing", REBUILD),
    _rows(_LOST_FILE, "its bytes are missing", REBUILD),
    _blobs,
    _rows(_UNSERVED, "it was published, and its file is not there or is another one", REBUILD),
    _ledger,
    _folders,
    _rows(_NO_FOLDER, "this folder has no sums", REBUILD),
    _rows(_NO_BRIEF, "it has versions, and no brief", REBUILD),
    _rows(_STRANGE_BRIEF, "it has a brief, and no version", REBUILD),
    _briefs,
    _rows(_STRANGE_ENTRY, "search finds a version that was never published", REBUILD),
    _rows(_STRANGE_WITHDRAWAL, "it was taken back, and never published", RESTORE),
    _rows(_UNUSED, "nothing uses it", REBUILD),
)


def as_data(damage: Damage) -> dict[str, Any]:
    """For machines."""
    return {"about": damage.about, "fault": damage.fault, "mend": damage.mend}
