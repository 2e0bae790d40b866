"""Statements of camt.053 as rows of `balance`.

A statement gives one row, on the day of its closing balance. What came in and went out is the
statement's own summary, or the sum of its booked entries where it has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pipelines.intake.camt_entries import MEMBER, no_bank_fault
from pipelines.intake.camt_values import (
    Element,
    Fields,
    Record,
    account_number,
    bank_number,
    exact_fen,
    wall_clock,
)

OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
SENT = ("Stmt", "Acct", "Svcr", "OPBD", "OPBD Ccy", "CLBD", "CLBD Ccy", "CLBD Dt", "TtlCdtNtries",
        "TtlDbtNtries")  # fmt: skip
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "bank_no": "Svcr",
        "account_no": "Acct",
        "balance_date": "CLBD Dt",
        "opening_fen": "OPBD",
        "credit_fen": "TtlCdtNtries",
        "debit_fen": "TtlDbtNtries",
        "closing_fen": "CLBD",
    }
)
CELLS = tuple(COLUMNS)
SIGNS: Mapping[str | None, int] = MappingProxyType({"CRDT": 1, "DBIT": -1})
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "required": "the balance has no amount",
        "unparsable": "the balance must be a decimal such as 1234.50, with CRDT or DBIT",
        "decimals": "the balance is no whole number of fen",
    }
)


def balance_record(
    namespace: str, statement: Element, sums: Mapping[str, int] | None, bank_no: str | None
) -> Record:
    """The row that a `Stmt` gives; `sums` are its booked entries by direction, None if unknown."""
    fields = Fields(statement, namespace, "Ntry")
    member = fields.text(f"Acct/Svcr/{MEMBER}")
    sent: dict[str, str | None] = dict.fromkeys(SENT)
    sent |= {
        "Stmt": fields.text("Id"),
        "Acct": fields.text("Acct/Id/IBAN", "Acct/Id/Othr/Id"),
        "Svcr": member,
    }
    cells = {"bank_no": bank_number(member, bank_no), "account_no": account_number(sent["Acct"])}
    record = Record(cells, sent)
    balances = _balances(Fields(each, namespace) for each in fields.all("Bal"))
    _amount(record, balances, OPENING, "opening_fen")
    _amount(record, balances, CLOSING, "closing_fen")
    _day(record, balances.get("CLBD"))
    for direction, column, element in (
        ("in", "credit_fen", "TtlCdtNtries"), ("out", "debit_fen", "TtlDbtNtries"),
    ):  # fmt: skip
        _sum(record, fields, sums, direction, column, element)
    no_bank_fault(record)
    return record


def _balances(stated: Iterable[Fields]) -> dict[str, Fields]:
    """The first balance of each type."""
    found: dict[str, Fields] = {}
    for balance in stated:
        kind = balance.text("Tp/CdOrPrtry/Cd")
        if kind is not None:
            found.setdefault(kind, balance)
    return found


def _amount(
    record: Record, balances: Mapping[str, Fields], kinds: tuple[str, ...],
    column: str,
) -> None:  # fmt: skip
    shown = kinds[0]
    balance = next((balances[kind] for kind in kinds if kind in balances), None)
    record.cells[column] = None
    if balance is None:
        record.fault(shown, "required", f"the statement has no balance {' or '.join(kinds)}")
        return
    amount = balance.one("Amt")
    record.sent[shown] = balance.text("Amt")
    record.sent[f"{shown} Ccy"] = None if amount is None else amount.get("Ccy")
    fen, wrong = exact_fen(record.sent[shown])
    sign = SIGNS.get(balance.text("CdtDbtInd"))
    if fen is None or sign is None:
        wrong = wrong or "unparsable"
        hides = column == "opening_fen" and wrong != "required"
        record.fault(shown, wrong, MESSAGES[wrong], hides_amount=hides)
    else:
        record.cells[column] = str(sign * fen)
    if record.sent[f"{shown} Ccy"] != "CNY":
        record.fault(f"{shown} Ccy", "currency", "the currency of the balance is not CNY")


def _day(record: Record, closing: Fields | None) -> None:
    day = None if closing is None else closing.text("Dt/Dt")
    moment = None if closing is None else closing.text("Dt/DtTm")
    record.sent["CLBD Dt"] = moment or day
    read = wall_clock(day, moment)
    record.cells["balance_date"] = None if read is None else read[:10]
    if read is None and (moment or day):
        record.fault("CLBD Dt", "unparsable", "the day of the balance must be an ISO date or time")


def _sum(
    record: Record, fields: Fields, sums: Mapping[str, int] | None,
    direction: str, column: str, element: str,
) -> None:  # fmt: skip
    record.sent[element] = stated = fields.text(f"TxsSummry/{element}/Sum")
    if stated is not None:
        fen, wrong = exact_fen(stated)
        record.cells[column] = None if fen is None else str(fen)
        if wrong:
            record.fault(element, wrong, MESSAGES[wrong])
    elif sums is not None:
        record.cells[column] = str(sums[direction])
    else:
        record.cells[column] = None
        message = "the statement has no sum, and an entry's amount cannot be read or is not in CNY"
        record.fault(element, "required", message)
