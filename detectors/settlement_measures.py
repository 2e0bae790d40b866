"""What one centre of settlement takes and pays, held against the lines of R4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from data.settings import UnlicensedPayment
from detectors.evidence import fen
from detectors.passing_on import PassedOn, followed, passed_on


@dataclass(frozen=True)
class Settled:
    """What one centre takes and pays: rows of its flow, and the measures of them.

    `feeders` and `hands` are the parties through which money came in and went out; `passing` holds
    what was paid to merchants against what was taken, within `days_allowed` working days. `beside`
    a business of its own only settlements were held against what merchants get.
    """

    taken: pl.DataFrame
    to_merchants: pl.DataFrame
    shown: pl.DataFrame
    feeders: tuple[int, ...]
    hands: tuple[int, ...]
    merchants: int
    acquired_share: float
    related_share: float
    two_way_share: float
    passing: PassedOn
    days_allowed: int
    beside: bool

    @property
    def taken_fen(self) -> int:
        """What was taken of settlements and consumers' payments."""
        return fen(self.taken)


def settles(settings: UnlicensedPayment, flow: pl.DataFrame, last: date) -> Settled | None:
    """Hold one centre against the thresholds; None when it does not settle for merchants.

    Its takings are due within the usual days, or within those in which it uses the money meanwhile;
    then it may keep no more than a fee. If all its money does not fit, its settlements may, beside
    a business of its own.
    """
    usual, later = settings.settlement_days, settings.float_days
    for beside in (False, True):
        found = measure(settings, flow, last, usual, beside=beside)
        if found is not None:
            return found
        found = measure(settings, flow, last, later, beside=beside)
        if found and (beside or found.passing.kept_share <= settings.maximum_kept_share):
            return found
    return None


def measure(
    settings: UnlicensedPayment, flow: pl.DataFrame, last: date, days_allowed: int, *, beside: bool
) -> Settled | None:
    """Hold one centre against the thresholds, its takings being due within so many working days.

    `beside` a business of its own only what it took of settlements is held against its payments.
    """
    handed, flow = flow.filter("inner_leg"), flow.filter(~pl.col("inner_leg"))
    incoming, outgoing = flow.filter("incoming"), flow.filter(~pl.col("incoming"))
    taken = incoming.filter("taken")
    came = incoming.filter(pl.col("taken") | ~pl.col("fed"))
    owed = _by_day(taken if beside else came)
    days = outgoing.group_by("other").agg(pl.col("business_date").n_unique().alias("days"))
    often = days.filter(pl.col("days") >= settings.merchant_days)["other"]
    regular = outgoing.filter(pl.col("other").is_in(often.implode()))
    to_merchants = regular.filter(~pl.col("related"))
    by_hands = to_merchants.filter(pl.col("hand") != -1)
    if beside and by_hands["other"].n_unique() >= settings.minimum_merchants:
        to_merchants = by_hands
    merchants = to_merchants["other"].n_unique()
    payers = came["other"].unique()
    two_way = to_merchants.filter(pl.col("other").is_in(payers.implode()))["other"].n_unique()
    # Wages and rents come out of other money; a shop's show in what its suppliers do not get.
    passing = passed_on(owed, _by_day(to_merchants), last, days_allowed)
    if passing is None:
        return None
    if passing.least_kept_share > settings.maximum_kept_share and not beside:
        once = _paid_once(settings, outgoing, to_merchants)
        added = pl.concat([to_merchants, once])
        with_once = passed_on(owed, _by_day(added), last, days_allowed)
        # So many payments fit by chance in some way: what fits best must leave little.
        least, most = -settings.irregular_share, settings.maximum_kept_share + settings.once_share
        if with_once and least <= with_once.kept_share <= most:
            to_merchants, passing = added, with_once
            merchants = to_merchants["other"].n_unique()
    found = Settled(
        taken=taken,
        to_merchants=to_merchants,
        shown=pl.concat([incoming.filter(pl.col("taken") | pl.col("fed")), to_merchants, handed]),
        feeders=tuple(taken.filter("fed")["other"].unique().sort()),
        hands=tuple(to_merchants.filter(pl.col("hand") != -1)["hand"].unique().sort()),
        merchants=merchants,
        acquired_share=fen(taken) / max(fen(came), 1),
        related_share=fen(regular.filter("related")) / max(fen(regular), 1),
        two_way_share=two_way / max(merchants, 1),
        passing=passing,
        days_allowed=days_allowed,
        beside=beside,
    )
    if (
        merchants < settings.minimum_merchants
        or fen(taken) < settings.minimum_fen
        or found.acquired_share < least_acquired_share(settings, beside=beside)
        or passing.on_time_share < settings.minimum_on_time_share
        or passing.kept_share < -settings.maximum_overpaid_share
        or (passing.least_kept_share > most_kept_share(settings) and not beside)
        or found.related_share > settings.maximum_related_share
        or found.two_way_share > settings.maximum_two_way_share
        or not _follows(settings, found, owed, last)
    ):
        return None
    return found


def least_acquired_share(settings: UnlicensedPayment, *, beside: bool) -> float:
    """How much of a centre's takings settlements must be."""
    return settings.minimum_beside_share if beside else settings.minimum_acquired_share


def most_kept_share(settings: UnlicensedPayment) -> float:
    """How much of its takings a centre may keep, what goes to others than merchants among it."""
    return settings.maximum_kept_share + settings.irregular_share


def _follows(
    settings: UnlicensedPayment, found: Settled, owed: dict[date, int], last: date
) -> bool:
    """Whether the payments rise and fall with the takings of the days before, as settlements do.

    Beside a business of its own they must also come to all of them, less a fee. A shop orders when
    it needs goods; merchants sell on many days, and where they are paid as often less will do.
    Where that cannot be told, the sums decide.
    """
    paid, taken = _by_day(found.to_merchants), _by_day(found.taken)
    least, most = -settings.maximum_overpaid_share, most_kept_share(settings)
    often = _paid_share(found.to_merchants) >= settings.often_share
    told = False
    for most_days, line in (
        (settings.settlement_days, settings.minimum_follow_share),
        (settings.float_days, settings.minimum_float_follow_share),
    ):
        line = min(line, settings.often_follow_share) if often else line
        for came in (taken,) if found.beside else (owed, taken):
            fit = followed(came, paid, last, most_days)
            if fit is None:
                continue
            told = True
            whole = not found.beside or least <= fit.kept_share <= most
            if whole and fit.explained_share >= line:
                return True
    return not told and not found.beside


def _paid_share(to_merchants: pl.DataFrame) -> float:
    """The share of the days with payments on which the average merchant is paid."""
    pairs = to_merchants.select("other", "business_date").n_unique()
    ends = to_merchants["other"].n_unique() * to_merchants["business_date"].n_unique()
    return pairs / max(ends, 1)


def _paid_once(
    settings: UnlicensedPayment, outgoing: pl.DataFrame, to_merchants: pl.DataFrame
) -> pl.DataFrame:
    """Payments to merchants that sold on one day only: many, each no more than the others get.

    None where they are few: then it is a rent, or another cost. What persons get are wages.
    """
    sums = to_merchants.group_by("other").agg(pl.col("amount_fen").sum())["amount_fen"]
    usual = sums.median() if len(sums) else 0
    rest = outgoing.filter(~pl.col("related"), ~pl.col("to_person")).join(
        to_merchants.select("other").unique(), on="other", how="anti"
    )
    rest = rest.filter(pl.col("amount_fen").sum().over("other") <= usual)
    return rest if rest["other"].n_unique() >= settings.minimum_once else rest.clear()


def _by_day(rows: pl.DataFrame) -> dict[date, int]:
    return dict(rows.group_by("business_date").agg(pl.col("amount_fen").sum()).iter_rows())
