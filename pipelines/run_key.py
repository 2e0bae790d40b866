"""The key of a run: a hash over everything that decides what the run finds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from data.errors import StoreError
from data.home import Home
from data.settings import Settings

MODEL = "strata-1"
PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("data", "graph", "detectors", "pipelines")
SOURCES = (".py", ".toml", ".sql", ".csv")
# Libraries whose version may change a bit of the result.
LIBRARIES = ("duckdb", "numba", "numpy", "polars", "pyarrow", "scikit-learn", "scipy")


@dataclass(frozen=True)
class RunKey:
    """A run's key, and the parts that it was made from; hashes are SHA-256 in hex.

    `refuted` is that of the refutations taken into account, '' where there are none.
    """

    key: str
    business_date: date
    inputs: tuple[tuple[str, str], ...]
    settings: str
    code: str
    model: str
    refuted: str = ""

    @property
    def name(self) -> str:
        """The name of the run's file, without its ending: the date and the start of the key."""
        return f"{self.business_date:%Y%m%d}-{self.key[:16]}"


def run_key(home: Home, settings: Settings, business_date: date, refuted: str = "") -> RunKey:
    """Hash what a run reads: the lake's files up to the date, settings, code and model, and the
    hash of the refutations it takes into account.

    Raises:
        StoreError: a file of the lake or of the program cannot be read.
    """
    inputs = tuple(_hashes(home.lake, lake_files(home, business_date)))
    code, model = code_version(PROJECT), model_version()
    parts = [business_date.isoformat(), settings.digest(), code, model]
    parts += [f"{path} {digest}" for path, digest in inputs]
    parts += [refuted] if refuted else []
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return RunKey(key, business_date, inputs, settings.digest(), code, model, refuted)


def lake_files(home: Home, business_date: date) -> list[Path]:
    """List the lake's files of all dates up to a business date, in the order of their paths."""
    last = f"date={business_date.isoformat()}"
    return sorted(path for path in home.lake.glob("*/date=*/*.parquet") if path.parent.name <= last)


def code_version(root: Path, packages: Iterable[str] = PACKAGES) -> str:
    """Hash the sources that decide a result, under the folder that holds the packages."""
    files = (path for name in packages for path in (root / name).rglob("*"))
    sources = sorted(path for path in files if path.suffix in SOURCES and path.is_file())
    text = "\n".join(f"{path} {digest}" for path, digest in _hashes(root, sources))
    return hashlib.sha256(text.encode()).hexdigest()


def model_version() -> str:
    """Name the model and the versions of the libraries that compute it."""
    return " ".join([MODEL, *(f"{name}={version(name)}" for name in LIBRARIES)])


def _hashes(root: Path, paths: Iterable[Path]) -> Iterable[tuple[str, str]]:
    for path in paths:
        try:
            facts = path.stat()
            digest = _digest(path, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror}; restore the file") from error
        yield path.relative_to(root).as_posix(), digest


@lru_cache(maxsize=100_000)
def _digest(path: Path, inode: int, size: int, changed: int) -> str:
    """Hash a file's bytes; one that did not change is hashed once in a process."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
