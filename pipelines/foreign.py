"""Foreign lists of transfers, read by a map and written as packages that keep the specification.

One generated bank holds all accounts of a file and submits one package per business date: both
banks' entries and the clearing record of every transfer, and on the first date the registers.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from data.codes import cnaps_with_check, uscc_with_check
from data.contracts import arrow_schema, table_named
from data.errors import InputError
from pipelines.foreign_map import ForeignMap
from pipelines.foreign_rows import Transfers, read_transfers

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import wrote: packages in the order of their dates, and the rows it could not read.

    ``rejected`` counts rows that were left out; they lie in ``rejected.csv`` with the reason.
    """

    packages: tuple[Path, ...]
    transfers: int
    accounts: int
    rejected: int
    first_date: date
    last_date: date
    submitter: str
    bank_no: str


def import_transfers(file: Path, mapping: ForeignMap, out: Path) -> ImportReport:
    """Write the transfers of a CSV or Parquet file (also gzip) as packages under ``out``.

    The same file and map give the same packages.

    Raises:
        InputError: the file cannot be read, lacks a mapped column, holds no usable row, or ``out``
            already holds packages of another import.
    """
    read = read_transfers(file, mapping)
    if read.rows.is_empty():
        raise InputError(f"{file}: none of its {len(read.rejected)} rows can be used; see the map")
    submitter, bank_no = identifiers(mapping)
    packages = out / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    _write_rejected(out / "rejected.csv", read)
    days = read.rows.partition_by("business_date", maintain_order=True)
    _refuse_others(packages, {_name(submitter, day["business_date"][0]) for day in days})
    written = []
    for number, day in enumerate(days):
        business_date: date = day["business_date"][0]
        tables = _records(day, bank_no, mapping)
        if number == 0:
            tables = {**_registers(read.rows, bank_no, mapping), **tables}
        written.append(_write_package(packages, submitter, business_date, tables))
    return ImportReport(
        tuple(written),
        read.rows.height,
        _accounts(read.rows).len(),
        len(read.rejected),
        read.rows["business_date"][0],
        read.rows["business_date"][-1],
        submitter,
        bank_no,
    )


def identifiers(mapping: ForeignMap) -> tuple[str, str]:
    """The social credit code and bank number generated for a map's name, with check digits."""
    digest = hashlib.sha256(mapping.name.encode()).digest()
    code = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:9])
    number = int.from_bytes(digest[9:13]) % 10_000
    return (
        uscc_with_check(f"91{mapping.fill.division}{code}"),
        cnaps_with_check(f"9033010{number:04d}"),
    )


def party_id(name: str, account_no: str) -> str:
    """The party generated for an account of a foreign file."""
    return f"{name}-{account_no}"


def _records(day: pl.DataFrame, bank_no: str, mapping: ForeignMap) -> dict[str, pl.DataFrame]:
    bank = pl.lit(bank_no)
    channel = pl.lit(mapping.fill.channel).alias("channel")
    legs = []
    for own, other, direction in (("payer", "payee", "out"), ("payee", "payer", "in")):
        legs.append(
            day.select(
                bank.alias("bank_no"),
                pl.col(own).alias("account_no"),
                (pl.col("match_no") + f"-{direction}").alias("entry_no"),
                "booked_at",
                pl.lit(direction).alias("direction"),
                "amount_fen",
                bank.alias("counterparty_bank_no"),
                pl.col(other).alias("counterparty_account_no"),
                "match_no",
                channel,
                pl.lit(False).alias("cash"),
                "purpose",
            )
        )
    clearing = day.select(
        "match_no",
        pl.col("booked_at").alias("settled_at"),
        bank.alias("payer_bank_no"),
        pl.col("payer").alias("payer_account_no"),
        bank.alias("payee_bank_no"),
        pl.col("payee").alias("payee_account_no"),
        "amount_fen",
        channel,
        "purpose",
        pl.lit("settled").alias("status"),
    )
    wanted = mapping.fill.records
    records = {"entry": pl.concat(legs), "clearing": clearing}
    left_out = {"both": "", "entries": "clearing", "clearing": "entry"}[wanted]
    return {name: frame for name, frame in records.items() if name != left_out}


def _registers(rows: pl.DataFrame, bank_no: str, mapping: ForeignMap) -> dict[str, pl.DataFrame]:
    owner = pl.format("{}-{}", pl.lit(mapping.name), pl.col("account_no")).alias("party_id")
    accounts = pl.DataFrame({"account_no": _accounts(rows)})
    party = accounts.select(
        owner,
        pl.lit(mapping.fill.party_kind).alias("kind"),
        pl.format("{} {}", pl.lit(mapping.name), pl.col("account_no")).alias("name"),
        pl.lit(mapping.fill.division).alias("division"),
    )
    account = accounts.select(
        pl.lit(bank_no).alias("bank_no"),
        "account_no",
        owner,
        pl.lit(mapping.fill.role).alias("role"),
        pl.lit(mapping.fill.opened_on).alias("opened_on"),
        pl.lit("active").alias("status"),
    )
    return {"party": party, "account": account}


def _accounts(rows: pl.DataFrame) -> pl.Series:
    return pl.concat([rows["payer"], rows["payee"].alias("payer")]).unique().sort()


def _name(submitter: str, business_date: date) -> str:
    return f"{submitter}-{business_date:%Y%m%d}-00000001"


def _refuse_others(packages: Path, names: set[str]) -> None:
    others = sorted({path.name for path in packages.iterdir()} - names)
    if others:
        raise InputError(
            f"{packages} already holds {len(others)} packages of something else, "
            f"{others[0]} first; import into an empty folder"
        )


def _write_package(
    packages: Path, submitter: str, business_date: date, tables: dict[str, pl.DataFrame]
) -> Path:
    folder = packages / _name(submitter, business_date)
    folder.mkdir(exist_ok=True)
    files = []
    for name, frame in tables.items():
        table = table_named(name)
        path = folder / f"{name}.parquet"
        pq.write_table(_conform(frame, arrow_schema(table)), path, compression="zstd")
        amount = table.amount_column
        total = frame[amount].sum() if amount in frame.columns else 0
        stated = {"amount_total": int(total)} if amount else {}
        files.append(
            {
                "name": path.name,
                "table": name,
                "rows": frame.height,
                **stated,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
        )
    manifest = {
        "spec": 1,
        "submitter": submitter,
        "business_date": business_date.isoformat(),
        "sequence": 1,
        "files": files,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return folder


def _conform(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    held = frame.to_arrow()
    columns = [
        held[field.name].cast(field.type)
        if field.name in held.column_names
        else pa.nulls(held.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _write_rejected(path: Path, read: Transfers) -> None:
    if not read.rejected:
        path.unlink(missing_ok=True)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "reason"))
        writer.writerows(read.rejected)
