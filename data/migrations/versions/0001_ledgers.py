"""The ledgers of submissions and runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both ledgers."""
    op.create_table(
        "submission",
        sa.Column("submission_id", sa.Integer, primary_key=True),
        sa.Column("package", sa.Text, nullable=False),
        sa.Column("submitter", sa.Text, nullable=False),
        sa.Column("business_date", sa.Date, nullable=True),
        sa.Column("sequence", sa.Integer, nullable=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.UniqueConstraint("package", "sha256", name="submission_content"),
    )
    op.create_index("submission_sequence", "submission", ["submitter", "business_date", "sequence"])
    op.create_table(
        "run",
        sa.Column("run_id", sa.Integer, primary_key=True),
        sa.Column("run_key", sa.Text, nullable=False),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime, nullable=True),
        sa.Column("published", sa.Text, nullable=True),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("run_key", "run", ["run_key", "state"])


def downgrade() -> None:
    """Drop both ledgers."""
    op.drop_table("run")
    op.drop_table("submission")
