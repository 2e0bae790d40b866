"""What a fundraising scheme took from the public, who is behind it, and the lines of the law."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.legal_rules import legal_rules
from detectors.context import Context
from detectors.evidence import fen
from detectors.raising import Scheme


@dataclass(frozen=True)
class Raised:
    """What a scheme took, in fen and persons, and how much of it something lawful explains.

    `taken_fen` counts lots in cash too; shares are of what persons paid by transfer.
    """

    incoming: pl.DataFrame
    taken_fen: int
    payers: int
    lot_share: float
    matched_share: float
    public_share: float
    covered_share: float


def legal_lines(context: Context, scheme: Scheme) -> tuple[int, int]:
    """The lines of illegal deposit-taking on the business date: persons, and fen; either counts.

    A scheme of persons alone has the lines of a person, any other those of a unit.
    """
    rules, day = legal_rules(), context.business_date
    subject = subject_of(context, scheme)
    [(kind,)] = context.db.rows(
        "kind of subject",
        "select max(kind) from party_dim where party_no = $party",
        {"party": -1 if subject is None else subject},
    )
    whom = "person" if kind == "person" else "unit"
    persons = rules.whole("illegal_deposit", f"{whom}_persons", day)
    amount = rules.whole("illegal_deposit", f"{whom}_amount", day)
    return (persons or 1), (amount or 1)


def subject_of(context: Context, scheme: Scheme) -> int | None:
    """The institution behind a scheme, else the known holder that takes most; None when unknown.

    The only firm among the holders is behind it itself, whoever it is tied to, if it takes most,
    unless that institution gets some of the money. What other holders hand on to it is counted
    with what it takes from the public.
    """
    whole = _taken_by_holder(scheme)
    if scheme.behind:
        number = scheme.behind.party_no
        firms = [h for h in scheme.holders if h >= 0 and context.front(h) == "shell"]
        main = max(whole, key=lambda holder: (whole[holder], -holder), default=None)
        alone = firms == [main] and number not in set(scheme.taken_out["payee"])
        return main if alone else number
    known = {holder: amount for holder, amount in whole.items() if holder >= 0}
    return max(known, key=lambda holder: (known[holder], -holder), default=None)


def _taken_by_holder(scheme: Scheme) -> dict[int, int]:
    """What each holder took from the public, and from the other holders, in fen."""
    taken = scheme.flow.filter("incoming").group_by("holder").agg(pl.col("amount_fen").sum())
    whole = dict(taken.iter_rows())
    moved = scheme.forwarded.group_by("holder").agg(pl.col("amount_fen").sum())
    for holder, forwarded_fen in moved.iter_rows():
        whole[holder] = whole.get(holder, 0) + forwarded_fen
    return whole


def read_raised(scheme: Scheme, public: set[int]) -> Raised:
    """Add up what a scheme took, and what of it something lawful explains."""
    incoming = scheme.flow.filter("incoming")
    taken = fen(incoming)
    got = scheme.flow.filter(~pl.col("incoming"))["person"].n_unique()
    return Raised(
        incoming=incoming,
        taken_fen=taken + fen(scheme.cash),
        payers=incoming.filter("lot")["person"].n_unique(),
        lot_share=fen(incoming.filter("lot")) / max(taken, 1),
        matched_share=fen(incoming.filter("matched")) / max(taken, 1),
        public_share=fen(incoming.filter(pl.col("holder").is_in(list(public)))) / max(taken, 1),
        covered_share=got / max(scheme.paid_out["person"].n_unique(), 1),
    )
