"""camt messages that others made; skipped where the data is not beside the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.settings import load_settings
from pipelines.intake.camt_elements import RECORDS
from pipelines.intake.camt_reader import read_camt
from pipelines.intake.findings import Refused
from pipelines.intake.xml_scan import scan
from tests.test_datasets import DATASETS
from tests.test_intake import BANK, check, write

CAMT = DATASETS / "camt"
NAME = "test_data_camt053.{}.xml"


def content(name: str) -> bytes:
    path = CAMT / name
    if not path.exists():
        pytest.skip(f"{path} is absent")
    return path.read_bytes()


def read(place: Path, name: str, table: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of a file, with their lines, and their cells as sent."""
    path = place / name
    path.write_bytes(content(name))
    counted = scan(path, RECORDS, load_settings(None).intake)
    rows, sent = [], []
    for batch in read_camt(path, table, BANK, counted, load_settings(None).intake):
        lines = batch.lines.tolist()
        rows += [{"line": line, **row}
                 for line, row in zip(lines, batch.cells.to_pylist(), strict=True)]  # fmt: skip
        assert batch.origin is not None
        sent += batch.origin.sent.to_pylist()
    return rows, sent


DUTCH = "NL26VAYB8060476890"
PAYER = {"counterparty_account_no": "NL56AGDH9619008421", "counterparty_name": "NAME NAME"}
NOBODY = {"counterparty_account_no": None, "counterparty_name": None}
# Every amount as the file writes it, and what it is to the last decimal.
ENTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "v2.minimal": (
        "8.85",
        {"line": 90, "account_no": DUTCH, "entry_no": "100", "purpose": "4654654654654654",
         **PAYER},
    ),
    "v2.five.decimals": (
        "8.850",
        {"line": 61, "account_no": DUTCH, "entry_no": "000000001",
         "purpose": "Transaction Description", **NOBODY},
    ),
    "v2.all-balance-types": (
        "8.850",
        {"line": 152, "account_no": "CH2801234000123456789", "entry_no": "000000001",
         "purpose": "Transaction Description", **NOBODY},
    ),
    "v4": (
        "8.85",
        {"line": 110, "account_no": DUTCH, "entry_no": "AAAASESS-FP-CN_98765/01",
         "purpose": "4654654654654654", **PAYER},
    ),
}  # fmt: skip
BALANCES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "v2.minimal": (
        {"line": 26, "account_no": DUTCH, "balance_date": "2014-12-31", "opening_fen": "1815",
         "closing_fen": "-2700"},
        {"OPBD": "18.15", "OPBD Ccy": "EUR", "CLBD": "27.00", "CLBD Ccy": "SEK"},
    ),
    "v2.five.decimals": (
        {"line": 25, "account_no": DUTCH, "balance_date": "2014-12-31", "opening_fen": "1815",
         "closing_fen": "2705"},
        {"OPBD": "18.150", "OPBD Ccy": "EUR", "CLBD": "27.050", "CLBD Ccy": "EUR"},
    ),
    "v2.all-balance-types": (
        {"line": 10, "account_no": "CH2801234000123456789", "balance_date": "2015-01-22",
         "opening_fen": "101", "closing_fen": "404"},
        {"OPBD": "1.01", "OPBD Ccy": "EUR", "CLBD": "4.04", "CLBD Ccy": "EUR"},
    ),
    "v4": (
        {"line": 30, "account_no": DUTCH, "balance_date": "2014-12-30", "opening_fen": "1815",
         "closing_fen": "-2700"},
        {"OPBD": "18.15", "OPBD Ccy": "EUR", "CLBD": "27.00", "CLBD Ccy": "SEK"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("file", ENTRIES)
def test_entries_are_read_to_the_last_decimal(tmp_path: Path, file: str) -> None:
    written, row = ENTRIES[file]
    rows, sent = read(tmp_path, NAME.format(file), "entry")
    assert rows == [
        {"bank_no": BANK, "booked_at": "2014-12-31 00:00:00", "direction": "in",
         "amount_fen": "885", "counterparty_bank_no": None, "match_no": None, "channel": "other",
         "cash": "false", "memo": None, **row}
    ]  # fmt: skip
    assert [(each["Amt"], each["Ccy"], each["Sts"]) for each in sent] == [(written, "EUR", "BOOK")]


@pytest.mark.parametrize("file", BALANCES)
def test_balances_are_read_to_the_last_decimal(tmp_path: Path, file: str) -> None:
    row, written = BALANCES[file]
    rows, sent = read(tmp_path, NAME.format(file), "balance")
    # Sums of entries in euro are no sums in fen.
    assert rows == [{"bank_no": BANK, "credit_fen": None, "debit_fen": None, **row}]
    assert {name: sent[0][name] for name in written} == written


@pytest.mark.parametrize("file", ENTRIES)
def test_foreign_money_is_refused_with_the_reason(tmp_path: Path, file: str) -> None:
    sent = content(NAME.format(file))
    package = write(tmp_path, sent, name="s.xml", rows=1, total=885, bank_no=BANK)
    receipt = check(package)
    found = {each["rule"]: each["examples"][0] for each in receipt["findings"]}
    assert receipt["status"] == "rejected"
    assert list(found) == ["R-ENTRY-014", "R-ENTRY-010", "R-BALANCE-014", "R-BALANCE-010"]
    example = found["R-ENTRY-014"]
    assert (example["line"], example["column"], example["value"]) == (
        ENTRIES[file][1]["line"], "Ccy", "EUR"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("file", "closing"), [("v2.five.decimals", 2705), ("v2.all-balance-types", 404)]
)
def test_the_same_messages_in_renminbi_load(tmp_path: Path, file: str, closing: int) -> None:
    sent = content(NAME.format(file)).replace(b'"EUR"', b'"CNY"')
    package = write(tmp_path, sent, name="s.xml", rows=1, total=885, bank_no=BANK)
    receipt = check(package)
    assert receipt["status"] == "accepted_with_warnings"
    assert [(each["table"], each["accepted"]) for each in receipt["tables"]] == [
        ("entry", 1), ("balance", 1)
    ]  # fmt: skip
    # What does not add up in the message is said, not mended.
    unequal = receipt["findings"][0]
    assert (unequal["rule"], unequal["examples"][0]["value"]) == ("R-BALANCE-101", str(closing))


def test_a_message_without_a_statement_is_refused(tmp_path: Path) -> None:
    sent = content(NAME.format("v2.wrong"))
    with pytest.raises(Refused, match="holds no statement"):
        read(tmp_path, NAME.format("v2.wrong"), "entry")
    receipt = check(write(tmp_path, sent, name="s.xml", rows=0, total=0, bank_no=BANK))
    assert (receipt["status"], receipt["findings"][0]["rule"]) == ("rejected", "R-PACKAGE-016")


def test_a_notification_is_refused_by_its_namespace(tmp_path: Path) -> None:
    sent = content("test_data_camt054.v4.xml")
    receipt = check(write(tmp_path, sent, name="s.xml", rows=3, total=0, bank_no=BANK))
    assert receipt["findings"][0]["rule"] == "R-PACKAGE-016"
    message = receipt["findings"][0]["examples"][0]["message"]
    assert "urn:iso:std:iso:20022:tech:xsd:camt.054.001.04" in message


def test_every_file_of_the_folder_is_looked_at() -> None:
    if not CAMT.exists():
        pytest.skip(f"{CAMT} is absent")
    looked_at = {NAME.format(file) for file in (*ENTRIES, "v2.wrong")}
    assert {path.name for path in CAMT.glob("*")} == looked_at | {"test_data_camt054.v4.xml"}
