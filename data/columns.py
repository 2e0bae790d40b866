"""What a table contract is made of: columns with kinds and limits, and tables of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from data.errors import ContractError

Kind = Literal["text", "fen", "integer", "rate", "date", "time", "flag"]
Check = Literal["uscc", "cnaps", "division"]

LARGEST_INTEGER = 2**63 - 1
# Fen: ten trillion yuan; more than any payment or any account in the country, and small enough that
# sums of whole days stay within 64 bits.
LARGEST_FEN = 10**15
# Fen of one file: a thousand trillion yuan, many times what the country's banks clear in a day.
LARGEST_TOTAL = 10**17
# Whoever owned or owes today was born after 1900; nothing that is stated reaches beyond 2199.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its kind, whether a cell may be empty, and what a filled cell must satisfy."""

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = True
    key: bool = False
    values: tuple[str, ...] = ()
    check: Check | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the submission specification, with its columns in the specification's order."""

    name: str
    columns: tuple[Column, ...]
    zh: str
    en: str
    register: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the columns that together identify a row."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def amount_column(self) -> str | None:
        """The first ``*_fen`` column, which the manifest's ``amount_total`` sums; None without."""
        return next((name for name in self.names if name.endswith("_fen")), None)

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises:
            ContractError: no such column; the message lists the known ones.
        """
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(self.names)
        raise ContractError(f"table {self.name} has no column {name!r}; it has {known}")


def text(
    name: str,
    zh: str,
    en: str,
    *,
    required: bool = True,
    key: bool = False,
    values: tuple[str, ...] = (),
    check: Check | None = None,
) -> Column:
    """A text column; with ``values`` a closed list, with ``check`` a check-digit scheme."""
    return Column(name, "text", zh, en, required or key, key, values, check)


def fen(name: str, zh: str, en: str, *, required: bool = True, signed: bool = False) -> Column:
    """A money column in whole fen, at least zero unless ``signed`` (balances and differences)."""
    low = -LARGEST_FEN if signed else 0
    return Column(name, "fen", zh, en, required, minimum=low, maximum=LARGEST_FEN, unit="fen")


def integer(
    name: str,
    zh: str,
    en: str,
    *,
    minimum: int = 0,
    maximum: int = LARGEST_INTEGER,
    unit: str | None = None,
    required: bool = True,
) -> Column:
    """A whole-number column."""
    return Column(name, "integer", zh, en, required, minimum=minimum, maximum=maximum, unit=unit)


def rate(
    name: str, zh: str, en: str, *, maximum: float, unit: str, required: bool = True
) -> Column:
    """A decimal between zero and ``maximum``: a yearly rate or a share."""
    return Column(name, "rate", zh, en, required, minimum=0.0, maximum=maximum, unit=unit)


def day(name: str, zh: str, en: str, *, required: bool = True, key: bool = False) -> Column:
    """An ISO date column."""
    return Column(name, "date", zh, en, required or key, key)


def time(name: str, zh: str, en: str, *, required: bool = True) -> Column:
    """A column of times to the microsecond, naive, in Asia/Shanghai."""
    return Column(name, "time", zh, en, required, unit="Asia/Shanghai")


def flag(name: str, zh: str, en: str) -> Column:
    """A true or false column."""
    return Column(name, "flag", zh, en, values=("true", "false"))
