"""P7 fictitious loans: lenders fund loans to borrowers who never borrowed."""

from __future__ import annotations

import numpy as np

from simulator.amounts import split
from simulator.banks import open_accounts
from simulator.firms import add_organisations, add_owners, found_firm
from simulator.lending import (
    Loans,
    draw_lenders,
    lend,
    raise_loans,
    run_honest,
)
from simulator.lookalikes import fictitious_loan as lookalikes
from simulator.people import devices, send_later
from simulator.platforms import Platform, found_platform
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY
from simulator.world import CHANNEL, EVENT, RELATION, YUAN, Scheme, World

VARIANTS = (
    "no_disbursement",
    "pass_through",
    "shared_identity",
    "bought_companies",
    "same_collateral",
)
TEXTS = ("货款", "材料款", "设备款", "工程款", "往来款", "转账", "")


def add_fictitious_loan(stage: Stage, variant: str) -> None:
    """Publish a run of invented loans beside real ones, and take what lenders put into them."""
    world, rng = stage.world, stage.world.rng
    platform = found_platform(world, stage.banks, custody=bool(rng.random() < 0.8))
    number, scheme = world.begin_scheme("fictitious_loan", variant, platform.party)
    scheme.parties = [(platform.party, "organiser")]
    run_honest(world, platform, share=float(rng.uniform(0.15, 0.9)))
    lenders = draw_lenders(world, 100 * world.sizes.crowd)
    largest = 40 if world.sizes.crowd == 1 else 220
    count = int(world.lots(4, largest))
    median = world.lots(30_000, 500_000)
    if variant == "no_disbursement":
        never_pay_out(stage, platform, lenders, count, median, number, scheme)
        return
    borrowers = invent_borrowers(stage, variant, count)
    loans = lend(
        world,
        platform,
        lenders,
        borrowers,
        median_yuan=median,
        scheme=number,
        latest_share=0.85,
    )
    if variant == "same_collateral" or rng.random() < 0.2:
        share_collateral(world, loans.row)
    loans = loans.paid_out()
    pass_on(stage, loans, number, scheme, whole=variant in ("pass_through", "bought_companies"))
    scheme.parties += [(int(party), "nominee") for party in np.unique(world.owner(loans.account))]
    scheme.accounts = sorted({*loans.account.tolist(), *scheme.accounts})
    scheme.records = [("loan", int(row)) for row in loans.row]
    scheme.stake_fen = int(loans.principal.sum())


def never_pay_out(
    stage: Stage,
    platform: Platform,
    lenders: Ints,
    count: int,
    median: float,
    number: int,
    scheme: Scheme,
) -> None:
    """The loans count as paid out, the borrowers get nothing, and the money goes elsewhere."""
    world, rng = stage.world, stage.world.rng
    borrowers = world.rng.choice(world.pools["people"], size=count, replace=False)
    if rng.random() < 0.5:
        borrowers = invent_borrowers(stage, "bought_companies", count)
    raised = raise_loans(
        world,
        platform,
        lenders,
        borrowers,
        median_yuan=median,
        latest_share=0.85,
        scheme=number,
    )
    ready = np.flatnonzero(raised.ready)
    if rng.random() < 0.6:
        world.events.add(
            len(ready),
            loan=raised.row[ready],
            kind=EVENT["disburse"],
            party=world.owner(borrowers[ready]),
            counterparty=platform.party,
            amount=raised.principal[ready],
            at=raised.paid_at[ready],
        )
    ends = strangers(stage, int(rng.integers(1, 6)))
    gone = (raised.principal[ready] * rng.uniform(0.5, 1.0, len(ready))).astype(np.int64)
    owner, part = split(rng, gone, rng.integers(1, 4, len(ready)))
    texts = world.draw_purposes(("提现", "回款", "服务费", "往来款", "货款", ""))
    world.pay(
        np.full(len(part), platform.collect),
        rng.choice(ends, len(part)),
        part,
        send_later(world, raised.paid_at[ready][owner], 0.3, 120),
        rng.choice(texts, len(part)),
        scheme=number,
    )
    scheme.accounts = [platform.collect]
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(ends))]
    scheme.records = [("loan", int(row)) for row in raised.row[ready]]
    scheme.stake_fen = int(raised.principal[ready].sum())


def invent_borrowers(stage: Stage, variant: str, count: int) -> Ints:
    """Accounts in the names of straw persons or bought firms, some of which share what they use."""
    world, rng, banks = stage.world, stage.world.rng, stage.banks
    start = world.period.epoch_day
    if variant == "bought_companies" or rng.random() < 0.5:
        parties = add_organisations(world, count)
        add_owners(world, parties, world.pools["people"])
        straw = world.owner(rng.choice(world.pools["people"], max(count // 4, 1)))
        if variant == "bought_companies":
            # The firms are old; who stands for them changed a short while ago.
            world.relations.add(
                from_party=rng.choice(straw, count),
                to_party=parties,
                kind=RELATION["legal_representative"],
                valid_from=start - rng.integers(3, 120, count),
            )
    else:
        parties = world.owner(rng.choice(world.pools["people"], size=count, replace=False))
    extra = rng.integers(0, 2_000, count) * YUAN
    accounts = open_accounts(world, banks, parties, extra=extra, young=0.3)
    if variant in ("pass_through", "bought_companies"):
        world.accounts.column("opened")[accounts] = start - rng.integers(1, 45, count)
    if variant == "shared_identity" or rng.random() < 0.3:
        share_identity(world, accounts)
    return accounts


def share_identity(world: World, accounts: Ints) -> None:
    """Borrowers in groups of two to a dozen use one device, one phone or one address."""
    rng = world.rng
    order = rng.permutation(accounts)
    begins = 0
    while begins < len(order):
        group = order[begins : begins + int(rng.integers(2, 13))]
        begins += len(group)
        parties = world.owner(group)
        ways = rng.random(3) < (0.7, 0.5, 0.4)
        if ways[0] or not ways.any():
            device = int(rng.integers(1, 2**40))
            world.device_of_account.update({int(account): device for account in group})
        for phone in (True, False):
            if ways[1 if phone else 2]:
                world.same_contact += [(int(p), int(parties[0]), phone) for p in parties[1:]]


def share_collateral(world: World, loans: Ints) -> None:
    """The same house or car stands for several loans."""
    rng = world.rng
    keys = rng.integers(1, 10**11, max(len(loans) // int(rng.integers(2, 9)), 1))
    world.loans.column("collateral")[loans] = rng.choice(keys, len(loans))


def strangers(stage: Stage, count: int) -> Ints:
    """Accounts that no register ties to the platform: firms founded for it, cards of persons."""
    world, rng = stage.world, stage.world.rng
    firms = [found_firm(world, stage.banks) for _ in range(count)]
    cards = open_accounts(world, stage.banks, world.owner(world.claim("persons", count)), young=0.5)
    return np.where(rng.random(count) < 0.6, np.array(firms), cards)


def pass_on(stage: Stage, loans: Loans, number: int, scheme: Scheme, *, whole: bool) -> None:
    """Borrowers hand the money on to a few strangers: at once and all of it, or bit by bit."""
    world, rng = stage.world, stage.world.rng
    count = len(loans.row)
    ends = strangers(stage, max(int(world.lots(1, 7)), 1))
    share = rng.uniform(0.93, 1.0, count) if whole else rng.uniform(0.5, 1.0, count)
    hours = world.lots(1.0, 22) if whole else world.lots(12, 150)
    gone = (loans.principal * share).astype(np.int64)
    owner, part = split(rng, gone, rng.integers(1, int(rng.integers(2, 6)), count))
    payer = loans.account[owner]
    at = send_later(world, loans.disbursed_at[owner], 0.05, hours)
    awake = (at % DAY > 7 * DAY // 24) | (rng.random(len(at)) < 0.2)
    at = np.where(awake, at, at + 8 * DAY // 24)
    cash = (part < 50_000 * YUAN) & (rng.random(len(part)) < (0.3 if rng.random() < 0.3 else 0))
    payee = np.where(cash, -1, rng.choice(ends, len(part)))
    texts = world.draw_purposes(TEXTS)
    world.pay(
        payer,
        payee,
        part,
        at,
        rng.choice(texts, len(part)),
        scheme=number,
        device=devices(world, payer),
        channel=np.where(cash, CHANNEL["cash"], -1),
    )
    used = np.unique(payee[payee >= 0])
    scheme.accounts = used.tolist()
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(used))]


TYPOLOGY = Typology("fictitious_loan", VARIANTS, add_fictitious_loan, lookalikes.KINDS)
