"""Signatures of the sums of each folder."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """One table, empty until a publication signs."""
    op.create_table(
        "signature",
        sa.Column("path", sa.String(), primary_key=True),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Without it."""
    op.drop_table("signature")
