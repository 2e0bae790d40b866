from flow_rows import flow_table

from data.settings import load_settings
from data.store import Database
from pipelines.features.shapes import SHAPES, measure_shapes


def counts(rows: list[tuple[int, int, int, int]]) -> dict[str, list[int]]:
    """Counts by party, of transfers given as payer, payee, fen and hours."""
    with Database.open(None) as db:
        db.register("feature_transfer", flow_table(rows))
        frame = measure_shapes(db, load_settings().features)
        db.unregister("feature_transfer")
    assert frame["party_no"].to_list() == list(range(frame.height))
    return {name: values for name in SHAPES if any(values := [int(each) for each in frame[name]])}


def test_a_cycle_of_like_sums_counts_for_each_on_it() -> None:
    rows = [(0, 1, 1000, 0), (1, 2, 990, 5), (2, 0, 950, 9), (3, 0, 70, 1)]
    assert counts(rows) == {"in_cycles": [1, 1, 1, 0]}


def test_a_chain_counts_for_its_ends_too() -> None:
    rows = [(0, 1, 1000, 0), (1, 2, 990, 5), (2, 3, 950, 9), (3, 4, 70, 1)]
    assert counts(rows) == {"in_chains": [1, 1, 1, 1, 0]}


def test_a_cycle_that_takes_too_long_or_keeps_too_much_is_none() -> None:
    late = [(0, 1, 1000, 0), (1, 2, 990, 5), (2, 0, 950, 73)]
    assert counts(late) == {}
    small = [(0, 1, 1000, 0), (1, 2, 990, 5), (2, 0, 890, 9)]
    assert counts(small) == {}


def test_money_split_and_joined_again_counts_in_every_role() -> None:
    rows = [(0, 1, 30, 0), (0, 2, 40, 0), (0, 3, 50, 1), (1, 4, 30, 5), (2, 4, 40, 6), (3, 4, 9, 7)]
    assert counts(rows) == {
        "in_fans_in": [0, 0, 0, 0, 1],
        "in_fans_out": [1, 0, 0, 0, 0],
        "in_scatter_gather": [1, 1, 1, 1, 1],
    }


def test_unknown_accounts_are_in_no_shape() -> None:
    rows = [(0, 1, 1000, 0), (1, -1, 990, 5), (-1, 0, 950, 9), (2, 0, 5, 1)]
    assert counts(rows) == {}


def test_what_a_hub_pays_is_in_no_shape() -> None:
    most = load_settings().features.shape_counterparties
    cycle = [(0, 1, 1000, 0), (1, 2, 990, 5), (2, 0, 950, 9)]
    customers = [(0, 3 + number, 5, 20) for number in range(most)]
    assert "in_cycles" not in counts(cycle + customers)
    assert "in_cycles" in counts(cycle + customers[1:])
