"""Sums that keep just below the line from which banks report: bursts of them, and few above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from data.legal_rules import legal_rules
from data.settings import Layering
from detectors.context import Context
from detectors.evidence import yuan
from detectors.finding import Finding, Lookalike, Measure
from detectors.layer_case import layering_finding

# A party's transfers around the line of their day and kind: cash, or a person's or a firm's.
NEAR_LINE = """
with side as (
  select t.ref, t.booked_at, t.business_date, t.amount_fen, t.cash, a.party_no as party,
    b.party_no as other
  from transfer t
  join account_dim a on a.account_id = t.payer_account
  left join account_dim b on b.account_id = t.payee_account
  where t.status = 'settled' and t.business_date between $first and $last
    and t.amount_fen between $low and $high
  union all
  select t.ref, t.booked_at, t.business_date, t.amount_fen, t.cash, b.party_no, a.party_no
  from transfer t
  join account_dim b on b.account_id = t.payee_account
  left join account_dim a on a.account_id = t.payer_account
  where t.status = 'settled' and t.business_date between $first and $last
    and t.amount_fen between $low and $high
), lined as (
  select s.*, l.line_fen
  from side s
  join party_dim p on p.party_no = s.party
  join report_line l on l.day = s.business_date
    and l.kind = case when s.cash then 'cash' else p.kind end
  where s.party >= 0 and s.party is distinct from s.other
    and (p.institution_id is null or not list_contains($licensed, p.institution_id))
    and s.amount_fen between $band * l.line_fen and (2 - $band) * l.line_fen
), counted as (
  select *, count(*) filter (amount_fen < line_fen) over (partition by party, cash) as below
  from lined
)
select party, cash, ref, booked_at, business_date, amount_fen, line_fen, other
from counted where below >= $least
order by party, cash, booked_at, ref
"""


@dataclass(frozen=True)
class Structuring:
    """One party's burst: the transfers just below the line, and how many lay above it.

    `rows` has ref, booked_at, amount_fen, line_fen and other; `repeated_share` is the part that
    repeats one sum to one party.
    """

    party: int
    cash: bool
    rows: pl.DataFrame
    above: int
    repeated_share: float


def read_structuring(context: Context, settings: Layering) -> list[Structuring]:
    """Find parties with bursts of sums just below the report line of the day."""
    first = context.first_date(settings.window_days)
    days = [first + timedelta(days=n) for n in range((context.business_date - first).days + 1)]
    kinds = {
        "cash": "cash",
        "person": "person_transfer",
        "organisation": "organisation_transfer",
    }
    lines = [
        (day, kind, line)
        for day in days
        for kind, parameter in kinds.items()
        if (line := legal_rules().whole("large_transaction", parameter, day)) is not None
    ]
    if not lines:
        return []
    schema = {"day": pl.Date, "kind": pl.String, "line_fen": pl.Int64}
    context.db.register("report_line", pl.DataFrame(lines, schema=schema, orient="row").to_arrow())
    near = context.db.frame(
        "sums near the report line",
        NEAR_LINE,
        {
            "first": first,
            "last": context.business_date,
            "low": int(settings.line_share * min(line for _, _, line in lines)),
            "high": 2 * max(line for _, _, line in lines),
            "band": settings.line_share,
            "least": settings.minimum_below,
            "licensed": [i.institution_id for i in context.institutions if i.licensed],
        },
    )
    context.db.unregister("report_line")
    found = []
    for key, rows in near.group_by("party", "cash", maintain_order=True):
        case = _case(settings, int(str(key[0])), bool(key[1]), rows)
        if case is not None:
            found.append(case)
    return found


def _case(settings: Layering, party: int, cash: bool, rows: pl.DataFrame) -> Structuring | None:
    below = rows.filter(pl.col("amount_fen") < pl.col("line_fen"))
    burst = _bursts(settings, below)
    if burst.is_empty():
        return None
    above = rows.height - below.height
    same = burst.select("other", "amount_fen", pl.len().over("other", "amount_fen").alias("times"))
    repeated = same.filter(pl.col("times") > 1).height / burst.height
    if above > settings.above_share * below.height or repeated > settings.maximum_repeated_share:
        return None
    return Structuring(party, cash, burst, above, repeated)


def _bursts(settings: Layering, below: pl.DataFrame) -> pl.DataFrame:
    """The transfers of which enough others, in all, lie within the days before or after."""
    days = timedelta(days=settings.burst_days)
    times = below["booked_at"].to_list()
    kept: set[int] = set()
    begin = 0
    for place, when in enumerate(times):
        while when - times[begin] >= days:
            begin += 1
        if place - begin + 1 >= settings.minimum_below:
            kept.update(range(begin, place + 1))
    return below[sorted(kept)]


def structuring_finding(context: Context, settings: Layering, case: Structuring) -> Finding:
    """Put one party's burst into a finding of L1."""
    amount, count = int(case.rows["amount_fen"].sum()), case.rows.height
    line = int(case.rows["line_fen"][-1])
    zh_kind, en_kind = ("现金", "cash") if case.cash else ("转账", "transfers")
    lookalikes = (
        Lookalike(
            "rents_and_instalments",
            case.repeated_share <= settings.doubtful_share,
            f"{case.repeated_share:.0%} 的款项以同一金额与同一对手重复",
            f"{case.repeated_share:.0%} of the sums repeat one sum with one counterparty",
        ),
    )
    size = min(count / settings.sure_below, 1.0)
    return layering_finding(
        context,
        case.party,
        case.rows,
        certainty=settings.confidence_least + settings.confidence_layers * size,
        amount_fen=amount,
        measures={
            "below_line": Measure(count, settings.minimum_below, "transfers"),
            "above_line": Measure(case.above, None, "transfers"),
            "report_line_fen": Measure(line, None, "fen"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明有意规避报告，也未证明资金来自违法犯罪",
            "it is not established that reporting was evaded on purpose, nor that the money is of "
            "criminal origin",
        ),
        text=(
            f"{settings.burst_days} 日内密集发生 {count} 笔{zh_kind}，共 {yuan(amount)} 元，"
            f"每笔略低于 {yuan(line)} 元的大额报告标准，略高于标准的仅 {case.above} 笔",
            f"Within spans of {settings.burst_days} days {count} {en_kind} of {yuan(amount)} yuan "
            f"kept just below the report line of {yuan(line)} yuan, and {case.above} lay just "
            "above it",
        ),
    )
