"""What the documents say: every command they show exists, with the options that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

import cli

DOCUMENTS = sorted([*Path().glob("*.md"), *Path("docs").glob("*.md")])
COMMANDS = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
LINE = re.compile(r"^ {4}lookthrough (?:--home \S+ )?([a-z]+)(.*)$", re.MULTILINE)


def shown() -> list[tuple[str, str, str]]:
    return [
        (document.name, *found)
        for document in DOCUMENTS
        for found in LINE.findall(document.read_text("utf-8"))
    ]


@pytest.mark.parametrize(("document", "command", "rest"), shown())
def test_a_command_in_a_document_exists(document: str, command: str, rest: str) -> None:
    assert command in COMMANDS, document
    known = {name for parameter in COMMANDS[command].params for name in parameter.opts}
    assert set(re.findall(r"--[a-z-]+", rest)) <= known | {"--help", "--home", "--lang"}


def test_the_documents_show_commands() -> None:
    assert len(shown()) > 10


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md"])
def test_the_readme_shows_real_output_and_existing_files(document: str) -> None:
    text = Path(document).read_text("utf-8")
    sample = text.partition("<!-- suspects -->")[2].partition("<!-- end -->")[0]
    assert re.search(r"[A-Z]\d+ [二三]\(", sample)
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert Path(link).exists(), link
