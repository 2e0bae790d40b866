"""A power cut: what the model of a disk may lose, what is synced in which order, a few cuts."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.disk_model import Change, Naming, Node, Resize, Sync, Tree, Write, seen, state
from benchmarks.disk_trace import missing, trace
from data.durable import make_folder, put

SEEDS = range(60)


def made(root: Node, name: str, data: bytes) -> tuple[Node, list[Change]]:
    """A new file and the changes that make it."""
    node = Node("file")
    return node, [Naming(((root, name, node),), (node,)), Write(node, 0, data)]


def renamed(root: Node, old: str, new: str, node: Node) -> Naming:
    return Naming(((root, old, None), (root, new, node)), (node,))


def states(root: Node, changes: list[Change], mode: str = "any") -> list[Tree]:
    """The different trees that a disk may hold after changes."""
    found: list[Tree] = []
    for seed in SEEDS:
        tree = state(root, changes, mode, random.Random(seed))
        if tree not in found:
            found.append(tree)
    return found


def test_bytes_are_safe_with_their_file_and_a_name_with_its_folder() -> None:
    root = Node("folder")
    node, changes = made(root, "a", b"new")
    assert seen(root, changes) == {"a": b"new"}
    synced: list[Change] = [*changes, Sync(node, 2)]
    assert {} in states(root, synced) and {"a": b"new"} in states(root, synced)
    assert states(root, synced, "none") == [{}]
    assert {"a": b""} in states(root, [*changes, Sync(root, 2)])
    assert states(root, [*changes, Sync(node, 2), Sync(root, 3)]) == [{"a": b"new"}]


def test_what_was_changed_while_a_sync_went_on_is_not_safe() -> None:
    root = Node("folder")
    node, changes = made(root, "a", b"new")
    assert states(root, [*changes, Sync(node, 1), Sync(root, 2)], "none") == [{"a": b""}]


def test_sectors_arrive_apart_torn_or_as_zeros() -> None:
    node = Node("file", b"." * 1024)
    root = Node("folder", first_names={"a": node})
    contents = [tree["a"] for tree in states(root, [Write(node, 0, b"x" * 1024)])]
    assert b"." * 512 + b"x" * 512 in contents and b"x" * 512 + b"." * 512 in contents
    torn = [c for c in contents if isinstance(c, bytes) and c.count(b"x") % 512]
    assert torn and all(isinstance(c, bytes) and len(c) == 1024 for c in contents)
    assert {"a": b"." * 1024 + bytes(512)} in states(root, [Write(node, 1024, b"x" * 512)], "names")
    assert {"a": b""} in states(root, [Resize(node, 0)])


def test_a_rename_is_whole_or_not_at_all_and_follows_what_came_before() -> None:
    root = Node("folder")
    node, changes = made(root, ".a", b"new")
    changes += [Sync(node, 2), renamed(root, ".a", "a", node)]
    found = states(root, changes)
    assert sorted(map(sorted, found)) == [[], [".a"], ["a"]]
    assert states(root, [*changes, Sync(root, 4)]) == [{"a": b"new"}]


def test_a_folder_that_is_lost_takes_what_was_synced_in_it() -> None:
    root, folder = Node("folder"), Node("folder")
    node, inside = made(folder, "a", b"new")
    changes = [Naming(((root, "d", folder),), (folder,)), *inside]
    changes += [Sync(node, 3), Sync(folder, 3)]
    assert {} in states(root, changes)
    assert states(root, [*changes, Sync(root, 5)]) == [{"d": None, "d/a": b"new"}]


def test_bytes_are_synced_before_a_name_and_each_new_folder_in_the_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def noted(name: str, real: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            at = os.readlink(f"/proc/self/fd/{given[0]}") if name == "fsync" else given[-1]
            said.append(f"{name} {Path(at).relative_to(tmp_path)}")
            return real(*given, **named)

        return call

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name, getattr(os, name)))
    make_folder(tmp_path / "a" / "b")
    assert said == ["fsync .", "fsync a"]
    (tmp_path / "new").write_text("x")
    put(tmp_path / "new", tmp_path / "a" / "b" / "x")
    assert said[2:] == ["fsync new", "replace a/b/x", "fsync a/b"]
    make_folder(tmp_path / "a" / "b")
    assert len(said) == 5
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "a" / "b" / "x")


traced = pytest.mark.skipif(missing() is not None, reason=f"no process can be traced: {missing()}")

WRITER = """
import os, shutil, sqlite3, sys
from pathlib import Path
import duckdb, polars as pl, pyarrow as pa, pyarrow.parquet as pq
place = Path(sys.argv[1])
(place / "d" / "e").mkdir(parents=True)
pl.DataFrame({"a": range(100_000)}).write_parquet(place / "polars.parquet")
pq.write_table(pa.table({"a": list(range(100_000))}), place / "d" / "arrow.parquet")
with duckdb.connect(str(place / "d" / "x.duckdb")) as db:
    db.execute("create table t as select range as a from range(300000)")
with sqlite3.connect(place / "x.sqlite") as store:
    store.execute("pragma journal_mode = wal")
    store.execute("create table t (a)")
    store.execute("insert into t values (1)")
shutil.copyfile(place / "polars.parquet", place / "d" / "e" / "copy")
shutil.copyfile(__import__("os").__file__, place / "outside")
os.rename(place / "d" / "e", place / "e")
with open(place / "e" / "copy", "r+b") as file:
    file.seek(10)
    file.write(b"middle")
    file.truncate(1000)
with open(place / "e" / "copy", "ab") as file:
    file.write(b"end")
os.symlink("nowhere", place / "link")
shutil.rmtree(place / "old")
"""


@traced
def test_what_libraries_write_is_traced_byte_for_byte(tmp_path: Path) -> None:
    place, aside = tmp_path / "place", tmp_path / "aside"
    (place / "old").mkdir(parents=True)
    (place / "old" / "file").write_bytes(b"old")
    aside.mkdir()
    found = trace([sys.executable, "-c", WRITER, str(place)], place, aside)
    tree = seen(found.root, found.changes)
    assert {name for name in tree if "sqlite" not in name} == {
        "d", "d/arrow.parquet", "d/x.duckdb", "e", "e/copy", "link", "outside", "polars.parquet"
    }  # fmt: skip
    for name, held in tree.items():
        if isinstance(held, bytes) and not name.endswith("-shm"):
            assert held == (place / name).read_bytes()
    assert seen(found.root, []) == {"old": None, "old/file": b"old"}


@traced
def test_a_few_power_cuts_lose_nothing() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.powercut", "10", "0"], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "10 states" in ran.stdout and " 0 states wrong" in ran.stdout
