"""Makes the bytes of a DuckDB file depend on its contents alone.

DuckDB writes 16 random bytes, the database's identifier, into the first of the three header
blocks, and what was in memory then may lie in the other two. A block is 4096 bytes: its checksum
in 8, then 4088 bytes that the checksum covers; the identifier stands at byte 124 of a block.
The checksum is DuckDB's: 5381 xor all (word * 0xbf58476d1ce4e5b9 mod 2^64), words of 8 bytes,
little endian.
"""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

BLOCK = 4096
HEADERS = (0, BLOCK, 2 * BLOCK)
IDENTIFIER = slice(124, 140)
MAGIC = slice(8, 12)
FACTOR = 0xBF58476D1CE4E5B9
MASK = 2**64 - 1


def checksum(content: bytes) -> int:
    """Compute DuckDB's checksum of a block's content, whose length is a multiple of 8."""
    result = 5381
    for (word,) in struct.iter_unpack("<Q", content):
        result ^= word * FACTOR & MASK
    return result


def set_identifier(path: Path, name: str) -> bool:
    """Derive the identifier of a closed DuckDB file from a name, in place; sync the file.

    Returns False, and changes nothing, when the headers are not laid out as this module knows
    them; the file is then as good, only its bytes are not the same each time.
    """
    identifier = hashlib.sha256(name.encode()).digest()[:16]
    with path.open("r+b") as file:
        headers = [_read(file.fileno(), start) for start in HEADERS]
        if headers[0][MAGIC] != b"DUCK" or not all(_is_whole(header) for header in headers):
            return False
        old = headers[0][IDENTIFIER]
        for start, header in zip(HEADERS, headers, strict=True):
            if header[IDENTIFIER] == old:
                content = bytearray(header)
                content[IDENTIFIER] = identifier
                content[:8] = struct.pack("<Q", checksum(bytes(content[8:])))
                os.pwrite(file.fileno(), bytes(content), start)
        os.fsync(file.fileno())
    return True


def _read(file: int, start: int) -> bytes:
    return os.pread(file, BLOCK, start)


def _is_whole(header: bytes) -> bool:
    return len(header) == BLOCK and struct.unpack("<Q", header[:8])[0] == checksum(header[8:])
