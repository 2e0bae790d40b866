"""Makes the bytes of a DuckDB file depend on its contents alone.

DuckDB writes 16 random bytes, the database's identifier, into the first of the three header
blocks, and what was in memory then may lie in the other two. A header is 4096 bytes: its checksum
in 8, then 4088 bytes that the checksum covers; the identifier stands at byte 124. Blocks of 256 KiB
follow, each with its checksum before it in the same way. The checksum is DuckDB's: 5381 xor all
(word * 0xbf58476d1ce4e5b9 mod 2^64), words of 8 bytes, little endian.

A plain segment of texts begins with two words of 4 bytes, the size of its texts and where they end,
then a word per row; the texts lie at its end, and between is whatever was in memory.
"""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import numpy as np

from data.store import Database

HEADER, BLOCK, CHECKSUM = 4096, 262_144, 8
HEADERS = (0, HEADER, 2 * HEADER)
BLOCKS_FROM = 3 * HEADER
IDENTIFIER = slice(124, 140)
MAGIC = slice(8, 12)
FACTOR = np.uint64(0xBF58476D1CE4E5B9)
TABLES = "select table_name from duckdb_tables() order by table_name"
SEGMENTS = """
select block_id, block_offset, count
from pragma_storage_info($name)
where segment_type = 'VARCHAR' and compression = 'Uncompressed' and block_id >= 0
order by block_id, block_offset
"""


def checksum(content: bytes | bytearray) -> int:
    """Compute DuckDB's checksum of a block's content, whose length is a multiple of 8."""
    words = np.frombuffer(content, "<u8") * FACTOR
    return 5381 ^ int(np.bitwise_xor.reduce(words))


def set_identifier(path: Path, name: str) -> bool:
    """Derive the identifier of a closed DuckDB file from a name, in place; sync the file.

    Returns False, and changes nothing, when the headers are not laid out as this module knows
    them; the file is then as good, only its bytes are not the same each time.
    """
    identifier = hashlib.sha256(name.encode()).digest()[:16]
    with path.open("r+b") as file:
        headers = [os.pread(file.fileno(), HEADER, start) for start in HEADERS]
        if headers[0][MAGIC] != b"DUCK" or not all(_is_whole(h, HEADER) for h in headers):
            return False
        old = headers[0][IDENTIFIER]
        for start, header in zip(HEADERS, headers, strict=True):
            if header[IDENTIFIER] == old:
                content = bytearray(header)
                content[IDENTIFIER] = identifier
                os.pwrite(file.fileno(), _summed(content), start)
        os.fsync(file.fileno())
    return True


def clear_gaps(path: Path) -> bool:
    """Write zeros between the rows and the texts of a closed file's plain segments; sync the file.

    Returns False where a block or a segment is not laid out as this module knows them; that one is
    left as it is.

    Raises:
        StoreError: it is no DuckDB file.
    """
    known = True
    by_block: dict[int, list[tuple[int, int]]] = {}
    with Database.open(path, read_only=True) as db:
        for (name,) in db.rows("tables", TABLES):
            for block, place, rows in db.rows("segments of texts", SEGMENTS, {"name": name}):
                by_block.setdefault(block, []).append((place, rows))
    with path.open("r+b") as file:
        for block, held in by_block.items():
            start = BLOCKS_FROM + block * BLOCK
            content = bytearray(os.pread(file.fileno(), BLOCK, start))
            if not _is_whole(content, BLOCK):
                known = False
                continue
            before = bytes(content)
            for place, rows in held:
                first = CHECKSUM + place
                size, end = struct.unpack_from("<II", content, first)
                gap, texts = first + 8 + 4 * rows, first + end - size
                if gap <= texts <= first + end <= BLOCK:
                    content[gap:texts] = bytes(texts - gap)
                else:
                    known = False
            if content != before:
                os.pwrite(file.fileno(), _summed(content), start)
        os.fsync(file.fileno())
    return known


def _is_whole(block: bytes | bytearray, length: int) -> bool:
    stated = block[:CHECKSUM]
    return len(block) == length and struct.unpack("<Q", stated)[0] == checksum(block[CHECKSUM:])


def _summed(content: bytearray) -> bytes:
    content[:CHECKSUM] = struct.pack("<Q", checksum(content[CHECKSUM:]))
    return bytes(content)
