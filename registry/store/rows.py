"""The tables of the catalogue. Nothing outside the store sees a row."""

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel


class SnapshotRow(SQLModel, table=True):
    """What the catalogue shows now; one row. `serial` is raised by every publication."""

    __tablename__ = "snapshot"

    id: int = Field(default=1, primary_key=True)
    serial: int
    commit: str
    renderer: str
    written: str


class ReleaseRow(SQLModel, table=True):
    """A version that was published. Its bytes are the blob of that digest; rows are added and never altered."""

    __tablename__ = "template_release"

    template: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    sha256: str = Field(foreign_key="blob.sha256")
    published: str
    commit: str


class BlobRow(SQLModel, table=True):
    """Bytes by their sha-256, and compressed where that is shorter, with the sha-256 of that form."""

    __tablename__ = "blob"

    sha256: str = Field(primary_key=True)
    body: bytes = Field(sa_type=LargeBinary)
    gzip: bytes | None = Field(default=None, sa_type=LargeBinary)
    gzip_sha256: str | None = None


class FileRow(SQLModel, table=True):
    """A path of the tree and what stands there. `modified` is a moment in UTC, in seconds."""

    __tablename__ = "stored_file"

    path: str = Field(primary_key=True)
    sha256: str = Field(foreign_key="blob.sha256", index=True)
    media_type: str
    lifetime: str
    commit: str
    renderer: str
    modified: str


class EntryRow(SQLModel, table=True):
    """What search finds. The engine's own index stands on title, names and body (see the migrations)."""

    __tablename__ = "search_entry"
    __table_args__ = (Index("ix_search_entry_place", "template", "threat", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    template: str
    version: str
    sha256: str
    threat: str
    threat_id: str
    title: str = Field(sa_type=Text)
    names: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class FacetRow(SQLModel, table=True):
    """A value by which search is narrowed: `pattern` = `coding-assistant`."""

    __tablename__ = "search_facet"
    __table_args__ = (Index("ix_search_facet_value", "name", "value", "entry"),)

    entry: int = Field(primary_key=True, foreign_key="search_entry.id", ondelete="CASCADE")
    name: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
