"""The ``lookthrough`` command: its options, its commands, and how errors become one line."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
import typer.main
from typer._click.exceptions import ClickException, NoArgsIsHelpError

from commands.teaching import teach
from commands.terminal import (
    DONE,
    INTERRUPTED,
    NOT_FOUND,
    REFUSED,
    RESERVED,
    STORE_FAILED,
    UNEXPECTED,
    Terminal,
    chosen_language,
)
from commands.visible import visible
from data.errors import (
    InputError,
    LookthroughError,
    NoRecordsError,
    NotFoundError,
    StoreError,
)
from data.home import Home
from data.settings import load_settings

INTERRUPTION = "lookthrough: interrupted; run it again to go on"

try:
    # These load the libraries, which takes a while.
    from commands import (
        demonstration,
        desk,
        evaluate,
        institutions,
        ledger,
        nights,
        packages,
        patterns,
        supervision,
        suspects,
        trace,
    )
except KeyboardInterrupt:
    sys.stderr.write(f"{INTERRUPTION}\n")
    sys.exit(INTERRUPTED)

HELP = """Follow client money through every account it passes, and rank the suspects.

Start with `lookthrough demo`. Work then goes: submit packages, run a night, read the suspects.

Results go to standard output, progress and errors to standard error. Exit codes: 0 done;
1 done, with something to look at (warnings, rejected rows, nothing sent for a date); 2 refused (a
package, an option, a setting or a file does not fit); 3 not found; 4 a store failed; 5 unexpected;
130 interrupted.
"""
ANYWHERE = ("--home", "--settings", "--lang")
CODES = ((NoRecordsError, RESERVED), (NotFoundError, NOT_FOUND), (StoreError, STORE_FAILED))

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option(help="Folder of all state (LOOKTHROUGH_HOME, else ./var).")
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(help="TOML file with what differs from data/settings.toml.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="zh or en (LOOKTHROUGH_LANG, else the locale, else en).")
    ] = None,
) -> None:
    """Keep what the options before the command chose."""
    if settings is not None:
        load_settings(settings)
    context.obj = Terminal(home, settings, chosen_language(lang))


for module in (
    demonstration,
    packages,
    nights,
    suspects,
    institutions,
    trace,
    patterns,
    ledger,
    supervision,
    evaluate,
    desk,
):
    module.add_to(app)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit; every failure is one line on standard error."""
    code = run(sys.argv[1:] if arguments is None else arguments)
    if code == INTERRUPTED:
        # Libraries complain at exit of what an interruption left open; the line is said.
        sys.stderr.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = _called(arguments)
    except NoArgsIsHelpError as error:
        return _say(error.format_message(), REFUSED)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except Exception as error:
        return _failed(error, _option(arguments, "--home"))
    if code == INTERRUPTED:
        return _say(INTERRUPTION, INTERRUPTED)
    return code if isinstance(code, int) else DONE


def _called(arguments: list[str]) -> object:
    program = teach(typer.main.get_command(app), chosen_language(_option(arguments, "--lang")))
    given = options_first(arguments)
    called: object = program(args=given, prog_name="lookthrough", standalone_mode=False)
    return called


def _failed(error: Exception, home: str | None) -> int:
    """Say what failed in one line, and return the exit code that belongs to it."""
    if isinstance(error, ClickException):
        return _say(f"lookthrough: {error.format_message()}", REFUSED)
    if not isinstance(error, LookthroughError):
        return _say(_unexpected(error, home), UNEXPECTED)
    message = f"lookthrough: {error}"
    if home is not None:
        message = message.replace("`lookthrough ", f"`lookthrough --home {shlex.quote(home)} ")
    code = next((code for kind, code in CODES if isinstance(error, kind)), REFUSED)
    return _say(message, code)


def options_first(arguments: list[str]) -> list[str]:
    """Move --home, --settings and --lang before the command, so that they may stand anywhere."""
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in ANYWHERE:
            value = next(waiting, None)
            if value is None:
                raise InputError(f"Option '{argument}' requires an argument")
            first += [argument, value]
        elif argument.startswith(tuple(f"{name}=" for name in ANYWHERE)):
            first.append(argument)
        else:
            rest.append(argument)
    return first + rest


def _option(arguments: list[str], name: str) -> str | None:
    """What an option that may stand anywhere says, also where others are wrong."""
    for place, argument in enumerate(arguments):
        if argument == name:
            return next(iter(arguments[place + 1 :]), None)
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None


def _unexpected(error: Exception, home: str | None) -> str:
    place = Home.from_environment().path if home is None else Path(home).absolute()
    log = place / "unexpected.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return f"lookthrough: unexpected {type(error).__name__}: {error}"
    return f"lookthrough: unexpected {type(error).__name__}; what happened is in {log}"


def _say(message: str, code: int) -> int:
    message = " ".join(message.split()) if code != REFUSED else message
    typer.echo(visible(message, keep="\n"), err=True)
    return code


if __name__ == "__main__":
    main()
