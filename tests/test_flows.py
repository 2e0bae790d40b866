"""The flow that runs several dates goes on past dates without records."""

from __future__ import annotations

from datetime import date

import pytest

import flows
from data.errors import InputError, NoRecordsError


def test_a_backfill_goes_on_past_dates_without_records(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []

    def nightly(day: date, home: str, settings: str | None) -> str:
        ran.append(day.day)
        if day.day == 2:
            raise NoRecordsError("none")
        return f"{day}.duckdb"

    monkeypatch.setattr(flows, "nightly", nightly)
    assert flows.backfill.fn(date(2016, 6, 3), date(2016, 6, 4), "home") == [
        "2016-06-03.duckdb",
        "2016-06-04.duckdb",
    ]
    with pytest.raises(NoRecordsError, match="no accepted records for 2016-06-02; the others"):
        flows.backfill.fn(date(2016, 6, 1), date(2016, 6, 3), "home")
    assert ran == [3, 4, 1, 2, 3]
    with pytest.raises(InputError, match="lies in the future"):
        flows.backfill.fn(date(2016, 6, 1), date(2999, 6, 3), "home")
    assert ran == [3, 4, 1, 2, 3]
