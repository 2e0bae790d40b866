"""What makes a change outlast a power cut: bytes and names pushed down to the disk, in order.

A file's bytes are safe when the file was synced, its name when the folder that holds it was, and
the folder's own name when the folder above was; POSIX promises no more.
"""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Let a file's bytes, or a folder's names, reach the disk; a link to a file is not followed.

    Raises:
        OSError: it is gone, or the disk refuses.
    """
    kind = os.O_DIRECTORY if path.is_dir() else os.O_NOFOLLOW
    descriptor = os.open(path, os.O_RDONLY | kind)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, whose names are on the disk; one that is there is fine.

    Raises:
        OSError: the disk refuses, or a file is in the way.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def put(source: Path, target: Path) -> None:
    """Give a written file or folder its final name, after its bytes; a file there is replaced.

    After a power cut the target is what it was before, or the whole source. Of a folder its names
    are synced, its files must be already.

    Raises:
        OSError: the disk refuses.
    """
    sync(source)
    os.replace(source, target)
    sync(target.parent)
