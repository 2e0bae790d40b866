"""The desk's commands: the first administrator, accounts, the audit log, where it may listen."""

import os
import re
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

import cli
from data.control import Control
from data.home import Home
from review import accounts, limits, passwords


def call(capfd: pytest.CaptureFixture[str], home: Home, *arguments: str) -> tuple[int, str, str]:
    code = cli.run(["--home", str(home.path), "--lang", "en", *arguments])
    out, err = capfd.readouterr()
    return code, out, err


def test_the_first_administrator_gets_a_password_that_is_kept_as_a_hash(
    capfd: pytest.CaptureFixture[str], home: Home
) -> None:
    code, out, _ = call(capfd, home, "users", "add", "chen", "--role", "administrator")
    assert code == 0
    password = re.fullmatch(r"first password of chen: (\S+)\n", out)[1]  # type: ignore[index]
    assert len(password) == 23
    with Control(home) as control, control.reading() as session:
        user = accounts.named(session, "chen")
    assert user.must_change and user.password_hash.startswith("$argon2id$")
    assert passwords.matches(user.password_hash, password)
    assert password.encode() not in home.control.read_bytes()
    assert call(capfd, home, "users", "list")[1] == "chen  administrator  -  no second factor\n"
    assert call(capfd, home, "users", "disable", "chen")[:2] == (0, "chen: done\n")
    assert "disabled" in call(capfd, home, "users", "list")[1]
    code, out, _ = call(capfd, home, "users", "reset", "chen")
    assert code == 0 and password not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Chen", "--role", "administrator"], "account name 'Chen'"),
        (["chen", "--role", "king"], "role 'king': use one of administrator, province"),
        (["chen", "--role", "city"], "needs --division"),
        (["chen", "--role", "city", "--division", "320102"], "a city's code ends in 00"),
        (["chen", "--role", "county", "--division", "320100"], "does not end in 00"),
        (["chen", "--role", "office", "--office", "X"], "one of JR, YJ"),
        (["chen", "--role", "submitter"], "needs --submitter"),
    ],
)
def test_an_account_that_does_not_fit_is_refused_in_one_line(
    capfd: pytest.CaptureFixture[str], home: Home, arguments: list[str], message: str
) -> None:
    code, out, err = call(capfd, home, "users", "add", *arguments)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1
    assert call(capfd, home, "users", "reset", "nobody")[0] == 3


def test_the_audit_log_is_proved_and_a_broken_one_is_exit_code_4(
    capfd: pytest.CaptureFixture[str], home: Home
) -> None:
    for name in ("chen", "wang"):
        call(capfd, home, "users", "add", name, "--role", "administrator")
    code, out, _ = call(capfd, home, "audit", "verify")
    assert code == 0
    assert re.fullmatch(r"the audit log is whole: 2 events, the last hash is [0-9a-f]{64}\n", out)
    assert '"subject": "account=wang"' in call(capfd, home, "audit", "list")[1]
    with Control(home) as control, control.session() as session:
        session.execute(text("drop trigger audit_event_no_delete"))
        session.execute(text("delete from audit_event where event_id = 1"))
    code, out, _ = call(capfd, home, "audit", "verify")
    assert (code, out) == (4, "the audit log is broken at event 1; the 0 before hold\n")


def test_others_are_served_by_tls_alone(
    capfd: pytest.CaptureFixture[str], home: Home, tmp_path: Path
) -> None:
    code, _, err = call(capfd, home, "serve", "--host", "0.0.0.0")
    assert code == 2 and "name --certificate and --key" in err
    code, _, err = call(capfd, home, "serve", "--key", str(tmp_path / "k.pem"))
    assert code == 2 and "belong together" in err


def test_several_processes_answer_and_count_what_they_limit_together(
    home: Home, tmp_path: Path
) -> None:
    Control(home).close()
    command = [sys.executable, "-m", "cli", "--home", str(home.path), "--lang", "en", "serve"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--workers", "2"], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://([\d.]+:\d+)/", process.stdout.readline())
        assert found is not None
        answers = [log_in(found[1]) for _ in range(30)]
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    finally:
        process.terminate()
        ended = process.wait(20)
    # A resource tracker runs beside the two.
    assert len(children) >= 2
    # Twenty a minute, and what a slow machine lets the bucket fill meanwhile.
    assert answers.count(401) + answers.count(429) == 30
    assert 20 <= answers.count(401) <= 24
    assert ended == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children[-2:])
    assert not list(tmp_path.glob("lookthrough-desk-*"))


def test_one_process_counts_in_memory_and_leaves_nothing_when_it_is_stopped(
    home: Home, tmp_path: Path
) -> None:
    Control(home).close()
    command = [sys.executable, "-m", "cli", "--home", str(home.path), "--lang", "en", "serve"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--workers", "1"], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://([\d.]+:\d+)/", process.stdout.readline())
        assert found is not None and log_in(found[1]) == 401
    finally:
        process.terminate()
        process.wait(20)
    assert not list(tmp_path.glob("lookthrough-desk-*"))


def test_each_limit_forgets_its_own_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_CALLERS", 100)
    counts = limits.Counts(tmp_path / "counts")
    requests, log_ins = (limits.RateLimit(counts, name, 60) for name in ("requests", "log-ins"))
    for number in range(1501):
        assert requests.allows(f"a{number}", number) and log_ins.allows(f"b{number}", number)
    for name in ("requests", "log-ins"):
        with counts.held() as db:
            held = db.execute("select count(*) from called where name = ?", (name,)).fetchone()[0]
        assert held <= 100
    counts.close()


def log_in(address: str) -> int:
    """Try a log-in of nobody over a connection of its own; the answer's status."""
    body = urlencode({"name": "nobody", "password": "wrong"})
    connection = HTTPConnection(address, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{address}"}
    connection.request("POST", "/login", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status
