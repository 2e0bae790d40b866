"""Every institution's clients' money, by where it came from and what became of it, as tables.

Three conventions are followed. Of each use the least and the most over them are said, and for a
circle, property and securities the chance level: what accounts that were nobody's circle would have
got by what they take in, had the money that is on its way been spread over all payments alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.context import Context
from detectors.owned_money import OWN_COLOURS, PASSED, STAGES, OwnedRecords, read_owned_records
from graph.look_through import SOURCES, USES, OwnedMoney, look_through
from graph.tracing import CONVENTIONS, Convention
from pipelines.look_through_file import COLUMNS
from pipelines.missing_money import read_missing
from pipelines.returned_money import read_returned

NAMES = "select institution_id, max(name) from institution group by institution_id"
Ints = npt.NDArray[np.int64]
CIRCLE, PROPERTY, SECURITIES = (USES.index(name) for name in ("circle", "property", "securities"))


def institutions_look_through(context: Context) -> dict[str, pl.DataFrame]:
    """Follow every institution's clients' money under each convention, and add it up.

    For each institution and convention the sources add up to the uses, to the fen. Returns the
    tables by the names under which they are published, in the order of their first columns.
    """
    records = read_owned_records(context)
    sources: list[tuple[object, ...]] = []
    uses: list[tuple[object, ...]] = []
    chances = _takings(records)
    # Without transfers nothing moved, and no account is known to have held anything before.
    for convention in CONVENTIONS if len(records.transfers) else ():
        rules = records.rules
        if convention == "prorata":
            # Every payment parts everything: what has dwindled would soon be in every account.
            rules = replace(rules, sliver_fen=context.settings.look_through.sliver_fen)
        money = look_through(
            records.transfers, rules, records.opening, accounts=records.accounts,
            convention=convention,
        )  # fmt: skip
        whole = _whole(records, money)
        sources += _sources(records, money, convention, whole)
        uses += _uses(records, money, convention, whole, chances)
    known = pl.DataFrame(sources, schema=COLUMNS["institution_source"], orient="row").sort(
        "institution_id", "convention", "stage", "kind"
    )
    return {
        "institution": _named(context, records),
        "institution_source": known,
        "institution_use": _bounded(uses),
        "institution_return": read_returned(context, records),
        "institution_missing": read_missing(context),
    }


def _named(context: Context, records: OwnedRecords) -> pl.DataFrame:
    """The institutions that hold clients' money or publish loans."""
    names = dict(context.db.rows("names of institutions", NAMES))
    known = [each for each in context.institutions if each.institution_id in records.institutions]
    rows = [(i.institution_id, i.party_id, names[i.institution_id], i.kind) for i in known]
    return pl.DataFrame(rows, schema=COLUMNS["institution"], orient="row").sort("institution_id")


def _whole(records: OwnedRecords, money: OwnedMoney) -> Ints:
    """All that each owner's money began with."""
    began = money.sources.sum(axis=1)[1:]
    whole: Ints = began.reshape(len(records.institutions), OWN_COLOURS).sum(axis=1)
    return whole


def _sources(
    records: OwnedRecords, money: OwnedMoney, convention: Convention, whole: Ints
) -> Iterator[tuple[object, ...]]:
    for owner, institution in enumerate(records.institutions):
        for stage in STAGES:
            fen = money.sources[records.colour(owner, stage)]
            for kind, name in enumerate(SOURCES):
                if fen[kind]:
                    yield (
                        institution, convention, stage, name, int(fen[kind]),
                        _share(fen[kind], whole[owner]),
                    )  # fmt: skip


def _uses(
    records: OwnedRecords,
    money: OwnedMoney,
    convention: Convention,
    whole: Ints,
    chances: Mapping[int, tuple[Ints, int]],
) -> Iterator[tuple[object, ...]]:
    held = held_kinds(records, money)
    for owner, institution in enumerate(records.institutions):
        for stage in STAGES:
            carried = int(money.carried[records.colours(owner, stage)].sum())
            fen = _by_kind(records, money, held, owner, stage)
            for name, amount in fen.items():
                place = USES.index(name) if name in USES else -1
                chance = None
                if place in chances:
                    takings, total = chances[place]
                    chance = carried * int(takings[owner]) // max(total, 1)
                if amount or chance:
                    yield (
                        institution, convention, stage, name, amount, _share(amount, whole[owner]),
                        amount, amount, chance,
                    )  # fmt: skip


def _by_kind(
    records: OwnedRecords, money: OwnedMoney, held: Mapping[str, Ints], owner: int, stage: str
) -> dict[str, int]:
    """What became of a stage of an owner's money: what passed property or securities is theirs,
    unless it came to the circle."""
    fen = dict.fromkeys((*USES, *held), 0)
    for passed in PASSED:
        colour = records.colour(owner, stage, passed)
        found = [*zip(USES, money.uses[colour].tolist(), strict=True)]
        found += [(name, int(by_colour[colour])) for name, by_colour in held.items()]
        for name, amount in found:
            fen[passed if passed and name != "circle" else name] += amount
    return fen


def held_kinds(records: OwnedRecords, money: OwnedMoney) -> dict[str, Ints]:
    """What met no end, in fen by colour: `home`, `unspent` (it lies with those it was lent to),
    `outside` (in accounts that no bank reports) and `spent`, which is everywhere else."""
    owner = records.rules.owner_of[money.held_colour].astype(np.int64)
    at_home = money.held_day == 0
    lent = np.unique(records.borrowers[:, 0] * len(records.institutions) + records.borrowers[:, 1])
    with_borrower = np.isin(money.held_account * len(records.institutions) + owner, lent)
    unknown = np.isin(money.held_account, records.unregistered)
    kinds = {
        "home": at_home,
        "unspent": ~at_home & with_borrower,
        "outside": ~at_home & ~with_borrower & unknown,
        "spent": ~at_home & ~with_borrower & ~unknown,
    }
    found = {}
    for name, mine in kinds.items():
        found[name] = np.zeros(len(records.rules.owner_of), np.int64)
        np.add.at(found[name], money.held_colour[mine], money.held_fen[mine])
    found["spent"] += money.aged
    return found


def _takings(records: OwnedRecords) -> dict[int, tuple[Ints, int]]:
    """By use: what its accounts take in, by owner, and what all accounts do, in fen.

    Payments by accounts for clients' money are left out: they are judged by themselves.
    """
    rules, transfers = records.rules, records.transfers
    from_home = np.zeros(records.accounts + 1, np.bool_)
    from_home[rules.homes[:, 0]] = True
    counted = ~from_home[transfers.payer] & (transfers.payee >= 0)
    taken = np.zeros(records.accounts, np.int64)
    np.add.at(taken, transfers.payee[counted], transfers.amount_fen[counted])
    owners, total = len(records.institutions), int(taken.sum())
    circle = np.zeros(owners, np.int64)
    np.add.at(circle, rules.circles[:, 1], taken[rules.circles[:, 0]])
    found = {CIRCLE: (circle, total)}
    for place in (PROPERTY, SECURITIES):
        mine = rules.ends[rules.ends[:, 1] == place + 1, 0]
        found[place] = (np.full(owners, taken[mine].sum(), np.int64), total)
    return found


def _bounded(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    """The uses with the least and the most over the conventions; none under one of them is 0."""
    frame = pl.DataFrame(rows, schema=COLUMNS["institution_use"], orient="row")
    names = ["institution_id", "stage", "kind"]
    everywhere = pl.len().over(names) == len(CONVENTIONS)
    amount = pl.col("amount_fen")
    return frame.with_columns(
        pl.when(everywhere).then(amount.min().over(names)).otherwise(0).alias("least_fen"),
        amount.max().over(names).alias("most_fen"),
    ).sort("institution_id", "convention", "stage", "kind")


def _share(fen: int, whole: int) -> float:
    return round(int(fen) / max(int(whole), 1), 6)
