"""Chinese bank statements as entries: each batch of a statement's rows becomes one of `entry`'s.

What a row says is taken over or the row fails with its reason; nothing is guessed. Rows of
transactions that failed are kept out, since no money moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake import cell_kernel, rules, yuan_kernel
from pipelines.intake.cell_kernel import Bools
from pipelines.intake.findings import Refused, shown
from pipelines.intake.raw import Batch, Fault, Origin, one_array
from pipelines.intake.statement_cells import (
    account_numbers,
    bank_numbers,
    bools,
    devices,
    each_value,
    moments,
    said,
)
from pipelines.intake.statement_words import (
    CASH,
    CHANNELS,
    COLUMNS,
    DIRECTIONS,
    HEADERS,
    KNOWN,
    NOTHING,
    RENMINBI,
    SUCCESS,
)

PACKED = frozenset(
    name
    for part in ("bank", "direction", "currency", "success", "cash", "type", "counterparty_bank")
    for name in HEADERS[part]
)
ROUNDED = "a spreadsheet has rounded the number; send its digits as text"
AMOUNT_FAULTS = (
    (yuan_kernel.NONE, "unparsable", "it must be an amount in yuan such as 1234.50 or 1,234.50"),
    (yuan_kernel.TOO_FINE, "decimals", "it is no whole number of fen"),
    (yuan_kernel.TOO_LARGE, "range", "it is larger than any payment"),
)
UNKNOWN = "?"
# Names that are loaded, none of which may stand in a header twice.
TAKEN = frozenset(name for names in HEADERS.values() for name in names)


def is_statement(header: Sequence[str]) -> bool:
    """Whether most names of a header are those of Chinese bank statements."""
    return 2 * sum(_bare(name) in KNOWN for name in header) > len(header)


def check_header(header: Sequence[str], file: str) -> None:
    """Refuse a header that names a part of an entry twice, but for space or quotes around it.

    Raises:
        Refused: it does.
    """
    seen: dict[str, str] = {}
    for name in header:
        bare = _bare(name)
        if bare in TAKEN and bare in seen:
            message = f"{shown(file)}: the header names {bare!r} twice, as {shown(seen[bare])!r} "
            raise Refused(rules.FORMAT, f"{message}and as {shown(name)!r}", file=file)
        seen[bare] = name


def as_entries(batches: Iterator[Batch], bank_no: str | None) -> Iterator[Batch]:
    """Map a statement's batches onto `entry`; `bank_no` is the bank of rows that name none."""
    for batch in batches:
        yield _Mapping(batch, bank_no).batch()


class _Mapping:
    """One batch on its way from a statement to `entry`."""

    def __init__(self, batch: Batch, bank_no: str | None) -> None:
        self.sent, self.bank_no = batch, bank_no
        self.names = {_bare(name): name for name in batch.cells.column_names}
        self.faults: list[Fault] = []

    def batch(self) -> Batch:
        """The batch as one of `entry`."""
        self._failed_ones()
        self._word("currency", dict.fromkeys(RENMINBI, "CNY"), "currency")
        channel, cash = self._channel(), self._word("cash", CASH)
        by_channel = pc.if_else(pc.equal(channel, "cash"), "true", "false")
        cash = by_channel if cash is None else pc.coalesce(cash, by_channel)
        in_cash = pc.and_(pc.equal(channel, "other"), pc.equal(cash, "true"))
        columns = {
            "bank_no": self._bank(),
            "account_no": self._account("account"),
            "entry_no": self._text("number"),
            "booked_at": self._booked_at(),
            "direction": self._word("direction", DIRECTIONS),
            "amount_fen": self._fen("amount", signed=False),
            "balance_after_fen": self._fen("balance", signed=True),
            "counterparty_bank_no": self._counterparty_bank(),
            "counterparty_account_no": self._account("counterparty_account"),
            "counterparty_name": self._text("counterparty_name"),
            "channel": pc.if_else(in_cash, "cash", channel),
            "cash": cash,
            "purpose": self._text("purpose"),
            "memo": self._text("memo"),
            "device": devices(self._text("mac"), self._text("ip")),
        }
        cells = pa.table({name: column for name, column in columns.items() if column is not None})
        named = {column: self._name(part) for column, part in COLUMNS.items()}
        unknown = tuple(name for name in self.sent.cells.column_names if _bare(name) not in KNOWN)
        origin = Origin(self.sent.cells, named, self.faults, unknown)
        sent = self.sent
        return Batch(cells, sent.lines, sent.covered, True, sent.malformed, origin)

    def _name(self, part: str) -> str:
        """What the statement calls a part of the entry, or would call it."""
        names = HEADERS[part] + (HEADERS["date"] if part == "time" else ())
        return next((self.names[name] for name in names if name in self.names), names[0])

    def _columns(self, part: str) -> list[pa.Array]:
        return [
            one_array(self.sent.cells.column(self.names[name]))
            for name in HEADERS[part] if name in self.names
        ]  # fmt: skip

    def _text(self, part: str) -> pa.Array | None:
        """The first cell of a part that is filled, in each row."""
        columns = [said(each) for each in self._columns(part)]
        if len(columns) < 2:
            return columns[0] if columns else None
        return pc.coalesce(*columns)

    def _account(self, part: str) -> pa.Array | None:
        numbers: list[pa.Array] = []
        for name, column in zip(self._present(part), self._columns(part), strict=True):
            number, rounded = account_numbers(said(column))
            if numbers:
                # A number that is not taken may be rounded.
                rounded &= ~cell_kernel.present(pc.coalesce(*numbers))
            self._fault(rounded, name, "unparsable", ROUNDED)
            numbers.append(number)
        return pc.coalesce(*numbers) if numbers else None

    def _present(self, part: str) -> list[str]:
        return [self.names[name] for name in HEADERS[part] if name in self.names]

    def _bank(self) -> pa.Array:
        """The bank of each row: its own where it says one, else the manifest's."""
        named = self._text("bank")
        stated = pa.repeat(pa.scalar(self.bank_no, pa.string()), len(self.sent.lines))
        numbers = stated if named is None else pc.coalesce(named, stated)
        message = (
            'neither a column such as 开户行行号 nor "bank_no" in the manifest says which bank '
            "holds the account"
        )
        self._fault(~cell_kernel.present(numbers), self._name("bank"), "no_bank", message)
        return numbers

    def _counterparty_bank(self) -> pa.Array | None:
        numbers = [bank_numbers(said(each)) for each in self._columns("counterparty_bank")]
        return pc.coalesce(*numbers) if numbers else None

    def _booked_at(self) -> pa.Array | None:
        date, time = self._text("date"), self._text("time")
        if date is None and time is None:
            return None
        booked_at, parsed = moments(date, time)
        filled = np.zeros(len(parsed), np.bool_)
        for column in (date, time):
            if column is not None:
                filled |= cell_kernel.present(column)
        message = "the time must be such as 2016-06-13 09:30:00, 20160613093000 or 2016/06/13 9:30"
        self._fault(filled & ~parsed, self._name("time"), "unparsable", message)
        return booked_at

    def _failed_ones(self) -> None:
        """Keep out what the statement says has failed."""
        success = self._word("success", SUCCESS)
        if success is not None:
            failed = bools(pc.equal(success, "no"))
            self._fault(failed, self._name("success"), "not_booked", "the transaction failed")

    def _word(self, part: str, words: Mapping[str, str], rule: str = "unlisted") -> pa.Array | None:
        """What the words of a part say in each row; a word that is unknown is a fault."""
        columns = self._columns(part)
        if not columns:
            return None
        column = columns[0] if len(columns) == 1 else self._text(part)

        def read(cell: str) -> str | None:
            word = cell.strip("'\"= \t\u3000").upper()
            return None if not word or word in NOTHING else words.get(word, UNKNOWN)

        values = each_value(column, read)
        unknown = pc.equal(values, UNKNOWN)
        message = f"it must be one of {'、'.join(words)}"
        self._fault(bools(unknown), self._name(part), rule, message)
        return pc.if_else(unknown, pa.scalar(None, pa.string()), values)

    def _fen(self, part: str, *, signed: bool) -> pa.Array | None:
        """Amounts in fen, exactly, null where they cannot be read."""
        text, amount = self._text(part), part == "amount"
        if text is None:
            return None
        values, kinds = yuan_kernel.parse_yuan(*cell_kernel.layout(text))
        name = self._name(part)
        for kind, rule, message in AMOUNT_FAULTS:
            self._fault(kinds == kind, name, rule, message, hides_amount=amount)
        if not signed:
            self._fault(values < 0, name, "negative", "the sign is no part of an amount")
        mask = ~cell_kernel.present(text) | (kinds != yuan_kernel.EXACT)
        return pa.array(values, mask=mask)

    def _channel(self) -> pa.Array:
        columns = self._columns("type")
        if not columns:
            return pa.repeat(pa.scalar("other"), len(self.sent.lines))
        column = columns[0] if len(columns) == 1 else self._text("type")
        return each_value(column, _channel_of, "other")

    def _fault(
        self, rows: Bools, column: str, rule: str, message: str, *, hides_amount: bool = False
    ) -> None:
        if rows.any():
            places = np.flatnonzero(rows)
            self.faults.append(Fault(places, column, rule, message, hides_amount))


def _bare(name: str) -> str:
    """A header's name without the space and byte order marks that exports put around it."""
    return name.strip("\ufeff \t\u3000'\"=")


def _channel_of(cell: str) -> str:
    """The channel that a kind of transaction names; Latin words count whole."""
    text = cell.upper()
    words = re.findall("[A-Z]+", text)
    named = (
        channel for word, channel in CHANNELS.items()
        if (word in words if word.isascii() else word in text)
    )  # fmt: skip
    return next(named, "other")
