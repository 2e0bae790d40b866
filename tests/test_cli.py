"""The command line: help that teaches, errors of one line, documented exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

import cli
from commands.terminal import chosen_language, parse_date
from data.errors import InputError

COMMANDS = sorted(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


def call(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(list(arguments))
    out, err = capfd.readouterr()
    return code, out, err


def test_the_commands_are_the_designed_ones() -> None:
    assert COMMANDS == [
        "backfill",
        "check",
        "demo",
        "import",
        "nightly",
        "receive",
        "runs",
        "schedule",
        "simulate",
        "status",
        "submit",
        "suspect",
        "suspects",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_is_documented(
    command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(capfd, command, "--help")
    assert code == 0
    assert out.startswith(f"Usage: lookthrough {command}")
    documented = Path("docs/commands.md").read_text("utf-8")
    assert f"| `{command}" in documented
    options = set(re.findall(r"--[a-z]+", out)) - {"--help"}
    line = next(row for row in documented.splitlines() if row.startswith(f"| `{command}"))
    assert options <= set(re.findall(r"--[a-z]+", line))


def test_without_a_command_the_help_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capfd)
    assert code == 2
    assert "Start with `lookthrough demo`" in out + err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nightly", "--date", "13/06/2016"], "lookthrough: '13/06/2016' is not a date; write it"),
        (["suspects", "--format", "parquet"], "lookthrough: --format parquet needs --out FILE"),
        (["backfill", "--from", "2016-06-02", "--to", "2016-06-01"], "lies before --from"),
        (["--lang", "fr", "runs"], "lookthrough: --lang 'fr': use zh or en"),
        (["runs", "--lang"], "lookthrough: Option '--lang' requires an argument"),
        (["nothing"], "lookthrough: No such command 'nothing'"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    code, out, err = call(capfd, "--home", str(tmp_path), *arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_without_a_run_there_is_nothing_to_show(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capfd, "suspects", "--home", str(tmp_path))
    assert (code, out) == (3, "")
    assert len(err.splitlines()) == 1


def test_an_empty_home_has_a_status(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capfd, "--home", str(tmp_path), "--lang", "en", "status")
    assert code == 0
    assert out.splitlines() == [
        f"home            {tmp_path}",
        "packages        0 received (-; 0 rejected)",
        "inbox           0 waiting",
        "newest run      none; lookthrough nightly --date D",
        "not complete    0 runs failed or were interrupted",
    ]


def test_simulate_deletes_nothing_that_it_did_not_write(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    arguments = ("simulate", "--out", str(out), "--days", "1", "--lang", "en")
    code, _, err = call(capfd, *arguments)
    assert code == 2
    assert f"lookthrough: --out {out} is not empty and no province" in err.splitlines()[-1]
    assert (out / "thesis.txt").read_text() == "years of work"
    (out / "thesis.txt").unlink()
    assert call(capfd, *arguments)[0] == 0
    assert call(capfd, *arguments)[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
    (out / "notes.txt").write_text("mine too")
    assert call(capfd, *arguments)[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "--days", "1"),
        ("import", "rows.csv", "--map", "docs/maps/amlsim.toml"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused(
    arguments: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.csv").write_text("sourceNodeId,targetNodeId,value,time\n1,2,3.5,1\n")
    (tmp_path / "file").write_text("")
    given = [str(tmp_path / "rows.csv") if each == "rows.csv" else each for each in arguments]
    code, _, err = call(capfd, *given, "--out", str(tmp_path / "file" / "out"), "--lang", "en")
    assert code == 2
    assert err.splitlines()[-1].startswith("lookthrough: cannot write ")


def test_import_then_what_is_next(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("sourceNodeId,targetNodeId,value,time\n1,2,3.5,1\n2,3,x,1\n")
    out = tmp_path / "out"
    arguments = ("import", str(rows), "--map", "docs/maps/amlsim.toml", "--out", str(out))
    code, text, err = call(capfd, *arguments, "--lang", "en")
    assert code == 1
    assert text == "1 transfers between 2 accounts, 2016-01-02 to 2016-01-02, in 1 packages\n"
    assert err.splitlines()[-1] == (f"1 rows cannot be used; {out / 'rejected.csv'} says why")


def test_an_unexpected_error_is_one_line_and_kept(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("secret account 123")

    monkeypatch.setenv("LOOKTHROUGH_HOME", str(tmp_path))
    monkeypatch.setattr("commands.nights.Control", fail)
    code, _, err = call(capfd, "runs")
    log = tmp_path / "unexpected.log"
    assert (code, err) == (
        5,
        f"lookthrough: unexpected RuntimeError; what happened is in {log}\n",
    )
    assert "secret account 123" in log.read_text()


@pytest.mark.parametrize(
    ("option", "variable", "language"),
    [("zh", "en", "zh"), (None, "zh_CN.UTF-8", "zh"), (None, "en", "en"), ("en", "zh", "en")],
)
def test_the_language_is_chosen_by_option_then_variable(
    option: str | None, variable: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKTHROUGH_LANG", variable)
    assert chosen_language(option) == language


def test_options_may_stand_anywhere() -> None:
    given = ["suspects", "--top", "3", "--lang", "zh", "--home=x", "--", "--lang"]
    assert cli.options_first(given) == [
        "--lang",
        "zh",
        "--home=x",
        "suspects",
        "--top",
        "3",
        "--",
        "--lang",
    ]


def test_a_date_is_iso() -> None:
    with pytest.raises(InputError, match="write it as 2016-06-30"):
        parse_date("30.6.2016")
