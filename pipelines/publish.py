"""Publishes what a run found: one complete, verified file that never changes, named current."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from data.control import Control
from data.durable import make_folder, put
from data.errors import NotFoundError, StoreError
from data.home import Home
from data.settings import Score
from data.store import Database
from pipelines.canonical import clear_gaps, set_identifier
from pipelines.outcome import Outcome
from pipelines.published_tables import COLUMNS, create_sql, published_tables
from pipelines.run_key import RunKey

POINTER = "current"
ENDING = ".duckdb"
WRITING = ".writing-"
CONTENT = ("content", "table_name varchar, row_count bigint, sha256 varchar")


@dataclass(frozen=True)
class Published:
    """A published file; `reused` when it was there already, whole."""

    path: Path
    reused: bool


def publish(home: Home, outcome: Outcome, settings: Score) -> Published:
    """Write a run's file, verify it, give it its name, and name it current.

    A run for whose date nothing came in is not named current. A file of the same key that is whole
    is reused; one that is damaged is set aside as `.damaged` and written again. The same outcome
    gives the same bytes. A crash at any instant leaves the state before or the state after.

    Raises:
        StoreError: the file cannot be written, or does not hold what was written.
    """
    with _alone(home):
        held = _reusable(home, outcome.key)
        path = held or _write(home, outcome.key.name, published_tables(outcome, settings))
        if _came_in(outcome.key):
            _name_current(home, path.name)
        return Published(path, reused=held is not None)


def published_file(home: Home, key: RunKey) -> Path | None:
    """Return the file already published under a key, verified; None when there is none."""
    path = home.published / f"{key.name}{ENDING}"
    return path if path.exists() and is_whole(path) else None


def find_run(home: Home, run: str | None = None) -> Path:
    """Return the file of a run, named by its number in the ledger, or by its key, its file's name
    or the start of either.

    Without a name it is the one that `published/current` names.

    Raises:
        NotFoundError: nothing is published, or the name fits no run, or several.
    """
    if run is None:
        pointer = home.published / POINTER
        if not pointer.exists():
            raise NotFoundError(_no_current(home))
        try:
            path = home.published / pointer.read_text("ascii").strip()
            fits = path.parent == home.published and path.is_file()
        except (OSError, ValueError) as error:
            raise NotFoundError(
                f"published/current cannot be read ({error.__class__.__name__}); run a night again"
            ) from error
        if not fits:
            raise NotFoundError(f"published/current names {path.name}, which is gone; run it again")
        return path
    numbered = _numbered(home, run)
    if numbered is not None:
        return numbered
    known = sorted(home.published.glob(f"*{ENDING}"))
    fitting = [p for p in known if _fits(p.name.removesuffix(ENDING), run.removesuffix(ENDING))]
    if len(fitting) != 1:
        names = ", ".join(p.name.removesuffix(ENDING) for p in (fitting or known)[-5:]) or "none"
        what = "fits several runs" if fitting else "fits no published run"
        raise NotFoundError(f"run {run!r} {what}; published are {names}")
    return fitting[0]


def _no_current(home: Home) -> str:
    known = sorted(home.published.glob(f"*{ENDING}"))
    if not known:
        return "no run is published yet; `lookthrough nightly --date D` makes one"
    names = ", ".join(path.name.removesuffix(ENDING) for path in known[-5:])
    return f"no run is current, as nothing came in for its date; --run chooses one of {names}"


def _numbered(home: Home, run: str) -> Path | None:
    """The file of the run of that number in the ledger; None where it has no such run."""
    if not run.isascii() or not run.isdigit() or not home.has_control:
        return None
    with Control(home) as control:
        held = next((each for each in control.runs() if each.run_id == int(run)), None)
    if held is None:
        return None
    if held.published is None:
        raise NotFoundError(
            f"run {run} for {held.business_date} published nothing: {held.state} {held.message}; "
            "`lookthrough runs` lists all"
        )
    path = home.published / held.published
    if not path.exists():
        raise NotFoundError(f"the file of run {run}, {path.name}, is gone; run its night again")
    return path


def _came_in(key: RunKey) -> bool:
    """Whether anything came in for the run's own date."""
    day = f"date={key.business_date}"
    return any(path.split("/")[1] == day for path, _ in key.inputs)


def is_whole(path: Path) -> bool:
    """Say whether a published file opens and holds the rows that it was published with."""
    try:
        with Database.open(path, read_only=True) as db:
            stated = db.rows(
                "content", "select table_name, row_count, sha256 from content order by table_name"
            )
            return bool(stated) and stated == sorted(
                _fact(name, db.arrow(name, f'select * from "{name}"')) for name in COLUMNS
            )
    except StoreError:
        return False


def digest(table: pa.Table) -> str:
    """Hash a table's rows in their order, as text; SHA-256 in hex."""
    frame = pl.DataFrame(table)
    return hashlib.sha256(frame.write_csv(None, null_value="\\N").encode()).hexdigest()


def _write(home: Home, run: str, tables: Mapping[str, pa.Table]) -> Path:
    folder = home.published / f"{WRITING}{run}"
    folder.mkdir()
    # The file has its final name from the start: DuckDB writes the name into the file.
    draft, target = folder / f"{run}{ENDING}", home.published / f"{run}{ENDING}"
    facts = [_fact(name, table) for name, table in tables.items()]
    with Database.open(draft, threads=1) as db:
        # Compressed segments keep what lay in memory between their values; plain ones do not.
        db.execute("plain segments", "set force_compression = 'uncompressed'")
        db.execute("begin", "begin")
        for name, table in tables.items():
            db.execute(f"create {name}", create_sql(name))
            db.insert(name, table)
        db.execute("create content", f"create table {CONTENT[0]} ({CONTENT[1]})")
        names = ("table_name", "row_count", "sha256")
        db.insert(CONTENT[0], pa.table(list(zip(*facts, strict=True)), names=list(names)))
        db.execute("commit", "commit")
        db.execute("checkpoint", "checkpoint")
    clear_gaps(draft)
    set_identifier(draft, run)
    if not is_whole(draft):
        raise StoreError(f"the file of run {run} does not hold what was written; is the disk full?")
    put(draft, target)
    shutil.rmtree(folder)
    return target


def _reusable(home: Home, key: RunKey) -> Path | None:
    path = home.published / f"{key.name}{ENDING}"
    if path.exists() and not is_whole(path):
        os.replace(path, path.with_name(path.name + ".damaged"))
    return path if path.exists() else None


def _name_current(home: Home, name: str) -> None:
    """Point `current` at a file, unless it names a later business date already."""
    pointer = home.published / POINTER
    if pointer.exists():
        named = pointer.read_text("ascii").strip()
        if named == name or (named[:8] > name[:8] and (home.published / named).exists()):
            return
    draft = home.published / f"{WRITING}{POINTER}"
    draft.write_text(f"{name}\n", "ascii")
    put(draft, pointer)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Keep other publishers out, and clear what an interrupted one left behind."""
    try:
        make_folder(home.published)
        with (home.published / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in home.published.glob(f"{WRITING}*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            yield
    except OSError as error:
        raise StoreError(
            f"cannot publish into {home.published}: {error.strerror}; free the disk or the rights"
        ) from error


def _fact(name: str, table: pa.Table) -> tuple[str, int, str]:
    return name, table.num_rows, digest(table)


def _fits(name: str, wanted: str) -> bool:
    key = name.split("-")[-1]
    return name.startswith(wanted) or key.startswith(wanted[: len(key)])
