"""Work done apart from this process: in a forked child, or by the program's own command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable


def in_child(work: Callable[[], object], kill_after: float | None = None) -> int:
    """Run something in a forked process; returns its wait status."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def command(*arguments: str) -> None:
    """Run a command of the program, apart from this process."""
    subprocess.run([sys.executable, "-m", "cli", *arguments], check=True, capture_output=True)
