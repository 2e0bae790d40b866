"""The desk's commands: the first administrator, accounts, the audit log, where it may listen."""

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
from review import accounts, passwords


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


def test_several_processes_answer_and_count_what_they_limit_together(home: Home) -> None:
    Control(home).close()
    command = [sys.executable, "-m", "cli", "--home", str(home.path), "--lang", "en", "serve"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--workers", "2"], stdout=subprocess.PIPE, text=True
    )
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


def log_in(address: str) -> int:
    """Try a log-in of nobody over a connection of its own; the answer's status."""
    body = urlencode({"name": "nobody", "password": "wrong"})
    connection = HTTPConnection(address, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://{address}"}
    connection.request("POST", "/login", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status
