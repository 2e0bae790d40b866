"""Passwords: how they are kept, what they must be, and one that is made up for a first log-in.

Argon2id with 19 MiB, two passes: OWASP's password storage cheat sheet. What a password must be
follows NIST SP 800-63B: length, and not what is guessed first; no rules of composition.
"""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from data.errors import InputError

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
LONGEST = 200
# Checked where there is no such account, so that both answers take the same time.
NOBODY = HASHER.hash(secrets.token_hex(16))
GUESSED = ("password", "passw0rd", "qwerty", "123456", "abc123", "iloveyou", "admin", "letmein",
           "welcome", "woaini", "lookthrough")  # fmt: skip
FEWEST_DIFFERENT = 5


def keep(password: str) -> str:
    """The hash under which a password is kept."""
    return HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether a password is the one that was kept; None, no such account, takes as long."""
    try:
        return HASHER.verify(kept or NOBODY, password[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def require_good(password: str, name: str, minimum_chars: int) -> None:
    """Refuse what is guessed first.

    Raises:
        InputError: too short, too long, the name, a run of few characters, or a common word.
    """
    plain = password.lower()
    if not minimum_chars <= len(password) <= LONGEST:
        zh = f"密码须为 {minimum_chars} 至 {LONGEST} 个字符"
        raise InputError(f"{zh} / {minimum_chars} to {LONGEST} characters")
    stripped = plain
    for word in (name.lower(), *GUESSED):
        stripped = stripped.replace(word, "") if word else stripped
    if len(set(plain)) < FEWEST_DIFFERENT or len(stripped) < minimum_chars // 2:
        raise InputError("密码太容易被猜到 / the password is guessed too easily")


def first_password() -> str:
    """A random password for a first log-in, 96 bits in four groups."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
