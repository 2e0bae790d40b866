"""Manifests: what states more than can be is refused at once."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from data.contracts import TABLES
from pipelines.intake.findings import Refused
from pipelines.intake.manifest import read_manifest
from tests.test_intake import as_csv, check, entry, write


def put(place: Path, names: list[str], tables: list[str]) -> Path:
    """A package whose manifest lists some files; only the first one exists."""
    package = write(place, as_csv([entry(1)]))
    manifest = json.loads((package / "manifest.json").read_text())
    first = manifest["files"][0]
    manifest["files"] = [
        {**first, "name": name, "table": table} for name, table in zip(names, tables, strict=True)
    ]
    (package / "manifest.json").write_text(json.dumps(manifest))
    return package


def test_more_files_than_there_are_tables_are_refused_without_looking_at_each(
    tmp_path: Path,
) -> None:
    names = [f"n{number}" for number in range(20_000)]
    package = put(tmp_path, names, ["tip"] * len(names))
    started = time.monotonic()
    finding = check(package)["findings"][0]
    assert time.monotonic() - started < 5
    assert finding["rule"] == "R-PACKAGE-005"
    expected = f"files lists 20000 files; there are {len(TABLES)} tables, each at most once"
    assert expected in finding["examples"][0]["message"]


def test_a_file_for_every_table_is_as_many_as_there_may_be(tmp_path: Path) -> None:
    tables = list(TABLES)
    package = put(tmp_path / "a", tables, tables)
    assert [each.table for each in read_manifest(package).files] == tables
    package = put(tmp_path / "b", [*tables, "one more"], [*tables, "tip"])
    with pytest.raises(Refused, match="files lists"):
        read_manifest(package)


@pytest.mark.parametrize(
    ("names", "tables", "said"),
    [(["a", "b"], ["tip", "tip"], "table 'tip' is listed twice"),
     (["a", "a"], ["tip", "loan"], "name 'a' is listed twice")],
)  # fmt: skip
def test_what_is_listed_twice_is_named(
    tmp_path: Path, names: list[str], tables: list[str], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        read_manifest(put(tmp_path, names, tables))
