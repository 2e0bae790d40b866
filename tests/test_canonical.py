from pathlib import Path

import pyarrow as pa

from data.store import Database
from pipelines.canonical import clear_gaps, set_identifier

ROWS = 20_000


def written(path: Path, filling: int) -> bytes:
    """A file of texts that fill several blocks, written where other texts were in memory before."""
    rows = list(range(ROWS))
    with Database.open(None, threads=1) as db:
        db.execute(
            "fill memory",
            "create table filling as select md5((range + $filling)::varchar) as text from "
            "range(200000)",
            {"filling": filling},
        )
        db.rows("read it", "select count(distinct text) from filling")
    with Database.open(path, threads=1) as db:
        db.execute("plain segments", "set force_compression = 'uncompressed'")
        db.execute("create", "create table line (number integer, name varchar, words varchar[])")
        names = [f"{row:036d}" for row in rows]
        words = [[f"{row}" * 3] * (row % 3) for row in rows]
        db.insert("line", pa.table({"number": rows, "name": names, "words": words}))
        db.execute("checkpoint", "checkpoint")
    assert clear_gaps(path)
    assert set_identifier(path, "line")
    with Database.open(path, read_only=True) as db:
        held = db.rows("lines", "select number, name, words from line order by number")
    assert held == list(zip(rows, names, words, strict=True))
    return path.read_bytes()


def test_the_same_rows_are_the_same_bytes_whatever_was_in_memory(tmp_path: Path) -> None:
    # DuckDB writes a file's name into it, not its folder.
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    first = written(tmp_path / "one" / "line.duckdb", 1)
    assert first == written(tmp_path / "other" / "line.duckdb", 7_777_777)


def test_a_file_that_is_not_laid_out_so_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(bytes(range(256)) * 4096)
    before = path.read_bytes()
    assert not set_identifier(path, "line")
    assert path.read_bytes() == before
