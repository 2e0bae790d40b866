"""Small versions of the campaigns over intake, and what the large ones found, case by case."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.mutated import tried
from benchmarks.planted_errors import planted_and_found
from benchmarks.reference.tables import tables
from data.contracts import TABLES
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit
from tests.test_intake import BANK, ENTRY, NOW, SUBMITTER, as_csv, check, entry, first, many, write

GOOD = as_csv([entry(n) for n in range(1, 101)])
PACKAGE = f"{SUBMITTER}-20160613-00000001"


@pytest.mark.parametrize("start", range(1, 121, 20))
def test_mutated_packages_get_the_reference_checkers_verdict(start: int) -> None:
    found = [tried(seed) for seed in range(start, start + 20)]
    assert {each["seed"]: each["found"] for each in found if each["found"]} == {}
    assert sum(sum(each["rows"]) for each in found) > 0


def test_planted_errors_are_found_where_they_are() -> None:
    rules, wrong, whole = planted_and_found(rows=2_000, errors=60)
    assert wrong == []
    assert whole == {"planted": 6, "wrong": 0}
    assert set(rules) == {
        *(f"R-TABLE-{number:03d}" for number in range(1, 9)),
        *("R-ENTRY-101", "R-ENTRY-102", "R-ENTRY-103", "R-CLEARING-101", "R-CLEARING-102"),
        *("R-BALANCE-101", "R-BALANCE-102", "R-BALANCE-103", "R-ACCOUNT-101"),
        *("R-LOAN_EVENT-101", "R-RESERVE_DAY-101"),
    }


def test_the_reference_checker_reads_every_table_from_its_page() -> None:
    assert {name: [c.name for c in table.columns] for name, table in tables().items()} == {
        name: list(table.names) for name, table in TABLES.items()
    }
    assert {name: table.required for name, table in tables().items()} == {
        name: [c.name for c in table.columns if c.required] for name, table in TABLES.items()
    }


def with_memo(memo: bytes, after: bytes = b"") -> bytes:
    """A hundred good rows whose fiftieth has that last cell, and one that is quoted over lines."""
    lines = GOOD.split(b"\n")
    lines[50] = lines[50].rsplit(b",", 1)[0] + b"," + memo
    return b"\n".join(lines) + after


def loaded(package: Path, place: Path) -> list[dict[str, Any]]:
    home = Home(place / "home").create()
    submit(package, home)
    receive(home, load_settings(None), NOW)
    [file] = home.lake.rglob("*.parquet")
    rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    return rows


@pytest.mark.parametrize("memo", [b'a"b', b'a"b"', b' "a"', b'"a" ', b"a\rb", b"a\r", b'"a"\r'])
def test_a_quote_or_line_end_where_rfc_4180_has_none_is_named(tmp_path: Path, memo: bytes) -> None:
    receipt = check(write(tmp_path, with_memo(memo + b"\r"), rows=100, total=0))
    assert first(receipt)["rule"] == "R-ENTRY-001"
    assert first(receipt)["count"] == 1
    assert first(receipt)["examples"][0]["line"] == 51
    assert receipt["tables"][0]["accepted"] == 99


def test_line_ends_inside_quotes_are_loaded_as_sent(tmp_path: Path) -> None:
    package = write(tmp_path, with_memo(b'"a\r\nb\rc\nd"'), rows=100, total=10_000)
    assert loaded(package, tmp_path)[49]["purpose"] == "a\r\nb\rc\nd"


def test_a_cell_is_as_long_beside_line_ends_in_quotes_as_elsewhere(tmp_path: Path) -> None:
    memo = b"x" * 200_000 + b'\n"'
    package = write(tmp_path, with_memo(b'"' + memo), rows=100, total=10_000)
    assert len(loaded(package, tmp_path)[49]["purpose"]) == 200_001


def test_a_bad_byte_in_a_cell_of_many_lines_costs_one_record(tmp_path: Path) -> None:
    receipt = check(write(tmp_path, with_memo(b'"a\n\xff\nb"'), rows=100, total=0))
    assert [(f["rule"], f["count"]) for f in receipt["findings"]] == [("R-ENTRY-002", 1)]
    assert receipt["tables"][0]["accepted"] == 99


def test_a_line_beyond_the_limit_is_named_in_a_small_file_too(tmp_path: Path) -> None:
    receipt = check(write(tmp_path, with_memo(b"x" * 1_000_001), rows=100, total=0))
    assert first(receipt)["rule"] == "R-ENTRY-001"
    assert first(receipt)["examples"][0]["line"] == 51


def test_a_mark_of_the_byte_order_in_a_cell_is_part_of_it(tmp_path: Path) -> None:
    rows = [{"account_no": "\ufeff6001", **{k: v for k, v in entry(n).items() if k != "account_no"}}
            for n in range(1, 3)]  # fmt: skip
    names = ("account_no", *(name for name in ENTRY if name != "account_no"))
    package = write(tmp_path, as_csv(rows, names))
    assert [row["account_no"] for row in loaded(package, tmp_path)] == ["\ufeff6001"] * 2


@pytest.mark.parametrize("name", [" amount_fen", "amount_fen ", "amount_fen\t", "\u3000amount_fen"])
def test_spaces_are_part_of_a_columns_name(tmp_path: Path, name: str) -> None:
    receipt = check(write(tmp_path, GOOD.replace(b"amount_fen", name.encode())))
    assert receipt["status"] == "rejected"
    assert first(receipt)["rule"] == "R-ENTRY-011"


def test_utf_8_with_its_mark_is_no_gb18030(tmp_path: Path) -> None:
    receipt = check(write(tmp_path, b"\xef\xbb\xbf" + GOOD, encoding="gb18030"))
    assert receipt["status"] == "rejected"


def test_a_row_with_two_errors_costs_no_more_than_its_row(tmp_path: Path) -> None:
    content = many({"bank_no": BANK[:-1] + "x", "amount_fen": "12.50"})
    receipt = check(write(tmp_path, content, total=11_250))
    assert [(f["rule"], f["count"]) for f in receipt["findings"]] == [("R-ENTRY-007", 1)]


def test_an_amount_out_of_range_costs_its_row(tmp_path: Path) -> None:
    receipt = check(
        write(tmp_path, many({"amount_fen": str(9 * 10**18)}), total=10_000 + 9 * 10**18)
    )
    assert [(f["rule"], f["count"]) for f in receipt["findings"]] == [("R-ENTRY-006", 1)]
    assert receipt["tables"][0]["accepted"] == 100


def test_a_total_is_compared_where_the_file_lacks_the_column(tmp_path: Path) -> None:
    content = b"party_id,kind,name\np1,person,x\n"
    right = check(write(tmp_path / "a", content, table="party", name="party.csv", total=0))
    wrong = check(write(tmp_path / "b", content, table="party", name="party.csv", total=100))
    assert right["status"] == "accepted"
    assert first(wrong)["rule"] == "R-PACKAGE-012"


def test_files_that_the_manifest_lacks_are_one_finding(tmp_path: Path) -> None:
    package = write(tmp_path, GOOD)
    for number in range(30):
        (package / f"more{number:02d}").write_bytes(b"")
    [found] = check(package)["findings"]
    assert (found["rule"], found["count"]) == ("R-PACKAGE-101", 30)
    assert found["examples"][0]["message"].endswith("more00 is kept in the archive and not read")


def zipped(place: Path, more: dict[str, bytes], change: Callable[[bytes], bytes] | None) -> Path:
    package, held = write(place / "made", GOOD), io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for file in sorted(package.iterdir()):
            packed.write(file, file.name)
        for name, content in more.items():
            packed.writestr(name, content)
    path = place / f"{PACKAGE}.zip"
    path.write_bytes(change(held.getvalue()) if change else held.getvalue())
    return path


def longer(content: bytes) -> bytes:
    """The directory says that its first file unpacks to one byte more than it holds."""
    at = content.find(b"PK\x01\x02") + 24
    size = int.from_bytes(content[at : at + 4], "little") + 1
    return content[:at] + size.to_bytes(4, "little") + content[at + 4 :]


@pytest.mark.parametrize(
    ("more", "change", "rule"),
    [
        ({"../": b""}, None, "R-PACKAGE-007"),
        ({"sub/": b""}, None, "R-PACKAGE-007"),
        ({f"{PACKAGE[:-1]}2/x": b"x"}, None, "R-PACKAGE-007"),
        ({"x_y": b"x"}, lambda content: content.replace(b"x_y", b"x\0y"), "R-PACKAGE-007"),
        ({}, longer, "R-PACKAGE-001"),
        ({f"{PACKAGE}/": b""}, None, None),
    ],
)
def test_a_zip_is_what_its_directory_says(
    tmp_path: Path,
    more: dict[str, bytes],
    change: Callable[[bytes], bytes] | None,
    rule: str | None,
) -> None:
    receipt = check(zipped(tmp_path, more, change))
    assert receipt["status"] == ("rejected" if rule else "accepted")
    assert rule is None or first(receipt)["rule"] == rule


def test_a_damaged_zip_gets_the_same_receipt_from_check_and_receive(tmp_path: Path) -> None:
    path = zipped(tmp_path, {}, longer)
    home = Home(tmp_path / "home").create()
    submit(path, home)
    [receipt] = receive(home, load_settings(None), NOW)
    assert "no readable ZIP" in receipt.read_text("utf-8")
    assert str(check(path)["findings"][0]["examples"][0]["message"]) in receipt.read_text("utf-8")


def test_a_dictionary_is_measured_before_it_is_unpacked(tmp_path: Path) -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 9, pa.int32()), ["x" * 10_000, "y"])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"memo": words}), sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    package = write(tmp_path, content, name="entry.parquet", rows=9, total=0)
    settings = load_settings(None)
    # Four bytes of length before each of the two words.
    for most, rule in ((10_008, "R-PACKAGE-016"), (10_009, "R-ENTRY-011")):
        intake = settings.intake.model_copy(update={"max_dictionary_bytes": most})
        receipt = check(package, settings.model_copy(update={"intake": intake}))
        assert first(receipt)["rule"] == rule


def test_a_word_twice_in_a_dictionary_shifts_no_value(tmp_path: Path) -> None:
    frame = pl.read_csv(as_csv([entry(n) for n in range(1, 6)]), infer_schema=False).with_columns(
        pl.col("booked_at").str.to_datetime(),
        pl.col("amount_fen").cast(pl.Int64),
        pl.col("cash") == "true",
        pl.Series("account_no", ["6001", "6002", "6003", "6004", "6003"]),
    )
    sink = pa.BufferOutputStream()
    pq.write_table(frame.to_arrow(), sink, compression="none", write_statistics=False)
    content = sink.getvalue().to_pybytes()
    assert content.count(b"6002") == 1
    package = write(
        tmp_path, content.replace(b"6002", b"6001"), name="entry.parquet", rows=5, total=500
    )
    numbers = [row["account_no"] for row in loaded(package, tmp_path)]
    assert numbers == ["6001", "6001", "6003", "6004", "6003"]
