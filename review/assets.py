"""The files that pages load beside their text: under addresses that name their content, so that
browsers keep them for good and still take the next release's at once."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

STATIC = Path(__file__).with_name("static")
ROOT = "/static/"
VERSION = "v"
DIGITS = 12


@cache
def asset(name: str) -> str:
    """The address of a file under `static/`; a library not yet installed has no version.

    `lookthrough serve` does not begin without the libraries.
    """
    if not (STATIC / name).is_file():
        return f"{ROOT}{name}"
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:DIGITS]
    return f"{ROOT}{name}?{VERSION}={digest}"
