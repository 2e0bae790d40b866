"""What happens to packages in the inbox, and to what is kept of them, while others come and go."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data.control import Control
from data.home import Home
from data.settings import load_settings
from pipelines.intake import check_package, journal, receive, submit, waiting
from pipelines.intake.archive import archived
from pipelines.intake.package import content_hash
from pipelines.verify import verify
from tests.test_intake import NOW, SUBMITTER, as_csv, entry, first, many, taken_in, write

RECEIVE: Any = sys.modules["pipelines.intake.receive"]
SETTINGS = load_settings(None)


def home_with(place: Path, *packages: Path) -> Home:
    home = Home(place / "home").create()
    for package in packages:
        submit(package, home)
    return home


def while_checked(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Do something once, while a package is checked."""
    real, left = RECEIVE.check_content, [change]

    def check(*given: Any) -> Any:
        if left:
            left.pop()()
        return real(*given)

    monkeypatch.setattr(RECEIVE, "check_content", check)


def test_a_package_that_is_changed_after_it_was_read_waits_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = write(tmp_path / "a", as_csv([entry(1)]))
    other = write(tmp_path / "b", as_csv([entry(1), entry(2)]))
    home = home_with(tmp_path, package)
    lies = home.inbox / SUBMITTER / package.name
    while_checked(monkeypatch, lambda: shutil.copytree(other, lies, dirs_exist_ok=True))
    receive(home, SETTINGS, NOW)
    assert waiting(home) == [lies]
    receive(home, SETTINGS, NOW)
    assert waiting(home) == []
    with Control(home) as control:
        known = control.submissions()
    assert [held.status for held in known] == ["accepted", "rejected"]
    assert known[1].sha256 == content_hash(other)
    assert all(archived(home, held.package, held.sha256) for held in known)


@pytest.mark.parametrize("known", [True, False])
def test_a_crash_while_a_package_leaves_the_inbox_loses_nothing(
    tmp_path: Path, known: bool
) -> None:
    package = write(tmp_path / "a", as_csv([entry(1)]))
    home = home_with(tmp_path, package)
    if known:
        receive(home, SETTINGS, NOW)
        submit(package, home)
    lies = home.inbox / SUBMITTER / package.name
    lies.rename(lies.with_name(f".leaving-{package.name}"))
    assert len(receive(home, SETTINGS, NOW)) == (0 if known else 1)
    assert not list(lies.parent.iterdir())


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, good = write(tmp_path, as_csv([entry(1)])), write(tmp_path, b"x\n", sequence=2)
    home = home_with(tmp_path, package, good)
    real = RECEIVE.oddity

    def oddity(path: Path) -> str | None:
        said: str | None = real(path)
        if path.name == package.name:
            (path / "entry.csv").unlink()
            os.mkfifo(path / "entry.csv")
        return said

    with monkeypatch.context() as patched:
        patched.setattr(RECEIVE, "oddity", oddity)
        assert len(receive(home, SETTINGS, NOW)) == 1
    assert [path.name for path in waiting(home)] == [package.name]


def test_a_file_beyond_the_limit_is_not_copied_and_keeps_nobody_out(tmp_path: Path) -> None:
    large, good = write(tmp_path, as_csv([entry(1)])), write(tmp_path, b"x\n", sequence=2)
    with (large / "entry.csv").open("r+b") as file:
        file.truncate(1 << 40)
    home = Home(tmp_path / "home").create()
    for package in (large, good):
        shutil.move(package, home.inbox / package.name)
    names = [path.name for path in receive(home, SETTINGS, NOW)]
    assert names == [f"{large.name}.receipt.json", f"{good.name}.receipt.json"]
    with Control(home) as control:
        assert "R-PACKAGE-016" in control.submissions()[0].receipt


def test_a_folder_that_cannot_be_looked_into_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = home_with(tmp_path, write(tmp_path, as_csv([entry(1)])))
    (home.inbox / "closed").mkdir()
    real = sys.modules["pipelines.intake.inbox"]._visible

    def visible(folder: Path) -> list[Path]:
        if folder.name == "closed":
            raise PermissionError(13, "Permission denied")
        found: list[Path] = real(folder)
        return found

    monkeypatch.setattr("pipelines.intake.inbox._visible", visible)
    assert len(receive(home, SETTINGS, NOW)) == 1


def test_what_shows_no_origin_takes_no_sequence(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    package = write(tmp_path, as_csv([entry(1)]))
    forged = home.inbox / SUBMITTER / package.name
    forged.mkdir(parents=True)
    (forged / "x").write_bytes(b"x")
    receive(home, SETTINGS, NOW)
    [receipt] = taken_in(home, package)
    assert receipt["status"] == "accepted"
    assert verify(home, SETTINGS, repair=False) == []


@pytest.mark.parametrize("twin", ["file", "folder"])
def test_what_lists_another_packages_hashes_is_not_taken_for_it(tmp_path: Path, twin: str) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    digests = {
        name: hashlib.sha256((package / name).read_bytes()).hexdigest()
        for name in ("entry.csv", "manifest.json")
    }
    listed = "".join(f"{digest} {name}\n" for name, digest in digests.items())
    home = Home(tmp_path / "home").create()
    forged = home.inbox / package.name
    if twin == "file":
        forged.write_text(listed)
    else:
        forged.mkdir()
        name = f"entry.csv\n{digests['manifest.json']} manifest.json"
        (forged / name).write_bytes((package / "entry.csv").read_bytes())
    receive(home, SETTINGS, NOW)
    [receipt] = taken_in(home, package)
    assert receipt["status"] == "accepted"


def test_a_package_that_the_archive_lost_is_kept_when_it_comes_again(tmp_path: Path) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    home = home_with(tmp_path, package)
    receive(home, SETTINGS, NOW)
    [kept] = home.archive.glob("??/*")
    shutil.rmtree(kept)
    taken_in(home, package)
    assert content_hash(kept) == content_hash(package)
    assert verify(home, SETTINGS, repair=False) == []


def test_damaged_bytes_in_the_archive_do_not_stand_for_a_package(tmp_path: Path) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    home = Home(tmp_path / "home").create()
    digest = content_hash(package)
    damaged = home.archive / digest[:2] / f"{digest}-{package.name}"
    damaged.mkdir(parents=True)
    (damaged / "x").write_bytes(b"x")
    [receipt] = taken_in(home, package)
    assert receipt["status"] == "accepted"
    assert content_hash(damaged) == digest


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"other")])
def test_rejected_rows_are_proved_and_made_again(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    package = write(tmp_path, many({"amount_fen": "1.5"}), total=10_000)
    home = home_with(tmp_path, package)
    receive(home, SETTINGS, NOW)
    path = home.outbox / SUBMITTER / f"{package.name}.rejected.csv"
    before = path.read_bytes()
    harm(path)
    assert [each.path for each in verify(home, SETTINGS, repair=False)] == [path]
    assert [each.outcome for each in verify(home, SETTINGS, repair=True)] == ["repaired"]
    assert path.read_bytes() == before


def test_staged_rows_that_the_ledger_did_not_promise_do_not_load(tmp_path: Path) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    home = home_with(tmp_path, package)
    receive(home, SETTINGS, NOW)
    [file] = home.lake.rglob("*.parquet")
    before = file.read_bytes()
    with Control(home) as control:
        [held] = control.submissions()
        staged = home.path / "staged" / f"{held.sha256}-{held.package}"
        staged.mkdir(parents=True)
        (staged / "entry.parquet").write_bytes(b"other")
        journal.recover(home, control)
    assert file.read_bytes() == before


def test_a_large_signature_is_not_read_whole(tmp_path: Path) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    with (package / "manifest.sig").open("wb") as file:
        file.truncate(1 << 33)
    receipt = check_package(package, SETTINGS, now=NOW)
    assert first(receipt)["rule"] == "R-PACKAGE-102"
