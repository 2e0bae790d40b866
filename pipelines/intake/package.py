"""A package as it lies there: its name, whether it is plain, its hash, copies of it, its files."""

from __future__ import annotations

import errno
import hashlib
import lzma
import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from data.durable import make_folder, put, sync
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.findings import Refused, shown
from pipelines.intake.manifest import PACKAGE_NAME

CHUNK = 1 << 20
COPIED = 1 << 22
# What the archive puts before a package's name.
ARCHIVED = re.compile(r"^[0-9a-f]{64}-")
ZIP_START = b"PK"
MAX_NAME = 100
# A folder that is no plain package is listed so far for its hash; it is rejected anyway.
MAX_LISTED = 10_000
# What Python's ZIP reader raises on bytes that are no ZIP; OSError only where no disk is at fault.
BAD_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    RuntimeError, ValueError, LookupError, OverflowError,
)  # fmt: skip

State = list[tuple[str, int, int, int]]


def package_name(path: Path) -> str:
    """A package's name: its folder's, or its ZIP's without the ending.

    A name that is no package's is made printable and short enough for the receipt's file name; what
    was cut is told apart by a hash.
    """
    name = path.name.removesuffix(".zip")
    if PACKAGE_NAME.fullmatch(name):
        return name
    safe = "".join(each if each.isprintable() else "?" for each in shown(name))
    if safe == name and len(name.encode()) <= MAX_NAME:
        return name
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
    return f"{safe[: MAX_NAME // 4]}-{digest}"


def oddity(path: Path) -> str | None:
    """What keeps a package from being one folder of plain files, or one ZIP; None for nothing.

    Raises:
        OSError: it cannot be looked at, or is gone.
    """
    mode = path.lstat().st_mode
    if stat.S_ISREG(mode):
        return None
    if not stat.S_ISDIR(mode):
        return f"{shown(path.name)} is neither a folder nor a ZIP"
    with os.scandir(path) as inside:
        for number, entry in enumerate(inside):
            if not entry.is_file(follow_symlinks=False):
                return f"{shown(entry.name)} is a folder, a link or a device"
            if not entry.name.isprintable():
                return f"{shown(ascii(entry.name))} is no name that can be printed"
            if number >= MAX_LISTED:
                return f"more than {MAX_LISTED} files"
    return None


def content_hash(path: Path) -> str:
    """The SHA-256 of a package's content: of the ZIP's bytes, or of its files' names and bytes.

    Of a folder that is not plain, names and sizes count only, as far as they can be listed. No
    name of a plain one holds a line end, so that different folders differ.

    Raises:
        OSError: it cannot be read, or is gone.
    """
    if path.is_file() and not path.is_symlink():
        return _file_identity(path, file_hash(path))
    if oddity(path) is not None:
        return listing_hash(path)
    return _whole((name, file_hash(path / name)) for name, _ in _listed(path))


def listing_hash(path: Path) -> str:
    """A hash of names, kinds and sizes alone, for what is not read."""
    listed = _listed(path) or [("", path.lstat())]
    return _whole((name, f"{found.st_mode} {found.st_size}") for name, found in listed)


def _file_identity(path: Path, digest: str) -> str:
    """The hash that stands for a file: its own for a ZIP; others must not pass for a folder."""
    with path.open("rb") as file:
        if file.read(2) == ZIP_START:
            return digest
    return hashlib.sha256(f"no ZIP {digest}".encode()).hexdigest()


def _whole(digests: Iterable[tuple[str, str]]) -> str:
    """The hash of a folder from its files' names and digests, in the order of the names."""
    whole = hashlib.sha256()
    for name, digest in digests:
        whole.update(f"{digest} {name}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened(path: Path, settings: Intake, working: Path) -> Iterator[Path]:
    """Give the folder that holds a package's files; a ZIP is unpacked under `working`.

    Raises:
        Refused: it is neither folder nor ZIP, a path leaves it, or the ZIP exceeds its limits.
        OSError: the disk refuses.
    """
    odd = oddity(path)
    if odd is not None:
        raise Refused(rules.PATH, odd)
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="lookthrough-", dir=working) as place:
        try:
            _unpack(path, Path(place), settings)
        except (*BAD_ZIP, OSError) as error:
            if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
                raise
            raise Refused(rules.UNREADABLE, f"no readable ZIP: {error}") from None
        yield Path(place)


def _unpack(path: Path, place: Path, settings: Intake) -> None:
    with zipfile.ZipFile(path) as packed:
        folder = ARCHIVED.sub("", path.name.removesuffix(".zip"), count=1)
        members = [each for each in packed.infolist() if each.orig_filename != f"{folder}/"]
        if len(members) > settings.max_zip_members:
            raise Refused(
                rules.ZIP_LIMIT, f"{len(members)} files; the limit is {settings.max_zip_members}"
            )
        # What is read of a member ends at the size that the directory states.
        most = min(settings.max_zip_bytes, max(path.stat().st_size, 1) * settings.max_zip_ratio)
        if sum(member.file_size for member in members) > most:
            raise Refused(
                rules.ZIP_LIMIT,
                f"expands beyond {settings.max_zip_bytes} bytes, or "
                f"{settings.max_zip_ratio} times its size",
            )
        for member in members:
            target = place / _plain_name(member, folder)
            if target.exists():
                raise Refused(rules.PATH, f"{shown(member.filename)!r} is in the ZIP twice")
            with packed.open(member) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK)
            if target.stat().st_size != member.file_size:
                raise zipfile.BadZipFile(f"{shown(member.filename)!r} is not as long as it says")


def _plain_name(member: zipfile.ZipInfo, folder: str) -> str:
    """The name of a member, which lies in the ZIP itself or in its package's folder."""
    # As the directory states it: `filename` ends at a NUL.
    name = member.orig_filename.removeprefix(f"{folder}/")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if (
        name in ("", ".", "..")
        or any(sign in name for sign in "/\\\0")
        or len(os.fsencode(name)) > 2 * MAX_NAME
        or kind not in (0, stat.S_IFREG)
    ):
        shown_name = shown(member.orig_filename)
        raise Refused(rules.PATH, f"{shown_name!r} leaves the package, or is no plain file")
    return name


def copy_package(source: Path, target: Path) -> str:
    """Copy a plain package under another name, whole or not at all, down to the disk.

    Returns:
        The copy's content hash.

    Raises:
        OSError: the disk refuses, or the source is gone or was changed meanwhile.
    """
    partial = target.with_name(f".partial-{target.name}")
    remove_package(partial)
    make_folder(target.parent)
    before = package_state(source)
    if source.is_dir():
        partial.mkdir()
        digests = [(name, _copy_file(source / name, partial / name)) for name, _ in _listed(source)]
        sync(partial)
        digest = _whole(digests)
    else:
        digest = _file_identity(partial, _copy_file(source, partial))
    if oddity(source) is not None or package_state(source) != before:
        remove_package(partial)
        raise OSError(errno.EBUSY, "it changed while it was read")
    put(partial, target)
    return digest


def _copy_file(source: Path, target: Path) -> str:
    """Copy a file's bytes down to the disk; returns their SHA-256, taken by another thread."""
    digest = hashlib.sha256()
    with (
        open(source, "rb", buffering=0, opener=_opened) as reading,
        target.open("xb", buffering=0) as writing,
        ThreadPoolExecutor(1) as pool,
    ):
        hashing: Future[None] | None = None
        while chunk := reading.read(COPIED):
            if hashing is not None:
                hashing.result()
            hashing = pool.submit(digest.update, chunk)
            left = memoryview(chunk)
            while left:
                left = left[writing.write(left) :]
        os.fsync(writing.fileno())
    return digest.hexdigest()


def _opened(path: str, flags: int) -> int:
    """Open a plain file; what took its place meanwhile, a pipe or a link, is refused."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EBUSY, "it changed while it was read")
    return descriptor


def package_state(package: Path) -> State:
    """Names, sizes, times of change and places on the disk of what a package is made of."""
    files = _listed(package) or [("", package.lstat())]
    return [(name, found.st_size, found.st_mtime_ns, found.st_ino) for name, found in files]


def ending(path: Path) -> str:
    """The ending by which a ZIP is known."""
    return ".zip" if path.name.endswith(".zip") else ""


def remove_package(path: Path) -> None:
    """Remove a plain package; one that is gone already is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _listed(path: Path) -> list[tuple[str, os.stat_result]]:
    """What a folder holds, sorted by name, without recursion, as far as paths and limits allow."""
    found: list[tuple[str, os.stat_result]] = []
    waiting = [""] if path.is_dir() and not path.is_symlink() else []
    while waiting and len(found) < MAX_LISTED:
        inside = waiting.pop()
        try:
            with os.scandir(path / inside) as entries:
                for entry in sorted(entries, key=lambda each: each.name)[:MAX_LISTED]:
                    name = f"{inside}/{entry.name}".lstrip("/")
                    found.append((name, entry.stat(follow_symlinks=False)))
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(name)
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
    return sorted(found, key=lambda each: each[0])
