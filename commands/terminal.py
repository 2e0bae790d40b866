"""What every command shares: the home, the settings, the language, and where text goes.

Results go to standard output, so that they can be piped; progress and remarks to standard error.
"""

from __future__ import annotations

import locale
import logging
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from data.errors import InputError, NotFoundError
from data.home import Home
from data.settings import Settings, load_settings

Language = Literal["zh", "en"]

# The first that is set says the language; the locale itself may not be installed.
LANGUAGE_VARIABLES = ("LOOKTHROUGH_LANG", "LC_ALL", "LC_MESSAGES", "LANG")

# Folder of the demo's home, under the one that is chosen.
DEMO = "demo"

DONE = 0
RESERVED = 1
REFUSED = 2
NOT_FOUND = 3
STORE_FAILED = 4
UNEXPECTED = 5
INTERRUPTED = 130


@dataclass(frozen=True)
class Terminal:
    """The surroundings of one command."""

    home_path: Path | None
    settings_path: Path | None
    language: Language

    @cached_property
    def home(self) -> Home:
        """The home folder, with its folders created."""
        return self.named_home.create()

    @property
    def present_home(self) -> Home:
        """The home folder for commands that only read; nothing is created.

        Raises:
            NotFoundError: the folder is no home.
        """
        chosen = self.named_home
        if not chosen.exists:
            demo = Home(chosen.path / DEMO)
            other = f"the demo's is {demo.path}" if demo.exists else "--home names another"
            raise NotFoundError(
                f"there is no home at {chosen.path}; `lookthrough submit PACKAGE...` makes one, "
                f"{other}"
            )
        return chosen

    @property
    def named_home(self) -> Home:
        """The home folder as it is named, whether it exists or not."""
        return Home(self.home_path.absolute()) if self.home_path else Home.from_environment()

    @property
    def program(self) -> str:
        """How a next command begins: with the home, where the user chose one by option."""
        if self.home_path is None:
            return "lookthrough"
        return f"lookthrough --home {shlex.quote(str(self.home_path))}"

    @cached_property
    def settings(self) -> Settings:
        """The settings, read once."""
        return load_settings(self.settings_path)

    def say(self, zh: str, en: str) -> None:
        """Print a result line to standard output."""
        typer.echo(self.text(zh, en))

    def remark(self, zh: str, en: str) -> None:
        """Print a remark to standard error."""
        typer.echo(self.text(zh, en), err=True)

    def text(self, zh: str, en: str) -> str:
        """The text in the chosen language."""
        return zh if self.language == "zh" else en

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress display on standard error; it leaves only its finished lines."""
        columns = (
            SpinnerColumn(finished_text="·"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as progress:
            yield progress


class Messages(logging.Handler):
    """Hands each message of one of the program's loggers to a function, while it is entered."""

    def __init__(self, logger: str, hear: Callable[[str], None]) -> None:
        super().__init__()
        self._logger, self._hear = logging.getLogger(logger), hear

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one message on."""
        self._hear(record.getMessage())

    def __enter__(self) -> Self:
        self._logger.addHandler(self)
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False
        return self

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure to write what the user named into a refusal.

    Raises:
        InputError: the path cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; choose another path with --out"
        ) from error


def terminal(context: typer.Context) -> Terminal:
    """The surroundings that the options before the command chose."""
    held = context.find_root().obj
    if not isinstance(held, Terminal):
        raise InputError("the command was called without its options; use the lookthrough command")
    return held


def chosen_language(option: str | None) -> Language:
    """The language asked for, else the one of the environment or the locale, else English.

    Raises:
        InputError: neither zh nor en.
    """
    if option not in (None, "zh", "en"):
        raise InputError(f"--lang {option!r}: use zh or en")
    names = (option, *map(os.environ.get, LANGUAGE_VARIABLES), locale.getlocale()[0])
    first = next((name for name in names if name), "en")
    return "zh" if first.lower().startswith(("zh", "chinese")) else "en"


def parse_date(value: str) -> date:
    """Read an ISO date given by the user.

    Raises:
        InputError: not a date.
    """
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InputError(f"{value!r} is not a date; write it as 2016-06-30") from None
