"""`lookthrough trace`: whole answers from ten rows, and what the warehouse gives it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from data.errors import InputError, NotFoundError
from data.home import Home
from data.settings import Trace as Limits
from data.store import Database
from graph.tracing import Transfers
from pipelines import trail_facts, trail_text
from pipelines.money_trail import Answer, Question, Records, answer, read_records
from pipelines.origins import Origins, held_by_origin, trace_origins

LIMITS = Limits(bound_transfers=1000, path_parts=1000)
QUESTION = Question(None, None, "I1", None, None, "uses", "fifo", 50)
HOUR = 3_600_000_000
# Custody 0 pays the platform 1, which has money of its own and pays 2; 2 draws cash and pays back.
ROWS = [
    ("a", 0, 1, 1000, 1), ("b", 1, 2, 900, 3), ("c", 2, -1, 300, 3), ("d", 2, 0, 200, 4),
    ("e", 3, 0, 70, 5),
]  # fmt: skip
HELD = [5000, 500, 0, 50]


def records() -> Records:
    refs, *columns = zip(*ROWS, strict=True)
    payer, payee, amount, hour = (np.array(column) for column in columns)
    accounts = pl.DataFrame(
        {
            "account_id": [0, 1, 2, 3],
            "account": ["B:0", "B:1", "B:2", "C:3"],
            "party_id": ["P0", "P0", "P2", None],
            "role": ["client_custody", "own_funds", "ordinary", "external"],
            "institution_id": ["I1", "I1", None, None],
        }
    )
    origins = Origins(
        (("unknown", None), ("opening", None), ("client_money", "I1"), ("own_funds", "I1")),
        np.array([-1, -1, -1, 2, 2], dtype=np.int32),
        np.array([2, 3, 1, 1], dtype=np.int32),
    )
    return Records(
        pl.Series(refs), Transfers(payer, payee, amount, hour * HOUR), accounts, np.array(HELD),
        origins,
    )  # fmt: skip


def asked(limits: Limits = LIMITS, **changed: object) -> Answer:
    return answer(records(), replace(QUESTION, **changed), limits)  # type: ignore[arg-type]


def test_uses_as_json_in_full() -> None:
    assert trail_facts.facts(asked()) == {
        "convention": "fifo",
        "direction": "uses",
        "total_fen": 1000,
        "tie_dependent_fen": 0,
        "nodes": [
            {"account": "B:0", "party_id": "P0", "role": "client_custody", "asked": True},
            {"account": "B:1", "party_id": "P0", "role": "own_funds", "asked": False},
            {"account": "B:2", "party_id": "P2", "role": "ordinary", "asked": False},
        ],
        "flows": [
            {
                "from": "B:0", "to": "B:1", "amount_fen": 1000,
                "first_at": "1970-01-01T01:00:00", "last_at": "1970-01-01T01:00:00",
                "transfers": ["a"], "share": 1.0, "mean_delay_seconds": None,
            },
            {
                "from": "B:1", "to": "B:2", "amount_fen": 400,
                "first_at": "1970-01-01T03:00:00", "last_at": "1970-01-01T03:00:00",
                "transfers": ["b"], "share": 0.4, "mean_delay_seconds": 7200,
            },
        ],
        "ends": [
            {
                "account": "B:1", "party_id": "P0", "kind": "held", "amount_fen": 600,
                "lower_fen": 100, "upper_fen": 600,
            },
            {
                "account": "B:2", "party_id": "P2", "kind": "held", "amount_fen": 400,
                "lower_fen": 0, "upper_fen": 400,
            },
        ],
        "holdings": [{"kind": "client_money", "institution_id": "I1", "amount_fen": 4270}],
        "truncated": None,
    }  # fmt: skip


def ends(found: Answer) -> list[tuple[str | None, str, int, int | None, int | None]]:
    return [
        (end["account"], end["kind"], end["amount_fen"], end["lower_fen"], end["upper_fen"])
        for end in trail_facts.facts(found)["ends"]
    ]


def test_the_conventions_differ_within_the_bounds() -> None:
    assert ends(asked(convention="lifo")) == [
        ("B:2", "held", 400, 0, 400), (None, "outside", 300, 0, 300),
        ("B:0", "returned", 200, 0, 200), ("B:1", "held", 100, 100, 600),
    ]  # fmt: skip
    assert sum(end[2] for end in ends(asked(convention="prorata"))) == 1000


def test_sources_name_opening_balances_and_what_is_unknown() -> None:
    found = asked(direction="sources", convention="lifo")
    assert trail_facts.facts(found)["total_fen"] == 270
    assert ends(found) == [
        ("B:0", "returned", 200, 0, 200),
        ("C:3", "opening", 50, 50, 50),
        ("C:3", "unknown", 20, 20, 20),
    ]
    paths, cut = trail_facts.paths(found)
    assert cut is None
    assert [
        (path["amount_fen"], [(hop["transfer"], hop["delay_seconds"]) for hop in path["hops"]])
        for path in paths
    ] == [
        (200, [("d", None), ("b", 3600), ("a", 7200)]),
        (50, [("e", None)]),
        (20, [("e", None), (None, 0)]),
    ]


def test_dates_choose_the_asked_accounts_own_payments() -> None:
    none = asked(first=date(1970, 1, 2))
    assert (trail_facts.facts(none)["total_fen"], ends(none)) == (0, [])
    assert trail_facts.facts(asked(last=date(1970, 1, 1)))["total_fen"] == 1000


def test_what_a_limit_cuts_is_said_with_its_amount() -> None:
    facts = trail_facts.facts(asked(convention="lifo", limit=1))
    assert facts["truncated"] == {"flows": 3, "flows_fen": 1400, "ends": 3, "ends_fen": 600}
    assert "3 more ends with 6.00 yuan are not shown" in trail_text.table(facts, False)
    few = asked(Limits(bound_transfers=1, path_parts=1))
    facts = trail_facts.facts(few)
    assert facts["truncated"] == {
        "parts_fen": 400,
        "bounds": "left out: more than 1 transfers are in reach",
    }
    assert [end["lower_fen"] for end in facts["ends"]] == [None, None]
    said = "transfers carried 4.00 yuan more than was parted into paths"
    assert said in trail_text.table(facts, False)
    paths, cut = trail_facts.paths(few)
    assert (len(paths), cut) == (1, {"parts_fen": 400})
    assert said in trail_text.listed(facts, paths, cut, False)
    paths, cut = trail_facts.paths(asked(limit=1))
    assert cut is not None and cut["paths_fen"] + paths[0]["amount_fen"] == 1000
    assert "1 more paths with 4.00 yuan are not shown" in trail_text.listed(
        facts, paths, cut, False
    )


def test_the_last_day_that_there_is_may_be_asked_for() -> None:
    found = asked(last=date.max)
    assert (found.trail.total_fen, found.trail.end_fen.tolist()) == (1000, [600, 400])


@pytest.mark.parametrize(("zh", "said"), [(True, "后进先出"), (False, "last in first out")])
def test_tables_and_paths_in_both_languages(zh: bool, said: str) -> None:
    found = asked(convention="lifo")
    facts = trail_facts.facts(found)
    table = trail_text.table(facts, zh)
    text = trail_text.listed(facts, *trail_facts.paths(found), zh)
    for shown in (table, text):
        assert said in shown
        assert all(name in shown for name in ("B:0", "B:1", "B:2"))
        assert ("3.00 元 取决于" if zh else "3.00 yuan of it depends on the order") in shown
    hop = "1970-01-01T03:00:00  B:1 → B:2  9.00 yuan (44.4%)  +2.0 h  b"
    assert zh or hop in text


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"party": "P0"}, InputError, "name one of --account"),
        ({"institution": None}, InputError, "name one of --account"),
        ({"institution": "I2"}, NotFoundError, "no account in the warehouse for --institution I2"),
        ({"institution": None, "account": "7"}, InputError, "write it as BANK:NO"),
        ({"first": date(2016, 2, 2), "last": date(2016, 1, 1)}, InputError, "exchange them"),
    ],
)
def test_what_cannot_be_asked(
    changed: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        asked(**changed)  # type: ignore[arg-type]


def test_a_party_is_all_its_accounts_and_an_account_one() -> None:
    assert asked(institution=None, party="P0").trail.asked.tolist() == [True, True, False, False]
    assert asked(institution=None, account="C:3").trail.asked.tolist() == [False] * 3 + [True]


def test_records_are_read_in_order_with_the_balances_that_are_known(home: Home) -> None:
    day = [date(2016, 6, number) for number in range(1, 5)]
    transfers = pl.DataFrame(
        {
            "transfer_no": [2, 1, 3, 4],
            "ref": ["y", "x", "gone", "late"],
            "booked_at": [datetime(2016, 6, n, 9) for n in (2, 1, 2, 4)],
            "business_date": [day[1], day[0], day[1], day[3]],
            "payer_account": [1, 0, 0, 0],
            "payee_account": [2, 1, 1, 1],
            "amount_fen": [7, 9, 9, 9],
            "status": ["settled", "settled", "reversed", "settled"],
        }
    )
    accounts = pl.DataFrame(
        {
            "account_id": [0, 1, 2], "bank_no": ["B"] * 3, "account_no": ["0", "1", "2"],
            "party_id": ["P"] * 3, "role": ["ordinary"] * 3, "institution_id": [""] * 3,
        }
    )  # fmt: skip
    # Account 1 moved before its first statement: its opening balance is not known.
    accounts = accounts.with_columns(
        role=pl.Series(["ordinary", "client_custody", "own_funds"]),
        institution_id=pl.Series([None, "I", "I"]),
    )
    transfers = transfers.with_columns(
        out_entry=pl.Series(["B:1:7", "B:0:1", None, None]), in_entry=pl.lit(None, pl.String)
    )
    events = pl.DataFrame(
        {
            "institution_id": ["I", "I"], "kind": ["fee", "repay_interest"], "bank_no": ["B", "B"],
            "account_no": ["1", "0"], "entry_no": ["7", "1"],
        }
    )  # fmt: skip
    balances = pl.DataFrame(
        {
            "bank_no": ["B"] * 4, "account_no": ["0", "0", "1", "2"],
            "balance_date": [day[0], day[1], day[1], day[2]],
            "opening_fen": [50, 41, 9, 7],
        }
    )  # fmt: skip
    with Database.open(home.warehouse) as db:
        for name, frame in (
            ("transfer", transfers), ("account_dim", accounts), ("balance", balances),
            ("loan_event", events),
        ):  # fmt: skip
            db.register("given", frame.to_arrow())
            db.execute(name, f"create table {name} as select * from given")
            db.unregister("given")
    found = read_records(home, day[2])
    assert found.refs.to_list() == ["x", "y"]
    assert found.transfers.amount_fen.tolist() == [9, 7]
    assert found.held_fen.tolist() == [50, 0, 0]
    # What comes into custody is clients' money; a fee makes it the institution's own.
    client, own = ("client_money", "I"), ("own_funds", "I")
    assert found.origins.colours == (("unknown", None), ("opening", None), client, own)
    assert found.origins.tint.tolist() == [2, 3]
    assert found.origins.opening_colour.tolist() == [1, 2, 3]
    traced = trace_origins(found.transfers, found.held_fen, found.origins, "lifo")
    assert [held_by_origin(traced, found.origins, np.array([n])) for n in range(3)] == [
        [("opening", None, 41)], [(*client, 2)], [(*own, 7)],
    ]  # fmt: skip
    with pytest.raises(NotFoundError, match="run a night"):
        read_records(Home(home.path / "other"), day[2])
