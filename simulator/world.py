"""The province while it is being built: its parties, accounts, ties, transfers and the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from data.errors import SettingsError
from data.ledgers import PRODUCT
from data.tables import ACCOUNT_ROLES, CHANNELS, INSTITUTION_KINDS, LOAN_EVENT_KINDS, RELATION_KINDS
from simulator.purposes import PURPOSE
from simulator.rows import Array, Ints, Rows, common_length
from simulator.workdays import Period

ROLE = {text: number for number, text in enumerate(ACCOUNT_ROLES)}
CHANNEL = {text: number for number, text in enumerate(CHANNELS)}
RELATION = {text: number for number, text in enumerate(RELATION_KINDS)}
INSTITUTION = {text: number for number, text in enumerate(INSTITUTION_KINDS)}
OFFERING = {text: number for number, text in enumerate(PRODUCT.column("offering").values)}
EVENT = {text: number for number, text in enumerate(LOAN_EVENT_KINDS)}
PERSON, ORGANISATION = 0, 1
YUAN = 100


@dataclass(frozen=True)
class Sizes:
    """How large a province is: transfers aimed at, banks, and institutions of each kind."""

    transfers: int
    banks: int
    schemes: tuple[int, int]
    platforms: int
    payment_firms: int
    crowd: float
    csv: bool


SIZES = {
    "small": Sizes(100_000, 6, (1, 3), 12, 7, 1.0, True),
    "medium": Sizes(1_000_000, 8, (4, 8), 24, 12, 2.2, False),
    "large": Sizes(10_000_000, 10, (10, 16), 60, 30, 5.0, False),
}


@dataclass
class Scheme:
    """A crooked pattern that was put in, and who and what belongs to it."""

    typology: str
    variant: str
    institution: int
    parties: list[tuple[int, str]] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)
    # Rows that show the scheme beside its transfers: the table, and the world's number of the row.
    # An institution's and a party's row is the number of the party; a reserve_day's, its account.
    records: list[tuple[str, int]] = field(default_factory=list)
    # The money at stake, where it is neither what reached the closure nor what came into the
    # accounts from outside.
    stake_fen: int = -1
    # Accounts of the circle that a platform's loans were made to end in.
    closure: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Lookalike:
    """An innocent party whose records resemble a typology."""

    typology: str
    kind: str
    party: int
    institution: int
    accounts: tuple[int, ...]


@dataclass
class ReserveBook:
    """A payment firm's own ledger of one reserve account, a value per day, before reconciling."""

    institution: int
    account: int
    fee_uncarried: Ints
    interest_uncarried: Ints
    own_placed: Ints
    in_transit: Ints
    shortfall: Ints
    aged: npt.NDArray[np.int64]
    hidden_share: float = 0.0


@dataclass
class World:
    """Everything of the province; generators add to it, books and packages read it.

    `names`, `business_scopes` and `licence_scopes` hold, by party, texts that a story needs to be
    other than those drawn for everyone.
    """

    rng: np.random.Generator
    period: Period
    sizes: Sizes
    parties: Rows = field(
        default_factory=lambda: Rows(
            {
                "kind": ("i1", ORGANISATION),
                "name": ("i8", 0),
                "trade": ("i2", 0),
                "division": ("i2", 0),
                "registered": ("i4", 0),
                "capital": ("i8", -1),
                "industry": ("i2", 0),
                "address": ("i8", -1),
                "phone": ("i8", -1),
            }
        )
    )
    accounts: Rows = field(
        default_factory=lambda: Rows(
            {
                "party": ("i4", -1),
                "bank": ("i2", 0),
                "role": ("i1", ROLE["ordinary"]),
                "institution": ("i4", -1),
                "opened": ("i4", 0),
                "extra": ("i8", -1),
                "daily": ("?", 0),
            }
        )
    )
    relations: Rows = field(
        default_factory=lambda: Rows(
            {
                "from_party": ("i4", 0),
                "to_party": ("i4", 0),
                "kind": ("i1", 0),
                "share": ("f8", -1),
                "valid_from": ("i4", 0),
                "valid_to": ("i4", -1),
            }
        )
    )
    institutions: Rows = field(
        default_factory=lambda: Rows(
            {
                "party": ("i4", 0),
                "kind": ("i1", 0),
                "licensed": ("?", 1),
            }
        )
    )
    transfers: Rows = field(
        default_factory=lambda: Rows(
            {
                "payer": ("i4", -1),
                "payee": ("i4", -1),
                "amount": ("i8", 0),
                "time": ("i8", 0),
                "purpose": ("i2", 0),
                "channel": ("i1", -1),
                "device": ("i8", 0),
                "loan": ("i4", -1),
                "scheme": ("i2", -1),
                "plain": ("?", 0),
                "returned": ("?", 0),
                "reverses": ("i8", -1),
            }
        )
    )
    loans: Rows = field(
        default_factory=lambda: Rows(
            {
                "institution": ("i4", 0),
                "borrower": ("i4", 0),
                "principal": ("i8", 0),
                "rate": ("f8", 0),
                "published": ("i4", 0),
                "due": ("i4", 0),
                "account": ("i4", -1),
                "raised": ("i4", -1),
                "closed": ("i4", -1),
                "purpose": ("i2", 0),
                "guarantor": ("i4", -1),
                "collateral": ("i8", -1),
                "overdue": ("i4", -1),
            }
        )
    )
    events: Rows = field(
        default_factory=lambda: Rows(
            {
                "loan": ("i4", 0),
                "kind": ("i1", 0),
                "party": ("i4", 0),
                "counterparty": ("i4", -1),
                "amount": ("i8", 0),
                "transfer": ("i8", -1),
                # When it happened, where no transfer says so.
                "at": ("i8", -1),
            }
        )
    )
    products: Rows = field(
        default_factory=lambda: Rows(
            {
                "issuer": ("i4", 0),
                "manager": ("i4", -1),
                "offering": ("i1", 0),
                "risk": ("i1", -1),
                "ticket": ("i8", -1),
                "term": ("i4", -1),
                "rate": ("f8", -1),
                "account": ("i4", -1),
            }
        )
    )
    holdings: Rows = field(
        default_factory=lambda: Rows(
            {
                "product": ("i4", 0),
                "party": ("i4", -1),
                "of_product": ("i4", -1),
                "cost": ("i8", 0),
                "value": ("i8", -1),
                "risk": ("i1", -1),
            }
        )
    )
    names: dict[int, str] = field(default_factory=dict)
    business_scopes: dict[int, str] = field(default_factory=dict)
    licence_scopes: dict[int, str] = field(default_factory=dict)
    schemes: list[Scheme] = field(default_factory=list)
    lookalikes: list[Lookalike] = field(default_factory=list)
    reserves: list[ReserveBook] = field(default_factory=list)
    subledger_gap: dict[int, Ints] = field(default_factory=dict)
    same_contact: list[tuple[int, int, bool]] = field(default_factory=list)
    device_of_account: dict[int, int] = field(default_factory=dict)
    pools: dict[str, Ints] = field(default_factory=dict)

    def pay(
        self, payer: Any, payee: Any, amount: Any, time: Any, purpose: str | Array, **values: Any
    ) -> Ints:
        """Add transfers and return their numbers; those outside the period or empty are left out.

        The number of one that is left out is -1.
        """
        size = common_length(payer, payee, amount, time)
        code = PURPOSE[purpose] if isinstance(purpose, str) else purpose
        columns = {
            "payer": payer,
            "payee": payee,
            "amount": amount,
            "time": time,
            "purpose": code,
            **values,
        }
        inside = self.period.within(np.asarray(time)) & (np.asarray(amount) > 0)
        keep = np.broadcast_to(inside, (size,))
        if keep.all():
            return self.transfers.add(size, **columns)
        numbers = np.full(size, -1, dtype=np.int64)
        kept = {
            name: np.asarray(value)[keep] if np.size(value) == size > 1 else value
            for name, value in columns.items()
        }
        numbers[keep] = self.transfers.add(int(keep.sum()), **kept)
        return numbers

    def claim(self, pool: str, count: int) -> Ints:
        """Take members out of a pool of accounts for good, so that no two stories share them."""
        left = self.pools[pool]
        if count > len(left):
            raise SettingsError(
                f"the province is too small: {count} more of pool {pool!r} are needed and "
                f"{len(left)} are left; give Sizes of this scale more people or firms"
            )
        taken, self.pools[pool] = left[:count], left[count:]
        return taken

    def pick(self, accounts: Ints, count: int) -> Ints:
        """Draw accounts, each at most once while they last."""
        return self.rng.choice(accounts, size=count, replace=count > len(accounts))

    def owner(self, accounts: Array) -> Ints:
        """The parties that own accounts."""
        return self.accounts.column("party", np.asarray(accounts)).astype(np.int64)

    def begin_scheme(self, typology: str, variant: str, institution: int) -> tuple[int, Scheme]:
        """Start recording a scheme; its number marks the transfers that belong to it."""
        scheme = Scheme(typology, variant, institution)
        self.schemes.append(scheme)
        return len(self.schemes) - 1, scheme

    def resembles(self, typology: str, kind: str, *accounts: int, institution: int = -1) -> None:
        """Record the owner of accounts as innocent, though its records resemble a typology.

        `kind` says what it really is; `institution` is the party that it serves or is, if any.
        """
        owner = int(self.owner(np.array(accounts[:1]))[0])
        self.lookalikes.append(Lookalike(typology, kind, owner, institution, accounts))

    def draw_purposes(self, texts: tuple[str, ...]) -> Ints:
        """Two to four of the purposes, as the people of one story write them."""
        count = min(int(self.rng.integers(2, 5)), len(texts))
        chosen = self.rng.choice(texts, size=count, replace=False)
        return np.array([PURPOSE[str(text)] for text in chosen])

    def lots(self, low: float, high: float) -> float:
        """A number drawn evenly on a logarithmic scale."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))
