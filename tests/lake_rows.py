"""Small lakes made by hand: rows with what matters, the rest filled in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.contracts import lake_schema, table_named
from data.home import Home

BANK_A, BANK_B = "102301000017", "103301000025"
SUBMITTER_A, SUBMITTER_B, CLEARER = "A" * 18, "B" * 18, "C" * 18
D1 = date(2016, 6, 1)
Row = dict[str, Any]


def write_lake(
    home: Home, table: str, day: date, submitter: str, rows: list[Row], sequence: int = 1
) -> None:
    """Write one file of the lake, with the rows in the order given."""
    schema = lake_schema(table_named(table))
    lineage = {"submitter": submitter, "submitted_for": day, "sequence": sequence}
    full = [
        {name: None for name in schema.names} | row | lineage | {"line": number}
        for number, row in enumerate(rows, start=2)
    ]
    folder = home.lake / table / f"date={day}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{submitter}-{sequence:08d}.parquet"
    pq.write_table(pa.Table.from_pylist(full, schema=schema), path)


def moment(text: str) -> datetime:
    """A time of June 2016: ``1 09:30`` or ``1 09:30:05`` is the first of the month."""
    day, time = text.split(" ")
    return datetime.fromisoformat(f"2016-06-{int(day):02d} {time}")


def entry(
    own: str, no: str, direction: str, amount: int, at: str, other: str = "", **more: Any
) -> Row:
    """A statement entry; accounts are ``a1`` at bank A or ``b1`` at bank B, other may be empty."""
    return {
        "bank_no": bank(own),
        "account_no": own,
        "entry_no": no,
        "booked_at": moment(at),
        "direction": direction,
        "amount_fen": amount,
        "counterparty_bank_no": bank(other) if other else None,
        "counterparty_account_no": other or None,
        "channel": "book" if other and bank(own) == bank(other) else "cnaps_beps",
        "cash": False,
    } | more


def cleared(no: str, payer: str, payee: str, amount: int, at: str, **more: Any) -> Row:
    """A clearing record."""
    return {
        "match_no": no,
        "settled_at": moment(at),
        "payer_bank_no": bank(payer),
        "payer_account_no": payer,
        "payee_bank_no": bank(payee),
        "payee_account_no": payee,
        "amount_fen": amount,
        "channel": "cnaps_beps",
        "status": "settled",
    } | more


def account(name: str, party: str, **more: Any) -> Row:
    """An account that a party holds."""
    return {
        "bank_no": bank(name),
        "account_no": name,
        "party_id": party,
        "role": "ordinary",
        "opened_on": date(2015, 1, 1),
        "status": "active",
    } | more


def party(party_id: str, kind: str = "person", **more: Any) -> Row:
    """A registered party."""
    return {"party_id": party_id, "kind": kind, "name": party_id.title()} | more


def bank(account_no: str) -> str:
    """The bank that an account's first letter names."""
    return BANK_A if account_no.startswith("a") else BANK_B


def submit_records(home: Home, entries: list[Row], records: list[Row]) -> None:
    """Write entries and clearing records under their own dates, as their banks would."""
    for submitter, number in ((SUBMITTER_A, BANK_A), (SUBMITTER_B, BANK_B)):
        mine = [row for row in entries if row["bank_no"] == number]
        for day in sorted({row["booked_at"].date() for row in mine}):
            rows = [row for row in mine if row["booked_at"].date() == day]
            write_lake(home, "entry", day, submitter, rows)
    for day in sorted({row["settled_at"].date() for row in records}):
        rows = [row for row in records if row["settled_at"].date() == day]
        write_lake(home, "clearing", day, CLEARER, rows)
