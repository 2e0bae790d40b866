"""The rows of the control store: the ledgers of submissions and of runs."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Row(DeclarativeBase):
    """The root of the mapped rows."""


class Submission(Row):
    """One package that got a receipt.

    ``receipt`` is the receipt's JSON text as written; ``tables`` names, between spaces, the
    tables whose rows loaded, each with the SHA-256 of its lake file behind a colon;
    ``rejected_sha256`` is that of the file of rejected rows, '' where there is none.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("package", "sha256", name="submission_content"),
        Index("submission_sequence", "submitter", "business_date", "sequence"),
    )

    submission_id: Mapped[int] = mapped_column(primary_key=True)
    package: Mapped[str] = mapped_column(Text)
    submitter: Mapped[str] = mapped_column(Text)
    business_date: Mapped[date | None]
    sequence: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    receipt: Mapped[str] = mapped_column(Text)
    tables: Mapped[str] = mapped_column(Text, server_default="")
    rejected_sha256: Mapped[str] = mapped_column(Text, server_default="")

    @property
    def loaded(self) -> dict[str, str]:
        """The tables whose rows loaded, with the hash of each one's lake file; '' is unknown."""
        named = (each.partition(":") for each in self.tables.split())
        return {table: sha256 for table, _, sha256 in named}


class SubmitterKey(Row):
    """A submitter's Ed25519 public key, in base64 of its 32 bytes, and the dates it is good for.

    ``required`` says that the submitter's packages must be signed while any of its keys says so.
    """

    __tablename__ = "submitter_key"

    key_id: Mapped[int] = mapped_column(primary_key=True)
    submitter: Mapped[str] = mapped_column(Text)
    public_key: Mapped[str] = mapped_column(Text)
    required: Mapped[bool]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SubmitterScore(Row):
    """How a submitter kept its duty in the thirty days up to a business date.

    ``missing`` (days), ``missing_tables`` (days and tables), ``overdue`` (packages): JSON lists.
    """

    __tablename__ = "submitter_score"

    business_date: Mapped[date] = mapped_column(primary_key=True)
    submitter: Mapped[str] = mapped_column(Text, primary_key=True)
    expected: Mapped[int]
    received: Mapped[int]
    late: Mapped[int]
    days_late: Mapped[int]
    rows: Mapped[int]
    rejected_rows: Mapped[int]
    rejected_packages: Mapped[int]
    missing: Mapped[str] = mapped_column(Text)
    missing_tables: Mapped[str] = mapped_column(Text)
    overdue: Mapped[str] = mapped_column(Text)


class Run(Row):
    """One attempt at a business date; ``details`` is JSON text: inputs, versions, counts."""

    __tablename__ = "run"
    __table_args__ = (Index("run_key", "run_key", "state"),)

    run_id: Mapped[int] = mapped_column(primary_key=True)
    run_key: Mapped[str] = mapped_column(Text)
    business_date: Mapped[date]
    state: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    published: Mapped[str | None] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


metadata = Row.metadata
