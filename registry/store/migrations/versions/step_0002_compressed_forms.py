"""Brotli and Zstandard beside gzip; files that are there already get them when they are published anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COLUMNS = (
    ("br", sa.LargeBinary()),
    ("br_sha256", sa.String()),
    ("zstd", sa.LargeBinary()),
    ("zstd_sha256", sa.String()),
)


def upgrade() -> None:
    """Four columns, empty at first."""
    for name, kind in _COLUMNS:
        op.add_column("blob", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Without them."""
    for name, _ in reversed(_COLUMNS):
        op.drop_column("blob", name)
