"""Commands that read the ledgers: runs and status."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer
from rich.cells import cell_len, set_cell_size

from commands.terminal import Terminal, terminal
from data.control import Control, Run, Submission
from data.home import Home
from pipelines import intake
from pipelines.night_summary import current_run, open_runs

Format = Literal["table", "json"]
STATES = {"complete": "完成", "failed": "失败", "running": "进行中"}
OPEN_SHOWN = 5


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (runs, status):
        app.command()(command)


def runs(
    context: typer.Context,
    format: Annotated[Format, typer.Option(help="table or json.")] = "table",
) -> None:
    """List the runs, newest first, with their states from our own ledger."""
    chosen = terminal(context)
    listed = [_facts(run) for run in _ledger(chosen.present_home)[1]]
    if format == "json":
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    if not listed:
        command = f"{chosen.program} nightly --date D"
        chosen.remark(f"还没有运行记录；{command} 开始一次", f"no runs yet; {command} starts one")
        return
    heads = ("编号", "业务日期", "状态", "键", "开始", "秒", "说明")
    if chosen.language == "en":
        heads = ("run", "date", "state", "key", "started", "seconds", "message")
    rows = [heads, *(_cells(chosen, run) for run in listed)]
    widths = [max(cell_len(row[n]) for row in rows) for n in range(len(heads))]
    for row in rows:
        cells = (set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def _cells(chosen: Terminal, run: dict[str, Any]) -> tuple[str, ...]:
    state = chosen.text(STATES.get(run["state"], run["state"]), run["state"])
    return (
        str(run["run_id"]),
        run["business_date"],
        state,
        run["run_key"][:12],
        run["started_at"],
        "-" if run["seconds"] is None else f"{run['seconds']:.1f}",
        run["message"],
    )


def _ledger(home: Home) -> tuple[Sequence[Submission], Sequence[Run]]:
    """All submissions and runs; none where no ledger was begun."""
    if not home.has_control:
        return [], []
    with Control(home) as control:
        return control.submissions(), control.runs()


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
    """Say what lies in the home: packages, dates, the run that `suspects` shows, and what waits."""
    chosen = terminal(context)
    home = chosen.present_home
    submissions, listed = _ledger(home)
    waiting = len(intake.waiting(home)) if home.inbox.exists() else 0
    chosen.say(f"主目录          {home.path}", f"home            {home.path}")
    days = sorted(s.business_date for s in submissions if s.business_date is not None)
    span = f"{days[0]} – {days[-1]}" if days else "-"
    refused = sum(1 for submission in submissions if submission.status == "rejected")
    chosen.say(
        f"已收报送包      {len(submissions)}（{span}；拒收 {refused}）",
        f"packages        {len(submissions)} received ({span}; {refused} rejected)",
    )
    chosen.say(f"收件箱待处理    {waiting}", f"inbox           {waiting} waiting")
    _show_current(chosen, current_run(home, listed))
    unfinished = open_runs(listed)
    chosen.say(
        f"未完成          {len(unfinished)} 次运行失败或中断，且其日期之后未再成功",
        f"not complete    {len(unfinished)} runs failed or were interrupted, with no good later "
        "one of their date",
    )
    for run in unfinished[:OPEN_SHOWN]:
        chosen.say(
            f"    {run.run_id}（{run.business_date}）{run.message}",
            f"    {run.run_id} for {run.business_date} {run.message}",
        )


def _show_current(chosen: Terminal, run: Run | None) -> None:
    if run is None:
        command = f"{chosen.program} nightly --date D"
        chosen.say(f"当前结果        无；{command}", f"current run     none; {command}")
        return
    chosen.say(
        f"当前结果        {run.run_id}（{run.business_date}）",
        f"current run     {run.run_id} for {run.business_date}",
    )
    details = json.loads(run.details)
    for absent in details["absent_submitters"]:
        chosen.say(f"    当日未接收  {absent}", f"    nothing accepted from {absent}")
    for submitter, table in details.get("missing_tables", []):
        chosen.say(f"    缺少数据表  {submitter} {table}", f"    no {table} from {submitter}")
