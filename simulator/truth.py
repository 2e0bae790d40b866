"""The truth that no package contains: what was put in, who took part, and by which transfers."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import polars as pl

from simulator.books import Books
from simulator.packages import Written
from simulator.world import Scheme, World


def truth(world: World, books: Books, written: Written) -> dict[str, Any]:
    """Schemes with their parties, accounts and transfers, and the innocent look-alikes.

    A scheme that did not come to anything within the period is left out; one of which no record is
    left stays, without transfers.
    """
    schemes = [
        _scheme(world, books, written, number, scheme)
        for number, scheme in enumerate(world.schemes)
    ]
    lookalikes = [
        {
            "typology": each.typology,
            "kind": each.kind,
            "party_id": written.party_ids[each.party],
            "institution_id": _code(written, each.institution),
            "accounts": [written.account_keys[account] for account in each.accounts],
        }
        for each in world.lookalikes
    ]
    return {
        "schemes": [scheme for scheme in schemes if scheme["amount_fen"] or scheme["records"]],
        "lookalikes": lookalikes,
    }


def _proceeds(scheme: Scheme, rows: pl.DataFrame) -> dict[str, Any]:
    """What of the loans' proceeds a scheme sent to the closure, and how it was booked.

    Each sum is the proceeds of the loan that it was drawn from, whatever else lay in the accounts
    on its way: earmarked.
    """
    if not scheme.closure:
        return {}
    arrived = rows.filter(pl.col("payee").is_in(scheme.closure))
    return {"closure_fen": int(arrived["amount"].sum()), "booked": "earmarked"}


def _scheme(
    world: World, books: Books, written: Written, number: int, scheme: Scheme
) -> dict[str, Any]:
    rows = books.transfers.with_row_index("row").filter(pl.col("scheme") == number)
    refs = written.refs.gather(rows["row"]).drop_nulls().to_list()
    times = rows["at"].to_numpy()
    start = datetime.datetime.combine(world.period.date(0), datetime.time())
    seen = (
        [start + datetime.timedelta(microseconds=int(at)) for at in (times.min(), times.max())]
        if len(times)
        else [start, start]
    )
    ends = np.concatenate([rows["payer"].to_numpy(), rows["payee"].to_numpy()])
    touched = set(world.owner(ends[ends >= 0]).tolist())
    # Whoever was drawn for a part and never got to play it is not guilty; where registers show the
    # scheme, its parties are those that stand in them.
    members = {
        party: role
        for party, role in reversed(scheme.parties)
        if role == "organiser" or party in touched or scheme.records
    }
    return {
        "scheme_id": f"S{number + 1:03d}",
        "typology": scheme.typology,
        "variant": scheme.variant,
        "institution_id": _code(written, scheme.institution),
        "parties": [
            {"party_id": written.party_ids[party], "role": role}
            for party, role in sorted(members.items())
        ],
        "accounts": [
            written.account_keys[account] for account in np.unique(scheme.accounts).tolist()
        ],
        "transfers": sorted(refs),
        "records": [
            {"table": table, **record_key(world, written, table, number)}
            for table, number in sorted(set(scheme.records))
        ],
        "amount_fen": int(rows["amount"].sum()),
        "stake_fen": _stake(scheme, rows),
        **_proceeds(scheme, rows),
        "first_at": seen[0].isoformat(sep=" ", timespec="seconds"),
        "last_at": seen[1].isoformat(sep=" ", timespec="seconds"),
    }


def _stake(scheme: Scheme, rows: pl.DataFrame) -> int:
    """The money at stake: as the scheme says, or what reached its circle, or what it took in."""
    if scheme.stake_fen >= 0:
        return scheme.stake_fen
    if scheme.closure:
        return int(_proceeds(scheme, rows)["closure_fen"])
    return _inflow(scheme, rows)


def _inflow(scheme: Scheme, rows: pl.DataFrame) -> int:
    """What came into the scheme's accounts from outside them; all of it where nothing did."""
    came = rows.filter(
        pl.col("payee").is_in(scheme.accounts) & ~pl.col("payer").is_in(scheme.accounts)
    )
    return int((came if came.height else rows)["amount"].sum())


def record_key(world: World, written: Written, table: str, number: int) -> dict[str, str]:
    """The key of a row as its table states it; `number` is the world's number of the row.

    Raises:
        KeyError: a table whose rows no scheme names.
    """
    if table == "loan":
        institution = int(world.loans.column("institution")[number])
        return {"institution_id": written.codes[institution], "loan_id": str(number + 1)}
    if table == "loan_event":
        loan = int(world.events.column("loan")[number])
        institution = int(world.loans.column("institution")[loan])
        return {"institution_id": written.codes[institution], "event_no": f"{number + 1:09d}"}
    if table == "institution":
        return {"institution_id": written.codes[number]}
    if table == "party":
        return {"party_id": written.party_ids[number]}
    if table == "account":
        bank_no, account_no = written.account_keys[number].split(":")
        return {"bank_no": bank_no, "account_no": account_no}
    if table == "product":
        return {"product_id": written.products.ids[number]}
    if table == "holding":
        return written.products.holding_key(world, written.party_ids, number)
    if table == "reserve_day":
        bank_no, account_no = written.account_keys[number].split(":")
        institution = int(world.accounts.column("institution")[number])
        code = written.codes[institution]
        return {"institution_id": code, "bank_no": bank_no, "account_no": account_no}
    raise KeyError(f"no scheme names rows of {table!r}; add how its key is written here")


def _code(written: Written, party: int) -> str | None:
    return written.codes.get(party) if party >= 0 else None
