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
    """A version that was published. Its bytes are the blob of that digest; rows are added and never altered.

    `serial` is the publication that brought it.
    """

    __tablename__ = "template_release"

    template: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    sha256: str = Field(foreign_key="blob.sha256")
    published: str
    commit: str
    serial: int = Field(index=True)


class BlobRow(SQLModel, table=True):
    """Bytes by their sha-256, and compressed where that is shorter, with the sha-256 of that form."""

    __tablename__ = "blob"

    sha256: str = Field(primary_key=True)
    body: bytes = Field(sa_type=LargeBinary)
    gzip: bytes | None = Field(default=None, sa_type=LargeBinary)
    gzip_sha256: str | None = None
    br: bytes | None = Field(default=None, sa_type=LargeBinary)
    br_sha256: str | None = None
    zstd: bytes | None = Field(default=None, sa_type=LargeBinary)
    zstd_sha256: str | None = None


class FileRow(SQLModel, table=True):
    """A path of the tree and what stands there. `modified` is a moment in UTC, in seconds.

    `withdrawn` is why a version was taken back, `successor` the version to take instead; empty where it was not.
    """

    __tablename__ = "stored_file"

    path: str = Field(primary_key=True)
    folder: str = Field(index=True)
    sha256: str = Field(foreign_key="blob.sha256", index=True)
    media_type: str
    lifetime: str
    commit: str
    renderer: str
    modified: str
    withdrawn: str
    successor: str


class FolderRow(SQLModel, table=True):
    """A folder of the tree, and the publication that changed its sums last. `modified` is that one's moment."""

    __tablename__ = "folder"

    path: str = Field(primary_key=True)
    serial: int
    modified: str


class SignatureRow(SQLModel, table=True):
    """A signature over a folder's sums as that publication left them, and the public key that verifies it."""

    __tablename__ = "signature"

    path: str = Field(primary_key=True)
    serial: int
    public_key: str
    signature: bytes = Field(sa_type=LargeBinary)


class BriefRow(SQLModel, table=True):
    """What documents across templates know of one: JSON, compressed."""

    __tablename__ = "brief"

    template: str = Field(primary_key=True)
    told: bytes = Field(sa_type=LargeBinary)


class WithdrawalRow(SQLModel, table=True):
    """A version that was taken back; `position` is its place in the template's file. Rows are added and stay."""

    __tablename__ = "withdrawal"

    template: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    position: int
    on: str
    by: str
    reason: str
    superseded_by: str


class RefusedRow(SQLModel, table=True):
    """A template whose newest state was refused: the next publication looks at it again."""

    __tablename__ = "refused"

    template: str = Field(primary_key=True)


class EntryRow(SQLModel, table=True):
    """What search finds. The engine's own indexes stand on its texts (see the migrations).

    `facets` are tokens, parted by blanks: `zztag12` is the value with that number.
    """

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
    facets: str = Field(sa_type=Text)


class FacetRow(SQLModel, table=True):
    """A value by which search is narrowed, and its number: `pattern` = `coding-assistant`. Rows are added and stay."""

    __tablename__ = "search_facet"
    __table_args__ = (Index("ix_search_facet_value", "name", "value", unique=True),)

    id: int | None = Field(default=None, primary_key=True)
    name: str
    value: str


class WordRow(SQLModel, table=True):
    """A word, and how many entries use it; the empty word stands for all entries."""

    __tablename__ = "search_word"

    word: str = Field(primary_key=True, sa_type=Text)
    uses: int


class NearRow(SQLModel, table=True):
    """A word with one of its letters left out: what words one slip of the keys apart have in common."""

    __tablename__ = "search_near"

    part: str = Field(primary_key=True, sa_type=Text)
    word: str = Field(primary_key=True, sa_type=Text)


class VisitRow(SQLModel, table=True):
    """A visit of the reviewer that is due, or made just now. Moments: seconds since 1970; `lease` empty: nobody's."""

    __tablename__ = "visit"

    repository: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    due_at: float = Field(index=True)
    generation: int
    leased_until: float
    lease: str
    tries: int
