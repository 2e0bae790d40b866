"""The control store: the first receipt holds, runs keep their states, writers lose nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from data.control import Control, Run, Submission
from data.desk_tables import metadata
from data.errors import NotFoundError, StoreError
from data.home import Home

DAY = date(2016, 6, 13)
NOON = datetime(2016, 6, 14, 12)


def submission(sequence: int = 1, sha256: str = "aa", receipt: str = "{}") -> Submission:
    return Submission(
        package=f"91320000796544598E-20160613-{sequence:08d}",
        submitter="91320000796544598E",
        business_date=DAY,
        sequence=sequence,
        sha256=sha256,
        status="accepted",
        received_at=NOON,
        receipt=receipt,
    )


def test_the_same_content_keeps_its_first_receipt(home: Home) -> None:
    with Control(home) as control:
        control.record_submission(submission(receipt="first"))
        assert control.record_submission(submission(receipt="second")).receipt == "first"
        control.record_submission(submission(sha256="bb", receipt="other bytes"))
        control.record_submission(submission(sequence=2))
        found = control.submissions("91320000796544598E", DAY, 1)
        assert [row.receipt for row in found] == ["first", "other bytes"]
        assert len(control.submissions()) == 3
        assert control.submission_with_content(submission().package, "cc") is None


def test_a_run_from_start_to_finish(home: Home) -> None:
    with Control(home) as control:
        run = control.start_run("key", DAY, NOON, {"inputs": ["x"]})
        assert (run.state, control.complete_run("key")) == ("running", None)
        control.finish_run(run.run_id, NOON, "1.duckdb", {"rows": 3})
    with Control(home) as control:
        done = control.complete_run("key")
        assert done is not None
        assert (done.run_id, done.state, done.published) == (run.run_id, "complete", "1.duckdb")
        assert json.loads(done.details) == {"inputs": ["x"], "rows": 3}


def test_a_failed_run_says_why(home: Home) -> None:
    with Control(home) as control:
        first = control.start_run("key", DAY, NOON, {})
        control.fail_run(first.run_id, NOON, "disk full")
        second = control.start_run("key", DAY, NOON, {})
        assert control.run(first.run_id).message == "disk full"
        assert [run.run_id for run in control.runs(DAY)] == [second.run_id, first.run_id]
        with pytest.raises(NotFoundError, match="no run 99"):
            control.run(99)


def test_a_failed_transaction_leaves_no_trace(home: Home) -> None:
    with Control(home) as control:
        with pytest.raises(RuntimeError, match="stop"), control.session() as session:
            session.add(submission())
            session.flush()
            raise RuntimeError("stop")
        assert control.submissions() == []


def test_writers_at_once_lose_nothing(home: Home) -> None:
    with Control(home) as control:
        run_id = control.start_run("key", DAY, NOON, {"count": 0}).run_id

    def add(_: int) -> None:
        with Control(home) as control, control.session() as session:
            run = session.get_one(Run, run_id)
            run.details = json.dumps({"count": json.loads(run.details)["count"] + 1})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))
    with Control(home) as control:
        assert json.loads(control.run(run_id).details) == {"count": 24}
        assert control.run(run_id).version == 25


def test_the_migrations_build_what_is_mapped(home: Home) -> None:
    Control(home).close()
    engine = create_engine(f"sqlite:///{home.control}")
    with engine.connect() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar() == "wal"
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_newer_store_is_refused(home: Home) -> None:
    Control(home).close()
    engine = create_engine(f"sqlite:///{home.control}")
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="cannot open the control store"):
        Control(home)
