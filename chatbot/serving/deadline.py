"""The promise that a process that was told to stop does stop."""

import os
import select
import threading
import time
from contextlib import suppress
from types import TracebackType

LAST_LINE = b"chatbot: not everything ended in time; stopping now\n"


class Deadline:
    """
    Ends the process with status 0 some seconds after `begin`, even if the event loop hangs.

    A thread of its own waits; it is woken through a pipe, because a signal handler may take no lock.
    It lets the process go on only if nothing is left that could hold up its end.
    """

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._reading, self._writing = os.pipe()
        self._thread = threading.Thread(target=self._wait, name="deadline", daemon=True)

    def begin(self) -> None:
        """Start counting; safe in a signal handler, and more than once."""
        with suppress(BlockingIOError):  # thousands of signals: the first is enough
            os.write(self._writing, b"!")

    def __enter__(self) -> "Deadline":
        os.set_blocking(self._writing, False)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not _held_up():
            os.close(self._writing)
            self._thread.join()
            os.close(self._reading)

    def _wait(self) -> None:
        if not os.read(self._reading, 1):
            return
        ends_at = time.monotonic() + self._after_s
        while (left_s := ends_at - time.monotonic()) > 0:
            readable, _, _ = select.select([self._reading], [], [], left_s)
            if readable and not os.read(self._reading, 64):
                return
        _write_last_line()
        os._exit(0)


def _held_up() -> bool:
    """Whether the interpreter would wait for another thread before it ends."""
    others = (thread for thread in threading.enumerate() if thread is not threading.current_thread())
    return any(not thread.daemon for thread in others)


def _write_last_line() -> None:
    """Write to standard error unless that would wait for a reader; logging may hang with the loop."""
    with suppress(OSError, ValueError):
        _, writable, _ = select.select([], [2], [], 0)
        if writable:
            os.write(2, LAST_LINE)
