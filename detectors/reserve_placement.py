"""R2 reserve placement: clients' reserve lies where it may not, or earns what it may not.

Pattern: once the law moves reserves to the central bank, less of them lies there than it orders, or
interest accrues on them; at any time, the bank that keeps the reserve pays the firm's own accounts
regular sums or in proportion to the reserve, whatever their name, or a reserve is placed for a term
at another bank, or on an account of the firm that is not registered as reserve, or clients pay the
firm into such accounts, or the reserve lies at a bank whose registered scope does not cover
reserves.

Innocent look-alikes: everything before the day on which the rule came into force; deposits with the
reserve's own bank before reserves had to be moved; a firm's own customers who pay it a fee; work
that the firm does for the bank (out of proportion to the reserve: it stays open).

Blind spots: interest that a bank pays to strangers; ledgers that leave out an account; banks that
the register does not name, or whose class (CNAPS 313, 314) holds one that may.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import ReservePlacement
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.placement_signs import Sign, read_signs
from detectors.placement_tables import Placement, read_placement

NAME = "reserve_placement"
CODE = "R2"
CLAUSE = "二(三)1"
SEVERITY = 3
LEAD_OFFICE = "PBC"
TITLE = ("违规存放备付金、吃利差", "reserve placement")
CHINESE = Description(
    pattern="备付金应交存央行后，交存比例低于规定，或备付金产生利息；任何时候，存管银行定期或按备付金规模"
    "向机构自有账户付款（不论名目），备付金定期存放于他行或机构未登记为备付金的账户，或客户向此类"
    "账户付款，或备付金存放于登记业务范围不含备付金的银行。",
    lookalikes="规则生效日之前的一切存放；交存之前存入备付金存管银行的存款；客户向机构支付的手续费；机构为"
    "银行提供的服务（付款与备付金规模不相称时存疑）。",
    blind_spots="银行付给无关第三人的利息；账簿中遗漏的账户；登记中没有的银行，或同类（行号 313、"
    "314）中另有可存放备付金的银行。",
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per payment firm whose reserve is misplaced, or what is missing."""
    settings = context.settings.detectors.reserve_placement
    firms = [i for i in context.institutions if i.kind == "payment_institution"]
    if not firms:
        return
    placement = read_placement(context, settings)
    for firm in firms:
        mine = Placement(
            *(
                table.filter(pl.col("institution_id") == firm.institution_id)
                for table in vars(placement).values()
            )
        )
        gap = _missing(firm, mine)
        if gap is not None:
            yield gap
        signs = read_signs(settings, mine)
        if signs:
            yield _finding(context, settings, firm, mine, signs)


def _finding(
    context: Context,
    settings: ReservePlacement,
    firm: Institution,
    mine: Placement,
    signs: list[Sign],
) -> Finding:
    evidence = read_evidence(pl.concat([sign.shown for sign in signs]))
    sums = {sign.name: sign.amount_fen for sign in signs}
    lookalikes = (_lawful_before(mine, sums), _fees(settings, mine, sums), _purchases(sums))
    en = "; ".join(sign.en for sign in signs)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=firm.party_id,
        institution_id=firm.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            min(settings.confidence_least + settings.confidence_sign * (len(signs) - 1), 0.99),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=max(sums.values()),
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "untransferred_fen": Measure(
                sums.get("short_transfer", 0), settings.minimum_fen, "fen"
            ),
            "interest_fen": Measure(sums.get("interest", 0), settings.least_interest_fen, "fen"),
            "term_deposits_fen": Measure(sums.get("deposits", 0), settings.minimum_fen, "fen"),
            "bank_fees_fen": Measure(
                sums.get("bank_fees", 0) + sums.get("regular_fees", 0), None, "fen"
            ),
            "outside_reserve_fen": Measure(
                sums.get("outside", 0), settings.minimum_outside_fen, "fen"
            ),
            "barred_bank_fen": Measure(sums.get("barred_bank", 0), settings.minimum_fen, "fen"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明客户受损，也未证明机构与银行就利息另有约定",
            "it is not established that clients lost money, nor that firm and bank had agreed on "
            "interest",
        ),
        text=("；".join(sign.zh for sign in signs), en[:1].upper() + en[1:]),
        lead_office=LEAD_OFFICE,
        accomplices=(),
    )


def _lawful_before(mine: Placement, sums: dict[str, int]) -> Lookalike:
    """Only days on which the rule was in force are judged; how many there were."""
    days = mine.ledger.filter(pl.col("due_share").is_not_null())["day"].n_unique()
    zh = f"只计规则生效之日，账簿中此类日期有 {days} 日"
    en = f"only days on which the rules were in force count: {days} of the ledger's"
    at_any_time = not {"short_transfer", "interest"} & sums.keys()
    return Lookalike("lawful_before_the_switch", days > 0 or at_any_time, zh, en)


def _fees(settings: ReservePlacement, mine: Placement, sums: dict[str, int]) -> Lookalike:
    whole = max(int(mine.clients["amount_fen"].sum()), 1)
    paid = mine.clients.filter(~pl.col("reserved"))["amount_fen"].sum()
    share = int(paid) / whole
    return Lookalike(
        "fees_of_customers",
        "outside" not in sums or share >= settings.sure_outside_share,
        f"付入其他账户的款项占客户付款的 {share:.0%}",
        f"{share:.0%} of what clients paid went into other accounts",
    )


def _purchases(sums: dict[str, int]) -> Lookalike:
    """What a bank pays out of proportion to the reserve may be for work done for the bank."""
    fen = yuan(sums.get("regular_fees", 0))
    return Lookalike(
        "banks_own_purchases",
        "regular_fees" not in sums,
        f"银行付给其自有账户、与备付金规模不相称的款项为 {fen} 元",
        f"{fen} yuan that banks paid its own accounts are out of proportion to the reserve",
    )


def _missing(firm: Institution, mine: Placement) -> CannotConclude | None:
    """No ledger at all, or none of the central bank's account while a part must lie there."""
    held = mine.ledger.filter(pl.col("due_share").is_not_null())
    if mine.ledger.height and (held.is_empty() or held["central"].any()):
        return None
    if held.height and (held["due_share"] == 1).any():
        return None
    missing = "reserve_day" if mine.ledger.is_empty() else "reserve_day (bank 001, central bank)"
    return CannotConclude(
        NAME,
        firm.party_id,
        firm.institution_id,
        (missing,),
        (
            f"缺少备付金账簿（{missing}），无法核对备付金的存放",
            f"the reserve's ledger is missing ({missing}); where it lies cannot be judged",
        ),
    )
