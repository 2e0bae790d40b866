"""The neighbourhood of accounts: literal graphs, and a limit that says what it left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import pytest

from data.errors import ContractError, NotFoundError
from data.store import Database
from graph.flow import account_number, accounts_of_party, neighbourhood

JUNE = date(2016, 6, 1), date(2016, 6, 30)


@pytest.fixture
def flows() -> Iterator[Database]:
    """Five accounts: 0 pays 1 twice and 2 once, 1 pays 3, 4 pays 0; one payment is returned."""
    with Database.open(None) as db:
        db.execute(
            "accounts",
            "create table account_dim as select i::integer as account_id, 'B' as bank_no, "
            "'A' || i as account_no, 'P' || (i // 2) as party_id, 'ordinary' as role "
            "from range(5) r(i)",
        )
        db.execute(
            "transfers",
            """
            create table transfer as
            select payer_account::integer as payer_account, payee_account::integer as
              payee_account, amount_fen::bigint as amount_fen, booked_at::timestamp as booked_at,
              booked_at::date as business_date, status
            from (values
              (0, 1, 100, timestamp '2016-06-01 09:00:00', 'settled'),
              (0, 1, 50, timestamp '2016-06-02 09:00:00', 'settled'),
              (0, 2, 70, timestamp '2016-06-03 09:00:00', 'settled'),
              (1, 3, 140, timestamp '2016-06-03 10:00:00', 'settled'),
              (4, 0, 200, timestamp '2016-06-01 08:00:00', 'settled'),
              (0, 4, 999, timestamp '2016-06-01 08:30:00', 'returned'),
              (0, 3, 888, timestamp '2016-07-01 08:30:00', 'settled'),
              (0, -1, 777, timestamp '2016-06-05 08:30:00', 'settled')
            ) v(payer_account, payee_account, amount_fen, booked_at, status)
            """,
        )
        yield db


def edges(db: Database, **limits: object) -> list[tuple[int, int, int, int]]:
    found = neighbourhood(db, [0], *JUNE, **limits)  # type: ignore[arg-type]
    rows = found.graph.edges(data=True)
    return sorted((a, b, data["amount_fen"], data["transfers"]) for a, b, data in rows)


@pytest.mark.parametrize(
    ("direction", "hops", "expected"),
    [
        ("uses", 1, [(0, 1, 150, 2), (0, 2, 70, 1)]),
        ("uses", 2, [(0, 1, 150, 2), (0, 2, 70, 1), (1, 3, 140, 1)]),
        ("sources", 2, [(4, 0, 200, 1)]),
        ("both", 1, [(0, 1, 150, 2), (0, 2, 70, 1), (4, 0, 200, 1)]),
    ],
)
def test_edges_by_direction_and_hops(
    flows: Database, direction: str, hops: int, expected: list[tuple[int, int, int, int]]
) -> None:
    assert edges(flows, direction=direction, hops=hops) == expected


def test_nodes_and_edges_say_what_they_are(flows: Database) -> None:
    graph = neighbourhood(flows, [0], *JUNE, direction="uses", hops=1).graph
    assert dict(graph.nodes(data=True))[1] == {
        "distance": 1,
        "bank_no": "B",
        "account_no": "A1",
        "party_id": "P0",
        "role": "ordinary",
    }
    assert graph.edges[0, 1] == {
        "amount_fen": 150,
        "transfers": 2,
        "first_at": datetime(2016, 6, 1, 9),
        "last_at": datetime(2016, 6, 2, 9),
    }


def test_a_limit_keeps_the_largest_edges_and_counts_the_rest(flows: Database) -> None:
    found = neighbourhood(flows, [0], *JUNE, hops=2, maximum_edges=2)
    assert sorted(found.graph.edges) == [(0, 1), (4, 0)]
    assert (found.left_out_edges, found.left_out_fen) == (2, 210)


def test_accounts_by_party_and_by_number(flows: Database) -> None:
    assert accounts_of_party(flows, "P1") == (2, 3)
    assert account_number(flows, "B", "A4") == 4
    with pytest.raises(NotFoundError, match="party P9 has no account"):
        accounts_of_party(flows, "P9")
    with pytest.raises(NotFoundError, match="account B:A9 is not in the warehouse"):
        account_number(flows, "B", "A9")
    with pytest.raises(ContractError, match="unknown direction 'up'; known are sources"):
        neighbourhood(flows, [0], *JUNE, direction="up")  # type: ignore[arg-type]
