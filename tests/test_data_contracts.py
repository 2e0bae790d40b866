"""The contracts say what the specification says, and what is derived from them agrees."""

from pathlib import Path

import pyarrow as pa
import pytest

from data.contracts import TABLES, arrow_schema, create_table_sql, document, lake_schema
from data.contracts import table_named as named
from data.errors import ContractError
from data.store import Database

DOCUMENT = Path(__file__).parents[1] / "docs" / "tables.md"


def test_tables_and_their_sizes() -> None:
    assert {name: len(table.columns) for name, table in TABLES.items()} == {
        "institution": 9,
        "party": 11,
        "relation": 7,
        "account": 9,
        "entry": 18,
        "clearing": 11,
        "balance": 9,
        "loan": 13,
        "loan_event": 11,
        "product": 10,
        "holding": 7,
        "reserve_day": 20,
        "tip": 7,
    }


def test_registers() -> None:
    registers = [table.name for table in TABLES.values() if table.register]
    assert registers == ["institution", "party", "relation", "product", "tip"]


def test_keys() -> None:
    assert {name: table.keys for name, table in TABLES.items()} == {
        "institution": ("institution_id",),
        "party": ("party_id",),
        "relation": ("from_party", "to_party", "kind", "valid_from"),
        "account": ("bank_no", "account_no"),
        "entry": ("bank_no", "account_no", "entry_no"),
        "clearing": ("match_no",),
        "balance": ("bank_no", "account_no", "balance_date"),
        "loan": ("institution_id", "loan_id"),
        "loan_event": ("institution_id", "event_no"),
        "product": ("product_id",),
        "holding": ("holder_kind", "holder_id", "product_id", "as_of"),
        "reserve_day": ("institution_id", "bank_no", "account_no", "ledger_date"),
        "tip": ("tip_id",),
    }


@pytest.mark.parametrize(
    ("table", "optional"),
    [
        ("institution", {"licence_no", "licence_scope", "licence_from", "licence_to"}),
        ("relation", {"share", "valid_to", "source"}),
        ("account", {"institution_id", "parent_account_no", "closed_on"}),
        ("clearing", {"purpose", "memo"}),
        ("balance", {"frozen_fen", "subledger_total_fen"}),
        ("loan_event", {"counterparty_id", "entry_no", "bank_no", "account_no"}),
        ("holding", {"value_fen", "holder_risk_level"}),
        ("reserve_day", set()),
        ("tip", {"party_id", "typology", "amount_fen", "division"}),
    ],
)
def test_optional_columns(table: str, optional: set[str]) -> None:
    assert {column.name for column in TABLES[table].columns if not column.required} == optional


def test_amount_column_is_the_first_in_fen() -> None:
    assert named("entry").amount_column == "amount_fen"
    assert named("balance").amount_column == "opening_fen"
    assert named("relation").amount_column is None


def test_only_balances_and_differences_may_be_negative() -> None:
    assert named("entry").column("amount_fen").minimum == 0
    assert named("balance").column("credit_fen").minimum == 0
    signed = [
        f"{table.name}.{column.name}"
        for table in TABLES.values()
        for column in table.columns
        if column.kind == "fen" and column.minimum != 0
    ]
    assert signed == [
        "entry.balance_after_fen",
        "balance.opening_fen",
        "balance.closing_fen",
        "balance.subledger_total_fen",
        "reserve_day.client_opening_fen",
        "reserve_day.client_closing_fen",
        "reserve_day.bank_closing_fen",
        "reserve_day.reported_difference_fen",
    ]


def test_every_column_is_described_in_both_languages() -> None:
    for table in TABLES.values():
        assert table.zh and table.en
        for column in table.columns:
            assert column.zh and column.en, f"{table.name}.{column.name}"


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ContractError, match="unknown table 'transfer'; known are institution, "):
        named("transfer")
    with pytest.raises(ContractError, match="table tip has no column 'x'; it has tip_id, "):
        named("tip").column("x")


def test_lake_schema_appends_where_a_row_came_from() -> None:
    assert lake_schema(named("holding")) == pa.schema(
        [
            pa.field("holder_kind", pa.string(), nullable=False),
            pa.field("holder_id", pa.string(), nullable=False),
            pa.field("product_id", pa.string(), nullable=False),
            pa.field("as_of", pa.date32(), nullable=False),
            pa.field("cost_fen", pa.int64(), nullable=False),
            pa.field("value_fen", pa.int64()),
            pa.field("holder_risk_level", pa.int64()),
            pa.field("submitter", pa.string(), nullable=False),
            pa.field("submitted_for", pa.date32(), nullable=False),
            pa.field("sequence", pa.int64(), nullable=False),
            pa.field("line", pa.int64(), nullable=False),
        ]
    )


def test_create_table_sql() -> None:
    assert create_table_sql(named("relation")) == (
        "create table relation (\n"
        "  from_party varchar not null,\n"
        "  to_party varchar not null,\n"
        "  kind varchar not null,\n"
        "  share double,\n"
        "  valid_from date not null,\n"
        "  valid_to date,\n"
        "  source varchar\n"
        ")"
    )


@pytest.mark.parametrize("name", TABLES)
def test_duckdb_and_arrow_agree_on_every_type(database: Database, name: str) -> None:
    stored = database.arrow(f"all {name}", f"select * from {name}").schema
    expected = arrow_schema(TABLES[name])
    assert [(field.name, field.type) for field in stored] == [
        (field.name, field.type) for field in expected
    ]


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()
