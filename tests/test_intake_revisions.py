"""Comparisons of a revision: what it replaces is gone, and its own tables count."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from test_intake import BANK, DAY, SUBMITTER, taken_in

from data.codes import cnaps_with_check, uscc_with_check
from data.contracts import TABLES
from data.home import Home

OTHER = uscc_with_check("91320000710939136")
ELSEWHERE = cnaps_with_check("10230100002")
Row = dict[str, Any]


def entry(number: int, bank: str, direction: str, fen: int, match_no: str = "m1") -> Row:
    return {"bank_no": bank, "account_no": "6001", "entry_no": f"e{number}",
            "booked_at": "2016-06-13 09:00:00", "direction": direction, "amount_fen": fen,
            "match_no": match_no, "channel": "cnaps_beps", "cash": "false"}  # fmt: skip


def clearing(fen: int, match_no: str = "m1") -> Row:
    return {"match_no": match_no, "settled_at": "2016-06-13 09:00:00", "payer_bank_no": BANK,
            "payer_account_no": "6001", "payee_bank_no": ELSEWHERE, "payee_account_no": "6001",
            "amount_fen": fen, "channel": "cnaps_beps", "status": "settled"}  # fmt: skip


def party(number: str) -> Row:
    return {"party_id": number, "kind": "person", "name": number}


def account(party_id: str) -> Row:
    return {"bank_no": BANK, "account_no": "6001", "party_id": party_id, "role": "ordinary",
            "opened_on": "2015-01-01", "status": "active"}  # fmt: skip


def loan(number: str, fen: int) -> Row:
    return {"institution_id": SUBMITTER, "loan_id": number, "borrower_party_id": "A",
            "principal_fen": fen, "annual_rate": "0.12", "published_on": "2016-06-01",
            "due_on": "2016-12-01", "status": "active"}  # fmt: skip


def event(loan_id: str, fen: int) -> Row:
    return {"institution_id": SUBMITTER, "event_no": "1", "loan_id": loan_id, "kind": "disburse",
            "party_id": "A", "amount_fen": fen, "happened_at": "2016-06-13 09:00:00"}  # fmt: skip


def package(place: Path, sequence: int, submitter: str = SUBMITTER, **tables: list[Row]) -> Path:
    """Write a package of CSV files, one for each table."""
    folder = place / f"{submitter}-{DAY:%Y%m%d}-{sequence:08d}"
    folder.mkdir(parents=True)
    files = []
    for table, rows in tables.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        content = text.getvalue().encode()
        (folder / f"{table}.csv").write_bytes(content)
        stated: Row = {"name": f"{table}.csv", "table": table, "rows": len(rows),
                       "sha256": hashlib.sha256(content).hexdigest()}  # fmt: skip
        amount = TABLES[table].amount_column
        if amount is not None:
            stated["amount_total"] = sum(row.get(amount, 0) for row in rows)
        files.append(stated)
    manifest = {"spec": 1, "submitter": submitter, "business_date": DAY.isoformat(),
                "sequence": sequence, "files": files}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def warned(receipt: Row) -> dict[str, tuple[int, str]]:
    """Each rule of a receipt with its count and the particulars of its first place."""
    return {
        found["rule"]: (found["count"], found["examples"][0]["message"].rpartition(" · ")[2])
        for found in receipt["findings"]
    }


OUT, IN = entry(1, BANK, "out", 100), entry(2, ELSEWHERE, "in", 100)
LACKS = {"R-CLEARING-101": (1, f"bank {ELSEWHERE} submitted no entry for m1")}


@pytest.mark.parametrize(
    ("replaced", "revision", "expected"),
    [
        (
            {"clearing": [clearing(999)]},
            {"entry": [OUT, IN], "clearing": [clearing(100)]},
            {},
        ),
        (
            {"entry": [OUT, entry(3, ELSEWHERE, "in", 5, "")]},
            {"entry": [OUT, IN], "clearing": [clearing(100)]},
            {},
        ),
        (
            {"entry": [OUT, IN]},
            {"entry": [OUT, entry(3, ELSEWHERE, "in", 5, "")], "clearing": [clearing(100)]},
            LACKS,
        ),
        (
            {"party": [party("A"), party("B")]},
            {"party": [party("A")], "account": [account("B")]},
            {"R-ACCOUNT-101": (1, "party B is not registered")},
        ),
        (
            {"loan": [loan("L1", 50)]},
            {"loan": [loan("L2", 50)], "loan_event": [event("L1", 51)]},
            {},
        ),
    ],
)  # fmt: skip
def test_a_revision_gets_the_warnings_that_it_would_get_alone(
    tmp_path: Path,
    replaced: dict[str, list[Row]],
    revision: dict[str, list[Row]],
    expected: dict[str, tuple[int, str]],
) -> None:
    home, alone = (Home(tmp_path / name).create() for name in ("home", "alone"))
    second = package(tmp_path, 2, **revision)
    *_, receipt = taken_in(home, package(tmp_path, 1, **replaced), second)
    assert warned(receipt) == expected
    [receipt] = taken_in(alone, second)
    assert warned(receipt) == expected


@pytest.mark.parametrize(
    ("before", "then", "expected"),
    [
        # A table that the second package does not hold still rules.
        ({"clearing": [clearing(999)]}, {"entry": [OUT]},
         {"R-ENTRY-102": (1, "100 here, but 999 in the clearing record or other leg of m1")}),
        ({"party": [party("A")]}, {"account": [account("A")]}, {}),
        ({"party": [party("A")]}, {"account": [account("B")]},
         {"R-ACCOUNT-101": (1, "party B is not registered")}),
        ({"entry": [OUT, entry(3, ELSEWHERE, "in", 5, "")]}, {"clearing": [clearing(100)]}, LACKS),
        ({"loan": [loan("L1", 50)]}, {"loan_event": [event("L1", 51)]},
         {"R-LOAN_EVENT-101": (1, "events of kind disburse add up to 51, more than the principal 50"
                               )}),
    ],
)  # fmt: skip
def test_what_is_not_replaced_still_counts(
    tmp_path: Path,
    before: dict[str, list[Row]],
    then: dict[str, list[Row]],
    expected: dict[str, tuple[int, str]],
) -> None:
    home = Home(tmp_path / "home").create()
    *_, receipt = taken_in(home, package(tmp_path, 1, **before), package(tmp_path, 2, **then))
    assert warned(receipt) == expected


def test_what_others_sent_counts_beside_the_own_tables(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    others = package(tmp_path, 1, OTHER, entry=[IN], party=[party("B")])
    own = package(tmp_path, 1, entry=[OUT], party=[party("A")], account=[account("B")])  # fmt: skip
    taken_in(home, others)
    [receipt] = taken_in(home, own)
    assert warned(receipt) == {}
    revised = package(tmp_path, 2, entry=[entry(1, BANK, "out", 102)])
    [receipt] = taken_in(home, revised)
    assert list(warned(receipt)) == ["R-ENTRY-102"]
