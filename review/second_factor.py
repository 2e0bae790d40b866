"""The second factor: time-based codes (RFC 6238), their secrets sealed with a key of the home."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken

from data.errors import StoreError
from data.home import Home

ISSUER = "Lookthrough"
STEP_SECONDS = 30
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Sealer:
    """Seals secrets for the store; the key lies in the home, readable by its owner alone."""

    def __init__(self, home: Home) -> None:
        """Read the key, or make one.

        Raises:
            StoreError: the key cannot be read or written, or is none.
        """
        path = home.path / "desk.key"
        try:
            self._fernet = Fernet(_key(path))
        except (OSError, ValueError) as error:
            raise StoreError(
                f"cannot use the desk's key {path}: {error}; put it back from a backup, or enrol "
                "second factors again"
            ) from error

    def seal(self, secret: str) -> str:
        """Encrypt a secret for the store."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt a secret from the store.

        Raises:
            StoreError: another key sealed it.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise StoreError(
                "the desk's key is not the one that sealed this second factor; put desk.key back "
                "from a backup, or run `lookthrough users reset NAME`"
            ) from error


def _key(path: Path) -> bytes:
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # whoever was first rules
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def new_secret() -> str:
    """A new secret in base32."""
    return pyotp.random_base32()


def accepted_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The time step whose code was given, the present one or a neighbour; None for a wrong code.

    A step that was used, or lies before one that was, is not accepted again.
    """
    totp = pyotp.TOTP(secret)
    step = int(now.replace(tzinfo=SHANGHAI).timestamp()) // STEP_SECONDS
    given = "".join(code.split())
    for each in (step, step - 1, step + 1):
        if each > last_step and pyotp.utils.strings_equal(totp.at(each * STEP_SECONDS), given):
            return each
    return None


def enrolment_picture(secret: str, name: str) -> str:
    """The secret as a QR code, an SVG element for a page."""
    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    code: str = segno.make(address, error="m").svg_inline(
        scale=5, svgclass="qr", lineclass=None, omitsize=False, border=4
    )
    return code
