"""Commands about what banks send: template, keys, scorecard, reconciliation, verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from commands.terminal import RESERVED, STORE_FAILED, parse_date, terminal, writing
from data.codes import is_uscc
from data.control import Control, SubmitterKey
from data.errors import InputError
from data.store import Database
from pipelines import night
from pipelines.intake.signing import public_key_in
from pipelines.publish import find_run
from pipelines.scorecard import month_before, scorecard
from pipelines.template import write_template
from pipelines.verify import verify as verify_home

Format = Literal["table", "json"]
WIDTH = 150
KEY_HEADS = (
    ("编号", "number"),
    ("报送单位", "submitter"),
    ("公钥", "public key"),
    ("起", "from"),
    ("止", "to"),
    ("必须签名", "required"),
    ("吊销", "revoked"),
)
DOUBTS = {
    "payer_entry": ("付款行缺流水", "no entry of the payer's bank"),
    "payee_entry": ("收款行缺流水", "no entry of the payee's bank"),
    "amount": ("两方金额不同", "two amounts"),
    "balance": ("余额不衔接", "balance does not chain"),
}
DOUBT_HEADS = (
    ("业务日期", "business date"),
    ("付款行", "payer's bank"),
    ("收款行", "payee's bank"),
    ("问题", "what"),
    ("笔数", "count"),
    ("金额(元)", "yuan in doubt"),
)
HEADS = (
    ("报送单位", "submitter"),
    ("应报", "expected"),
    ("已报", "received"),
    ("缺报", "missing"),
    ("缺表", "missing tables"),
    ("迟报", "late"),
    ("平均天数", "mean days"),
    ("拒收行占比", "rejected rows"),
    ("拒收包", "rejected packages"),
    ("逾期未更正", "overdue"),
)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(template)
    app.command()(keys)
    app.command("scorecard")(score)
    app.command()(reconciliation)
    app.command()(verify)


def template(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder that the package is written into.")],
    tables: Annotated[list[str] | None, typer.Argument(help="Tables; all by default.")] = None,
    date: Annotated[str, typer.Option(help="Business date of the example.")] = "2016-06-13",
) -> None:
    """Write an example package, one row a table, that `check` accepts.

    Needs no home and no network; a bank's engineer starts from it.
    """
    chosen = terminal(context)
    with writing(out):
        package = write_template(out, tables or [], parse_date(date))
    typer.echo(str(package))
    chosen.remark(f"接下来：lookthrough check {package}", f"next: lookthrough check {package}")


def keys(
    context: typer.Context,
    add: Annotated[Path | None, typer.Option(help="File of a public key to register.")] = None,
    submitter: Annotated[str, typer.Option(help="Social credit code of its owner.")] = "",
    first: Annotated[str | None, typer.Option("--from", help="First day it counts.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day it counts.")] = None,
    optional: Annotated[bool, typer.Option(help="Unsigned packages are taken too.")] = False,
    revoke: Annotated[int | None, typer.Option(help="Number of a key to revoke.")] = None,
) -> None:
    """List, register or revoke the Ed25519 keys that submitters sign with.

    From its first key on, a submitter's packages must be signed, unless the key is optional; also
    after a key was revoked.
    """
    chosen = terminal(context)
    if add is not None and not is_uscc(submitter):
        raise InputError(f"--submitter {submitter!r} is no social credit code")
    changes = add is not None or revoke is not None
    with Control(chosen.home if changes else chosen.present_home) as control:
        if add is not None:
            public = public_key_in(add)
            since = parse_date(first) if first else night.now().date()
            until = parse_date(last) if last else None
            if until is not None and until < since:
                raise InputError(
                    f"--to {until} lies before --from {since}; the key would never count"
                )
            held = control.keys()
            known = [each for each in held if each.revoked_at is None]
            if (submitter, public) in {(each.submitter, each.public_key) for each in known}:
                raise InputError(f"{submitter} has this key already; revoke that one first")
            control.add_key(
                SubmitterKey(
                    submitter=submitter,
                    public_key=public,
                    required=not optional,
                    valid_from=since,
                    valid_to=until,
                    added_at=night.now(),
                )
            )
        if revoke is not None:
            control.revoke_key(revoke, night.now())
        held = control.keys()
    zh = chosen.language == "zh"
    shown = Table()
    for name_zh, name_en in KEY_HEADS:
        shown.add_column(name_zh if zh else name_en)
    for key in held:
        shown.add_row(
            str(key.key_id), key.submitter, key.public_key, str(key.valid_from),
            str(key.valid_to or ""), ("是" if zh else "yes") if key.required else "",
            str(key.revoked_at or ""),
        )  # fmt: skip
    Console(width=WIDTH).print(shown)


def score(
    context: typer.Context,
    first: Annotated[str | None, typer.Option("--from", help="First business date.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last business date.")] = None,
    format: Annotated[Format, typer.Option(help="table or json.")] = "table",
) -> None:
    """Show how each submitter keeps its duty; exit code 1 where anything is missing.

    The thirty days up to the newest business date by default.
    """
    chosen = terminal(context)
    home = chosen.present_home
    with Control(home) as control:
        submissions = control.submissions()
    days = [s.business_date for s in submissions if s.business_date is not None]
    end = parse_date(last) if last else max(days, default=night.yesterday())
    start = parse_date(first) if first else month_before(end)
    scores = scorecard(submissions, start, end, night.now())
    if format == "json":
        listed = [each.facts() for each in scores]
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
    else:
        names = [zh if chosen.language == "zh" else en for zh, en in HEADS]
        shown = Table(title=f"{start} – {end}")
        for name in names:
            shown.add_column(name)
        for each in scores:
            facts = each.facts()
            shown.add_row(
                each.submitter, str(each.expected), str(each.received),
                _first(each.missing), _first(each.missing_tables), str(each.late),
                f"{facts['lateness_days']:g}",
                f"{facts['rejected_share']:.3%}", str(each.rejected_packages), _first(each.overdue),
            )  # fmt: skip
        Console(width=WIDTH).print(shown)
    if any(each.missing or each.missing_tables or each.overdue for each in scores):
        raise typer.Exit(RESERVED)


def reconciliation(
    context: typer.Context,
    run: Annotated[str | None, typer.Option(help="Run number or key; current by default.")] = None,
    format: Annotated[Format, typer.Option(help="table or json.")] = "table",
) -> None:
    """Show the money in doubt between banks, by day, as the night found it.

    One side's entry missing though its bank reported that day, two amounts for one transfer, or a
    balance that does not open with what the day before closed with.
    """
    chosen = terminal(context)
    with Database.open(find_run(chosen.present_home, run), read_only=True) as db:
        rows = db.frame("reconciliation", "select * from reconciliation").rows(named=True)
    if format == "json":
        listed = [{**row, "business_date": row["business_date"].isoformat()} for row in rows]
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
        return
    zh = chosen.language == "zh"
    shown = Table()
    for name_zh, name_en in DOUBT_HEADS:
        shown.add_column(name_zh if zh else name_en)
    for row in rows:
        kind = DOUBTS[row["kind"]][0 if zh else 1]
        amount = f"{row['amount_fen'] / 100:,.2f}"
        shown.add_row(str(row["business_date"]), row["payer_bank_no"], row["payee_bank_no"], kind,
                      str(row["count"]), amount)  # fmt: skip
    Console(width=WIDTH).print(shown)


def verify(
    context: typer.Context,
    inspect: Annotated[bool, typer.Option("--inspect", help="Say it, and change nothing.")] = False,
) -> None:
    """Prove by hashes that archive, ledger, lake, receipts and published files agree.

    Lake files and receipts are made again from archive and ledger. Exit code 0 when all agree, 1
    when something was repaired or lies about, 4 when something cannot be repaired.
    """
    chosen = terminal(context)
    found = verify_home(chosen.present_home, chosen.settings, repair=not inspect)
    words = {"repaired": "已修复", "damaged": "无法修复", "left over": "多余"}
    for each in found:
        chosen.say(
            f"{words[each.outcome]}  {each.path}  {each.zh}",
            f"{each.outcome}  {each.path}  {each.en}",
        )
    if not found:
        chosen.say("全部一致", "everything agrees")
    elif any(each.outcome == "damaged" for each in found):
        raise typer.Exit(STORE_FAILED)
    else:
        raise typer.Exit(RESERVED)


def _first(names: tuple[str, ...]) -> str:
    more = f" +{len(names) - 3}" if len(names) > 3 else ""
    return f"{len(names)}: {', '.join(names[:3])}{more}" if names else "0"
