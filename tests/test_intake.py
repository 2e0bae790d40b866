"""Intake: every rule with its place, revisions in any order, repetition, and nothing lost."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from data.codes import cnaps_with_check, uscc_with_check
from data.contracts import TABLES
from data.home import Home
from data.settings import Settings, load_settings
from pipelines.intake import check_package, receive, submit
from pipelines.intake.csv_blocks import hash_and_lines
from pipelines.intake.csv_reader import read_csv

RECEIVE = "pipelines.intake.receive"
SUBMITTER = uscc_with_check("91320000710939135")
BANK = cnaps_with_check("10230100001")
NOW = datetime(2016, 6, 14, 8)
DAY = date(2016, 6, 13)
ENTRY = ("bank_no", "account_no", "entry_no", "booked_at", "direction", "amount_fen", "channel",
         "cash", "purpose")  # fmt: skip


def entry(number: int = 1, **changed: str) -> dict[str, str]:
    row = dict(zip(ENTRY, (BANK, "6001", f"e{number}", "2016-06-13 09:00:00", "in", "100", "book",
                           "false", "货款"), strict=True))  # fmt: skip
    return {**row, **changed}


def as_csv(rows: list[dict[str, str]], names: tuple[str, ...] = ENTRY) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def write(
    place: Path,
    content: bytes,
    *,
    table: str = "entry",
    name: str = "entry.csv",
    sequence: int = 1,
    day: date = DAY,
    rows: int | None = None,
    total: int | None = None,
    folder: str | None = None,
    **changed: Any,
) -> Path:
    """Write a package of one file; what is not stated is counted from the content."""
    package = place / (folder or f"{SUBMITTER}-{day:%Y%m%d}-{sequence:08d}")
    package.mkdir(parents=True)
    (package / name).write_bytes(content)
    stated: dict[str, Any] = {
        "name": name,
        "table": table,
        "rows": content.count(b"\n") - 1 if rows is None else rows,
        "sha256": hashlib.sha256(content).hexdigest(),
        **{
            key: value for key, value in changed.items() if key in ("encoding", "sha256", "bank_no")
        },
    }
    amount = TABLES[table].amount_column
    if amount is not None:
        stated["amount_total"] = 100 * stated["rows"] if total is None else total
    manifest = {"spec": 1, "submitter": SUBMITTER, "business_date": day.isoformat(),
                "sequence": sequence, "files": [stated],
                **{key: value for key, value in changed.items() if key not in stated}}  # fmt: skip
    (package / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return package


def check(package: Path, settings: Settings | None = None) -> dict[str, Any]:
    return check_package(package, settings or load_settings(None), now=NOW)


def first(receipt: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = receipt["findings"][0]
    return found


def many(bad: dict[str, str]) -> bytes:
    """A hundred good rows and a bad one on line 51, so that the share stays below its limit."""
    rows = [entry(number) for number in range(1, 101)]
    return as_csv([*rows[:49], entry(200, **bad), *rows[49:]])


def test_a_good_package_is_accepted(tmp_path: Path) -> None:
    receipt = check(write(tmp_path, as_csv([entry(1), entry(2)])))
    assert receipt == {
        "package": f"{SUBMITTER}-20160613-00000001",
        "status": "accepted",
        "received_at": "2016-06-14 08:00:00",
        "tables": [
            {
                "table": "entry",
                "rows": 2,
                "accepted": 2,
                "rejected": 0,
                "replaced_sequence": None,
            }
        ],
        "findings": [],
        "correction_due": None,
    }


@pytest.mark.parametrize(
    ("bad", "rule", "column", "value"),
    [
        ({"account_no": ""}, "R-ENTRY-003", "account_no", None),
        ({"amount_fen": "12.5"}, "R-ENTRY-004", "amount_fen", "12.5"),
        ({"amount_fen": "1e3"}, "R-ENTRY-004", "amount_fen", "1e3"),
        ({"amount_fen": "0x10"}, "R-ENTRY-004", "amount_fen", "0x10"),
        ({"amount_fen": "1_000"}, "R-ENTRY-004", "amount_fen", "1_000"),
        ({"amount_fen": " 100"}, "R-ENTRY-004", "amount_fen", " 100"),
        ({"amount_fen": "９"}, "R-ENTRY-004", "amount_fen", "９"),
        ({"amount_fen": "9223372036854775808"}, "R-ENTRY-004", "amount_fen", "9223372036854775808"),
        ({"amount_fen": "-1"}, "R-ENTRY-006", "amount_fen", "-1"),
        ({"booked_at": "2016-06-31 09:00:00"}, "R-ENTRY-004", "booked_at", "2016-06-31 09:00:00"),
        ({"booked_at": "2016-06-13T09:00:00"}, "R-ENTRY-004", "booked_at", "2016-06-13T09:00:00"),
        ({"booked_at": "2016-06-13 24:00:00"}, "R-ENTRY-004", "booked_at", "2016-06-13 24:00:00"),
        ({"direction": "IN"}, "R-ENTRY-005", "direction", "IN"),
        ({"channel": "swift"}, "R-ENTRY-005", "channel", "swift"),
        ({"cash": "yes"}, "R-ENTRY-004", "cash", "yes"),
        ({"bank_no": "102301000012"}, "R-ENTRY-007", "bank_no", "102301000012"),
        ({"entry_no": "e7"}, "R-ENTRY-008", "entry_no", "e7"),
    ],
)
def test_a_bad_row_is_named_with_its_place_and_the_others_load(
    tmp_path: Path, bad: dict[str, str], rule: str, column: str, value: str | None
) -> None:
    content = many(bad)
    amount = int(bad["amount_fen"]) if bad.get("amount_fen") == "-1" else 100
    package = write(tmp_path, content, total=100 * 100 + amount)
    receipt = check(package)
    assert receipt["status"] == "partially_accepted"
    assert receipt["tables"][0] | {"replaced_sequence": None} == {
        "table": "entry",
        "rows": 101,
        "accepted": 100,
        "rejected": 1,
        "replaced_sequence": None,
    }
    example = first(receipt)["examples"][0]
    assert (first(receipt)["rule"], example["line"], example["column"], example["value"]) == (
        rule,
        51,
        column,
        value,
    )
    assert example["message"] and example["fix"]
    assert receipt["correction_due"] == "2016-06-16"


@pytest.mark.parametrize(
    ("raw", "rule", "line"),
    [
        (b'6001,"e9', "R-ENTRY-001", 3),
        (b"only,three,cells", "R-ENTRY-001", 3),
        (b"", "R-ENTRY-001", 3),
        (b'a,"b"c,d', "R-ENTRY-001", 3),
        ("货".encode("gb18030") + b",x", "R-ENTRY-002", 3),
        (b"nul\x00", "R-ENTRY-002", 3),
    ],
)
def test_a_line_that_is_no_record_costs_itself_alone(
    tmp_path: Path, raw: bytes, rule: str, line: int
) -> None:
    good = as_csv([entry(number) for number in range(1, 201)])
    lines = good.split(b"\n")
    content = b"\n".join([*lines[:2], raw, *lines[2:]])
    receipt = check(write(tmp_path, content, rows=201, total=20_000))
    assert receipt["tables"][0]["accepted"] == 200
    assert first(receipt)["rule"] == rule
    assert first(receipt)["examples"][0]["line"] == line


def test_embedded_line_ends_are_one_record_and_later_lines_keep_their_numbers(
    tmp_path: Path,
) -> None:
    rows = [entry(1, purpose='two\nlines, and a "quote"'), *map(entry, range(2, 150))]
    content = as_csv([*rows, entry(300, amount_fen="x")])
    receipt = check(write(tmp_path, content, rows=150, total=14_900))
    assert receipt["tables"][0]["accepted"] == 149
    assert first(receipt)["examples"][0]["line"] == 152


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_line_ends_and_column_orders_read_the_same(
    tmp_path: Path, encoding: str, ending: str
) -> None:
    names = tuple(reversed(ENTRY))
    text = as_csv([entry(1), entry(2)], names).decode().replace("\n", ending)
    bom = b"\xef\xbb\xbf" if encoding == "utf-8" else b""
    package = write(tmp_path, bom + text.encode(encoding), encoding=encoding)
    assert check(package)["status"] == "accepted"


def test_unknown_columns_are_a_warning(tmp_path: Path) -> None:
    rows = [{**entry(1), "branch": "x"}]
    receipt = check(write(tmp_path, as_csv(rows, (*ENTRY, "branch"))))
    assert receipt["status"] == "accepted_with_warnings"
    assert first(receipt)["rule"] == "R-ENTRY-009"
    assert first(receipt)["examples"][0]["column"] == "branch"


def test_too_many_bad_rows_reject_the_table(tmp_path: Path) -> None:
    rows = [*map(entry, range(1, 50)), entry(99, amount_fen="x")]
    receipt = check(write(tmp_path, as_csv(rows), total=4_900))
    assert receipt["status"] == "rejected"
    assert receipt["tables"][0]["accepted"] == 0
    assert [finding["rule"] for finding in receipt["findings"]] == ["R-ENTRY-004", "R-ENTRY-010"]


Change = Callable[[Path], Path]


def rename(package: Path) -> Path:
    return package.rename(package.with_name(f"{SUBMITTER}-20160614-00000001"))


def edit(**changed: Any) -> Change:
    def change(package: Path) -> Path:
        manifest = json.loads((package / "manifest.json").read_text("utf-8"))
        manifest.update(changed)
        (package / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        return package

    return change


def edit_file(**changed: Any) -> Change:
    def change(package: Path) -> Path:
        manifest = json.loads((package / "manifest.json").read_text("utf-8"))
        manifest["files"][0].update(changed)
        return edit(files=manifest["files"])(package)

    return change


def drop(name: str) -> Change:
    def change(package: Path) -> Path:
        (package / name).unlink()
        return package

    return change


def garble(package: Path) -> Path:
    (package / "manifest.json").write_text("{", "utf-8")
    return package


def twice(package: Path) -> Path:
    manifest = json.loads((package / "manifest.json").read_text("utf-8"))
    return edit(files=[*manifest["files"], *manifest["files"]])(package)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (rename, "R-PACKAGE-002"),
        (drop("manifest.json"), "R-PACKAGE-003"),
        (garble, "R-PACKAGE-003"),
        (edit(spec=2), "R-PACKAGE-004"),
        (edit_file(table="ledger"), "R-PACKAGE-005"),
        (twice, "R-PACKAGE-005"),
        (edit(submitter="913200007109391350"), "R-PACKAGE-006"),
        (edit_file(name="../entry.csv"), "R-PACKAGE-007"),
        (drop("entry.csv"), "R-PACKAGE-009"),
        (edit_file(sha256="0" * 64), "R-PACKAGE-010"),
        (edit_file(rows=3), "R-PACKAGE-011"),
        (edit_file(amount_total=201), "R-PACKAGE-012"),
    ],
)
def test_what_rejects_a_package_whole(tmp_path: Path, change: Change, rule: str) -> None:
    package = change(write(tmp_path, as_csv([entry(1), entry(2)])))
    receipt = check(package)
    assert receipt["status"] == "rejected"
    assert (first(receipt)["rule"], first(receipt)["level"]) == (rule, "package")
    assert receipt["tables"] == []


@pytest.mark.parametrize("day", [date(2016, 6, 15), date(1990, 1, 1)])
def test_a_date_out_of_range_rejects_a_package(tmp_path: Path, day: date) -> None:
    receipt = check(write(tmp_path, as_csv([entry(1)]), day=day))
    assert first(receipt)["rule"] == "R-PACKAGE-015"


def test_a_zip_reads_like_its_folder_and_its_paths_stay_inside(tmp_path: Path) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    packed = tmp_path / f"{package.name}.zip"
    for prefix, rule in (("", None), (f"{package.name}/", None), ("../", "R-PACKAGE-007")):
        with zipfile.ZipFile(packed, "w") as archive:
            for file in package.iterdir():
                archive.write(file, prefix + file.name)
        receipt = check(packed)
        assert receipt["status"] == ("rejected" if rule else "accepted")
        assert [finding["rule"] for finding in receipt["findings"]] == ([rule] if rule else [])


def test_a_zip_that_expands_too_far_is_rejected(tmp_path: Path) -> None:
    package = write(tmp_path, b"0" * 30_000_000)
    packed = tmp_path / f"{package.name}.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in package.iterdir():
            archive.write(file, file.name)
    assert first(check(packed))["rule"] == "R-PACKAGE-008"


def test_a_signature_is_verified_where_a_key_is_registered(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    chosen = tmp_path / "settings.toml"
    chosen.write_text(
        f'[intake]\nsignature_required = true\nsignature_keys = {{ "{SUBMITTER}" = "{public}" }}\n'
    )
    settings = load_settings(chosen)
    package = write(tmp_path, as_csv([entry(1)]))
    assert first(check(package, settings))["rule"] == "R-PACKAGE-013"
    signed = base64.b64encode(key.sign((package / "manifest.json").read_bytes()))
    (package / "manifest.sig").write_bytes(signed)
    assert check(package, settings)["status"] == "accepted"
    edit(sequence=1, extra=True)(package)
    assert first(check(package, settings))["rule"] == "R-PACKAGE-013"


def taken_in(home: Home, *packages: Path) -> list[dict[str, Any]]:
    for package in packages:
        submit(package, home)
    paths = receive(home, load_settings(None), NOW)
    return [json.loads(path.read_text("utf-8")) for path in paths]


def lake(home: Home) -> dict[str, bytes]:
    return {
        str(path.relative_to(home.lake)): path.read_bytes()
        for path in sorted(home.lake.rglob("*"))
        if path.is_file()
    }


def test_taking_in_archives_writes_the_lake_and_names_every_rejected_row(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    package = write(tmp_path, many({"amount_fen": "12.5"}), total=10_000)
    [receipt] = taken_in(home, package)
    assert receipt["status"] == "partially_accepted"
    [(name, _)] = lake(home).items()
    assert name == f"entry/date=2016-06-13/{SUBMITTER}-00000001.parquet"
    rows = pl.read_parquet(home.lake / name, hive_partitioning=False)
    assert rows.height == 100
    assert rows["line"].to_list() == [*range(2, 51), *range(52, 103)]
    rejected = home.outbox / SUBMITTER / f"{package.name}.rejected.csv"
    assert list(csv.reader(rejected.read_text("utf-8").splitlines())) == [
        ["file", "table", "line", "column", "rule", "message", "row"],
        [
            "entry.csv",
            "entry",
            "51",
            "amount_fen",
            "R-ENTRY-004",
            "amount_fen must be a whole number of fen",
            f'"{BANK}","6001","e200","2016-06-13 09:00:00","in","12.5","book","false","货款"',
        ],
    ]
    [kept] = home.archive.glob("*/*")
    assert (kept / "entry.csv").read_bytes() == (package / "entry.csv").read_bytes()
    assert not list(home.inbox.glob("*/*"))


def test_the_same_bytes_get_the_first_receipt_and_change_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    package = write(tmp_path, as_csv([entry(1)]))
    before = taken_in(home, package)
    state = lake(home)
    submit(package, home)
    [path] = receive(home, load_settings(None), datetime(2016, 6, 20))
    assert json.loads(path.read_text("utf-8")) == before[0]
    assert lake(home) == state


def test_a_sequence_with_other_bytes_is_rejected_and_the_first_stays(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    taken_in(home, write(tmp_path / "a", as_csv([entry(1)])))
    state = lake(home)
    [receipt] = taken_in(home, write(tmp_path / "b", as_csv([entry(2)])))
    assert (receipt["status"], first(receipt)["rule"]) == ("rejected", "R-PACKAGE-014")
    assert lake(home) == state
    kept = [
        json.loads(path.read_text("utf-8")) for path in home.outbox.glob("*/*.????????.receipt*")
    ]
    assert sorted(each["status"] for each in kept) == ["accepted", "rejected"]


@pytest.mark.parametrize("step", ["copy_package", "_checked", "make_receipt", "_acknowledge"])
def test_what_was_interrupted_is_taken_in_again_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    calm, broken = Home(tmp_path / "calm").create(), Home(tmp_path / "broken").create()
    package = write(tmp_path, as_csv([entry(1), entry(2)]))
    expected = taken_in(calm, package)
    submit(package, broken)

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules[RECEIVE], step, fail)
        with pytest.raises(KeyboardInterrupt):
            receive(broken, load_settings(None), NOW)
    assert not list(broken.outbox.rglob("*.receipt.json"))
    [path] = receive(broken, load_settings(None), NOW)
    assert json.loads(path.read_text("utf-8")) == expected[0]
    assert lake(broken) == lake(calm)


cells = st.text(alphabet=st.sampled_from('ab,"\n\r é货0'), max_size=4)


@hypothesis_settings(max_examples=60, deadline=None)
@given(lines=st.lists(cells, max_size=12))
def test_every_record_is_accepted_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(("a,b\n" + "\n".join(lines)).encode())
    batches = list(read_csv(path, "utf-8", load_settings(None).intake))
    assert sum(batch.covered for batch in batches) == hash_and_lines(path)[1]
    held = ""
    for batch in batches:
        assert len(batch.lines) == batch.cells.num_rows
        held += "".join(cell for row in batch.cells.to_pylist() for cell in row.values() if cell)
        held += "".join(bad.text for bad in batch.malformed)
    for sign in "é货0":
        assert held.count(sign) == "".join(lines).count(sign)
