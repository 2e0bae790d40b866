"""Schemes of no listed kind: what crooks invent beside the typologies, without a rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.amounts import heavy, rounded, split
from simulator.banks import open_accounts
from simulator.circles import tie
from simulator.companies import found_companies, found_institution
from simulator.lookalikes import unlisted as lookalikes
from simulator.people import devices, send_later, to_whole_yuan
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR, SECOND
from simulator.world import CHANNEL, YUAN, Scheme


def add_unlisted(stage: Stage, variant: str) -> None:
    """Play one of the inventions."""
    INVENTIONS[variant](stage)


def begin(stage: Stage, variant: str, account: int) -> tuple[int, Scheme]:
    """Begin a scheme whose organiser owns an account."""
    organiser = int(stage.world.owner(np.array([account]))[0])
    number, scheme = stage.world.begin_scheme("unlisted", variant, organiser)
    scheme.parties = [(organiser, "organiser")]
    scheme.accounts = [account]
    return number, scheme


def add_parts(stage: Stage, scheme: Scheme, accounts: Ints, role: str) -> None:
    """Note who else takes part, and in which role."""
    known = {party for party, _ in scheme.parties}
    for party in np.unique(stage.world.owner(accounts)).tolist():
        if party not in known:
            scheme.parties.append((party, role))
    scheme.accounts = sorted({*scheme.accounts, *accounts.tolist()})


def pay_ghosts(stage: Stage) -> None:
    """A clerk keeps invented staff on a firm's payroll, draws their wages in cash and pays some of
    it into his own card."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    firm = int(found_companies(world, stage.banks, 1)[0])
    clerk = world.claim("persons", 1)
    number, scheme = begin(stage, "ghost_payroll", int(clerk[0]))
    ghosts = open_accounts(
        world, stage.banks, world.owner(world.claim("persons", int(rng.integers(5, 26)))), young=0.6
    )
    staff = rng.choice(world.pools["people"], size=int(rng.integers(10, 90)))
    stretch = min(int(rng.choice([7, 10, 15, 30])), max(period.days // 2, 1))
    wage = heavy(rng, len(ghosts), world.lots(3_000, 9_000), 0.2)
    for day in range(int(rng.integers(stretch)), period.days, stretch):
        at = period.at(rng, period.working_day(np.array([day])), "business")[0]
        honest = heavy(rng, len(staff), 5_500, 0.4)
        spread = at + rng.integers(0, HOUR, len(staff))
        world.pay(np.full(len(staff), firm), staff, honest, spread, "工资")
        payer, when = np.full(len(ghosts), firm), at + rng.integers(0, HOUR, len(ghosts))
        world.pay(payer, ghosts, wage, when, "工资", scheme=number)
        drawn = to_whole_yuan((wage * rng.uniform(0.85, 1.0, len(ghosts))).astype(np.int64), 100)
        cash_at = send_later(world, np.full(len(ghosts), at + HOUR), 1, float(rng.uniform(3, 60)))
        cash = CHANNEL["cash"]
        world.pay(ghosts, -1, drawn, cash_at, "取现", channel=cash, scheme=number)
        kept = np.array([int(drawn.sum() * rng.uniform(0.3, 0.9))])
        _, lumps = split(rng, kept, rng.integers(1, 5, 1))
        late = int(cash_at.max()) + rng.integers(HOUR, 4 * DAY, len(lumps))
        lumps = to_whole_yuan(lumps, 100)
        world.pay(-1, clerk[0], lumps, late, "存现", channel=cash, scheme=number)
    add_parts(stage, scheme, ghosts, "nominee")


def inflate_purchases(stage: Stage) -> None:
    """After each payment of a public buyer a contractor pays a sham adviser a share, and the
    adviser pays the buyer's official."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    buyer, contractor, adviser = found_companies(world, stage.banks, 3).tolist()
    official = world.claim("persons", 1)
    number, scheme = begin(stage, "inflated_purchases", contractor)
    count = int(rng.integers(3, 13))
    amount = heavy(rng, count, world.lots(200_000, 3_000_000), 0.6)
    day = period.working_day(rng.integers(0, max(period.days * 4 // 5, 1), count))
    at = period.at(rng, day, "business")
    text = rng.choice(world.draw_purposes(("工程款", "货款", "设备款", "材料款")), count)
    world.pay(np.full(count, buyer), contractor, amount, at, text)
    share = rng.uniform(0.03, 0.14) * rng.uniform(0.9, 1.1, count)
    later = send_later(world, at, 5, float(rng.uniform(30, 200)))
    text = rng.choice(world.draw_purposes(("咨询费", "服务费", "劳务费", "技术服务费")), count)
    cut = rounded(rng, (amount * share).astype(np.int64), 0.6)
    world.pay(np.full(count, contractor), adviser, cut, later, text, scheme=number)
    home = send_later(world, later, 10, 200)
    text = rng.choice(world.draw_purposes(("劳务费", "借款", "报销款", "往来款", "")), count)
    got = (cut * rng.uniform(0.4, 0.9, count)).astype(np.int64)
    world.pay(np.full(count, adviser), official[0], got, home, text, scheme=number)
    head = int(world.owner(official)[0])
    if rng.random() < 0.5:
        owner = int(world.owner(world.claim("persons", 1))[0])
        tie(world, head, owner, "kin")
        tie(world, owner, int(world.owner(np.array([adviser]))[0]), "shareholder", 0.9)
    add_parts(stage, scheme, np.array([adviser]), "shell")
    add_parts(stage, scheme, official, "beneficiary")


def loop_gift_cards(stage: Stage) -> None:
    """A firm buys gift cards for round sums, a dealer buys them from its managers for less, and
    sells them on in small lots."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    firm = int(found_companies(world, stage.banks, 1)[0])
    dealer = world.claim("persons", 1)
    number, scheme = begin(stage, "gift_card_loop", firm)
    shop = rng.choice(stage.firms.merchants, int(rng.integers(1, 4)))
    managers = world.claim("persons", int(rng.integers(1, 6)))
    count = int(rng.integers(4, 22))
    face = to_whole_yuan(heavy(rng, count, world.lots(15_000, 200_000), 0.5), 1000)
    day = period.working_day(rng.integers(0, max(period.days * 4 // 5, 1), count))
    at = period.at(rng, day, "business")
    text = rng.choice(world.draw_purposes(("购卡款", "礼品卡", "货款", "会费")), count)
    world.pay(np.full(count, firm), rng.choice(shop, count), face, at, text, scheme=number)
    worth = (face * rng.uniform(0.85, 0.97)).astype(np.int64)
    owner, part = split(rng, worth, rng.integers(1, 4, count))
    when = send_later(world, at[owner], 3, 100)
    manager = rng.choice(managers, len(part))
    text = rng.choice(world.draw_purposes(("转账", "礼品卡", "往来款", "")), len(part))
    world.pay(np.full(len(part), dealer[0]), manager, part, when, text, scheme=number)
    lots = int(rng.integers(20, 120))
    price = (rng.choice([500, 1000, 2000, 5000], lots) * rng.uniform(0.96, 0.995)).astype(np.int64)
    buyers = rng.choice(world.pools["people"], lots)
    sold_at = period.at(rng, rng.integers(0, period.days, lots), "retail")
    text = rng.choice(world.draw_purposes(("礼品卡", "转账", "购卡款", "")), lots)
    world.pay(buyers, dealer[0], price * YUAN, sold_at, text, device=devices(world, buyers))
    add_parts(stage, scheme, dealer, "dealer")
    add_parts(stage, scheme, managers, "beneficiary")


def stage_accidents(stage: Stage) -> None:
    """A repair shop's people claim again and again from an insurer, and hand over a share."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    _, insurer = found_institution(world, stage.banks, "insurer")
    shop = int(found_companies(world, stage.banks, 1)[0])
    number, scheme = begin(stage, "claims_ring", shop)
    ring = world.claim("persons", int(rng.integers(6, 26)))
    insured = rng.choice(world.pools["people"], 150)
    day = period.at(rng, rng.integers(0, period.days, 150), "retail")
    premium = heavy(rng, 150, 1_500, 0.8)
    world.pay(insured, insurer, premium, day, "保费", device=devices(world, insured))
    honest = rng.choice(insured, 40)
    day = period.at(rng, rng.integers(0, period.days, 40), "business")
    world.pay(np.full(40, insurer), honest, heavy(rng, 40, 6_000, 1.0), day, "理赔款")
    claims = rng.integers(2, 6, len(ring))
    person = np.repeat(ring, claims)
    amount = heavy(rng, len(person), world.lots(3_000, 40_000), 0.4)
    on = period.working_day(rng.integers(0, max(period.days * 4 // 5, 1), len(person)))
    at = period.at(rng, on, "business")
    world.pay(np.full(len(person), insurer), person, amount, at, "理赔款", scheme=number)
    cut = rounded(rng, (amount * rng.uniform(0.25, 0.7)).astype(np.int64), 0.5)
    later = send_later(world, at, 1, 90)
    text = rng.choice(world.draw_purposes(("转账", "服务费", "往来款", "")), len(person))
    device = devices(world, person)
    world.pay(person, shop, cut, later, text, scheme=number, device=device)
    add_parts(stage, scheme, ring, "claimant")


def lend_at_usury(stage: Stage) -> None:
    """A loan shark pays out lumps at night and collects instalments far beyond them."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    shark = world.claim("persons", 1)
    number, _ = begin(stage, "loan_shark", int(shark[0]))
    count = int(world.lots(15, 80))
    victims = rng.choice(world.pools["people"], size=count, replace=False)
    lent = to_whole_yuan(heavy(rng, count, world.lots(2_000, 30_000), 0.5), 500)
    day = rng.integers(-20, max(period.days * 4 // 5, 1), count)
    at = period.at(rng, day, "evening")
    text = rng.choice(world.draw_purposes(("借款", "转账", "生活费", "")), count)
    fee = (lent * rng.uniform(0.7, 0.95, count)).astype(np.int64)
    payer = np.full(count, shark[0])
    world.pay(payer, victims, fee, at, text, scheme=number, device=devices(world, payer))
    turns = rng.integers(3, 15, count)
    every = int(rng.choice([1, 2, 3, 7]))
    owner = np.repeat(np.arange(count), turns)
    turn = np.concatenate([np.arange(1, each + 1) for each in turns])
    owed = (lent * rng.uniform(1.15, 2.2, count) / turns).astype(np.int64)
    due = period.at(rng, day[owner] + turn * every, "retail")
    text = rng.choice(world.draw_purposes(("还款", "转账", "")), len(owner))
    back = to_whole_yuan(owed[owner], 10)
    device = devices(world, victims[owner])
    world.pay(victims[owner], shark[0], back, due, text, scheme=number, device=device)


def scalp_tickets(stage: Stage) -> None:
    """Helpers buy up tickets in the seconds in which the sale opens; the public pays the scalper
    a multiple."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    scalper = world.claim("persons", 1)
    number, scheme = begin(stage, "ticket_scalping", int(scalper[0]))
    helpers = world.claim("persons", int(rng.integers(6, 30)))
    venue = int(found_companies(world, stage.banks, 1)[0])
    for _ in range(int(rng.integers(1, 5))):
        day = int(rng.integers(0, max(period.days * 3 // 5, 1)))
        opening = day * DAY + int(rng.integers(10, 20)) * HOUR
        price = int(rng.choice([280, 380, 580, 680, 980, 1280])) * YUAN
        bought = rng.integers(2, 7, len(helpers))
        at = opening + rng.integers(0, int(rng.integers(20, 240)) * SECOND, len(helpers))
        device = devices(world, helpers)
        world.pay(helpers, venue, bought * price, at, "票款", scheme=number, device=device)
        fans = rng.choice(world.pools["people"], int(rng.integers(20, 150)))
        slow = opening + rng.integers(0, 3 * DAY, len(fans))
        world.pay(fans, venue, rng.integers(1, 4, len(fans)) * price, slow, "票款")
        count = int(bought.sum())
        paid = (price * rng.uniform(1.3, 5.0, count)).astype(np.int64) // (10 * YUAN) * 10 * YUAN
        buyers = rng.choice(world.pools["people"], count)
        when = send_later(world, np.full(count, opening + HOUR), 2, 300)
        text = rng.choice(world.draw_purposes(("票款", "转账", "差价款", "")), count)
        device = devices(world, buyers)
        world.pay(buyers, scalper[0], paid, when, text, scheme=number, device=device)
        share = (bought * price * rng.uniform(1.02, 1.2)).astype(np.int64)
        early = opening - rng.integers(HOUR, 40 * HOUR, len(helpers))
        payer = np.full(len(helpers), scalper[0])
        world.pay(payer, helpers, share, np.maximum(early, 0), "转账", scheme=number)
    add_parts(stage, scheme, helpers, "helper")


INVENTIONS: dict[str, Callable[[Stage], None]] = {
    "ghost_payroll": pay_ghosts,
    "inflated_purchases": inflate_purchases,
    "gift_card_loop": loop_gift_cards,
    "claims_ring": stage_accidents,
    "loan_shark": lend_at_usury,
    "ticket_scalping": scalp_tickets,
}
VARIANTS = tuple(INVENTIONS)
TYPOLOGY = Typology("unlisted", VARIANTS, add_unlisted, lookalikes.KINDS)
