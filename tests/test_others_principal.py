"""Whose principal earlier payers were paid from: against a plain reference, on random worlds."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from detectors.others_principal import ORDERS, PaidIn, returned_from_others
from graph.tracing import Convention, Opening, Transfers

ACCOUNTS, OWNERS, HOMES = 12, 2, ((0, 0), (1, 0), (2, 1))
NOBODY = -1


def world(seed: int) -> PaidIn:
    """Payments among two owners' homes and nine persons' accounts, two of which one person holds;
    persons' payments in begin with them, some others enter, and payments back are returns."""
    draw = random.Random(seed)
    home = dict(HOMES)
    rows, begins, enters, returns, paid_before = [], [], [], [], set()
    for _ in range(60):
        payer, payee = draw.sample(range(-1, ACCOUNTS), 2)
        rows.append((payer, payee, draw.randint(1, 50)))
        into, out_of = home.get(payee, NOBODY), home.get(payer, NOBODY)
        apart = into != out_of
        client = apart and into >= 0 and payer >= 3 and draw.random() < 0.8
        begins.append(into if client else NOBODY)
        enters.append(into if apart and into >= 0 and not client else NOBODY)
        returns.append(out_of if apart and (out_of, held_by(payee)) in paid_before else NOBODY)
        if client:
            paid_before.add((into, held_by(payer)))
    payer, payee, fen = (np.array(column) for column in zip(*rows, strict=True))
    holder = np.array([held_by(account) for account in [*range(ACCOUNTS), -1]])
    return PaidIn(
        Transfers(payer, payee, fen, np.arange(len(rows))),
        Opening(np.array([0, 2]), np.array([1, 2]), np.array([40, 30])), ACCOUNTS, OWNERS,
        np.array(HOMES), np.array(begins), np.array(enters), np.array(returns), holder[payer],
        holder[payee],
    )  # fmt: skip


def held_by(account: int) -> int:
    return 10 if account == 11 else account


def reference(paid: PaidIn, last_first: bool) -> list[int]:
    """Every home is a list of [payer or None, owner or None, fen]."""
    home = dict(HOMES)
    lots: dict[int, list[list[Any]]] = {account: [] for account in home}
    for account, fen in zip(paid.opening.account, paid.opening.amount_fen, strict=True):
        lots[int(account)].append([None, home[int(account)], int(fen)])
    others = [0] * OWNERS
    payers: set[tuple[int, int]] = {
        (int(owner), int(who))
        for owner, who in zip(paid.begins_with, paid.payer, strict=True) if owner >= 0
    }  # fmt: skip
    for row in range(len(paid.transfers)):
        source, target = int(paid.transfers.payer[row]), int(paid.transfers.payee[row])
        left, moved = int(paid.transfers.amount_fen[row]), []
        while source in lots and left and lots[source]:
            lot = lots[source][-1 if last_first else 0]
            part = min(left, lot[2])
            lot[2], left = lot[2] - part, left - part
            moved.append([lot[0], lot[1], part])
            if lot[2] == 0:
                lots[source].remove(lot)
        if left:
            # What is missing comes in now: it is the newest.
            moved.insert(0 if last_first else len(moved), [None, None, left])
        owner, to = int(paid.returns_of[row]), int(paid.payee[row])
        if owner >= 0:
            others[owner] += sum(
                fen for who, whose, fen in moved
                if who is not None and whose == owner and who != to and (owner, to) in payers
            )  # fmt: skip
        if target in lots:
            began = int(paid.begins_with[row])
            if began >= 0:
                moved = [[int(paid.payer[row]), began, int(paid.transfers.amount_fen[row])]]
            elif int(paid.enters[row]) >= 0:
                moved = [[None, int(paid.enters[row]), int(paid.transfers.amount_fen[row])]]
            lots[target] += moved
    return others


@pytest.mark.parametrize("order", ORDERS)
def test_what_others_had_paid_in_is_that_of_a_plain_reference(order: Convention) -> None:
    told_apart = 0
    for seed in range(300):
        paid = world(seed)
        said = returned_from_others(paid)[order].tolist()
        expected = reference(paid, order == "lifo")
        assert said == expected, f"seed {seed}"
        told_apart += sum(expected)
    assert told_apart > 0
