"""What the desk holds of a published file in memory says what the file says."""

import dataclasses
from datetime import datetime

from desk_world import DAY, SETTINGS, finding, outcome, run_key

from data.home import Home
from data.store import Database
from detectors.finding import CannotConclude
from pipelines import report
from pipelines.publish import publish
from review.held import Held


def gap(party: str | None, institution: str | None, text: str) -> CannotConclude:
    """Something that cannot be concluded about a party, an institution, or anybody."""
    return CannotConclude("self_financing", party, institution, ("loan",), (text, text))


def test_each_suspect_is_as_the_file_has_it(home: Home) -> None:
    found = [
        finding("P1", 900_000_00, institution_id="I1",
                accomplices=(("P2", "pool"), ("P3", "pool"))),
        finding("P1", 100_000_00, typology="pledge", transfers=("P1-in",), accomplices=()),
        finding("P5", 50_000_00, accomplices=(("P1", "beneficiary"),), institution_id="I2",
                first_at=datetime(2016, 6, 2)),
    ]  # fmt: skip
    gaps = (
        gap(None, None, "a"), gap("P1", None, "b"), gap("P5", None, "c"), gap(None, "I1", "d"),
        gap(None, "I2", "e"), gap("P9", "I9", "f"), gap(None, "P3", "g"),
    )  # fmt: skip
    drawn = outcome(run_key(DAY), *found, cannot_conclude=gaps)
    drawn = dataclasses.replace(drawn, transfers=drawn.transfers.unique("transfer"))
    drawn = dataclasses.replace(drawn, sources=drawn.sources.unique("transfer"))
    path = publish(home, drawn, SETTINGS.score).path
    with Database.open(path, read_only=True) as db:
        held = Held(db)
        parties = [row["party_id"] for row in report.suspects(db, 100)]
        assert len(parties) >= 4
        shown = {party: report.suspect(held, party) for party in parties}
        assert shown == {party: report.suspect(db, party) for party in parties}
        told = {party: [g["text"]["en"] for g in facts["cannot_conclude"]]
                for party, facts in shown.items()}  # fmt: skip
        assert told["P5"] == ["a", "c", "e"] and "g" in told["P3"] and "f" not in told["P1"]
        assert any(len(facts["findings"]) == 3 for facts in shown.values())
        rows = db.frame("sources", "select distinct transfer, side from evidence_source")
        assert {(t, side) for t, sides in held.sides.items() for side in sides} == set(rows.rows())
        assert not rows.is_empty()
