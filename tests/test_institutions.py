"""Every institution's clients' money: whole tables from ten rows, and how they are shown."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from detector_world import World, at

from data.errors import StoreError
from data.store import Database
from pipelines.institution_facts import read_facts
from pipelines.institution_text import as_csv, in_full, listed
from pipelines.look_through import institutions_look_through
from pipelines.look_through_file import (
    COLUMNS,
    empty_tables,
    is_written,
    read_look_through,
    write_look_through,
)


def platform() -> World:
    """Ann and Bob lend 1,000 yuan each. Ann's goes to a borrower and on to the sister firm, half of
    it; of Bob's she gets 300 back; 50 are the platform's fee. A stranger pays the sister too."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.party("Boss", "Ann", "Bob", kind="person")
    world.party("Sister", "Borrower", "Shop", "Stranger")
    world.tie("Boss", "Platform", "shareholder", 0.6)
    world.tie("Boss", "Sister", "shareholder", 0.5)
    world.loan("Platform", "L0", "Borrower", 1000, 0)
    world.loan("Platform", "L1", "Shop", 1000, 20)
    ann = world.pay("Ann", "custody", 1000, at(0, 9), "L0")
    world.event("Platform", "L0", "invest", "Ann", ann, 0)
    world.pay("custody", "Borrower", 1000, at(1, 9), "L0")
    world.pay("Borrower", "Sister", 500, at(2, 9))
    world.pay("Borrower", "Shop", 200, at(2, 10))
    bob = world.pay("Bob", "custody", 1000, at(3, 9), "L1")
    world.event("Platform", "L1", "invest", "Bob", bob, 3)
    world.pay("custody", "Ann", 300, at(4, 9))
    fee = world.pay("custody", "Platform", 50, at(4, 10), "L1")
    world.event("Platform", "L1", "fee", "Platform", fee, 4)
    world.pay("Stranger", "Sister", 400, at(5, 9))
    return world


def rows(table: pl.DataFrame, convention: str) -> list[tuple[object, ...]]:
    mine = table.filter(pl.col("convention") == convention)
    return mine.drop("institution_id", "convention").rows()


def test_every_source_and_use_of_ten_rows() -> None:
    tables = institutions_look_through(platform().context(10))
    for convention in ("fifo", "lifo", "prorata"):
        assert rows(tables["institution_source"], convention) == [
            ("investors_principal", "clients", 200_000, 1.0),
        ]
        # Chance: 700 yuan of the money on its way among 3,100 that all pay, of which the sister
        # takes 900.
        assert rows(tables["institution_use"], convention) == [
            ("investors_principal", "fees", 5_000, 0.025, 5_000, 5_000, None),
            ("investors_principal", "home", 65_000, 0.325, 65_000, 65_000, None),
            ("investors_principal", "returned", 30_000, 0.15, 30_000, 30_000, None),
            ("loan_proceeds", "circle", 50_000, 0.25, 50_000, 50_000, 20_322),
            ("loan_proceeds", "spent", 20_000, 0.1, 20_000, 20_000, None),
            ("loan_proceeds", "unspent", 30_000, 0.15, 30_000, 30_000, None),
        ]
    [missing] = tables["institution_missing"].rows()
    assert missing[:2] + missing[3:] == ("Platform", "loans", 95_000, 65_000, 30_000)
    assert tables["institution"].rows() == [("Platform", "Platform", "Platform", "p2p_platform")]


def test_what_left_long_ago_is_spent_and_accuses_nobody() -> None:
    world = platform()
    world.pay("Borrower", "Sister", 100, at(30, 9))
    tables = institutions_look_through(world.context(40))
    uses = {row[1]: row[2] for row in rows(tables["institution_use"], "fifo")}
    assert (uses["circle"], uses["spent"], uses["unspent"]) == (50_000, 30_000, 20_000)


def test_a_world_without_institutions_has_empty_tables() -> None:
    world = World()
    world.party("One", "Other")
    world.pay("One", "Other", 10, at(1))
    tables = institutions_look_through(world.context(5))
    assert {name: table.height for name, table in tables.items()} == dict.fromkeys(COLUMNS, 0)


def published(tmp_path: Path) -> Path:
    path = tmp_path / "run.duckdb"
    tables = institutions_look_through(platform().context(10))
    with Database.open(path) as db:
        for name, table in tables.items():
            db.register("rows", table.to_arrow())
            db.execute(name, f"create table {name} as select * from rows")
            db.unregister("rows")
    return path


def test_what_is_shown(tmp_path: Path) -> None:
    [facts] = read_facts(published(tmp_path), "fifo", "Platform")
    assert facts["returns"] == {
        "amount_fen": 30_000, "from_principal_fen": 30_000, "from_principal_share": 1.0,
        "from_others_least_fen": 30_000, "from_others_most_fen": 30_000,
        "from_others_least_share": 1.0, "from_others_most_share": 1.0,
    }  # fmt: skip
    assert facts["by_kind"]["circle"] == {
        "amount_fen": 50_000, "least_fen": 50_000, "most_fen": 50_000, "chance_fen": 20_322,
    }  # fmt: skip
    said = in_full(facts, zh=False).splitlines()
    assert said[:2] == ["Platform  Platform", "clients' money: 2,000.00 yuan, first in first out"]
    assert said[-3:] == [
        "of 300.00 yuan paid to earlier clients 300.00 yuan (100.0%) came from principal invested "
        "in loans, of others or their own",
        "at least 300.00 yuan of it and at most 300.00 yuan (100%) is what other clients had "
        "paid in",
        "2016-06-10 investments in loans not paid out: owed 950.00 yuan, there 650.00 yuan, "
        "missing 300.00 yuan",
    ]
    zh = in_full(facts, zh=True).splitlines()
    assert zh[1] == "客户资金 2,000.00 元，先进先出"
    assert zh[-3:-1] == [
        "付给先前客户的 300.00 元 中，300.00 元（100.0%）来自为标的投入的本金（他人的或其本人的）",
        "其中至少 300.00 元、至多 300.00 元 为其他客户所付款项（占比 100%）",
    ]
    assert "300.00 元" in listed([facts], zh=True)
    assert as_csv([facts]).splitlines()[1] == (
        "Platform,Platform,fifo,sources,investors_principal,clients,200000,1.0,,,"
    )


def test_a_run_of_an_older_version_is_said_to_be_one(tmp_path: Path) -> None:
    path = published(tmp_path)
    with Database.open(path) as db:
        db.execute("drop", "drop table institution_return")
    with pytest.raises(StoreError, match=r"older version and does not hold institution_return"):
        read_facts(path, "fifo", None)


def test_the_file_of_a_night_is_whole_or_not_there(tmp_path: Path) -> None:
    tables = institutions_look_through(platform().context(10))
    write_look_through(tmp_path / "night", tables)
    assert is_written(tmp_path / "night")
    held = read_look_through(tmp_path / "night")
    assert all(held[name].equals(table) for name, table in tables.items())
    (tmp_path / "night" / "institution_use.parquet").unlink()
    assert not is_written(tmp_path / "night")
    assert {name: table.columns for name, table in empty_tables().items()} == {
        name: list(columns) for name, columns in COLUMNS.items()
    }


def test_own_money_withdrawn_is_not_others_unless_the_order_makes_it_so() -> None:
    """Of 1,500 yuan to Ann, first in first out, her own 1,000 leaves first; last in, Bob's."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.party("Ann", "Bob", "Passer", kind="person")
    world.pay("Ann", "custody", 1000, at(0, 9))
    world.pay("Bob", "custody", 1000, at(1, 9))
    world.pay("custody", "Ann", 1500, at(2, 9))
    world.pay("custody", "Passer", 500, at(3, 9))
    tables = institutions_look_through(world.context(5))
    assert tables["institution_return"].rows() == [("Platform", 150_000, 50_000, 100_000)]


def test_what_passes_a_developer_is_property_unless_it_comes_to_the_circle() -> None:
    world = platform()
    world.institution("Developer", "property_developer")
    world.pay("Borrower", "Developer", 200, at(2, 11))
    world.pay("Developer", "Sister", 150, at(2, 12))
    tables = institutions_look_through(world.context(10))
    uses = {row[1]: row[2] for row in rows(tables["institution_use"], "fifo")}
    assert (uses["circle"], uses["property"], uses["spent"]) == (65_000, 5_000, 20_000)
    assert sum(uses.values()) == 200_000


def test_what_reached_the_circle_under_another_convention_alone_is_listed() -> None:
    facts = {
        "institution_id": "I1", "name": "甲", "total_fen": 500, "missing": [],
        "returns": {"from_others_least_share": None, "from_others_most_share": None},
        "by_kind": {
            "circle": {"amount_fen": 0, "least_fen": 0, "most_fen": 300, "chance_fen": None}
        },
    }  # fmt: skip
    line = next(row for row in listed([facts], zh=False).splitlines() if "I1" in row)
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells == [
        "I1", "甲", "5.00 yuan", "0.00 yuan", "-", "0.00 yuan", "0.00 yuan", "3.00 yuan",
        "0.00 yuan", "0.00 yuan",
    ]  # fmt: skip
