"""Any list of transfers, from a file or a night's warehouse, as patterns are looked for in it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from data.errors import InputError, NotFoundError
from data.home import Home
from data.store import Database
from graph.transfer_list import Ints, TransferList

PARQUET_MAGIC = b"PAR1"
DELIMITERS = (",", "\t", ";", "|", " ")
NEEDED = ("payer", "payee", "amount")
COLUMNS = (*NEEDED, "time")
# Digits before and after the point; an amount of both still fits 64 bits.
AMOUNT = r"^[0-9]{1,12}(\.[0-9]{1,6})?$|^[0-9]{1,18}$"
# A time of day and a length of time are no moments; bytes are no names.
UNFIT = (pl.Time, pl.Duration, pl.Binary)
LARGEST = 2**63 - 1
NUMBER = r"^(0|[1-9][0-9]{0,17})$"
WHOLE_TIME = r"^-?[0-9]{1,18}$"
TRANSFERS = """
select p.bank_no || ':' || p.account_no as payer, q.bank_no || ':' || q.account_no as payee,
  t.amount_fen as amount, t.booked_at as time, t.ref
from transfer t
join account_dim p on p.account_id = t.payer_account
join account_dim q on q.account_id = t.payee_account
where t.status = 'settled' and t.business_date <= $last
order by t.booked_at, t.ref
"""


@dataclass(frozen=True)
class NamedTransfers:
    """Transfers, the name of each account by its number, and whether their times are moments.

    Numbers follow the names: as numbers where all names are whole numbers, otherwise as text. A
    row of `transfers` is the row of the file without its header. `moments` False: times are plain
    numbers in a unit of the file's own, or there are none. `refs` names each row of a warehouse;
    None: rows are named by their numbers, from 1.
    """

    transfers: TransferList
    names: pl.Series
    moments: bool
    refs: pl.Series | None = None


def read_transfer_file(path: Path) -> NamedTransfers:
    """Read CSV (any usual delimiter) or Parquet with the columns payer, payee, amount and time.

    A CSV without such a header is read by position, in that order. Time may lack. Amounts are plain
    decimals, taken exactly in the smallest unit that occurs in the file.

    Raises:
        NotFoundError: there is no such file.
        InputError: it cannot be read, lacks a column, or has a cell that is none; says where.
    """
    if not path.exists():
        raise NotFoundError(f"{path}: no such file; name a CSV or Parquet file, or a run")
    try:
        with path.open("rb") as file:
            head = file.read(65_536)
        if head.startswith(PARQUET_MAGIC):
            frame, first = pl.read_parquet(path, glob=False), 1
        else:
            frame, first = _read_text(path, head)
    except (OSError, pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} cannot be read: {said}") from None
    named = {name.strip().lower(): name for name in frame.columns}
    missing = [name for name in NEEDED if name not in named]
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(frame.columns)}"
        )
    chosen = frame.select(pl.col(named[name]).alias(name) for name in COLUMNS if name in named)
    return _typed(chosen, str(path), first)


def read_warehouse(home: Home, last: date) -> NamedTransfers:
    """All settled transfers between known accounts that the warehouse holds up to a date.

    Raises:
        NotFoundError: there is no warehouse.
        StoreError: a night is writing it.
    """
    if not home.warehouse.exists():
        raise NotFoundError(f"{home.warehouse} is gone; run a night to make it again")
    with Database.open(home.warehouse, read_only=True) as db:
        rows = db.frame("transfers", TRANSFERS, {"last": last})
    return replace(_typed(rows, str(home.warehouse), 1), refs=rows["ref"])


def _read_text(path: Path, head: bytes) -> tuple[pl.DataFrame, int]:
    """A text file's columns, all as text, and the line of its first row."""
    start = head.decode("utf-8-sig", "replace").partition("\n")[0].rstrip("\r")
    delimiter = max(DELIMITERS, key=start.count)
    cells = next(csv.reader(io.StringIO(start), delimiter=delimiter), [])
    header = set(NEEDED) <= {cell.strip().lower() for cell in cells}
    if not header and len(cells) < len(NEEDED):
        raise InputError(
            f"{path}, line 1: {start[:80]!r} has fewer than three columns; they are payer, payee, "
            "amount and, if known, time"
        )
    frame = pl.read_csv(
        path, has_header=header, separator=delimiter, infer_schema=False, glob=False
    )
    if not header:
        frame = frame.select(frame.columns[: len(COLUMNS)])
        frame = frame.rename(dict(zip(frame.columns, COLUMNS, strict=False)))
    return frame, 1 + header


def _typed(frame: pl.DataFrame, source: str, first: int) -> NamedTransfers:
    for column in frame.iter_columns():
        if column.dtype.is_nested() or column.dtype in UNFIT:
            raise InputError(
                f"{source}, column {column.name}: values of type {column.dtype} cannot be read; "
                "give plain numbers or texts, and times with their date"
            )
    amount = _amounts(frame["amount"], source, first)
    at, moments = _times(frame, source, first)
    sides = []
    for name in ("payer", "payee"):
        side = frame[name].cast(pl.String)
        empty = side.is_null() | (side.str.strip_chars() == "")
        _refuse(empty, side, name, "an account's name", source, first)
        sides.append(side.str.strip_chars())
    every = pl.concat([side.unique() for side in sides]).unique()
    numbers = every.str.contains(NUMBER).all()
    names = every.cast(pl.Int64).sort().cast(pl.String) if numbers else every.sort()
    place = pl.DataFrame({"name": names, "number": np.arange(len(names))})
    payer, payee = (
        pl.DataFrame({"name": side}).join(place, on="name", how="left", maintain_order="left")
        for side in sides
    )
    transfers = TransferList(
        payer["number"].to_numpy(), payee["number"].to_numpy(), amount, at, len(names)
    )
    return NamedTransfers(transfers, names, moments)


def _amounts(amounts: pl.Series, source: str, first: int) -> Ints:
    if amounts.dtype.is_integer():
        bad = amounts.is_null() | (amounts < 0) | (amounts > LARGEST)
        _refuse(bad, amounts, "amount", "an amount from 0 to 2^63 - 1", source, first)
        return amounts.cast(pl.Int64).to_numpy()
    text = amounts.cast(pl.String).str.strip_chars()
    bad = ~text.str.contains(AMOUNT).fill_null(False)
    _refuse(bad, text, "amount", "a plain decimal such as 1250 or 12.50", source, first)
    fraction = text.str.extract(r"\.([0-9]*?)0*$").fill_null("")
    decimals = int(fraction.str.len_chars().max() or 0)  # type: ignore[arg-type]
    whole = text.str.extract(r"^([0-9]+)").cast(pl.Int64)
    if decimals == 0:
        return whole.to_numpy()
    if bool((whole >= 10 ** (18 - decimals)).any()):
        raise InputError(f"{source}: amounts of more than 18 digits; give them in whole units")
    parts = fraction.str.pad_end(decimals, "0").cast(pl.Int64)
    exact: Ints = (whole * 10**decimals + parts).to_numpy()
    return exact


def _times(frame: pl.DataFrame, source: str, first: int) -> tuple[Ints | None, bool]:
    """Times as whole numbers, and whether they are moments (then microseconds since 1970)."""
    if "time" not in frame.columns:
        return None, False
    times = frame["time"]
    if times.dtype.is_integer():
        bad = times.is_null() | (times > LARGEST)
        _refuse(bad, times, "time", "a time", source, first)
        return times.cast(pl.Int64).to_numpy(), False
    if times.dtype.is_temporal():
        read = times.cast(pl.Datetime("us"))
    else:
        text = times.cast(pl.String).str.strip_chars()
        whole = text.str.contains(WHOLE_TIME).fill_null(False)
        if whole.head(1).all():
            _refuse(~whole, text, "time", "a whole number, as in the first row", source, first)
            return text.cast(pl.Int64).to_numpy(), False
        spaced = text.str.replace("T", " ", literal=True)
        forms = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
        found = [spaced.str.strptime(pl.Datetime("us"), form, strict=False) for form in forms]
        read = pl.select(pl.coalesce(found)).to_series()
    wanted = "a whole number, or a time such as 2016-06-13 09:30:00, as in the other rows"
    _refuse(read.is_null(), times, "time", wanted, source, first)
    return read.dt.epoch("us").to_numpy(), True


def _refuse(
    bad: pl.Series, cells: pl.Series, column: str, wanted: str, source: str, first: int
) -> None:
    place = bad.arg_max() if bad.any() else None
    if place is not None:
        raise InputError(
            f"{source}, line {place + first}, column {column}: {cells[place]!r} is not {wanted}"
        )
