"""Writes the province as submission packages: a folder per submitter and business date.

Each bank submits its accounts, entries and balances; the clearing house its records; each payment
firm its reserve ledger; the registry the registers and the platforms' loans.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from data.tables import CHANNELS
from simulator.banks import Banks
from simulator.books import Books, balance_rows, daily_closings
from simulator.degradation import Decay
from simulator.names import account_numbers, hashes, party_ids, party_names, social_credit_codes
from simulator.package_folder import write_folder
from simulator.payments import reserve_rows
from simulator.products import ProductRegister, product_register
from simulator.purposes import PURPOSES
from simulator.registers import account_rows, loan_event_rows, loan_rows, register_rows
from simulator.rows import Array
from simulator.workdays import DAY, HOUR, SECOND
from simulator.world import INSTITUTION, ORGANISATION, World

REGISTER_DAYS = (0, 14)
EVENING = 21 * HOUR
# Shares of entries without the counterparty's name, without the counterparty, and misspelt.
DIRT = np.array([[0.12], [0.015], [0.02]])


@dataclass(frozen=True)
class Written:
    """How the world's numbers are written: identifiers of parties, accounts and transfers.

    `codes` is each organisation's social credit code by party number; `account_keys` is
    `<bank_no>:<account_no>` per account; `refs` is each transfer's reference in the books' order;
    `products` the products and their identifiers.
    """

    party_ids: list[str]
    codes: Mapping[int, str]
    account_keys: pl.Series
    refs: pl.Series
    products: ProductRegister


def write_packages(
    world: World, banks: Banks, books: Books, out: Path, seed: int, degrade: str
) -> Written:
    """Write all packages under a folder, a day at a time, and return how things are called.

    `degrade` is the level of `simulator.degradation` at which records are lost and garbled.
    """
    writer = _Writer(world, banks, books, out, seed, Decay(degrade, seed))
    with ThreadPoolExecutor(max_workers=2) as pool:
        for day in range(world.period.days):
            for written in [pool.submit(write) for write in writer.day_packages(day)]:
                written.result()
    return writer.written()


class _Sliced:
    """Rows in the order of a key, and where the rows of each key lie."""

    def __init__(self, frame: pl.DataFrame, key: Array) -> None:
        order = np.argsort(key, kind="stable")
        self._frame, self._key = frame[order], np.asarray(key)[order]

    def of(self, key: int) -> pl.DataFrame:
        """The rows of one key, in the order in which they were given."""
        low, high = np.searchsorted(self._key, [key, key + 1])
        return self._frame[int(low) : int(high)]


class _Writer:
    """Holds the columns that every day needs, and writes one day after the other."""

    def __init__(
        self, world: World, banks: Banks, books: Books, out: Path, seed: int, decay: Decay
    ) -> None:
        self.world, self.banks, self.books, self.out = world, banks, books, out
        self.start = world.period.epoch_day
        bank = world.accounts.column("bank").astype(np.int64)
        parties = np.flatnonzero(world.parties.column("kind") == ORGANISATION)
        self.ids = party_ids(world)
        self.codes = dict(zip(parties.tolist(), social_credit_codes(world, parties), strict=True))
        self.names = party_names(world, banks.name)
        self.bank_no = pl.Series("bank_no", banks.number, dtype=pl.String)
        self.account_bank = self.bank_no.gather(bank)
        self.account_no = account_numbers(world, banks.number)
        self.submits = banks.submits[bank]
        self.bank_of = bank
        self.device = hashes(books.transfers["device"].to_numpy(), "device", seed)
        self.match = _references(world, books)
        self.registers = register_rows(world, self.ids, self.codes, self.names, seed)
        self.products = product_register(world, self.account_bank, self.account_no, self.ids)
        self.accounts = self._accounts(
            account_rows(world, self.account_bank, self.account_no, self.ids, self.codes)
        )
        self.loans = loan_rows(world, self.account_bank, self.account_no, self.ids, self.codes)
        owner = pl.Series("bank", bank[books.entries["account"].to_numpy()])
        self.entry_rows = _Sliced(
            books.entries.with_columns(owner), books.entries["day"].to_numpy()
        )
        self.cleared = self._cleared()
        self.events = loan_event_rows(
            world, books, self.account_bank, self.account_no, self.submits, self.ids, self.codes
        )
        self.events = self.events.filter(pl.Series(decay.kept(self.events.height)))
        self.silent = decay.silent(len(banks.number), world.period.days)
        self.sent = self._sent(decay)
        self.cleared_kept = decay.kept(books.transfers.height)
        self.registers["relation"] = decay.relations(self.registers["relation"], self.start)
        self.registers["party"] = decay.parties(self.registers["party"])
        self.balances = self._balances()
        # A payment firm sends the ledgers of all its reserve accounts in one package.
        self.reserves: dict[str, list[pl.DataFrame]] = {}
        for number, book in enumerate(world.reserves):
            self.reserves.setdefault(self.codes[book.institution], []).append(self._reserve(number))
        # Dirt falls on all entries alike, whatever story they belong to.
        self.hidden = world.rng.random((3, books.entries.height)) < DIRT
        self.hidden |= decay.hidden(books.entries.height)

    def written(self) -> Written:
        """How the world's numbers were written."""
        keys = pl.DataFrame([self.account_bank, self.account_no]).select(
            pl.concat_str("bank_no", "account_no", separator=":").alias("key")
        )["key"]
        return Written(self.ids, self.codes, keys, self._refs(keys), self.products)

    def day_packages(self, day: int) -> Iterator[Callable[[], None]]:
        """What writes each submitter's package of one day."""
        date = self.world.period.date(day)
        entries = self._entries(day)
        for bank in np.flatnonzero(self.banks.submits & ~self.silent[:, day]).tolist():
            tables = {"entry": entries.filter(pl.col("bank") == bank).drop("bank")}
            tables["balance"] = self.balances.of(self._place(day, bank)).drop("day", "bank")
            accounts = self.accounts.of(self._place(day, bank)).drop("place")
            if accounts.height or day == 0:
                tables["account"] = accounts
            submitter = self.codes[int(self.banks.party[bank])]
            style = "csv" if self.banks.csv[bank] else "parquet"
            style = "gb18030" if self.banks.gb18030[bank] else style
            yield partial(self._folder, submitter, date, tables, style)
        offices = self._offices()
        clearing = {"clearing": self._clearing(day)}
        yield partial(self._folder, offices["clearing_house"], date, clearing, "parquet")
        tables = {}
        if day in REGISTER_DAYS:
            tables = {**self.registers, **self.products.tables(date)}
        for name, frame in (("loan", self.loans), ("loan_event", self.events)):
            rows = frame.filter(pl.col("day") == day).drop("day")
            if rows.height:
                tables[name] = rows
        if tables:
            yield partial(self._folder, offices["other"], date, tables, "parquet")
        for submitter, ledgers in self.reserves.items():
            ledger = {"reserve_day": pl.concat([rows[day : day + 1] for rows in ledgers])}
            yield partial(self._folder, submitter, date, ledger, "parquet")

    def _offices(self) -> dict[str, str]:
        kinds = self.world.institutions.column("kind")
        parties = self.world.institutions.column("party")
        last = {
            kind: int(parties[np.flatnonzero(kinds == INSTITUTION[kind])[-1]])
            for kind in ("clearing_house", "other")
        }
        return {kind: self.codes[party] for kind, party in last.items()}

    def _entries(self, day: int) -> pl.DataFrame:
        rows = self.entry_rows.of(day)
        rows = rows.filter(pl.Series(self.sent[rows["serial"].to_numpy() - 1]))
        transfer, account = rows["transfer"].to_numpy(), rows["account"].to_numpy()
        other = rows["other"].to_numpy()
        serial = rows["serial"].to_numpy() - 1
        moved = self.books.transfers
        nameless, unknown, misspelt = (hide[serial] for hide in self.hidden)
        channel = moved["channel"].to_numpy()[transfer]
        place = np.maximum(other, 0)
        owner = self.world.accounts.column("party")[place].astype(np.int64)
        absent = pl.Series((other < 0) | unknown)
        number = rows["serial"].cast(pl.String).str.zfill(10)
        undone = rows["reverses"]
        loan = moved["loan"].to_numpy()[transfer]
        columns = [
            rows["bank"],
            self.account_bank.gather(account),
            self.account_no.gather(account),
            number.alias("entry_no"),
            self._time(rows["at"]).alias("booked_at"),
            pl.select(
                pl.when(rows["incoming"])
                .then(pl.lit("in"))
                .otherwise(pl.lit("out"))
                .alias("direction")
            ).to_series(),
            rows["amount"].alias("amount_fen"),
            rows["after"].alias("balance_after_fen"),
            _unless(absent, self.account_bank.gather(place)).alias("counterparty_bank_no"),
            _unless(absent, self.account_no.gather(place)).alias("counterparty_account_no"),
            _unless(
                absent | pl.Series(nameless), _misspelt(self.names.gather(owner), misspelt)
            ).alias("counterparty_name"),
            self.match.gather(transfer).alias("match_no"),
            pl.Series("channel", np.array(CHANNELS, dtype=object)[channel].tolist()),
            pl.Series("cash", channel == CHANNELS.index("cash")),
            _unless(undone < 0, undone.cast(pl.String).str.zfill(10)).alias("reversal_of"),
            _texts(moved["purpose"].to_numpy()[transfer]),
            self.device.gather(transfer).alias("device"),
            _unless(pl.Series(loan < 0), pl.Series(loan + 1).cast(pl.String)).alias("loan_id"),
        ]
        return pl.DataFrame(columns)

    def _clearing(self, day: int) -> pl.DataFrame:
        moved, rows = self.books.transfers, self.cleared.of(day)["row"].to_numpy()
        rows = rows[self.cleared_kept[rows]]
        chosen = moved[rows]
        payer, payee = chosen["payer"].to_numpy(), chosen["payee"].to_numpy()
        return pl.DataFrame(
            [
                self.match.gather(rows).alias("match_no"),
                self._time(chosen["at"] + SECOND).alias("settled_at"),
                self.account_bank.gather(payer).alias("payer_bank_no"),
                self.account_no.gather(payer).alias("payer_account_no"),
                self.account_bank.gather(payee).alias("payee_bank_no"),
                self.account_no.gather(payee).alias("payee_account_no"),
                chosen["amount"].alias("amount_fen"),
                pl.Series(
                    "channel",
                    np.array(CHANNELS, dtype=object)[chosen["channel"].to_numpy()].tolist(),
                ),
                _texts(chosen["purpose"].to_numpy()),
                pl.select(
                    pl.when(chosen["returned"])
                    .then(pl.lit("returned"))
                    .otherwise(pl.lit("settled"))
                    .alias("status")
                ).to_series(),
            ]
        )

    def _place(self, day: int, bank: int) -> int:
        return day * len(self.banks.number) + bank

    def _cleared(self) -> _Sliced:
        """Rows of the cleared transfers by the clearing's day, which opens the evening before."""
        settled = (self.books.transfers["at"] + SECOND).to_numpy()
        on = settled // DAY + (settled % DAY >= EVENING)
        rows = np.flatnonzero(self.books.transfers["cleared"].to_numpy())
        day = np.minimum(on[rows], self.world.period.days - 1)
        return _Sliced(pl.DataFrame({"row": rows}), day)

    def _accounts(self, stated: pl.DataFrame) -> _Sliced:
        """Accounts by the day on which they are first stated, and their bank."""
        opened = stated["opened_on"].cast(pl.Int32).to_numpy() - self.start
        place = self._place(1, 0) * np.maximum(opened, 0) + self.bank_of
        return _Sliced(stated.with_columns(pl.Series("place", place)), place)

    def _balances(self) -> _Sliced:
        watched = np.flatnonzero(self.world.accounts.column("daily"))
        rows = balance_rows(self.world, self.books, watched)
        account, day = rows["account"].to_numpy(), rows["day"].to_numpy()
        total = np.full(len(account), np.iinfo(np.int64).min)
        gaps = self.world.subledger_gap
        if gaps:
            place = np.full(self.world.accounts.count, -1, dtype=np.int64)
            place[list(gaps)] = np.arange(len(gaps))
            mine = np.flatnonzero(place[account] >= 0)
            apart = np.stack(list(gaps.values()))[place[account[mine]], day[mine]]
            total[mine] = rows["closing"].to_numpy()[mine] + apart
        stated = pl.Series("subledger_total_fen", total)
        frame = pl.DataFrame(
            [
                pl.Series("day", day),
                pl.Series("bank", self.bank_of[account]),
                self.account_bank.gather(account),
                self.account_no.gather(account),
                pl.Series("balance_date", day + self.start).cast(pl.Int32).cast(pl.Date),
                rows["opening"].alias("opening_fen"),
                rows["credit"].alias("credit_fen"),
                rows["debit"].alias("debit_fen"),
                rows["closing"].alias("closing_fen"),
                _unless(stated == np.iinfo(np.int64).min, stated).alias("subledger_total_fen"),
            ]
        )
        return _Sliced(frame, self._place(1, 0) * day + self.bank_of[account])

    def _reserve(self, number: int) -> pl.DataFrame:
        book = self.world.reserves[number]
        closing = daily_closings(self.world, self.books, book.account)
        values = reserve_rows(self.world, book, closing)
        columns = {name: pl.Series(name, column) for name, column in values.items()}
        columns["ledger_date"] = columns["ledger_date"].cast(pl.Int32).cast(pl.Date)
        keys = pl.DataFrame(
            {
                "institution_id": [self.codes[book.institution]] * len(closing),
                "bank_no": [self.account_bank[book.account]] * len(closing),
                "account_no": [self.account_no[book.account]] * len(closing),
            }
        )
        return keys.with_columns(**columns)

    def _sent(self, decay: Decay) -> Array:
        """Which entries, in the order of their serial numbers, stand in a package."""
        entries = self.books.entries
        bank = self.bank_of[entries["account"].to_numpy()]
        sent = decay.kept(entries.height) & self.banks.submits[bank]
        return np.asarray(sent & ~self.silent[bank, entries["day"].to_numpy()])

    def _refs(self, keys: pl.Series) -> pl.Series:
        """Each transfer's reference: its match number, else its payer's entry, else its payee's.

        One of which no record is left has none.
        """
        rows = self.books.entries.select("transfer", "incoming", "account", "serial")
        seen = rows.filter(pl.Series(self.sent))
        first = seen.sort("transfer", "incoming").unique("transfer", keep="first")
        named = first.select(
            "transfer",
            pl.concat_str(
                keys.gather(first["account"].to_numpy()),
                pl.col("serial").cast(pl.String).str.zfill(10),
                separator=":",
            ).alias("entry"),
        )
        whole = pl.DataFrame({"transfer": np.arange(self.books.transfers.height)})
        joined = whole.join(named, on="transfer", how="left", maintain_order="left")
        cleared = self.books.transfers["cleared"].to_numpy() & self.cleared_kept
        told = pl.Series(cleared) | joined["entry"].is_not_null()
        ref = pl.select(pl.coalesce(self.match, joined["entry"]).alias("ref")).to_series()
        return ref.set(~told, None)

    def _time(self, at: pl.Series) -> pl.Series:
        seconds = at // SECOND * SECOND + self.start * DAY
        return seconds.cast(pl.Datetime("us"))

    def _folder(
        self, submitter: str, date: datetime.date, tables: Mapping[str, pl.DataFrame], style: str
    ) -> None:
        """Write one submitter's package of one day; accounts after the first day are changes."""
        changes = ("account",) if date > self.world.period.date(0) else ()
        write_folder(self.out, submitter, date, tables, style, changes)


def _references(world: World, books: Books) -> pl.Series:
    """Each transfer's match number as text, null where it has none."""
    match = books.transfers["match"]
    day = (books.transfers["at"] // DAY + world.period.epoch_day).cast(pl.Int32).cast(pl.Date)
    text = pl.select(
        pl.concat_str(day.dt.strftime("%Y%m%d"), match.cast(pl.String).str.zfill(9))
    ).to_series()
    return _unless(match == 0, text).alias("match_no")


def _misspelt(names: pl.Series, which: Array) -> pl.Series:
    """Names as a clerk may write them: some lack their second character."""
    short = names.str.slice(0, 1) + names.str.slice(2)
    return names.zip_with(pl.Series(~which), short)


def _texts(numbers: Array) -> pl.Series:
    """Purposes as text, null where there is none."""
    words = np.array([None, *PURPOSES[1:]], dtype=object)
    return pl.Series("purpose", words[numbers].tolist(), dtype=pl.String)


def _unless(absent: pl.Series, values: pl.Series) -> pl.Series:
    return values.set(absent, None)
