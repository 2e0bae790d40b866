"""Forms as they were posted: bounded, with the token of the log-in that the page was shown to."""

from __future__ import annotations

import secrets
from asyncio import timeout
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from data.errors import InputError
from review.desk import desk_of
from review.signed_in import Refused, SignedIn, whoever

TOKEN = "form_token"
MOST_FIELDS = 2_000
LONGEST_LINE = 300
LONGEST_TEXT = 20_000


class Form:
    """The fields of a form; texts without control characters."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def line(self, name: str, default: str | None = None) -> str:
        """One line of text.

        Raises:
            InputError: it is missing, too long, or holds control characters.
        """
        value = self._data.get(name, default)
        if not isinstance(value, str):
            raise InputError(f"the form lacks {name}")
        value = value.strip()
        if len(value) > LONGEST_LINE or not value.isprintable():
            raise InputError(f"{name}: at most {LONGEST_LINE} characters on one line")
        return value

    def text(self, name: str) -> str:
        """Text of several lines.

        Raises:
            InputError: it is missing, too long, or holds control characters.
        """
        value = self._data.get(name, "")
        if not isinstance(value, str):
            raise InputError(f"the form lacks {name}")
        value = value.replace("\r\n", "\n").strip()
        if len(value) > LONGEST_TEXT or not value.replace("\n", "").replace("\t", "").isprintable():
            raise InputError(f"{name}: at most {LONGEST_TEXT} characters, no control characters")
        return value

    def secret(self, name: str) -> str:
        """A password or a code, as typed."""
        value = self._data.get(name, "")
        return value if isinstance(value, str) else ""

    def several(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for value in self._data.getlist(name) if isinstance(value, str)]

    def file(self, name: str) -> UploadFile:
        """An uploaded file.

        Raises:
            InputError: none was chosen.
        """
        value = self._data.get(name)
        if not isinstance(value, UploadFile) or not value.filename:
            raise InputError("请先选择文件 / choose a file first")
        return value


async def posted(request: Request, most_bytes: int, *, files: int = 0) -> Form:
    """Read a form of at most so many bytes.

    Raises:
        Refused: it is larger than allowed, says no length, comes too slowly, or is no form.
    """
    length = request.headers.get("content-length", "")
    # A body in chunks may be longer than the length beside it, which then does not count.
    if not length.isdigit() or "transfer-encoding" in request.headers:
        raise Refused(411, "请求未说明长度", "the request states no length")
    if int(length) > most_bytes:
        raise Refused(413, f"超过 {most_bytes:,} 字节", f"larger than {most_bytes:,} bytes")
    limits = desk_of(request).settings.desk
    try:
        async with timeout(limits.upload_seconds if files else limits.form_seconds):
            data = await request.form(
                max_files=files, max_fields=MOST_FIELDS, max_part_size=LONGEST_TEXT * 5
            )
    except TimeoutError as error:
        raise Refused(408, "发送过慢，已中断", "sent too slowly; given up") from error
    except HTTPException as error:
        raise Refused(400, "表单无法读取", f"the form cannot be read: {error.detail}") from error
    return Form(data)


def require_token(form: Form, found: SignedIn) -> None:
    """Refuse a form that was not shown to this log-in.

    Raises:
        Refused: its token is missing or another's.
    """
    if not secrets.compare_digest(form.secret(TOKEN).encode(), found.form_token.encode()):
        raise Refused(403, "表单已过期，请刷新页面", "the form is out of date; load the page again")


@contextmanager
def refused_as(status: int = 422) -> Iterator[None]:
    """Turn what does not fit into a refusal that the page shows."""
    try:
        yield
    except InputError as error:
        zh, _, en = str(error).partition(" / ")
        raise Refused(status, zh, en or zh) from error


def query(pairs: Mapping[str, str]) -> dict[str, str]:
    """The pairs of an address that say something."""
    return {name: value for name, value in pairs.items() if value}


async def form_of(request: Request) -> Form:
    """The form that a signed-in page posted, with its token checked."""
    form = await posted(request, desk_of(request).settings.desk.max_form_bytes)
    require_token(form, await whoever(request))
    return form


async def open_form(request: Request) -> Form:
    """The form of a page that needs no account."""
    return await posted(request, desk_of(request).settings.desk.max_form_bytes)


async def attached_form(request: Request) -> Form:
    """A form with one file for a case, with its token checked."""
    limits = desk_of(request).settings.desk
    most = limits.max_attachment_bytes + limits.max_form_bytes
    form = await posted(request, most, files=1)
    require_token(form, await whoever(request))
    return form


async def uploaded_form(request: Request) -> Form:
    """A form with one package, with its token checked."""
    limits = desk_of(request).settings.desk
    form = await posted(request, limits.max_upload_bytes + limits.max_form_bytes, files=1)
    require_token(form, await whoever(request))
    return form
