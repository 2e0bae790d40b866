"""The neighbourhood of accounts in the flow of money, as a NetworkX graph small enough to look at.

Nodes are account numbers with `bank_no`, `account_no`, `party_id`, `role` and `distance` (hops from
the start); an edge is all settled transfers of one payer to one payee within the dates, with
`amount_fen`, `transfers`, `first_at` and `last_at`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import networkx as nx
import polars as pl

from data.errors import ContractError, NotFoundError
from data.store import Database

Direction = Literal["sources", "uses", "both"]

EDGES = """
select t.payer_account as payer, t.payee_account as payee,
  sum(t.amount_fen)::bigint as amount_fen, count(*) as transfers,
  min(t.booked_at) as first_at, max(t.booked_at) as last_at
from transfer t
semi join frontier f on f.account = t.payer_account
where t.status = 'settled' and t.payee_account >= 0 and t.payer_account <> t.payee_account
  and t.business_date between $first and $last
group by t.payer_account, t.payee_account
"""
# The same with payer and payee exchanged in the condition: what came to the frontier.
EDGES_IN = EDGES.replace("f.account = t.payer_account", "f.account = t.payee_account").replace(
    "t.payee_account >= 0", "t.payer_account >= 0"
)
NODES = """
select a.account_id, a.bank_no, a.account_no, a.party_id, a.role
from account_dim a
semi join frontier f on f.account = a.account_id
order by a.account_id
"""
ACCOUNTS_OF = """
select a.account_id from account_dim a where a.party_id = $party order by a.account_id
"""
ACCOUNT = """
select a.account_id from account_dim a where a.bank_no = $bank and a.account_no = $number
"""


@dataclass(frozen=True)
class Neighbourhood:
    """A graph, and what its limit left out: edges and their fen (0 and 0: nothing)."""

    graph: nx.DiGraph
    left_out_edges: int
    left_out_fen: int


def accounts_of_party(db: Database, party_id: str) -> tuple[int, ...]:
    """The numbers of a party's accounts.

    Raises:
        NotFoundError: the party has no account.
    """
    found = tuple(row[0] for row in db.rows("accounts of party", ACCOUNTS_OF, {"party": party_id}))
    if not found:
        raise NotFoundError(f"party {party_id} has no account in the warehouse")
    return found


def account_number(db: Database, bank_no: str, account_no: str) -> int:
    """The number of one account.

    Raises:
        NotFoundError: no record names the account.
    """
    found = db.rows("account", ACCOUNT, {"bank": bank_no, "number": account_no})
    if not found:
        raise NotFoundError(f"account {bank_no}:{account_no} is not in the warehouse")
    return int(found[0][0])


def neighbourhood(
    db: Database,
    accounts: Collection[int],
    first: date,
    last: date,
    *,
    direction: Direction = "both",
    hops: int = 2,
    maximum_edges: int = 500,
) -> Neighbourhood:
    """Gather the flow around accounts, hop by hop; a hop's largest edges come first.

    Each hop takes edges, by amount and then by numbers, until `maximum_edges` stand in the graph;
    what did not fit is counted, and accounts behind it are not visited.

    Raises:
        ContractError: an unknown direction.
    """
    if direction not in ("sources", "uses", "both"):
        raise ContractError(f"unknown direction {direction!r}; known are sources, uses, both")
    graph = nx.DiGraph()
    graph.add_nodes_from(sorted(accounts), distance=0)
    left_out_edges = left_out_fen = 0
    frontier = sorted(accounts)
    for distance in range(1, hops + 1):
        if not frontier:
            break
        edges = _edges(db, frontier, first, last, direction)
        fresh = [edge for edge in edges if not graph.has_edge(edge["payer"], edge["payee"])]
        room = max(maximum_edges - graph.number_of_edges(), 0)
        left_out_edges += len(fresh[room:])
        left_out_fen += sum(edge["amount_fen"] for edge in fresh[room:])
        frontier = []
        for edge in fresh[:room]:
            payer, payee = edge.pop("payer"), edge.pop("payee")
            for account in (payer, payee):
                if account not in graph:
                    graph.add_node(account, distance=distance)
                    frontier.append(account)
            graph.add_edge(payer, payee, **edge)
    _describe(db, graph)
    return Neighbourhood(graph, left_out_edges, left_out_fen)


def _edges(
    db: Database, frontier: list[int], first: date, last: date, direction: Direction
) -> list[dict[str, Any]]:
    """The edges at a frontier, each once, largest first."""
    wanted = {"sources": (EDGES_IN,), "uses": (EDGES,), "both": (EDGES, EDGES_IN)}[direction]
    dates = {"first": first, "last": last}
    db.register("frontier", pl.DataFrame({"account": frontier}).to_arrow())
    found = pl.concat([db.frame("flow edges", sql, dates) for sql in wanted])
    db.unregister("frontier")
    ordered = found.unique(["payer", "payee"]).sort(
        ["amount_fen", "payer", "payee"], descending=[True, False, False]
    )
    return ordered.to_dicts()


def _describe(db: Database, graph: nx.DiGraph) -> None:
    db.register("frontier", pl.DataFrame({"account": sorted(graph)}).to_arrow())
    for account, bank_no, account_no, party_id, role in db.rows("flow nodes", NODES):
        graph.add_node(
            account, bank_no=bank_no, account_no=account_no, party_id=party_id, role=role
        )
    db.unregister("frontier")
