"""P9 margin finance: clients' money buys securities, or claims are bundled and sold on.

Pattern: loans' proceeds go within days to accounts that settle trades at securities firms, or an
institution moves its clients' money there, straight or over others who pass it on; one such account
is paid by several others than its holder (an umbrella), or one party pays into several others'
accounts (a financier); or many claims are sold at once to or by an issuer of products.

Innocent look-alikes: a lender's own brokerage account (the same name: holders who are clients
themselves are left out); a borrower who invests now and then (few of the platform's loans);
families (a few payers); licensed securities firms, banks and asset managers.

Blind spots: securities accounts whose banks do not submit them as such; loans' proceeds that go
over two other accounts or more; futures and over-the-counter deals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from data.settings import MarginFinance
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import loan_keys, read_evidence, record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.proceeds_reach import by_loan
from detectors.securities_money import SecuritiesMoney, read_around, read_securities_money

NAME = "margin_finance"
CODE = "P9"
CLAUSE = "二(一)2, 二(五)2"
SEVERITY = 4
LEAD_OFFICE = "JR+YJ"
SECURITIES_OFFICE = "ZJ+JR"
TITLE = ("越权资管、场外配资", "margin finance")
CHINESE = Description(
    pattern=(
        "借款数日内进入银证转账账户，或者机构把客户资金直接或经他人转入其中；同一账户由户主以外的多人付款（伞"
        "形账户），"
        "或者同一付款人向多个他人的账户付款（配资）；或者大量债权一次性打包转让给产品发行人，或由"
        "其转让。"
    ),
    lookalikes=(
        "出借人自己的证券账户（同名：户主本人即客户的未计入）；偶尔投资的借款人（只占平台标的的很"
        "少部分）；"
        "家庭成员（付款人很少）；持牌的证券公司、银行和资产管理机构。"
    ),
    blind_spots="开户行未按银证转账账户报送的账户；经过两个以上他人账户的借款资金；期货和场外交易。",
)


@dataclass
class Case:
    """All that concerns one subject: money by way, what shows it, and who is named.

    `paid` are payments into securities accounts (ref, booked_at, amount_fen), which several ways
    may show, `steps` payments on the way there (ref, booked_at), `records` keys with their `times`.
    """

    amounts: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    paid: list[pl.DataFrame] = field(default_factory=list)
    steps: list[pl.DataFrame] = field(default_factory=list)
    records: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    roles: dict[int, str] = field(default_factory=dict)
    own_name_fen: int = 0

    @property
    def amount_fen(self) -> int:
        """The money at stake: each payment once, and the claims that were sold in bulk."""
        if not self.paid:
            return self.amounts.get("bundles", 0)
        each = pl.concat(self.paid).sort("amount_fen", descending=True).unique("ref", keep="first")
        return int(each["amount_fen"].sum()) + self.amounts.get("bundles", 0)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per institution or party whose money buys securities for others."""
    settings = context.settings.detectors.margin_finance
    money = read_securities_money(context, settings)
    if not money.accounts and money.loans:
        yield _no_accounts()
    cases: dict[int, Case] = {}
    behind: dict[int, Institution] = {}
    for institution in context.institutions:
        case = Case()
        _proceeds(settings, institution, money, case)
        _clients(settings, institution, money, case)
        _bundles(context, institution, money, case)
        if case.amounts:
            cases[institution.party_no], behind[institution.party_no] = case, institution
    _foreign(context, settings, money, cases, behind)
    _around(context, cases, behind)
    for subject, case in sorted(cases.items()):
        finding = _finding(context, settings, subject, behind.get(subject), case)
        if finding.amount_fen >= settings.minimum_fen:
            yield finding


def _proceeds(
    settings: MarginFinance, institution: Institution, money: SecuritiesMoney, case: Case
) -> None:
    """Loans' proceeds in securities accounts, where they are no exception on the platform."""
    mine = pl.col("institution_id") == institution.institution_id
    reached = money.reached.filter(mine)
    chosen = by_loan(reached, settings.least_share)
    loans = money.loans.get(institution.institution_id, 0)
    if chosen.height < max(settings.minimum_loans, settings.minimum_loan_share * loans):
        return
    shown = reached.join(chosen.select("loan_id"), on="loan_id", how="semi")
    case.amounts["proceeds"] = int(chosen["part_fen"].sum())
    case.counts["proceeds"] = chosen.height
    case.records += loan_keys(institution.institution_id, chosen["loan_id"])
    step = shown.select(pl.col("step_ref").alias("ref"), pl.col("step_at").alias("booked_at"))
    last = shown.select(
        pl.col("last_ref").alias("ref"), pl.col("last_at").alias("booked_at"), "amount_fen"
    )
    paid_out = money.payouts.filter(mine).join(chosen.select("loan_id"), on="loan_id", how="semi")
    case.steps += [step, paid_out.select("ref", "booked_at")]
    case.paid.append(last)
    others = shown.filter(pl.col("target") != pl.col("borrower"))["target"].unique()
    case.roles.update((number, "nominee") for number in others if number >= 0)


def _clients(
    settings: MarginFinance, institution: Institution, money: SecuritiesMoney, case: Case
) -> None:
    """Clients' money that came into securities accounts of others, straight or over others."""
    left = money.clients.filter(pl.col("institution_id") == institution.institution_id)
    case.own_name_fen += int(left.filter("own_name")["amount_fen"].sum())
    moved = left.filter(~pl.col("own_name")).select("ref", "booked_at", "amount_fen", "holder")
    detour = money.detours.get(institution.institution_id)
    if detour is not None:
        clients = money.paid_in.filter(pl.col("institution_id") == institution.institution_id)
        last = money.foreign.filter(pl.col("ref").is_in(detour.shown["ref"].implode()))
        own = pl.col("holder").is_in(clients["holder"].implode())
        case.own_name_fen += int(last.filter(own)["amount_fen"].sum())
        last = last.filter(~own)
        moved = pl.concat([moved, last.select(moved.columns)]).unique("ref", maintain_order=True)
        if last.height:
            case.steps.append(detour.shown)
            case.roles.update((number, "pool") for number in detour.passed if number >= 0)
    amount = int(moved["amount_fen"].sum())
    if amount < settings.minimum_fen:
        return
    case.amounts["clients"], case.counts["clients"] = amount, moved.height
    case.paid.append(moved.select("ref", "booked_at", "amount_fen"))
    holders = moved["holder"].unique()
    case.roles.update((number, "nominee") for number in holders if number >= 0)


def _bundles(
    context: Context, institution: Institution, money: SecuritiesMoney, case: Case
) -> None:
    """Days on which many claims were sold at once to or by an issuer of products."""
    sold = money.bundles.filter(pl.col("institution_id") == institution.institution_id)
    if not sold.height:
        return
    case.amounts["bundles"] = int(sold["amount_fen"].sum())
    case.counts["bundles"] = int(sold["loans"].sum())
    for events in sold["events"]:
        case.records += [record_key("loan_event", institution.institution_id, e) for e in events]
    case.times += [*sold["first_at"], *sold["last_at"]]
    for side, role in (("seller", "organiser"), ("buyer", "pool")):
        case.roles.update((number, role) for number in sold[side].drop_nulls() if number >= 0)


def _foreign(
    context: Context,
    settings: MarginFinance,
    money: SecuritiesMoney,
    cases: dict[int, Case],
    behind: dict[int, Institution],
) -> None:
    """Umbrellas and financiers, under the institution whose circle they are of, else themselves."""
    for name, frame, key, other in (
        ("umbrella", money.umbrellas, "holder", "payer"),
        ("financier", money.financiers, "payer", "holder"),
    ):
        for (party,), paid in frame.group_by([key], maintain_order=True):
            number, amount = int(str(party)), int(paid["amount_fen"].sum())
            if number < 0 or amount < settings.minimum_fen:
                continue
            circles = context.circles_of.get(number)
            institution_behind = circles[0] if circles else None
            subject = institution_behind.party_no if institution_behind else number
            if institution_behind is not None:
                behind[subject] = institution_behind
            case = cases.setdefault(subject, Case())
            case.amounts[name] = case.amounts.get(name, 0) + amount
            case.counts[name] = case.counts.get(name, 0) + paid[other].n_unique()
            case.paid.append(paid.select("ref", "booked_at", "amount_fen"))
            if number != subject:
                case.roles[number] = "pool"
            if name == "financier":
                case.roles.update((holder, "nominee") for holder in paid["holder"].unique())


def _around(context: Context, cases: dict[int, Case], behind: dict[int, Institution]) -> None:
    """Add to every case what filled the accounts that paid, what came back from securities, and
    the traders with their deposits."""
    rows = [
        (subject, behind[subject].institution_id if subject in behind else None, ref)
        for subject, case in cases.items()
        for paid in case.paid
        for ref in paid["ref"]
    ]
    schema = {"subject": pl.Int64, "institution_id": pl.String, "ref": pl.String}
    shown = pl.DataFrame(rows, schema=schema, orient="row").unique(maintain_order=True)
    around, deposits = read_around(context, shown)
    for frame in (around, deposits):
        for key, mine in frame.group_by("subject", maintain_order=True):
            cases[int(str(key[0]))].steps.append(mine.select("ref", "booked_at"))
    for subject, trader in deposits.select("subject", "payer").unique().iter_rows():
        if trader >= 0:
            cases[subject].roles.setdefault(trader, "beneficiary")


def _finding(
    context: Context,
    settings: MarginFinance,
    subject: int,
    institution: Institution | None,
    case: Case,
) -> Finding:
    refs, first_at, last_at = _evidence(case)
    lookalikes = (
        Lookalike(
            "same_name",
            True,
            f"户主本人即付款人或客户的 {yuan(case.own_name_fen)} 元未计入",
            f"{yuan(case.own_name_fen)} yuan of holders who are payers or clients themselves are "
            "left out",
        ),
        Lookalike(
            "occasional_investor",
            "proceeds" not in case.amounts
            or len(case.amounts) > 1
            or case.counts["proceeds"] >= settings.sure_loans,
            f"{case.counts.get('proceeds', 0)} 笔借款进入银证转账账户；少于 {settings.sure_loans} "
            "笔且"
            "无其他迹象的，可能是借款人自行投资",
            f"{case.counts.get('proceeds', 0)} loan(s) went into securities accounts; fewer than "
            f"{settings.sure_loans} without a further sign may be borrowers' own investing",
        ),
    )
    licensed_field = institution is not None and institution.kind == "p2p_platform"
    zh, en = _texts(case)
    amount = case.amount_fen
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[subject],
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_amount * min(amount / settings.sure_fen, 1)
            + settings.confidence_ways * (len(case.amounts) > 1)
            + settings.confidence_clients * ("clients" in case.amounts),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=amount,
        first_at=first_at,
        last_at=last_at,
        transfers=refs,
        measures={
            "proceeds_fen": Measure(case.amounts.get("proceeds", 0), settings.minimum_fen, "fen"),
            "client_money_fen": Measure(
                case.amounts.get("clients", 0), settings.minimum_fen, "fen"
            ),
            "umbrella_payers": Measure(
                case.counts.get("umbrella", 0), settings.foreign_parties, "parties"
            ),
            "financed_holders": Measure(
                case.counts.get("financier", 0), settings.foreign_parties, "parties"
            ),
            "bundled_claims": Measure(
                case.counts.get("bundles", 0), settings.bundle_loans, "claims"
            ),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明资金用于买入何种证券，也未证明有杠杆约定",
            "it is not established which securities were bought, nor that leverage was agreed",
        ),
        text=(zh, en),
        lead_office=LEAD_OFFICE if licensed_field else SECURITIES_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], role)
            for number, role in sorted(case.roles.items())
            if number != subject
        ),
    )


def _evidence(case: Case) -> tuple[tuple[str, ...], datetime, datetime]:
    """Transfers by time, then the keys of records that show what no transfer does."""
    records = tuple(dict.fromkeys(case.records))
    if not case.paid:
        return records, min(case.times), max(case.times)
    steps = [each.select("ref", "booked_at") for each in (*case.paid, *case.steps)]
    evidence = read_evidence(pl.concat(steps))
    times = [evidence.first_at, evidence.last_at, *case.times]
    return evidence.refs + records, min(times), max(times)


def _texts(case: Case) -> tuple[str, str]:
    words = {
        "proceeds": (
            "{count} 笔借款的 {money} 元放款后进入银证转账账户",
            "{money} yuan of {count} loan(s) went into securities accounts after the payout",
        ),
        "clients": (
            "客户资金 {money} 元（{count} 笔）转入他人的银证转账账户",
            "{money} yuan of clients' money ({count} transfer(s)) was moved into others' "
            "securities accounts",
        ),
        "bundles": (
            "{count} 笔债权（{money} 元）成批转让给产品发行人或由其转让",
            "{count} claim(s) of {money} yuan were sold in bulk to or by issuers of products",
        ),
        "umbrella": (
            "户主以外的 {count} 个付款人向同一银证转账账户付入 {money} 元",
            "{count} payer(s) other than the holder paid {money} yuan into a securities account",
        ),
        "financier": (
            "向 {count} 个他人的银证转账账户付入 {money} 元",
            "{money} yuan were paid into securities accounts of {count} other holder(s)",
        ),
    }
    parts = [
        tuple(
            text.format(count=case.counts[way], money=yuan(case.amounts[way]))
            for text in words[way]
        )
        for way in words
        if way in case.amounts
    ]
    return "；".join(zh for zh, _ in parts), "; ".join(en for _, en in parts)


def _no_accounts() -> CannotConclude:
    return CannotConclude(
        NAME,
        None,
        None,
        ("account",),
        ("各行均未报送银证转账账户，无法判断资金是否用于买卖证券",
         "no bank submitted securities transfer accounts; whether money buys securities cannot be "
         "judged"),
    )  # fmt: skip
