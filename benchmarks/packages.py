"""Valid packages of several tables, random but for a seed, in every form that a bank may send."""

from __future__ import annotations

import io
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.reference.tables import Column, Table, tables
from benchmarks.reference.values import USCC, is_cnaps

DAY = date(2016, 6, 13)
TODAY = DAY + timedelta(days=1)
BOMS = {"utf-8": b"\xef\xbb\xbf", "gb18030": b""}
TEXTS = ("货款", "还款 第三期", "a,b", 'said "so"', "two\nlines", "𠀀㐀", "=1+1", " ", "é",
         "x" * 300, "借款,\"甲\"\n乙", "-", "'", "0", "null", "\t", "\u3000",
         "first\r\nsecond")  # fmt: skip
ARROW = {"text": pa.string(), "fen": pa.int64(), "integer": pa.int64(), "rate": pa.float64(),
         "date": pa.date32(), "time": pa.timestamp("us"), "flag": pa.bool_()}  # fmt: skip


@dataclass
class Part:
    """One file of a package: cells as text, by column, and how they are written."""

    table: str
    names: list[str]
    rows: list[list[str]]
    encoding: str = "utf-8"
    bom: bytes = b""
    ending: str = "\n"
    ended: bool = True
    quoted: bool = False
    parquet: bool = False

    @property
    def name(self) -> str:
        return f"{self.table}.{'parquet' if self.parquet else 'csv'}"

    def content(self) -> bytes:
        """The file's bytes."""
        return self._parquet() if self.parquet else self._csv()

    def _csv(self) -> bytes:
        lines = [",".join(map(self._cell, row)) for row in [self.names, *self.rows]]
        text = self.ending.join(lines) + (self.ending if self.ended else "")
        halves = "surrogatepass" if self.encoding == "utf-8" else "replace"
        return self.bom + text.encode(self.encoding, halves)

    def _cell(self, text: str) -> str:
        if self.quoted or any(sign in text for sign in ',"\r\n'):
            return '"' + text.replace('"', '""') + '"'
        return text

    def _parquet(self) -> bytes:
        known = {column.name: column for column in tables()[self.table].columns}
        columns = []
        for place, name in enumerate(self.names):
            cells = [row[place] if place < len(row) else "" for row in self.rows]
            columns.append(arrow_column(known.get(name), cells))
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_arrays(columns, names=self.names), sink)
        return sink.getvalue()


@dataclass
class Draft:
    """A package before it is written."""

    submitter: str
    sequence: int
    parts: list[Part]
    zipped: bool = False
    in_folder: bool = False
    surplus: dict[str, bytes] = field(default_factory=dict)

    @property
    def package(self) -> str:
        return f"{self.submitter}-{DAY:%Y%m%d}-{self.sequence:08d}"


def random_draft(dice: random.Random) -> Draft:
    """A valid package of one to five tables."""
    world = _World(dice)
    chosen = dice.sample(sorted(tables()), dice.randint(1, 5))
    rows = {name: world.rows(tables()[name], dice.choice((0, 1, 2, 10, 40))) for name in chosen}
    world.agree(rows)
    return Draft(
        world.submitter,
        dice.choice((1, 2, 99_999_999)),
        [_part(dice, name, rows[name]) for name in chosen],
        zipped=dice.random() < 0.4,
        in_folder=dice.random() < 0.5,
        surplus={"readme.txt": b"x"} if dice.random() < 0.05 else {},
    )


def _part(dice: random.Random, name: str, rows: list[dict[str, str]]) -> Part:
    names = [c.name for c in tables()[name].columns]
    if dice.random() < 0.3:
        names = [c.name for c in tables()[name].columns if c.required or dice.random() < 0.5]
    if dice.random() < 0.3:
        dice.shuffle(names)
    encoding = dice.choice(("utf-8", "utf-8", "gb18030"))
    return Part(
        name,
        names,
        [[row[each] for each in names] for row in rows],
        encoding,
        BOMS[encoding] if dice.random() < 0.3 else b"",
        dice.choice(("\n", "\n", "\r\n")),
        dice.random() < 0.9,
        dice.random() < 0.2,
        dice.random() < 0.2,
    )


class _World:
    """Accounts, parties and loans that rows of several tables share."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.submitter = self.uscc()
        self.banks = [self.cnaps() for _ in range(3)]
        self.firms = [self.uscc() for _ in range(3)]

    def uscc(self) -> str:
        first = "91" + "".join(self.dice.choice(USCC) for _ in range(15))
        total = sum(USCC.index(sign) * pow(3, place, 31) for place, sign in enumerate(first))
        return first + USCC[-total % 31]

    def cnaps(self) -> str:
        first = "".join(self.dice.choice("0123456789") for _ in range(11))
        return next(first + last for last in "0123456789" if is_cnaps(first + last))

    def rows(self, table: Table, count: int) -> list[dict[str, str]]:
        found, keys = [], set()
        for number in range(count):
            row = {column.name: self.cell(column, number) for column in table.columns}
            key = tuple(row[name] for name in table.keys)
            if key not in keys:
                keys.add(key)
                found.append(row)
        return found

    def cell(self, column: Column, number: int) -> str:
        dice, kind = self.dice, column.kind
        if not column.required and dice.random() < 0.4:
            return ""
        if column.values:
            return dice.choice(column.values)
        if column.code is not None:
            return {"cnaps": dice.choice(self.banks), "uscc": dice.choice(self.firms),
                    "division": "320100"}[column.code]  # fmt: skip
        if kind == "fen":
            return str(dice.choice((0, 1, 100, dice.randrange(10**9), 10**15)))
        if kind == "integer":
            most = int(column.most) if column.most is not None else 4000
            return str(dice.randint(int(column.least or 0), most))
        if kind == "rate":
            return dice.choice(("0", "0.12", "1", "0.333333333333333333", "1.0"))
        if kind == "date":
            return dice.choice((DAY.isoformat(), "2000-02-29", "1900-01-01", "2199-12-31"))
        if kind == "time":
            return f"{DAY} {dice.choice(('09:30:00', '23:59:59.999999', '00:00:00.5'))}"
        if kind == "flag":
            return dice.choice(("true", "false"))
        if column.key and column.name.endswith(("_no", "_id", "party")):
            return f"{column.name[:2]}{number}"
        if column.name.endswith("_id") or column.name.endswith("_no"):
            return f"{column.name[:2]}{dice.randrange(10)}"
        return dice.choice(TEXTS)

    def agree(self, rows: dict[str, list[dict[str, str]]]) -> None:
        """Let balances, reserves and parties agree with each other, mostly."""
        if self.dice.random() < 0.2:
            return
        for row in rows.get("balance", []):
            row["balance_date"] = DAY.isoformat()
        sums: dict[tuple[str, str, str], int] = defaultdict(int)
        for row in rows.get("entry", []):
            row["amount_fen"] = str(self.dice.randrange(10**9))
            sums[row["bank_no"], row["account_no"], row["direction"]] += int(row["amount_fen"])
        for row in rows.get("balance", []):
            account = row["bank_no"], row["account_no"]
            row["credit_fen"], row["debit_fen"] = (str(sums[*account, s]) for s in ("in", "out"))
            row["opening_fen"] = str(self.dice.randrange(-(10**9), 10**9))
            closing = int(row["opening_fen"]) + sums[*account, "in"] - sums[*account, "out"]
            row["closing_fen"] = str(closing)
        for row in rows.get("reserve_day", []):
            for name in row:
                if name.endswith("_fen"):
                    row[name] = str(self.dice.randrange(10**6))
            row["reported_difference_fen"] = str(_difference(row))
        parties = [row["party_id"] for row in rows.get("party", [])]
        for row in rows.get("account", []):
            row["party_id"] = self.dice.choice(parties) if parties else "p1"


def _difference(row: dict[str, str]) -> int:
    plus = ("bank_closing_fen", "firm_in_bank_not_fen", "bank_out_firm_not_fen")
    minus = ("interest_uncarried_fen", "own_funds_placed_fen", "fee_uncarried_fen",
             "firm_out_bank_not_fen", "bank_in_firm_not_fen")  # fmt: skip
    trial = sum(int(row[name]) for name in plus) - sum(int(row[name]) for name in minus)
    return int(row["client_closing_fen"]) - trial


def arrow_column(column: Column | None, cells: list[str]) -> pa.Array:
    """A column of its contract's type; text, where a cell does not have that type's form."""
    if column is None or column.kind == "text":
        return pa.array([cell.encode("utf-8", "replace").decode() or None for cell in cells],
                        pa.string())  # fmt: skip
    try:
        return pa.array([_typed(column.kind, cell) for cell in cells], ARROW[column.kind])
    except (ValueError, OverflowError, ArithmeticError, pa.ArrowInvalid):
        return pa.array([cell.encode("utf-8", "replace").decode() or None for cell in cells],
                        pa.string())  # fmt: skip


def _typed(kind: str, cell: str) -> Any:
    if cell == "":
        return None
    if kind in ("fen", "integer"):
        return int(cell)
    if kind == "rate":
        return float(Decimal(cell))
    if kind == "date":
        return date.fromisoformat(cell)
    if kind == "time":
        return datetime.fromisoformat(cell)
    return {"true": True, "false": False}.get(cell)
