"""The rows of the investigators' desk in the control store: accounts, cases, verdicts, audit.

Times are naive, in Asia/Shanghai. Verdicts, what a second person said of them, and the audit log
are only ever added to.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Double, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.control_tables import Row


class DeskUser(Row):
    """A person with an account.

    ``division`` is the code, or the start of it, of what a city's or a county's account sees;
    ``office`` the code of a field office; ``submitter`` the social credit code of a bank's or a
    firm's account. ``totp_secret`` is sealed, '' before one is enrolled; ``totp_step`` is the last
    step whose code was used, so that none works twice.
    ``failed`` counts log-ins that failed in a row.
    """

    __tablename__ = "desk_user"
    __table_args__ = (UniqueConstraint("name", name="desk_user_name"),)

    user_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    full_name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    division: Mapped[str] = mapped_column(Text, server_default="")
    office: Mapped[str] = mapped_column(Text, server_default="")
    submitter: Mapped[str] = mapped_column(Text, server_default="")
    password_hash: Mapped[str] = mapped_column(Text)
    must_change: Mapped[bool]
    totp_secret: Mapped[str] = mapped_column(Text, server_default="")
    totp_step: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    active: Mapped[bool]
    created_at: Mapped[datetime]
    visited_at: Mapped[datetime | None]
    before_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class DeskSession(Row):
    """A log-in on one browser, by the SHA-256 of its token; ``stage`` is password or full."""

    __tablename__ = "desk_session"

    token_sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("desk_user.user_id"))
    form_token: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SavedView(Row):
    """A person's filters of the queue under a name; ``query`` is the address's query."""

    __tablename__ = "desk_view"

    view_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("desk_user.user_id"))
    name: Mapped[str] = mapped_column(Text)
    query: Mapped[str] = mapped_column(Text)


class AuditEvent(Row):
    """Who saw or did what; ``sha256`` covers the row and the one before, see review/audit.py."""

    __tablename__ = "audit_event"

    event_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_name: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    previous_sha256: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)


class DeskCase(Row):
    """What the desk knows of one suspect over all runs.

    ``status``: open, confirmed, refuted, more_information, police. ``held_by`` has it locked until
    ``held_until``.
    """

    __tablename__ = "desk_case"

    party_id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    assignee: Mapped[str] = mapped_column(Text, server_default="")
    held_by: Mapped[str] = mapped_column(Text, server_default="")
    held_until: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class CaseShare(Row):
    """A case opened to another territory: a division, or an office; ``kind`` shared or handed."""

    __tablename__ = "desk_share"
    __table_args__ = (Index("desk_share_party", "party_id"),)

    share_id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(Text)
    division: Mapped[str] = mapped_column(Text, server_default="")
    office: Mapped[str] = mapped_column(Text, server_default="")
    kind: Mapped[str] = mapped_column(Text)
    user_name: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class CaseNote(Row):
    """A note on a case."""

    __tablename__ = "desk_note"
    __table_args__ = (Index("desk_note_party", "party_id"),)

    note_id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(Text)
    user_name: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text)


class CaseAttachment(Row):
    """A file on a case; its bytes lie in the home under their hash, never under their name."""

    __tablename__ = "desk_attachment"
    __table_args__ = (Index("desk_attachment_party", "party_id"),)

    attachment_id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(Text)
    user_name: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(Text)


class CaseLink(Row):
    """Another suspect, or a tip, that belongs to a case; ``kind`` is suspect or tip."""

    __tablename__ = "desk_link"
    __table_args__ = (UniqueConstraint("party_id", "kind", "other", name="desk_link_once"),)

    link_id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    other: Mapped[str] = mapped_column(Text)
    user_name: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Verdict(Row):
    """What a person decided of a suspect, bound to run, model and evidence; never changed.

    ``decision``: confirmed, refuted, more_information, police. ``evidence`` is JSON: per typology
    and institution the money and the transfers that were judged; ``evidence_sha256`` is its hash.
    ``sampled`` says that the suspect came from the random sample of low ranks.
    """

    __tablename__ = "verdict"
    __table_args__ = (Index("verdict_party", "party_id"),)

    verdict_id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    user_name: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    run: Mapped[str] = mapped_column(Text)
    business_date: Mapped[date]
    model: Mapped[str] = mapped_column(Text)
    rank: Mapped[int]
    score: Mapped[float] = mapped_column(Double)
    sampled: Mapped[bool]
    evidence: Mapped[str] = mapped_column(Text)
    evidence_sha256: Mapped[str] = mapped_column(Text)


class VerdictApproval(Row):
    """What the second person said of a verdict, once: approved or declined; never changed."""

    __tablename__ = "verdict_approval"

    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdict.verdict_id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    user_name: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class SampledSuspect(Row):
    """A low-ranking party drawn at random for review, of one run."""

    __tablename__ = "desk_sample"

    run: Mapped[str] = mapped_column(Text, primary_key=True)
    party_id: Mapped[str] = mapped_column(Text, primary_key=True)
    rank: Mapped[int]
    drawn_at: Mapped[datetime]


# Of all rows, those of the ledgers included.
metadata = Row.metadata
