"""Whatever order packages arrive in, and however often: the same lake, receipts and ledger."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from test_intake import DAY, NOW, SUBMITTER, as_csv, entry, many, taken_in, write

from data.codes import uscc_with_check
from data.control import Control
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit
from pipelines.verify import verify

OTHER = uscc_with_check("91320000710939136")
BEFORE = date(2016, 6, 12)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two submitters and two dates; revisions of which some are rejected, in part or whole."""
    place = tmp_path_factory.mktemp("packages")

    def revision(sequence: int, rows: int, day: date = DAY) -> Path:
        content = as_csv([entry(number) for number in range(1, rows + 1)])
        return write(place, content, sequence=sequence, day=day)

    partly = write(place, many({"amount_fen": "1.5"}), sequence=3, total=10_000)
    wrong = write(place, as_csv([entry(9)]), sequence=5, sha256="0" * 64)
    other = write(
        place, as_csv([entry(7)]), submitter=OTHER, folder=f"{OTHER}-{DAY:%Y%m%d}-00000001"
    )
    return [revision(1, 1), revision(2, 2), partly, revision(4, 3), wrong, other,
            revision(1, 4, BEFORE), revision(2, 5, BEFORE)]  # fmt: skip


def held(home: Home) -> dict[str, bytes]:
    """Every file of the lake and the outbox with its bytes, and the ledger's rows."""
    files = [path for folder in (home.lake, home.outbox) for path in folder.rglob("*")]
    found = {str(p.relative_to(home.path)): p.read_bytes() for p in files if p.is_file()}
    with Control(home) as control:
        rows = sorted((s.package, s.sha256, s.status) for s in control.submissions())
    assert verify(home, load_settings(None), repair=False) == []
    return {**found, "ledger": json.dumps(rows).encode()}


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(8)), again=st.lists(st.integers(0, 7), max_size=4))
def test_any_order_and_any_repetition_end_in_the_same_state(
    packages: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
    order: list[int],
    again: list[int],
) -> None:
    place = tmp_path_factory.mktemp("order")
    calm, home = Home(place / "calm").create(), Home(place / "home").create()
    taken_in(calm, *packages)
    for number in [*order, *again]:
        submit(packages[number], home)
        receive(home, load_settings(None), NOW)
    assert held(home) == held(calm)
    lake = sorted(path.name for path in home.lake.rglob("*.parquet"))
    assert lake == [f"{SUBMITTER}-00000002.parquet", f"{SUBMITTER}-00000004.parquet",
                    f"{OTHER}-00000001.parquet"]  # fmt: skip


def test_a_receipt_says_what_the_package_replaces_also_when_that_comes_later(
    packages: list[Path], tmp_path: Path
) -> None:
    home = Home(tmp_path / "home").create()
    replaced = {}
    for number in (3, 0, 2, 4, 1):
        taken_in(home, packages[number])
        receipts = sorted((home.outbox / SUBMITTER).glob("*.receipt.json"))
        replaced[number] = [
            table["replaced_sequence"]
            for path in receipts
            for table in json.loads(path.read_text("utf-8"))["tables"]
        ]
    assert replaced == {
        3: [None],
        0: [None, 1],
        2: [None, 1, 3],
        4: [None, 1, 3],
        1: [None, 1, 2, 3],
    }
