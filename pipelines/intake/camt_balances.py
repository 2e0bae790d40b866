"""Statements of camt.053 as rows of `balance`.

A statement gives one row, on the day of its closing balance. What came in and went out is the
statement's own summary, or the sum of its booked entries where it has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pipelines.intake.camt_elements import Fields, group
from pipelines.intake.camt_entries import ACCOUNT, MEMBER, SUMMED, account_faults, no_bank_fault
from pipelines.intake.camt_values import (
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
KIND = "Tp/CdOrPrtry/Cd"
SUMS = {name: f"TxsSummry/{name}/Sum" for name in ("TtlCdtNtries", "TtlDbtNtries")}
# The elements that are looked at.
BALANCE = group((KIND, "Amt", "CdtDbtInd", "Dt/Dt", "Dt/DtTm"))
STATEMENT = group(("Id", *SUMS.values()), {"Acct": ACCOUNT, "Bal": BALANCE, "Ntry": SUMMED})
SIGNS: Mapping[str | None, int] = MappingProxyType({"CRDT": 1, "DBIT": -1})
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "required": "the balance has no amount",
        "unparsable": "the balance must be a decimal such as 1234.50, with CRDT or DBIT",
        "decimals": "the balance is no whole number of fen",
    }
)


def balance_record(
    fields: Fields, account: Fields, sums: Mapping[str, int] | None, bank_no: str | None
) -> Record:
    """The row that a `Stmt` gives; `sums` are its booked entries by direction, None if unknown."""
    member = account.text(f"Svcr/{MEMBER}")
    sent: dict[str, str | None] = dict.fromkeys(SENT)
    sent |= {
        "Stmt": fields.text("Id"),
        "Acct": account.text("Id/IBAN", "Id/Othr/Id"),
        "Svcr": member,
    }
    cells = {"bank_no": bank_number(member, bank_no), "account_no": account_number(sent["Acct"])}
    record = Record(cells, sent)
    account_faults(record, account)
    for path, why in fields.unreadable.items():
        column = next((name for name, at in SUMS.items() if at == path), "Stmt")
        record.fault(column, "unparsable", f"{path} {why}")
    balances = _balances(record, fields.all("Bal"))
    _amount(record, balances, OPENING, "opening_fen")
    _amount(record, balances, CLOSING, "closing_fen")
    _day(record, balances.get("CLBD"))
    for direction, column, element in (
        ("in", "credit_fen", "TtlCdtNtries"), ("out", "debit_fen", "TtlDbtNtries"),
    ):  # fmt: skip
        _sum(record, fields, sums, direction, column, element)
    no_bank_fault(record)
    return record


def _balances(record: Record, stated: Iterable[Fields]) -> dict[str, Fields]:
    """The first balance of each type; of those that count, what cannot be read is a fault."""
    found: dict[str, Fields] = {}
    for balance in stated:
        kind = balance.text(KIND)
        if kind is None or kind in (*OPENING, *CLOSING):
            for path, why in balance.unreadable.items():
                column = CLOSING[0] if kind in CLOSING else OPENING[0]
                hides = column == OPENING[0]
                record.fault(column, "unparsable", f"Bal/{path} {why}", hides_amount=hides)
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
    amount = balance.money("Amt")
    record.sent[shown] = None if amount is None else amount.text
    record.sent[f"{shown} Ccy"] = None if amount is None else amount.currency
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
    record.sent[element] = stated = fields.text(SUMS[element])
    if stated is not None:
        fen, wrong = exact_fen(stated)
        record.cells[column] = None if fen is None else str(fen)
        if wrong:
            record.fault(element, wrong, MESSAGES[wrong])
    elif sums is not None:
        record.cells[column] = str(sums[direction])
    else:
        record.cells[column] = None
        message = (
            "the statement has no sum, and an entry's status, direction or amount cannot be read "
            "or is not in CNY"
        )
        record.fault(element, "required", message)
