"""Innocent venues: approved exchanges, their members, and markets that deliver goods."""

from __future__ import annotations

import numpy as np

from simulator.companies import found_companies
from simulator.exchanges import (
    deposit_account,
    draw_out,
    found_exchange,
    join,
    pay_for_goods,
    take_deposits,
)
from simulator.people import send_later
from simulator.stage import Stage

GOODS_TEXTS = ("货款", "货款结算", "交易款", "材料款", "")


def run_approved_exchange(stage: Stage) -> None:
    """An approved exchange holds deposits, pays them out on demand, and sellers for goods."""
    world, rng = stage.world, stage.world.rng
    party, _ = found_exchange(stage, licensed=True)
    account = deposit_account(stage, party, registered=True)
    deposits = take_deposits(world, np.array([account]))
    draw_out(world, account, deposits, float(rng.uniform(0.3, 0.95)))
    sellers = world.pick(world.pools["buyers"], int(rng.integers(5, 40)))
    total = int(deposits.amount.sum() * rng.uniform(0.1, 0.5))
    pay_for_goods(world, account, sellers, total, texts=GOODS_TEXTS)
    world.resembles("unapproved_exchange", "approved_exchange", account, institution=party)


def run_approved_member(stage: Stage) -> None:
    """A licensed member passes its customers' deposits to an approved exchange, and back."""
    world, rng = stage.world, stage.world.rng
    exchange, _ = found_exchange(stage, licensed=True, outside=bool(rng.random() < 0.4))
    member, _ = found_exchange(stage, licensed=True, kind="exchange_member")
    join(world, member, exchange)
    account = deposit_account(stage, member, registered=True)
    centre = deposit_account(stage, exchange, registered=True)
    deposits = take_deposits(world, np.array([account]))
    texts = world.draw_purposes(("入金", "往来款", "保证金", ""))
    count = len(deposits.at)
    later = send_later(world, deposits.at, 0.1, 20)
    world.pay(account, centre, deposits.amount, later, rng.choice(texts, count))
    draw_out(world, centre, deposits, float(rng.uniform(0.3, 0.95)))
    world.resembles("unapproved_exchange", "approved_member", account, institution=member)


def run_goods_market(stage: Stage) -> None:
    """A wholesale market takes buyers' money and pays it to the sellers of what they bought."""
    world, rng = stage.world, stage.world.rng
    account = int(found_companies(world, stage.banks, 1)[0])
    deposits = take_deposits(world, np.array([account]))
    sellers = world.pick(world.pools["buyers"], int(rng.integers(10, 80)))
    total = int(deposits.amount.sum() * rng.uniform(0.85, 0.99))
    pay_for_goods(world, account, sellers, total, texts=GOODS_TEXTS)
    world.resembles("unapproved_exchange", "goods_market", account)


KINDS = (run_approved_exchange, run_approved_member, run_goods_market)
