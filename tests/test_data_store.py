"""The DuckDB store: rows in and out, names in errors, locked readers."""

from pathlib import Path

import pyarrow as pa
import pytest

from data.errors import StoreError
from data.store import Database

RELATIONS = pa.table(
    {
        "kind": ["controls"],
        "from_party": ["a"],
        "to_party": ["b"],
        "valid_from": pa.array([16_000], pa.int32()).cast(pa.date32()),
    }
)


def test_insert_matches_columns_by_name(database: Database) -> None:
    database.insert("relation", RELATIONS)
    sql = "select from_party, to_party, kind, share from relation where to_party = ?"
    assert database.rows("read", sql, ["b"]) == [("a", "b", "controls", None)]
    assert database.frame("read", sql, ["b"]).rows() == [("a", "b", "controls", None)]
    assert database.arrow("read", sql, ["b"]).to_pylist() == [
        {"from_party": "a", "to_party": "b", "kind": "controls", "share": None}
    ]


def test_an_error_carries_name_and_sql(database: Database) -> None:
    message = "query broken failed: CatalogException(.|\n)*select 1 from nowhere"
    for run in (database.execute, database.rows, database.arrow, database.frame):
        with pytest.raises(StoreError, match=message):
            run("broken", "select 1 from nowhere")


def test_an_error_never_shows_bound_values(database: Database) -> None:
    with pytest.raises(StoreError) as caught:
        database.rows("number", "select cast(? as integer)", ["6222000011112222"])
    assert "6222000011112222" not in str(caught.value)


def test_rows_survive_closing_and_a_reader_is_locked_down(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    with Database.open(path) as writer:
        writer.execute("make", "create table fact as select 7 as n")
    with Database.open(path, read_only=True) as reader:
        assert reader.rows("read", "select n from fact") == [(7,)]
        with pytest.raises(StoreError, match="query write failed"):
            reader.execute("write", "insert into fact values (8)")
        with pytest.raises(StoreError, match="query file failed: PermissionException"):
            reader.rows("file", "select * from read_text('/etc/hostname')")
        with pytest.raises(StoreError, match="query unlock failed"):
            reader.execute("unlock", "set lock_configuration = false")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "facts.duckdb"
    path.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(StoreError, match=r"cannot open the database .*facts\.duckdb"):
        Database.open(path)


def test_a_file_can_be_read_twice_at_once_in_one_process(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    with Database.open(path) as db:
        db.execute("create", "create table t as select 1 as a")
    with Database.open(path, read_only=True) as one, Database.open(path, read_only=True) as two:
        assert one.rows("t", "select a from t") == two.rows("t", "select a from t") == [(1,)]
        with one.cursor() as three:
            assert three.rows("t", "select a from t") == [(1,)]
        for db in (one, two):
            with pytest.raises(StoreError, match="locked"):
                db.execute("unlock", "set enable_external_access = true")
        with pytest.raises(StoreError):
            two.execute("reach out", f"copy t to '{tmp_path}/t.csv'")
