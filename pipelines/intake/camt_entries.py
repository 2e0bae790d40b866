"""Entries of camt.053 statements as rows of `entry`.

A booking is one row. One that is a batch, whose transactions carry amounts that add up to it
exactly, is a row for each transaction, so that no counterparty is lost. `CdtDbtInd` is the way the
money went, also where `RvslInd` says that the booking undoes an earlier one: ISO 20022 has a
reversed debit booked as CRDT. The parties of a reversal stand as in the booking that it undoes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pipelines.intake.camt_elements import Fields, group
from pipelines.intake.camt_values import (
    Record,
    account_number,
    bank_number,
    exact_fen,
    wall_clock,
)

DIRECTIONS: Mapping[str, str] = MappingProxyType({"CRDT": "in", "DBIT": "out"})
FLAGS: Mapping[str, bool] = MappingProxyType({"true": True, "1": True, "false": False, "0": False})
UNBOOKED = ("PDNG", "INFO", "FUTR")
NOT_PROVIDED = "NOTPROVIDED"
TRANSACTION = "NtryDtls/TxDtls"
AMOUNT_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "required": "the entry has no amount",
        "unparsable": "the amount must be a decimal such as 1234.50",
        "decimals": "the amount is no whole number of fen",
    }
)
# Cells as sent, by which rejected rows are known, and what each becomes.
SENT = ("NtryRef", "AcctSvcrRef", "Amt", "Ccy", "CdtDbtInd", "RvslInd", "Sts", "BookgDt", "TxDtls",
        "Acct", "Svcr")  # fmt: skip
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "bank_no": "Svcr",
        "account_no": "Acct",
        "entry_no": "NtryRef",
        "booked_at": "BookgDt",
        "direction": "CdtDbtInd",
        "amount_fen": "Amt",
    }
)
CELLS = (*COLUMNS, "counterparty_bank_no", "counterparty_account_no", "counterparty_name",
         "match_no", "channel", "cash", "purpose", "memo")  # fmt: skip
REFERENCES = ("Refs/AcctSvcrRef", "Refs/TxId", "Refs/ClrSysRef", "Refs/Prtry/Ref", "Refs/InstrId",
              "Refs/EndToEndId")  # fmt: skip
MEMBER = "FinInstnId/ClrSysMmbId/MmbId"
ROLES = ("Dbtr", "Cdtr")
STATUS = ("Sts/Cd", "Sts/Prtry", "Sts")
# The elements that are looked at: of an account, a transaction, an entry, and an entry for its sum.
ACCOUNT = group(("Id/IBAN", "Id/Othr/Id", f"Svcr/{MEMBER}"))
DETAILS = group(
    ("Amt", "AmtDtls/TxAmt/Amt", "CdtDbtInd"),
    often=(
        *REFERENCES, "AddtlTxInf", "RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref",
        *(f"RltdPties/{role}{path}" for role in ROLES
          for path in ("/Nm", "/Pty/Nm", "Acct/Id/IBAN", "Acct/Id/Othr/Id")),
        *(f"RltdAgts/{role}Agt/{MEMBER}" for role in ROLES),
    ),
)  # fmt: skip
BOOKED = ("Amt", "CdtDbtInd", *STATUS)
SUMMED = group(BOOKED)
ENTRY = group(
    (*BOOKED, "NtryRef", "AcctSvcrRef", "RvslInd", "BookgDt/Dt", "BookgDt/DtTm",
     "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd"),
    {TRANSACTION: DETAILS},
    often=("AddtlNtryInf",),
)  # fmt: skip
NOBODY = Fields(DETAILS)
# What parts an entry's references from each other, and signs that would look like it within one.
JOINT, LIKE_JOINT = "|", re.compile(r"[\\|#]")
# Families and sub-families of bank transaction codes that say more than "other".
CASH_CODES = ("CDPT", "CWDL", "MIXD")
CARD_FAMILIES, CARD_CODES = ("CCRD", "MCRD"), ("POSD", "POSP", "POSC")


def entry_records(fields: Fields, account: Fields, bank_no: str | None) -> Iterator[Record]:
    """Yield the rows that an `Ntry` of a statement about an `Acct` gives, at least one."""
    details = fields.all(TRANSACTION)
    record = _head(fields, account, bank_no, details)
    one = details[0] if len(details) == 1 else None
    parts = _parts(details, record) if len(details) > 1 and not record.faults else []
    _number(record, one)
    if not parts or record.faults:
        _describe(record, fields, one or NOBODY)
        yield record
        return
    for number, (detail, fen) in enumerate(zip(details, parts, strict=True), start=1):
        yield _part(record, fields, detail, fen, number)


def booked(fields: Fields) -> tuple[str, int] | None:
    """The direction and the fen of a booked `Ntry`; None when it is not booked.

    Raises:
        ValueError: its status, or the direction or amount of one that is booked, cannot be read.
    """
    _, wrong = status(fields)
    if wrong == "not_booked":
        return None
    amount = fields.money("Amt")
    fen, _ = exact_fen(None if amount is None else amount.text)
    direction = DIRECTIONS.get(fields.text("CdtDbtInd") or "")
    if wrong or amount is None or amount.currency != "CNY" or fen is None or fen < 0:
        raise ValueError
    if direction is None or not fields.unreadable.keys().isdisjoint(BOOKED):
        raise ValueError
    return direction, fen


def status(fields: Fields) -> tuple[str | None, str]:
    """The status of an `Ntry` as sent, and the rule that keeps it out; none where it is booked."""
    said = fields.text(*STATUS)
    if not fields.unreadable.keys().isdisjoint(STATUS):
        return said, "unparsable"
    if said == "BOOK":
        return said, ""
    return said, "not_booked" if said in UNBOOKED else "unlisted" if said else "required"


def _head(fields: Fields, account: Fields, bank_no: str | None, details: list[Fields]) -> Record:
    """What the entry says of itself."""
    amount = fields.money("Amt")
    stated, unbooked = status(fields)
    member = account.text(f"Svcr/{MEMBER}")
    sent = {
        "NtryRef": fields.text("NtryRef"),
        "AcctSvcrRef": fields.text("AcctSvcrRef"),
        "Amt": None if amount is None else amount.text,
        "Ccy": None if amount is None else amount.currency,
        "CdtDbtInd": fields.text("CdtDbtInd"),
        "RvslInd": fields.text("RvslInd"),
        "Sts": stated,
        "BookgDt": fields.text("BookgDt/DtTm", "BookgDt/Dt"),
        "TxDtls": str(len(details)),
        "Acct": account.text("Id/IBAN", "Id/Othr/Id"),
        "Svcr": member,
    }
    fen, wrong = exact_fen(sent["Amt"])
    cells: dict[str, str | None] = {
        "bank_no": bank_number(member, bank_no),
        "account_no": account_number(sent["Acct"]),
        "booked_at": wall_clock(fields.text("BookgDt/Dt"),
                                fields.text("BookgDt/DtTm")),
        "direction": DIRECTIONS.get(sent["CdtDbtInd"] or ""),
        "amount_fen": None if fen is None else str(fen),
    }  # fmt: skip
    record = Record(cells, sent)
    _unreadable(record, fields, account, details)
    if unbooked == "not_booked":
        record.fault("Sts", unbooked, "only entries whose status is BOOK moved money")
    elif unbooked:
        record.fault("Sts", unbooked, "the status must be BOOK")
    if wrong:
        record.fault("Amt", wrong, AMOUNT_MESSAGES[wrong], hides_amount=wrong != "required")
    elif fen is not None and fen < 0:
        record.fault("Amt", "negative", "the sign is no part of an amount")
    if sent["Ccy"] != "CNY":
        record.fault("Ccy", "currency", "the currency of the amount is not CNY")
    no_bank_fault(record)
    if sent["CdtDbtInd"] is not None and cells["direction"] is None:
        record.fault("CdtDbtInd", "unlisted", "CdtDbtInd must be CRDT or DBIT")
    if sent["RvslInd"] is not None and sent["RvslInd"] not in FLAGS:
        record.fault("RvslInd", "unparsable", "RvslInd must be true or false")
    if sent["BookgDt"] is not None and cells["booked_at"] is None:
        record.fault("BookgDt", "unparsable", "BookgDt must be an ISO date or time")
    return record


def _unreadable(record: Record, fields: Fields, account: Fields, details: list[Fields]) -> None:
    """Say of an entry which of its elements cannot be read."""
    for path, why in fields.unreadable.items():
        first = path.split("/")[0]
        column = first if first in SENT else path
        record.fault(column, "unparsable", f"{path} {why}", hides_amount=path == "Amt")
    account_faults(record, account)
    for detail in details:
        for path, why in detail.unreadable.items():
            record.fault("TxDtls", "unparsable", f"TxDtls/{path} {why}")


def account_faults(record: Record, account: Fields) -> None:
    """Say of a record which elements of its statement's account cannot be read."""
    for path, why in account.unreadable.items():
        column = "Svcr" if path.startswith("Svcr/") else "Acct"
        record.fault(column, "unparsable", f"Acct/{path} {why}")


def no_bank_fault(record: Record) -> None:
    """Say of a record without a bank number that nothing gives one."""
    if record.cells["bank_no"] is None:
        message = (
            'neither Acct/Svcr/FinInstnId/ClrSysMmbId/MmbId nor "bank_no" in the manifest is a '
            "12-digit bank number"
        )
        record.fault("Svcr", "no_bank", message)


def _parts(details: list[Fields], record: Record) -> list[int]:
    """The fen of each transaction of a batch that adds up to its entry; nothing otherwise."""
    parts = []
    for detail in details:
        found = detail.money("Amt") or detail.money("AmtDtls/TxAmt/Amt")
        fen, _ = exact_fen(None if found is None else found.text)
        same_way = detail.text("CdtDbtInd") in (None, record.sent["CdtDbtInd"])
        if found is None or fen is None or found.currency != "CNY" or not same_way or fen < 0:
            return []
        parts.append(fen)
    return parts if str(sum(parts)) == record.cells["amount_fen"] else []


def _number(record: Record, one: Fields | None) -> None:
    """Number an entry by the bank's references; where there is none it fails, and is not named.

    References that differ give numbers that differ, also where one ends as another goes on.
    """
    stated = [record.sent[name] for name in ("AcctSvcrRef", "NtryRef")]
    named = iter(()) if one is None else one.texts(*REFERENCES)
    found = [text for text in stated if text] or [text for text in named if text != NOT_PROVIDED][
        :1
    ]
    plain = (LIKE_JOINT.sub(r"\\\g<0>", text) for text in found)
    record.cells["entry_no"] = JOINT.join(plain) or None
    if not found:
        message = "neither NtryRef nor AcctSvcrRef nor Refs of its only transaction names the entry"
        record.fault("NtryRef", "required", message)


def _describe(record: Record, fields: Fields, detail: Fields) -> None:
    """Say with whom, how and what for, as far as the entry or its transaction says it."""
    reversal = FLAGS.get(record.sent["RvslInd"] or "", False)
    incoming = (record.cells["direction"] == "in") != reversal
    role = ROLES[0] if incoming else ROLES[1]
    family = fields.text("BkTxCd/Domn/Fmly/Cd")
    code = fields.text("BkTxCd/Domn/Fmly/SubFmlyCd")
    cash = code in CASH_CODES
    card = family in CARD_FAMILIES and code in CARD_CODES
    said = [detail.text("AddtlTxInf"), fields.text("AddtlNtryInf")]
    memo = " ".join(text for text in ["冲正" if reversal else None, *said] if text)
    record.cells |= {
        "counterparty_name": detail.text(f"RltdPties/{role}/Nm", f"RltdPties/{role}/Pty/Nm"),
        "counterparty_account_no": account_number(
            detail.text(f"RltdPties/{role}Acct/Id/IBAN", f"RltdPties/{role}Acct/Id/Othr/Id")
        ),
        "counterparty_bank_no": bank_number(detail.text(f"RltdAgts/{role}Agt/{MEMBER}")),
        "match_no": detail.text("Refs/ClrSysRef"),
        "channel": "cash" if cash else "pos" if card else "other",
        "cash": "true" if cash else "false",
        "purpose": " ".join(detail.texts("RmtInf/Ustrd"))
        or detail.text("RmtInf/Strd/CdtrRefInf/Ref"),
        "memo": memo or None,
    }


def _part(whole: Record, fields: Fields, detail: Fields, fen: int, number: int) -> Record:
    """A transaction of a batch, numbered by its place in it."""
    named = f"{whole.cells['entry_no']}#{number}"
    cells = {**whole.cells, "amount_fen": str(fen), "entry_no": named}
    record = Record(cells, {**whole.sent, "TxDtls": f"{number} of {whole.sent['TxDtls']}"})
    _describe(record, fields, detail)
    return record
