"""Files on cases: kept under their hash, checked by their first bytes, given back as downloads."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.desk_tables import CaseAttachment
from data.durable import make_folder, put
from data.errors import InputError, NotFoundError, StoreError
from data.home import Home
from data.settings import Desk

# What may be put on a case: ending, media type, and how its bytes begin; '' is text.
KINDS = (
    (".pdf", "application/pdf", b"%PDF-"),
    (".png", "image/png", b"\x89PNG\r\n\x1a\n"),
    (".jpg", "image/jpeg", b"\xff\xd8\xff"),
    (".jpeg", "image/jpeg", b"\xff\xd8\xff"),
    (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
     b"PK\x03\x04"),
    (".txt", "text/plain", b""),
    (".csv", "text/csv", b""),
)  # fmt: skip
CHUNK = 1 << 20
LONGEST_NAME = 120


def media_type_of(name: str, beginning: bytes) -> str:
    """The media type of a file by its name, when its first bytes are of that kind.

    Raises:
        InputError: a kind that is not taken, or bytes of another.
    """
    for ending, media_type, magic in KINDS:
        if name.lower().endswith(ending):
            is_text = not magic and b"\0" not in beginning
            if is_text or (magic and beginning.startswith(magic)):
                return media_type
            raise InputError(f"文件内容不是 {ending} / the file's bytes are not {ending}")
    known = "、".join(ending for ending, _, _ in KINDS)
    raise InputError(f"只接受 {known} / only {', '.join(e for e, _, _ in KINDS)} are taken")


def plain_name(name: str) -> str:
    """The last part of a file's name, of printable characters, without folders.

    Raises:
        InputError: nothing is left of it.
    """
    last = name.replace("\\", "/").rpartition("/")[2].strip(". ")
    kept = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*/')[-LONGEST_NAME:]
    if not kept:
        raise InputError("文件名无效 / the file's name is not valid")
    return kept


def require_room(session: Session, party: str, size: int, limits: Desk) -> None:
    """Refuse a file of `size` bytes that a case has no room for, beside those that it has.

    Raises:
        InputError: it would be one too many, or all of them would be too large together.
    """
    held = select(func.count(), func.coalesce(func.sum(CaseAttachment.size_bytes), 0))
    count, total = session.execute(held.where(CaseAttachment.party_id == party)).one()
    if count >= limits.max_case_attachments:
        raise InputError(
            f"该案件已有 {count} 个附件，最多 {limits.max_case_attachments} 个 / this case has "
            f"{count} files; at most {limits.max_case_attachments} are taken"
        )
    if total + size > limits.max_case_bytes:
        left = max(0, limits.max_case_bytes - total)
        raise InputError(
            f"该案件附件合计最多 {limits.max_case_bytes:,} 字节，还可放 {left:,} 字节 / all files "
            f"of a case may take {limits.max_case_bytes:,} bytes; {left:,} are left"
        )


def keep(home: Home, file: BinaryIO, most_bytes: int) -> tuple[str, int]:
    """Write a file under its hash; returns the hash and its size in bytes.

    Raises:
        InputError: it is empty, or larger than allowed.
        StoreError: the disk refuses.
    """
    draft = home.attachments / f".writing-{os.urandom(8).hex()}"
    digest, size = hashlib.sha256(), 0
    try:
        make_folder(home.attachments)
        with draft.open("xb") as out:
            while chunk := file.read(CHUNK):
                size += len(chunk)
                if size > most_bytes:
                    raise InputError(f"超过 {most_bytes:,} 字节 / larger than {most_bytes:,} bytes")
                digest.update(chunk)
                out.write(chunk)
            os.fsync(out.fileno())
        if size == 0:
            raise InputError("文件是空的 / the file is empty")
        put(draft, place(home, digest.hexdigest()))
    except OSError as error:
        raise StoreError(
            f"cannot keep the attachment: {error.strerror}; free the disk, and send it again"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest(), size


def kept(home: Home, sha256: str) -> Path:
    """Where a file lies, proved by its hash.

    Raises:
        NotFoundError: it is gone.
        StoreError: its bytes are not those that were kept.
    """
    path = place(home, sha256)
    if not path.is_file():
        raise NotFoundError("the attachment's file is gone; put it back from a backup")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise StoreError("the attachment's file was changed; put it back from a backup")
    return path


def place(home: Home, sha256: str) -> Path:
    """Where a file of that hash lies."""
    return home.attachments / sha256
