"""A Prefect server of our own, with its page, for as long as a command runs."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from data.errors import StoreError

STARTING_SECONDS = 180


@contextmanager
def prefect_server(port: int) -> Iterator[str]:
    """Start a Prefect server on this machine, give its API's address, and stop it at the end.

    Raises:
        StoreError: it does not answer, because the port is taken or it stopped.
    """
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    # Its page must ask the port that it is served on.
    environment = {**os.environ, "PREFECT_UI_API_URL": url, "PREFECT_API_URL": url}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(server, url)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    begun = monotonic()
    while monotonic() - begun < STARTING_SECONDS and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
                if answer.status == 200 and server.poll() is None:
                    return
        except (urllib.error.URLError, OSError):
            sleep(0.5)
    raise StoreError(
        f"the Prefect server did not start on {url.removesuffix('/api')}; "
        "is the port taken? choose another with --port"
    )
