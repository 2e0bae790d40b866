"""Warnings that one package alone allows: rows compared with each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]

# Days about the business date, channels that clear, and the hour before which the same day's
# clearing is the one, as the rules' remedies presume them.
EARLIER, LATER = timedelta(days=10), timedelta(days=1)
CLEARED = ("cnaps_hvps", "cnaps_beps", "nucc", "unionpay")
CLEARING_OPENS = 17


def warnings(tables: dict[str, list[Row]], day: date) -> dict[str, int]:
    """How many rows each rule names, by rule; `tables` are the accepted rows."""
    counts: dict[str, int] = defaultdict(int)
    for rule in _wrong(tables, day):
        counts[rule] += 1
    return dict(counts)


def _wrong(tables: dict[str, list[Row]], day: date) -> Iterator[str]:
    for row in tables.get("balance", []):
        if row["opening_fen"] + row["credit_fen"] - row["debit_fen"] != row["closing_fen"]:
            yield "R-BALANCE-101"
    if "entry" in tables:
        sums: dict[tuple[str, str, str], int] = defaultdict(int)
        for row in tables["entry"]:
            sums[row["bank_no"], row["account_no"], row["direction"]] += row["amount_fen"]
        for row in tables.get("balance", []):
            account = row["bank_no"], row["account_no"]
            stated = row["credit_fen"], row["debit_fen"]
            if row["balance_date"] == day and stated != (
                sums[*account, "in"],
                sums[*account, "out"],
            ):
                yield "R-BALANCE-102"
    yield from _legs(tables.get("entry", []), tables.get("clearing", []), day)
    yield from _lacking(tables.get("entry", []), tables.get("clearing", []))
    if tables.get("party"):
        known = {row["party_id"] for row in tables["party"]}
        for row in tables.get("account", []):
            if row["party_id"] not in known:
                yield "R-ACCOUNT-101"
    principals = {
        (row["institution_id"], row["loan_id"]): row["principal_fen"]
        for row in tables.get("loan", [])
    }
    paid: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in tables.get("loan_event", []):
        if row["kind"] in ("invest", "disburse"):
            paid[row["institution_id"], row["loan_id"], row["kind"]] += row["amount_fen"]
    for (institution, loan, _), total in paid.items():
        if total > principals.get((institution, loan), total):
            yield "R-LOAN_EVENT-101"
    for row in tables.get("reserve_day", []):
        trial = (
            row["bank_closing_fen"] - row["interest_uncarried_fen"] - row["own_funds_placed_fen"]
            - row["fee_uncarried_fen"] + row["firm_in_bank_not_fen"] - row["firm_out_bank_not_fen"]
            - row["bank_in_firm_not_fen"] + row["bank_out_firm_not_fen"]
        )  # fmt: skip
        if row["client_closing_fen"] - trial != row["reported_difference_fen"]:
            yield "R-RESERVE_DAY-101"


def _legs(entries: list[Row], clearings: list[Row], day: date) -> Iterator[str]:
    cleared = {row["match_no"]: row["amount_fen"] for row in clearings}
    for row in clearings:
        if not day - EARLIER <= row["settled_at"].date() <= day + LATER:
            yield "R-CLEARING-102"
    for row in entries:
        if not day - EARLIER <= row["booked_at"].date() <= day + LATER:
            yield "R-ENTRY-103"
        if row["match_no"] is None:
            continue
        legs = [other for other in entries if other["match_no"] == row["match_no"]]
        # A payment may be split: the legs of a side count by their sum.
        side = sum(o["amount_fen"] for o in legs if o["direction"] == row["direction"])
        amounts = [o["amount_fen"] for o in legs if o["direction"] != row["direction"]]
        stated = cleared.get(row["match_no"], sum(amounts))
        if amounts or row["match_no"] in cleared:
            if stated not in (row["amount_fen"], side):
                yield "R-ENTRY-102"
            continue
        early = row["booked_at"].hour < CLEARING_OPENS
        if clearings and row["channel"] in CLEARED and early:
            yield "R-ENTRY-101"


def _lacking(entries: list[Row], clearings: list[Row]) -> Iterator[str]:
    """A settled record of which a bank with entries has none, though the other side is there."""
    banks = {row["bank_no"] for row in entries}
    legs = {(row["match_no"], row["direction"]) for row in entries}
    for row in clearings:
        number = row["match_no"]
        for side, own, other in (("payer", "out", "in"), ("payee", "in", "out")):
            due = row["status"] == "settled" and row[f"{side}_bank_no"] in banks
            if due and (number, own) not in legs and (number, other) in legs:
                yield "R-CLEARING-101"
