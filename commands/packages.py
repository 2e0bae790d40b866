"""Commands around submission packages: check, submit, receive, import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from commands.nights import prepare_flows, warn_of_waiting
from commands.terminal import DONE, REFUSED, RESERVED, Messages, Terminal, terminal, writing
from commands.visible import visible
from pipelines import intake
from pipelines.foreign import import_transfers
from pipelines.foreign_map import load_map
from pipelines.intake.namesakes import namesakes, receipts_of
from pipelines.intake.signing import public_key_in

Format = Literal["text", "json"]
Packages = Annotated[list[Path], typer.Argument(help="Package folders or ZIP files.")]
CODES = {"accepted": DONE, "accepted_with_warnings": RESERVED, "partially_accepted": RESERVED}
WORDS = {
    "accepted": ("接收", "accepted"),
    "accepted_with_warnings": ("接收但有警告", "accepted with warnings"),
    "partially_accepted": ("部分接收", "partially accepted"),
    "rejected": ("拒收", "rejected"),
}

# Characters of a value that a line on the terminal shows.
SHOWN = 60


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (check, submit, receive):
        app.command()(command)
    app.command("import")(import_file)


def check(
    context: typer.Context,
    packages: Packages,
    format: Annotated[Format, typer.Option(help="text or json (the receipts).")] = "text",
    key: Annotated[
        Path | None, typer.Option(help="Public key that signs the packages, as registered.")
    ] = None,
) -> None:
    """Show the receipt a package would get; nothing is stored.

    Exit code 0 accepted, 1 with warnings or partially, 2 rejected; the worst of several.
    """
    chosen = terminal(context)
    public = None if key is None else public_key_in(key)
    # As `submit` takes it: what a link on the command line leads to. Links inside are refused.
    named = [package.resolve() if package.exists() else package for package in packages]
    receipts = [intake.check_package(p, chosen.settings, public_key=public) for p in named]
    _finish(chosen, receipts, format, received=False)


def submit(context: typer.Context, packages: Packages) -> None:
    """Put packages into the inbox and receive them; exit codes as of check."""
    chosen = terminal(context)
    submit_all(chosen, packages)
    _finish(chosen, receive_all(chosen), "text")


def receive(
    context: typer.Context,
    format: Annotated[Format, typer.Option(help="text or json (the receipts).")] = "text",
) -> None:
    """Take in what lies in the inbox; each package gets its receipt in the outbox."""
    chosen = terminal(context)
    _finish(chosen, receive_all(chosen), format)


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV or Parquet, also gzip.")],
    map: Annotated[Path, typer.Option(help="TOML map; ready ones lie in docs/maps/.")],
    out: Annotated[Path, typer.Option(help="Folder that packages/ is written into.")],
) -> None:
    """Turn any list of transfers into packages that keep the specification."""
    chosen = terminal(context)
    chosen_map = load_map(map)
    with writing(out):
        report = import_transfers(file, chosen_map, out)
    chosen.say(
        f"{report.transfers} 笔转账、{report.accounts} 个账户，"
        f"{report.first_date} 至 {report.last_date}：{len(report.packages)} 个报送包",
        f"{report.transfers} transfers between {report.accounts} accounts, {report.first_date} to "
        f"{report.last_date}, in {len(report.packages)} packages",
    )
    packages = out / "packages"
    last = report.last_date
    chosen.remark(
        f"接下来：{chosen.program} submit {packages}/*，再 {chosen.program} nightly --date {last}",
        f"next: {chosen.program} submit {packages}/* and {chosen.program} nightly --date {last}",
    )
    if report.rejected:
        chosen.remark(
            f"{report.rejected} 行无法使用，见 {out / 'rejected.csv'}",
            f"{report.rejected} rows cannot be used; {out / 'rejected.csv'} says why",
        )
        raise typer.Exit(RESERVED)


def submit_all(chosen: Terminal, packages: list[Path]) -> None:
    """Put packages into the inbox, with progress."""
    with chosen.progress() as progress:
        bar = progress.add_task(chosen.text("放入收件箱", "into the inbox"), total=len(packages))
        for package in packages:
            intake.submit(package, chosen.home)
            progress.advance(bar)


def receive_all(chosen: Terminal) -> list[dict[str, Any]]:
    """Run the flow ``receive``, with progress; returns the receipts."""
    home, settings = prepare_flows(chosen)
    chosen.home.create()
    waiting = intake.waiting(chosen.home)
    same = namesakes(waiting, chosen.settings.intake.max_file_bytes)
    with chosen.progress() as progress:
        bar = progress.add_task(chosen.text("接收报送包", "receiving packages"), total=len(waiting))
        from flows import receive as flow

        with Messages(intake.log.name, lambda _: progress.advance(bar)):
            paths = flow(home, settings)
    warn_of_waiting(chosen)
    known = receipts_of(chosen.home, same)
    receipts = []
    for path in dict.fromkeys(paths):
        receipt = json.loads(Path(path).read_text("utf-8"))
        texts = known.get(receipt["package"], []) if paths.count(path) > 1 else []
        receipts += [json.loads(text) for text in texts] or [receipt]
    return receipts


def _finish(
    chosen: Terminal, receipts: list[dict[str, Any]], format: str, *, received: bool = True
) -> None:
    if format == "json":
        text = json.dumps(receipts, ensure_ascii=False, indent=1)
        typer.echo(visible(text, keep="\n"))
    elif len(receipts) > 20:
        _summary(chosen, receipts)
    else:
        for receipt in receipts:
            _print(chosen, receipt)
    left = bool(intake.waiting(chosen.home)) if received else False
    if not receipts and not left and format == "text":
        chosen.remark("收件箱是空的", "the inbox is empty")
    codes = [CODES.get(receipt["status"], REFUSED) for receipt in receipts]
    raise typer.Exit(max([*codes, RESERVED if left else DONE]))


def _summary(chosen: Terminal, receipts: list[dict[str, Any]]) -> None:
    for status, (zh, en) in WORDS.items():
        having = [receipt for receipt in receipts if receipt["status"] == status]
        if having:
            chosen.say(f"{zh}：{len(having)}", f"{en}: {len(having)}")
        if status in ("partially_accepted", "rejected"):
            for receipt in having[:5]:
                _print(chosen, receipt)
    chosen.remark("回执在 outbox/ 下", "the receipts lie under outbox/")


def _print(chosen: Terminal, receipt: dict[str, Any]) -> None:
    zh, en = WORDS[receipt["status"]]
    tables = receipt.get("tables", [])
    rows, accepted = (sum(int(t[name]) for t in tables) for name in ("rows", "accepted"))
    package = visible(receipt["package"])
    chosen.say(
        f"{package}  {zh}  {accepted}/{rows} 行",
        f"{package}  {en}  {accepted} of {rows} rows",
    )
    for finding in receipt.get("findings", []):
        typer.echo(f"    {finding['rule']} {finding.get('table') or ''} x{finding['count']}")
        for example in finding.get("examples", []):
            typer.echo(f"        {visible(_place(chosen, finding, example) + example['message'])}")
        for example in finding.get("examples", [])[:1]:
            typer.echo(f"        → {example['fix']}")


def _place(chosen: Terminal, finding: dict[str, Any], example: dict[str, Any]) -> str:
    """Where an example stands, as far as it is known: file, line, column, value."""
    parts = [] if finding["file"] is None else [finding["file"]]
    if example["line"] is not None:
        parts.append(chosen.text(f"第 {example['line']} 行", f"line {example['line']}"))
    if example["column"] is not None:
        parts.append(example["column"])
    if example["value"] is not None:
        parts.append(f"{example['value'][:SHOWN]!r}")
    return "  ".join(parts) + ("  " if parts else "")
