"""One process at a time in a data folder; the kernel gives the lock back however the process ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreLocked, StoreUnavailable


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """
    Hold the folder's lock; make the folder if it is not there.

    Raises:
        StoreLocked: Another process holds it; the message names that process.
        StoreUnavailable: The folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreUnavailable(f"DATA_DIR {folder} cannot be used: {error.strerror}.") from error
    try:
        acquire(file, folder)
        yield
    finally:
        os.close(file)


def acquire(file: int, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(file, 20, 0).decode(errors="replace").strip()
        raise StoreLocked(
            f"The index in {folder} is in use by another process (pid {holder or 'unknown'}). "
            "Stop that one first, or set DATA_DIR to another folder."
        ) from error
    os.ftruncate(file, 0)
    os.pwrite(file, str(os.getpid()).encode(), 0)
