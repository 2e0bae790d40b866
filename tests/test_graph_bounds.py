"""Bounds over all conventions: against every split of the fen, and the flow against NetworkX."""

from __future__ import annotations

import random

import networkx as nx
import numpy as np
import pytest

from graph.bounds import bounds, reach
from graph.max_flow import Network
from graph.tracing import CONVENTIONS, Opening, Transfers, trace

Row = tuple[int, int, int, int]
ACCOUNTS = 5
PAYERS = (0, 1, 1, 2, 2, 3, 4)  # some pay often, so that money mixes and parts again


def flags(*accounts: int) -> np.ndarray:
    mine = np.zeros(ACCOUNTS, dtype=np.bool_)
    mine[list(accounts)] = True
    return mine


def small_world(seed: int, largest: int) -> tuple[list[Row], list[int]]:
    draw = random.Random(seed)
    rows = [
        (draw.choice(PAYERS), draw.randrange(-1, ACCOUNTS), draw.randint(0, largest), time)
        for time in range(draw.randrange(4, 12))
    ]
    return rows, [draw.choice([0, 0, 1, largest]) for _ in range(ACCOUNTS)]


def table(rows: list[Row]) -> Transfers:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Transfers(*(column.copy() for column in columns))


def paid_by(account: int, rows: list[Row]) -> np.ndarray:
    return np.array([payer == account for payer, *_ in rows])


def every_split(rows: list[Row], held: list[int]) -> dict[int, tuple[int, int]]:
    """Least and most at each end over all ways to say which fen of account 0's leave when."""
    states = {((0,) * ACCOUNTS, tuple([0] * (ACCOUNTS + 1)))}
    balance = list(held)
    for payer, payee, amount, _ in rows:
        if payer == payee:
            continue
        fresh = set()
        for marked, gone in states:
            if payer == 0:
                splits = [amount if payee != 0 else 0]
            else:
                unmarked = balance[payer] - marked[payer] + max(amount - balance[payer], 0)
                splits = list(range(max(amount - unmarked, 0), min(marked[payer], amount) + 1))
            for carried in splits:
                lots, ends = list(marked), list(gone)
                if payer != 0:
                    lots[payer] -= carried
                if payee in (-1, 0):
                    ends[payee] += carried
                else:
                    lots[payee] += carried
                fresh.add((tuple(lots), tuple(ends)))
        states = fresh
        balance[payer] = max(balance[payer] - amount, 0)
        if payee >= 0:
            balance[payee] += amount
    found: dict[int, tuple[int, int]] = {}
    for end in range(-1, ACCOUNTS):
        came = [gone[end] + (marked[end] if end > 0 else 0) for marked, gone in states]
        found[end] = (min(came), max(came))
    return {end: pair for end, pair in found.items() if pair[1]}


def test_bounds_equal_those_over_every_split_of_the_fen() -> None:
    spread = 0
    for seed in range(1500):
        rows, held = small_world(seed, 4)
        mine = flags(0)
        opening = np.array(held, dtype=np.int64)
        found = bounds(table(rows), mine, reach(table(rows), mine, paid_by(0, rows), opening))
        said = {
            int(account): (int(lower), int(upper))
            for account, lower, upper in zip(
                found.account, found.lower_fen, found.upper_fen, strict=True
            )
            if upper
        }
        assert said == every_split(rows, held), f"seed {seed}"
        spread += sum(upper > lower for lower, upper in said.values())
    assert spread > 200


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_stays_within_the_bounds(convention: str) -> None:
    for seed in range(200):
        draw = random.Random(seed)
        rows = [
            (draw.randrange(ACCOUNTS), draw.randrange(-1, ACCOUNTS), draw.randint(0, 900), time)
            for time in range(60)
        ]
        transfers, mine = table(rows), flags(0)
        held = np.array([draw.randint(0, 500) for _ in range(ACCOUNTS)], dtype=np.int64)
        found = bounds(transfers, mine, reach(transfers, mine, transfers.payer == 0, held))
        tint = np.where(transfers.payer == 0, 1, -1)
        tint[(transfers.payee == 0)] = np.where(transfers.payer[transfers.payee == 0] == 0, 0, -1)
        traced = trace(
            transfers, tint, accounts=ACCOUNTS, colours=2, convention=convention,  # type: ignore[arg-type]
            opening=Opening.balances(held),
        )  # fmt: skip
        came = traced.held(1, ACCOUNTS)
        carried = traced.carried(1, len(transfers))
        came[0] = carried[(transfers.payee == 0) & (transfers.payer != 0)].sum()
        outside = carried[transfers.payee == -1].sum()
        for account, lower, upper in zip(
            found.account, found.lower_fen, found.upper_fen, strict=True
        ):
            amount = outside if account == -1 else came[account]
            assert lower <= amount <= upper, f"seed {seed}, account {account}"


def test_the_flow_equals_that_of_networkx() -> None:
    for seed in range(300):
        draw = random.Random(seed)
        nodes = draw.randrange(2, 14)
        arcs = [
            (draw.randrange(nodes), draw.randrange(nodes), draw.randrange(10**15))
            for _ in range(draw.randrange(1, 50))
        ]
        graph = nx.DiGraph()
        graph.add_nodes_from(range(nodes))
        for tail, head, capacity in arcs:
            known = graph.get_edge_data(tail, head, {"capacity": 0})["capacity"]
            graph.add_edge(tail, head, capacity=known + capacity)
        expected = nx.maximum_flow_value(graph, 0, nodes - 1)
        for from_sink in (False, True):
            network = Network.of(nodes, *np.array(arcs, dtype=np.int64).T)
            pushed = network.push(0, nodes - 1, from_sink=from_sink)
            assert pushed == expected, f"seed {seed}"


def test_only_the_ends_asked_for_are_bounded() -> None:
    rows: list[Row] = [(0, 2, 5, 1), (1, 2, 5, 2), (2, 3, 6, 3), (2, 4, 4, 4)]
    mine, held = flags(0), np.zeros(ACCOUNTS, dtype=np.int64)
    found = bounds(
        table(rows), mine, reach(table(rows), mine, paid_by(0, rows), held), np.array([4])
    )
    assert (found.account.tolist(), found.lower_fen.tolist(), found.upper_fen.tolist()) == (
        [4], [0], [4],
    )  # fmt: skip
    late = reach(table(rows), mine, paid_by(3, rows), held)
    assert bounds(table(rows), mine, late).account.tolist() == []
