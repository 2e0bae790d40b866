"""Answers where the money of an account, a party or an institution came from, or where it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from data.errors import InputError, NotFoundError
from data.home import Home
from data.settings import Trace as Limits
from data.store import Database
from detectors.opening_balances import read_opening_fen
from graph.paths import Parts
from graph.tracing import OUTSIDE, Convention, Transfers
from graph.trail import Direction, Trail, follow, tie_dependent_fen
from pipelines.origins import Origins, held_by_origin, read_origins, trace_origins

Ints = npt.NDArray[np.int64]

ACCOUNTS = """
select account_id, bank_no || ':' || account_no as account, party_id, role, institution_id
from account_dim
order by account_id
"""
# Money that came back or never arrived has not moved.
TRANSFERS = """
select t.ref, t.booked_at, t.payer_account, t.payee_account, t.amount_fen
from transfer t
where t.status = 'settled' and t.business_date <= $last
order by t.transfer_no
"""
CLIENT_ROLES = ("client_custody", "client_reserve")
EPOCH = date(1970, 1, 1)
DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Question:
    """What is asked: one of account ("BANK:NO"), party or institution, and how to follow it.

    `first` and `last` choose the asked accounts' own payments; what these paid, or got, is followed
    through all transfers of the run. `limit` is how many flows, ends and paths are shown.
    """

    account: str | None
    party: str | None
    institution: str | None
    first: date | None
    last: date | None
    direction: Direction
    convention: Convention
    limit: int


@dataclass(frozen=True)
class Records:
    """What the warehouse holds up to a date, as arrays: transfers in time order, and accounts."""

    refs: pl.Series
    transfers: Transfers
    accounts: pl.DataFrame
    held_fen: Ints
    origins: Origins


@dataclass(frozen=True)
class Answer:
    """The followed money, its paths, and how much of it would end elsewhere with ties reversed.

    `holdings` is what the asked accounts hold at the end by origin: kind, institution and fen.
    """

    question: Question
    records: Records
    trail: Trail
    parts: Parts
    tie_dependent_fen: int
    holdings: list[tuple[str, str | None, int]]
    limits: Limits


def read_records(home: Home, last: date) -> Records:
    """Read every settled transfer, all accounts and their opening balances, up to a date.

    Raises:
        NotFoundError: there is no warehouse.
        StoreError: a night is writing it.
    """
    if not home.warehouse.exists():
        raise NotFoundError(f"{home.warehouse} is gone; run a night to make it again")
    with Database.open(home.warehouse, read_only=True) as db:
        accounts = db.frame("accounts", ACCOUNTS)
        rows = db.frame("transfers", TRANSFERS, {"last": last})
        held = read_opening_fen(db, accounts.height, last)
        origins = read_origins(db, last)
    transfers = Transfers(
        rows["payer_account"].to_numpy(),
        rows["payee_account"].to_numpy(),
        rows["amount_fen"].to_numpy(),
        rows["booked_at"].dt.epoch("us").to_numpy(),
    )
    return Records(rows["ref"], transfers, accounts, held, origins)


def answer(records: Records, question: Question, limits: Limits) -> Answer:
    """Follow the money that a question asks for.

    Raises:
        InputError: not exactly one of account, party and institution, or the dates are reversed.
        NotFoundError: no account fits.
    """
    asked = np.zeros(records.accounts.height, dtype=np.bool_)
    asked[asked_accounts(records.accounts, question)] = True
    between = _instants(question)

    def followed(transfers: Transfers) -> Trail:
        return follow(
            transfers, asked, between, records.held_fen,
            direction=question.direction, convention=question.convention,
        )  # fmt: skip

    trail = followed(records.transfers)
    turned = records.transfers.ties_reversed()
    other = followed(
        Transfers(
            records.transfers.payer[turned],
            records.transfers.payee[turned],
            records.transfers.amount_fen[turned],
            records.transfers.booked_at[turned],
        )
    )
    traced = trace_origins(
        records.transfers, records.held_fen, records.origins, question.convention
    )
    return Answer(
        question, records, trail, trail.parts(limits.path_parts), tie_dependent_fen(trail, other),
        held_by_origin(traced, records.origins, np.flatnonzero(asked)), limits,
    )  # fmt: skip


def asked_accounts(accounts: pl.DataFrame, question: Question) -> Ints:
    """The numbers of the accounts that a question asks for; an institution's hold clients' money.

    Raises:
        InputError: not exactly one of account, party and institution.
        NotFoundError: no account fits.
    """
    given = [
        (name, value)
        for name in ("account", "party", "institution")
        if (value := getattr(question, name)) is not None
    ]
    if len(given) != 1:
        raise InputError("name one of --account BANK:NO, --party P and --institution I")
    [(name, value)] = given
    if name == "account":
        if ":" not in value:
            raise InputError(f"--account {value!r}: write it as BANK:NO, the bank's number first")
        fitting = pl.col("account") == value
    elif name == "party":
        fitting = pl.col("party_id") == value
    else:
        fitting = (pl.col("institution_id") == value) & pl.col("role").is_in(CLIENT_ROLES)
    found: Ints = accounts.filter(fitting)["account_id"].cast(pl.Int64).to_numpy()
    if len(found) == 0:
        raise NotFoundError(f"no account in the warehouse for --{name} {value}")
    return found


def _instants(question: Question) -> tuple[int, int]:
    """The first and the last microsecond of the days that are asked for."""
    first, last = question.first or EPOCH, question.last or date.max
    if last < first:
        raise InputError(f"--from {first} is after --to {last}; exchange them")
    # Whole days are added up as numbers: the last day that there is has none after it.
    return (first - EPOCH).days * DAY_US, ((last - EPOCH).days + 1) * DAY_US - 1


def end_kind(trail: Trail, accounts: int, account: int, direction: Direction) -> str:
    """What an end is: outside, returned, unknown, and held (uses) or opening (sources)."""
    if account == OUTSIDE:
        return "outside"
    if account >= accounts:
        return "unknown"
    if trail.asked[account]:
        return "returned"
    return "held" if direction == "uses" else "opening"
