"""The process that serves: its loop, its signals, its end."""

import asyncio
import contextlib
import gc
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from types import FrameType
from typing import Any

from quart import Quart

from .serving import Limits, serving
from .serving.deadline import Deadline
from .web.drain import Drain

Handler = Callable[[int, FrameType | None], Any] | int | None

SIGNALS = (signal.SIGTERM, signal.SIGINT)

ONE_PRESS_S = 0.5
"""Within this a second SIGINT is the same key press, passed on by a shell or a supervisor."""

DESCRIPTORS_KEPT_FREE = 256
"""For files, pools and children, when the limit of the process is what bounds its sockets."""


def run(work: Coroutine[Any, Any, None], *, deadline_s: float = Limits().deadline_s) -> int:
    """
    Run to the end, on uvloop where it exists, or until SIGTERM or SIGINT cancels the work.

    Signals after the first change nothing, but a second SIGINT cancels again, which cuts `serve` short.
    From the first signal on, the process ends within ``deadline_s``, with status 0, even if the loop hangs.

    Returns:
        The exit status, 0; errors of the work are passed on as they are.
    """
    with (
        Deadline(deadline_s) as deadline,
        Signals(deadline) as signals,
        asyncio.Runner(loop_factory=loop_factory()) as runner,
    ):
        try:
            runner.run(signals.attached(work))
        except asyncio.CancelledError:
            if not signals.came:
                raise
    return 0


async def serve(
    app: Quart,
    drain: Drain,
    *,
    host: str,
    port: int,
    on_bound: Callable[[str], None] | None = None,
    limits: Limits | None = None,
    trusted_hops: int = 0,
) -> None:
    """
    Serve until cancelled; then stop as `Service` does, and pass the cancellation on.

    When this returns no handler runs any more: what they use can be closed. Cancelled again while answers
    are being finished, it does not wait for them any longer.

    Args:
        app: One that has not been started; errors of its start are passed on as they are.
        drain: The registry that the application's handlers join.
        port: 0 for any that is free.
        on_bound: Gets the address once questions are answered there, ``http://127.0.0.1:8000``.
        trusted_hops: How many routers in front of this process are trusted to name scheme and client.

    Raises:
        ServerError: The address cannot be listened on.
    """
    limits = within_descriptors(limits or Limits())
    async with serving(app, drain, host=host, port=port, limits=limits, trusted_hops=trusted_hops) as url:
        if on_bound is not None:
            on_bound(url)
        with long_lived_objects_set_aside():
            await asyncio.get_running_loop().create_future()


class Signals:
    """
    SIGTERM and SIGINT, as cancellation of the work.

    Plain handlers, not the loop's own: they run, and start the deadline, when the loop hangs as well.

    Attributes:
        came: Whether any has come.
    """

    def __init__(self, deadline: Deadline) -> None:
        self.came = False
        self._deadline = deadline
        self._cancel: Callable[[], object] | None = None
        self._interrupted_at: float | None = None
        self._before: dict[signal.Signals, Handler] = {}

    async def attached(self, work: Coroutine[Any, Any, None]) -> None:
        """Run the work where signals can cancel it; one that came before it began cancels it, too."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is not None:
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            if self.came:
                task.cancel()
        await work

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._on_signal) for each in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        # A supervisor may repeat itself until the process is gone, and must not kill it on its last steps.
        for each, before in self._before.items():
            signal.signal(each, signal.SIG_IGN if self.came else before)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._deadline.begin()
        if not self.came or (number == signal.SIGINT and self._pressed_again()):
            self.came = True
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                if self._cancel is not None:
                    self._cancel()
        if number == signal.SIGINT and self._interrupted_at is None:
            self._interrupted_at = time.monotonic()

    def _pressed_again(self) -> bool:
        return self._interrupted_at is not None and time.monotonic() - self._interrupted_at > ONE_PRESS_S


@contextlib.contextmanager
def long_lived_objects_set_aside() -> Iterator[None]:
    """
    Spare the garbage collector what was loaded up to here, which stays anyway.

    Its full passes hold the loop for as long as it takes to visit every object: 80 ms were seen.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's, where it exists; None for asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def within_descriptors(limits: Limits) -> Limits:
    """Return limits with no more sockets than the process may open; its own limit is raised as far as it goes."""
    try:
        import resource
    except ImportError:  # Windows, where there is no such limit
        return limits
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.sockets + DESCRIPTORS_KEPT_FREE
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return limits
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return replace(limits, sockets=max(1, soft - DESCRIPTORS_KEPT_FREE))
