"""The command that shows what became of institutions' clients' money."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from commands.suspects import RunOption
from commands.terminal import terminal
from graph.tracing import Convention
from pipelines import institution_text
from pipelines.institution_facts import read_facts
from pipelines.publish import find_run

Format = Literal["table", "json", "csv"]


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(institutions)


def institutions(
    context: typer.Context,
    institution: Annotated[str | None, typer.Argument(help="One institution in full.")] = None,
    convention: Annotated[Convention, typer.Option(help="What leaves an account first.")] = "fifo",
    format: Annotated[Format, typer.Option(help="table, json or csv.")] = "table",
    run: RunOption = None,
) -> None:
    """Show where institutions' clients' money came from and what became of it, as the night found.

    Every fen is in one use. Beside what reached an institution's circle stand the least and the
    most over three conventions, and what chance alone would have brought there.
    """
    chosen = terminal(context)
    found = read_facts(find_run(chosen.present_home, run), convention, institution)
    zh = chosen.language == "zh"
    if format == "json":
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif format == "csv":
        typer.echo(institution_text.as_csv(found), nl=False)
    elif institution is None:
        typer.echo(institution_text.listed(found, zh))
    else:
        typer.echo(institution_text.in_full(found[0], zh))
