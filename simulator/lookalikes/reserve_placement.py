"""Innocent payment firms: lawful interest on a lawful reserve, and deposits of their own money."""

from __future__ import annotations

import numpy as np

from simulator.companies import open_account
from simulator.placements import deposit_and_return
from simulator.stage import Stage
from simulator.world import YUAN


def run_quarterly_interest(stage: Stage) -> None:
    """The bank credits the reserve with interest on the day of the quarter, as it may in 2016."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    acquirer = stage.draw_acquirer()
    bank = int(world.accounts.column("bank")[acquirer.reserve])
    account = open_account(world, stage.banks, int(stage.banks.party[bank]), "own_funds")
    world.accounts.change("bank", account, bank)
    days = [day for day in range(period.days) if period.date(day).day in (20, 21)]
    day = np.array([days[-1] if days else period.days - 1])
    amount = int(world.lots(200_000, 20_000_000) * rng.uniform(0.0008, 0.009)) * YUAN
    world.pay(account, acquirer.reserve, amount, period.at(rng, day, "business"), "存款利息")
    world.resembles(
        "reserve_placement", "lawful_interest", acquirer.reserve, institution=acquirer.party
    )


def run_own_deposit(stage: Stage) -> None:
    """A payment firm places money of its own for a term; the reserve stays where it is."""
    world = stage.world
    acquirer = stage.draw_acquirer()
    deposit = open_account(world, stage.banks, acquirer.party)
    total = int(world.lots(200_000, 20_000_000)) * YUAN
    deposit_and_return(world, acquirer.own, deposit, total, ("调拨", "往来款", ""))
    world.resembles(
        "reserve_placement", "own_deposit", acquirer.own, deposit, institution=acquirer.party
    )


KINDS = (run_quarterly_interest, run_own_deposit)
