"""Card payments whose money comes back to the payer, joined into cases of merchants and payers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import networkx as nx
import polars as pl

from data.settings import ShamMerchant
from detectors.cash_episodes import read_episodes
from detectors.context import Context
from detectors.near_ties import lay_near_ties
from detectors.payment_sides import lay_payment_sides

# What persons pay to organisations and merchants, or to acquirers; and what anyone pays persons.
CREATE_SALE = """
create or replace temp table card_sale as
select t.ref, t.booked_at, t.booked_at::date as day, t.amount_fen, a.party as person,
  b.party as payee, b.acquirer
from transfer t
join payment_side a on a.account_id = t.payer_account
join payment_side b on b.account_id = t.payee_account
where t.status = 'settled' and t.business_date between $first and $last and a.person
  and t.amount_fen >= $least and (b.acquirer or b.role = 'merchant' or b.organisation)
  and (b.acquirer or not b.may_hold) and t.loan_id is null
"""
CREATE_BACK = """
create or replace temp table card_back as
select t.ref, t.booked_at, t.booked_at::date as day, t.amount_fen, a.party as payer,
  b.party as person
from transfer t
join payment_side a on a.account_id = t.payer_account
join payment_side b on b.account_id = t.payee_account
where t.status = 'settled' and t.business_date between $first and $last and b.person
  and a.party <> b.party and not a.may_hold and t.loan_id is null
"""
# Whom a merchant is close to: itself, its ties, and whoever gets a good part of what it pays.
CREATE_CLOSE = """
create or replace temp table card_close as
with merchant as (
  select distinct payee as merchant from card_sale where not acquirer
  union
  select distinct b.party from transfer t
  join payment_side a on a.account_id = t.payer_account and a.acquirer
  join payment_side b on b.account_id = t.payee_account and not b.may_hold
  where t.status = 'settled' and t.business_date between $first and $last
), paid as (
  select a.party as merchant, b.party as payee, sum(t.amount_fen) as amount_fen
  from transfer t
  join payment_side a on a.account_id = t.payer_account
  join payment_side b on b.account_id = t.payee_account and not b.may_hold
  semi join merchant m on m.merchant = a.party
  where t.status = 'settled' and t.business_date between $first and $last and a.party <> b.party
  group by a.party, b.party
), part as (
  select merchant, payee from paid
  qualify amount_fen >= $part * sum(amount_fen) over (partition by merchant)
)
select merchant, merchant as payer from merchant
union
select m.merchant, n.other from merchant m join near_tie n on n.one = m.merchant
union
select merchant, payee from part
"""
# A payment and what comes back of it within the hours: in one sum, or in parts that add up.
CREATE_MET = """
create or replace temp table card_met as
with near as (
  select s.ref as sale_ref, s.booked_at as sold_at, s.amount_fen as sale_fen, s.payee, s.acquirer,
    b.ref as back_ref, b.booked_at as back_at, b.amount_fen as back_fen, b.payer, b.person
  from card_back b
  join card_sale s on s.person = b.person and s.day in (b.day, b.day - 1)
  where b.booked_at > s.booked_at and b.booked_at <= s.booked_at + to_hours($hours)
    and b.amount_fen <= s.amount_fen
), summed as (
  select *, sum(back_fen) over (partition by sale_ref, payer) as back_sum from near
), fit as (
  select *, back_fen >= $least_back * sale_fen as alone,
    back_sum between $least_back * sale_fen and sale_fen as together
  from summed
)
select * from fit where alone or together
"""
# Direct payments to a merchant close to the payer; payments to an acquirer that settles one such.
MET = """
with settled as (
  select distinct a.party as acquirer, b.party as merchant
  from transfer t
  join payment_side a on a.account_id = t.payer_account and a.acquirer
  join payment_side b on b.account_id = t.payee_account and not b.may_hold
  where t.status = 'settled' and t.business_date between $first and $last
), placed as (
  select m.*, c.merchant
  from card_met m
  join card_close c on c.payer = m.payer and c.merchant = m.payee and not m.acquirer
  union all
  select m.*, c.merchant
  from card_met m
  join card_close c on c.payer = m.payer
  join settled s on s.merchant = c.merchant and s.acquirer = m.payee and m.acquirer
)
select distinct merchant, payer, person, sale_ref, sold_at, sale_fen, back_ref, back_at, back_fen
from placed
qualify row_number() over (partition by back_ref order by alone desc, sale_fen, sold_at desc,
  sale_ref, merchant) = 1
order by back_at, back_ref
"""
# What the merchants of a case take in all, and what they and those who pay back pay others.
TURNOVER = """
with taken as (
  select y.number, sum(t.amount_fen) as taken_fen
  from transfer t
  join payment_side a on a.account_id = t.payer_account and (a.person or a.acquirer)
  join payment_side b on b.account_id = t.payee_account
  join case_party y on y.party = b.party and y.merchant
  left join case_party x on x.party = a.party and x.number = y.number
  where t.status = 'settled' and t.business_date between $first and $last and x.party is null
  group by y.number
), paid as (
  select x.number, sum(t.amount_fen) filter (x.returns and b.person) as to_persons_fen,
    sum(t.amount_fen) filter (x.merchant and b.organisation) as to_firms_fen
  from transfer t
  join payment_side a on a.account_id = t.payer_account
  join case_party x on x.party = a.party
  join payment_side b on b.account_id = t.payee_account and not b.may_hold
  left join case_party y on y.party = b.party and y.number = x.number
  where t.status = 'settled' and t.business_date between $first and $last and y.party is null
  group by x.number
)
select n.number, coalesce(taken_fen, 0)::bigint as taken_fen,
  coalesce(to_persons_fen, 0)::bigint as to_persons_fen,
  coalesce(to_firms_fen, 0)::bigint as to_firms_fen
from (select distinct number from case_party) n
left join taken using (number) left join paid using (number)
order by n.number
"""
# What each merchant of a case takes from its persons, and from payers that nobody knows.
TAKEN = """
select y.number, y.party as merchant, sum(t.amount_fen)::bigint as fen
from case_party y
join payment_side b on b.party = y.party
join transfer t on t.payee_account = b.account_id
left join payment_side a on a.account_id = t.payer_account
where y.merchant and t.status = 'settled' and t.business_date between $first and $last
  and not t.cash and (a.party is null or a.party < 0
    or exists (select 1 from case_person p where p.number = y.number and p.person = a.party))
group by y.number, y.party
order by y.number, y.party
"""
# What the merchants of a case pass on to those who pay back for them.
PASSED = """
select x.number, t.ref, t.booked_at
from transfer t
join payment_side a on a.account_id = t.payer_account
join case_party x on x.party = a.party and x.merchant
join payment_side b on b.account_id = t.payee_account
join case_party y on y.party = b.party and y.number = x.number and y.returns
where t.status = 'settled' and t.business_date between $first and $last and a.party <> b.party
order by x.number, t.booked_at, t.ref
"""


@dataclass(frozen=True)
class Case:
    """One case: its merchants, who pays back, the pairs of payments, and sums in fen.

    `met` has payments back beside the payments they return; `taken_fen` is what the merchants
    took from persons and acquirers, `to_persons_fen` what those who pay back paid persons,
    `to_firms_fen` what the merchants paid other firms, `passed` what they paid those who pay back;
    `taken_by` has what each merchant took from the persons, and from payers that nobody knows.
    """

    merchants: tuple[int, ...]
    payers: tuple[int, ...]
    met: pl.DataFrame
    passed: pl.DataFrame
    taken_fen: int
    to_persons_fen: int
    to_firms_fen: int
    taken_by: Mapping[int, int]

    @property
    def sold_fen(self) -> int:
        """What the persons paid that came back."""
        return int(self.met.unique("sale_ref")["sale_fen"].sum())

    @property
    def back_fen(self) -> int:
        """What came back to them."""
        return int(self.met.unique("back_ref")["back_fen"].sum())

    @property
    def exact_fen(self) -> int:
        """What came back in the very sum that was paid."""
        exact = self.met.filter(pl.col("back_fen") == pl.col("sale_fen"))
        return int(exact.unique("back_ref")["back_fen"].sum())


def read_cases(context: Context, settings: ShamMerchant) -> list[Case]:
    """Find payments that came back, and join their merchants and payers into cases."""
    db = context.db
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    lay_payment_sides(context)
    lay_near_ties(context)
    db.execute("card payments", CREATE_SALE, {**window, "least": settings.least_payment_fen})
    db.execute("payments to persons", CREATE_BACK, window)
    db.execute("close to merchants", CREATE_CLOSE, {**window, "part": settings.passed_on_share})
    hours = {"hours": settings.return_hours, "least_back": settings.least_returned_share}
    db.execute("payments that came back", CREATE_MET, hours)
    met = db.frame("payments that came back to merchants' payers", MET, window)
    together = read_episodes(context, settings)
    met = pl.concat([met, together], how="vertical_relaxed").unique(
        ["sale_ref", "back_ref"], keep="first", maintain_order=True
    )
    ties = db.rows(
        "ties of merchants",
        "select one, other from near_tie where one in (select distinct merchant from card_close) "
        "order by one, other",
    )
    graph = nx.Graph()
    graph.add_edges_from(met.select("merchant", "payer").unique().rows())
    graph.add_edges_from((a, b) for a, b in ties if a in graph and b in graph)
    graph.add_edges_from(_sharing(settings, met))
    groups = [
        (parties, mine)
        for parties in sorted(sorted(each) for each in nx.connected_components(graph))
        if (mine := met.filter(pl.col("merchant").is_in(parties)))["person"].n_unique()
        >= settings.minimum_persons
    ]
    cases = _cases(context, [mine for _, mine in groups], window)
    for name in ("card_sale", "card_back", "card_close", "card_met"):
        db.execute(f"drop {name}", f"drop table {name}")
    return cases


def _sharing(settings: ShamMerchant, met: pl.DataFrame) -> list[tuple[int, int]]:
    """Pairs of merchants at which the same persons cash: shops that take turns."""
    visits = met.select("merchant", "person").unique()
    both = visits.join(visits, on="person", suffix="_other")
    both = both.filter(pl.col("merchant") < pl.col("merchant_other"))
    pairs = both.group_by("merchant", "merchant_other").len()
    many = pairs.filter(pl.col("len") >= settings.minimum_shared_persons)
    return many.select("merchant", "merchant_other").sort("merchant", "merchant_other").rows()


def _cases(context: Context, groups: list[pl.DataFrame], window: Mapping[str, date]) -> list[Case]:
    """Add to each group of payments that came back what its parties take and pay in all."""
    sides = [(sorted(met["merchant"].unique()), sorted(met["payer"].unique())) for met in groups]
    rows = [
        (number, party, party in merchants, party in payers)
        for number, (merchants, payers) in enumerate(sides)
        for party in sorted({*merchants, *payers})
    ]
    schema = {"number": pl.Int64, "party": pl.Int64, "merchant": pl.Boolean, "returns": pl.Boolean}
    context.db.register("case_party", pl.DataFrame(rows, schema=schema, orient="row").to_arrow())
    persons = [
        (number, person) for number, met in enumerate(groups) for person in met["person"].unique()
    ]
    columns = {"number": pl.Int64, "person": pl.Int64}
    context.db.register(
        "case_person", pl.DataFrame(persons, schema=columns, orient="row").to_arrow()
    )
    took: dict[int, dict[int, int]] = defaultdict(dict)
    for number, merchant, fen in context.db.rows("taken by merchants", TAKEN, dict(window)):
        took[number][merchant] = fen
    sums = context.db.rows("turnover of cases", TURNOVER, dict(window))
    passed = context.db.frame("passed on in cases", PASSED, dict(window))
    for name in ("case_party", "case_person"):
        context.db.unregister(name)
    return [
        Case(
            tuple(merchants), tuple(payers), met, passed.filter(pl.col("number") == number),
            taken, to_persons, to_firms, took[number],
        )
        for met, (merchants, payers), (number, taken, to_persons, to_firms) in zip(
            groups, sides, sums, strict=True
        )
    ]  # fmt: skip
