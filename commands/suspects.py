"""Commands for investigators: suspects and suspect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from commands.terminal import terminal, writing
from data.errors import InputError
from pipelines import report

ListFormat = Literal["table", "json", "csv", "parquet"]
OneFormat = Literal["text", "json"]
RunOption = Annotated[str | None, typer.Option(help="Run number, or the start of a run key.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (suspects, suspect):
        app.command()(command)


def suspects(
    context: typer.Context,
    run: RunOption = None,
    top: Annotated[int, typer.Option(min=1, help="How many, best first.")] = 20,
    format: Annotated[ListFormat, typer.Option(help="table, json, csv or parquet.")] = "table",
    out: Annotated[Path | None, typer.Option(help="File to write; needed for parquet.")] = None,
) -> None:
    """List the suspects of a run, the most suspicious first.

    A score is between 0 and 1, and higher is worse. A suspect without a finding is unexplained:
    unusual, and not an allegation.
    """
    chosen = terminal(context)
    if format == "parquet" and out is None:
        raise InputError("--format parquet needs --out FILE; a terminal cannot show it")
    content = report.render_suspects(
        chosen.present_home, run, top, format, chosen.language, chosen.program
    )
    if out is not None:
        with writing(out):
            out.write_bytes(content)
    else:
        typer.echo(content.decode(), nl=not content.endswith(b"\n"))


def suspect(
    context: typer.Context,
    party: Annotated[str, typer.Argument(help="Party identifier, as `suspects` shows it.")],
    run: RunOption = None,
    format: Annotated[OneFormat, typer.Option(help="text or json.")] = "text",
) -> None:
    """Show one suspect: reasons, clauses, evidence, money at stake, what is not established."""
    chosen = terminal(context)
    shown = report.render_suspect(
        chosen.present_home, run, party, format, chosen.language, chosen.program
    )
    typer.echo(shown)
