"""P9 margin finance: clients' money buys shares in accounts that are not the clients' own."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, split
from simulator.banks import open_accounts
from simulator.brokerage import open_trading
from simulator.companies import found_companies
from simulator.lending import record, run_honest
from simulator.lookalikes import margin_finance as lookalikes
from simulator.people import devices, draw_crowd, send_later, to_whole_yuan
from simulator.platforms import Platform, found_platform
from simulator.products import issue
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY
from simulator.world import Scheme, World

VARIANTS = (
    "straight_from_custody",
    "umbrella_account",
    "through_sister",
    "through_borrowers",
    "bundle_of_claims",
)
TEXTS = ("银证转账", "入金", "往来款", "借款", "保证金", "转账", "")


def add_margin_finance(stage: Stage, variant: str) -> None:
    """Let a platform fund trading in the names of others, several times what the traders put in."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks, custody=bool(rng.random() < 0.85))
    number, scheme = world.begin_scheme("margin_finance", variant, platform.party)
    lenders = run_honest(world, platform, share=float(rng.uniform(0.1, 0.9)))
    clients = draw_crowd(world, 5, 60)
    trading = open_trading_for(stage, platform, clients, variant)
    deposits = to_whole_yuan(heavy(rng, len(clients), world.lots(10_000, 150_000), 0.7), 1000)
    lent = (deposits * rng.uniform(1.0, 9.0, len(clients))).astype(np.int64)
    day = world.period.working_day(
        rng.integers(0, max(int(world.period.days * 0.8), 1), len(clients))
    )
    at = world.period.at(rng, day, "business")
    desk = platform.own if rng.random() < 0.5 else int(platform.circle.sisters[0])
    text = rng.choice(world.draw_purposes(("保证金", "入金", "合作款", "转账", "")), len(clients))
    world.pay(clients, desk, deposits, at, text, device=devices(world, clients), scheme=number)
    source, ready = fund(stage, platform, variant, lenders, lent, at, number, scheme)
    place_orders(stage, variant, source, trading, lent, ready, number, scheme)
    take_back(world, trading, platform.collect, lent, ready, number)
    scheme.parties = [(platform.party, "organiser"), *scheme.parties]
    scheme.parties += [(int(p), "nominee") for p in np.unique(world.owner(trading))]
    scheme.parties += [(int(p), "beneficiary") for p in np.unique(world.owner(clients))]
    scheme.accounts = sorted({*trading.tolist(), *scheme.accounts})


def open_trading_for(stage: Stage, platform: Platform, clients: Ints, variant: str) -> Ints:
    """One trading account a client, in the name of staff or strangers; fewer under an umbrella."""
    world, rng = stage.world, stage.world.rng
    count = len(clients)
    if variant == "umbrella_account":
        count = max(count // int(rng.integers(3, 9)), 1)
    people = platform.circle.staff if rng.random() < 0.5 else world.claim("persons", count)
    owners = world.owner(rng.choice(people, count))
    accounts = open_trading(world, stage.banks, owners)
    return accounts[rng.integers(0, count, len(clients))]


def fund(
    stage: Stage,
    platform: Platform,
    variant: str,
    lenders: Ints,
    lent: Ints,
    at: Ints,
    number: int,
    scheme: Scheme,
) -> tuple[Ints, Ints]:
    """Where each client's credit comes from, and when it is there."""
    world, rng = stage.world, stage.world.rng
    count = len(lent)
    custody = np.full(count, platform.collect)
    later = send_later(world, at, 0.3, 40)
    if variant == "through_sister":
        sister = int(rng.choice(platform.circle.sisters))
        text = rng.choice(world.draw_purposes(TEXTS), count)
        world.pay(custody, sister, lent, later, text, scheme=number)
        scheme.parties.append((int(world.owner(np.array([sister]))[0]), "shell"))
        scheme.accounts = [sister]
        return np.full(count, sister), send_later(world, later, 0.2, 20)
    if variant == "through_borrowers":
        straw = rng.choice(world.pools["people"], size=count, replace=False)
        row = world.loans.add(
            count,
            institution=platform.party,
            borrower=world.owner(straw),
            principal=lent,
            rate=np.round(rng.uniform(0.1, 0.24, count), 3),
            published=np.maximum(at // DAY - 1, 0),
            due=at // DAY + rng.choice([30, 60, 90, 180], count),
            account=straw,
            raised=at // DAY,
            purpose=rng.choice(world.draw_purposes(("借款", "备用金", "货款")), count),
        )
        sent = world.pay(custody, straw, lent, later, "放款", loan=row, scheme=number)
        institution = np.full(count, platform.party)
        record(world, "disburse", row, world.owner(straw), institution, lent, sent)
        scheme.records = [("loan", int(each)) for each in row[sent >= 0]]
        scheme.parties += [(int(p), "nominee") for p in np.unique(world.owner(straw))]
        return straw, send_later(world, later, 0.1, 20)
    if variant == "bundle_of_claims":
        return sell_bundle(stage, platform, lenders, lent, later, number, scheme), later
    scheme.accounts = [platform.collect]
    return custody, later


def sell_bundle(
    stage: Stage,
    platform: Platform,
    lenders: Ints,
    lent: Ints,
    at: Ints,
    number: int,
    scheme: Scheme,
) -> Ints:
    """Claims against traders are bundled and sold as a product, whose proceeds fund the next."""
    world, rng = stage.world, stage.world.rng
    account = int(
        open_accounts(
            world, stage.banks, np.array([platform.party]), role="own_funds", inside=True, young=0.8
        )[0]
    )
    product = issue(
        world,
        platform.party,
        "private",
        risk=int(rng.integers(1, 4)),
        term=int(rng.integers(15, 200)),
        rate=round(float(rng.uniform(0.06, 0.14)), 3),
        account=account,
    )
    owner, part = split(rng, lent, rng.integers(2, 14, len(lent)))
    buyer = rng.choice(lenders, len(part))
    when = np.maximum(at[owner] - rng.integers(DAY // 8, 2 * DAY, len(part)), 0)
    text = rng.choice(world.draw_purposes(("债权转让款", "理财", "申购款", "投资款")), len(part))
    device = devices(world, buyer)
    world.pay(buyer, account, to_whole_yuan(part, 1), when, text, scheme=number, device=device)
    scheme.accounts = [account]
    scheme.records = [("product", product)]
    return np.full(len(lent), account)


def place_orders(
    stage: Stage,
    variant: str,
    source: Ints,
    trading: Ints,
    lent: Ints,
    at: Ints,
    number: int,
    scheme: Scheme,
) -> None:
    """Credit goes to the trading accounts; under an umbrella through one account in front."""
    world, rng = stage.world, stage.world.rng
    count = len(lent)
    text = rng.choice(world.draw_purposes(TEXTS), count)
    if variant == "umbrella_account":
        front = int(found_companies(world, stage.banks, 1, busy=0.0)[0])
        world.pay(source, front, lent, at, text, scheme=number)
        source, at = np.full(count, front), send_later(world, at, 0.1, 20)
        scheme.accounts = [*scheme.accounts, front]
        scheme.parties.append((int(world.owner(np.array([front]))[0]), "pool"))
    sent = world.pay(source, trading, lent, at, text, scheme=number)
    scheme.stake_fen = int(lent[sent >= 0].sum())


def take_back(world: World, trading: Ints, custody: int, lent: Ints, at: Ints, number: int) -> None:
    """Some positions are closed within the period: what was lent comes back with interest."""
    rng = world.rng
    closed = rng.random(len(lent)) < rng.uniform(0.1, 0.7)
    back = (lent[closed] * rng.uniform(0.85, 1.04, int(closed.sum()))).astype(np.int64)
    later = send_later(world, at[closed], 30, 500)
    text = rng.choice(world.draw_purposes(("出金", "还款", "银证转账", "转账")), len(back))
    world.pay(trading[closed], custody, back, later, text, scheme=number)


TYPOLOGY = Typology("margin_finance", VARIANTS, add_margin_finance, lookalikes.KINDS)
