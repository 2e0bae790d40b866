"""What clients did with a trading venue: paid in, took back, how soon, and what paid for goods."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.legal_rules import legal_rules
from data.workdays import is_working_day
from detectors.context import Context, Institution
from detectors.evidence import fen
from detectors.fixed_returns import Returns, fixed_returns


@dataclass(frozen=True)
class Traded:
    """What passed a venue's accounts, in fen, and what of it was withdrawn or paid for goods."""

    from_persons: pl.DataFrame
    to_persons: pl.DataFrame
    to_circle: pl.DataFrame
    clients: int
    taken_fen: int
    withdrawn_share: float
    goods_share: float
    circle_share: float
    quick_share: float
    returns: Returns | None


def read_trading(context: Context, members: list[Institution], flow: pl.DataFrame) -> Traded:
    """Tell clients' money, goods and the circle's part in one venue's flow apart.

    `flow` is as ``venue_money`` reads it, with `unknown`, of all members together.
    """
    circle = {party for member in members for party in context.closure(member)}
    circle -= {member.party_no for member in members}
    inside = pl.col("person").is_in(list(circle))
    person = pl.col("kind") == "person"
    from_persons = flow.filter("incoming", person, ~inside)
    out = flow.filter(~pl.col("incoming"))
    to_persons = out.filter(person, ~inside)
    to_clients = to_persons.join(from_persons.select("person").unique(), on="person", how="semi")
    # Goods are paid for to organisations outside of the circle that pay nothing of clients' money.
    to_circle = out.filter(inside)
    goods = out.filter(pl.col("kind") == "organisation", ~inside)
    taken = fen(from_persons)
    both = pl.concat([from_persons, to_clients])
    return Traded(
        from_persons=from_persons,
        to_persons=to_clients,
        to_circle=to_circle,
        clients=from_persons["person"].n_unique(),
        taken_fen=taken,
        withdrawn_share=fen(to_clients) / max(taken, 1),
        goods_share=fen(goods) / max(taken, 1),
        circle_share=fen(to_circle) / max(taken, 1),
        quick_share=quick_share(context, from_persons, to_clients),
        returns=fixed_returns(context.settings.fixed_returns, both),
    )


def quick_share(context: Context, came: pl.DataFrame, went: pl.DataFrame) -> float:
    """The share of clients who get money out sooner after paying in than the law allows.

    Days of trading count; weekends and holidays do not.
    """
    least = legal_rules().whole("exchange", "least_trading_days", context.business_date)
    if least is None or went.is_empty():
        return 0.0
    days = sorted({*came["business_date"], *went["business_date"]})
    number, worked = {}, 0
    spans = pl.date_range(days[0], days[-1], eager=True).to_list()
    for day in spans:
        worked += is_working_day(day)
        number[day] = worked
    pairs = (
        went.select("person", "booked_at", pl.col("business_date").alias("out_on"))
        .sort("booked_at")
        .join_asof(
            came.select("person", "booked_at", pl.col("business_date").alias("in_on")).sort(
                "booked_at"
            ),
            on="booked_at",
            by="person",
            check_sortedness=False,
        )
        .filter(pl.col("in_on").is_not_null())
    )
    quick = {
        person
        for person, out_on, in_on in pairs.select("person", "out_on", "in_on").iter_rows()
        if number[out_on] - number[in_on] < least
    }
    return len(quick) / max(came["person"].n_unique(), 1)
