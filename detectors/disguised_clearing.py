"""R3 disguised clearing: a firm moves others' money between banks over its own accounts at each.

Pattern: a firm that is no bank takes money of one client inside one bank, or by a link past the
clearing, and the same day pays the same sum less a small fee, or the same net of the day, to
another client at another bank; nothing crosses between the banks by the clearing. The account at
the other bank may be that of a party tied to the firm.

Innocent look-alikes: moving its own position (no client pays or is paid: such payments are left
out); a firm whose payments only happen to equal receipts (as many equal those of another week); an
acquirer's settlement (sums of many sales, by the clearing).

Blind spots: legs at banks that do not submit; sums carried over several days.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.legal_rules import legal_rules
from data.settings import DisguisedClearing
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import fen, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.inner_legs import read_legs

NAME = "disguised_clearing"
CODE = "R3"
CLAUSE = "二(三)2"
SEVERITY = 4
LEAD_OFFICE = "PBC"
TITLE = ("变相跨行清算", "disguised clearing")
CHINESE = Description(
    pattern="非银行机构在甲行行内或经直连收取一名客户的款项，同日在乙行向另一名客户付出同额款项，"
    "或当日收付轧差相等，两行之间没有经清算系统的资金划转；乙行账户也可能由其关联方持有。",
    lookalikes="调拨自有头寸（没有客户收付，已剔除）；收付金额偶然相同（与另一周的付款同样相同）；"
    "收单结算（多笔销售汇总，经清算系统）。",
    blind_spots="未报送银行的一端；隔日轧差的款项。",
)

# Accounts of payment firms at banks that state no movement of them at all.
UNSEEN = """
with held as (
  select a.account_id, a.bank_no, p.party_id, p.name, p.institution_id
  from account_dim a join party_dim p on p.party_no = a.party_no
  where p.institution_kind = 'payment_institution' and a.status = 'active'
), moved as (
  select payer_account as account_id from transfer where out_entry is not null
  union
  select payee_account from transfer where in_entry is not null
)
select coalesce(any_value(h.name), h.party_id), h.party_id, any_value(h.institution_id),
  list(distinct h.bank_no order by h.bank_no)
from held h anti join moved m using (account_id)
where exists (select 1 from held g semi join moved n using (account_id)
  where g.party_id = h.party_id)
group by h.party_id order by h.party_id
"""

# What a firm and those who take and pay for it move between each other.
FILLED = """
select t.ref, t.booked_at
from payment_side a
join transfer t on t.payer_account = a.account_id
join payment_side b on b.account_id = t.payee_account
where list_contains($acting, a.party) and list_contains($acting, b.party) and a.party <> b.party
  and t.status = 'settled' and t.business_date between $first and $last
order by t.booked_at, t.ref
"""


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per firm that clears between banks over its own accounts."""
    settings = context.settings.detectors.disguised_clearing
    yield from _missing_banks(context)
    first = max(
        context.first_date(settings.window_days),
        legal_rules().first_day("direct_clearing", "ban"),
    )
    if first > context.business_date:
        return
    legs, equal, chance, netted = read_legs(context, settings, first)
    for key, mine in legs.group_by("operator", maintain_order=True):
        operator = int(str(key[0]))
        of_it = pl.col("operator") == operator
        yield from judge(
            context, settings, operator, mine, equal.filter(of_it), chance.filter(of_it),
            netted.filter(of_it),
        )  # fmt: skip


def judge(
    context: Context,
    settings: DisguisedClearing,
    operator: int,
    legs: pl.DataFrame,
    equal: pl.DataFrame,
    chance: pl.DataFrame,
    netted: pl.DataFrame,
) -> Iterator[Finding]:
    """Hold one firm's legs against the thresholds; by single sums, or by the day's net."""
    taken = legs.filter("incoming")
    share = fen(equal) / max(fen(taken), 1)
    later = legs["day"].max() - pl.duration(days=settings.chance_days)
    by_chance = fen(chance) / max(fen(taken.filter(pl.col("day") <= later)), 1)
    single = (
        equal.height >= settings.minimum_pairs
        and fen(equal) >= settings.minimum_fen
        and share >= settings.minimum_matched_share
        and share >= settings.minimum_lift * by_chance
    )
    days = int(netted["equal_days"].sum()) if netted.height else 0
    of_days = days / max(int(netted["days"].sum()) if netted.height else 0, 1)
    on_days = netted["on_days"].explode() if netted.height else pl.Series([], dtype=pl.Date)
    whole = days >= settings.minimum_netted_days and of_days >= settings.minimum_netted_share
    if operator < 0 or not (single or whole):
        return
    shown = _shown(legs, equal, netted, on_days if whole else on_days.clear())
    amount = fen(shown.filter("incoming"))
    if amount < settings.minimum_fen:
        return
    tied = sorted(set(shown["party"]) - {operator})
    window = {"first": legs["day"].min(), "last": context.business_date}
    filled = context.db.frame("moved between them", FILLED, {**window, "acting": [operator, *tied]})
    moves = [each.select("ref", "booked_at") for each in (shown, filled)]
    evidence = read_evidence(pl.concat(moves))
    direct = fen(shown.filter(pl.col("channel") == "direct_link")) / max(fen(shown), 1)
    banned = legal_rules().value("direct_clearing", "link_ban", context.business_date) is not None
    lookalikes = _lookalikes(settings, share, by_chance, shown, whole)
    institution = context.institution_of(context.party_ids[operator])
    yield Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[operator],
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_share * max(share if single else 0, of_days if whole else 0)
            + settings.confidence_both * (single and whole)
            + settings.confidence_link * (direct > 0 and banned),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=amount,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "equal_pairs": Measure(equal.height, settings.minimum_pairs, "transfers"),
            "equal_share": Measure(round(share, 4), settings.minimum_matched_share, "share"),
            "chance_share": Measure(round(by_chance, 4), None, "share"),
            "netted_days": Measure(days, settings.minimum_netted_days, "days"),
            "netted_share": Measure(round(of_days, 4), settings.minimum_netted_share, "share"),
            "direct_link_share": Measure(round(direct, 4), None, "share"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明收付双方之间的基础交易，也未证明其收取费用",
            "it is not established what the clients owed each other, nor that a fee was taken",
        ),
        text=_texts(settings, equal, days, amount, single=single, whole=whole),
        lead_office=LEAD_OFFICE,
        accomplices=tuple((context.party_ids[n], "shell") for n in tied if n >= 0),
    )


def _shown(
    legs: pl.DataFrame, equal: pl.DataFrame, netted: pl.DataFrame, days: pl.Series
) -> pl.DataFrame:
    """Both legs of every pair, and the legs of the days that net out, by those who net."""
    refs = pl.concat([equal["ref"], equal["paid_ref"]])
    nets = pl.col("day").is_in(days.implode())
    if netted.height and int(netted["taker"][0]) >= 0:
        taker, payer = int(netted["taker"][0]), int(netted["payer"][0])
        acts = pl.when("incoming").then(taker).otherwise(payer)
        nets &= pl.col("party") == acts
    return legs.filter(pl.col("ref").is_in(refs.implode()) | nets)


def _lookalikes(
    settings: DisguisedClearing,
    share: float,
    by_chance: float,
    shown: pl.DataFrame,
    whole: bool,
) -> tuple[Lookalike, ...]:
    clients = shown["client"].n_unique()
    return (
        Lookalike(
            "chance",
            whole or share >= settings.sure_lift * by_chance,
            f"收款中 {share:.0%} 与当日他行付款同额，与 {settings.chance_days} 日后付款同额的占 "
            f"{by_chance:.0%}",
            f"{share:.0%} of the receipts equal a payment of the day at another bank; "
            f"{by_chance:.0%} equal one of {settings.chance_days} days later",
        ),
        Lookalike(
            "own_position",
            clients >= settings.sure_clients,
            f"收付的对手为 {clients} 名无关联客户",
            f"those who paid and were paid are {clients} unrelated clients",
        ),
    )


def _texts(
    settings: DisguisedClearing,
    equal: pl.DataFrame,
    days: int,
    amount: int,
    *,
    single: bool,
    whole: bool,
) -> tuple[str, str]:
    zh, en = [], []
    if single:
        zh.append(
            f"{equal.height} 笔共 {yuan(fen(equal))} 元在一家银行收取，当日在另一家银行付出同额款项"
        )
        en.append(
            f"{equal.height} sums of {yuan(fen(equal))} yuan were taken at one bank and the "
            "same sum paid at another that day"
        )
    if whole:
        zh.append(f"{days} 日一家银行的收款与另一家银行的付款轧差相等")
        en.append(f"on {days} days all that came in at one bank equalled all paid at another")
    joined = "; ".join(en)
    return (
        f"{'；'.join(zh)}；共涉及 {yuan(amount)} 元，两行之间无清算划转",
        f"{joined[:1].upper()}{joined[1:]}; {yuan(amount)} yuan in all, with no clearing between "
        "the banks",
    )


def _missing_banks(context: Context) -> Iterator[CannotConclude]:
    """Where payment firms' other legs lie at banks that do not submit, nothing can be compared."""
    for name, party, institution, banks in context.db.rows("unseen legs", UNSEEN):
        yield CannotConclude(
            NAME,
            party,
            institution,
            tuple(f"entry (bank {bank})" for bank in banks),
            (
                f"{name} 在 {len(banks)} 家银行的账户没有流水，无法核对其跨行收付",
                f"no statements of the accounts of {name} at {len(banks)} bank(s); what it takes "
                "and pays at different banks cannot be compared",
            ),
        )
