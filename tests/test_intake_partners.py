"""What else carries the entries' match numbers: as a plain loop finds it, and in warnings."""

from __future__ import annotations

import random
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.intake import partners
from pipelines.intake.cross_checks import Crossing, entries_have_partners
from pipelines.intake.manifest import Manifest
from pipelines.intake.partners import find_partners

Leg = tuple[str | None, str, int]


def in_file(place: Path, name: str, rows: list[Leg]) -> Path:
    """A lake file with a match number, a direction and an amount in fen."""
    schema = {"match_no": pl.String, "direction": pl.String, "amount_fen": pl.Int64}
    pl.DataFrame(rows, schema, orient="row").write_parquet(place / name)
    return place / name


def plainly(
    own: list[Leg], legs: list[Leg], cleared: list[Leg]
) -> list[tuple[int, int, int, bool]]:
    """Each own entry's sums of both sides, first clearing record, or -1, and whether it differs."""
    found = []
    for number, side, fen in own:
        mine = [amount for n, s, amount in [*own, *legs] if n == number and s == side]
        other = [amount for n, s, amount in [*own, *legs] if n == number and s != side]
        settled = [amount for n, _, amount in cleared if n == number]
        if number is None:
            mine = other = settled = []
        stated = settled[:1] or [sum(other)] * bool(other)
        found.append((
            sum(mine) if mine else -1, sum(other) if other else -1, settled[0] if settled else -1,
            bool(stated) and fen != stated[0] and sum(mine) != stated[0],
        ))  # fmt: skip
    return found


@pytest.mark.parametrize("seed", range(30))
def test_partners_are_those_of_a_plain_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    generator = random.Random(seed)
    monkeypatch.setattr(partners, "BATCH", 7)

    def some(count: int) -> list[Leg]:
        numbers: list[str | None] = [None, *(f"m{n}" for n in range(25))]
        return [
            (generator.choice(numbers), generator.choice(["in", "out"]), generator.randrange(4))
            for _ in range(generator.randrange(count))
        ]

    own, legs, cleared = some(60), some(60), some(20)
    if not own:
        own = [("m1", "in", 5)]
    files = [in_file(tmp_path, *each) for each in (("own", own), ("legs", legs), ("c", cleared))]
    found = find_partners(files[0], [files[1]], [files[2]])
    columns = (found.side_fen, found.other_fen, found.cleared_fen, found.differ)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert rows == plainly(own, legs, cleared)
    assert found.matched.tolist() == [number is not None for number, _, _ in own]
    assert found.amount_fen.tolist() == [amount for _, _, amount in own]
    assert found.any_cleared == bool(cleared)


def test_what_lacks_or_differs_is_said_with_its_line(tmp_path: Path) -> None:
    rows = [
        ("agrees", "in", 100, "cnaps_beps", 9),
        ("lacks", "in", 200, "cnaps_beps", 9),
        ("differs", "out", 300, "cnaps_beps", 9),
        ("at the bank itself", "in", 400, "book", 9),
        ("of the next clearing day", "in", 500, "cnaps_beps", 20),
        ("two legs", "in", 600, "cnaps_beps", 9),
        ("two legs", "out", 601, "cnaps_beps", 9),
        ("split", "out", 150, "cnaps_beps", 9),
        ("split", "in", 100, "cnaps_beps", 9),
        ("split", "in", 50, "cnaps_beps", 9),
    ]
    entries = pl.DataFrame(
        {
            "match_no": [row[0] for row in rows],
            "direction": [row[1] for row in rows],
            "amount_fen": [row[2] for row in rows],
            "channel": [row[3] for row in rows],
            "booked_at": [datetime(2016, 6, 13, row[4]) for row in rows],
            "line": range(2, 2 + len(rows)),
        }
    )
    entries.write_parquet(tmp_path / "entry.parquet")
    settled = pl.DataFrame({"match_no": ["agrees", "differs"], "amount_fen": [100, 301]})
    settled.write_parquet(tmp_path / "clearing.parquet")
    tables = {name: tmp_path / f"{name}.parquet" for name in ("entry", "clearing")}
    manifest = Manifest("91320000710939135U", date(2016, 6, 13), 1, ())
    crossing = Crossing(manifest, tables, {"entry": "entry.csv"}, None)
    found = {
        finding.rule.rule: (finding.count, [(e.line, e.message) for e in finding.examples])
        for finding in entries_have_partners(crossing)
    }
    assert found == {
        "R-ENTRY-101": (1, [(3, "neither a clearing record nor another leg carries lacks")]),
        "R-ENTRY-102": (
            3,
            [
                (4, "300 here, but 301 in the clearing record or other leg of differs"),
                (7, "600 here, but 601 in the clearing record or other leg of two legs"),
                (8, "601 here, but 600 in the clearing record or other leg of two legs"),
            ],
        ),
    }


def split(
    place: Path, payers: list[int], payees: list[int], cleared: list[int]
) -> list[tuple[int, int]]:
    """The entries that differ, each with its amount and the one that is stated."""
    rows: list[Leg] = [("m", "out", fen) for fen in payers] + [("m", "in", fen) for fen in payees]
    settled: list[Leg] = [("m", "out", fen) for fen in cleared]
    found = find_partners(in_file(place, "own", rows), [], [in_file(place, "cleared", settled)])
    return list(zip(found.amount_fen[found.differ].tolist(),
                    found.stated_fen[found.differ].tolist(), strict=True))  # fmt: skip


@pytest.mark.parametrize(
    ("payers", "payees", "cleared", "differ"),
    [
        ([150], [100, 50], [], []),
        ([100, 50], [150], [], []),
        ([70, 80], [100, 50], [], []),
        ([150], [100, 50], [150], []),
        ([150], [100, 51], [], [(150, 151), (100, 150), (51, 150)]),
        ([150], [100, 51], [150], [(100, 150), (51, 150)]),
        ([100], [100, 50], [], [(100, 150), (50, 100)]),
        ([100], [100], [101], [(100, 101), (100, 101)]),
        ([100, 100], [], [100], []),
        ([100], [], [], []),
    ],
)
def test_legs_of_a_split_payment_count_by_their_sum(
    tmp_path: Path,
    payers: list[int],
    payees: list[int],
    cleared: list[int],
    differ: list[tuple[int, int]],
) -> None:
    assert split(tmp_path, payers, payees, cleared) == differ


def test_sums_do_not_wrap_around(tmp_path: Path) -> None:
    most = 10**15
    own = in_file(tmp_path, "own", [("m", "out", 5)])
    legs = in_file(tmp_path, "legs", [("m", "in", most)] * 20_000)
    found = find_partners(own, [legs], [])
    assert found.other_fen.tolist() == [2**62]
    assert found.differ.tolist() == [True]
