"""`check`, `submit` and `receive` on a terminal: what is shown, and of which package."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from test_intake import ENTRY, as_csv, entry, write

import cli
from commands.visible import visible
from pipelines.intake.namesakes import namesakes

CLEARS = "\x1b[2J\u009b2J\u202e"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("交易金额　a b\u00a0c", "交易金额　a b\u00a0c"),
        ("\x1b[2J", "\\u001b[2J"),
        ("a\r\nb\t\x7f", "a\\r\\nb\\t\\u007f"),
        ("\u009b2J\u202ex\ue000", "\\u009b2J\\u202ex\\ue000"),
        ("\udc80\U000e0001", "\\udc80\\udb40\\udc01"),
    ],
)
def test_what_is_not_seen_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert (
        json.loads(visible(json.dumps([text, "\n"], ensure_ascii=False, indent=1), keep="\n"))[0]
        == text
    )


@pytest.mark.parametrize("format", ["text", "json"])
def test_no_name_in_a_package_steers_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], format: str
) -> None:
    content = as_csv([{**entry(1), f"{CLEARS}memo": "x"}], (*ENTRY, f"{CLEARS}memo"))
    package = write(tmp_path, content)
    (package / f"{CLEARS}\n surplus").write_bytes(b"")
    assert cli.run(["check", "--format", format, str(package)]) == 1
    out = capfd.readouterr().out
    assert "surplus" in out and "\\u001b[2J\\u009b2J\\u202e" in out
    assert not [each for each in out if visible(each, keep="\n") != each]
    if format == "json":
        examples = [e for f in json.loads(out)[0]["findings"] for e in f["examples"]]
        assert any(f"{CLEARS}\n surplus" in e["message"] for e in examples)


def test_no_name_in_an_error_steers_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    (package / f"{CLEARS}folder").mkdir()
    assert cli.run(["--home", str(tmp_path / "home"), "submit", str(package)]) == 2
    err = capfd.readouterr().err
    assert "\\u001b[2J\\u009b2J\\u202efolder is a folder" in err
    assert f"{CLEARS}folder" not in err


def test_a_link_on_the_command_line_is_what_it_leads_to(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    package = write(tmp_path / "made", as_csv([entry(1)]))
    link = tmp_path / "today"
    link.symlink_to(package)
    assert cli.run(["check", str(link)]) == 0
    assert cli.run(["--home", str(tmp_path / "home"), "submit", str(link)]) == 0
    assert [line.split()[0] for line in capfd.readouterr().out.splitlines()] == [package.name] * 2
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    for name in ("gone", "round"):
        assert cli.run(["check", str(tmp_path / name)]) == 3
        assert "no such package" in capfd.readouterr().err


def test_a_link_inside_a_package_stays_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    package = write(tmp_path, as_csv([entry(1)]))
    (tmp_path / "elsewhere.csv").write_bytes((package / "entry.csv").read_bytes())
    (package / "entry.csv").unlink()
    (package / "entry.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert cli.run(["check", str(package)]) == 2
    assert "R-PACKAGE-007" in capfd.readouterr().out


def test_a_folder_and_a_zip_of_one_name_get_each_its_own_receipt(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path, as_csv([entry(1)]))
    packed = tmp_path / f"{folder.name}.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for each in sorted(folder.iterdir()):
            file.write(each, each.name)
    home = ["--home", str(tmp_path / "home"), "--lang", "en"]
    said = [f"{folder.name}  accepted  1 of 1 rows", f"{folder.name}  rejected  0 of 0 rows"]
    for _ in range(2):
        assert cli.run([*home, "submit", str(folder), str(packed)]) == 2
        lines = capfd.readouterr().out.splitlines()
        assert [line for line in lines if line.startswith(folder.name)] == said


def test_what_is_gone_meanwhile_has_no_namesake(tmp_path: Path) -> None:
    folder = write(tmp_path, as_csv([entry(1)]))
    assert namesakes([folder]) == {}
    [(name, hashes)] = namesakes([folder, tmp_path / f"{folder.name}.zip"]).items()
    assert (name, len(hashes)) == (folder.name, 1)
