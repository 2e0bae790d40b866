"""ZIPs whose structure is damaged or lies, and members that no package has."""

from __future__ import annotations

import random
import struct
import zipfile

from benchmarks.mutations.any_bytes import BYTE_CHANGES
from benchmarks.mutations.making import Making


def zip_bytes(making: Making, dice: random.Random) -> None:
    change = dice.choice(BYTE_CHANGES)

    def spoil(content: bytes, dice: random.Random) -> bytes:
        held = bytearray(content)
        change(held, dice)
        return bytes(held)

    making.done.append(change.__name__)
    making.spoil_zip = spoil


def zip_around(making: Making, dice: random.Random) -> None:
    before, behind = dice.choice(((b"junk" * 5, b""), (b"", b"junk" * 5), (b"", b"\0" * 70_000)))
    making.spoil_zip = lambda content, _: before + content + behind


def zip_directory_lies(making: Making, dice: random.Random) -> None:
    """A field of a central or local header says another number."""
    central = dice.random() < 0.6
    mark, base = (b"PK\x01\x02", 8) if central else (b"PK\x03\x04", 6)
    # Flags, method, time, date, CRC, packed size, size, name length, extra length.
    field_at, size = dice.choice(((0, 2), (2, 2), (8, 4), (12, 4), (16, 4), (20, 2), (22, 2)))
    value = dice.choice((0, 1, 8, 9, 99, 0xFFFF, 0xFFFFFFFF, 10**9))

    def spoil(content: bytes, dice: random.Random) -> bytes:
        held, places, at = bytearray(content), [], content.find(mark)
        while at >= 0:
            places.append(at)
            at = content.find(mark, at + 4)
        if places:
            at = dice.choice(places) + base + field_at
            held[at : at + size] = (value % 256**size).to_bytes(size, "little")
        return bytes(held)

    making.done.append(f"{'central' if central else 'local'} field {field_at} = {value}")
    making.spoil_zip = spoil


def zip_end_lies(making: Making, dice: random.Random) -> None:
    def spoil(content: bytes, dice: random.Random) -> bytes:
        held = bytearray(content)
        at = content.rfind(b"PK\x05\x06")
        place, size = dice.choice(((8, 2), (10, 2), (12, 4), (16, 4), (20, 2)))
        held[at + place : at + place + size] = struct.pack(
            "<I", dice.choice((0, 1, 2, 0xFFFF, 0xFFFFFFFF))
        )[:size]
        return bytes(held)

    making.spoil_zip = spoil


def _member(name: str, content: bytes, mode: int = 0o100644) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info, content


def zip_members(making: Making, dice: random.Random) -> None:
    """Members that no package has, or that it has twice."""
    own, names = making.package, list(making.contents) or ["entry.csv"]
    kind = dice.choice((
        _member("manifest.json", b"{}"), _member(names[0], b"again"), _member("../evil.csv", b"x"),
        _member("/etc/evil", b"x"), _member("a/b.csv", b"x"), _member("..\\evil", b"x"),
        _member("link", b"/etc/passwd", 0o120777), _member("pipe", b"", 0o010644),
        _member("sub/", b"", 0o040755), _member(f"{own}/", b"", 0o040755), _member("../", b""),
        _member(f"{own}/x.csv", b"x"), _member(f"{own}/{own}/x.csv", b"x"),
        _member("91320000710939135U-20160613-00000001/x", b"x"), _member("\0", b"x"),
        _member("C:evil", b"x"), _member("zeros", b"\0" * 30_000_000), _member("x" * 250, b"x"),
        _member("./y.csv", b"x"), _member("nested.zip", b"PK\x05\x06" + b"\0" * 18),
    ))  # fmt: skip
    making.done.append(kind[0].filename[:30])
    making.members.append(kind)


def zip_many(making: Making, dice: random.Random) -> None:
    making.members += [_member(f"m{n}", b"") for n in range(dice.choice((50, 70, 3000)))]


def zip_encrypted(making: Making, dice: random.Random) -> None:
    def spoil(content: bytes, dice: random.Random) -> bytes:
        held = bytearray(content)
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = content.find(mark)
            held[at + place] |= 1
        return bytes(held)

    making.spoil_zip = spoil


ZIP_MUTATIONS = (zip_bytes, zip_around, zip_directory_lies, zip_end_lies, zip_members,
                 zip_members, zip_many, zip_encrypted)  # fmt: skip
