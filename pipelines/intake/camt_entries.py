"""Entries of camt.053 statements as rows of `entry`.

A booking is one row. One that is a batch, whose transactions carry amounts that add up to it
exactly, is a row for each transaction, so that no counterparty is lost. `CdtDbtInd` is the way the
money went, also where `RvslInd` says that the booking undoes an earlier one: ISO 20022 has a
reversed debit booked as CRDT. The parties of a reversal stand as in the booking that it undoes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipelines.intake.camt_values import (
    Element,
    Fields,
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
# Families and sub-families of bank transaction codes that say more than "other".
CASH_CODES = ("CDPT", "CWDL", "MIXD")
CARD_FAMILIES, CARD_CODES = ("CCRD", "MCRD"), ("POSD", "POSP", "POSC")


def entry_records(
    namespace: str, entry: Element, account: Fields, bank_no: str | None
) -> list[Record]:
    """The rows that an `Ntry` of a statement about an `Acct` gives, at least one."""
    fields = Fields(entry, namespace, TRANSACTION)
    details = [Fields(each, namespace) for each in fields.all(TRANSACTION)]
    record = _head(fields, account, bank_no, len(details))
    one = details[0] if len(details) == 1 else None
    parts = _parts(details, record) if len(details) > 1 and not record.faults else []
    _number(record, one)
    if not parts or record.faults:
        _describe(record, fields, one or Fields(None, namespace))
        return [record]
    return [
        _part(record, fields, detail, fen, number)
        for number, (detail, fen) in enumerate(zip(details, parts, strict=True), start=1)
    ]


def booked(namespace: str, entry: Element) -> tuple[str, int] | None:
    """The direction and the fen of a booked `Ntry`; None when it is not booked.

    Raises:
        ValueError: it is booked, and direction or amount cannot be read.
    """
    fields = Fields(entry, namespace, "NtryDtls")
    if fields.text("Sts/Cd", "Sts") != "BOOK":
        return None
    amount = fields.one("Amt")
    fen, _ = exact_fen(fields.text("Amt"))
    direction = DIRECTIONS.get(fields.text("CdtDbtInd") or "")
    if amount is None or amount.get("Ccy") != "CNY" or fen is None or direction is None:
        raise ValueError
    return direction, fen


def _head(fields: Fields, account: Fields, bank_no: str | None, transactions: int) -> Record:
    """What the entry says of itself."""
    amount = fields.one("Amt")
    status = fields.text("Sts/Cd", "Sts/Prtry", "Sts")
    member = account.text(f"Svcr/{MEMBER}")
    sent = {
        "NtryRef": fields.text("NtryRef"),
        "AcctSvcrRef": fields.text("AcctSvcrRef"),
        "Amt": fields.text("Amt"),
        "Ccy": None if amount is None else amount.get("Ccy"),
        "CdtDbtInd": fields.text("CdtDbtInd"),
        "RvslInd": fields.text("RvslInd"),
        "Sts": status,
        "BookgDt": fields.text("BookgDt/DtTm", "BookgDt/Dt"),
        "TxDtls": str(transactions),
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
    if status in UNBOOKED:
        record.fault("Sts", "not_booked", "only entries whose status is BOOK moved money")
    elif status != "BOOK":
        record.fault("Sts", "unlisted" if status else "required", "the status must be BOOK")
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
        found = detail.one("Amt")
        if found is None:
            found = detail.one("AmtDtls/TxAmt/Amt")
        fen, _ = exact_fen(None if found is None else (found.text or "").strip())
        same_way = detail.text("CdtDbtInd") in (None, record.sent["CdtDbtInd"])
        if found is None or fen is None or found.get("Ccy") != "CNY" or not same_way or fen < 0:
            return []
        parts.append(fen)
    return parts if str(sum(parts)) == record.cells["amount_fen"] else []


def _number(record: Record, one: Fields | None) -> None:
    """Number an entry by the bank's references; where there is none it fails, and is not named."""
    stated = [record.sent[name] for name in ("AcctSvcrRef", "NtryRef")]
    named = iter(()) if one is None else one.texts(*REFERENCES)
    number = "/".join(text for text in stated if text) or next(
        (text for text in named if text != NOT_PROVIDED), None
    )
    record.cells["entry_no"] = number
    if number is None:
        message = "neither NtryRef nor AcctSvcrRef nor Refs of its only transaction names the entry"
        record.fault("NtryRef", "required", message)


def _describe(record: Record, fields: Fields, detail: Fields) -> None:
    """Say with whom, how and what for, as far as the entry or its transaction says it."""
    reversal = FLAGS.get(record.sent["RvslInd"] or "", False)
    incoming = (record.cells["direction"] == "in") != reversal
    role = "Dbtr" if incoming else "Cdtr"
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
