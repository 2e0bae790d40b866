"""Intake against what no bank should send: each gets a receipt or stays, and keeps nobody out."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import cli
from data.control import Control
from data.errors import StoreError
from data.home import Home
from data.settings import load_settings
from pipelines.intake import check_package, journal, receive, submit
from tests.test_intake import DAY, ENTRY, NOW, SUBMITTER, as_csv, entry, write

RECEIVE: Any = sys.modules["pipelines.intake.receive"]
Place = Callable[[Path, Path], None]


def good(place: Path) -> Path:
    return write(place / "good", as_csv([entry(1)]), sequence=77)


def columns(**changed: pa.Array) -> bytes:
    frame = pl.read_csv(as_csv([entry(n) for n in range(1, 4)]), infer_schema=False).with_columns(
        pl.col("booked_at").str.to_datetime(),
        pl.col("amount_fen").cast(pl.Int64),
        pl.col("cash") == "true",
    )
    table = frame.to_arrow()
    for name, column in changed.items():
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, column)
        else:
            table = table.append_column(name, column)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def parquet(place: Path, **changed: pa.Array) -> Path:
    return write(place, columns(**changed), name="entry.parquet", rows=3, total=300)


def text(*values: bytes) -> pa.Array:
    """Strings of any bytes, as a careless writer leaves them."""
    ends = [sum(map(len, values[:n])) for n in range(len(values) + 1)]
    buffers = [None, pa.array(ends, pa.int32()).buffers()[1], pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


@pytest.mark.parametrize(
    "extra",
    [
        {"*": pa.array(["x"] * 3)},
        {"^.*$": pa.array(["x"] * 3)},
        {"__line": pa.array([1, 1, 1])},
        {"wide": pa.array([1, 2, 3], pa.int64()).cast(pa.decimal256(60, 0))},
        {"blob": pa.array([b"\xff", b"", None], pa.binary())},
        {"half": pa.array([1.0, 2.0, 3.0], pa.float32()).cast(pa.float16())},
        {"clock": pa.array([1, 2, 3], pa.time64("us"))},
        {"memo": pa.array(["a", "a", "b"]).dictionary_encode()},
    ],
    ids=lambda extra: next(iter(extra)),
)
@pytest.mark.parametrize("bad", [False, True])
def test_columns_of_any_name_and_type_do_not_disturb(
    tmp_path: Path, extra: dict[str, pa.Array], bad: bool
) -> None:
    direction = {"direction": pa.array(["sideways", "in", "in"])} if bad else {}
    receipt = check_package(parquet(tmp_path, **extra, **direction), load_settings(None), now=NOW)
    assert receipt["tables"][0]["rows"] == 3
    rules = {finding["rule"] for finding in receipt["findings"]}
    assert rules == ({"R-ENTRY-009"} - ({"R-ENTRY-009"} if "memo" in extra else set())) | (
        {"R-ENTRY-005", "R-ENTRY-010"} if bad else set()
    )


@pytest.mark.parametrize("name", ["*", "^.*$", "^amount.*$", "__line", "line", ""])
@pytest.mark.parametrize("quoted", [False, True])
def test_csv_columns_of_any_name_do_not_disturb(tmp_path: Path, name: str, quoted: bool) -> None:
    rows = [{**entry(n), name: "x"} for n in range(1, 201)]
    rows[5]["direction"] = "sideways"
    rows[7][name] = '"' if quoted else "x"
    home = Home(tmp_path / "home").create()
    submit(write(tmp_path, as_csv(rows, (*ENTRY, name)), rows=200, total=20_000), home)
    [path] = receive(home, load_settings(None), NOW)
    assert json.loads(path.read_text("utf-8"))["tables"][0]["accepted"] == 199


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"amount_fen": pa.array([2**63 + 5] * 3, pa.uint64())}, "R-ENTRY-004"),
        ({"amount_fen": pa.array([1.0] * 3)}, "R-ENTRY-004"),
        ({"amount_fen": pa.array([2**62] * 3)}, "R-PACKAGE-012"),
        ({"booked_at": pa.array([2**62] * 3, pa.timestamp("us"))}, "R-ENTRY-006"),
        ({"booked_at": pa.array([0] * 3, pa.timestamp("us", "Foo/Bar"))}, "R-ENTRY-004"),
        ({"account_no": pa.array([""] * 3)}, "R-ENTRY-003"),
        ({"memo": text(b"\xff\xfe", b"", b"a")}, "R-PACKAGE-016"),
        ({"memo": pa.array([[1]] * 3)}, "R-PACKAGE-016"),
    ],
)
def test_parquet_values_that_no_contract_has_are_named(
    tmp_path: Path, changed: dict[str, pa.Array], rule: str
) -> None:
    receipt = check_package(parquet(tmp_path, **changed), load_settings(None), now=NOW)
    assert receipt["status"] == "rejected"
    assert receipt["findings"][0]["rule"] == rule


def test_a_parquet_file_that_spreads_too_far_is_refused_before_it_does(tmp_path: Path) -> None:
    count = 200_000
    indices = pa.array([0] * count, pa.int32())
    table = pa.table({"memo": pa.DictionaryArray.from_arrays(indices, ["x" * 100_000])})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    package = write(tmp_path, sink.getvalue().to_pybytes(), name="e.parquet", rows=count, total=0)
    receipt = check_package(package, load_settings(None), now=NOW)
    assert "spreads to more than" in receipt["findings"][0]["examples"][0]["message"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"<html>502 Bad Gateway</html>", "R-PACKAGE-016"), (b"memo\n", "R-ENTRY-011")],
)
def test_a_table_without_its_required_columns_replaces_nothing(
    tmp_path: Path, content: bytes, rule: str
) -> None:
    home = Home(tmp_path / "home").create()
    submit(write(tmp_path, as_csv([entry(1)])), home)
    submit(write(tmp_path, content, sequence=2, rows=0, total=0), home)
    paths = receive(home, load_settings(None), NOW)
    receipts = [json.loads(path.read_text("utf-8")) for path in paths]
    assert [receipt["status"] for receipt in receipts] == ["accepted", "rejected"]
    assert receipts[1]["findings"][0]["rule"] == rule
    assert [path.stem for path in home.lake.rglob("*.parquet")] == [f"{SUBMITTER}-00000001"]


def zipped(garble: Callable[[bytes], bytes], method: int = zipfile.ZIP_DEFLATED) -> Place:
    def put(inbox: Path, place: Path) -> None:
        package = write(place / "z", as_csv([entry(n) for n in range(1, 400)]))
        target = inbox / SUBMITTER / f"{package.name}.zip"
        with zipfile.ZipFile(target, "w", method) as packed:
            for file in sorted(package.iterdir()):
                packed.write(file, file.name)
        target.write_bytes(garble(target.read_bytes()))

    return put


def overwritten(content: bytes) -> bytes:
    return content[:120] + b"\x5a" * 200 + content[320:]


def bare(make: Callable[[Path], object]) -> Place:
    """Something in place of a package."""
    return lambda inbox, _: make(inbox / SUBMITTER / f"{SUBMITTER}-{DAY:%Y%m%d}-00000001") and None


def inside(make: Callable[[Path], object]) -> Place:
    """Something inside an otherwise good package."""

    def put(inbox: Path, place: Path) -> None:
        package = write(place / "p", as_csv([entry(1)]))
        make(package)
        package.rename(inbox / SUBMITTER / package.name)

    return put


def named(name: bytes) -> Place:
    def put(inbox: Path, place: Path) -> None:
        package = write(place / "p", as_csv([entry(1)]))
        os.rename(os.fsencode(package), os.path.join(os.fsencode(inbox / SUBMITTER), name))

    return put


def deep(package: Path) -> None:
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(package)
        for _ in range(200):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.fchdir(here)
        os.close(here)


@pytest.mark.parametrize(
    "put",
    [
        zipped(overwritten),
        zipped(overwritten, zipfile.ZIP_LZMA),
        zipped(overwritten, zipfile.ZIP_BZIP2),
        zipped(lambda content: content[: len(content) // 2]),
        zipped(lambda _: b""),
        bare(os.mkfifo),
        bare(lambda path: path.symlink_to("nowhere")),
        bare(lambda path: path.symlink_to(path.parent)),
        bare(lambda path: path.mkdir() or True),
        inside(lambda package: os.mkfifo(package / "manifest.sig")),
        inside(lambda package: (package / "x").symlink_to("/etc/hostname")),
        inside(deep),
        inside(lambda package: os.close(os.open(bytes(package) + b"/\xff", os.O_CREAT))),
        inside(lambda package: (package / "manifest.json").write_text("[" * 100_000)),
        inside(lambda package: (package / "manifest.json").write_text('{"spec": "\\ud800"}')),
        named(b"a\xff"),
        named(b"a" * 255),
        named("包裹\n".encode()),
        named(f"{SUBMITTER}-２０１６０６１３-00000001".encode()),
    ],
)
def test_it_gets_a_receipt_and_the_next_package_is_taken_in(tmp_path: Path, put: Place) -> None:
    home = Home(tmp_path / "home").create()
    (home.inbox / SUBMITTER).mkdir()
    put(home.inbox, tmp_path)
    submit(good(tmp_path), home)
    receipts = [json.loads(p.read_bytes()) for p in receive(home, load_settings(None), NOW)]
    assert len(receipts) == 2
    assert not list((home.inbox / SUBMITTER).iterdir())
    by_status = {receipt["package"][-2:] == "77": receipt["status"] for receipt in receipts}
    assert by_status[True] == "accepted"
    if by_status[False] != "accepted_with_warnings":
        assert by_status[False] == "rejected"
    assert receive(home, load_settings(None), NOW) == []


def test_a_package_beside_the_submitters_folders_is_one_package(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    package = write(tmp_path, as_csv([entry(1)]))
    package.rename(home.inbox / package.name)
    [path] = receive(home, load_settings(None), NOW)
    assert json.loads(path.read_text("utf-8"))["status"] == "accepted"


def test_a_fault_of_the_program_keeps_its_package_and_lets_the_others_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    bad, fine = write(tmp_path, as_csv([entry(1)])), good(tmp_path)
    submit(bad, home)
    submit(fine, home)
    real = RECEIVE.check_content

    class Panic(BaseException):
        pass

    def check(folder: Path, package: str, *rest: Any) -> Any:
        if package == bad.name:
            raise Panic("index out of bounds")
        return real(folder, package, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(RECEIVE, "check_content", check)
        [path] = receive(home, load_settings(None), NOW)
    assert path.name.startswith(fine.name)
    assert [each.name for each in (home.inbox / SUBMITTER).iterdir()] == [bad.name]
    assert "index out of bounds" in (home.path / "unexpected.log").read_text("utf-8")
    [path] = receive(home, load_settings(None), NOW)
    assert json.loads(path.read_text("utf-8"))["status"] == "accepted"


@pytest.mark.parametrize("step", ["stage", "record_submission", "copy_package"])
def test_a_full_disk_is_no_fault_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    home = Home(tmp_path / "home").create()
    submit(write(tmp_path, as_csv([entry(1)])), home)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    targets: dict[str, Any] = {
        "stage": journal,
        "record_submission": Control,
        "copy_package": RECEIVE,
    }
    with monkeypatch.context() as patched:
        patched.setattr(targets[step], step, full)
        with pytest.raises(StoreError, match="No space left"):
            receive(home, load_settings(None), NOW)
    assert not list(home.outbox.rglob("*.json")) and not list(home.lake.rglob("*.parquet"))
    [path] = receive(home, load_settings(None), NOW)
    assert json.loads(path.read_text("utf-8"))["status"] == "accepted"


def test_a_crash_after_the_ledger_is_made_good_without_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    waiting = submit(write(tmp_path, as_csv([entry(1)])), home)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(journal, "place_table", crash)
        with pytest.raises(KeyboardInterrupt):
            receive(home, load_settings(None), NOW)
    for file in waiting.iterdir():
        file.unlink()
    waiting.rmdir()
    assert receive(home, load_settings(None), NOW) == []
    assert len(list(home.lake.rglob("*.parquet"))) == 1
    assert len(list(home.outbox.rglob("*.receipt.json"))) == 1


def test_a_crash_between_a_new_file_and_the_one_it_replaces_leaves_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    submit(write(tmp_path, as_csv([entry(1)])), home)
    receive(home, load_settings(None), NOW)
    submit(write(tmp_path, as_csv([entry(2)]), sequence=2), home)
    [old] = home.lake.rglob("*.parquet")
    real = Path.unlink

    def crash(path: Path, missing_ok: bool = False) -> None:
        if path == old:
            raise KeyboardInterrupt
        real(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", crash)
        with pytest.raises(KeyboardInterrupt):
            receive(home, load_settings(None), NOW)
    assert len(list(home.lake.rglob("*.parquet"))) == 2
    receive(home, load_settings(None), NOW)
    assert [path.stem for path in home.lake.rglob("*.parquet")] == [f"{SUBMITTER}-00000002"]


@pytest.mark.parametrize(
    "manifest",
    ['{"spec": 1.0}', '{"spec": 1, "spec": 1}', '{"spec": NaN}', "[]", ""],
)
def test_a_manifest_that_can_be_read_in_two_ways_is_refused(tmp_path: Path, manifest: str) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    (package / "manifest.json").write_text(manifest, "utf-8")
    assert check_package(package, load_settings(None), now=NOW)["status"] == "rejected"


def test_rejected_rows_are_no_formulas(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    names = ("purpose", *(name for name in ENTRY if name != "purpose"))
    rows = [entry(n, purpose="=cmd|x") for n in range(1, 201)]
    content = as_csv(rows, names) + b"=cmd|broken\n"
    content = content.replace(b",in,", b",sideways,", 1)
    submit(write(tmp_path, content, rows=201, total=20_000, name="=x.csv"), home)
    receive(home, load_settings(None), NOW)
    import csv

    [path] = home.outbox.rglob("*.rejected.csv")
    cells = [cell for row in csv.reader(path.read_text("utf-8").splitlines()) for cell in row]
    assert any("=cmd" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_two_receivers_exclude_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    home = Home(tmp_path / "home").create()
    monkeypatch.setattr(RECEIVE, "WAIT_SECONDS", 0)
    with (home.path / ".receive.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreError, match="another process receives"):
            receive(home, load_settings(None), NOW)


def test_the_ledger_knows_which_tables_loaded(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    submit(write(tmp_path, as_csv([entry(1)])), home)
    receive(home, load_settings(None), datetime(2016, 6, 14))
    with Control(home) as control:
        [held] = control.submissions()
    [file] = home.lake.rglob("*.parquet")
    assert held.loaded == {"entry": hashlib.sha256(file.read_bytes()).hexdigest()}
    [archived] = home.archive.glob("*/*")
    assert held.sha256 in archived.name
    assert hashlib.sha256((archived / "entry.csv").read_bytes()).hexdigest()


def test_a_file_whose_lines_were_not_all_read_is_rejected_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking = sys.modules["pipelines.intake.checking"]
    real = checking.hash_and_lines
    monkeypatch.setattr(checking, "hash_and_lines", lambda path: (real(path)[0], 2))
    receipt = check_package(write(tmp_path, as_csv([entry(1)])), load_settings(None), now=NOW)
    assert receipt["findings"][0]["rule"] == "R-PACKAGE-017"


def test_the_command_warns_of_what_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(RECEIVE, "check_content", fail)
    package = write(tmp_path, as_csv([entry(1)]))
    assert cli.run(["--home", str(tmp_path / "home"), "submit", str(package)]) == 1
    assert "1 packages could not be taken in" in " ".join(capfd.readouterr().err.split())
    assert cli.run(["--home", str(tmp_path / "home"), "status"]) == 0
    assert "1 waiting" in capfd.readouterr().out
