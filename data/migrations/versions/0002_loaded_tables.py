"""Which tables of a submission loaded, with the hashes of their lake files, where known."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and fill it from the receipts."""
    op.add_column("submission", sa.Column("tables", sa.Text, nullable=False, server_default=""))
    connection = op.get_bind()
    rows = connection.execute(sa.text("select submission_id, status, receipt from submission"))
    for number, status, receipt in rows.fetchall():
        if status == "rejected":
            continue
        stated = json.loads(receipt).get("tables", [])
        loaded = [f"{each['table']}:" for each in stated if each["accepted"] or not each["rows"]]
        connection.execute(
            sa.text("update submission set tables = :tables where submission_id = :number"),
            {"tables": " ".join(loaded), "number": number},
        )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("submission", "tables")
