"""A PostgreSQL server of a test's own on a free port of the loopback, where one is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

# PostgreSQL refuses to run as root; whichever of these there is runs it then.
USERS = ("postgres", "nobody")
VERSIONED = "/usr/lib/postgresql"


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server, give the address of its database, and stop it; skips where there is none."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed here: no initdb and pg_ctl")
    place = Path(mkdtemp(prefix="lookthrough-postgres-"))
    user = next((name for name in USERS if _exists(name)), None) if os.getuid() == 0 else None
    if os.getuid() == 0 and user is None:
        pytest.skip("PostgreSQL does not run as root, and there is no other user here")
    try:
        if user is not None:
            shutil.chown(place, user)
        port = _free_port()
        options = f"-p {port} -h 127.0.0.1 -k {place} -c fsync=off -c max_connections=40"
        data = str(place / "data")
        _run(binaries / "initdb", user, "-D", data, "-U", "desk", "-A", "trust", "-E", "UTF8",
             "--locale=C")  # fmt: skip
        log = str(place / "log")
        _run(binaries / "pg_ctl", user, "-D", data, "-w", "-l", log, "-o", options, "start")
        try:
            yield f"postgresql+psycopg://desk@127.0.0.1:{port}/postgres"
        finally:
            _run(binaries / "pg_ctl", user, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place)


def _binaries() -> Path | None:
    places = sorted(Path(VERSIONED).glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    places += [Path(found).resolve().parent] if found else []
    return next((p for p in places if (p / "initdb").exists() and (p / "pg_ctl").exists()), None)


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _run(program: Path, user: str | None, *arguments: str) -> None:
    done = subprocess.run(
        [program, *arguments], user=user, cwd="/", text=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
