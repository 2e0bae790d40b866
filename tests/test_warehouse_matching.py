"""How entries and clearing records become transfers: a table of cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from lake_rows import (
    BANK_A,
    BANK_B,
    D1,
    SUBMITTER_A,
    SUBMITTER_B,
    Row,
    cleared,
    entry,
    submit_records,
    write_lake,
)

from data.home import Home
from data.settings import load_settings
from data.store import Database
from pipelines.warehouse import load

JUNE = date(2016, 6, 30)
TRANSFERS = """
select ref, a.account_no, b.account_no, t.amount_fen, t.matched, t.lacks, t.status
from transfer t
left join account_dim a on a.account_id = t.payer_account
left join account_dim b on b.account_id = t.payee_account
order by t.transfer_no
"""


def transfers(home: Home, entries: list[Row], records: list[Row]) -> list[tuple[Any, ...]]:
    submit_records(home, entries, records)
    load(home, load_settings(), JUNE)
    with Database.open(home.warehouse, read_only=True) as db:
        return db.rows("transfers", TRANSFERS)


def at_a(account: str, no: str) -> str:
    return f"{BANK_A}:{account}:{no}"


def at_b(account: str, no: str) -> str:
    return f"{BANK_B}:{account}:{no}"


M = {"match_no": "M1"}
CASES = {
    "both banks and the clearing, on two days": (
        [entry("a1", "1", "out", 500, "1 23:59", "b1", **M),
         entry("b1", "7", "in", 500, "2 00:10", "a1", **M)],
        [cleared("M1", "a1", "b1", 500, "2 00:01")],
        [("M1", "a1", "b1", 500, "match_no", "", "settled")],
    ),
    "the payee's bank did not submit": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1", **M)],
        [cleared("M1", "a1", "b1", 500, "1 09:01")],
        [("M1", "a1", "b1", 500, "match_no", "payee_entry", "settled")],
    ),
    "a clearing record alone": (
        [],
        [cleared("M1", "a1", "b1", 500, "1 09:01")],
        [("M1", "a1", "b1", 500, "none", "payer_entry;payee_entry", "settled")],
    ),
    "one entry alone": (
        [entry("b1", "7", "in", 500, "1 09:00", "a1")],
        [],
        [(at_b("b1", "7"), "a1", "b1", 500, "none", "payer_entry;clearing", "settled")],
    ),
    "a book transfer inside one bank": (
        [entry("a1", "1", "out", 500, "1 09:00", "a2"),
         entry("a2", "9", "in", 500, "1 09:10", "a1")],
        [],
        [(at_a("a1", "1"), "a1", "a2", 500, "amount_time", "", "settled")],
    ),
    "a book transfer whose sides lie too far apart": (
        [entry("a1", "1", "out", 500, "1 09:00", "a2"),
         entry("a2", "9", "in", 500, "1 09:10:01", "a1")],
        [],
        [(at_a("a1", "1"), "a1", "a2", 500, "none", "payee_entry", "settled"),
         (at_a("a2", "9"), "a1", "a2", 500, "none", "payer_entry", "settled")],
    ),
    "two banks without a reference": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1"),
         entry("b1", "7", "in", 500, "3 09:00", "a1")],
        [],
        [(at_a("a1", "1"), "a1", "b1", 500, "amount_time", "clearing", "settled")],
    ),
    "two banks without a reference, too late": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1"),
         entry("b1", "7", "in", 500, "3 09:00:01", "a1")],
        [],
        [(at_a("a1", "1"), "a1", "b1", 500, "none", "payee_entry;clearing", "settled"),
         (at_b("b1", "7"), "a1", "b1", 500, "none", "payer_entry;clearing", "settled")],
    ),
    "only the clearing knows the reference": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1"),
         entry("b1", "7", "in", 500, "1 09:02", "a1")],
        [cleared("M1", "a1", "b1", 500, "1 09:01")],
        [("M1", "a1", "b1", 500, "amount_time", "", "settled")],
    ),
    "the payee does not know who paid": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1"),
         entry("b1", "7", "in", 500, "1 09:02")],
        [],
        [(at_a("a1", "1"), "a1", "b1", 500, "amount_time", "clearing", "settled")],
    ),
    "neither knows the other": (
        [entry("a1", "1", "out", 500, "1 09:00"),
         entry("b1", "7", "in", 500, "1 09:02")],
        [],
        [(at_a("a1", "1"), "a1", None, 500, "none", "payee_entry;clearing;payee", "settled"),
         (at_b("b1", "7"), None, "b1", 500, "none", "payer_entry;clearing;payer", "settled")],
    ),
    "two references that differ stay apart": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1", match_no="M1"),
         entry("b1", "7", "in", 500, "1 09:02", "a1", match_no="M2")],
        [],
        [("M1", "a1", "b1", 500, "none", "payee_entry;clearing", "settled"),
         ("M2", "a1", "b1", 500, "none", "payer_entry;clearing", "settled")],
    ),
    "one reference with two amounts": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1", **M),
         entry("b1", "7", "in", 495, "1 09:02", "a1", **M)],
        [],
        [("M1", "a1", "b1", 500, "match_no", "clearing;amount", "settled")],
    ),
    "a reference used again a month later": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1", **M),
         entry("b1", "7", "in", 500, "1 09:02", "a1", **M),
         entry("a2", "1", "out", 800, "30 09:00", "b2", **M),
         entry("b2", "7", "in", 800, "30 09:02", "a2", **M)],
        [cleared("M1", "a1", "b1", 500, "1 09:01"), cleared("M1", "a2", "b2", 800, "30 09:01")],
        [(at_a("a1", "1"), "a1", "b1", 500, "amount_time", "", "settled"),
         (at_a("a2", "1"), "a2", "b2", 800, "amount_time", "", "settled")],
    ),
    "three equal payments in one second": (
        [*(entry("a1", str(n), "out", 500, "1 09:00", "b1") for n in (1, 2, 3)),
         *(entry("b1", str(n), "in", 500, "2 09:00", "a1") for n in (7, 8, 9))],
        [],
        [(at_a("a1", str(n)), "a1", "b1", 500, "amount_time", "clearing", "settled")
         for n in (1, 2, 3)],
    ),
    "equal payments of which one did not arrive: the nearest": (
        [entry("a1", "1", "out", 500, "1 09:00", "a2"),
         entry("a1", "2", "out", 500, "1 09:09", "a2"),
         entry("a2", "9", "in", 500, "1 09:10", "a1")],
        [],
        [(at_a("a1", "1"), "a1", "a2", 500, "none", "payee_entry", "settled"),
         (at_a("a1", "2"), "a1", "a2", 500, "amount_time", "", "settled")],
    ),
    "a returned payment": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1", **M),
         entry("a1", "2", "in", 500, "2 09:00", "b1", **M)],
        [cleared("M1", "a1", "b1", 500, "1 09:01", status="returned")],
        [("M1", "a1", "b1", 500, "match_no", "", "returned")],
    ),
    "a returned payment without entries": (
        [],
        [cleared("M1", "a1", "b1", 500, "1 09:01", status="returned")],
        [("M1", "a1", "b1", 500, "none", "payer_entry;payee_entry", "returned")],
    ),
    "both banks reverse, under the same reference": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1", **M),
         entry("b1", "7", "in", 500, "1 09:02", "a1", **M),
         entry("a1", "2", "in", 500, "2 10:00", "b1", reversal_of="1", **M),
         entry("b1", "8", "out", 500, "2 09:58", "a1", reversal_of="7", **M)],
        [cleared("M1", "a1", "b1", 500, "1 09:01")],
        [("M1", "a1", "b1", 500, "match_no", "", "reversed"),
         (at_b("b1", "8"), "b1", "a1", 500, "match_no", "clearing", "reversal")],
    ),
    "one bank reverses what the other never had": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1"),
         entry("a1", "2", "in", 500, "1 09:30", "b1", reversal_of="1")],
        [],
        [(at_a("a1", "1"), "a1", "b1", 500, "none", "payee_entry;clearing", "reversed"),
         (at_a("a1", "2"), "b1", "a1", 500, "none", "payer_entry;clearing", "reversal")],
    ),
    "a part paid back is a payment of its own": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1"),
         entry("a1", "2", "in", 200, "1 09:30", "b1", reversal_of="1")],
        [],
        [(at_a("a1", "1"), "a1", "b1", 500, "none", "payee_entry;clearing", "settled"),
         (at_a("a1", "2"), "b1", "a1", 200, "none", "payer_entry;clearing", "settled")],
    ),
    "cash paid in": (
        [entry("a1", "1", "in", 500, "1 09:00", channel="cash", cash=True)],
        [],
        [(at_a("a1", "1"), None, "a1", 500, "none", "payer", "settled")],
    ),
    "a counterparty whose bank is not stated": (
        [entry("a1", "1", "out", 500, "1 09:00", "b1", counterparty_bank_no=None)],
        [],
        [(at_a("a1", "1"), "a1", "b1", 500, "none", "payee_entry;clearing", "settled")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_entries_and_records_become_transfers(home: Home, case: str) -> None:
    entries, records, expected = CASES[case]
    assert transfers(home, entries, records) == expected


def test_an_entry_stated_by_two_submitters_stands_once(home: Home) -> None:
    write_lake(home, "entry", D1, SUBMITTER_B, [entry("a1", "1", "out", 999, "1 09:00", "b1")])
    write_lake(home, "entry", D1, SUBMITTER_A, [entry("a1", "1", "out", 500, "1 09:00", "b1")])
    load(home, load_settings(), JUNE)
    with Database.open(home.warehouse, read_only=True) as db:
        assert db.rows("amounts", "select amount_fen, ref from transfer") == [
            (500, at_a("a1", "1"))
        ]
