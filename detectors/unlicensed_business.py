"""M1 unlicensed business: the business that the records show is outside of the licence.

Pattern: a party manages products that many hold, guarantees many strangers' loans, publishes loans,
or holds clients' reserves, without a licence whose scope covers it; or an unlicensed financial firm
and a licensed one settle with each other again and again, in sums that follow the business; or a
licensed firm pays any other a rate on its takings, period by period.

Innocent look-alikes: guarantees within a group (the borrowers are tied); licences whose scope is
not stated (the kind decides); suppliers of technology or rooms (one way, flat); platforms for
lending before they could register (not judged by a licence).

Blind spots: cooperation paid through third parties; businesses that no register shows.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import UnlicensedBusiness
from detectors.business_records import Done, read_activities, read_cooperation, read_handed_on
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import fen, read_evidence, record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.followed_business import Followed, read_followed
from detectors.licence_scope import ACTIVITIES, Licences

NAME = "unlicensed_business"
CODE = "M1"
CLAUSE = "二(二)1"
SEVERITY = 4
LEAD_OFFICE = "JR"
TITLE = ("无牌经营、违规合作", "unlicensed business")
CHINESE = Description(
    pattern="某主体管理众多人持有的产品，为众多无关联借款人担保，发布借款标的，或持有客户备付金，"
    "而其牌照范围不包括该业务；或者无牌金融机构与持牌机构之间反复结算，金额随业务变动；或者持牌机构逐期按自身收款的固定比例向其他公司付款。",
    lookalikes="集团内部担保（借款人与其有关联）；未载明范围的牌照（按机构类别判断）；"
    "技术服务商、房东（单向、定额）；尚无备案制度时的网贷平台（不以牌照论）。",
    blind_spots="经第三方支付合作费用的；登记簿未反映的业务。",
)

# Products of which nobody stated who holds them.
UNKNOWN_HOLDERS = """
select coalesce(r.manager_party_id, r.issuer_party_id) as party_id,
  list(r.product_id order by r.product_id) as products
from product r
join party_dim m on m.party_id = coalesce(r.manager_party_id, r.issuer_party_id)
  and m.kind = 'organisation'
anti join holding h on h.product_id = r.product_id
where r.offering in ('public', 'private')
group by 1 order by 1
"""


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per party whose business no licence of its covers."""
    settings = context.settings.detectors.unlicensed_business
    if not context.institutions:
        return
    licences = Licences(context)
    done = read_activities(context, settings, licences)
    partners = read_cooperation(context, settings)
    behind = read_handed_on(context, settings, partners)
    # A firm on no register does a licensed one's business only where it hands persons' money on.
    partners = {
        party: mine
        for party, mine in partners.items()
        if mine["registered"].all() or party in behind
    }
    followed = read_followed(context, settings)
    for party, shares in followed.items():
        mine = [partners[party], shares.rows] if party in partners else [shares.rows]
        partners[party] = pl.concat(mine).unique("ref", maintain_order=True)
    for party in sorted(done.keys() | partners.keys()):
        yield _finding(
            context,
            settings,
            party,
            done.get(party, []),
            partners.get(party),
            behind.get(party),
            followed.get(party),
        )
    [managing] = [each for each in ACTIVITIES if each.name == "asset_management"]
    for party, products in context.db.rows("products without holders", UNKNOWN_HOLDERS):
        if not licences.allows(party, managing):
            yield _unknown(context, party, products)


def _finding(
    context: Context,
    settings: UnlicensedBusiness,
    party: str,
    done: list[Done],
    partners: pl.DataFrame | None,
    behind: pl.DataFrame | None,
    followed: Followed | None,
) -> Finding:
    shown = [each.rows.select("ref", "booked_at") for each in done]
    if partners is not None:
        shown.append(partners.select("ref", "booked_at"))
    if behind is not None:
        shown.append(behind.select("ref", "booked_at"))
    evidence = read_evidence(pl.concat(shown))
    settled = _settled_fen(partners, behind)
    clients = max((each.rows["other"].n_unique() for each in done), default=0)
    related = max((each.related_share for each in done), default=0.0)
    both_ways = partners is not None and partners["outgoing"].n_unique() == 2
    lookalikes = (
        Lookalike(
            "own_group",
            related < settings.doubtful_related_share,
            f"业务中 {related:.0%} 的对手与其有关联，未计入",
            f"{related:.0%} of the business is with parties tied to it, and left out",
        ),
        Lookalike(
            "supplier",
            bool(done) or both_ways or followed is not None,
            *_how_paid(both_ways, followed),
        ),
    )
    institution = context.institution_of(party)
    size = min(clients / settings.sure_clients, 1.0)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=party,
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_clients * size
            + settings.confidence_both * (bool(done) and partners is not None)
            + settings.confidence_following * (followed is not None),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=max([each.amount_fen for each in done] + [settled]),
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=_rates(settings, followed)
        | {
            "unlicensed_kinds": Measure(len(done), 1, "kinds"),
            "business_clients": Measure(clients, settings.minimum_clients, "parties"),
            "settlements": Measure(
                0 if partners is None else partners.height,
                settings.minimum_settlements,
                "transfers",
            ),
            "settled_fen": Measure(settled, settings.minimum_settled_fen, "fen"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明该业务确须取得许可，也未证明许可未以其他名义取得",
            "it is not established that this business needs a licence as it was done, nor that "
            "none was obtained under another name",
        ),
        text=_texts(
            done, partners, followed, licensed=institution is not None and institution.licensed
        ),
        lead_office=LEAD_OFFICE,
        accomplices=(),
    )


def _settled_fen(partners: pl.DataFrame | None, behind: pl.DataFrame | None) -> int:
    """What persons paid that was handed on, else what was settled in the larger direction."""
    if behind is not None:
        return fen(behind.filter("incoming"))
    if partners is None:
        return 0
    return max(fen(partners.filter("outgoing")), fen(partners.filter(~pl.col("outgoing"))))


def _how_paid(both_ways: bool, followed: Followed | None) -> tuple[str, str]:
    if both_ways:
        return "双方互有收付", "money goes both ways"
    if followed is not None:
        return "付款随该机构收款而变动", "what is paid follows what the licensed firm takes"
    return "付款为单向，但金额随时间变动", "money goes one way, in sums that vary"


def _rates(settings: UnlicensedBusiness, followed: Followed | None) -> dict[str, Measure]:
    if followed is None:
        return {}
    rate = round(followed.rate, 5)
    return {"commission_rate": Measure(rate, settings.most_commission_rate, "share")}


def _texts(
    done: list[Done],
    partners: pl.DataFrame | None,
    followed: Followed | None,
    *,
    licensed: bool,
) -> tuple[str, str]:
    zh, en = [], []
    for each in done:
        others = each.rows["other"].n_unique()
        without = ("牌照范围不包括", "outside of its licence") if licensed else (
            "没有牌照", "without a licence")  # fmt: skip
        if each.activity.name == "payment":
            zh.append(f"{without[0]}而持有客户备付金，最多 {yuan(each.amount_fen)} 元")
            en.append(
                f"{without[1]} it holds clients' reserves, up to {yuan(each.amount_fen)} yuan"
            )
            continue
        zh.append(
            f"{without[0]}而从事{each.activity.zh}，涉及 {others} 名无关联客户 "
            f"{yuan(each.amount_fen)} 元"
        )
        en.append(
            f"{without[1]} it does {each.activity.en} for {others} unrelated clients, "
            f"{yuan(each.amount_fen)} yuan"
        )
    if partners is not None:
        names = ", ".join(sorted(set(partners["other"])))
        settled = yuan(int(partners["amount_fen"].sum()))
        zh.append(f"与持牌机构 {names} 反复结算 {partners.height} 笔共 {settled} 元")
        en.append(f"it settled {partners.height} times with the licensed {names}, {settled} yuan")
    if followed is not None:
        zh.append(f"其中逐期付给它的款项均为该机构同期收款的 {followed.rate:.2%}")
        en.append(f"period by period it is paid {followed.rate:.2%} of what that firm took")
    joined = "; ".join(en)
    return "；".join(zh), joined[:1].upper() + joined[1:]


def _unknown(context: Context, party: str, products: list[str]) -> CannotConclude:
    institution = context.institution_of(party)
    return CannotConclude(
        NAME,
        party,
        institution.institution_id if institution else None,
        tuple(record_key("holding", product) for product in products),
        (
            f"没有牌照而管理 {len(products)} 只产品，但其持有人未报送",
            f"it manages {len(products)} product(s) without a licence, but nobody submitted who "
            "holds them",
        ),
    )
