"""The banks' books: every transfer as the entries of both banks and the clearing's record.

Balances follow from the entries to the fen. Payments that were returned come back to the payer; a
reversal is two entries that undo two others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from simulator.banks import Banks
from simulator.rows import Array, Ints
from simulator.workdays import DAY, HOUR, SECOND
from simulator.world import CHANNEL, YUAN, World

LARGE_FEN = 50_000 * YUAN
# Share of the payments between banks that the payee's bank books a day or so late.
LATE_SHARE = 0.005
CLEARED = ("cnaps_hvps", "cnaps_beps", "nucc", "unionpay")


@dataclass(frozen=True)
class Books:
    """All transfers in the order of their time, their entries, and the balances.

    `transfers` has number, payer, payee, amount, at, channel, returned, match (0: none);
    `entries` one row a leg: transfer, incoming, account, other, amount, at, day, serial, after
    (balance), reverses (serial of the entry that it undoes, -1: none). `opening` is each account's
    balance before the period.
    """

    transfers: pl.DataFrame
    entries: pl.DataFrame
    opening: Ints


def keep_books(world: World, banks: Banks) -> Books:
    """Choose channels, returns and reversals, write the entries, and strike the balances."""
    add_reversals(world)
    add_mistakes(world)
    transfers = choose_channels(world, banks)
    entries = write_entries(world, transfers)
    return strike_balances(world, transfers, entries)


def add_reversals(world: World) -> None:
    """Undo a few of the ordinary payments within a bank, hours later."""
    rng, bank = world.rng, world.accounts.column("bank")
    payer, payee = world.transfers.column("payer"), world.transfers.column("payee")
    plain = world.transfers.column("plain") & (payer >= 0) & (payee >= 0)
    inside = plain & (bank[np.maximum(payer, 0)] == bank[np.maximum(payee, 0)])
    rows = np.flatnonzero(inside & (rng.random(len(inside)) < 0.004))
    time = world.transfers.column("time")[rows] + rng.integers(HOUR // 6, 20 * HOUR, len(rows))
    world.pay(
        payee[rows],
        payer[rows],
        world.transfers.column("amount")[rows],
        time,
        "冲正",
        reverses=rows,
    )


def add_mistakes(world: World) -> None:
    """Payments of every story that went wrong first: one bank booked twice and undid one, or the
    clearing returned a first attempt. What happened in the end stays as it was."""
    rng, bank = world.rng, world.accounts.column("bank").astype(np.int64)
    rows = {name: world.transfers.column(name) for name in ("payer", "payee", "time", "amount")}
    payer, payee = rows["payer"], rows["payee"]
    both = (payer >= 0) & (payee >= 0) & ~world.transfers.column("plain")
    both &= (world.transfers.column("reverses") < 0) & (rows["time"] < world.period.end - 2 * DAY)
    inside = bank[np.maximum(payer, 0)] == bank[np.maximum(payee, 0)]
    chance = rng.random(len(both))

    def again(chosen: Array, later: Ints, **values: Any) -> Ints:
        """Pay the chosen rows once more, so much later."""
        copied = {name: world.transfers.column(name)[chosen] for name in ("device", "loan")}
        return world.pay(
            payer[chosen],
            payee[chosen],
            rows["amount"][chosen],
            rows["time"][chosen] + later,
            world.transfers.column("purpose")[chosen],
            **copied,
            **values,
        )

    twice = np.flatnonzero(both & inside & (chance < 0.004))
    failed = np.flatnonzero(both & ~inside & (chance < 0.003))
    double = again(twice, rng.integers(SECOND, HOUR // 2, len(twice)))
    large = rows["amount"][failed] >= LARGE_FEN
    channel = np.where(large, CHANNEL["cnaps_hvps"], CHANNEL["cnaps_beps"])
    again(
        failed,
        -rng.integers(5 * 60 * SECOND, 3 * HOUR, len(failed)),
        channel=channel,
        returned=True,
    )
    kept = double >= 0
    undone = double[kept]
    world.pay(
        payee[twice[kept]],
        payer[twice[kept]],
        world.transfers.column("amount")[undone],
        world.transfers.column("time")[undone] + rng.integers(HOUR // 6, 20 * HOUR, len(undone)),
        "冲正",
        reverses=undone,
    )


def choose_channels(world: World, banks: Banks) -> pl.DataFrame:
    """Give each transfer its channel and reference, in the order of time."""
    rng, columns = world.rng, world.transfers.joined()
    order = np.argsort(columns["time"], kind="stable")
    payer, payee = columns["payer"][order], columns["payee"][order]
    amount, at = columns["amount"][order], columns["time"][order]
    bank = world.accounts.column("bank").astype(np.int64)
    payer_bank = np.where(payer >= 0, bank[np.maximum(payer, 0)], -1)
    payee_bank = np.where(payee >= 0, bank[np.maximum(payee, 0)], -2)
    inside = payer_bank == payee_bank
    channel = columns["channel"][order].astype(np.int64)
    over = np.where(amount >= LARGE_FEN, CHANNEL["cnaps_hvps"], CHANNEL["cnaps_beps"])
    over = np.where(
        (amount < LARGE_FEN) & (rng.random(len(over)) < 0.05), CHANNEL["direct_link"], over
    )
    channel = np.where(channel < 0, np.where(inside, CHANNEL["book"], over), channel)
    channel = np.where(inside & (channel != CHANNEL["cash"]), CHANNEL["book"], channel)
    cleared = np.isin(channel, [CHANNEL[name] for name in CLEARED])
    booked = (channel == CHANNEL["book"]) & banks.book_reference[np.maximum(payer_bank, 0)]
    plain = columns["plain"][order]
    returned = plain & cleared & (rng.random(len(order)) < 0.003) & (at < world.period.end - DAY)
    returned |= columns["returned"][order]
    match = np.where(cleared | booked, np.cumsum(cleared | booked), 0)
    return pl.DataFrame(
        {
            "number": order,
            "payer": payer.astype(np.int64),
            "payee": payee.astype(np.int64),
            "amount": amount,
            "at": at,
            "channel": channel,
            "cleared": cleared,
            "returned": returned,
            "match": match,
            "purpose": columns["purpose"][order].astype(np.int64),
            "device": columns["device"][order],
            "loan": columns["loan"][order].astype(np.int64),
            "scheme": columns["scheme"][order].astype(np.int64),
            "plain": plain,
            "reverses": columns["reverses"][order],
        }
    )


def write_entries(world: World, transfers: pl.DataFrame) -> pl.DataFrame:
    """Both legs of every transfer, as each bank books them; the payee's follows the payer's."""
    rng, count = world.rng, transfers.height
    at, channel = transfers["at"].to_numpy(), transfers["channel"].to_numpy()
    lag = np.zeros(count, dtype=np.int64)
    fast = np.isin(channel, [CHANNEL["cnaps_hvps"], CHANNEL["direct_link"], CHANNEL["nucc"]])
    slow = np.isin(channel, [CHANNEL["cnaps_beps"], CHANNEL["unionpay"], CHANNEL["pos"]])
    lag[fast] = rng.integers(2 * SECOND, 120 * SECOND, int(fast.sum()))
    lag[slow] = (rng.gamma(1.2, 600, int(slow.sum())) * SECOND).astype(np.int64) + SECOND
    late = (lag > 0) & (rng.random(count) < LATE_SHARE)
    lag[late] += rng.integers(4 * HOUR, 30 * HOUR, int(late.sum()))
    last = world.period.end - SECOND
    arrives = np.minimum(at + lag, np.maximum(last, at))
    payer, payee = transfers["payer"].to_numpy(), transfers["payee"].to_numpy()
    back = transfers["returned"].to_numpy()
    returns = np.minimum(at + rng.integers(HOUR, 12 * HOUR, count), last)
    number = np.arange(count)
    paid, got = payer >= 0, payee >= 0
    legs = {
        "transfer": np.concatenate([number[paid], number[got]]),
        "incoming": np.concatenate([np.zeros(paid.sum(), bool), np.ones(got.sum(), bool)]),
        "account": np.concatenate([payer[paid], np.where(back, payer, payee)[got]]),
        "other": np.concatenate([payee[paid], np.where(back, payee, payer)[got]]),
        "at": np.concatenate([at[paid], np.where(back, returns, arrives)[got]]),
    }
    entries = pl.DataFrame(legs).with_columns(
        pl.Series("amount", transfers["amount"].to_numpy()[legs["transfer"]])
    )
    entries = entries.sort("account", "at", "transfer", "incoming")
    serial = pl.int_range(1, entries.height + 1, eager=True).alias("serial")
    entries = entries.with_columns(serial, (pl.col("at") // DAY).alias("day"))
    return entries.with_columns(_reversed(transfers, entries))


def _reversed(transfers: pl.DataFrame, entries: pl.DataFrame) -> pl.Series:
    """The serial of the entry that each entry undoes; -1 for all others."""
    undo = transfers.with_row_index("transfer").filter(pl.col("reverses") >= 0)
    place = transfers.with_row_index("original").select("number", pl.col("original").cast(pl.Int64))
    pairs = undo.select(pl.col("transfer").cast(pl.Int64), "reverses").join(
        place, left_on="reverses", right_on="number", how="left"
    )
    of = entries.select("transfer", "incoming", "serial").join(pairs, on="transfer", how="semi")
    first = entries.select(
        pl.col("transfer").alias("original"), "incoming", pl.col("serial").alias("undone")
    )
    linked = (
        of.join(pairs, on="transfer")
        .with_columns(~pl.col("incoming"))
        .join(first, on=["original", "incoming"])
        .select("serial", "undone")
    )
    return (
        entries.select("serial")
        .join(linked, on="serial", how="left", maintain_order="left")["undone"]
        .fill_null(-1)
        .alias("reverses")
    )


def strike_balances(world: World, transfers: pl.DataFrame, entries: pl.DataFrame) -> Books:
    """Open each account with enough to never run short, and carry the balance on."""
    rng, count = world.rng, world.accounts.count
    signed = pl.when("incoming").then(pl.col("amount")).otherwise(-pl.col("amount"))
    running = entries.with_columns(signed.cum_sum().over("account").alias("running"))
    lowest = running.group_by("account").agg(pl.col("running").min()).sort("account")
    need = np.zeros(count, dtype=np.int64)
    need[lowest["account"].to_numpy()] = np.maximum(-lowest["running"].to_numpy(), 0)
    extra = world.accounts.column("extra")
    drawn = (np.exp(rng.normal(8.2, 1.4, count)) * YUAN).astype(np.int64)
    opening = need + np.where(extra >= 0, extra, drawn)
    after = running["running"].to_numpy() + opening[running["account"].to_numpy()]
    return Books(transfers, entries.with_columns(pl.Series("after", after)), opening)


def daily_closings(world: World, books: Books, account: int) -> Ints:
    """The closing balance of one account on each day."""
    # Entries lie in the order of their accounts.
    low, high = np.searchsorted(books.entries["account"].to_numpy(), [account, account + 1])
    mine = books.entries[int(low) : int(high)]
    last = mine.group_by("day").agg(pl.col("after").last()).sort("day")
    closing = np.full(world.period.days, -1, dtype=np.int64)
    closing[last["day"].to_numpy()] = last["after"].to_numpy()
    held = int(books.opening[account])
    for day in range(world.period.days):
        held = int(closing[day]) if closing[day] >= 0 else held
        closing[day] = held
    return closing


def balance_rows(world: World, books: Books, watched: Array) -> pl.DataFrame:
    """Balances per account and day: of every day for watched accounts, else of days with entries.

    Columns: account, day, opening, credit, debit, closing.
    """
    amount = pl.col("amount")
    moved = (
        books.entries.group_by("account", "day")
        .agg(
            amount.filter(pl.col("incoming")).sum().alias("credit"),
            amount.filter(~pl.col("incoming")).sum().alias("debit"),
            pl.col("after").last().alias("closing"),
        )
        .sort("account", "day")
    )
    days = world.period.days
    quiet = pl.DataFrame(
        {
            "account": np.repeat(watched, days).astype(np.int64),
            "day": np.tile(np.arange(days), len(watched)).astype(np.int64),
        }
    )
    start = pl.DataFrame({"account": np.arange(world.accounts.count), "start": books.opening})
    whole = (
        pl.concat(
            [
                moved,
                quiet.join(moved, on=["account", "day"], how="anti").with_columns(
                    pl.lit(0, pl.Int64).alias("credit"),
                    pl.lit(0, pl.Int64).alias("debit"),
                    pl.lit(None, pl.Int64).alias("closing"),
                ),
            ]
        )
        .sort("account", "day")
        .join(start, on="account", how="left", maintain_order="left")
    )
    return (
        whole.with_columns(
            pl.col("closing").forward_fill().over("account").fill_null(pl.col("start"))
        )
        .with_columns((pl.col("closing") - pl.col("credit") + pl.col("debit")).alias("opening"))
        .drop("start")
    )
