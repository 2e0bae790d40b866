"""Worker processes that do one thing after another, each within a time; what hangs is killed."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any

CONTEXT = multiprocessing.get_context("spawn")


class Hang(Exception):
    """Something took longer than its time."""


class Death(Exception):
    """A worker died."""


class _Worker:
    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.end, other = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_serve, args=(work, other), daemon=True)
        self.process.start()
        other.close()
        self.task: Any = None
        self.until: float | None = None
        assert self.end.recv() == "ready"

    def begin(self, task: Any, seconds: float) -> None:
        self.task, self.until = task, monotonic() + seconds
        self.end.send(task)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()


def results(
    work: Callable[[Any], Any], tasks: Iterable[Any], workers: int, seconds: float
) -> Iterator[tuple[Any, Any]]:
    """Yield each task with its result, or with `Hang`, or `Death`, in the order of their ends.

    `work` returns what it found and raises nothing; it is a module's function.
    """
    waiting = iter(tasks)
    busy: list[_Worker] = []
    for _ in range(workers):
        task = next(waiting, None)
        if task is not None:
            busy.append(_Worker(work))
            busy[-1].begin(task, seconds)
    while busy:
        ready = wait([each.end for each in busy], timeout=0.2)
        for worker in list(busy):
            result: Any
            if worker.end in ready:
                try:
                    result = worker.end.recv()
                except (EOFError, OSError):
                    result = Death()
            elif worker.until is not None and monotonic() > worker.until:
                result = Hang()
            else:
                continue
            yield worker.task, result
            busy.remove(worker)
            task = next(waiting, None)
            if isinstance(result, (Hang, Death)) or task is None:
                worker.stop()
                worker = _Worker(work) if task is not None else worker
            if task is not None:
                worker.begin(task, seconds)
                busy.append(worker)


def _serve(work: Callable[[Any], Any], end: Connection) -> None:
    end.send("ready")
    while True:
        try:
            task = end.recv()
        except (EOFError, ConnectionError):
            return
        try:
            end.send(work(task))
        except BaseException:
            end.send(traceback.format_exc())
