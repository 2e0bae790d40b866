"""Clean rows of a business date that agree with each other, and with the day before.

Entry ``i`` and clearing record ``i`` carry match number ``M<i>``, and bank B has the other leg.
Accounts from ``rows / 2`` on have both entries and balances; so an entry before can be rejected, or
changed, without a balance noticing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.reference.tables import tables
from benchmarks.reference.values import USCC, is_cnaps

DAY = date(2016, 6, 13)
BEFORE = DAY - timedelta(days=1)
Row = dict[str, str]


def uscc(first: str) -> str:
    """Seventeen signs with their check sign."""
    total = sum(USCC.index(sign) * pow(3, place, 31) for place, sign in enumerate(first))
    return first + USCC[-total % 31]


def cnaps(first: str) -> str:
    """Eleven digits with their check digit."""
    return next(first + last for last in "0123456789" if is_cnaps(first + last))


BANK_A, BANK_B = cnaps("10230100001"), cnaps("10330100002")
A, B, HOUSE, PLATFORM = (uscc(f"9132000071093913{n}") for n in range(5, 9))
# Match numbers of payments of which only bank B's leg is there.
ONE_SIDED = 20


def amount(number: int) -> int:
    """The amount in fen of a payment."""
    return 100 + number * 7 % 999_983


def entry(number: int, *, side: str = "A") -> Row:
    """An entry of bank A, or the other leg at bank B."""
    inward = (number % 2 == 0) == (side == "A")
    return {
        "bank_no": BANK_A if side == "A" else BANK_B, "account_no": f"6001{number}",
        "entry_no": f"E{number}", "booked_at": f"{DAY} 09:{number % 60:02d}:00",
        "direction": "in" if inward else "out", "amount_fen": str(amount(number)),
        "counterparty_bank_no": BANK_B if side == "A" else BANK_A,
        "counterparty_name": "张三", "match_no": f"M{number}", "channel": "cnaps_beps",
        "cash": "false", "memo": "第一行\n\"第二行\",完" if number % 97 == 5 else "货款",
    }  # fmt: skip


def one_sided(number: int) -> Row:
    """Bank B's leg of a payment whose other leg bank A never submitted."""
    return {**entry(number, side="B"), "entry_no": f"Z{number}", "match_no": f"Z{number}",
            "direction": "in"}  # fmt: skip


def clearing(number: int) -> Row:
    """The clearing record of entry `number`."""
    here, there = (BANK_B, BANK_A) if number % 2 == 0 else (BANK_A, BANK_B)
    return {
        "match_no": f"M{number}", "settled_at": f"{DAY} 10:00:00.{number % 1000:03d}",
        "payer_bank_no": here, "payer_account_no": f"6001{number}", "payee_bank_no": there,
        "payee_account_no": f"6001{number}", "amount_fen": str(amount(number)),
        "channel": "cnaps_beps", "memo": "两\n行" if number % 89 == 3 else "", "status": "settled",
    }  # fmt: skip


def balance(number: int, rows: int, *, before: bool = False) -> Row:
    """The balance of account `number` + half of the rows, on the day or the day before."""
    account = number + rows // 2
    opening = 10**6 + number
    moved = amount(account) if account < rows and not before else 0
    into = account % 2 == 0
    credit, debit = (moved, 0) if into else (0, moved)
    closing = opening if before else opening + credit - debit
    return {
        "bank_no": BANK_A, "account_no": f"6001{account}",
        "balance_date": (BEFORE if before else DAY).isoformat(), "opening_fen": str(opening),
        "credit_fen": str(credit), "debit_fen": str(debit), "closing_fen": str(closing),
    }  # fmt: skip


def account(number: int, rows: int) -> Row:
    """An account; its party is of the later half, which is never rejected."""
    party = rows // 2 + number % (rows // 2)
    return {
        "bank_no": BANK_A, "account_no": f"6001{number}", "party_id": f"P{party}",
        "role": "ordinary", "institution_id": PLATFORM, "opened_on": "2010-01-01",
        "parent_account_no": "甲\r\n乙" if number % 103 == 7 else "", "status": "active",
    }  # fmt: skip


def party(number: int) -> Row:
    """A party."""
    return {
        "party_id": f"P{number}", "kind": "person", "name": f"李四{number}",
        "registered_on": "2001-02-03", "registered_capital_fen": str(number),
        "address": "一号\n二楼\n三室" if number % 101 == 9 else "一号", "division": "320100",
    }  # fmt: skip


def loan(number: int) -> Row:
    """A loan of the platform."""
    return {
        "institution_id": PLATFORM, "loan_id": f"L{number}", "borrower_party_id": f"P{number}",
        "principal_fen": str(10**6), "annual_rate": "0.12", "published_on": "2016-06-01",
        "due_on": "2017-06-01", "status": "active", "borrower_bank_no": BANK_A,
        "purpose": "周转\n资金" if number % 83 == 1 else "",
    }  # fmt: skip


def loan_event(number: int) -> Row:
    """The disbursement of a loan."""
    return {
        "institution_id": PLATFORM, "event_no": f"V{number}", "loan_id": f"L{number}",
        "kind": "disburse", "party_id": PLATFORM, "amount_fen": str(10**6 - number),
        "happened_at": f"{DAY} 12:00:00", "bank_no": BANK_A,
    }  # fmt: skip


def reserve_day(number: int) -> Row:
    """A reserve account's day without a difference."""
    row = {c.name: "0" for c in tables()["reserve_day"].columns if c.kind == "fen"}
    return {
        "institution_id": PLATFORM, "bank_no": BANK_A, "account_no": f"7001{number}",
        "ledger_date": DAY.isoformat(), **row, "client_closing_fen": str(number),
        "bank_closing_fen": str(number + 5), "fee_uncarried_fen": "5",
        "client_opening_fen": str(-number),
    }  # fmt: skip


def clean(table: str, rows: int) -> list[Row]:
    """So many clean rows of a table."""
    made: dict[str, Callable[[int], Row]] = {
        "entry": entry, "clearing": clearing, "party": party, "loan": loan,
        "loan_event": loan_event, "reserve_day": reserve_day,
        "account": lambda n: account(n, rows), "balance": lambda n: balance(n, rows),
    }  # fmt: skip
    return [made[table](number) for number in range(rows)]
