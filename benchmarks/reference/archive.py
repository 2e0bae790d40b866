"""The plain files of a package, from its folder or its ZIP."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

MOST_MEMBERS = 64
MOST_RATIO = 200


class Broken(Exception):
    """A package that breaks package rules of those numbers before its manifest is read."""

    def __init__(self, *rules: str) -> None:
        super().__init__(*rules)
        self.rules = set(rules)


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
    try:
        with zipfile.ZipFile(package) as packed:
            members = [each for each in packed.infolist() if each.orig_filename != f"{own}/"]
            names = [_plain(member, own) for member in members]
            broken = set()
            if None in names or len(set(names)) < len(names):
                broken.add("007")
            if len(members) > MOST_MEMBERS:
                broken.add("008")
            files, more = _contents(packed, members, package.stat().st_size * MOST_RATIO)
    except Exception:
        raise Broken("001") from None
    if broken | more:
        raise Broken(*broken, *more)
    return {str(name): content for name, content in zip(names, files, strict=True)}


def _contents(
    packed: zipfile.ZipFile, members: list[zipfile.ZipInfo], left: int
) -> tuple[list[bytes], set[str]]:
    files, broken = [], set()
    if sum(member.file_size for member in members) > left:
        broken.add("008")
    for member in members[:MOST_MEMBERS]:
        try:
            with packed.open(member) as file:
                content = file.read(left + 1)
        except Exception:
            broken.add("001")
            continue
        files.append(content)
        left -= len(content)
        if left < 0:
            return files, broken | {"008"}
        if len(content) != member.file_size:
            broken.add("001")
    return files, broken


def _plain(member: zipfile.ZipInfo, own: str) -> str | None:
    name = member.orig_filename.removeprefix(f"{own}/")
    kind = stat.S_IFMT(member.external_attr >> 16)
    odd = name in ("", ".", "..") or any(sign in name for sign in "/\\\0")
    if odd or kind not in (0, stat.S_IFREG) or len(name.encode()) > 200:
        return None
    return name
