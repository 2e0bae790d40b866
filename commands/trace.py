"""The command that follows money: where it came from, or where it went."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from commands.suspects import RunOption
from commands.terminal import RESERVED, parse_date, terminal
from data.control import Control
from data.errors import NotFoundError
from graph.tracing import Convention
from graph.trail import Direction
from pipelines import trail_facts, trail_text
from pipelines.money_trail import Question, answer, read_records
from pipelines.night_summary import run_of_file
from pipelines.publish import find_run

Format = Literal["table", "json", "paths"]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(trace)


def trace(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="One account.", metavar="BANK:NO")] = None,
    party: Annotated[str | None, typer.Option(help="All accounts of a party.")] = None,
    institution: Annotated[
        str | None, typer.Option(help="The accounts that hold an institution's clients' money.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First day of their own payments.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day of them.")] = None,
    direction: Annotated[
        Direction, typer.Option(help="Where it came from, or where it went.")
    ] = "uses",
    convention: Annotated[Convention, typer.Option(help="What leaves an account first.")] = "fifo",
    format: Annotated[Format, typer.Option(help="table, json or paths.")] = "table",
    limit: Annotated[int, typer.Option(min=1, help="Most flows, ends and paths shown.")] = 50,
    run: RunOption = None,
) -> None:
    """Follow the money of an account, a party or an institution through every account.

    What the accounts paid (uses) or got (sources) between two days is followed through all
    transfers of the run, to the fen. Each end says what holds whatever the convention: at least,
    at most. What a limit left out is said with its amount, and exit code 1.
    """
    chosen = terminal(context)
    question = Question(
        account, party, institution,
        None if first is None else parse_date(first), None if last is None else parse_date(last),
        direction, convention, limit,
    )  # fmt: skip
    home = chosen.present_home
    published = find_run(home, run)
    with Control(home) as control:
        known = run_of_file(control.runs(), published)
    if known is None:
        raise NotFoundError(f"the ledger knows no run of {published.name}; run the night again")
    found = answer(read_records(home, known.business_date), question, chosen.settings.trace)
    facts = trail_facts.facts(found)
    zh = chosen.language == "zh"
    cut = facts["truncated"]
    if format == "json":
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    elif format == "table":
        typer.echo(trail_text.table(facts, zh))
    else:
        paths, cut = trail_facts.paths(found)
        typer.echo(trail_text.listed(facts, paths, cut, zh))
    if cut:
        raise typer.Exit(RESERVED)
