"""The hash of each package's file of rejected rows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what came before is not known."""
    op.add_column(
        "submission", sa.Column("rejected_sha256", sa.Text, nullable=False, server_default="")
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("submission", "rejected_sha256")
