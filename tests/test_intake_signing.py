"""Signatures: right, wrong, missing, expired, revoked, of another package; keys by command."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import cli
from data.control import Control, SubmitterKey
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit
from tests.test_intake import NOW, SUBMITTER, as_csv, entry, first, write


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def register(home: Home, key: Ed25519PrivateKey, **changed: Any) -> SubmitterKey:
    row = {"required": True, "valid_from": date(2016, 1, 1), "valid_to": None, "added_at": NOW}
    with Control(home) as control:
        return control.add_key(
            SubmitterKey(submitter=SUBMITTER, public_key=public(key), **{**row, **changed})
        )


def sign(package: Path, key: Ed25519PrivateKey) -> Path:
    signature = key.sign((package / "manifest.json").read_bytes())
    (package / "manifest.sig").write_bytes(base64.b64encode(signature))
    return package


def received(home: Home, package: Path) -> dict[str, Any]:
    submit(package, home)
    [path] = receive(home, load_settings(None), NOW)
    receipt: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return receipt


def test_a_registered_key_makes_signatures_a_duty(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    home = Home(tmp_path / "home").create()
    register(home, key)
    unsigned = received(home, write(tmp_path / "a", as_csv([entry(1)])))
    assert first(unsigned)["rule"] == "R-PACKAGE-013"
    signed = sign(write(tmp_path / "b", as_csv([entry(1)]), sequence=2), key)
    assert received(home, signed)["status"] == "accepted"
    wrong = sign(
        write(tmp_path / "c", as_csv([entry(1)]), sequence=3), Ed25519PrivateKey.generate()
    )
    assert first(received(home, wrong))["rule"] == "R-PACKAGE-013"


def test_a_signature_of_another_package_is_none(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    home = Home(tmp_path / "home").create()
    register(home, key)
    signed = sign(write(tmp_path / "a", as_csv([entry(1)])), key)
    replayed = write(tmp_path / "b", as_csv([entry(1)]), sequence=2)
    (replayed / "manifest.sig").write_bytes((signed / "manifest.sig").read_bytes())
    assert first(received(home, replayed))["rule"] == "R-PACKAGE-013"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"valid_to": date(2016, 6, 1)}, "expired on 2016-06-01"),
        ({"valid_from": date(2016, 7, 1)}, "is good from 2016-07-01 on"),
        ({"revoked_at": datetime(2016, 6, 1)}, "was revoked"),
    ],
)
def test_a_key_that_does_not_count_is_said(
    tmp_path: Path, key: Ed25519PrivateKey, changed: dict[str, Any], said: str
) -> None:
    home = Home(tmp_path / "home").create()
    register(home, key, **changed)
    receipt = received(home, sign(write(tmp_path, as_csv([entry(1)])), key))
    assert said in first(receipt)["examples"][0]["message"]


def test_an_optional_key_and_a_second_key(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    home = Home(tmp_path / "home").create()
    register(home, key, required=False)
    assert received(home, write(tmp_path / "a", as_csv([entry(1)])))["status"] == "accepted"
    other = Ed25519PrivateKey.generate()
    register(home, other, required=False)
    signed = sign(write(tmp_path / "b", as_csv([entry(1)]), sequence=2), other)
    assert received(home, signed)["status"] == "accepted"


def test_keys_are_registered_and_revoked_by_command(
    tmp_path: Path, key: Ed25519PrivateKey, capfd: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home")]
    pem = tmp_path / "bank.pem"
    pem.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert cli.run([*home, "keys", "--add", str(pem), "--submitter", SUBMITTER]) == 0
    assert public(key) in capfd.readouterr().out
    assert cli.run([*home, "keys", "--revoke", "1"]) == 0
    with Control(Home(tmp_path / "home")) as control:
        [held] = control.keys()
    assert held.revoked_at is not None
    assert cli.run([*home, "keys", "--revoke", "9"]) == 3
    assert cli.run([*home, "keys", "--add", str(pem), "--submitter", "x"]) == 2
    pem.write_text("no key")
    assert cli.run([*home, "keys", "--add", str(pem), "--submitter", SUBMITTER]) == 2


def test_revoking_a_key_does_not_end_the_duty_to_sign(
    tmp_path: Path, key: Ed25519PrivateKey
) -> None:
    home = Home(tmp_path / "home").create()
    held = register(home, key)
    with Control(home) as control:
        control.revoke_key(held.key_id, NOW)
    assert first(received(home, write(tmp_path, as_csv([entry(1)]))))["rule"] == "R-PACKAGE-013"


def test_check_verifies_by_the_key_that_is_named(
    tmp_path: Path, key: Ed25519PrivateKey, capfd: pytest.CaptureFixture[str]
) -> None:
    package = sign(write(tmp_path, as_csv([entry(1)])), key)
    for number, signer in enumerate((key, Ed25519PrivateKey.generate())):
        pem = tmp_path / f"{number}.pem"
        pem.write_text(public(signer))
        assert cli.run(["check", str(package), "--key", str(pem)]) == (0, 2)[number]
    assert "R-PACKAGE-013" in capfd.readouterr().out


def test_a_key_is_registered_once_and_only_where_it_can_count(
    tmp_path: Path, key: Ed25519PrivateKey, capfd: pytest.CaptureFixture[str]
) -> None:
    pem = tmp_path / "bank.pem"
    pem.write_text(public(key))
    add = ["--home", str(tmp_path / "h"), "keys", "--add", str(pem), "--submitter", SUBMITTER]
    assert cli.run([*add, "--from", "2030-01-02", "--to", "2030-01-01"]) == 2
    assert cli.run(add) == 0
    assert cli.run(add) == 2
    assert "has this key already" in capfd.readouterr().err
