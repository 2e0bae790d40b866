"""What tests share: an empty home folder and an empty database with every table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from empty_tables import create_schema

from data.home import Home
from data.store import Database


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder of the test's own, with its folders created."""
    return Home(tmp_path / "home").create()


@pytest.fixture
def database() -> Iterator[Database]:
    """A database in memory with every table of the contracts, empty."""
    with Database.open(None) as database:
        create_schema(database)
        yield database
