"""Who takes round lots from the public and pays the same people: schemes, by holders of accounts.

Collector and source of the payments may be different holders: a pair belongs together when the
source pays many of the collector's payers, far more of them than chance would give, and the payers
of all its collectors are a good part of those whom it pays; or it pays others returns on such lots
(``rated_sources``). Pairs that share a holder are one scheme, and so are cards of
one institution's circle; whoever collects lots too and hands most of them to one joins it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
import polars as pl

from data.settings import IllegalFundraising
from detectors.context import Context, Institution
from detectors.pool_tables import CREATE_MATCHED
from detectors.pooling import LICENSED_KINDS
from detectors.raising_tables import (
    ADD_CASH,
    CASH,
    CREATE_FLOW,
    CREATE_PAYER,
    CREATE_SIDE,
    FLOW,
    FORWARDED,
    JOINING,
    OWN,
    PAID_OUT,
    PAIRS,
    SPENT,
    UNKNOWN,
)
from detectors.rated_sources import rated_sources

# Their licence is to take the public's money.
LICENSED = (*LICENSED_KINDS, "asset_manager")


@dataclass(frozen=True)
class Scheme:
    """Holders that raise money together, and their transfers with those who pay in round lots.

    `flow` has incoming, person, holder, ref, booked_at, amount_fen, matched (belongs to a loan) and
    lot (is a round lot); persons and holders below -1 are accounts that nobody registered.
    `paid_out` is what the holders pay any persons: person, holder, ref, booked_at, amount_fen.
    `behind` is the
    institution whose circle holds the accounts, or that the money went to; `taken_out` are payments
    to its circle (payee, ref, booked_at, amount_fen), `forwarded` what holders got from each other
    (holder, ref, booked_at, amount_fen), and `cash` lots that nobody known paid in on their cards
    (the same).
    """

    holders: tuple[int, ...]
    flow: pl.DataFrame
    paid_out: pl.DataFrame
    behind: Institution | None
    taken_out: pl.DataFrame
    forwarded: pl.DataFrame
    cash: pl.DataFrame


def read_schemes(context: Context, settings: IllegalFundraising) -> Iterator[Scheme]:
    """Read the transfers of every group of holders that could raise money from the public."""
    db = context.db
    days = context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    licensed = sorted(
        i.institution_id for i in context.institutions if i.licensed and i.kind in LICENSED
    )
    lot = {"lot": settings.lot_fen, "least": settings.minimum_lot_fen}
    db.execute("payments on loans", CREATE_MATCHED, window)
    db.execute("sides of raising", CREATE_SIDE, {"licensed": licensed})
    db.execute("raising flow", CREATE_FLOW, window)
    hours = settings.cash_hours
    within = {"hours": hours, "days": math.ceil(hours / 24)}
    db.execute("cash handed over", ADD_CASH, {**window, **lot, **within})
    db.execute("own transfers", OWN)
    db.execute("payers of lots", CREATE_PAYER, {**lot, "payers": settings.collector_payers})
    bounds = {
        "receivers": settings.pair_receivers,
        "back": settings.pair_back_share,
        "part": settings.pair_part,
        "covered": settings.minimum_covered_share,
        "lift": settings.minimum_lift,
    }
    pairs = {*db.rows("pairs of raising", PAIRS, bounds), *rated_sources(context, settings)}
    groups = _groups(context, settings, sorted(pairs))
    _register(context, groups)
    joining = db.rows(
        "who hands on to schemes", JOINING, {**window, "handed": settings.handed_share}
    )
    for number, holder in joining:
        groups[number][1].append(holder)
    _register(context, groups)
    alike = {"alike": context.settings.detectors.unknown_like_share}
    flow = pl.concat(
        [
            db.frame("flow of schemes", FLOW, lot),
            db.frame("unknown payers of schemes", UNKNOWN, {**lot, **window, **alike}),
        ],
        how="vertical_relaxed",
    ).sort("scheme", "booked_at", "ref", "incoming", "person", "holder")
    paid_out = db.frame("paid by schemes", PAID_OUT)
    spent = db.frame("spent by schemes", SPENT, window)
    forwarded = db.frame("forwarded in schemes", FORWARDED, window)
    cash = db.frame("cash lots of schemes", CASH, {**lot, **window, "hours": hours})
    db.unregister("scheme_member")
    for table in ("raising_side", "raising_flow", "raising_payer"):
        db.execute(f"drop {table}", f"drop table {table}")
    for (number,), mine in flow.group_by("scheme", maintain_order=True):
        behind, held = groups[int(str(number))]
        outgoing, paid, moved, cash_lots = (
            rows.filter(pl.col("scheme") == number).drop("scheme")
            for rows in (spent, paid_out, forwarded, cash)
        )
        behind = behind or _reached(context, settings, outgoing)
        circle = list(context.closure(behind)) if behind else []
        taken_out = outgoing.filter(pl.col("payee").is_in(circle))
        yield Scheme(tuple(sorted(held)), mine, paid, behind, taken_out, moved, cash_lots)


def _register(context: Context, groups: list[tuple[Institution | None, list[int]]]) -> None:
    """Register the holders of each group as the table ``scheme_member``."""
    rows = [(number, holder) for number, (_, held) in enumerate(groups) for holder in held]
    members = pl.DataFrame(rows, schema={"scheme": pl.Int64, "holder": pl.Int64}, orient="row")
    context.db.register("scheme_member", members.to_arrow())


def _reached(
    context: Context, settings: IllegalFundraising, outgoing: pl.DataFrame
) -> Institution | None:
    """The institution whose circle got most of what holders paid out, if that is much of it."""
    got: dict[str, int] = defaultdict(int)
    known: dict[str, Institution] = {}
    for payee, fen in outgoing.group_by("payee").agg(pl.col("amount_fen").sum()).iter_rows():
        for institution in context.circles_of.get(payee, ()):
            if not (institution.licensed and institution.kind in LICENSED):
                got[institution.institution_id] += fen
                known[institution.institution_id] = institution
    best = max(got, key=lambda name: (got[name], name), default=None)
    least = settings.minimum_reached_share * int(outgoing["amount_fen"].sum())
    return known[best] if best is not None and got[best] >= least else None


def _groups(
    context: Context, settings: IllegalFundraising, pairs: list[tuple[int, int]]
) -> list[tuple[Institution | None, list[int]]]:
    """The holders of each scheme, with the institution whose circle they belong to, if any.

    Cards of persons are that institution's; a firm that is not close to it raises money by itself.
    """
    holders = {holder for pair in pairs for holder in pair}
    near = nearest_institutions(context, holders)
    graph = nx.Graph()
    graph.add_nodes_from(holders)
    graph.add_edges_from(pairs)
    joined = nx.Graph()
    for members in nx.connected_components(graph):
        nx.add_path(joined, sorted(members))
        firms = {h: near.get(h) for h in members if h >= 0 and context.front(h) == "shell"}
        close = {behind for behind in firms.values() if behind and behind[0] <= settings.firm_steps}
        joined.add_edges_from(
            (holder, f"institution {near[holder][1].institution_id}")
            for holder in members & near.keys()
            if not firms or near[holder][1] in {institution for _, institution in close}
        )
    groups = []
    for members in nx.connected_components(joined):
        held = sorted(member for member in members if not isinstance(member, str))
        named = [near[holder][1] for holder in held if holder in near]
        known = [each for each in named if f"institution {each.institution_id}" in members]
        known.sort(key=lambda each: (-known.count(each), each.institution_id))
        groups.append((known[0] if known else None, held))
    return sorted(groups, key=lambda each: each[1])


def nearest_institutions(context: Context, holders: set[int]) -> dict[int, tuple[int, Institution]]:
    """The institution, not licensed to take the public's money, in whose circle each party is, and
    how many ties lie between.

    Where a party is in several circles, the one with the fewest ties between; then by identifier.
    """
    near: dict[int, tuple[int, Institution]] = {}
    for institution in context.institutions:
        if institution.licensed and institution.kind in LICENSED:
            continue
        circle = context.closure(institution)
        for holder in holders & circle.keys():
            steps = len(circle[holder].chain)
            if holder not in near or steps < near[holder][0]:
                near[holder] = steps, institution
    return near
