"""What borrowers owe: each loan's sum on the day a further one is published, alone and together."""

from __future__ import annotations

from datetime import datetime

import networkx as nx
import polars as pl

from data.legal_rules import legal_rules
from data.settings import BorrowerCap
from detectors.context import Context
from detectors.loan_money import lay_loan_money

# Relations that make borrowers one economic unit: who leads, owns or is kin of another.
UNITING = ("controls", "legal_representative", "shareholder", "kin")

# Loans that were paid out, as far as is seen: with what is repaid of their principal by day, and
# the last day on which they were owed (null: they still are). One identity may have several
# numbers; a loan that was repaid without a trace counts until it is published only.
CREATE_OWED = """
create or replace temp table owed as
with repaid as (
  select institution_id, loan_id, max(business_date) as last_on from loan_money
  where flow in ('repay', 'compensate') and to_centre
  group by institution_id, loan_id
)
select b.institution_id, b.loan_id, b.borrower, b.borrower_kind as kind,
  coalesce(p.id_no, p.party_id) as identity, b.principal_fen, b.published_on, b.status,
  case when b.status in ('active', 'overdue') then null
    else coalesce(r.last_on, b.published_on - 1) end as until_on
from loan_book b
join party_dim p on p.party_no = b.borrower
left join repaid r on r.institution_id = b.institution_id and r.loan_id = b.loan_id
where b.status in ('active', 'overdue', 'repaid') and b.published_on <= $last
"""
# Principal repaid until a day; a payment that does not say what of it is interest is all principal.
CREATE_BACK = """
create or replace temp table owed_back as
select institution_id, loan_id, business_date,
  sum(amount_fen - least(interest_fen, amount_fen))::bigint as amount_fen
from loan_money where flow in ('repay', 'compensate') and to_centre
group by institution_id, loan_id, business_date
"""
# What each unit owes on the day of each new loan: on that platform and on all. A unit is one
# identity, or several that belong together.
TOTALS = """
with unit as (
  select o.*, coalesce(u.unit, 'one ' || o.identity) as unit
  from owed o left join owed_unit u on u.identity = o.identity and u.grouped = $grouped
  where not $grouped or u.unit is not null
), standing as (
  select n.institution_id, n.loan_id, n.unit, n.published_on, n.principal_fen as new_fen,
    o.institution_id as lender_id, o.loan_id as owed_id, o.identity, o.kind, o.borrower,
    greatest(o.principal_fen - coalesce((
      select sum(k.amount_fen) from owed_back k
      where k.institution_id = o.institution_id and k.loan_id = o.loan_id
        and k.business_date < n.published_on
    ), 0), 0)::bigint as owed_fen
  from unit n
  join unit o on o.unit = n.unit and o.published_on <= n.published_on
    and (o.until_on is null or o.until_on >= n.published_on)
  where n.published_on >= $since
)
select institution_id, loan_id, unit, published_on, any_value(new_fen) as new_fen,
  coalesce(sum(owed_fen) filter (lender_id = institution_id), 0)::bigint as here_fen,
  sum(owed_fen)::bigint as all_fen,
  count(distinct identity) filter (lender_id = institution_id) as here,
  count(distinct identity) as everywhere,
  bool_or(kind <> 'person') filter (lender_id = institution_id) as firm_here,
  bool_or(kind <> 'person') as firm,
  list(distinct lender_id || ' ' || owed_id) filter (lender_id = institution_id) as loans_here,
  list(distinct lender_id || ' ' || owed_id) as loans,
  list(distinct borrower) as borrowers
from standing
group by institution_id, loan_id, unit, published_on
order by institution_id, published_on, loan_id, unit
"""
IDENTITIES = """
select distinct o.identity, o.borrower from owed o order by 1, 2
"""
DISBURSED = """
select institution_id || ' ' || loan_id as loan, ref, booked_at
from loan_money where flow = 'disburse' order by 1, 3, 2
"""
DEALINGS = """
select distinct p.party_no as one, q.party_no as other
from transfer t
join account_dim p on p.account_id = t.payer_account
join account_dim q on q.account_id = t.payee_account
semi join owed_member m on m.party_no = p.party_no
semi join owed_member n on n.party_no = q.party_no
where t.status = 'settled' and p.party_no <> q.party_no and p.party_no >= 0 and q.party_no >= 0
order by 1, 2
"""


def read_owed(context: Context, settings: BorrowerCap) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What single borrowers, and borrowers who belong together, owed as each loan was published.

    Rows by new loan: `here_fen` on its platform and `all_fen` on all, how many identities, whether
    a firm is among them, and the loans that make the sum (institution, blank, loan). Loans
    published before the caps are in force are no new loans, but are owed.
    """
    db = context.db
    lay_loan_money(context)
    since = legal_rules().first_day("borrower_cap", "person_one_platform")
    db.execute("loans owed", CREATE_OWED, {"last": context.business_date})
    db.execute("principal repaid", CREATE_BACK)
    db.register("owed_unit", _units(context, settings).to_arrow())
    single = db.frame("owed alone", TOTALS, {"since": since, "grouped": False})
    together = db.frame("owed together", TOTALS, {"since": since, "grouped": True})
    db.unregister("owed_unit")
    return single, together


def _units(context: Context, settings: BorrowerCap) -> pl.DataFrame:
    """Identities that belong together, by a number of their unit; those alone are left out.

    They lead, own or are kin of each other, or the same party leads or owns them; a head of very
    many is a registration agent.
    """
    held = context.relations
    identity = {borrower: name for name, borrower in context.db.rows("borrowers", IDENTITIES)}
    graph: nx.Graph[tuple[str, str | int]] = nx.Graph()
    for borrower, name in identity.items():
        for other, kind, share in (*held.into(borrower), *held.out_of(borrower)):
            owned = kind != "shareholder" or share >= settings.uniting_share
            if kind not in UNITING or not owned:
                continue
            if other in identity:
                graph.add_edge(("identity", name), ("identity", identity[other]))
            elif kind != "kin" and sum(1 for _ in held.out_of(other)) <= settings.largest_unit:
                graph.add_edge(("identity", name), ("head", other))
    units = []
    for number, nodes in enumerate(sorted(map(sorted, nx.connected_components(graph)))):
        members = [str(name) for what, name in nodes if what == "identity"]
        if 1 < len(members) <= settings.largest_unit:
            units += [(name, f"unit {number}", True) for name in members]
    return pl.DataFrame(
        units, {"identity": pl.String, "unit": pl.String, "grouped": pl.Boolean}, orient="row"
    )


def read_disbursed(context: Context) -> dict[str, list[tuple[str, datetime]]]:
    """The transfers that paid each loan out: reference and time by institution, blank, loan."""
    found: dict[str, list[tuple[str, datetime]]] = {}
    for loan, ref, at in context.db.rows("loans paid out", DISBURSED):
        found.setdefault(loan, []).append((ref, at))
    return found


def read_dealings(context: Context, members: list[int]) -> set[tuple[int, int]]:
    """Which of some parties paid which others of them."""
    table = pl.DataFrame({"party_no": members}, {"party_no": pl.Int64})
    context.db.register("owed_member", table.to_arrow())
    pairs = {(one, other) for one, other in context.db.rows("dealings", DEALINGS)}
    context.db.unregister("owed_member")
    return pairs
