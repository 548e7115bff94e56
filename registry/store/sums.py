"""A folder's SHA256SUMS, made from the rows of its files when somebody asks: no publication has to rewrite it."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

from registry.tree import SUMS, sums


@dataclass(frozen=True)
class Folder:
    """A folder of the tree, which publication changed its sums last, and when."""

    path: str
    serial: int
    modified: str

    @property
    def sums(self) -> str:
        """The path of its sums."""
        return f"{self.path}/{SUMS}".lstrip("/")


def is_sums(path: str) -> bool:
    """Whether a folder's sums would stand at the path."""
    return path.rpartition("/")[2] == SUMS


def folder(connection: Connection, path: str) -> Folder | None:
    """The folder whose sums stand at the path; None when it holds nothing."""
    row = connection.execute(_FOLDER, {"path": path.rpartition("/")[0]}).first()
    return Folder(row.path, row.serial, row.modified) if row else None


def folders(connection: Connection) -> Iterator[Folder]:
    """Every folder that holds a file, in the order of the paths of their sums."""
    rows = connection.execute(_FOLDERS).all()
    yield from sorted((Folder(r.path, r.serial, r.modified) for r in rows), key=lambda found: found.sums)


def body(connection: Connection, path: str) -> bytes:
    """The sums of a folder."""
    rows = connection.execute(_HELD, {"path": path})
    # By the bytes of the names, whatever order the database's language has.
    return sums(sorted((row.path.rpartition("/")[2], row.sha256) for row in rows))


_HAS_FILES = "EXISTS (SELECT 1 FROM stored_file s WHERE s.folder = f.path)"
_FOLDER = text(f"SELECT path, serial, modified FROM folder f WHERE f.path = :path AND {_HAS_FILES}")  # noqa: S608  # ours
_FOLDERS = text(f"SELECT path, serial, modified FROM folder f WHERE {_HAS_FILES}")  # noqa: S608  # ours
_HELD = text("SELECT path, sha256 FROM stored_file WHERE folder = :path")
