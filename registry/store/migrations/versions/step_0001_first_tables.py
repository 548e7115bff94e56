"""The first tables: snapshot, releases, blobs, files, search."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From an empty database."""
    _kept()
    _search()
    if op.get_bind().dialect.name == "sqlite":
        _index_of_sqlite()
    else:
        _index_of_postgresql()


def downgrade() -> None:
    """Back to an empty database."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    for table in ("search_facet", "search_entry", "stored_file", "template_release", "blob", "snapshot"):
        op.drop_table(table)


def _kept() -> None:
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("renderer", sa.String(), nullable=False),
        sa.Column("written", sa.String(), nullable=False),
    )
    op.create_table(
        "blob",
        sa.Column("sha256", sa.String(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("gzip", sa.LargeBinary(), nullable=True),
        sa.Column("gzip_sha256", sa.String(), nullable=True),
    )
    op.create_table(
        "template_release",
        sa.Column("template", sa.String(), primary_key=True),
        sa.Column("version", sa.String(), primary_key=True),
        sa.Column("sha256", sa.String(), sa.ForeignKey("blob.sha256"), nullable=False),
        sa.Column("published", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
    )
    op.create_table(
        "stored_file",
        sa.Column("path", sa.String(), primary_key=True),
        sa.Column("sha256", sa.String(), sa.ForeignKey("blob.sha256"), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("lifetime", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("renderer", sa.String(), nullable=False),
        sa.Column("modified", sa.String(), nullable=False),
    )
    op.create_index("ix_stored_file_sha256", "stored_file", ["sha256"])


def _search() -> None:
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("threat", sa.String(), nullable=False),
        sa.Column("threat_id", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
    )
    op.create_index("ix_search_entry_place", "search_entry", ["template", "threat"], unique=True)
    op.create_table(
        "search_facet",
        sa.Column("entry", sa.Integer(), sa.ForeignKey("search_entry.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), primary_key=True),
    )
    op.create_index("ix_search_facet_value", "search_facet", ["name", "value", "entry"])


def _index_of_sqlite() -> None:
    """FTS5 over the table's own text; triggers keep both in step."""
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5(title, names, body, content='search_entry', "
        "content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')"
    )
    add = "INSERT INTO search_index(rowid, title, names, body) VALUES (new.id, new.title, new.names, new.body);"
    drop = (
        "INSERT INTO search_index(search_index, rowid, title, names, body) "
        "VALUES ('delete', old.id, old.title, old.names, old.body);"
    )
    op.execute(f"CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN {add} END")
    op.execute(f"CREATE TRIGGER search_entry_dropped AFTER DELETE ON search_entry BEGIN {drop} END")
    op.execute(f"CREATE TRIGGER search_entry_altered AFTER UPDATE ON search_entry BEGIN {drop} {add} END")


def _index_of_postgresql() -> None:
    """A tsvector that the database keeps in step; marks become blanks, so that `T-EXEC-003` is three words."""
    parts = (("title", "english", "A"), ("names", "simple", "B"), ("body", "english", "D"))
    vector = " || ".join(
        f"setweight(to_tsvector('{config}', translate({column}, '-_./:@', '      ')), '{weight}')"
        for column, config, weight in parts
    )
    op.execute(f"ALTER TABLE search_entry ADD COLUMN words tsvector GENERATED ALWAYS AS ({vector}) STORED")
    op.execute("CREATE INDEX ix_search_entry_words ON search_entry USING gin (words)")
