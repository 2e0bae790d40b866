"""Registers, accounts, loans and loan events as rows of their tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from data.tables import ACCOUNT_ROLES, INSTITUTION_KINDS, LOAN_EVENT_KINDS, RELATION_KINDS
from simulator.books import Books
from simulator.business_scopes import business_scopes
from simulator.names import DIVISIONS, hashes
from simulator.purposes import PURPOSES
from simulator.rows import Array, Ints
from simulator.tips import tip_rows
from simulator.workdays import DAY, SECOND
from simulator.world import PERSON, World

INDUSTRIES = (
    "A01",
    "C13",
    "C17",
    "C18",
    "C23",
    "C26",
    "C29",
    "C33",
    "C34",
    "C38",
    "C39",
    "D44",
    "E47",
    "E50",
    "F51",
    "F52",
    "G54",
    "G58",
    "H61",
    "H62",
    "I64",
    "I65",
    "J66",
    "J67",
    "J69",
    "K70",
    "L71",
    "L72",
    "M74",
    "N77",
    "O80",
    "O81",
    "P83",
    "Q84",
    "R86",
    "R88",
    "S91",
    "K704",
    "F516",
    "C30",
    # Beyond those that are drawn for everyone: advertising, and information services online.
    "L725",
    "I642",
)
STREETS = ("中山路", "人民路", "解放路", "建设路", "长江路", "新华路", "文化路", "和平路")


def register_rows(
    world: World, ids: list[str], codes: Mapping[int, str], names: pl.Series, seed: int
) -> dict[str, pl.DataFrame]:
    """The registers as of every day of the period: institutions, parties, relations and tips."""
    return {
        "institution": _institutions(world, codes, names),
        "party": _parties(world, ids, codes, names, seed),
        "relation": _relations(world, ids),
        "tip": tip_rows(world, ids, names),
    }


def account_rows(
    world: World,
    account_bank: pl.Series,
    account_no: pl.Series,
    ids: list[str],
    codes: Mapping[int, str],
) -> pl.DataFrame:
    """Every account with its owner and role, in the order of the accounts' numbers."""
    owner, serves = (
        world.accounts.column(name).astype(np.int64) for name in ("party", "institution")
    )
    roles = np.array(ACCOUNT_ROLES, dtype=object)[world.accounts.column("role")]
    return pl.DataFrame(
        [
            account_bank.alias("bank_no"),
            account_no.alias("account_no"),
            pl.Series("party_id", ids, dtype=pl.String).gather(owner),
            pl.Series("role", roles.tolist()),
            pl.Series(
                "institution_id", [codes.get(each) for each in serves.tolist()], dtype=pl.String
            ),
            _dates("opened_on", world.accounts.column("opened")),
            pl.Series("status", ["active"] * len(owner)),
        ]
    )


def loan_rows(
    world: World,
    account_bank: pl.Series,
    account_no: pl.Series,
    ids: list[str],
    codes: Mapping[int, str],
) -> pl.DataFrame:
    """Loans on each `day` on which their status changed, or on the first for older ones."""
    loan = world.loans.joined()
    last = world.period.days
    steps = []
    for name, state in (
        ("published", "raising"),
        ("raised", "active"),
        ("overdue", "overdue"),
        ("closed", "repaid"),
    ):
        at = loan[name].astype(np.int64)
        older = at == -1000 if name == "raised" else (at < 0) & (name == "published")
        day = np.where(older, 0, at)
        keep = (day >= 0) & (day < last)
        steps.append((np.flatnonzero(keep), day[keep], state))
    rows = np.concatenate([step[0] for step in steps])
    day = np.concatenate([step[1] for step in steps])
    status = [step[2] for step in steps for _ in step[0]]
    account = loan["account"][rows]
    start = world.period.epoch_day
    purposes = np.array(PURPOSES, dtype=object)[loan["purpose"][rows]]
    parties = pl.Series("party", ids, dtype=pl.String)
    guarantor, collateral = loan["guarantor"][rows], loan["collateral"][rows]
    stated = pl.DataFrame(
        [
            pl.Series("day", day),
            pl.Series(
                "institution_id",
                [codes[each] for each in loan["institution"][rows].tolist()],
                dtype=pl.String,
            ),
            pl.Series("loan_id", (rows + 1)).cast(pl.String),
            parties.gather(loan["borrower"][rows]).alias("borrower_party_id"),
            _known(parties, guarantor).alias("guarantor_party_id"),
            pl.Series("principal_fen", loan["principal"][rows]),
            pl.Series("annual_rate", loan["rate"][rows]),
            _dates("published_on", loan["published"][rows] + start),
            _dates("due_on", loan["due"][rows] + start),
            pl.Series("status", status, dtype=pl.String),
            pl.Series("purpose", purposes.tolist(), dtype=pl.String),
            pl.Series(
                "collateral_key",
                [f"D{key:011d}" if key >= 0 else None for key in collateral.tolist()],
                dtype=pl.String,
            ),
            account_bank.gather(account).alias("borrower_bank_no"),
            account_no.gather(account).alias("borrower_account_no"),
        ]
    )
    return stated.unique(["day", "institution_id", "loan_id"], keep="last", maintain_order=True)


def loan_event_rows(
    world: World,
    books: Books,
    account_bank: pl.Series,
    account_no: pl.Series,
    submits: Array,
    ids: list[str],
    codes: Mapping[int, str],
) -> pl.DataFrame:
    """Loan events on the `day` of the entry that they name: the payer's, else the payee's.

    Events that moved no money name no entry and stand on the day on which they happened.
    """
    event = world.events.joined()
    place = np.full(world.transfers.count, -1, dtype=np.int64)
    place[books.transfers["number"].to_numpy()] = np.arange(books.transfers.height)
    legs = books.entries.filter(pl.Series(submits[books.entries["account"].to_numpy()]))
    legs = legs.sort("transfer", "incoming").unique("transfer", keep="first")
    frame = pl.DataFrame(
        {
            "transfer": np.where(event["transfer"] >= 0, place[event["transfer"]], -1),
            "loan": event["loan"].astype(np.int64),
            "kind": event["kind"].astype(np.int64),
            "party": event["party"].astype(np.int64),
            "other": event["counterparty"].astype(np.int64),
            "amount_fen": event["amount"],
            "event": np.arange(len(event["loan"])),
            "happened": event["at"],
        }
    )
    frame = (
        frame.join(
            legs.select("transfer", "account", "serial", "at", "day"), on="transfer", how="left"
        )
        .filter(pl.col("serial").is_not_null() | (pl.col("transfer") < 0))
        .with_columns(pl.col("at").fill_null(pl.col("happened")))
        .with_columns(pl.col("day").fill_null(pl.col("at") // DAY))
        .sort("event")
    )
    institution = world.loans.column("institution")[frame["loan"].to_numpy()]
    parties = pl.Series("party", ids, dtype=pl.String)
    other = frame["other"].to_numpy()
    moved = frame["serial"].is_not_null()
    account = frame["account"].fill_null(0).to_numpy()
    kinds = np.array(LOAN_EVENT_KINDS, dtype=object)[frame["kind"].to_numpy()]
    seconds = frame["at"] // SECOND * SECOND + world.period.epoch_day * DAY
    return pl.DataFrame(
        [
            frame["day"],
            pl.Series(
                "institution_id", [codes[each] for each in institution.tolist()], dtype=pl.String
            ),
            (frame["event"] + 1).cast(pl.String).str.zfill(9).alias("event_no"),
            (frame["loan"] + 1).cast(pl.String).alias("loan_id"),
            pl.Series("kind", kinds.tolist(), dtype=pl.String),
            parties.gather(frame["party"]).alias("party_id"),
            _known(parties, other).alias("counterparty_id"),
            frame["amount_fen"],
            seconds.cast(pl.Datetime("us")).alias("happened_at"),
            frame["serial"].cast(pl.String).str.zfill(10).alias("entry_no"),
            account_bank.gather(account).set(~moved, None).alias("bank_no"),
            account_no.gather(account).set(~moved, None).alias("account_no"),
        ]
    )


def _known(values: pl.Series, rows: Array) -> pl.Series:
    """The values of rows; null where a row's number is below zero."""
    return values.gather(np.maximum(rows, 0)).set(pl.Series(rows < 0), None)


def _institutions(world: World, codes: Mapping[int, str], names: pl.Series) -> pl.DataFrame:
    rows = world.institutions.joined()
    party = rows["party"].astype(np.int64)
    kinds = [INSTITUTION_KINDS[kind] for kind in rows["kind"].tolist()]
    licensed = rows["licensed"].tolist()
    number = world.rng.integers(10**7, 10**8, len(party)).tolist()
    division = world.parties.column("division", party).tolist()
    since = world.parties.column("registered", party).astype(np.int64) + 90
    return pl.DataFrame(
        [
            pl.Series("institution_id", [codes[each] for each in party.tolist()]),
            names.gather(party).alias("name"),
            pl.Series("kind", kinds),
            pl.Series(
                "licence_no",
                [f"Z{n}" if held else None for n, held in zip(number, licensed, strict=True)],
                dtype=pl.String,
            ),
            pl.Series(
                "licence_scope",
                [
                    world.licence_scopes.get(each, kind) if held else None
                    for each, kind, held in zip(party.tolist(), kinds, licensed, strict=True)
                ],
                dtype=pl.String,
            ),
            _dates("licence_from", np.minimum(since, world.period.epoch_day - 1)).set(
                ~pl.Series(rows["licensed"]), None
            ),
            pl.Series("status", ["active"] * len(party)),
            pl.Series("division", [DIVISIONS[each] for each in division]),
        ]
    )


def _parties(
    world: World, ids: list[str], codes: Mapping[int, str], names: pl.Series, seed: int
) -> pl.DataFrame:
    rows = {name: values.copy() for name, values in world.parties.joined().items()}
    for party, like, phone in world.same_contact:
        column = rows["phone" if phone else "address"]
        if column[like] < 0:
            column[like] = world.rng.integers(1, 2**40)
        column[party] = column[like]
    person = rows["kind"] == PERSON
    number = np.arange(world.parties.count)
    hashed = hashes(np.where(person, number + 1, 0), "id", seed).to_list()
    address = rows["address"].astype(np.int64)
    streets = np.array(STREETS, dtype=object)[address % len(STREETS)]
    text = [
        f"{street}{place % 100_000 + 1}号" if place >= 0 else None
        for street, place in zip(streets.tolist(), address.tolist(), strict=True)
    ]
    capital = pl.Series("registered_capital_fen", rows["capital"])
    industry = np.array(INDUSTRIES, dtype=object)[rows["industry"]]
    return pl.DataFrame(
        [
            pl.Series("party_id", ids),
            pl.Series("kind", np.where(person, "person", "organisation").tolist()),
            names,
            pl.Series("id_no", [codes.get(each) or hashed[each] for each in number.tolist()]),
            _dates("registered_on", rows["registered"]),
            capital.set(capital < 0, None),
            pl.Series(
                "industry",
                np.where(person, np.array(None, dtype=object), industry).astype(object).tolist(),
                dtype=pl.String,
            ),
            pl.Series("business_scope", business_scopes(world), dtype=pl.String),
            pl.Series("address", text, dtype=pl.String),
            hashes(np.where(rows["phone"] > 0, rows["phone"], 0), "phone_hash", seed),
            pl.Series("division", np.array(DIVISIONS, dtype=object)[rows["division"]].tolist()),
        ]
    )


def _relations(world: World, ids: list[str]) -> pl.DataFrame:
    rows = world.relations.joined()
    parties = pl.Series("party", ids, dtype=pl.String)
    share = pl.Series("share", rows["share"])
    until = pl.Series("valid_to", rows["valid_to"].astype(np.int32))
    frame = pl.DataFrame(
        [
            parties.gather(rows["from_party"]).alias("from_party"),
            parties.gather(rows["to_party"]).alias("to_party"),
            pl.Series("kind", np.array(RELATION_KINDS, dtype=object)[rows["kind"]].tolist()),
            share.set(share < 0, None),
            _dates("valid_from", rows["valid_from"]),
            until.set(until < 0, None).cast(pl.Date),
        ]
    )
    keys = ["from_party", "to_party", "kind", "valid_from"]
    return frame.unique(keys, keep="first", maintain_order=True)


def _dates(name: str, days: Ints | Array) -> pl.Series:
    return pl.Series(name, np.asarray(days).astype(np.int32)).cast(pl.Date)
