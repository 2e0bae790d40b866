"""M1 unlicensed business: what a firm does is not what it is licensed for, or it has no licence."""

from __future__ import annotations

import numpy as np

from simulator.companies import found_companies, found_institution, open_account
from simulator.crowds import Deposits, draw_people, pay_back, pay_in
from simulator.licensed_business import forward, lend_out, share_fees
from simulator.lookalikes import unlicensed_business as lookalikes
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY
from simulator.world import World

VARIANTS = ("outside_scope", "unlicensed_lending", "shared_settlement", "lent_channel")
HOLDERS = ("asset_manager", "insurer", "small_loan_company", "payment_institution", "p2p_platform")
CLIENT_TEXTS = ("投资款", "充值", "理财", "认购款", "保费", "转账", "")
BACK_TEXTS = ("赎回款", "回款", "收益", "提现", "转账", "")


def add_unlicensed_business(stage: Stage, variant: str) -> None:
    """Do business that needs a licence without it, alone or behind a licensed firm."""
    world, rng = stage.world, stage.world.rng
    if variant == "outside_scope":
        # Licences for one thing, used for another: a guarantor or a broker of houses that lends.
        kind = str(rng.choice(["guarantor", "property_agent", "crowdfunding_platform", "insurer"]))
        party, own = found_institution(world, stage.banks, kind)
    else:
        party, own = found_unlicensed(stage)
    number, scheme = world.begin_scheme("unlicensed_business", variant, party)
    scheme.parties = [(party, "organiser")]
    scheme.accounts = [own]
    if variant in ("outside_scope", "unlicensed_lending"):
        scheme.stake_fen = lend_out(world, own, scheme=number)
        return
    holder, account = found_institution(world, stage.banks, str(rng.choice(HOLDERS)))
    client_account = open_account(world, stage.banks, holder)
    scheme.parties.append((holder, "beneficiary"))
    if variant == "shared_settlement":
        scheme.accounts.append(account)
        clients = take_clients(world, client_account)
        share_fees(world, account, own, volume(world, clients), scheme=number)
        return
    scheme.accounts.append(client_account)
    clients = take_clients(world, own, number)
    forward(world, own, client_account, clients.amount, clients.at, scheme=number)
    send_back(world, client_account, own, clients, number)


def found_unlicensed(stage: Stage) -> tuple[int, int]:
    """A firm without a licence: registered as an institution, or an ordinary company."""
    world, rng = stage.world, stage.world.rng
    if rng.random() < 0.5:
        kind = str(rng.choice(["investment_firm", "other"]))
        return found_institution(world, stage.banks, kind, licensed=False)
    account = int(found_companies(world, stage.banks, 1)[0])
    return int(world.owner(np.array([account]))[0]), account


def take_clients(world: World, account: int, scheme: int = -1) -> Deposits:
    """A crowd pays in as clients, over the whole period."""
    people = draw_people(world, 40, 260)
    return pay_in(world, people, np.array([account]), CLIENT_TEXTS, scheme=scheme)


def volume(world: World, clients: Deposits) -> Ints:
    """What clients paid in on each day."""
    whole = np.bincount(clients.at // DAY, clients.amount, minlength=world.period.days)
    return whole.astype(np.int64)


def send_back(world: World, holder: int, own: int, clients: Deposits, number: int) -> None:
    """The licensed firm pays clients' money back through the other, which hands it to them."""
    rng = world.rng
    count = len(clients.payer)
    chosen = rng.permutation(count)[: max(int(count * rng.uniform(0.2, 0.7)), 1)]
    amount = (clients.amount[chosen] * rng.uniform(0.98, 1.06, len(chosen))).astype(np.int64)
    hours = rng.integers(48, 400, len(chosen))
    own_leg = Deposits(np.full(count, own), clients.payee, clients.amount, clients.at)
    pay_back(world, holder, own_leg, chosen, amount, hours, BACK_TEXTS, scheme=number)
    wait = hours + rng.integers(1, 30, len(chosen))
    pay_back(world, own, clients, chosen, amount, wait, BACK_TEXTS, scheme=number)


TYPOLOGY = Typology("unlicensed_business", VARIANTS, add_unlicensed_business, lookalikes.KINDS)
