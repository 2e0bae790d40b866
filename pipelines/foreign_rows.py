"""The rows of a foreign file as typed transfers, and the rows that cannot be used, with reasons."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data.errors import InputError
from pipelines.foreign_map import Amount, ForeignMap, Place, Time

GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
LARGEST_WHOLE_DIGITS = 13
SHANGHAI = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Transfers:
    """Usable rows and rejected ones.

    ``rows`` has business_date, booked_at (naive, Asia/Shanghai, unique per date by the order of
    the file), payer, payee, amount_fen, match_no, purpose, sorted by time. ``rejected`` holds the
    row's number in the file, from 1 without the header, and the reason.
    """

    rows: pl.DataFrame
    rejected: tuple[tuple[int, str], ...]


def read_transfers(file: Path, mapping: ForeignMap) -> Transfers:
    """Read a CSV or Parquet file, also packed with gzip, by a map.

    Raises:
        InputError: the file cannot be read, or lacks a column that the map names.
    """
    raw = _texts(file, mapping)
    booked = _booked_at(mapping.time)
    purpose = pl.col("purpose") if mapping.columns.purpose is not None else pl.lit(None, pl.String)
    typed = raw.with_columns(
        pl.col("payer", "payee").str.strip_chars(),
        amount_fen=_fen(mapping.amount),
        booked_at=booked,
        purpose=purpose,
    )
    if mapping.columns.direction is not None:
        incoming = pl.col("direction").is_in(list(mapping.direction.incoming))
        typed = typed.with_columns(
            payer=pl.when(incoming).then("payee").otherwise("payer"),
            payee=pl.when(incoming).then("payer").otherwise("payee"),
        )
    typed = typed.with_columns(reason=_reason(mapping))
    bad = typed.filter(pl.col("reason").is_not_null())
    good = typed.filter(pl.col("reason").is_null()).sort("booked_at", "row")
    return Transfers(_ordered(good, mapping), tuple(bad.select("row", "reason").iter_rows()))


def _texts(file: Path, mapping: ForeignMap) -> pl.DataFrame:
    try:
        content = file.read_bytes()
        if content.startswith(GZIP_MAGIC):
            content = gzip.decompress(content)
        if content.startswith(PARQUET_MAGIC):
            frame = pl.read_parquet(io.BytesIO(content))
        else:
            frame = pl.read_csv(
                io.BytesIO(content.decode(mapping.file.encoding).encode()),
                has_header=mapping.file.header,
                separator=mapping.file.delimiter,
                infer_schema=False,
            )
    except (OSError, EOFError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise InputError(f"cannot read {file}: {str(error).splitlines()[0]}") from error
    wanted: dict[str, Place | None] = mapping.columns.model_dump()
    chosen = {
        name: _column(file, frame, place) for name, place in wanted.items() if place is not None
    }
    return frame.select(
        pl.col(column).cast(pl.String).alias(name) for name, column in chosen.items()
    ).with_row_index("row", offset=1)


def _column(file: Path, frame: pl.DataFrame, place: Place) -> str:
    if isinstance(place, int) and place <= frame.width:
        return frame.columns[place - 1]
    if isinstance(place, str) and place in frame.columns:
        return place
    known = ", ".join(frame.columns)
    raise InputError(f"{file}: the map names column {place!r}; the file has {known}")


def _fen(amount: Amount) -> pl.Expr:
    """Whole fen of a decimal text; null where it is no plain decimal or leaves a part of a fen."""
    text = pl.col("amount").str.strip_chars()
    plain = text.str.contains(rf"^[0-9]{{1,{LARGEST_WHOLE_DIGITS}}}(\.[0-9]+)?$")
    whole = text.str.extract(r"^([0-9]+)").cast(pl.Int64, strict=False)
    digits = text.str.extract(r"\.([0-9]+?)0*$").fill_null("")
    scaled = pl.when(digits.str.len_chars() <= 6).then(
        digits.str.pad_end(6, "0").cast(pl.Int64, strict=False) * amount.fen_per_unit
    )
    exact = plain & (scaled % 1_000_000 == 0)
    return pl.when(exact).then(whole * amount.fen_per_unit + scaled // 1_000_000)


def _booked_at(time: Time) -> pl.Expr:
    text = pl.col("time").str.strip_chars()
    noon = pl.duration(
        hours=time.time_of_day.hour,
        minutes=time.time_of_day.minute,
        seconds=time.time_of_day.second,
    )
    if time.meaning == "step":
        steps = text.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
        start = pl.lit(time.origin).cast(pl.Datetime("us"))
        moment = start + pl.duration(seconds=steps * time.step_seconds)
        return moment + noon if time.step_seconds % 86400 == 0 else moment
    if time.meaning == "date":
        day = text.str.to_date(time.format or "%Y-%m-%d", strict=False)
        return day.cast(pl.Datetime("us")) + noon
    moment = text.str.to_datetime(time.format or None, time_unit="us", strict=False)
    if time.zone == SHANGHAI:
        return moment
    zoned = moment.dt.replace_time_zone(time.zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone(SHANGHAI).dt.replace_time_zone(None)


def _reason(mapping: ForeignMap) -> pl.Expr:
    empty = [pl.col(name).fill_null("").str.len_chars() == 0 for name in ("payer", "payee")]
    reason = (
        pl.when(empty[0] | empty[1])
        .then(pl.lit("payer or payee is empty"))
        .when(pl.col("amount_fen").is_null())
        .then(pl.lit("amount is no plain decimal of whole fen"))
        .when(pl.col("booked_at").is_null())
        .then(pl.lit("time cannot be read"))
    )
    if mapping.columns.reference is not None:
        reference = pl.col("reference").fill_null("")
        reason = reason.when((reference == "") | reference.is_duplicated()).then(
            pl.lit("reference is empty or not unique")
        )
    return reason.otherwise(None)


def _ordered(good: pl.DataFrame, mapping: ForeignMap) -> pl.DataFrame:
    if mapping.columns.reference is not None:
        reference = pl.col("reference")
    else:
        number = pl.col("row").cast(pl.String).str.zfill(10)
        reference = pl.format("{}-{}", pl.lit(mapping.name), number)
    timed = mapping.time.meaning == "timestamp" or mapping.time.step_seconds % 86400 != 0
    place = pl.int_range(pl.len()).over("booked_at")
    booked = pl.col("booked_at")
    return good.select(
        booked.dt.date().alias("business_date"),
        (booked if timed else booked + pl.duration(microseconds=place)).alias("booked_at"),
        "payer",
        "payee",
        "amount_fen",
        reference.alias("match_no"),
        pl.col("purpose").cast(pl.String),
    )
