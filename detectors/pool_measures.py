"""What is measured of a group of accounts, and which thresholds and look-alikes it is held to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from data.settings import FundPool
from detectors.context import Context
from detectors.pool_tables import PERSONS
from detectors.pooling import find_pools

MICROSECONDS = 86_400_000_000

OWNERS = """
select m.pool, a.account_id as account, a.party_no, a.role, a.institution_id, a.registered
from account_dim a
join pool_member m on m.account = a.account_id
order by m.pool, a.account_id
"""
# Every transfer of the pools' accounts with others, on the pools' side.
MEMBER_FLOW = """
select m.pool, true as incoming, f.business_date >= $recent as recent, f.ref, f.booked_at,
  f.amount_fen, f.payee_account as account,
  f.payer as other, f.payer_person as person, f.matched,
  n.account is not null as inner_transfer
from pool_flow f
join pool_member m on m.account = f.payee_account
left join pool_member n on n.account = f.payer_account and n.pool = m.pool
union all
select m.pool, false, f.business_date >= $recent, f.ref, f.booked_at, f.amount_fen, f.payer_account,
  f.payee, f.payee_person, f.matched, n.account is not null
from pool_flow f
join pool_member m on m.account = f.payer_account
left join pool_member n on n.account = f.payee_account and n.pool = m.pool
order by 1, 5, 4, 2
"""


@dataclass(frozen=True)
class Pool:
    """The accounts of one pool with their owners, and all their transfers.

    `owners` has account, party_no, role, institution_id and registered (whether its bank says whose
    it is); `flow` a row per side in the pool, `recent` on those within the window. `persons` are
    the natural persons that pay or are paid anywhere in the window.
    """

    owners: pl.DataFrame
    flow: pl.DataFrame
    persons: int
    institution_id: str | None = None

    @property
    def accounts(self) -> list[int]:
        """The numbers of the pool's accounts."""
        return self.owners["account"].to_list()


@dataclass(frozen=True)
class Measured:
    """What was measured of a pool that passed every threshold.

    `incoming` and `outgoing` leave out what moves between the pool's own accounts; `back` are the
    payers paid out of it again, `chance` how many of them there would be by chance; shares are of
    fen, but `paid_first_share` (of persons) and `fixed_ratio_share` (of payments).
    """

    incoming: pl.DataFrame
    outgoing: pl.DataFrame
    payers: int
    payees: int
    back: int
    chance: float
    taken_fen: int
    public_fen: int
    paid_fen: int
    returned_fen: int
    matched_share: float
    principal_back: float
    paid_first_share: float
    fixed_ratio_share: float


def read_pools(context: Context, settings: FundPool) -> Iterator[Pool]:
    """Read the transfers of every group of accounts that could be one pool."""
    db = context.db
    groups = find_pools(context, settings)
    members = pl.DataFrame(
        [(number, account) for number, (_, accounts) in enumerate(groups) for account in accounts],
        schema={"pool": pl.Int64, "account": pl.Int64},
        orient="row",
    )
    db.register("pool_member", members.to_arrow())
    owners = db.frame("pool owners", OWNERS)
    flow = db.frame(
        "pool transfers", MEMBER_FLOW, {"recent": context.first_date(settings.window_days)}
    )
    db.unregister("pool_member")
    [(persons,)] = db.rows("persons", PERSONS)
    for number, mine in flow.group_by("pool", maintain_order=True):
        held = owners.filter(pl.col("pool") == number[0])
        yield Pool(held, mine, max(persons, 1), groups[int(str(number[0]))][0])


def measure(settings: FundPool, pool: Pool) -> Measured | None:
    """Hold one group against the thresholds and the look-alikes; None when it is no pool."""
    outer = pool.flow.filter("recent", ~pl.col("inner_transfer"))
    incoming, outgoing = (outer.filter(pl.col("incoming") == side) for side in (True, False))
    from_persons, to_persons = incoming.filter("person"), outgoing.filter("person")
    to_persons = _less_refunds(settings, from_persons, to_persons)
    back = from_persons.select("other").unique().join(to_persons, on="other", how="semi")
    returned = to_persons.join(back, on="other", how="semi")
    first_in = from_persons.group_by("other").agg(pl.col("booked_at").min().alias("paid_at"))
    first_out = returned.group_by("other").agg(pl.col("booked_at").min().alias("got_at"))
    met = first_out.join(first_in, on="other")
    taken, public = total(incoming), total(from_persons)
    payers = from_persons["other"].n_unique()
    found = Measured(
        incoming=incoming,
        outgoing=outgoing,
        payers=payers,
        payees=outgoing["other"].n_unique(),
        back=back.height,
        chance=payers * to_persons["other"].n_unique() / pool.persons,
        taken_fen=taken,
        public_fen=public,
        paid_fen=total(outgoing),
        returned_fen=total(returned),
        matched_share=total(incoming.filter("matched")) / max(taken, 1),
        principal_back=total(returned)
        / max(total(from_persons.join(back, on="other", how="semi")), 1),
        paid_first_share=met.filter(pl.col("paid_at") < pl.col("got_at")).height
        / max(met.height, 1),
        fixed_ratio_share=fixed_ratio_share(settings, from_persons, to_persons),
    )
    if (
        found.payers < settings.minimum_payers
        or found.payees < settings.minimum_payees
        or found.paid_fen < settings.lowest_out_in_ratio * public
        or found.paid_fen > settings.highest_out_in_ratio * taken
        or found.matched_share > settings.maximum_matched_share
        or public < settings.minimum_public_share * taken
        or found.back < settings.minimum_paid_back
        or found.back < settings.minimum_paid_back_share * found.payers
        or found.returned_fen < settings.minimum_returned_share * public
        or total(to_persons) < settings.minimum_to_persons_share * public
        or found.principal_back < settings.minimum_principal_back
        or found.paid_first_share < settings.minimum_paid_first_share
        or found.fixed_ratio_share > settings.maximum_fixed_ratio_share
    ):
        return None
    return found


def total(rows: pl.DataFrame) -> int:
    """The sum of the amounts, in fen."""
    return int(rows["amount_fen"].sum())


def _less_refunds(
    settings: FundPool, from_persons: pl.DataFrame, to_persons: pl.DataFrame
) -> pl.DataFrame:
    """Leave out what gives a person back, within `refund_days`, exactly what the person had paid.

    A shop refunds a small part of its sales. When such payments are a large part of what persons
    paid in, they are no refunds, and nothing is left out.
    """
    pairs = to_persons.join(from_persons, on=["other", "amount_fen"], suffix="_in").filter(
        pl.col("booked_at").is_between(
            pl.col("booked_at_in"), pl.col("booked_at_in") + pl.duration(days=settings.refund_days)
        )
    )
    same = to_persons.join(pairs.select("ref").unique(), on="ref", how="semi")
    if total(same) > settings.maximum_refund_share * total(from_persons):
        return to_persons
    return to_persons.join(same, on="ref", how="anti")


def fixed_ratio_share(
    settings: FundPool, from_persons: pl.DataFrame, to_persons: pl.DataFrame
) -> float:
    """The share of payments to persons that pass another's payment on, less a fixed commission.

    A marketplace or a letting agent pays out each receipt within days, at one of a few ratios just
    below one; a pool's payments are of no fixed ratio to any receipt. A thin sample is enough.
    """
    came = from_persons.sort("booked_at", "ref")
    came_at = came["booked_at"].cast(pl.Int64).to_numpy()
    amounts, payers = came["amount_fen"].to_numpy(), came["other"].to_numpy()
    sample = to_persons.gather_every(max(to_persons.height // settings.ratio_sample, 1))
    went_at = sample["booked_at"].cast(pl.Int64).to_numpy()
    first = np.searchsorted(came_at, went_at - settings.ratio_days * MICROSECONDS)
    last = np.searchsorted(came_at, went_at, side="right")
    seen: Counter[int] = Counter()
    ratios: list[set[int]] = []
    for row, (amount, payee) in enumerate(sample.select("amount_fen", "other").iter_rows()):
        before = slice(first[row], last[row])
        fit = (amounts[before] > amount) & (amounts[before] <= 2 * amount)
        fit &= payers[before] != payee
        ratios.append(set(np.rint(1000 * amount / amounts[before][fit]).astype(int).tolist()))
        seen.update(ratios[-1])
    common = {ratio for ratio, _ in sorted(seen.items(), key=lambda each: (-each[1], each[0]))[:3]}
    return sum(bool(common & each) for each in ratios) / max(len(ratios), 1)
