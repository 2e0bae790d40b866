"""Commands of the investigators' desk: serve, users, audit."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from contextlib import nullcontext
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from commands.terminal import STORE_FAILED, Terminal, terminal
from data.control import Control
from data.errors import InputError, StoreError
from pipelines import night
from review import accounts, audit, audit_head
from review.app import create_app, require_libraries

UserCommand = Literal["add", "list", "reset", "disable", "enable"]
AuditCommand = Literal["verify", "list", "accept"]
SHOWN_EVENTS = 50
# Connections that wait to be accepted; uvicorn's own figure.
BACKLOG = 2048
# Processes that answer without being asked for more; each holds what explains suspects.
MOST_WORKERS = 4
# A process that does not answer for so long is replaced; a cold start reads all of the program.
START_SECONDS = 120


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(serve)
    app.command()(users)
    app.command("audit")(audit_log)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8600,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key, PEM.")] = None,
    proxy: Annotated[
        str | None, typer.Option(help="Address of the TLS proxy whose headers are believed.")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes that answer; one per processor, 4 at most."),
    ] = None,
) -> None:
    """Serve the investigators' desk on the published results, until stopped.

    On another address than this machine's own it needs TLS: a certificate, or a proxy in front.
    """
    chosen = terminal(context)
    if (certificate is None) != (key is None):
        raise InputError("--certificate and --key belong together; name both")
    if certificate is None and proxy is None and not _is_own(host):
        raise InputError(
            f"--host {host} is reached by others; name --certificate and --key, or the --proxy "
            "that ends TLS"
        )
    require_libraries()
    count = workers or min(os.cpu_count() or 1, MOST_WORKERS)
    # Several processes count what is limited in a file, one alone in memory.
    folder = tempfile.TemporaryDirectory(prefix="lookthrough-desk-") if count > 1 else None
    with folder or nullcontext() as place:
        counts = Path(place) / "counts" if place else None
        make = partial(create_app, chosen.present_home, chosen.settings, counts=counts)
        # What cannot be opened is said here, once, before any process begins.
        app = make()
        listening = _listen(host, port)
        scheme = "http" if certificate is None else "https"
        address = f"{scheme}://{host}:{listening.getsockname()[1]}/"
        chosen.say(f"办案台在 {address}", f"the desk is at {address}")
        config = uvicorn.Config(
            app if count == 1 else make, factory=count > 1, workers=count, log_level="warning",
            access_log=False, server_header=False, ssl_certfile=certificate, ssl_keyfile=key,
            proxy_headers=proxy is not None, forwarded_allow_ips=proxy or "",
            timeout_worker_healthcheck=START_SECONDS,
        )  # fmt: skip
        if count == 1:
            uvicorn.Server(config).run(sockets=[listening])
        else:
            app.state.desk.control.close()
            Multiprocess(config, sockets=[listening]).run()


def users(
    context: typer.Context,
    command: Annotated[UserCommand, typer.Argument(help="add, list, reset, disable or enable.")],
    name: Annotated[str, typer.Argument(help="Account name.")] = "",
    role: Annotated[str, typer.Option(help="What the account is for.")] = "",
    full_name: Annotated[str, typer.Option(help="The person's name.")] = "",
    division: Annotated[str, typer.Option(help="Division code of a city or a county.")] = "",
    office: Annotated[str, typer.Option(help="Code of a field office.")] = "",
    submitter: Annotated[str, typer.Option(help="Social credit code of a submitter.")] = "",
) -> None:
    """Add, list, reset or disable the accounts of the desk; the first administrator begins here.

    A new or reset account gets a password, shown once, that must be changed at the first log-in.
    """
    chosen = terminal(context)
    with Control(chosen.home) as control:
        if command == "list":
            _list(chosen, control)
            return
        with control.session() as session:
            password = None
            if command == "add":
                password = accounts.add(
                    session, night.now(), name, full_name, role, division, office, submitter
                )
            else:
                user = accounts.named(session, name)
                if command == "reset":
                    password = accounts.reset(session, night.now(), user)
                else:
                    accounts.set_active(session, night.now(), user, command == "enable")
            audit.record(session, night.now(), "", f"users {command}", f"account={name}")
    if password is not None:
        chosen.say(f"{name} 的首次密码：{password}", f"first password of {name}: {password}")
    else:
        chosen.say(f"{name}：已完成", f"{name}: done")


def audit_log(
    context: typer.Context,
    command: Annotated[AuditCommand, typer.Argument(help="verify, list or accept.")],
) -> None:
    """Prove that the audit log is whole, or list its newest events as JSON.

    Exit code 4 when the chain is broken or its end was cut off. After the store was put back from
    a backup, accept takes the log as it is; that is an event of the log itself.
    """
    chosen = terminal(context)
    if command == "accept":
        with Control(chosen.present_home) as control, control.session() as session:
            audit_head.accept(session, chosen.present_home)
            event = audit.record(session, night.now(), "", "audit accept")
        chosen.say(
            f"已接受审计日志，共 {event.event_id} 条",
            f"the audit log of {event.event_id} events is accepted",
        )
        return
    with Control(chosen.present_home) as control, control.reading() as session:
        if command == "list":
            listed = [audit.facts(event) for event in audit.newest(session, SHOWN_EVENTS)]
            typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
            return
        chain = audit.verify(session)
    if chain.broken_at is not None:
        chosen.say(
            f"审计日志在第 {chain.broken_at} 条处断裂，此前 {chain.events} 条完好",
            f"the audit log is broken at event {chain.broken_at}; the {chain.events} before hold",
        )
        raise typer.Exit(STORE_FAILED)
    chosen.say(
        f"审计日志完好：{chain.events} 条，末条哈希 {chain.last_sha256}",
        f"the audit log is whole: {chain.events} events, the last hash is {chain.last_sha256}",
    )


def _list(chosen: Terminal, control: Control) -> None:
    with control.reading() as session:
        held = accounts.everyone(session)
    for user in held:
        territory = user.division or user.office or user.submitter or "-"
        states = [
            chosen.text("停用", "disabled") if not user.active else "",
            chosen.text("已锁定", "locked") if accounts.is_locked(user, night.now()) else "",
            chosen.text("未登记身份验证器", "no second factor") if not user.totp_secret else "",
        ]
        typer.echo("  ".join([user.name, user.role, territory, *filter(None, states)]))
    if not held:
        command = f"{chosen.program} users add NAME --role administrator"
        chosen.remark(f"还没有账户；{command}", f"no accounts yet; {command}")


def _is_own(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol named, asyncio leaves Nagle's delay on: 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Whoever reads the address may come at once; the pages answer when they are ready.
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise StoreError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another --port"
        ) from error
    return listening
