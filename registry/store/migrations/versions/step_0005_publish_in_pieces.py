"""Publishing in pieces: briefs of templates, versions taken back, what was refused, and sums made from rows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Rows get their folder; the next publication reads the whole history once and fills the new tables."""
    for column in ("withdrawn", "successor", "folder"):
        op.add_column("stored_file", sa.Column(column, sa.String(), nullable=False, server_default=""))
    op.execute("DELETE FROM stored_file WHERE path LIKE '%/SHA256SUMS'")
    # What is left of a path without the letters at its end that are no slash is its folder.
    op.execute("UPDATE stored_file SET folder = rtrim(rtrim(path, replace(path, '/', '')), '/')")
    op.add_column("template_release", sa.Column("serial", sa.Integer(), nullable=False, server_default="0"))
    for table, columns in (("stored_file", ("withdrawn", "successor", "folder")), ("template_release", ("serial",))):
        with op.batch_alter_table(table, reflect_kwargs={"resolve_fks": False}) as altered:
            for column in columns:
                altered.alter_column(column, server_default=None)
    op.create_index("ix_stored_file_folder", "stored_file", ["folder"])
    op.create_index("ix_template_release_serial", "template_release", ["serial"])
    _new_tables()
    op.execute(
        "INSERT INTO folder (path, serial, modified) SELECT f.folder, s.serial, s.written "
        "FROM (SELECT DISTINCT folder FROM stored_file) f, snapshot s"
    )
    op.execute("UPDATE snapshot SET renderer = ''")


def downgrade() -> None:
    """Without them; the sums come back with the next publication."""
    for table in ("folder", "refused", "withdrawal", "brief"):
        op.drop_table(table)
    op.drop_index("ix_template_release_serial", "template_release")
    op.drop_index("ix_stored_file_folder", "stored_file")
    op.drop_column("template_release", "serial")
    for column in ("folder", "successor", "withdrawn"):
        op.drop_column("stored_file", column)


def _new_tables() -> None:
    op.create_table(
        "brief",
        sa.Column("template", sa.String(), primary_key=True),
        sa.Column("told", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "withdrawal",
        sa.Column("template", sa.String(), primary_key=True),
        sa.Column("version", sa.String(), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("on", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("superseded_by", sa.String(), nullable=False),
    )
    op.create_table("refused", sa.Column("template", sa.String(), primary_key=True))
    op.create_table(
        "folder",
        sa.Column("path", sa.String(), primary_key=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("modified", sa.String(), nullable=False),
    )
