"""P3 illegal fundraising: the public pays in round lots and is promised fixed returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy
from simulator.banks import open_accounts
from simulator.circles import draw_circle
from simulator.companies import found_companies, keep_busy
from simulator.lookalikes import illegal_fundraising as lookalikes
from simulator.people import devices, draw_crowd, to_whole_yuan
from simulator.platforms import Platform, found_platform
from simulator.rows import Array, Ints
from simulator.schemes.fund_pool import take_out
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR
from simulator.world import CHANNEL, YUAN, Scheme, World

VARIANTS = (
    "fixed_interest",
    "cash_collectors",
    "changing_collectors",
    "pretext_of_goods",
    "rebate_in_advance",
)
IN_TEXTS = ("集资款", "投资款", "借款", "理财", "合作款", "转账", "往来款", "")
IN_PRETEXTS = ("货款", "会员费", "加盟费", "预付款", "定金", "养老金", "设备款", "购卡款")
OUT_TEXTS = ("利息", "收益", "分红", "转账", "本息", "还款", "")
OUT_PRETEXTS = ("返利", "劳务费", "补贴", "租金", "奖励金", "红包", "退款", "")


@dataclass(frozen=True)
class Deposits:
    """What the public paid in: each person's account, the sum and when, also before the period."""

    person: Ints
    amount: Ints
    at: Ints


def add_illegal_fundraising(stage: Stage, variant: str) -> None:
    """Let one firm, registered as an institution or not, raise money from the public."""
    firm = found_fundraiser(stage, ("other", "investment_firm", "asset_manager"), 0.45)
    number, scheme = stage.world.begin_scheme("illegal_fundraising", variant, firm.party)
    raise_funds(stage, firm, variant, number, scheme)


def found_fundraiser(stage: Stage, kinds: tuple[str, ...], registered: float) -> Platform:
    """The firm behind it: with that chance an unlicensed institution, else any company."""
    world, rng = stage.world, stage.world.rng
    if rng.random() < registered:
        kind = str(rng.choice(kinds))
        return found_platform(world, stage.banks, custody=False, kind=kind, licensed=False)
    own = int(found_companies(world, stage.banks, 1, busy=float(rng.random() < 0.7))[0])
    party = int(world.owner(np.array([own]))[0])
    return Platform(party, draw_circle(world, party, int(rng.integers(2, 7))), own, own, 0.0, False)


def raise_funds(stage: Stage, firm: Platform, variant: str, number: int, scheme: Scheme) -> None:
    """Take deposits, pay what was promised for them, and let the circle have the rest."""
    world, rng = stage.world, stage.world.rng
    collectors, source = open_accounts_for(stage, firm, variant)
    deposits = draw_deposits(world, draw_crowd(world, 55, 520))
    pretext = variant == "pretext_of_goods" or rng.random() < 0.2
    texts = world.draw_purposes(IN_PRETEXTS if pretext else IN_TEXTS)
    if variant == "cash_collectors":
        card = pay_in_cash(world, deposits, collectors, number, texts)
    else:
        card = pay_in(world, deposits, collectors, number, texts, turns=len(collectors) > 1)
    if source not in collectors:
        forward(world, card, deposits, source, number)
    out_texts = world.draw_purposes(OUT_PRETEXTS if pretext else OUT_TEXTS)
    pay_returns(world, deposits, source, number, out_texts, variant == "rebate_in_advance")
    if pretext:
        keep_busy(world, np.array([firm.own]))
    came = (deposits.at >= 0) & (deposits.at < world.period.end)
    inflow = np.bincount(
        deposits.at[came] // DAY, deposits.amount[came], minlength=world.period.days
    ).astype(np.int64)
    nightly = bool(rng.random() < 0.3)
    ends = take_out(world, number, firm, np.array([source]), inflow, nightly=nightly)
    pools = np.unique(np.append(card[came], source))
    scheme.parties = [(firm.party, "organiser")]
    scheme.parties += [
        (int(party), "pool") for party in np.unique(world.owner(pools)) if party != firm.party
    ]
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(ends))]
    scheme.accounts = pools.tolist()
    scheme.stake_fen = int(deposits.amount[came].sum())


def open_accounts_for(stage: Stage, firm: Platform, variant: str) -> tuple[Ints, int]:
    """The accounts that collect, and the one that pays the returns."""
    world, rng = stage.world, stage.world.rng
    extra = open_accounts(world, stage.banks, np.array([firm.party]), inside=True, young=0.6)
    own = firm.own if rng.random() < 0.5 else int(extra[0])
    if variant not in ("cash_collectors", "changing_collectors"):
        return np.array([own]), own
    count = int(rng.integers(2, 9))
    people = np.concatenate([firm.circle.staff, firm.circle.kin])
    owners = world.owner(rng.choice(people, size=min(count, len(people)), replace=False))
    cards = open_accounts(world, stage.banks, owners, inside=True, young=0.7)
    if rng.random() < 0.4:
        return cards, int(rng.choice(cards))
    return cards, own


def draw_deposits(world: World, people: Ints) -> Deposits:
    """Sums in round lots; some investors paid before the period, and some pay more than once."""
    rng, period = world.rng, world.period
    count = int(len(people) * rng.uniform(1.0, 1.8))
    person = np.concatenate([people, rng.choice(people, size=count - len(people))])
    unit = int(rng.choice([100, 500, 1000, 5000, 10_000]))
    amount = to_whole_yuan(heavy(rng, count, world.lots(4_000, 110_000), 0.8), unit)
    old = rng.random(count) < rng.uniform(0.15, 0.65)
    growth = np.exp(rng.normal(0, 0.5) * np.linspace(0, 1, period.days)) * period.retail_weight
    day = rng.choice(period.days, size=count, p=growth / growth.sum())
    day = np.where(old, -rng.integers(1, 240, count), day)
    return Deposits(person, amount, period.at(rng, day, "retail"))


def pay_in(
    world: World, deposits: Deposits, collectors: Ints, number: int, texts: Array, *, turns: bool
) -> Ints:
    """Investors transfer; where collectors change, each serves some days. Returns each one's."""
    rng = world.rng
    if turns:
        served = int(rng.integers(2, 9))
        card = collectors[deposits.at // DAY // served % len(collectors)]
    else:
        card = rng.choice(collectors, len(deposits.at))
    world.pay(
        deposits.person,
        card,
        deposits.amount,
        deposits.at,
        rng.choice(texts, len(card)),
        scheme=number,
        channel=CHANNEL["pos"] if rng.random() < 0.15 else -1,
        device=devices(world, deposits.person),
    )
    return np.asarray(card)


def pay_in_cash(
    world: World, deposits: Deposits, collectors: Ints, number: int, texts: Array
) -> Ints:
    """Most investors draw cash and hand it over; collectors pay it into their cards."""
    rng, count = world.rng, len(deposits.at)
    card = rng.choice(collectors, count)
    cash = rng.random(count) < rng.uniform(0.45, 0.95)
    world.pay(
        deposits.person[cash],
        -1,
        deposits.amount[cash],
        deposits.at[cash] - rng.integers(HOUR // 2, 20 * HOUR, int(cash.sum())),
        "取现",
        channel=CHANNEL["cash"],
    )
    world.pay(
        -1,
        card[cash],
        deposits.amount[cash],
        deposits.at[cash],
        "存现",
        channel=CHANNEL["cash"],
        scheme=number,
    )
    rest = ~cash
    world.pay(
        deposits.person[rest],
        card[rest],
        deposits.amount[rest],
        deposits.at[rest],
        rng.choice(texts, int(rest.sum())),
        scheme=number,
        device=devices(world, deposits.person[rest]),
    )
    return np.asarray(card)


def forward(world: World, card: Ints, deposits: Deposits, source: int, number: int) -> None:
    """Each card passes on what it took, once a day or every few days."""
    rng = world.rng
    every = int(rng.choice([1, 1, 2, 4]))
    block = deposits.at // DAY // every
    came = deposits.at >= 0
    keys, place = np.unique(
        np.stack([card[came], block[came]]), axis=1, return_inverse=True
    )  # fmt: skip
    total = np.bincount(np.ravel(place), deposits.amount[came]).astype(np.int64)
    at = (keys[1] + 1) * every * DAY - rng.integers(HOUR // 3, 3 * HOUR, len(total))
    part = (total * rng.uniform(0.9, 1.0, len(total))).astype(np.int64)
    texts = world.draw_purposes(("往来款", "转账", "借款", ""))
    world.pay(keys[0], source, part, at, rng.choice(texts, len(total)), scheme=number)


def pay_returns(
    world: World, deposits: Deposits, source: int, number: int, texts: Array, ahead: bool
) -> None:
    """The promised fraction of each sum at fixed intervals, and the sum itself at the term's end.

    With `ahead` the first fraction is paid back within a day.
    """
    rng, period = world.rng, world.period
    interval = int(rng.choice([5, 7, 10, 15, 30], p=[0.1, 0.25, 0.2, 0.2, 0.25]))
    yearly = rng.uniform(0.08, 0.24) if rng.random() < 0.7 else rng.uniform(0.24, 0.9)
    tiers = 1 + rng.uniform(0.0, 0.3) * rng.integers(0, 3, len(deposits.at)) / 2
    fraction = yearly * interval / 365 * tiers
    times = rng.choice([1, 2, 3, 6, 12], size=len(deposits.at), p=[0.25, 0.2, 0.2, 0.2, 0.15])
    which, turn = np.nonzero(np.arange(13)[None, :] <= times[:, None])
    turn_kept = (turn > 0) | ahead
    which, turn = which[turn_kept], turn[turn_kept]
    last = turn == times[which]
    due = deposits.at[which] // DAY + turn * interval
    late = rng.random(len(due)) < rng.uniform(0.0, 0.2)
    due = due + np.where(late, rng.integers(1, 3, len(due)), 0) + (turn == 0)
    unit = int(rng.choice([1, 1, YUAN, 10 * YUAN]))
    interest = (deposits.amount[which] * fraction[which]).astype(np.int64) // unit * unit
    again = rng.random(len(due)) < 0.5
    principal = np.where(last & again, deposits.amount[which], 0)
    owed = np.where(ahead & last, 0, interest) + principal
    at = period.at(rng, due, str(rng.choice(["business", "retail", "morning"])))
    text = rng.choice(texts, len(due))
    person = deposits.person[which]
    world.pay(np.full(len(due), source), person, owed, at, text, scheme=number)


TYPOLOGY = Typology("illegal_fundraising", VARIANTS, add_illegal_fundraising, lookalikes.KINDS)
