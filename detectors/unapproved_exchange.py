"""X1 unapproved exchange: a trading venue without approval gathers the public's money.

Pattern: an exchange or an exchange's member without a licence, or a firm that deposits are held
for as if it were one, takes money from many natural persons, directly or through relays; hardly
anything pays for goods; clients withdraw little, or get a fixed yield, or are more than may hold,
or the circle takes the money.

Innocent look-alikes: exchanges on the approved list (a licence); spot markets (sellers are paid for
goods); an exchange's fees (small, the rest goes back to clients).

Blind spots: money that reaches the venue through a payment firm; venues that nobody registered and
no account serves; trades inside the venue, which no table shows.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.legal_rules import legal_rules
from data.settings import UnapprovedExchange
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.unknown_payers import unknown_as_persons, unknown_text
from detectors.venue_groups import handed_to, members_by_head
from detectors.venue_money import read_venues
from detectors.venue_trading import Traded, read_trading

NAME = "unapproved_exchange"
CODE = "X1"
CLAUSE = "二(七)"
SEVERITY = 5
LEAD_OFFICE = "JR"
TITLE = ("违规交易场所", "unapproved exchange")
CHINESE = Description(
    pattern=(
        "没有牌照的交易场所或其会员单位，或有账户为其代存客户保证金的公司，直接或经中转账户向众多自然"
        "人收款；几乎没有货款支出；客户很少出金，或按固定收益返还，或权益持有人超过法定人数，或资金流"
        "向关联方。"
    ),
    lookalikes=(
        "列入批准名单的交易场所（有牌照）；现货市场（向卖方支付货款）；交易手续费（占比小，其余退还客"
        "户）。"
    ),
    blind_spots=(
        "经支付机构进入交易场所的资金；既未登记、也没有账户为其服务的场所；场所内部的交易，没有表格反"
        "映。"
    ),
)

KINDS = ("exchange", "exchange_member")
# Their licence lets them hold others' money, or pass it on.
LAWFUL_KINDS = ("bank", "payment_institution", "clearing_house", "securities_firm", "exchange")

SERVED = """
select distinct institution_id from account_dim
where role = 'exchange_deposit' and institution_id is not null
order by institution_id
"""


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per venue without approval, or per member whose venue sends nothing."""
    settings = context.settings.detectors.unapproved_exchange
    served = {name for (name,) in context.db.rows("served venues", SERVED)}
    lawful = {
        i.institution_id for i in context.institutions if i.licensed and i.kind in LAWFUL_KINDS
    }
    venues = {
        i.institution_id: i
        for i in context.institutions
        if not i.licensed and (i.kind in KINDS or i.institution_id in served)
    }
    if not venues:
        return
    numbers = {name: venue.party_no for name, venue in venues.items()}
    flow, accounts, passed_on = read_venues(context, settings, numbers, sorted(lawful))
    for name in sorted(venues.keys() - set(flow["institution_id"])):
        held = accounts.filter(pl.col("institution_id") == name)
        yield _no_accounts(venues[name], held.height)
    flow = _with_unknown_payers(context, flow)

    def judged(members: list[str]) -> Finding | None:
        ours = pl.col("institution_id").is_in(members)
        held = [venues[member] for member in members]
        of_them = flow.filter(ours), accounts.filter(ours), passed_on.filter(ours)
        return judge(context, settings, held, *of_them)

    for members in members_by_head(flow, settings.handed_share):
        together = judged(members)
        if together is not None:
            yield together
        elif len(members) > 1:
            # A member with a business of its own beside hides no other.
            yield from filter(None, (judged([member]) for member in members))


def _with_unknown_payers(context: Context, flow: pl.DataFrame) -> pl.DataFrame:
    """Unknown payers as natural persons, venue by venue; whoever is paid stays unknown."""
    share = context.settings.detectors.unknown_like_share
    each = [
        unknown_as_persons(mine, share)
        for _, mine in flow.group_by("institution_id", maintain_order=True)
    ]
    whole = pl.concat(each) if each else unknown_as_persons(flow, share)
    paid = ~pl.col("incoming") & pl.col("unknown")
    return whole.with_columns(pl.when(paid).then(pl.lit("")).otherwise("kind").alias("kind"))


def judge(
    context: Context,
    settings: UnapprovedExchange,
    members: list[Institution],
    flow: pl.DataFrame,
    accounts: pl.DataFrame,
    relayed: pl.DataFrame,
) -> Finding | None:
    """Hold one venue against the thresholds: enough clients, no goods, and at least one sign.

    Members of a venue that nobody here knows are held together, the largest first.
    """
    venue = members[0]
    traded = read_trading(context, members, flow)
    outside = handed_to(flow, settings.handed_share)
    handed = flow.filter(~pl.col("incoming"), pl.col("person").is_in([outside]))
    rules, day = legal_rules(), context.business_date
    most = rules.whole("exchange", "maximum_holders", day)
    signs = {
        "few_withdrawals": traded.withdrawn_share <= settings.maximum_withdrawn_share,
        "fixed_yield": traded.returns is not None
        and traded.returns.persons >= settings.yield_receivers
        and traded.returns.plan_share >= settings.yield_share,
        "too_many_holders": most is not None and traded.clients > most,
        "quick_trading": traded.quick_share >= settings.quick_share,
        "to_circle": traded.circle_share >= settings.circle_share,
    }
    if (
        traded.clients < settings.minimum_clients
        or traded.taken_fen < settings.minimum_fen
        or traded.goods_share > settings.maximum_goods_share
        or not any(signs.values())
    ):
        return None
    moved = (traded.from_persons, traded.to_persons, traded.to_circle, relayed, handed)
    evidence = read_evidence(pl.concat([rows.select("ref", "booked_at") for rows in moved]))
    lookalikes = _lookalikes(settings, traded)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=venue.party_id,
        institution_id=venue.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least + settings.confidence_sign * sum(signs.values()),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=traded.taken_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=_measures(settings, traded, most, accounts),
        lookalikes=lookalikes,
        not_established=(
            "未证明场所内交易的真实性，也未证明行情被操纵",
            "it is not established whether the trades inside the venue were real, nor that prices "
            "were manipulated",
        ),
        text=_texts(traded, signs, most, len(members)),
        lead_office=LEAD_OFFICE,
        accomplices=_accomplices(context, members, traded, accounts),
    )


def _accomplices(
    context: Context, members: list[Institution], traded: Traded, accounts: pl.DataFrame
) -> tuple[tuple[str, str], ...]:
    roles = {number: "beneficiary" for number in traded.to_circle["person"].unique().sort()}
    used = {*traded.from_persons["account"], *traded.to_persons["account"]}
    for number in accounts.filter(pl.col("account").is_in(list(used)))["party_no"].unique().sort():
        roles[number] = "pool"
    roles |= {member.party_no: "organiser" for member in members}
    return tuple(
        (context.party_ids[number], roles[number])
        for number in sorted(roles)
        if number >= 0 and number != members[0].party_no
    )


def _measures(
    settings: UnapprovedExchange, traded: Traded, most: int | None, accounts: pl.DataFrame
) -> dict[str, Measure]:
    yielding = traded.returns.plan_share if traded.returns else 0.0
    shares = {
        "withdrawn_share": (traded.withdrawn_share, settings.maximum_withdrawn_share),
        "goods_share": (traded.goods_share, settings.maximum_goods_share),
        "circle_share": (traded.circle_share, settings.circle_share),
        "quick_share": (traded.quick_share, settings.quick_share),
        "fixed_yield_share": (yielding, settings.yield_share),
    }
    relays = accounts.filter("relay").height
    return {
        "venue_clients": Measure(traded.clients, most, "persons"),
        "venue_taken_fen": Measure(traded.taken_fen, settings.minimum_fen, "fen"),
        **{name: Measure(round(value, 4), line, "share") for name, (value, line) in shares.items()},
        "relay_accounts": Measure(relays, None, "accounts"),
    }


def _lookalikes(settings: UnapprovedExchange, traded: Traded) -> tuple[Lookalike, ...]:
    return (
        Lookalike(
            "approved_list",
            True,
            "登记中没有该场所在业务日有效的牌照",
            "the register shows no licence of the venue in force on the business date",
        ),
        Lookalike(
            "spot_market",
            traded.goods_share <= settings.sure_goods_share,
            f"向关联方以外的单位付款占收款的 {traded.goods_share:.0%}（货款应占大部分）",
            f"{traded.goods_share:.0%} of what came in was paid to organisations outside the "
            "circle; a spot market pays most of it to sellers",
        ),
        Lookalike(
            "venue_fees",
            traded.withdrawn_share <= settings.fee_withdrawn_share,
            f"客户取回 {traded.withdrawn_share:.0%}（只收手续费的场所几乎全部退还）",
            f"clients withdrew {traded.withdrawn_share:.0%}; a venue that only charges fees gives "
            "nearly all of it back",
        ),
    )


def _texts(
    traded: Traded, signs: dict[str, bool], most: int | None, members: int
) -> tuple[str, str]:
    together = members > 1
    who_zh = (
        f"同一外地交易场所的 {members} 家会员单位（未经批准）" if together else "未经批准的交易场所"
    )
    who_en = f"{members} members of one venue elsewhere" if together else "A trading venue"
    zh = [f"{who_zh}向 {traded.clients} 名自然人收取 {yuan(traded.taken_fen)} 元"]
    en = [
        f"{who_en} without approval took {yuan(traded.taken_fen)} yuan from {traded.clients} "
        "natural persons"
    ]
    zh_unknown, en_unknown = unknown_text(traded.from_persons)
    zh[0] += zh_unknown.replace("；", "，")
    en[0] += en_unknown.replace("; ", ", ")
    zh.append(f"向关联方以外单位支付的货款占 {traded.goods_share:.0%}")
    en.append(f"{traded.goods_share:.0%} of it paid for goods of others")
    if signs["few_withdrawals"]:
        zh.append(f"客户仅取回 {traded.withdrawn_share:.0%}")
        en.append(f"clients withdrew only {traded.withdrawn_share:.0%}")
    if signs["fixed_yield"] and traded.returns:
        zh.append(f"向 {traded.returns.persons} 人按固定收益返还")
        en.append(f"{traded.returns.persons} persons get a fixed yield")
    if signs["too_many_holders"]:
        zh.append(f"持有人超过 {most} 人")
        en.append(f"there are more holders than the {most} allowed")
    if signs["quick_trading"]:
        zh.append(f"{traded.quick_share:.0%} 的客户在法定间隔内进出")
        en.append(f"{traded.quick_share:.0%} of the clients went in and out within the days barred")
    if signs["to_circle"]:
        zh.append(f"{traded.circle_share:.0%} 流向关联方")
        en.append(f"{traded.circle_share:.0%} went to the circle")
    return "；".join(zh), "; ".join(en)


def _no_accounts(venue: Institution, accounts: int) -> CannotConclude:
    missing = ("entry",) if accounts else ("account", "entry")
    return CannotConclude(
        NAME,
        venue.party_id,
        venue.institution_id,
        missing,
        ("未报送该交易场所的账户或流水，无法判断其是否收取公众资金",
         "no account or statement of this venue was submitted; whether it takes the public's "
         "money cannot be judged"),
    )  # fmt: skip
