"""Clients' money of every institution, ready to be followed: transfers, rules, opening balances."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.context import Context
from detectors.opening_balances import read_opening_fen
from detectors.owned_tables import CIRCLES, ENDS, lay_owned_tables
from graph.look_through import OwnedMoney, Rules, look_through
from graph.tracing import Opening, Transfers

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# The stages of an institution's clients' money, in the order of its colours.
STAGES = ("client_money", "investors_principal", "loan_proceeds")
# What the money has passed; each is a colour of its own for every stage.
PASSED = ("", "property", "securities")
# Those that clients' money has until it is lent.
ENTRUSTED = STAGES[:2]
OWN_COLOURS = len(STAGES) * len(PASSED)
DAY_US = 86_400_000_000

TRANSFERS = """
select transfer_no, booked_at, payer_account, payee_account, amount_fen
from transfer
where status = 'settled' and business_date <= $last
order by transfer_no
"""
ACCOUNTS = "select coalesce(max(account_id) + 1, 0) from account_dim"
HOMES = "select account, institution_id, registered from owned_home order by account"
BEGINNINGS = """
select transfer_no, institution_id, stage, source, payee_account
from owned_beginning order by transfer_no
"""
ENDINGS = "select transfer_no, min(institution_id) as institution_id, min(use) as use" + (
    " from owned_ending group by transfer_no order by transfer_no"
)
UNREGISTERED = "select account_id from account_dim where not registered order by account_id"


@dataclass(frozen=True)
class OwnedRecords:
    """Everything that a look-through needs, and the institutions by owner's number.

    Colour 0 is nobody's; each owner has OWN_COLOURS, by what was passed and by stage. `transfer_no`
    is by row. `borrowers` are pairs of account and owner that were lent money, `unregistered`
    accounts that no bank reports.
    """

    institutions: tuple[str, ...]
    transfer_no: Ints
    transfers: Transfers
    rules: Rules
    opening: Opening
    accounts: int
    borrowers: Ints
    unregistered: Ints

    def colour(self, owner: int, stage: str, passed: str = "") -> int:
        """The colour of a stage of an owner's money, and of what it passed."""
        place = len(STAGES) * PASSED.index(passed) + STAGES.index(stage)
        return 1 + OWN_COLOURS * owner + place

    @cached_property
    def is_unregistered(self) -> Flags:
        """By account, and one more for cash, whether no bank reports it."""
        flags = np.zeros(self.accounts + 1, np.bool_)
        flags[self.unregistered] = True
        return flags

    def paid_by_homes(self, accounts: Collection[int]) -> Ints:
        """The rows, in their order, of what some accounts pay that are homes."""
        rows, payers = self._paid_by_homes
        first = np.searchsorted(payers, list(accounts), side="left")
        past = np.searchsorted(payers, list(accounts), side="right")
        parts = [rows[a:b] for a, b in zip(first, past, strict=True)]
        return np.sort(np.concatenate(parts)) if parts else rows[:0]

    @cached_property
    def _paid_by_homes(self) -> tuple[Ints, Ints]:
        at_home = np.zeros(self.accounts + 1, np.bool_)
        at_home[self.rules.homes[:, 0]] = True
        rows = np.flatnonzero(at_home[self.transfers.payer])
        rows = rows[np.argsort(self.transfers.payer[rows], kind="stable")]
        return rows, self.transfers.payer[rows].astype(np.int64)

    @cached_property
    def entrusted(self) -> Flags:
        """By colour whether it is clients' money, or principal, that is not lent out."""
        flags = np.zeros(len(self.rules.owner_of), np.bool_)
        for owner in range(len(self.institutions)):
            for stage in ENTRUSTED:
                flags[self.colours(owner, stage)] = True
        return flags

    def colours(self, owner: int, stage: str) -> Ints:
        """The colours of a stage of an owner's money, whatever it passed."""
        return np.array([self.colour(owner, stage, passed) for passed in PASSED])


def read_owned_records(context: Context) -> OwnedRecords:
    """Read all settled transfers up to the business date, and whose money is what."""
    db, last = context.db, {"last": context.business_date}
    institutions = lay_owned_tables(context)
    rows = db.frame("transfers", TRANSFERS, last)
    homes = _numbered(db.frame("homes", HOMES), institutions)
    beginnings = _numbered(db.frame("beginnings", BEGINNINGS), institutions)
    endings = _numbered(db.frame("ends by transfer", ENDINGS), institutions)
    circles = _numbered(db.frame("circles", CIRCLES), institutions)
    ends = db.frame("ends", ENDS, last)
    db.unregister("circle_party")
    [(accounts,)] = db.rows("accounts", ACCOUNTS)
    transfer_no = rows["transfer_no"].to_numpy().astype(np.int64)
    booked_at = rows["booked_at"].dt.epoch("us").to_numpy()
    day = booked_at // DAY_US
    kind = np.zeros(len(transfer_no), np.int8)
    subject = np.zeros(len(transfer_no), np.int32)
    place = np.searchsorted(transfer_no, endings["transfer_no"].to_numpy())
    kind[place], subject[place] = -endings["use"].to_numpy(), endings["owner"].to_numpy()
    place = np.searchsorted(transfer_no, beginnings["transfer_no"].to_numpy())
    begun = 1 + OWN_COLOURS * beginnings["owner"] + beginnings["stage"]
    kind[place], subject[place] = beginnings["source"].to_numpy(), begun.to_numpy()
    opening_fen = read_opening_fen(db, accounts, context.business_date)
    holding = homes.filter("registered")
    held_fen = opening_fen[holding["account"].to_numpy()]
    filled = held_fen > 0
    # What others hold is nobody's; it is there to be paid before or after the money that is.
    nobodys = opening_fen.copy()
    nobodys[holding["account"].to_numpy()] = 0
    other = np.flatnonzero(nobodys)
    opening = Opening(
        np.concatenate([other, holding["account"].to_numpy()[filled]]),
        np.concatenate(
            [np.zeros(len(other), np.int64),
             1 + OWN_COLOURS * holding["owner"].to_numpy()[filled]]
        ),
        np.concatenate([nobodys[other], held_fen[filled]]),
    )  # fmt: skip
    lent = beginnings.filter(pl.col("stage") == STAGES.index("loan_proceeds"))
    return OwnedRecords(
        tuple(institutions), transfer_no,
        Transfers(
            rows["payer_account"].to_numpy(), rows["payee_account"].to_numpy(),
            rows["amount_fen"].to_numpy(), booked_at,
        ),
        Rules(
            np.concatenate([[-1], np.repeat(np.arange(len(institutions)), OWN_COLOURS)]),
            _passed(len(institutions)),
            kind, subject, (day - day.min() + 1 if len(day) else day).astype(np.int32),
            _pairs(homes, "account", "owner"), _pairs(circles, "account_id", "owner"),
            _pairs(ends, "account_id", "use"), context.settings.look_through.within_days,
        ),
        opening, int(accounts),
        np.unique(_pairs(lent, "payee_account", "owner"), axis=0),
        db.frame("accounts not registered", UNREGISTERED)["account_id"].cast(pl.Int64).to_numpy(),
    )  # fmt: skip


def follow_entrusted(records: OwnedRecords) -> OwnedMoney:
    """Follow clients' money last in first out; noted is what carried some not lent out."""
    return look_through(
        records.transfers, records.rules, records.opening, accounts=records.accounts,
        convention="lifo", wanted=records.entrusted,
    )  # fmt: skip


def _numbered(rows: pl.DataFrame, institutions: list[str]) -> pl.DataFrame:
    """The rows of known owners, with the owner's number."""
    owners = pl.DataFrame(
        {"institution_id": institutions, "owner": range(len(institutions))},
        schema={"institution_id": pl.String, "owner": pl.Int64},
    )
    return rows.join(owners, on="institution_id", how="inner", maintain_order="left")


def _passed(owners: int) -> npt.NDArray[np.int32]:
    """The colours that each colour takes on at property and at securities."""
    colours = np.arange(1 + OWN_COLOURS * owners)
    fresh = (colours - 1) % OWN_COLOURS < len(STAGES)
    fresh[0] = False
    steps = [np.where(fresh, colours + len(STAGES) * step, colours) for step in (1, 2)]
    return np.stack(steps, axis=1).astype(np.int32)


def _pairs(rows: pl.DataFrame, one: str, other: str) -> Ints:
    pairs: Ints = rows.select(pl.col(one, other).cast(pl.Int64)).to_numpy().reshape(-1, 2)
    return pairs
