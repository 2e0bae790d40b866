"""`lookthrough patterns`: lists of any form, each kind, exact output, errors that say where."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import polars as pl
import pytest

import cli
from data.errors import InputError
from graph.transfer_list import TransferList
from pipelines.patterns import KINDS, Search, as_text, find, instances
from pipelines.transfer_file import NamedTransfers

TRIANGLE = "9,10,100\n10,200,90\n200,9,80\n10,9,5\n"
TIMED = (
    "time,amount,payee,payer\n2016-06-13 09:00:00,100.50,b,a\n2016-06-13 10:00:00,90,c,b\n"
    "2016-06-14 10:00:00,80,a,c\n2016-06-14 11:00:00,79,d,a\n"
)


def found(
    capfd: pytest.CaptureFixture[str], place: Path, content: str, *options: str
) -> tuple[int, str, str]:
    path = place / "list.csv"
    path.write_text(content, "utf-8")
    kind, *rest = options
    code = cli.run(["--lang", "en", "patterns", kind, str(path), *rest])
    out, err = capfd.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("options", "out"),
    [
        (("cycles",), "member,transfer\n9;10;200,1;2;3\n"),
        (("cycles", "--min-length", "2"), "member,transfer\n9;10,1;4\n9;10;200,1;2;3\n"),
        (("cycles", "--count", "--min-length", "2"), "2\n"),
        (("cycles", "--min-length", "2", "--ratio", "0.5:2"), "member,transfer\n9;10;200,1;2;3\n"),
        (("cycles", "--no-rows"), "member\n9;10;200\n"),
        (("cycles", "--accounts"), "account,role,count\n9,member,1\n10,member,1\n200,member,1\n"),
        (("fan-in", "--min-members", "2"), "payee,payer,transfer\n9,10;200,3;4\n"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", "\t", " "])
def test_a_list_without_header_and_times(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    out: str,
    delimiter: str,
) -> None:
    assert found(capfd, tmp_path, TRIANGLE.replace(",", delimiter), *options)[:2] == (0, out)


@pytest.mark.parametrize(
    ("options", "out"),
    [
        (("cycles", "--window", "25h"), "member,transfer\na;b;c,1;2;3\n"),
        (("cycles", "--window", "24h"), "member,transfer\n"),
        (("cycles", "--ratio", "0.88:1.3"), "member,transfer\na;b;c,1;2;3\n"),
        (("cycles", "--ratio", "0.9:1"), "member,transfer\n"),
        (("cycles", "--order", "none"), "member,transfer\na;b;c,1;2;3\n"),
        (("chains", "--window", "23h"), "member,transfer\n"),
        (
            ("chains", "--window", "2d", "--min-length", "2"),
            "member,transfer\na;b;c,1;2\nb;c;a;d,2;3;4\n",
        ),
    ],
)
def test_a_list_with_times(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], options: tuple[str, ...], out: str
) -> None:
    assert found(capfd, tmp_path, TIMED, *options)[:2] == (0, out)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_lists_with_and_without_times(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    for content in (TRIANGLE, TIMED):
        code, out, err = found(capfd, tmp_path, content, kind, "--count")
        assert (code, out.strip().isdigit()) == (0, True), err


def test_parquet_in_and_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    frame = pl.DataFrame({"payer": [1, 2, 3], "payee": [2, 3, 1], "amount": [5, 5, 5]})
    frame.write_parquet(tmp_path / "in.parquet")
    out = tmp_path / "out.parquet"
    source = str(tmp_path / "in.parquet")
    options = ["patterns", "cycles", source, "--format", "parquet", "--out", str(out)]
    assert cli.run(options) == 0
    assert pl.read_parquet(out).to_dicts() == [{"member": ["1", "2", "3"], "transfer": [1, 2, 3]}]


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("payer", [[1], [2]], "column payer: values of type List(Int64)"),
        ("amount", [[1], [2]], "column amount: values of type List(Int64)"),
        ("amount", pl.Series([1, 2**63], dtype=pl.UInt64), "line 2, column amount: 9223372036854"),
        ("time", [time(1), time(2)], "column time: values of type Time"),
        ("time", [timedelta(1), timedelta(2)], "column time: values of type Duration"),
        ("time", pl.Series([1, 2**63], dtype=pl.UInt64), "line 2, column time: 92233720368547"),
    ],
)
def test_columns_of_other_types_are_refused_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], column: str, values: object, said: str
) -> None:
    rows = {"payer": [1, 2], "payee": [2, 1], "amount": [5, 5], "time": [1, 2], column: values}
    pl.DataFrame(rows).write_parquet(tmp_path / "in.parquet")
    assert cli.run(["--lang", "en", "patterns", "cycles", str(tmp_path / "in.parquet")]) == 2
    err = capfd.readouterr().err
    assert (err.count("\n"), said in err) == (1, True), err


def test_transfers_of_a_warehouse_are_named_by_reference() -> None:
    transfers = TransferList.of([(0, 1, 5, 1), (1, 0, 5, 2)])
    named = NamedTransfers(transfers, pl.Series(["B:1", "B:2"]), True, pl.Series(["r7", "r9"]))
    found = find(transfers, Search("cycles", min_length=2))
    assert as_text(found, named).rows() == [("B:1;B:2", "r7;r9")]
    assert instances(found, named).rows() == [(["B:1", "B:2"], ["r7", "r9"])]
    held = replace(named, refs=pl.Series(["r7", "r;9"]))
    with pytest.raises(InputError, match="use --format parquet"):
        as_text(found, held)


@pytest.mark.parametrize(("language", "said"), [("zh", "未找到\n"), ("en", "none found\n")])
def test_that_nothing_was_found_is_said(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    (tmp_path / "list.csv").write_text("a,b,1\n", "utf-8")
    assert cli.run(["--lang", language, "patterns", "cycles", str(tmp_path / "list.csv")]) == 0
    assert capfd.readouterr() == ("member,transfer\n", said)


def test_a_bound_that_cuts_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ("cycles", "--min-length", "2", "--limit", "1")
    code, out, err = found(capfd, tmp_path, TRIANGLE, *options)
    assert (code, out.count("\n")) == (1, 2)
    assert "not complete: cut by instances 1" in err


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("payer,payee,amount\na,b,1\na,c,1.2.3\n", ("cycles",), "line 3, column amount: '1.2.3'"),
        ("a,b,1\na,,1\n", ("cycles",), "line 2, column payee: None"),
        ("a,b,1,x\n", ("cycles",), "line 1, column time: 'x'"),
        ("a,b,1,1\nb,c,1,\nc,a,1,3\n", ("cycles",), "line 2, column time: None"),
        (TRIANGLE, ("cycles", "--limit", str(10**20)), "'--limit'"),
        (TRIANGLE, ("cycles", "--per-start", str(10**20)), "'--per-start'"),
        (TRIANGLE, ("bipartite", "--min-members", str(10**20)), "'--min-members'"),
        ("a,b\n", ("cycles",), "line 1: 'a,b' has fewer than three columns"),
        (TRIANGLE, ("cycles", "--window", "3d"), "no column time"),
        (TRIANGLE, ("cycles", "--order", "strict"), "no column time for --order strict"),
        (TIMED, ("cycles", "--window", "soon"), "--window 'soon'"),
        (TIMED, ("cycles", "--ratio", "2"), "write it as LOW:HIGH"),
        (TIMED, ("fan-in", "--ratio", "1:2"), "fan-in has no hops"),
        (TIMED, ("chains", "--order", "any"), "chains knows no --order any"),
        (TIMED, ("cycles", "--max-length", "9"), "they must lie within 2 and 8"),
        ("a;b,c,1\nc,a;b,1\n", ("cycles", "--min-length", "2"), "use --format parquet"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    content: str,
    options: tuple[str, ...],
    said: str,
) -> None:
    code, out, err = found(capfd, tmp_path, content, *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_a_file_or_run_that_is_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["patterns", "cycles", str(tmp_path / "none.csv")]) == 3
    assert "no such file" in capfd.readouterr().err
    assert cli.run(["--home", str(tmp_path), "patterns", "cycles", "current"]) == 3
