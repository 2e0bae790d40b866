"""Hostile packages through the upload page: none is taken in, the desk and its disk stay well."""

import io
import struct
import zipfile

import pytest
from desk_world import SUBMITTER, World

from data.home import Home

NAME = f"{SUBMITTER}-20160613-00000009"


def archive(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as held:
        for name, content in files:
            held.writestr(name, content)
    return buffer.getvalue()


def understated(content: bytes) -> bytes:
    """The same archive, whose directory says that each file holds ten bytes."""
    torn = bytearray(content)
    place = torn.find(b"PK\x01\x02")
    while place >= 0:
        torn[place + 24 : place + 28] = struct.pack("<I", 10)
        place = torn.find(b"PK\x01\x02", place + 4)
    return bytes(torn)


BOMB = archive(("manifest.json", b"0" * 300_000_000))
ATTACKS = {
    "bomb": BOMB,
    "bomb that understates itself": understated(BOMB),
    "many files": archive(*((f"{n}.csv", b"") for n in range(20_000))),
    "slip": archive(("../../../evil.csv", b"x"), ("/etc/evil.csv", b"x"), ("..\\evil.csv", b"x")),
    "bomb in a bomb": archive(("entry.csv", BOMB)),
    "twice the same name": archive(("manifest.json", b"{}"), ("manifest.json ", b"{}")),
    "no archive": b"PK\x03\x04" + bytes(1_000),
    "empty": b"",
}


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


@pytest.mark.parametrize("content", ATTACKS.values(), ids=ATTACKS)
def test_a_hostile_package_is_rejected_with_a_receipt_and_leaves_nothing(
    world: World, content: bytes
) -> None:
    browser = world.signed_in("bank")
    browser.get("/submitter")
    answer = browser.post("/submitter/packages", files={"file": (f"{NAME}.zip", content)})
    assert answer.status_code == 303
    page = browser.get(f"/submitter/receipts/{NAME}")
    assert page.status_code == 200 and "拒收" in page.text
    assert not list(world.home.path.rglob("*evil*")) and not list(world.home.working.iterdir())
    kept = sum(path.stat().st_size for path in world.home.path.rglob("*") if path.is_file())
    assert kept < 20_000_000
