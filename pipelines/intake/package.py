"""Opens a package, a folder or a ZIP of it, safely; and names its content by a hash."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.findings import Refused

CHUNK = 1 << 20


def package_name(path: Path) -> str:
    """A package's name: its folder's, or its ZIP's without the ending."""
    return path.name.removesuffix(".zip")


def content_hash(path: Path) -> str:
    """The SHA-256 of a package's content: of the ZIP's bytes, or of its files' names and bytes."""
    if path.is_file():
        return file_hash(path)
    whole = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file() or p.is_symlink()):
        name = file.relative_to(path).as_posix()
        digest = "link" if file.is_symlink() else file_hash(file)
        whole.update(f"{digest} {name}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened(path: Path, settings: Intake) -> Iterator[Path]:
    """Give the folder that holds a package's files; a ZIP is unpacked beside, and removed after.

    Raises:
        Refused: it is neither folder nor ZIP, a path leaves it, or the ZIP exceeds its limits.
    """
    if path.is_dir():
        for inside in path.rglob("*"):
            if inside.is_symlink() or not (inside.is_file() or inside.is_dir()):
                raise Refused(rules.PATH, f"{inside.name} is a link or no file", file=inside.name)
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="lookthrough-") as place:
        try:
            with zipfile.ZipFile(path) as packed:
                yield _unpack(packed, Path(place), package_name(path), settings, path)
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            if isinstance(error, OSError) and not isinstance(error, EOFError) and not path.exists():
                raise Refused(rules.UNREADABLE, f"{path.name}: no such package") from None
            raise Refused(rules.UNREADABLE, f"{path.name} is no readable ZIP: {error}") from None


def _unpack(packed: zipfile.ZipFile, place: Path, name: str, settings: Intake, path: Path) -> Path:
    members = [member for member in packed.infolist() if not member.is_dir()]
    if len(members) > settings.max_zip_members:
        raise Refused(
            rules.ZIP_LIMIT, f"{len(members)} files; the limit is {settings.max_zip_members}"
        )
    left = min(settings.max_zip_bytes, max(path.stat().st_size, 1) * settings.max_zip_ratio)
    for member in members:
        inside = PurePosixPath(member.filename)
        mode = member.external_attr >> 16
        parts = inside.parts[1:] if inside.parts[:1] == (name,) else inside.parts
        if (
            inside.is_absolute()
            or len(parts) != 1
            or ".." in inside.parts
            or "\\" in member.filename
            or (mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode))
        ):
            raise Refused(rules.PATH, f"{member.filename!r} leaves the package")
        target = place / parts[0]
        if target.exists():
            raise Refused(rules.PATH, f"{member.filename!r} is in the ZIP twice")
        with packed.open(member) as source, target.open("wb") as file:
            while chunk := source.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise Refused(
                        rules.ZIP_LIMIT,
                        f"expands beyond {settings.max_zip_bytes} bytes, or "
                        f"{settings.max_zip_ratio} times its size",
                    )
                file.write(chunk)
    return place


def copy_package(source: Path, target: Path) -> None:
    """Copy a package under another name, whole or not at all; links are kept as links."""
    partial = target.with_name(f".partial-{target.name}")
    if partial.is_dir():
        shutil.rmtree(partial)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, partial, symlinks=True)
    else:
        shutil.copyfile(source, partial)
    partial.rename(target)
