"""Bank against bank: only what was due and is missing is in doubt."""

from __future__ import annotations

from datetime import date

from data.home import Home
from data.settings import load_settings
from data.store import Database
from pipelines.reconciliation import reconcile
from pipelines.warehouse import load
from tests.lake_rows import BANK_A, BANK_B, D1, SUBMITTER_A, entry, submit_records, write_lake

D2 = date(2016, 6, 2)


def balance(day: date, opening: int, closing: int) -> dict[str, object]:
    return {"bank_no": BANK_A, "account_no": "a1", "balance_date": day, "opening_fen": opening,
            "credit_fen": max(closing - opening, 0), "debit_fen": max(opening - closing, 0),
            "closing_fen": closing}  # fmt: skip


def doubts(home: Home) -> list[tuple[object, ...]]:
    load(home, load_settings(), D2)
    with Database.open(home.warehouse, read_only=True) as db:
        return reconcile(db, D1, D2).rows()


def test_an_entry_is_missing_only_where_its_bank_reported_that_day(home: Home) -> None:
    submit_records(
        home,
        [
            entry("a1", "1", "out", 500, "1 09:00", "b1", match_no="m1"),
            entry("b1", "1", "in", 500, "1 09:01", "a1", match_no="m1"),
            entry("a1", "2", "out", 700, "1 10:00", "b1", match_no="m2"),
            entry("a1", "3", "out", 900, "2 10:00", "b1", match_no="m3"),
        ],
        [],
    )
    assert doubts(home) == [(D1, BANK_A, BANK_B, "payee_entry", 1, 700)]


def test_two_amounts_and_a_broken_balance_are_in_doubt(home: Home) -> None:
    submit_records(
        home,
        [
            entry("a1", "1", "out", 500, "1 09:00", "b1", match_no="m1"),
            entry("b1", "1", "in", 480, "1 09:01", "a1", match_no="m1"),
        ],
        [],
    )
    write_lake(home, "balance", D1, SUBMITTER_A, [balance(D1, 0, 1000)])
    write_lake(home, "balance", D2, SUBMITTER_A, [balance(D2, 970, 970)])
    assert doubts(home) == [
        (D1, BANK_A, BANK_B, "amount", 1, 500),
        (D2, BANK_A, "", "balance", 1, 30),
    ]
