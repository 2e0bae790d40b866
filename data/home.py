"""The one folder that holds all state, and the names of what lies in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from data.durable import make_folder
from data.errors import StoreError


@dataclass(frozen=True, slots=True)
class Home:
    """The home folder: packages in and out, the archive, the lake, and the stores."""

    path: Path

    @classmethod
    def from_environment(cls) -> Home:
        """The folder that LOOKTHROUGH_HOME names, or ``var`` under the current folder."""
        return cls(Path(os.environ.get("LOOKTHROUGH_HOME") or "var").absolute())

    @property
    def inbox(self) -> Path:
        """Packages that wait to be received."""
        return self.path / "inbox"

    @property
    def outbox(self) -> Path:
        """Receipts and rejected rows, a folder per submitter."""
        return self.path / "outbox"

    @property
    def archive(self) -> Path:
        """Every package as received, by content hash, never changed."""
        return self.path / "archive"

    @property
    def lake(self) -> Path:
        """Accepted rows as Parquet, by table and business date."""
        return self.path / "lake"

    @property
    def published(self) -> Path:
        """What runs found: one immutable file per run, and the name of the current one."""
        return self.path / "published"

    @property
    def working(self) -> Path:
        """What an unfinished night or an opened package has made so far; may be deleted."""
        return self.path / "working"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file derived from the lake."""
        return self.path / "warehouse.duckdb"

    @property
    def control(self) -> Path:
        """The SQLite file of submissions and runs."""
        return self.path / "control.sqlite"

    @property
    def control_url(self) -> str | None:
        """The PostgreSQL address that LOOKTHROUGH_CONTROL_URL names instead of that file."""
        return os.environ.get("LOOKTHROUGH_CONTROL_URL") or None

    @property
    def control_name(self) -> str:
        """How messages name the control store; an address's password is left out."""
        return str(self.control) if self.control_url is None else "at LOOKTHROUGH_CONTROL_URL"

    @property
    def has_control(self) -> bool:
        """Whether there is a control store to read."""
        return self.control_url is not None or self.control.exists()

    @property
    def attachments(self) -> Path:
        """Files that were put on cases, by content hash."""
        return self.path / "attachments"

    @property
    def exists(self) -> bool:
        """Whether the folder is a home already."""
        return self.published.is_dir() or self.control.exists()

    def create(self) -> Home:
        """Create the folders that do not exist yet, and return the home.

        Raises:
            StoreError: a folder cannot be created.
        """
        for folder in (self.inbox, self.outbox, self.archive, self.lake, self.published):
            try:
                make_folder(folder)
            except OSError as error:
                raise StoreError(
                    f"cannot create the folder {folder}: {error.strerror}; "
                    "set LOOKTHROUGH_HOME to a folder that can be written"
                ) from error
        return self
