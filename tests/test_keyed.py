"""A table in memory gives the rows of a key as a query with that key would, in their order."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from review.keyed import Keyed

ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), max_size=30)


def test_rows_of_a_key_in_their_order() -> None:
    frame = pl.DataFrame({"party_id": ["P1", "P1", "P2"], "fen": [3, 1, 2]})
    keyed = Keyed(frame, "party_id")
    assert keyed.rows("P1") == [{"fen": 3}, {"fen": 1}]
    assert keyed.rows("P2") == [{"fen": 2}]
    assert keyed.rows("P3") == []
    assert ("P2" in keyed, "P3" in keyed) == (True, False)


@given(ROWS)
def test_it_says_what_a_scan_says(rows: list[tuple[str, int]]) -> None:
    held = sorted(rows)
    schema = {"key": pl.String, "value": pl.Int64}
    keyed = Keyed(pl.DataFrame(held, schema=schema, orient="row"), "key")
    for key in "abcde":
        assert [row["value"] for row in keyed.rows(key)] == [v for k, v in held if k == key]
