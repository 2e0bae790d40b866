"""The load: dimensions, registers, day tables; again, anew, and whatever order files came in."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_rows import (
    BANK_A,
    BANK_B,
    CLEARER,
    D1,
    SUBMITTER_A,
    SUBMITTER_B,
    account,
    cleared,
    entry,
    party,
    submit_records,
    write_lake,
)

from data.errors import StoreError
from data.home import Home
from data.settings import load_settings
from data.store import Database
from pipelines.warehouse import LoadReport, load

D2, JUNE = date(2016, 6, 2), date(2016, 6, 30)
TABLES = (
    *("account_day", "account_dim", "balance", "holding", "institution", "loan", "loan_event"),
    *("pair_day", "party", "party_dim", "product", "relation", "reserve_day", "tip", "transfer"),
)


def query(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with Database.open(home.warehouse, read_only=True) as db:
        return db.rows("test", sql)


def content(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    return {name: query(home, f"select * from {name} order by all") for name in TABLES}


def test_accounts_and_parties_get_dense_numbers(home: Home) -> None:
    firm = "91320000710939135U"
    institution = {"institution_id": firm, "name": "P", "kind": "p2p_platform", "status": "active",
                   "division": "320000"}  # fmt: skip
    write_lake(home, "institution", D1, CLEARER, [institution])
    write_lake(
        home, "party", D1, CLEARER, [party("zhao"), party("firm", "organisation", id_no=firm)]
    )
    accounts = [account("a2", "zhao", role="lender"), account("a1", "firm", institution_id=firm)]
    write_lake(home, "account", D1, SUBMITTER_A, accounts)
    submit_records(home, [entry("a1", "1", "out", 500, "1 09:00", "b1")], [])
    load(home, load_settings(), JUNE)
    assert query(
        home,
        "select account_id, bank_no, account_no, party_id, party_no, role, institution_id, "
        "registered from account_dim order by account_id",
    ) == [
        (0, BANK_A, "a1", "firm", 0, "ordinary", firm, True),
        (1, BANK_A, "a2", "zhao", 1, "lender", None, True),
        (2, BANK_B, "b1", None, -1, "external", None, False),
    ]
    assert query(
        home,
        "select party_no, party_id, kind, institution_id, institution_kind from party_dim "
        "order by party_no",
    ) == [(0, "firm", "organisation", firm, "p2p_platform"), (1, "zhao", "person", None, None)]


def test_the_newest_register_rules_whole_and_the_newest_day_row_by_key(home: Home) -> None:
    write_lake(home, "party", D1, SUBMITTER_A, [party("gone"), party("stays", name="Old")])
    write_lake(home, "party", D2, SUBMITTER_A, [party("stays", name="New")])
    write_lake(home, "party", D1, SUBMITTER_B, [party("other"), party("stays", name="Third")])
    loan = {"institution_id": "9" * 18, "loan_id": "L", "borrower_party_id": "stays",
            "principal_fen": 5, "annual_rate": 0.1, "published_on": D1, "due_on": JUNE}  # fmt: skip
    write_lake(home, "loan", D1, SUBMITTER_A, [loan | {"status": "raising"}])
    write_lake(home, "loan", D2, SUBMITTER_A, [loan | {"status": "active"}])
    load(home, load_settings(), JUNE)
    assert query(home, "select party_id, name from party order by 1") == [
        ("other", "Other"),
        ("stays", "New"),
    ]
    assert query(home, "select loan_id, status from loan") == [("L", "active")]
    load(home, load_settings(), D1)
    assert query(home, "select loan_id, status from loan") == [("L", "raising")]


def test_accounts_keep_their_state_when_later_files_state_only_changes(home: Home) -> None:
    write_lake(home, "account", D1, SUBMITTER_A, [account("a1", "x"), account("a2", "y")])
    write_lake(home, "account", D2, SUBMITTER_A, [account("a2", "y", status="frozen")])
    load(home, load_settings(), JUNE)
    assert query(home, "select account_no, status from account_dim order by 1") == [
        ("a1", "active"),
        ("a2", "frozen"),
    ]


def test_day_sums_count_settled_transfers(home: Home) -> None:
    submit_records(
        home,
        [
            entry("a1", "1", "out", 500, "1 09:00", "a2"),
            entry("a2", "1", "in", 500, "1 09:00", "a1"),
            entry("a1", "2", "out", 70, "1 10:00", "a2"),
            entry("a2", "3", "out", 30, "2 09:00", "a1"),
            entry("a2", "2", "in", 9, "2 09:00", channel="cash", cash=True),
        ],
        [cleared("M", "a1", "b1", 1000, "1 09:00", status="returned")],
    )
    report = load(home, load_settings(), JUNE)
    assert report == LoadReport(
        files=3, transfers=5, accounts=3, matched=1, lacking=4, reused=False
    )
    assert query(home, "select * from account_day order by 1, 2") == [
        (0, D1, 0, 2, 0, 570),
        (0, D2, 1, 0, 30, 0),
        (1, D1, 2, 0, 570, 0),
        (1, D2, 1, 1, 9, 30),
    ]
    assert query(home, "select * from pair_day order by 1, 2, 3") == [
        (-1, 1, D2, 1, 9),
        (0, 1, D1, 2, 570),
        (1, 0, D2, 1, 30),
    ]


def test_an_empty_lake_loads_as_empty_tables(home: Home) -> None:
    assert load(home, load_settings(), JUNE).transfers == 0
    assert {name: len(rows) for name, rows in content(home).items()} == dict.fromkeys(TABLES, 0)


def test_nothing_is_built_when_nothing_changed_and_all_is_when_a_file_did(home: Home) -> None:
    submit_records(home, [entry("a1", "1", "out", 500, "1 09:00", "a2")], [])
    assert not load(home, load_settings(), JUNE).reused
    held = home.warehouse.stat().st_ino
    assert load(home, load_settings(), JUNE).reused
    assert home.warehouse.stat().st_ino == held
    revised = [entry("a1", "1", "out", 600, "1 09:00", "a2")]
    (home.lake / "entry" / f"date={D1}" / f"{SUBMITTER_A}-00000001.parquet").unlink()
    write_lake(home, "entry", D1, SUBMITTER_A, revised, sequence=2)
    assert not load(home, load_settings(), JUNE).reused
    assert query(home, "select amount_fen from transfer") == [(600,)]


def test_a_reader_keeps_what_it_opened_and_a_torn_draft_is_no_harm(home: Home) -> None:
    submit_records(home, [entry("a1", "1", "out", 500, "1 09:00", "a2")], [])
    load(home, load_settings(), JUNE)
    with Database.open(home.warehouse, read_only=True) as reader:
        home.warehouse.with_name("warehouse.writing.duckdb").write_bytes(b"torn")
        write_lake(home, "entry", D2, SUBMITTER_A, [entry("a1", "2", "out", 7, "2 09:00", "a2")])
        assert load(home, load_settings(), JUNE).transfers == 2
        assert reader.rows("count", "select count(*) from transfer") == [(1,)]
    assert query(home, "select count(*) from transfer") == [(2,)]


def test_a_file_with_a_strange_name_is_named(home: Home) -> None:
    folder = home.lake / "entry" / "date=2016-06-01"
    folder.mkdir(parents=True)
    (folder / "strange.parquet").touch()
    with pytest.raises(StoreError, match=r"date=2016-06-01/strange\.parquet is not named"):
        load(home, load_settings(), JUNE)


ACCOUNTS = ("a1", "a2", "b1", "b2")
PAYMENT = st.tuples(
    st.sampled_from(ACCOUNTS),
    st.sampled_from(ACCOUNTS),
    st.sampled_from((100, 100, 250)),
    st.integers(0, 3 * 24 * 60),
    st.integers(0, 90),
    st.sampled_from(("both", "both", "out", "in")),
    st.sampled_from(("", "own", "shared")),
    st.booleans(),
).filter(lambda p: p[0] != p[1])


@settings(max_examples=6, deadline=None)
@given(payments=st.lists(PAYMENT, max_size=14), seed=st.integers(0, 99))
def test_order_of_arrival_does_not_matter_and_every_entry_counts_once(
    tmp_path_factory: pytest.TempPathFactory, payments: list[Any], seed: int
) -> None:
    entries, records = [], []
    for number, (payer, payee, fen, minute, delay, sides, reference, clears) in enumerate(payments):
        no = {"": None, "own": f"M{number}", "shared": "M"}[reference]
        at = f"{1 + minute // 1440} {minute // 60 % 24:02d}:{minute % 60:02d}"
        late = minute + delay
        then = f"{1 + late // 1440} {late // 60 % 24:02d}:{late % 60:02d}"
        if sides in ("both", "out"):
            entries.append(entry(payer, f"o{number}", "out", fen, at, payee, match_no=no))
        if sides in ("both", "in"):
            entries.append(entry(payee, f"i{number}", "in", fen, then, payer, match_no=no))
        if clears and no and not any(row["match_no"] == no for row in records):
            records.append(cleared(no, payer, payee, fen, at))
    found = []
    for turn in range(2):
        place: Path = tmp_path_factory.mktemp("order")
        home = Home(place).create()
        submit_records(home, entries, records)
        load(home, load_settings(), JUNE)
        found.append(content(home))
        shutil.rmtree(place)
        if turn == 0:
            random.Random(seed).shuffle(entries)
            random.Random(seed).shuffle(records)
    assert found[0] == found[1]
    stated = query_entries(found[0]["transfer"])
    assert sorted(stated) == sorted(
        (f"{row['bank_no']}:{row['account_no']}:{row['entry_no']}", row["direction"])
        for row in entries
    )
    paid_in = sum(row[4] for row in found[0]["account_day"])
    paid_out = sum(row[5] for row in found[0]["account_day"])
    assert paid_in == paid_out == sum(row[6] for row in found[0]["transfer"])


def query_entries(rows: list[tuple[Any, ...]]) -> list[tuple[str, str]]:
    out = [(row[12], "out") for row in rows if row[12]]
    return out + [(row[13], "in") for row in rows if row[13]]


def test_what_is_stated_again_counts_once(home: Home) -> None:
    entries = [entry("a1", "1", "out", 500, "1 09:00", "b1", match_no="m1")]
    records = [cleared("m1", "a1", "b1", 500, "1 09:00:01")]
    submit_records(home, entries, records)
    load(home, load_settings(), JUNE)
    before = query(home, "select * from transfer")
    number_again = [entry("a1", "1", "out", 900, "2 09:00", "b1")]
    write_lake(home, "entry", D2, SUBMITTER_A, number_again)
    write_lake(home, "entry", D2, SUBMITTER_B, entries)
    write_lake(home, "entry", date(2016, 6, 3), SUBMITTER_A, number_again)
    write_lake(home, "clearing", D1, SUBMITTER_B, records)
    write_lake(home, "clearing", D2, CLEARER, records)
    load(home, load_settings(), JUNE)
    after = query(home, "select amount_fen, matched from transfer order by amount_fen")
    assert len(before) == 1
    assert after == [(500, "match_no"), (900, "none")]


def test_of_two_submitters_the_smaller_rules_on_an_account(home: Home) -> None:
    write_lake(home, "account", D1, SUBMITTER_B, [account("a1", "late")])
    write_lake(home, "account", D1, SUBMITTER_A, [account("a1", "early")])
    load(home, load_settings(), JUNE)
    assert query(home, "select party_id from account_dim") == [("early",)]
    write_lake(home, "account", D2, SUBMITTER_B, [account("a1", "newer")])
    load(home, load_settings(), JUNE)
    assert query(home, "select party_id from account_dim") == [("newer",)]
