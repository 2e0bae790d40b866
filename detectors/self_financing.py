"""P4 self-financing: a platform's loans end with its own circle.

Pattern: lenders' money is paid out to a borrower and goes on, over however many accounts, within
days, to the platform's closure: a large share of the loan's proceeds, looked through last in first
out. Borrowers, and accounts that live on such money, pass it on before any other. Or the loan goes
to the closure straight: a borrower belongs to it, or lenders pay it there and no borrower ever gets
it.

Innocent look-alikes: the platform's fee (up to 5 % of the loan); a related supplier with whom the
borrower trades before or after as well; a payment firm that serves everyone, the circle too (what
passes a reserve counts only where it explains what that pays the circle).

Blind spots: cash; accounts at banks that do not submit; detours longer than the days that count, or
over accounts that have much other business and split the sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from data.settings import SelfFinancing
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.payment_sides import account_name
from detectors.proceeds import Followed, follow_proceeds
from detectors.reserve_detour import Arrival

NAME = "self_financing"
CODE = "P4"
CLAUSE = "二(一)1"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("自融", "self-financing")
CHINESE = Description(
    pattern=(
        "出借人的资金付给借款人之后，数日内直接或经少数账户转入平台的关联圈，占该笔借款放款的大部"
        "分；经过专靠这类资金周转的账户时，可以更久。也有借款直接进入关联圈的：借款人就在圈内，或"
        "出借人把钱付到圈内，借款人从未收到。"
    ),
    lookalikes=(
        "平台服务费（不超过借款的 5 %）；与借款人前后另有往来的关联供应商；为所有人服务、也为关联"
        "圈服务的支付机构（经过这类账户的资金，只在足以解释其付给关联圈的款项时才计入）。"
    ),
    blind_spots=(
        "现金；未报送数据的银行账户；超出观察时限的迂回，以及经过另有业务的账户的长距离迂回。"
    ),
)

SERVING_KINDS = ("payment_institution", "bank", "clearing_house")


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform whose loans end with its circle."""
    settings = context.settings.detectors.self_financing
    lending = dict(follow_proceeds(context, settings))
    for institution in context.institutions:
        followed = lending.get(institution.institution_id)
        if followed is None:
            if institution.kind == "p2p_platform":
                yield _no_loans(institution)
            continue
        if not followed.paid_out or followed.visible < followed.paid_out / 2:
            yield _unseen(institution, followed)
        judged = judge(context, settings, institution, followed)
        if judged is not None:
            yield judged


@dataclass(frozen=True)
class Held:
    """What arrived of a platform's loans, held against the thresholds.

    `hits` are the arrivals of each disbursement that counts, `chosen` these disbursements, `loans`
    the number of loans of which enough arrived (others only took the same way); then, in fen, what
    was left out as fees and as lasting trade, and what arrived straight from borrowers who paid
    the same account outside of every loan's window too.
    """

    hits: dict[int, list[Arrival]]
    chosen: pl.DataFrame
    loans: int
    fees_fen: int
    traded_fen: int
    doubtful_fen: int

    @property
    def arrivals(self) -> list[Arrival]:
        """Everything that counts."""
        return [arrival for each in self.hits.values() for arrival in each]

    @property
    def arrived_fen(self) -> int:
        """The sum of what counts."""
        return sum(arrival.amount_fen for arrival in self.arrivals)

    @property
    def proceeds_fen(self) -> int:
        """What was paid out on the loans; a transfer that paid out several counts once."""
        return int(self.chosen.unique("transfer_no")["amount_fen"].sum())


def judge(
    context: Context,
    settings: SelfFinancing,
    behind: Institution,
    followed: Followed,
) -> Finding | CannotConclude | None:
    """Hold what arrived, less fees and lasting trade, against the thresholds.

    Where all of it came to accounts of unknown holders, nobody is accused: their banks are asked.
    """
    held = hold(settings, followed)
    loans, arrived = held.chosen["loan_id"].n_unique(), held.arrived_fen
    if held.loans < max(settings.minimum_loans, settings.minimum_loan_share * followed.loans):
        return None
    if arrived < settings.minimum_fen:
        return None
    evidence = read_evidence(_shown(held, followed))
    roles = _roles(context, held, followed)
    proceeds, carried = held.proceeds_fen, _carried(held, followed)
    borrowers = held.chosen["borrower"].n_unique()
    hidden = [a for a in held.arrivals if followed.ends[a.account][0] < 0]
    unknown = sum(a.amount_fen for a in hidden)
    if unknown == arrived:
        return _unknown_holders(context, behind, arrived, {a.account for a in hidden})
    hours, _ = _longest(held, followed)
    lookalikes = _lookalikes(settings, held)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=behind.party_id,
        institution_id=behind.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            _confidence(settings, loans, (arrived - unknown) / max(proceeds, 1)),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=arrived,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=_measures(
            settings, context.settings.look_through.within_days, held, followed, unknown
        ),
        lookalikes=lookalikes,
        not_established=(
            "未证明借款人知情，也未证明关联方对资金的最终用途；经多账户的金额为上限",
            "it is not established that the borrowers knew, nor what the circle used the money "
            "for; what passed several accounts is an upper bound",
        ),
        text=_texts(borrowers, loans, proceeds, arrived, unknown, hours, carried),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], role)
            for number, role in sorted(roles.items())
            if number >= 0 and number != behind.party_no
        ),
    )


def hold(settings: SelfFinancing, followed: Followed) -> Held:
    """Leave fees and lasting trade out of what arrived, and keep the loans of which enough did."""
    by_loan: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in followed.arrivals:
        by_loan[arrival.mark].append(arrival)
    lasting, some = outside_trade(followed.disbursements, followed.trade, settings)
    hits: dict[int, list[Arrival]] = {}
    left_out = doubtful = traded = 0
    for row in followed.disbursements.iter_rows(named=True):
        borrower, all_of_it = row["payee_account"], by_loan.get(row["transfer_no"], [])
        straight = [a for a in all_of_it if len(a.path) == 1]
        trade = [a for a in straight if (borrower, a.account) in lasting]
        fees = [a for a in straight if a not in trade and followed.ends[a.account][1]]
        if _fen(fees) > settings.fee_share * row["principal_fen"]:
            fees = []
        counted = [a for a in all_of_it if a not in trade and a not in fees]
        left_out, traded = left_out + _fen(fees), traded + _fen(trade)
        if counted and _fen(counted) >= settings.minimum_share * row["amount_fen"]:
            hits[row["transfer_no"]] = counted
            doubtful += _fen(
                [a for a in counted if a in straight and (borrower, a.account) in some]
            )
    numbers = pl.col("transfer_no")
    loans = followed.disbursements.filter(numbers.is_in(list(hits)))["loan_id"].n_unique()
    hits.update(_same_way(settings, followed, by_loan, hits))
    chosen = followed.disbursements.filter(numbers.is_in(list(hits)))
    return Held(hits, chosen, loans, left_out, traded, doubtful)


def _same_way(
    settings: SelfFinancing,
    followed: Followed,
    by_loan: Mapping[int, list[Arrival]],
    hits: Mapping[int, list[Arrival]],
) -> dict[int, list[Arrival]]:
    """What arrived of further loans, less than the share, over accounts that the others took."""
    known = {
        followed.moves[number].payer
        for each in hits.values()
        for a in each
        for number in a.path[1:]
    }
    further = {}
    for row in followed.disbursements.iter_rows(named=True):
        counted = [
            arrival
            for arrival in by_loan.get(row["transfer_no"], ())
            if len(arrival.path) > 1
            and {followed.moves[number].payer for number in arrival.path[1:]} <= known
        ]
        enough = _fen(counted) >= settings.least_part * row["amount_fen"]
        if row["transfer_no"] not in hits and counted and enough:
            further[row["transfer_no"]] = counted
    return further


def _fen(arrivals: Sequence[Arrival]) -> int:
    return sum(arrival.amount_fen for arrival in arrivals)


def _shown(held: Held, followed: Followed) -> pl.DataFrame:
    """The disbursements and every transfer that their money took, with reference and time."""
    numbers = {number for arrival in held.arrivals for number in arrival.path}
    taken = pl.DataFrame(
        [followed.refs[number] for number in sorted(numbers)],
        schema={"ref": pl.String, "booked_at": pl.Datetime("us")},
        orient="row",
    )
    return pl.concat([held.chosen.select("ref", "booked_at"), taken], how="vertical_relaxed")


def _carried(held: Held, followed: Followed) -> int:
    """The whole sum of the transfers by which the money arrived, other money in them included."""
    entered = {arrival.path[-1] for arrival in held.arrivals if arrival.path}
    at_once = sum(arrival.amount_fen for arrival in held.arrivals if not arrival.path)
    return at_once + sum(followed.moves[number].amount_fen for number in entered)


def _longest(held: Held, followed: Followed) -> tuple[float, int]:
    """The most hours and the most hops that anything took from its disbursement to the circle."""
    begun = dict(held.chosen.select("transfer_no", "booked_at").iter_rows())
    took = [
        (followed.refs[arrival.path[-1]][1] - begun[arrival.mark]) / timedelta(hours=1)
        for arrival in held.arrivals
        if arrival.path
    ]
    hops = max((len(arrival.path) for arrival in held.arrivals), default=0)
    return round(max(took, default=0.0), 1), hops


def _measures(
    settings: SelfFinancing, within_days: int, held: Held, followed: Followed, unknown: int
) -> dict[str, Measure]:
    hours, hops = _longest(held, followed)
    share = held.arrived_fen / max(held.proceeds_fen, 1)
    return {
        "loans": Measure(held.chosen["loan_id"].n_unique(), settings.minimum_loans, "loans"),
        "share": Measure(round(share, 4), settings.minimum_share, "share"),
        "hours": Measure(hours, 24 * within_days, "hours"),
        "hops": Measure(hops, None, "transfers"),
        "carried_fen": Measure(_carried(held, followed), None, "fen"),
        "borrowers": Measure(held.chosen["borrower"].n_unique(), None, "parties"),
        "to_unknown_holders_fen": Measure(unknown, None, "fen"),
    }


def _lookalikes(settings: SelfFinancing, held: Held) -> tuple[Lookalike, ...]:
    most = settings.fee_share
    doubtful = held.doubtful_fen / max(held.arrived_fen, 1)
    return (
        Lookalike(
            "platform_fee",
            held.arrived_fen > most * held.proceeds_fen,
            f"作为平台收费（不超过借款的 {most:.0%}）扣除 {yuan(held.fees_fen)} 元，"
            f"其余 {yuan(held.arrived_fen)} 元",
            f"{yuan(held.fees_fen)} yuan are left out as the platform's fees (up to {most:.0%} of "
            f"a loan); {yuan(held.arrived_fen)} yuan remain",
        ),
        Lookalike(
            "related_supplier",
            doubtful < settings.trade_doubt_share,
            f"作为持续贸易扣除 {yuan(held.traded_fen)} 元；其余中 {doubtful:.0%} "
            "来自在放款期之外也向同一账户付款的借款人",
            f"{yuan(held.traded_fen)} yuan are left out as lasting trade; {doubtful:.0%} of the "
            "rest came from borrowers that paid the same account outside of the loans' windows too",
        ),
    )


def _texts(
    borrowers: int,
    loans: int,
    proceeds: int,
    arrived: int,
    unknown: int,
    hours: float,
    carried: int,
) -> tuple[str, str]:
    when, when_zh = f"within {hours:g} hours", f"在 {hours:g} 小时内"
    if not hours:
        when, when_zh = "by the payment itself", "在放款之时即"
    zh = (
        f"{borrowers} 名借款人的 {loans} 笔借款（放款 {yuan(proceeds)} 元）{when_zh}有 "
        f"{yuan(arrived)} 元到达平台关联方"
    )
    en = (
        f"Of {loans} loan(s) to {borrowers} borrower(s), {yuan(proceeds)} yuan paid out, "
        f"{yuan(arrived)} yuan reached the platform's circle {when}"
    )
    if carried != arrived:
        zh += f"（到达关联方的转账共 {yuan(carried)} 元，其余来自其他资金）"
        en += f" (by transfers of {yuan(carried)} yuan, which carried other money too)"
    if unknown:
        zh += f"；其中 {yuan(unknown)} 元汇入户主不明、几乎只收此类资金的账户，应向开户行查询户主"
        en += (
            f"; {yuan(unknown)} yuan of it went to accounts of unknown holders that take hardly "
            "anything else: ask their banks whose they are"
        )
    return zh, en


def _confidence(settings: SelfFinancing, loans: int, share: float) -> float:
    return (
        settings.confidence_least
        + settings.confidence_loans * min(loans / settings.sure_loans, 1)
        + settings.confidence_share * min(share, 1)
    )


def outside_trade(
    disbursements: pl.DataFrame, trade: pl.DataFrame, settings: SelfFinancing
) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Pairs of a borrower's and an end's account that trade outside of every loan's window too.

    Returns those whose trade is lasting (at least `trade_transfers` payments outside, and a good
    part of what is paid within), and all that have any.
    """
    window = timedelta(hours=settings.window_hours)
    starts: dict[int, list[datetime]] = defaultdict(list)
    for account, booked_at in disbursements.select("payee_account", "booked_at").iter_rows():
        starts[account].append(booked_at)
    times: dict[tuple[int, int], int] = defaultdict(int)
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for payer, payee, at, fen in trade.select(
        "payer", "payee", "booked_at", "amount_fen"
    ).iter_rows():
        within = any(start <= at <= start + window for start in starts[payer])
        times[payer, payee] += not within
        sums[payer, payee][within] += fen
    lasting = {
        pair
        for pair, count in times.items()
        if count >= settings.trade_transfers
        and sums[pair][0] >= settings.trade_share * sums[pair][1]
    }
    return lasting, {pair for pair, count in times.items() if count}


def _roles(
    context: Context,
    held: Held,
    followed: Followed,
) -> dict[int, str]:
    """Who held the accounts that the money took: borrowers, those between, those it reached.

    Payment firms and banks between are not named: they serve everyone. Nor is a registered borrower
    whom the money never reached: somebody may have used the name.
    """
    serving = {i.party_no for i in context.institutions if i.kind in SERVING_KINDS}
    roles: dict[int, str] = {}
    for arrival in held.arrivals:
        roles[followed.ends[arrival.account][0]] = "beneficiary"
        for number in arrival.path[1:]:
            holder = followed.owner[followed.moves[number].payer]
            if holder not in serving:
                roles.setdefault(holder, "shell")
    reached = {followed.ends[arrival.account][0] for arrival in held.arrivals}
    paid = held.chosen.select("borrower", "payee_account").unique().iter_rows()
    roles.update(
        (int(borrower), "nominee")
        for borrower, account in paid
        if borrower not in reached and followed.owner[account] == borrower
    )
    return roles


def _no_loans(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan",),
        ("没有该平台的标的数据，无法判断是否自融",
         "no loans of this platform were submitted; self-financing cannot be judged"),
    )  # fmt: skip


def _unknown_holders(
    context: Context, behind: Institution, arrived: int, accounts: set[int]
) -> CannotConclude:
    names = sorted(account_name(context, -2 - account) for account in accounts)
    return CannotConclude(
        NAME,
        behind.party_id,
        behind.institution_id,
        tuple(f"account (holder of {name})" for name in names),
        (
            f"借款 {yuan(arrived)} 元进入 {len(names)} 个户主未报送、几乎不收其他款项的账户，"
            "无法判断是否为关联方",
            f"{yuan(arrived)} yuan of loans came to {len(names)} account(s) that take hardly "
            "anything else and whose holders nobody submitted; whether they are the platform's "
            "circle cannot be judged",
        ),
    )


def _unseen(institution: Institution, followed: Followed) -> CannotConclude:
    loans, paid_out, visible = followed.loans, followed.paid_out, followed.visible
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("entry",),
        (f"{loans} 笔标的中仅见 {paid_out} 笔放款，其中 {visible} 笔的收款账户所在银行有报送",
         f"of {loans} loans {paid_out} show a disbursement, {visible} of them to an account whose "
         "bank submits; the rest cannot be followed"),
    )  # fmt: skip
