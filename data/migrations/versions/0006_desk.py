"""The investigators' desk: accounts, sessions, cases, verdicts, and the audit log."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# What is only ever added to; the store itself refuses anything else.
ADDED_ONLY = ("audit_event", "verdict", "verdict_approval")


def _text(name: str, **more: object) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, **more)  # type: ignore[arg-type]


def _time(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime, nullable=nullable)


def _number(name: str, **more: object) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, **more)  # type: ignore[arg-type]


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True)


def upgrade() -> None:
    """Create the tables, and keep what is only added to from being changed."""
    op.create_table(
        "desk_user",
        _key("user_id"), _text("name"), _text("full_name"), _text("role"),
        _text("division", server_default=""), _text("office", server_default=""),
        _text("submitter", server_default=""), _text("password_hash"), _flag("must_change"),
        _text("totp_secret", server_default=""), _number("totp_step", server_default="0"),
        _number("failed", server_default="0"), _time("locked_until", True), _flag("active"),
        _time("created_at"), _time("visited_at", True), _time("before_at", True),
        _number("version"), sa.UniqueConstraint("name", name="desk_user_name"),
    )  # fmt: skip
    op.create_table(
        "desk_session",
        sa.Column("token_sha256", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("desk_user.user_id"), nullable=False),
        _text("form_token"), _text("stage"), _time("created_at"), _time("seen_at"),
        _time("revoked_at", True),
    )  # fmt: skip
    op.create_table(
        "desk_view",
        _key("view_id"),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("desk_user.user_id"), nullable=False),
        _text("name"), _text("query"),
    )  # fmt: skip
    op.create_table(
        "audit_event",
        _key("event_id"), _time("at"), _text("user_name"), _text("action"), _text("subject"),
        _text("outcome"), _text("detail"), _text("previous_sha256"), _text("sha256"),
    )  # fmt: skip
    op.create_table(
        "desk_case",
        sa.Column("party_id", sa.Text, primary_key=True), _text("status"),
        _text("assignee", server_default=""), _text("held_by", server_default=""),
        _time("held_until", True), _time("opened_at"), _time("changed_at"), _number("version"),
    )  # fmt: skip
    _of_party(
        "desk_share", _key("share_id"), _text("division", server_default=""),
        _text("office", server_default=""), _text("kind"),
    )  # fmt: skip
    _of_party("desk_note", _key("note_id"), _text("text"))
    _of_party(
        "desk_attachment", _key("attachment_id"), _text("name"), _text("media_type"),
        _number("size_bytes"), _text("sha256"),
    )  # fmt: skip
    op.create_table(
        "desk_link",
        _key("link_id"), _text("party_id"), _text("kind"), _text("other"), _text("user_name"),
        _time("at"), sa.UniqueConstraint("party_id", "kind", "other", name="desk_link_once"),
    )  # fmt: skip
    _of_party(
        "verdict", _key("verdict_id"), _text("decision"), _text("reason"), _text("note"),
        _text("run"), sa.Column("business_date", sa.Date, nullable=False), _text("model"),
        _number("rank"), sa.Column("score", sa.Double, nullable=False), _flag("sampled"),
        _text("evidence"), _text("evidence_sha256"),
    )  # fmt: skip
    op.create_table(
        "verdict_approval",
        sa.Column(
            "verdict_id", sa.Integer, sa.ForeignKey("verdict.verdict_id"), primary_key=True
        ),
        _text("outcome"), _text("note"), _text("user_name"), _time("at"),
    )  # fmt: skip
    op.create_table(
        "desk_sample",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("party_id", sa.Text, primary_key=True), _number("rank"), _time("drawn_at"),
    )  # fmt: skip
    _refuse_changes()


def _of_party(table: str, key: sa.Column[int], *columns: sa.Column[Any]) -> None:
    shared = (_text("party_id"), _text("user_name"), _time("at"))
    op.create_table(table, key, *shared, *columns)
    op.create_index(f"{table}_party", table, ["party_id"])


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create function refuse_change() returns trigger language plpgsql as "
            "$$ begin raise exception '% is only added to', tg_table_name; end $$"
        )
        for table in ADDED_ONLY:
            op.execute(
                f"create trigger {table}_added_only before update or delete on {table} "
                "for each row execute function refuse_change()"
            )
        return
    for table in ADDED_ONLY:
        for change in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{change} before {change} on {table} "
                f"begin select raise(abort, '{table} is only added to'); end"
            )


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "desk_sample", "verdict_approval", "verdict", "desk_link", "desk_attachment", "desk_note",
        "desk_share", "desk_case", "audit_event", "desk_view", "desk_session", "desk_user",
    ):  # fmt: skip
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function refuse_change()")
