"""Files and packages made to cost time or memory: seconds on the clock and of the processor, peak
memory and receipt of each.

    python -m benchmarks.hostile [CASE ...]

Each is made and checked in processes of their own. The exit code is 1 where no receipt came, or
where it took more than `MOST_SECONDS` of the processor or `MOST_MB`.
"""

from __future__ import annotations

import hashlib
import json
import resource
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.planted.world import DAY, A, entry

MOST_SECONDS, MOST_MB = 60, 2500
MB = 1 << 20
GB = 1 << 30
NAMES = list(entry(0))
HEADER = ",".join(NAMES).encode() + b"\n"
ROWS = 1_000_000


def row(number: int) -> bytes:
    """A good row of entry.csv on one line."""
    return ",".join({**entry(number), "memo": "x"}.values()).encode() + b"\n"


def good_rows(count: int) -> Iterator[bytes]:
    """So many of them."""
    return map(row, range(count))


def package(place: Path, parts: Iterable[bytes], rows: int, name: str = "entry.csv") -> Path:
    """Write a package of one file of entries in parts; its manifest is right about the bytes."""
    folder = place / f"{A}-{DAY:%Y%m%d}-00000001"
    folder.mkdir(parents=True)
    digest = hashlib.sha256()
    with (folder / name).open("wb") as file:
        for part in parts:
            file.write(part)
            digest.update(part)
    stated = {"name": name, "table": "entry", "rows": rows, "amount_total": 0,
              "sha256": digest.hexdigest()}  # fmt: skip
    manifest = {"spec": 1, "submitter": A, "business_date": DAY.isoformat(), "sequence": 1,
                "files": [stated]}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def one_line(place: Path) -> Path:
    return package(place, [HEADER, *[b"x" * MB] * 1024, b"\n", row(1)], 2)


def long_header(place: Path) -> Path:
    return package(place, [*[b"x" * MB] * 1024], 0)


def many_columns(place: Path) -> Path:
    return package(place, [",".join(f"c{n}" for n in range(100_000)).encode()], 0)


def many_cells(place: Path) -> Path:
    return package(place, [HEADER, *[b"," * 900_000 + b"\n"] * 200], 200)


def one_cell(place: Path) -> Path:
    return package(place, [HEADER, b'"', *[b"x" * MB] * 100, b'"\n'], 1)


def one_cell_of_lines(place: Path) -> Path:
    return package(place, [HEADER, b'"', *[(b"x" * 79 + b"\n") * 1000] * 1311, b'"\n'], 1)


def open_quote(place: Path) -> Path:
    return package(place, [HEADER, b'"', *good_rows(ROWS)], ROWS)


def only_quotes(place: Path) -> Path:
    return package(place, [HEADER, b'"\n' * ROWS], ROWS // 2)


def quotes_far_apart(place: Path) -> Path:
    return package(place, [HEADER, (b'"a\n' + b"x\n" * 199) * 50_000], 10_000_000)


def quotes_on_long_lines(place: Path) -> Path:
    line = b"x" * 900_000
    return package(place, [HEADER, *[b'"' + line + b"\n", *[line + b"\n"] * 150] * 4], 604)


def doubled_quotes(place: Path) -> Path:
    return package(place, [HEADER, *[b'"' + b'""' * 490_000 + b"\n"] * 300], 300)


def empty_lines(place: Path) -> Path:
    return package(place, [HEADER, *[b"\n" * MB] * 10], 10 * MB)


def nul_bytes(place: Path) -> Path:
    return package(place, [HEADER, *[b"\0" * MB] * 500], 1)


def header_only(place: Path) -> Path:
    return package(place, [HEADER], 0)


def carriage_returns(place: Path) -> Path:
    return package(place, [HEADER[:-1] + b"\r", *(row(n)[:-1] + b"\r" for n in range(ROWS))], ROWS)


def all_bad(place: Path) -> Path:
    return package(place, [HEADER, *(b"x" + row(n) for n in range(ROWS))], ROWS)


def all_malformed(place: Path) -> Path:
    return package(place, [HEADER, *(b"x," + row(n) for n in range(ROWS))], ROWS)


def one_key(place: Path) -> Path:
    return package(place, [HEADER, *[row(1) * 1000] * (ROWS // 1000)], ROWS)


def _parquet(place: Path, table: pa.Table) -> Path:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    content = sink.getvalue().to_pybytes()
    return package(place, [content], table.num_rows, "entry.parquet")


def wide_dictionary(place: Path) -> Path:
    codes = pa.array([0] * ROWS, pa.int32())
    return _parquet(place, pa.table({"memo": pa.DictionaryArray.from_arrays(codes, ["x" * MB])}))


def large_dictionary(place: Path) -> Path:
    words = pa.array([f"{n:0>100}" for n in range(5 * ROWS)])
    return _parquet(place, pa.table({"memo": words.dictionary_encode()}))


def many_parquet_columns(place: Path) -> Path:
    return _parquet(place, pa.table({f"c{n}": [1] for n in range(100_000)}))


def manifest_of_names(place: Path) -> Path:
    folder = package(place, [HEADER], 0)
    files = [{"name": f"f{n}", "table": "entry"} for n in range(200_000)]
    (folder / "manifest.json").write_text(json.dumps({"spec": 1, "files": files}))
    return folder


def _zipped(place: Path, lie: bool) -> Path:
    """Ten gigabytes of zeros as one member, from blocks that inflate independently."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packer.compress(b"")
    block = packer.compress(b"\0" * MB) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = block * (10 * 1024) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    size = 1000 if lie else 10 * GB
    path = place / f"{A}-{DAY:%Y%m%d}-00000001.zip"
    place.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("manifest.json", "{}")
    name, start = b"entry.csv", path.stat().st_size
    content = path.read_bytes()
    end = content.rfind(b"PK\x05\x06")
    first = content.find(b"PK\x01\x02")
    wide = struct.pack("<HHQQ", 1, 16, size, len(packed))
    sizes = struct.pack("<IIIHH", 0, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(wide))
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 45, 0, 8, 0, 0x21) + sizes + name + wide
    central = (b"PK\x01\x02" + struct.pack("<HHHHHH", 45, 45, 0, 8, 0, 0x21) + sizes
               + struct.pack("<HHHII", 0, 0, 0, 0, first) + name + wide)  # fmt: skip
    directory = content[first:end] + central
    at = first + len(local) + len(packed)
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 2, 2, len(directory), at, 0)
    path.write_bytes(content[:first] + local + packed + directory + tail)
    assert start > first
    return path


def zip_bomb(place: Path) -> Path:
    return _zipped(place, lie=False)


def zip_bomb_declared_small(place: Path) -> Path:
    return _zipped(place, lie=True)


def zip_of_members(place: Path) -> Path:
    path = place / f"{A}-{DAY:%Y%m%d}-00000001.zip"
    place.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as file:
        for number in range(200_000):
            file.writestr(f"m{number}", "")
    return path


CASES: dict[str, tuple[str, Callable[[Path], Path]]] = {
    made.__name__: (said, made)
    for said, made in (
        ("a line of 1 GB", one_line),
        ("a header of 1 GB", long_header),
        ("100,000 columns", many_columns),
        ("200 lines of 900,000 commas", many_cells),
        ("a quoted cell of 100 MB on one line", one_cell),
        ("a quoted cell of 100 MB over 1,300,000 lines", one_cell_of_lines),
        ("a quote left open at row 1 of 1,000,000", open_quote),
        ("1,000,000 lines of one quote", only_quotes),
        ("50,000 open quotes 200 lines apart, 10,000,000 lines", quotes_far_apart),
        ("open quotes before 150 lines of 900 kB", quotes_on_long_lines),
        ("300 open cells of 490,000 doubled quotes", doubled_quotes),
        ("10,000,000 empty lines", empty_lines),
        ("500 MB of NULs", nul_bytes),
        ("a header only", header_only),
        ("1,000,000 rows ended by CR only", carriage_returns),
        ("1,000,000 rows, each with a wrong code", all_bad),
        ("1,000,000 rows, each with a cell too many", all_malformed),
        ("1,000,000 rows of one key", one_key),
        ("Parquet: one text of 1 MB in 1,000,000 rows", wide_dictionary),
        ("Parquet: a dictionary of 5,000,000 texts", large_dictionary),
        ("Parquet: 100,000 columns", many_parquet_columns),
        ("a manifest of 200,000 files", manifest_of_names),
        ("a ZIP of 10 GB of zeros", zip_bomb),
        ("the same, declared as 1,000 bytes", zip_bomb_declared_small),
        ("a ZIP of 200,000 members", zip_of_members),
    )
}


def make(case: str, place: Path) -> None:
    """Write a case's package and print where it lies."""
    print(CASES[case][1](place))


def check(package: Path) -> None:
    """Check a package, and print seconds, peak memory and what the receipt says first."""
    from data.settings import load_settings
    from pipelines.intake import check_package

    settings = load_settings(None)
    begun, worked = perf_counter(), process_time()
    receipt = check_package(package, settings, now=datetime(2016, 6, 14, 8))
    seconds, used = perf_counter() - begun, process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rules = " ".join(f"{f['rule']}×{f['count']}" for f in receipt["findings"][:3])
    said = f"{receipt['status']} {rules}"
    print(json.dumps({"seconds": seconds, "cpu": used, "peak_mb": peak / 1024, "said": said}))


def main(cases: list[str]) -> int:
    """Run the cases and print a table."""
    failed = 0
    print(f"{'case':<54} {'seconds':>7} {'cpu':>6} {'peak MB':>8}  receipt")
    for case in cases or list(CASES):
        with TemporaryDirectory(prefix="hostile-") as folder:
            made = _apart(f"make({case!r}, Path({folder!r}) / 'made')")
            done = _apart(f"check(Path({made.stdout.strip()!r}))")
            if done.returncode:
                print(f"{CASES[case][0]:<54} no receipt: {done.stderr.strip().splitlines()[-1:]}")
                failed += 1
                continue
            found = json.loads(done.stdout)
            over = found["cpu"] > MOST_SECONDS or found["peak_mb"] > MOST_MB
            failed += over
            print(f"{CASES[case][0]:<54} {found['seconds']:>7.1f} {found['cpu']:>6.1f} "
                  f"{found['peak_mb']:>8.0f}  {found['said']}"
                  f"{'   OVER THE LIMIT' if over else ''}", flush=True)  # fmt: skip
    return int(bool(failed))


def _apart(call: str) -> subprocess.CompletedProcess[str]:
    program = f"from pathlib import Path; from benchmarks.hostile import *; {call}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
