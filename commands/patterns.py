"""The command that finds shapes of money in any list of transfers."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import typer

from commands.terminal import RESERVED, Terminal, terminal, writing
from data.control import Control
from data.errors import InputError, NotFoundError
from graph.amount_ratio import AmountRatio
from graph.pattern_found import Bounds, Found
from pipelines import patterns as found_patterns
from pipelines.inert import inert_texts
from pipelines.night_summary import run_of_file
from pipelines.patterns import Kind, Order, Search
from pipelines.publish import find_run
from pipelines.transfer_file import NamedTransfers, read_transfer_file, read_warehouse

Format = Literal["csv", "parquet"]
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
WINDOW = re.compile(r"([0-9]{1,12})([smhd]?)")
CURRENT = "current"
MOST = 10**12  # of instances or accounts: no list has as many, and it fits 64 bits


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(patterns)


def patterns(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="The shape.", show_choices=True)],
    source: Annotated[
        str, typer.Argument(help="CSV or Parquet file, a run, or `current`.", metavar="FILE_OR_RUN")
    ],
    min_length: Annotated[int, typer.Option(help="Fewest hops of cycles and chains.")] = 3,
    max_length: Annotated[int, typer.Option(help="Most hops; 8 at most.")] = 6,
    min_members: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, help="Fewest accounts on a side of the other shapes."),
    ] = None,
    window: Annotated[
        str | None, typer.Option(help="Longest time: 3d, 24h, 90m, 30s; or the file's own unit.")
    ] = None,
    order: Annotated[
        Order | None, typer.Option(help="Time between hops: strict, ties, any, none.")
    ] = None,
    ratio: Annotated[
        str | None, typer.Option(help="Next amount per amount, LOW:HIGH; closing hop too.")
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Print the number only.")] = False,
    accounts: Annotated[bool, typer.Option("--accounts", help="Counts per account.")] = False,
    format: Annotated[Format, typer.Option(help="csv or parquet.")] = "csv",
    out: Annotated[Path | None, typer.Option(help="File to write; needed for parquet.")] = None,
    no_rows: Annotated[
        bool, typer.Option("--no-rows", help="Without the rows of each instance.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, max=MOST, help="Most instances in all.")
    ] = None,
    per_start: Annotated[
        int | None, typer.Option(min=1, max=MOST, help="Most instances a start.")
    ] = None,
) -> None:
    """Find cycles, chains, fans and other shapes in a list of transfers.

    A file has the columns payer, payee, amount and, if known, time; without a header they are
    taken by position. Without times cycles are simple cycles of accounts, each found once, from
    its smallest account. Lists in CSV are parted by semicolons; transfers are a run's references,
    or the rows of a file from 1. What a bound cut is said, with exit code 1.
    """
    chosen = terminal(context)
    if format == "parquet" and out is None and not count:
        raise InputError("--format parquet needs --out FILE; a terminal cannot show it")
    named = _read(chosen, source)
    search = Search(
        kind, min_length, max_length, min_members, _window(window, named), order,
        None if ratio is None else AmountRatio.parse(ratio),
        Bounds(limit, per_start, store=not (count or accounts)),
    )  # fmt: skip
    found = found_patterns.find(named.transfers, search)
    if count:
        typer.echo(found.count)
    else:
        _write(_table(found, named, format, accounts=accounts, rows=not no_rows), format, out)
    _say_sizes(chosen, found)
    if found.cut is not None:
        chosen.remark(f"未查完：{found.cut}", f"not complete: {found.cut}")
        raise typer.Exit(RESERVED)


def _read(chosen: Terminal, source: str) -> NamedTransfers:
    path = Path(source)
    if path.suffix or path.exists():
        return read_transfer_file(path)
    home = chosen.present_home
    published = find_run(home, None if source == CURRENT else source)
    with Control(home) as control:
        run = run_of_file(control.runs(), published)
    if run is None:
        raise NotFoundError(f"the ledger knows no run of {published.name}; run the night again")
    return read_warehouse(home, run.business_date)


def _window(text: str | None, named: NamedTransfers) -> int | None:
    if text is None:
        return None
    parsed = WINDOW.fullmatch(text.strip())
    if parsed is None:
        raise InputError(f"--window {text!r}: write a whole number with s, m, h or d, like 24h")
    if named.transfers.at is None:
        raise InputError("the list has no column time, so there is no --window; leave it out")
    number, unit = int(parsed[1]), parsed[2]
    if named.moments:
        return number * UNITS[unit or "s"] * 1_000_000
    if unit:
        raise InputError(
            f"--window {text!r}: the times are plain numbers; give the window in their unit"
        )
    return number


def _table(
    found: Found, named: NamedTransfers, format: Format, *, accounts: bool, rows: bool
) -> pl.DataFrame:
    if format == "csv":
        # Name by name, as lists of them are joined.
        named = replace(
            named, names=_inert(named.names),
            refs=None if named.refs is None else _inert(named.refs),
        )  # fmt: skip
    if accounts:
        return found_patterns.per_account(found, named)
    if format == "csv":
        return found_patterns.as_text(found, named, rows=rows)
    table = found_patterns.instances(found, named)
    return table if rows else table.drop("transfer")


def _inert(texts: pl.Series) -> pl.Series:
    return inert_texts(texts.to_frame()).to_series()


def _write(table: pl.DataFrame, format: Format, out: Path | None) -> None:
    if out is None:
        held = io.BytesIO()
        table.write_csv(held)
        sys.stdout.buffer.write(held.getbuffer())
        sys.stdout.flush()
        return
    with writing(out):
        if format == "csv":
            table.write_csv(out)
        else:
            table.write_parquet(out)


def _say_sizes(chosen: Terminal, found: Found) -> None:
    by_size = [(size, int(many)) for size, many in enumerate(found.sizes) if many]
    zh = "，".join(f"规模 {size}：{many}" for size, many in by_size)
    en = ", ".join(f"size {size}: {many}" for size, many in by_size)
    if by_size:
        chosen.remark(f"共 {found.count}；{zh}", f"{found.count} found; {en}")
    else:
        chosen.remark("未找到", "none found")
