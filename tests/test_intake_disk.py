"""Intake with a full disk, without rights, beside another process: an error, and nothing lost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.powercut_intake import ended
from data.errors import StoreError
from data.home import Home
from data.settings import load_settings
from pipelines.intake import package, receive, submit, waiting
from tests.test_intake import DAY, NOW, SUBMITTER, as_csv, entry, write

NOBODY = 65534
RECEIVE = """
import resource, sys
from datetime import datetime
from pathlib import Path
from data.errors import LookthroughError
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive
most = int(sys.argv[2])
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
try:
    print(len(receive(Home(Path(sys.argv[1])), load_settings(None), datetime(2016, 6, 14, 8))))
except LookthroughError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def packages(place: Path, count: int) -> list[Path]:
    """Packages of one file, each larger than the one before."""
    rows = [[entry(n) for n in range(1, 2 + 1000 * each)] for each in range(count)]
    return [write(place, as_csv(many), sequence=n) for n, many in enumerate(rows, 1)]


def filled(place: Path, sent: list[Path]) -> Home:
    home = Home(place).create()
    for each in sent:
        submit(each, home)
    return home


def calm(place: Path, sent: list[Path]) -> Any:
    home = filled(place, sent)
    receive(home, load_settings(None), NOW)
    return ended(home)


def receiver(home: Home, most_bytes: int = 0) -> subprocess.Popen[str]:
    """Another process that receives; no file that it writes may exceed that size."""
    return subprocess.Popen(
        [sys.executable, "-c", RECEIVE, str(home.path), str(most_bytes)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("most_bytes", [10, 5_000, 40_000, 120_000, 200_000])
def test_where_no_more_can_be_written_one_line_says_so_and_nothing_is_lost(
    tmp_path: Path, most_bytes: int
) -> None:
    sent = packages(tmp_path, 4)
    assert os.path.getsize(sent[-1] / "entry.csv") > 200_000
    home = filled(tmp_path / "home", sent)
    process = receiver(home, most_bytes)
    _, said = process.communicate()
    assert process.returncode == 1
    assert said.count("\n") == 1 and str(home.path) in said and "again" in said
    receive(home, load_settings(None), NOW)
    assert ended(home) == calm(tmp_path / "calm", sent)


def test_two_receivers_at_once_take_each_package_in_once(tmp_path: Path) -> None:
    sent = packages(tmp_path, 6)
    home = filled(tmp_path / "home", sent)
    both = [receiver(home) for _ in range(2)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(int(out) for out, _ in said) == len(sent)
    assert ended(home) == calm(tmp_path / "calm", sent)


@contextmanager
def without_rights(place: Path) -> Iterator[None]:
    """Take the right to write into a folder away; from the superuser, by not being it."""
    place.chmod(0o500)
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was == 0:
            os.seteuid(was)
        place.chmod(0o700)


def given_away(place: Path) -> None:
    """Let the one who is not the superuser own a folder and all in it."""
    if os.geteuid() == 0:
        for path in (place, *place.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


@pytest.mark.parametrize(
    "folder",
    [
        ".",
        f"inbox/{SUBMITTER}",
        "archive",
        "lake/entry",
        f"outbox/{SUBMITTER}",
        "staged",
        "working",
    ],
)
def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_lost(
    tmp_path: Path, folder: str, caplog: pytest.LogCaptureFixture
) -> None:
    days = [DAY, DAY + timedelta(days=1)]
    sent = [write(tmp_path, as_csv([entry(n)]), day=day) for n, day in enumerate(days)]
    # Not under tmp_path, which the superuser alone may enter.
    with tempfile.TemporaryDirectory() as place:
        home = filled(Path(place) / "home", sent[:1])
        receive(home, load_settings(None), NOW)
        submit(sent[1], home)
        given_away(Path(place))
        said = ""
        with without_rights(home.path / folder):
            try:
                receive(home, load_settings(None), NOW)
            except StoreError as error:
                said = str(error)
        assert re.search("Permission denied|readonly", said + caplog.text)
        assert "\n" not in said
        receive(home, load_settings(None), NOW)
        (home.path / "unexpected.log").unlink(missing_ok=True)
        assert not waiting(home)
        assert ended(home) == calm(tmp_path / "calm", sent)


def test_a_package_or_file_that_vanishes_keeps_no_other_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent = packages(tmp_path, 3)
    home = filled(tmp_path / "home", sent)
    oddity, copy_file = package.oddity, package._copy_file

    def whole_vanishes(path: Path) -> str | None:
        said = oddity(path)
        if path.parent.parent == home.inbox and path.name == sent[0].name and path.exists():
            shutil.rmtree(path)
        return said

    def file_vanishes(source: Path, target: Path) -> str:
        digest = copy_file(source, target)
        if source.parent == home.inbox / SUBMITTER / sent[1].name:
            source.unlink()
        return digest

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["pipelines.intake.receive"], "oddity", whole_vanishes)
        patched.setattr(package, "_copy_file", file_vanishes)
        [path] = receive(home, load_settings(None), NOW)
    assert path.name == f"{sent[2].name}.receipt.json"
    assert caplog.text.count("stays in the inbox") == 2
    assert not list(home.archive.glob("*/.*"))
    shutil.rmtree(home.inbox / SUBMITTER / sent[1].name)
    for gone in sent[:2]:
        submit(gone, home)
    assert len(receive(home, load_settings(None), NOW)) == 2
    (home.path / "unexpected.log").unlink()
    assert ended(home)["files"].keys() == calm(tmp_path / "calm", sent)["files"].keys()
