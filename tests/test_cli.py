"""The command line: help that teaches, errors of one line, documented exit codes."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
import typer.main

import cli
from commands.teaching import TEACHINGS
from commands.terminal import Terminal, chosen_language, parse_date
from data.control import Control
from data.errors import InputError
from data.home import Home

COMMANDS = sorted(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


def call(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(list(arguments))
    out, err = capfd.readouterr()
    return code, out, err


def test_the_commands_are_the_designed_ones() -> None:
    assert COMMANDS == [
        "audit",
        "backfill",
        "check",
        "demo",
        "evaluate",
        "import",
        "institutions",
        "keys",
        "nightly",
        "patterns",
        "receive",
        "reconciliation",
        "runs",
        "schedule",
        "scorecard",
        "serve",
        "simulate",
        "status",
        "submit",
        "suspect",
        "suspects",
        "template",
        "trace",
        "users",
        "verify",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_is_documented(
    command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(capfd, command, "--help", "--lang", "en")
    assert code == 0
    assert out.startswith(f"Usage: lookthrough {command}")
    documented = Path("docs/commands.md").read_text("utf-8")
    assert f"| `{command}" in documented
    options = set(re.findall(r"^  (--[a-z]+)", out, re.MULTILINE)) - {"--help"}
    line = next(row for row in documented.splitlines() if row.startswith(f"| `{command}"))
    assert options <= set(re.findall(r"--[a-z]+", line))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches_by_example_in_both_languages(
    command: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKTHROUGH_LANG", "zh_CN.UTF-8")
    _, chinese, _ = call(capfd, command, "--help")
    _, english, _ = call(capfd, command, "--help", "--lang", "en")
    example = TEACHINGS[command].examples[0]
    assert f"示例：\n    {example}\n" in chinese
    assert f"For example:\n    {example}\n" in english
    assert TEACHINGS[command].zh.split("\n")[0][:12] in chinese
    assert not re.search(r"[\u4e00-\u9fff]", english)
    options = typer.main.get_command(cli.app).commands[command].params  # type: ignore[attr-defined]
    assert {option.name for option in options} == set(TEACHINGS[command].parameters_zh)
    for line in TEACHINGS[command].examples:
        _, other, *rest = line.split()
        known = typer.main.get_command(cli.app).commands[other].params  # type: ignore[attr-defined]
        assert set(re.findall(r"--[a-z-]+", " ".join(rest))) <= {o for p in known for o in p.opts}


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


@pytest.mark.parametrize("command", [("status",), ("runs",), ("suspects",), ("suspect", "p1")])
def test_a_command_that_reads_makes_no_home(
    command: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "none here"
    code, out, err = call(capfd, *command, "--home", str(home))
    assert (code, out) == (3, "")
    assert err.startswith(
        f"lookthrough: there is no home at {home}; `lookthrough --home '{home}' submit PACKAGE...`"
    )
    assert not home.exists()


def test_where_only_the_demo_ran_its_home_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def simulated(chosen: Terminal, *_: object) -> None:
        chosen.home.create()
        raise InputError("enough")

    monkeypatch.setattr("commands.demonstration._simulate", simulated)
    assert call(capfd, "--home", str(tmp_path), "demo")[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    code, _, err = call(capfd, "--home", str(tmp_path), "status")
    assert code == 3
    assert err.endswith(f"makes one, the demo's is {tmp_path / 'demo'}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_settings_file_that_is_missing_is_refused(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capfd, "--settings", str(tmp_path / "no.toml"), command)
    assert (code, out) == (2, "")
    assert err.startswith(f"lookthrough: cannot read the settings {tmp_path / 'no.toml'}")


def test_no_night_runs_for_a_date_that_has_not_come(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    for arguments in (
        ("nightly", "--date", "2999-01-01"),
        ("backfill", "--from", "2016-06-01", "--to", "2999-01-01"),
    ):
        code, out, err = call(capfd, "--home", str(home), *arguments)
        assert (code, out) == (2, "")
        assert err.startswith("lookthrough: 2999-01-01 lies in the future; today is ")
        assert len(err.splitlines()) == 1
    assert not home.exists()


def test_an_interrupted_command_says_so_in_one_line_and_nothing_else(tmp_path: Path) -> None:
    program = (
        "import cli, os, signal, sys, commands.nights as nights\n"
        "class Noisy:\n"
        "    def __del__(self): os.write(2, b'leaked')\n"
        "kept = Noisy()\n"
        "nights.run_nights = lambda *_: os.kill(os.getpid(), signal.SIGINT)\n"
        "cli.main(['--home', sys.argv[1], 'nightly', '--date', '2016-06-01'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "lookthrough: interrupted; run it again to go on\n"


def test_an_empty_home_has_a_status(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Home(tmp_path).create()
    code, out, _ = call(capfd, "--home", str(tmp_path), "--lang", "en", "status")
    assert code == 0
    assert out.splitlines() == [
        f"home            {tmp_path}",
        "packages        0 received (-; 0 rejected)",
        "inbox           0 waiting",
        f"current run     none; lookthrough --home {tmp_path} nightly --date D",
        "not complete    0 runs failed or were interrupted, with no good later one of their date",
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


def test_status_counts_failures_that_no_later_good_run_mended(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home, noon = Home(tmp_path).create(), datetime(2016, 6, 13, 12)
    with Control(home) as control:
        for day, good in ((1, False), (1, True), (2, True), (2, False), (3, False)):
            run = control.start_run("k", date(2016, 6, day), noon, {"absent_submitters": []})
            if good:
                control.finish_run(run.run_id, noon, f"2016060{day}-k.duckdb", {})
            else:
                control.fail_run(run.run_id, noon, "disk full")
    for day in (1, 2):
        (home.published / f"2016060{day}-k.duckdb").touch()
    # `suspects` shows the run that is named current, which need not be the newest attempt.
    (home.published / "current").write_text("20160601-k.duckdb\n")
    code, out, _ = call(capfd, "--home", str(tmp_path), "--lang", "en", "status")
    assert code == 0
    assert out.splitlines()[3:] == [
        "current run     2 for 2016-06-01",
        "not complete    2 runs failed or were interrupted, with no good later one of their date",
        "    5 for 2016-06-03 disk full",
        "    4 for 2016-06-02 disk full",
    ]
    code, out, _ = call(capfd, "--home", str(tmp_path), "--lang", "en", "runs")
    assert out.splitlines()[:2] == [
        "run  date        state     key  started              seconds  message",
        "5    2016-06-03  failed    k    2016-06-13 12:00:00  0.0      disk full",
    ]
    code, out, err = call(capfd, "--home", str(tmp_path), "suspects", "--run", "4")
    assert code == 3
    assert "run 4 for 2016-06-02 published nothing: failed disk full" in err


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
    monkeypatch.setattr("commands.ledger.Control", fail)
    Home(tmp_path).create().control.touch()
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


def test_the_language_of_the_environment_counts_where_none_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LOOKTHROUGH_LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert chosen_language(None) == "zh"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert chosen_language(None) == "en"


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
