"""Commands around the nights: nightly, backfill, runs, status, schedule."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from datetime import date
from typing import Annotated, Any, Literal

import typer

from commands.prefect_server import prefect_server
from commands.terminal import Messages, Terminal, parse_date, terminal
from data.control import Control, Run
from data.errors import InputError
from pipelines import night

Format = Literal["table", "json"]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (nightly, backfill, runs, status, schedule):
        app.command()(command)


def prepare_flows(chosen: Terminal) -> tuple[str, str | None]:
    """Point Prefect at the home; returns what the flows take: the home and the settings file."""
    home = chosen.home.path
    os.environ["LOOKTHROUGH_HOME"] = str(home)
    os.environ.setdefault("PREFECT_HOME", str(home / "prefect"))
    path = chosen.settings_path
    return str(home), None if path is None else str(path.absolute())


def nightly(
    context: typer.Context,
    date: Annotated[str | None, typer.Option(help="Business date; yesterday by default.")] = None,
) -> None:
    """Run one business date: receive, load, features, detect, score, publish.

    Running it again over the same packages, settings and code changes nothing.
    """
    chosen = terminal(context)
    day = parse_date(date) if date else night.yesterday()
    run_nights(chosen, [day])
    chosen.remark("接下来：lookthrough suspects", "next: lookthrough suspects")


def backfill(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", help="First business date.")],
    last: Annotated[str, typer.Option("--to", help="Last business date.")],
) -> None:
    """Run the nights of several business dates, in order."""
    chosen = terminal(context)
    start, end = parse_date(first), parse_date(last)
    if end < start:
        raise InputError(f"--to {end} lies before --from {start}; exchange them")
    run_nights(chosen, [date.fromordinal(n) for n in range(start.toordinal(), end.toordinal() + 1)])


def run_nights(chosen: Terminal, dates: list[date]) -> list[str]:
    """Run the flow ``nightly`` per date, with progress; returns the published files."""
    home, settings = prepare_flows(chosen)
    published = []
    with chosen.progress() as progress:
        label = chosen.text("夜间批处理", "nights")
        bar = progress.add_task(label, total=len(dates))
        from flows import nightly as flow

        def show(stage: str) -> None:
            progress.update(bar, description=f"{label} {stage}")

        with Messages(night.log.name, show):
            for day in dates:
                show(day.isoformat())
                published.append(flow(day, home, settings))
                progress.advance(bar)
    return published


def runs(
    context: typer.Context,
    format: Annotated[Format, typer.Option(help="table or json.")] = "table",
) -> None:
    """List the runs, newest first, with their states from our own ledger."""
    chosen = terminal(context)
    with Control(chosen.home) as control:
        listed = [_facts(run) for run in control.runs()]
    if format == "json":
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    if not listed:
        chosen.remark("还没有运行记录", "no runs yet; lookthrough nightly --date D starts one")
    for run in listed:
        key = str(run["run_key"])[:12]
        typer.echo(
            f"{run['run_id']:>5}  {run['business_date']}  {run['state']:<9} {key:<12} "
            f"{run['started_at']}  {run['seconds'] or '-':>7}  {run['message']}"
        )


def _facts(run: Run) -> dict[str, Any]:
    ended = run.finished_at
    return {
        **json.loads(run.details),
        "run_id": run.run_id,
        "run_key": run.run_key,
        "business_date": run.business_date.isoformat(),
        "state": run.state,
        "started_at": run.started_at.isoformat(sep=" ", timespec="seconds"),
        "seconds": round((ended - run.started_at).total_seconds(), 1) if ended else None,
        "published": run.published,
        "message": run.message,
    }


def status(context: typer.Context) -> None:
    """Say what lies in the home: packages, dates, the newest run, and what waits."""
    chosen = terminal(context)
    home = chosen.home
    with Control(home) as control:
        submissions, listed = control.submissions(), control.runs()
    waiting = sum(1 for path in home.inbox.glob("*/*")) if home.inbox.exists() else 0
    chosen.say(f"主目录          {home.path}", f"home            {home.path}")
    days = sorted(s.business_date for s in submissions if s.business_date is not None)
    span = f"{days[0]} – {days[-1]}" if days else "-"
    refused = sum(1 for submission in submissions if submission.status == "rejected")
    chosen.say(
        f"已收报送包      {len(submissions)}（{span}；拒收 {refused}）",
        f"packages        {len(submissions)} received ({span}; {refused} rejected)",
    )
    chosen.say(f"收件箱待处理    {waiting}", f"inbox           {waiting} waiting")
    newest = next((run for run in listed if run.state == "complete"), None)
    if newest is None:
        chosen.say("最近一次运行    无", "newest run      none; lookthrough nightly --date D")
    else:
        chosen.say(
            f"最近一次运行    {newest.run_id}（{newest.business_date}）",
            f"newest run      {newest.run_id} for {newest.business_date}",
        )
        for absent in json.loads(newest.details)["absent_submitters"]:
            chosen.say(f"    当日未报送  {absent}", f"    sent nothing {absent}")
    unfinished = [run for run in listed if run.state != "complete"]
    chosen.say(
        f"未完成或失败    {len(unfinished)}",
        f"not complete    {len(unfinished)} runs failed or were interrupted",
    )


def schedule(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Port of the local Prefect server.")] = 4200,
) -> None:
    """Serve the nightly run at 02:00 Asia/Shanghai until stopped.

    Uses the Prefect server that PREFECT_API_URL names; without one it starts a server on this
    machine, whose page shows the runs.
    """
    chosen = terminal(context)
    home, settings = prepare_flows(chosen)
    from flows import serve_schedule

    configured = os.environ.get("PREFECT_API_URL")
    with nullcontext(configured) if configured else prefect_server(port) as url:
        page = url.removesuffix("/api")
        chosen.remark(
            f"每日 02:00（上海）运行；页面：{page}；Ctrl-C 停止",
            f"nightly at 02:00 Shanghai; page: {page}; stop with Ctrl-C",
        )
        serve_schedule(home, settings, url)
