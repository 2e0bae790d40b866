"""Signatures of manifests: which keys a submitter has, and whether a package is signed by one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data.control import SubmitterKey
from data.errors import InputError
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.findings import Example, Finding, Refused

KEY_BYTES = 32
PEM = "-----BEGIN PUBLIC KEY-----"
# What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410).
DER_HEAD = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True)
class Key:
    """A public key in base64, the dates it is good for, and whether it was revoked."""

    public: str
    first: date = date.min
    last: date = date.max
    revoked: bool = False

    def unfit(self, today: date) -> str | None:
        """Why the key does not count today; None when it does."""
        if self.revoked:
            return "was revoked"
        if today < self.first:
            return f"is good from {self.first} on"
        return f"expired on {self.last}" if today > self.last else None


@dataclass(frozen=True)
class Keyring:
    """The keys by submitter, and of whom a signature is required; of everyone with `of_all`."""

    keys: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    of_all: bool = False

    @classmethod
    def of(cls, settings: Intake, registered: Iterable[SubmitterKey] = ()) -> Keyring:
        """The keys of the settings and those that are registered."""
        keys: dict[str, tuple[Key, ...]] = {
            submitter: (Key(public),) for submitter, public in settings.signature_keys.items()
        }
        required = set()
        for held in registered:
            last = held.valid_to or date.max
            key = Key(held.public_key, held.valid_from, last, held.revoked_at is not None)
            keys[held.submitter] = (*keys.get(held.submitter, ()), key)
            if held.required:  # a revoked key leaves the duty; a stolen one must not end it
                required.add(held.submitter)
        return cls(keys, frozenset(required), settings.signature_required)


def check_signature(folder: Path, submitter: str, keyring: Keyring, today: date) -> Finding | None:
    """Verify manifest.sig; returns a warning where nothing can be verified and nothing must be.

    Raises:
        Refused: the signature is wrong, or is required and missing, or its key does not count.
    """
    path = folder / "manifest.sig"
    required = keyring.of_all or submitter in keyring.required
    keys = keyring.keys.get(submitter, ())
    if not path.is_file():
        if required:
            raise Refused(rules.SIGNATURE, "manifest.sig is missing, and a signature is required")
        return None
    if not keys:
        if required:
            raise Refused(rules.SIGNATURE, f"no key is registered for {submitter}")
        example = Example(f"no key is registered for {submitter}")
        return Finding(rules.UNVERIFIED, 1, None, "manifest.sig", [example])
    with path.open("rb") as file:
        signed = file.read(1000)
    content = (folder / "manifest.json").read_bytes()
    signing = [key for key in keys if _signs(key.public, signed, content)]
    if not signing:
        raise Refused(
            rules.SIGNATURE, "manifest.sig is no signature of manifest.json by a registered key"
        )
    reasons = [key.unfit(today) for key in signing]
    if None not in reasons:
        raise Refused(rules.SIGNATURE, f"the key that signed manifest.json {reasons[0]}")
    return None


def public_key_in(path: Path) -> str:
    """The public key in a file, in base64 of its 32 bytes.

    Raises:
        InputError: the file cannot be read, or holds none.
    """
    try:
        return read_public_key(path.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def read_public_key(text: str) -> str:
    """A public key in base64 of its 32 bytes, from that form or from PEM.

    Raises:
        InputError: it is neither.
    """
    body = text.strip()
    if body.startswith(PEM):
        body = "".join(line for line in body.splitlines() if not line.startswith("-"))
    try:
        content = base64.b64decode(body, validate=True).removeprefix(DER_HEAD)
        if len(content) != KEY_BYTES:
            raise ValueError
        Ed25519PublicKey.from_public_bytes(content)
    except ValueError:
        raise InputError(
            "the file holds no Ed25519 public key; give its PEM, or base64 of its 32 bytes"
        ) from None
    return base64.b64encode(content).decode()


def _signs(public: str, signed: bytes, content: bytes) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signed.strip(), validate=True), content)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
