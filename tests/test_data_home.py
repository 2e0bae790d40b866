"""The home folder."""

from pathlib import Path

import pytest

from data.errors import StoreError
from data.home import Home


def test_create_makes_the_folders_and_may_be_repeated(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b").create().create()
    assert sorted(path.name for path in home.path.iterdir()) == [
        "archive",
        "inbox",
        "lake",
        "outbox",
        "published",
    ]
    assert home.warehouse == tmp_path / "a" / "b" / "warehouse.duckdb"


def test_the_environment_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOOKTHROUGH_HOME", str(tmp_path))
    assert Home.from_environment() == Home(tmp_path)
    monkeypatch.setenv("LOOKTHROUGH_HOME", "")
    assert Home.from_environment() == Home(Path("var").absolute())


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreError, match=r"cannot create the folder .*set LOOKTHROUGH_HOME"):
        Home(tmp_path / "home").create()
