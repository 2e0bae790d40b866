"""Commands that run nights: nightly, backfill, schedule."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from commands.prefect_server import prefect_server
from commands.terminal import RESERVED, Messages, Terminal, parse_date, terminal
from data.errors import InputError, NoRecordsError
from pipelines import intake, night
from pipelines.night_summary import NightSummary, summarise


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (nightly, backfill, schedule):
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

    Running it again over the same packages, settings and code changes nothing. Exit code 1 where a
    submitter sent nothing for the date, or there are no records at all; a date for which nobody
    sent anything is never named current, and one that has not come is refused.
    """
    chosen = terminal(context)
    day = parse_date(date) if date else night.yesterday()
    ran = run_nights(chosen, [day])
    _report(chosen, ran)


def backfill(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", help="First business date.")],
    last: Annotated[str, typer.Option("--to", help="Last business date.")],
) -> None:
    """Run the nights of several business dates, in order.

    A date without records is passed over, and named at the end; the exit code is then 1.
    """
    chosen = terminal(context)
    start, end = parse_date(first), parse_date(last)
    if end < start:
        raise InputError(f"--to {end} lies before --from {start}; exchange them")
    days = [date.fromordinal(n) for n in range(start.toordinal(), end.toordinal() + 1)]
    _report(chosen, run_nights(chosen, days))


@dataclass(frozen=True)
class Nights:
    """What several nights came to: the runs, and why the dates that were passed over were."""

    runs: list[NightSummary]
    without: dict[date, str]


def run_nights(chosen: Terminal, dates: list[date]) -> Nights:
    """Run the flow ``nightly`` per date, with progress; a date without records is passed over.

    Raises:
        InputError: a date lies in the future; nothing was run.
    """
    night.refuse_future(max(dates))
    home, settings = prepare_flows(chosen)
    nights = Nights([], {})
    with chosen.progress() as progress:
        label = chosen.text("夜间批处理", "nights")
        bar = progress.add_task(label, total=len(dates))
        from flows import nightly as flow

        def show(stage: str) -> None:
            progress.update(bar, description=f"{label} {stage}")

        with Messages(night.log.name, show):
            for day in dates:
                show(day.isoformat())
                try:
                    nights.runs.append(summarise(chosen.home, Path(flow(day, home, settings))))
                except NoRecordsError as error:
                    nights.without[day] = str(error)
                progress.advance(bar)
    return nights


def _report(chosen: Terminal, nights: Nights) -> None:
    """Say what ran, what is missing, and what is next; exit code 1 where something is missing."""
    for ran in nights.runs:
        chosen.say(
            f"运行 {ran.run_id}  {ran.run}  业务日期 {ran.business_date}："
            f"{ran.suspects} 个主体有发现，{ran.unexplained} 个无法解释",
            f"run {ran.run_id}  {ran.run}  for {ran.business_date}: {ran.suspects} suspects with "
            f"findings, {ran.unexplained} unexplained",
        )
        _warn(chosen, ran)
    if len(nights.without) == 1 and not nights.runs:
        raise NoRecordsError(*nights.without.values())
    if nights.without:
        days = ", ".join(str(day) for day in nights.without)
        chosen.remark(f"没有任何记录的日期：{days}", f"no records at all for {days}")
    if nights.runs:
        last = nights.runs[-1]
        run = "" if last.current else f" --run {last.run_id}"
        command = f"{chosen.program} suspects{run}"
        chosen.remark(f"接下来：{command}", f"next: {command}")
    left = warn_of_waiting(chosen)
    if left or nights.without or any(_incomplete(ran) for ran in nights.runs):
        raise typer.Exit(RESERVED)


def warn_of_waiting(chosen: Terminal) -> bool:
    """Say which packages could not be taken in, and say whether there are any."""
    left = intake.waiting(chosen.home)
    if left:
        names = ", ".join(ascii(path.name)[1:-1] for path in left[:5])
        log = chosen.home.path / "unexpected.log"
        chosen.remark(
            f"警告：{len(left)} 个报送包未能接收，仍在收件箱（{names}）；原因见 {log}",
            f"warning: {len(left)} packages could not be taken in and wait in the inbox ({names}); "
            f"{log} says why",
        )
    return bool(left)


def _incomplete(ran: NightSummary) -> bool:
    return bool(ran.absent or ran.missing_tables) or ran.newest_records < ran.business_date


def _warn(chosen: Terminal, ran: NightSummary) -> None:
    day = ran.business_date
    if ran.newest_records < day:
        chosen.remark(
            f"警告：{day} 没有接收任何报送，最近记录为 {ran.newest_records}；不作为当前结果",
            f"warning: nothing was accepted for {day}, the newest records are of "
            f"{ran.newest_records}; this run is not named current",
        )
        return
    if ran.absent:
        names = ", ".join(ran.absent)
        chosen.remark(
            f"警告：{day} 没有接收以下单位的报送：{names}",
            f"warning: nothing was accepted for {day} from {names}",
        )
    if ran.missing_tables:
        names = ", ".join(ran.missing_tables)
        chosen.remark(
            f"警告：{day} 缺少惯常报送的数据表：{names}",
            f"warning: tables that usually come are missing for {day}: {names}",
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
