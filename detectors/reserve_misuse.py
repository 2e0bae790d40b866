"""R1 reserve misuse: a payment firm uses the money that it keeps for its clients.

Pattern: what the firm owes its clients exceeds the reconciled reserve balance on several working
days; or items stay unexplained for eleven days and more; or the reserve account pays the firm's
circle beyond fees, also over others who pass it on (looked through), even where the hole is topped
up before a month's end and leaves again.

Innocent look-alikes: items of holidays and of the next day (gone after a working day); fees carried
over to own funds; a merchant of the circle whose settlements match its sales.

Blind spots: ledgers that are false throughout; sales that are invented together with their payers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from data.settings import ReserveMisuse
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.detours import Detour, read_detours
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.reserve_ledger import around_growth, carried_over, paid_on_growth
from detectors.shortfall import longest_run

NAME = "reserve_misuse"
CODE = "R1"
CLAUSE = "二(三)1"
SEVERITY = 5
LEAD_OFFICE = "PBC"
TITLE = ("挪用备付金", "reserve misuse")
CHINESE = Description(
    pattern=(
        "支付机构对客户的负债连续多个工作日大于核对后的备付金余额；或有差异项目十一日以上原因不明"
        "；或备付金账户超出手续费向其关联圈付款，即使缺口在月末前补平、其后又转走。"
    ),
    lookalikes=(
        "节假日和次日到账的差异（一个工作日后消失）；结转自有资金的手续费；关联圈内结算款与销售相"
        "符的商户。"
    ),
    blind_spots="全部虚假的账簿；连同付款人一起虚构的消费。",
)

# The identity of the submission specification, recomputed; positive is a shortfall.
LEDGER = """
select institution_id, bank_no, account_no, ledger_date,
  client_closing_fen - (bank_closing_fen - interest_uncarried_fen - own_funds_placed_fen
    - fee_uncarried_fen + firm_in_bank_not_fen - firm_out_bank_not_fen - bank_in_firm_not_fen
    + bank_out_firm_not_fen) as shortfall_fen,
  unexplained_ge11_fen as aged_fen, fee_uncarried_fen as fees_fen
from reserve_day
where ledger_date between $first and $last
order by institution_id, bank_no, account_no, ledger_date
"""
# Transfers of reserve accounts, and whether the other side is the firm itself or its circle.
FLOW = """
with reserve as (
  select coalesce(a.institution_id, p.institution_id) as institution_id, a.account_id as account,
    a.party_no
  from account_dim a
  left join party_dim p on p.party_no = a.party_no
  where a.role = 'client_reserve'
), flow as (
  select r.institution_id, true as outgoing, t.ref, t.booked_at, t.business_date, t.amount_fen,
    t.payer_account as account, t.payee_account as other_account
  from reserve r join transfer t on t.payer_account = r.account
  where t.status = 'settled' and t.business_date between $first and $last
  union all
  select r.institution_id, false, t.ref, t.booked_at, t.business_date, t.amount_fen,
    t.payee_account, t.payer_account
  from reserve r join transfer t on t.payee_account = r.account
  where t.status = 'settled' and t.business_date between $first and $last
)
select f.*, b.party_no as other, c.party_no is not null as circle, coalesce(c.own, false) as own,
  b.role = 'client_reserve' as other_reserve
from flow f
left join account_dim b on b.account_id = f.other_account
left join circle_party c on c.institution_id = f.institution_id and c.party_no = b.party_no
order by f.institution_id, f.booked_at, f.ref
"""


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per payment firm whose reserve is short, aged or spent on its circle."""
    settings = context.settings.detectors.reserve_misuse
    window = {
        "first": context.first_date(context.settings.load.window_days),
        "last": context.business_date,
    }
    firms = [i for i in context.institutions if i.kind == "payment_institution"]
    names = {i.institution_id for i in firms}
    detours = read_detours(context, settings.detour_share, settings.minimum_fen, names)
    context.register_closures("circle_party", names)
    ledger = context.db.frame("reserve ledger", LEDGER, window)
    flow = context.db.frame("reserve flow", FLOW, window)
    context.db.unregister("circle_party")
    for firm in firms:
        days = ledger.filter(pl.col("institution_id") == firm.institution_id)
        moved = flow.filter(pl.col("institution_id") == firm.institution_id)
        gaps = missing(context, days, moved)
        if gaps:
            yield _unknown(firm, gaps)
        judged = judge(context, settings, firm, days, moved, detours.get(firm.institution_id))
        if judged is not None:
            yield judged


def judge(
    context: Context,
    settings: ReserveMisuse,
    firm: Institution,
    ledger: pl.DataFrame,
    flow: pl.DataFrame,
    detour: Detour | None = None,
) -> Finding | CannotConclude | None:
    """Hold one firm's ledger and its reserve's transfers against the thresholds.

    `detour` is what the reserve paid others that reached the circle after all.
    """
    days, shortfall = shortfall_run(settings, ledger)
    aged = max(ledger["aged_fen"].to_list(), default=0)
    outgoing, incoming = flow.filter("outgoing"), flow.filter(~pl.col("outgoing"))
    short = days > 0 or aged >= settings.unexplained_fen
    used = spent_on_circle(settings, ledger, outgoing, incoming, max(shortfall, aged), short=short)
    spent = used.rows
    over = detour.amount_fen if detour else 0
    if int(spent["amount_fen"].sum()) + over < settings.minimum_fen and not short:
        return None
    back = come_back(settings, incoming, spent)
    made_holes = around_growth(settings, ledger, outgoing, spent, back)
    # What the circle got by them is the circle's, though it is settled like a merchant's sales.
    spent = pl.concat([spent, made_holes.filter("circle")])
    made_holes = made_holes.filter(~pl.col("circle"))
    back = come_back(settings, incoming, spent)
    shown = pl.concat([spent, made_holes])
    left, returned, elsewhere = (
        int(each["amount_fen"].sum()) for each in (spent, back, made_holes)
    )
    left += over
    texts = _texts(days, shortfall, aged, left, returned, elsewhere, over)
    if shown.is_empty() and detour is None:
        return _no_payments(firm, texts)
    roles = dict.fromkeys(sorted(detour.passed), "shell") if detour else {}
    reached = set(shown.filter(~pl.col("own"))["other"].drop_nulls()) - {-1}
    reached |= (detour.reached if detour else frozenset()) - {firm.party_no}
    roles |= dict.fromkeys(sorted(reached), "beneficiary")
    cited = pl.concat([shown, back]).select("ref", "booked_at")
    if detour is not None:
        cited = pl.concat([cited, detour.shown], how="vertical_relaxed")
    evidence = read_evidence(cited)
    amount = max(shortfall, aged, left - returned, left if not short else 0)
    lookalikes = (_timing(settings, days, aged), _merchants(settings, used), _fees(settings, used))
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=firm.party_id,
        institution_id=firm.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_days * (days > 0)
            + settings.confidence_aged * (aged >= settings.unexplained_fen)
            + settings.confidence_left * (left >= settings.minimum_fen),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=amount,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "shortfall_days": Measure(days, settings.minimum_days, "working days"),
            "shortfall_fen": Measure(shortfall, settings.minimum_shortfall_fen, "fen"),
            "aged_fen": Measure(aged, settings.unexplained_fen, "fen"),
            "to_circle_fen": Measure(left, settings.minimum_fen, "fen"),
            "returned_fen": Measure(returned, None, "fen"),
            "elsewhere_fen": Measure(elsewhere, None, "fen"),
            **({"over_others_fen": Measure(over, settings.minimum_fen, "fen")} if over else {}),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明客户最终受损，也未证明转出资金的最终用途",
            "it is not established that clients lost money, nor what the money was used for",
        ),
        text=texts,
        lead_office=LEAD_OFFICE,
        accomplices=tuple((context.party_ids[n], role) for n, role in sorted(roles.items())),
    )


@dataclass(frozen=True)
class Spent:
    """What a reserve paid the circle that neither fees nor sales explain, and what was left out.

    `rows` are transfers of the reserve; the rest is in fen: fees left out, what clients paid in,
    and the part of `rows` that went to parties settled like merchants.
    """

    rows: pl.DataFrame
    fees_fen: int
    clients_fen: int
    settled_fen: int


def spent_on_circle(
    settings: ReserveMisuse,
    ledger: pl.DataFrame,
    outgoing: pl.DataFrame,
    incoming: pl.DataFrame,
    hole_fen: int,
    *,
    short: bool,
) -> Spent:
    """Leave fees, merchants' settlements and, beside a hole, small sums out of what it paid."""
    clients_in = incoming.filter(~pl.col("circle"), ~pl.col("other_reserve"))
    clients = int(clients_in["amount_fen"].sum())
    spent = outgoing.filter("circle", ~pl.col("other_reserve"))
    carried = carried_over(settings, ledger, spent)
    fees = int(spent.filter(carried)["amount_fen"].sum())
    spent = spent.filter(~carried)
    to_own = int(spent.filter("own")["amount_fen"].sum())
    if to_own <= settings.fee_share * clients:
        spent = spent.filter(~pl.col("own"))
        fees += to_own
    usual = settled_like_merchants(settings, outgoing)
    usual = usual.filter(~usual.is_in(fillers(settings, outgoing, incoming).implode()))
    usual = usual.filter(~usual.is_in(paid_on_growth(settings, ledger, outgoing).implode()))
    like_merchant = pl.col("other").is_in(usual.implode()).fill_null(False) & ~pl.col("own")
    others = spent.filter(~like_merchant)
    if not short or 2 * int(others["amount_fen"].sum()) >= hole_fen:
        spent = others
    if short:
        spent = spent.filter(pl.col("amount_fen") >= settings.least_part * hole_fen)
    return Spent(spent, fees, clients, int(spent.filter(like_merchant)["amount_fen"].sum()))


def _timing(settings: ReserveMisuse, days: int, aged: int) -> Lookalike:
    return Lookalike(
        "holiday_items",
        days >= settings.minimum_days or aged >= settings.unexplained_fen,
        f"差额最长连续 {days} 个工作日（界限 {settings.minimum_days} 个），"
        f"十一日以上款项最多 {yuan(aged)} 元",
        f"the shortfall lasted {days} working days in a row (line: {settings.minimum_days}), and "
        f"up to {yuan(aged)} yuan were eleven days old and more",
    )


def _merchants(settings: ReserveMisuse, used: Spent) -> Lookalike:
    share = used.settled_fen / max(int(used.rows["amount_fen"].sum()), 1)
    return Lookalike(
        "related_merchant",
        share < settings.merchant_doubt_share,
        f"付给关联方的款项中 {share:.0%} 付给与商户结算频率相近者",
        f"{share:.0%} of what the circle got went to parties that are paid about as often as "
        "merchants",
    )


def _fees(settings: ReserveMisuse, used: Spent) -> Lookalike:
    to_own = int(used.rows.filter("own")["amount_fen"].sum())
    plausible = int(settings.fee_share * used.clients_fen)
    return Lookalike(
        "fee_carry_over",
        to_own == 0 or to_own > plausible,
        f"作为结转的手续费扣除 {yuan(used.fees_fen)} 元；另付自有账户 {yuan(to_own)} 元"
        f"（可为手续费的上限 {yuan(plausible)} 元）",
        f"{yuan(used.fees_fen)} yuan are left out as fees carried over; own funds got "
        f"{yuan(to_own)} yuan beside them (plausible as fees: up to {yuan(plausible)} yuan)",
    )


def come_back(settings: ReserveMisuse, incoming: pl.DataFrame, spent: pl.DataFrame) -> pl.DataFrame:
    """What the reserve got from those it had paid, or from the circle in large or equal sums."""
    return incoming.filter(
        pl.col("other").is_in(spent["other"].unique().implode())
        | (
            pl.lit(spent.height > 0)
            & pl.col("circle")
            & (
                pl.col("amount_fen").is_in(spent["amount_fen"].implode())
                | (~pl.col("own") & (pl.col("amount_fen") >= settings.minimum_fen))
            )
        ),
        ~pl.col("other_reserve"),
    )


def settled_like_merchants(settings: ReserveMisuse, outgoing: pl.DataFrame) -> pl.Series:
    """The circle's parties that are paid about as often as the firm's merchants usually are.

    A merchant's sales are settled nearly every working day; takings for the circle are not.
    """
    days = outgoing.group_by("other", "circle").agg(
        pl.col("business_date").n_unique().alias("days")
    )
    usual = days.filter(~pl.col("circle"), pl.col("days") > settings.usual_merchant_days)[
        "days"
    ].median()
    least = settings.merchant_days_share * float(str(usual)) if usual is not None else float("inf")
    return days.filter("circle", pl.col("days") >= max(least, settings.merchant_days))["other"]


def fillers(settings: ReserveMisuse, outgoing: pl.DataFrame, incoming: pl.DataFrame) -> pl.Series:
    """The circle's parties that fill the reserve up, or get just what another one filled it with.

    A merchant is paid out of a reserve and does not pay into it.
    """
    filled = incoming.filter("circle", ~pl.col("own"), pl.col("amount_fen") >= settings.minimum_fen)
    again = outgoing.filter(
        "circle", ~pl.col("own"), pl.col("amount_fen").is_in(filled["amount_fen"].implode())
    )
    return pl.concat([filled["other"], again["other"]]).unique().sort()


def shortfall_run(settings: ReserveMisuse, ledger: pl.DataFrame) -> tuple[int, int]:
    """The longest run of working days with a shortfall on one account, and the largest sum, fen.

    Runs of fewer than `minimum_days` do not count; a day without a ledger ends a run.
    """
    days = ledger.select(
        "bank_no",
        "account_no",
        pl.col("ledger_date").alias("day"),
        pl.col("shortfall_fen").alias("fen"),
    )
    return longest_run(days, settings.minimum_shortfall_fen, settings.minimum_days)


def missing(context: Context, ledger: pl.DataFrame, flow: pl.DataFrame) -> tuple[str, ...]:
    """What a firm's submitters did not send: no ledger, days without one, no statement."""
    named: list[str] = []
    if ledger.is_empty():
        named.append("reserve_day")
    else:
        firsts = ledger.group_by("bank_no", "account_no").agg(pl.col("ledger_date").min())
        due = sum((context.business_date - day).days + 1 for day in firsts["ledger_date"])
        if ledger.height < due:
            named.append(f"reserve_day ({due - ledger.height} days)")
    if flow.is_empty():
        named.append("entry")
    return tuple(named)


def _texts(
    days: int, shortfall: int, aged: int, left: int, returned: int, elsewhere: int, over: int
) -> tuple[str, str]:
    zh, en = [], []
    if days:
        zh.append(f"对客户负债连续 {days} 个工作日高于调节后备付金余额，最多 {yuan(shortfall)} 元")
        en.append(
            f"what is owed to clients exceeded the reconciled reserve for {days} working days in a "
            f"row, by up to {yuan(shortfall)} yuan"
        )
    if aged:
        zh.append(f"十一日以上原因不明款项最多 {yuan(aged)} 元")
        en.append(f"up to {yuan(aged)} yuan stayed unexplained for eleven days or more")
    if left:
        zh.append(f"备付金账户向关联方付出 {yuan(left)} 元")
        en.append(f"the reserve account paid {yuan(left)} yuan to the firm's circle")
    if over:
        zh.append(f"其中 {yuan(over)} 元经他人账户到达关联方")
        en.append(f"{yuan(over)} yuan of it reached the circle over the accounts of others")
    if returned:
        zh.append(f"关联方付回 {yuan(returned)} 元")
        en.append(f"the circle paid {yuan(returned)} yuan back")
    if elsewhere:
        zh.append(f"另付出 {yuan(elsewhere)} 元，收款人不在关联方之列，与差额的增加相符")
        en.append(
            f"{yuan(elsewhere)} yuan went to parties outside the circle that fit what the "
            "shortfall grew by"
        )
    joined = "; ".join(en)
    return "；".join(zh), joined[:1].upper() + joined[1:]


def _no_payments(firm: Institution, texts: tuple[str, str]) -> CannotConclude:
    zh, en = texts
    return CannotConclude(
        NAME,
        firm.party_id,
        firm.institution_id,
        ("entry",),
        (f"{zh}；但没有可说明差额的付款记录", f"{en}; no payment on record explains it"),
    )


def _unknown(firm: Institution, gaps: tuple[str, ...]) -> CannotConclude:
    return CannotConclude(
        NAME,
        firm.party_id,
        firm.institution_id,
        gaps,
        (
            f"备付金资料不全（{'、'.join(gaps)}），缺失之日未知",
            f"the reserve's records are incomplete ({', '.join(gaps)}); missing days are unknown",
        ),
    )
