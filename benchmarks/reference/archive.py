"""The plain files of a package, from its folder or its ZIP."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

MOST_MEMBERS = 64
MOST_RATIO = 200


class Broken(Exception):
    """A package that breaks the package rule of that number before its manifest is read."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def files_of(package: Path) -> dict[str, bytes]:
    """The files by name.

    Raises:
        Broken: it is no folder of plain files and no ZIP of one.
    """
    if package.is_symlink():
        raise Broken("007")
    if package.is_file():
        return _unzipped(package)
    files = {}
    for path in package.iterdir():
        if not stat.S_ISREG(path.lstat().st_mode):
            raise Broken("007")
        files[path.name] = path.read_bytes()
    return files


def _unzipped(package: Path) -> dict[str, bytes]:
    own = package.name.removesuffix(".zip")
    left = package.stat().st_size * MOST_RATIO
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(package) as packed:
            members = [each for each in packed.infolist() if each.orig_filename != f"{own}/"]
            if len(members) > MOST_MEMBERS:
                raise Broken("008")
            for member in members:
                name = _plain(member, own)
                if name in files:
                    raise Broken("007")
                with packed.open(member) as file:
                    files[name] = file.read(left + 1)
                left -= len(files[name])
                if left < 0:
                    raise Broken("008")
                if len(files[name]) != member.file_size:
                    raise Broken("001")
    except Broken:
        raise
    except Exception:
        raise Broken("001") from None
    return files


def _plain(member: zipfile.ZipInfo, own: str) -> str:
    name = member.orig_filename.removeprefix(f"{own}/")
    kind = stat.S_IFMT(member.external_attr >> 16)
    odd = name in ("", ".", "..") or any(sign in name for sign in "/\\\0")
    if odd or kind not in (0, stat.S_IFREG) or len(name.encode()) > 200:
        raise Broken("007")
    return name
