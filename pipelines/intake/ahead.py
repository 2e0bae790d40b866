"""Reads ahead: another thread makes the next value while one is in use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")


def ahead(values: Iterator[Value]) -> Iterator[Value]:
    """Yield the same values in the same order, of which none is None; what they raise is raised."""
    with ThreadPoolExecutor(1) as pool:
        coming: Future[Value | None] = pool.submit(next, values, None)
        while (value := coming.result()) is not None:
            coming = pool.submit(next, values, None)
            yield value
