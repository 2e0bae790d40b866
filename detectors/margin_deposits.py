"""Margin deposits: what traders pay in themselves before an institution funds their trading.

A trader puts down a deposit, and hours or days later several times as much goes to a securities
account in another's name. One such pair is chance. An account whose takings from persons pair off
with the payments into securities, each with another, is the desk that takes the deposits.
"""

from __future__ import annotations

from datetime import timedelta

import networkx as nx
import polars as pl

from data.settings import MarginFinance
from detectors.context import Context
from detectors.evidence import fen

# What natural persons pay, under no loan's number, into accounts of a subject or its circle that
# are no register of clients' money.
PAID_BY_PERSONS = """
with subject as (
  select distinct subject, institution_id from securities_case
), member as (
  select s.subject, w.party_no
  from subject s join securities_circle w on w.institution_id = s.institution_id
  union
  select subject, subject from subject
)
select m.subject, t.payee_account as account, t.ref, t.booked_at, t.amount_fen, a.party_no as payer
from member m
join account_dim b on b.party_no = m.party_no
  and b.role not in ('client_custody', 'client_reserve', 'securities_transfer')
join transfer t on t.payee_account = b.account_id
join account_dim a on a.account_id = t.payer_account and a.role <> 'securities_transfer'
left join party_dim p on p.party_no = a.party_no
anti join member o on o.subject = m.subject and o.party_no = a.party_no
where t.status = 'settled' and t.business_date between $first and $last and t.loan_id is null
  and coalesce(p.kind = 'person', true)
order by 1, 2, 4, 3
"""
FUNDED = """
select c.subject, f.ref, f.booked_at, f.amount_fen
from securities_case c join foreign_paid f on f.ref = c.ref
order by 1, 3, 2
"""


def read_margin_deposits(context: Context, settings: MarginFinance) -> pl.DataFrame:
    """Read the deposits of traders of every subject in ``securities_case``.

    Columns subject, account, ref, booked_at, amount_fen, payer (party number, below 0: unknown).
    """
    first = context.first_date(context.settings.load.window_days)
    window = {"first": first, "last": context.business_date}
    paid = context.db.frame("paid in by persons", PAID_BY_PERSONS, window)
    funded = context.db.frame("payments into securities", FUNDED)
    desks = [
        _deposits(settings, rows, funded.filter(pl.col("subject") == rows["subject"][0]))
        for _, rows in paid.group_by("subject", "account", maintain_order=True)
    ]
    return pl.concat([paid.clear(), *desks])


def _deposits(settings: MarginFinance, paid: pl.DataFrame, funded: pl.DataFrame) -> pl.DataFrame:
    """The payments into one account that pair off; none where most of its takings do not."""
    least = max(settings.minimum_deposits, settings.deposited_share * funded.height)
    # No more deposits pair off than there are payments into securities.
    largest = paid.sort("amount_fen", descending=True).head(funded.height)
    if paid.height < least or fen(largest) < settings.deposit_share * fen(paid):
        return paid.clear()
    longest = timedelta(days=settings.deposit_days)
    pairs = (
        paid.select("booked_at", "amount_fen")
        .with_row_index("deposit")
        .join_where(
            funded.select(
                pl.col("booked_at").alias("funded_at"),
                pl.col("amount_fen").alias("funded_fen"),
            ).with_row_index("funding"),
            pl.col("funded_at") > pl.col("booked_at"),
            pl.col("funded_at") <= pl.col("booked_at") + longest,
            pl.col("funded_fen") >= pl.col("amount_fen"),
            pl.col("funded_fen") <= settings.most_leverage * pl.col("amount_fen"),
        )
    )
    # Deposits are numbered from 0 up, fundings from -1 down.
    edges = pairs.select(
        pl.col("deposit").cast(pl.Int64), (-1 - pl.col("funding").cast(pl.Int64)).alias("funding")
    ).sort("deposit", "funding")
    graph = nx.Graph(edges.rows())
    deposits = edges["deposit"].unique().sort().to_list()
    matched = nx.bipartite.hopcroft_karp_matching(graph, deposits) if deposits else {}
    found = paid[[number for number in deposits if number in matched]]
    enough = found.height >= least and fen(found) >= settings.deposit_share * fen(paid)
    return found if enough else found.clear()
