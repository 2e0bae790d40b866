"""R2 reserve placement: a payment firm keeps clients' money where it may not, or earns on it."""

from __future__ import annotations

import numpy as np

from simulator.acquirers import Acquirer, found_acquirer, open_reserve, sell_by_card, settle
from simulator.companies import open_account
from simulator.lookalikes import reserve_placement as lookalikes
from simulator.placements import deposit_and_return, pay_interest
from simulator.stage import Stage, Typology
from simulator.world import YUAN, Scheme, World

VARIANTS = ("unfit_bank", "fixed_deposit", "interest_as_fee", "unregistered_account")
MOVE_TEXTS = ("调拨", "往来款", "结算款", "服务费", "")
FEE_TEXTS = ("服务费", "技术服务费", "咨询费", "合作款", "手续费")


def add_reserve_placement(stage: Stage, variant: str) -> None:
    """Place a licensed payment firm's reserve against the rules."""
    world = stage.world
    firm = found_acquirer(world, stage.banks, stage.firms.merchants)
    number, scheme = world.begin_scheme("reserve_placement", variant, firm.party)
    scheme.parties = [(firm.party, "organiser")]
    total = int(world.lots(200_000, 20_000_000)) * YUAN
    if variant == "unfit_bank":
        use_unfit_bank(stage, firm, total, scheme, number)
    elif variant == "fixed_deposit":
        account = open_account(world, stage.banks, firm.party)
        scheme.accounts = [firm.reserve, account]
        scheme.stake_fen = deposit_and_return(
            world, firm.reserve, account, total, MOVE_TEXTS, scheme=number
        )
        scheme.records = [("reserve_day", firm.reserve)]
    elif variant == "interest_as_fee":
        bank = reserve_bank_account(stage, firm.reserve)
        payee = (
            firm.own if world.rng.random() < 0.5 else open_account(world, stage.banks, firm.party)
        )
        scheme.accounts = [payee]
        pay_interest(world, bank, payee, total, FEE_TEXTS, scheme=number)
        scheme.records = [("reserve_day", firm.reserve)]
    else:
        keep_unregistered(stage, firm, scheme, number)


def use_unfit_bank(stage: Stage, firm: Acquirer, total: int, scheme: Scheme, number: int) -> None:
    """A second reserve account lies at a bank that may not hold reserves."""
    world, rng = stage.world, stage.world.rng
    account = open_reserve(world, stage.banks, firm.party)
    unfit = np.flatnonzero(~stage.banks.holds_reserves & stage.banks.submits)
    world.accounts.change("bank", account, int(rng.choice(unfit)))
    scheme.accounts = [account]
    scheme.records = [("reserve_day", account)]
    count = int(rng.integers(2, 20))
    day = rng.choice(world.period.days, size=count, p=world.period.business_weight)
    weight = rng.dirichlet(np.full(count, 1.5))
    texts = rng.choice(world.draw_purposes(MOVE_TEXTS), count)
    at = world.period.at(rng, day, "business")
    amount = (weight * total).astype(np.int64)
    world.pay(firm.reserve, account, amount, at, texts, scheme=number)
    shops = rng.choice(stage.firms.merchants, size=int(rng.integers(3, 25)), replace=False)
    sold = sell_by_card(world, account, len(shops), int(world.lots(60, 600)), scheme=number)
    settle(world, account, shops, sold, float(rng.uniform(0.002, 0.009)), scheme=number)


def reserve_bank_account(stage: Stage, reserve: int) -> int:
    """An account of its own of the bank that holds a reserve."""
    world = stage.world
    bank = int(world.accounts.column("bank")[reserve])
    account = open_account(world, stage.banks, int(stage.banks.party[bank]), "own_funds")
    world.accounts.change("bank", account, bank)
    return account


def keep_unregistered(stage: Stage, firm: Acquirer, scheme: Scheme, number: int) -> None:
    """Clients pay into an ordinary account of the firm, which settles merchants out of it."""
    world: World = stage.world
    rng = world.rng
    role = str(rng.choice(["ordinary", "own_funds", "merchant"]))
    serves = firm.party if role == "own_funds" else -1
    account = open_account(world, stage.banks, firm.party, role, institution=serves)
    scheme.accounts = [account]
    shops = rng.choice(stage.firms.merchants, size=int(rng.integers(10, 60)), replace=False)
    sold = sell_by_card(world, account, len(shops), int(world.lots(200, 1_500)), scheme=number)
    rate = float(rng.uniform(0.002, 0.009))
    lag = (1, int(rng.integers(2, 5)))
    settle(world, account, shops, sold, rate, lag=lag, channel=-1, scheme=number)


TYPOLOGY = Typology("reserve_placement", VARIANTS, add_reserve_placement, lookalikes.KINDS)
