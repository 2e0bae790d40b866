"""The control store: the ledgers of submissions and runs, whose writes exclude one another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, delete, event, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from data.control_tables import Run, Submission, SubmitterKey, SubmitterScore
from data.errors import NotFoundError, StoreError
from data.home import Home

__all__ = ["Control", "Run", "Submission", "SubmitterKey", "SubmitterScore"]

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 30
# Any number, the same for every process: the lock that PostgreSQL's writers take.
WRITERS_LOCK = 20160518


class Control:
    """The ledgers under one home; rows that it returns are detached and stay readable."""

    def __init__(self, home: Home) -> None:
        """Open the store, bringing its schema up to date.

        Raises:
            StoreError: the store cannot be opened, or a newer version wrote it.
        """
        self._path = home.control_name
        self._home = home
        self._engine = _engine(home)
        self._reader = self._engine.execution_options(reading=True)
        try:
            with self._engine.begin() as connection:
                _upgrade(connection)
        except (SQLAlchemyError, CommandError) as error:
            self._engine.dispose()
            raise StoreError(
                f"cannot open the control store {self._path}: {_cause(error)}; free the disk, mend "
                "the rights, or use the version that wrote it, and run it again"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store's connections."""
        self._engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that excludes other writers; commits at its end, or leaves no trace.

        Raises:
            StoreError: the store refused; another writer may have changed the same row.
        """
        try:
            with (
                Session(self._engine, expire_on_commit=False, info={"home": self._home}) as session,
                session.begin(),
            ):
                yield session
        except StaleDataError as error:
            raise StoreError("the control store's row was changed meanwhile; try again") from error
        except SQLAlchemyError as error:
            raise StoreError(
                f"the control store {self._path} failed: {_cause(error)}; free the disk or mend "
                "the rights, and run it again"
            ) from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One look at the store that keeps no writer waiting; what it changes is thrown away.

        Raises:
            StoreError: the store refused.
        """
        try:
            with Session(
                self._reader, expire_on_commit=False, autoflush=False, info={"home": self._home}
            ) as session:
                yield session
                session.expunge_all()
        except SQLAlchemyError as error:
            raise StoreError(
                f"the control store {self._path} failed: {_cause(error)}; mend the rights, and try "
                "again"
            ) from error

    def record_submission(self, submission: Submission) -> Submission:
        """Write a submission with its receipt; the same package with the same bytes only once.

        Returns:
            The row that holds: the one given, or the first one of the same content.
        """
        with self.session() as session:
            held = _same_content(submission.package, submission.sha256)
            first: Submission | None = session.scalar(held)
            if first is not None:
                return first
            session.add(submission)
        return submission

    def submission_with_content(self, package: str, sha256: str) -> Submission | None:
        """The submission of a package with exactly these bytes, if it was received before."""
        with self.session() as session:
            first: Submission | None = session.scalar(_same_content(package, sha256))
            return first

    def submissions_of_package(self, package: str) -> Sequence[Submission]:
        """All submissions under a package's name, first to last."""
        query = select(Submission).where(Submission.package == package)
        with self.session() as session:
            return session.scalars(query.order_by(Submission.submission_id)).all()

    def submissions(
        self,
        submitter: str | None = None,
        business_date: date | None = None,
        sequence: int | None = None,
    ) -> Sequence[Submission]:
        """The submissions that match what is given, in the order of their receipt."""
        query = select(Submission).order_by(Submission.submission_id)
        if submitter is not None:
            query = query.where(Submission.submitter == submitter)
        if business_date is not None:
            query = query.where(Submission.business_date == business_date)
        if sequence is not None:
            query = query.where(Submission.sequence == sequence)
        with self.session() as session:
            return session.scalars(query).all()

    def add_key(self, key: SubmitterKey) -> SubmitterKey:
        """Register a submitter's key."""
        with self.session() as session:
            session.add(key)
        return key

    def revoke_key(self, key_id: int, revoked_at: datetime) -> SubmitterKey:
        """Make a key worthless from now on; what it signed before stays received.

        Raises:
            NotFoundError: no such key.
        """
        with self.session() as session:
            key: SubmitterKey | None = session.get(SubmitterKey, key_id)
            if key is None:
                raise NotFoundError(f"no key {key_id}; `lookthrough keys` lists them")
            key.revoked_at = key.revoked_at or revoked_at
        return key

    def keys(self) -> Sequence[SubmitterKey]:
        """All registered keys, by submitter, first to last."""
        order = (SubmitterKey.submitter, SubmitterKey.key_id)
        with self.session() as session:
            return session.scalars(select(SubmitterKey).order_by(*order)).all()

    def record_scores(self, business_date: date, scores: Sequence[SubmitterScore]) -> None:
        """Keep how submitters kept their duty up to a date, in place of what was kept before."""
        with self.session() as session:
            session.execute(
                delete(SubmitterScore).where(SubmitterScore.business_date == business_date)
            )
            session.add_all(scores)

    def scores(self, business_date: date) -> Sequence[SubmitterScore]:
        """What was kept of a date, by submitter."""
        query = select(SubmitterScore).where(SubmitterScore.business_date == business_date)
        with self.session() as session:
            return session.scalars(query.order_by(SubmitterScore.submitter)).all()

    def start_run(
        self, run_key: str, business_date: date, started_at: datetime, details: Mapping[str, Any]
    ) -> Run:
        """Write that a run began; its state is ``running`` until it is finished or failed."""
        run = Run(
            run_key=run_key,
            business_date=business_date,
            state="running",
            started_at=started_at,
            details=_json(details),
            message="",
        )
        with self.session() as session:
            session.add(run)
        return run

    def finish_run(
        self, run_id: int, finished_at: datetime, published: str, details: Mapping[str, Any]
    ) -> Run:
        """Write that a run published its file; ``details`` are added to the ones it began with.

        Raises:
            NotFoundError: no such run.
        """
        with self.session() as session:
            run = _run(session, run_id)
            run.state, run.finished_at, run.published = "complete", finished_at, published
            run.details = _json({**json.loads(run.details), **details})
        return run

    def fail_run(self, run_id: int, finished_at: datetime, message: str) -> Run:
        """Write that a run failed, and why.

        Raises:
            NotFoundError: no such run.
        """
        with self.session() as session:
            run = _run(session, run_id)
            run.state, run.finished_at, run.message = "failed", finished_at, message
        return run

    def run(self, run_id: int) -> Run:
        """The run of that number.

        Raises:
            NotFoundError: no such run.
        """
        with self.session() as session:
            return _run(session, run_id)

    def complete_run(self, run_key: str) -> Run | None:
        """The newest complete run of a key, if there is one."""
        query = select(Run).where(Run.run_key == run_key, Run.state == "complete")
        with self.session() as session:
            return session.scalars(query.order_by(Run.run_id.desc())).first()

    def runs(self, business_date: date | None = None) -> Sequence[Run]:
        """All runs, or those of a business date, newest first."""
        query = select(Run).order_by(Run.run_id.desc())
        if business_date is not None:
            query = query.where(Run.business_date == business_date)
        with self.session() as session:
            return session.scalars(query).all()


def _engine(home: Home) -> Engine:
    if home.control_url is not None:
        return _shared_engine(home.control_url)
    url = f"sqlite:///{home.control}"
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    # The driver's own transactions begin late and lose writes; ours begin at once, and exclude.
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")

    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("begin" if reading else "begin immediate")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _shared_engine(url: str) -> Engine:
    """PostgreSQL, whose writers exclude one another as those of the file do."""
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError(
            f"LOOKTHROUGH_CONTROL_URL: {_cause(error)}; write it as "
            "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
        ) from error
    if engine.dialect.name != "postgresql":
        raise StoreError(f"LOOKTHROUGH_CONTROL_URL names {engine.dialect.name}, not postgresql")

    def begun(connection: Connection) -> None:
        if not connection.get_execution_options().get("reading", False):
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({WRITERS_LOCK})")

    event.listen(engine, "begin", begun)
    return engine


def _cause(error: Exception) -> str:
    """What the driver said, on one line and without the statement and its values."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _same_content(package: str, sha256: str) -> Any:
    return select(Submission).where(Submission.package == package, Submission.sha256 == sha256)


def _run(session: Session, run_id: int) -> Run:
    run = session.get(Run, run_id)
    if run is None:
        raise NotFoundError(f"no run {run_id}; `lookthrough runs` lists them")
    return run


def _json(details: Mapping[str, Any]) -> str:
    return json.dumps(details, ensure_ascii=False, sort_keys=True)
