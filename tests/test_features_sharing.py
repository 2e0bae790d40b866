"""What payers and payees have in common, on flows drawn by hand."""

from flow_rows import flow_table

from data.settings import load_settings
from data.store import Database
from pipelines.features.in_time import InTime
from pipelines.features.sharing import measure_sharing

NAMES = ("shared_source_share", "payers_of_one_source", "shared_sink_share", "payees_to_one_sink")


def measured(rows: list[tuple[int, int, int, float]], party: int) -> list[float | None]:
    """The four features of a party, of transfers given as payer, payee, fen and hours."""
    with Database.open(None) as db:
        db.register("feature_transfer", flow_table(rows))
        frame = measure_sharing(InTime.read(db), load_settings().features)
        db.unregister("feature_transfer")
    return list(frame.filter(frame["party_no"] == party).select(NAMES).row(0))


def ring(hours: float = 10, cut: int = 400) -> list[tuple[int, int, int, float]]:
    """0 pays 1, 2 and 3 each 1000 fen, and each hands a cut on to 4, whom 5 pays 800 of its own."""
    paid = [(0, person, 1000, person) for person in (1, 2, 3)]
    cuts = [(person, 4, cut, person + hours) for person in (1, 2, 3)]
    return [*paid, *cuts, (5, 4, 800, 2)]


def test_a_part_of_what_one_party_paid_to_several_is_seen_where_it_gathers() -> None:
    assert measured(ring(), 4) == [0.6, 3, None, 0]
    assert measured(ring(), 0) == [None, 0, 0.4, 3]
    assert measured(ring(), 1) == [0, 0, 0, 0]


def test_two_payers_have_a_source_in_common_by_chance() -> None:
    rows = [row for row in ring() if 3 not in row[:2]]
    assert measured(rows, 4) == [0, 0, None, 0]


def test_what_waited_longer_than_the_limit_or_was_spent_before_is_not_it() -> None:
    assert measured(ring(hours=73), 4) == [0, 0, None, 0]
    spent = [(person, 6, 1000, person + 1.0) for person in (1, 2, 3)]
    assert measured([*ring(), *spent], 4) == [0, 0, None, 0]


def test_the_latest_money_goes_first() -> None:
    later = [(7, person, 900, person + 9.0) for person in (1, 2)]
    assert measured([*ring(), *later], 4) == [0, 0, None, 0]


def test_unknown_accounts_and_money_that_comes_back_share_nothing() -> None:
    unknown = [(-1 if payer == 0 else payer, payee, fen, at) for payer, payee, fen, at in ring()]
    assert measured(unknown, 4) == [0, 0, None, 0]
    back = [(payer, 0 if payee == 4 else payee, fen, at) for payer, payee, fen, at in ring()]
    assert measured(back, 0) == [0, 0, 0, 0]
