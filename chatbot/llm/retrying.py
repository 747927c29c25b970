"""The one retry layer: at most two attempts, and only for what a visitor would wait for."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

from ..errors import ModelError, ModelRateLimited, ModelUnavailable

T = TypeVar("T")

LONGEST_WAIT_S = 2.0
"""A server that asks for more than this is not asked again: the visitor is told at once."""

SHORT_WAIT_S = 0.2
"""Between attempts, when the server names no time: enough for a restart of a worker or a lost packet."""


async def twice(attempt: Callable[[], Awaitable[T]], *, unless: Callable[[], bool] = lambda: False) -> T:
    """
    Return what the attempt returns, making a second one if the first met a passing failure.

    Args:
        attempt: Starts one request.
        unless: Whether it is too late for a second: words were shown already.
    """
    try:
        return await attempt()
    except (ModelUnavailable, ModelRateLimited) as error:
        if unless() or not worth_waiting(error):
            raise
        wait_s = SHORT_WAIT_S if error.retry_after_s is None else error.retry_after_s
    await asyncio.sleep(wait_s)
    return await attempt()


def worth_waiting(error: ModelError) -> bool:
    return (error.retry_after_s or 0.0) <= LONGEST_WAIT_S


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """
    Return the seconds that a server asks to wait, or None if it names none.

    It says so as ``retry-after-ms``, or as seconds or a date in ``retry-after`` (RFC 9110, section 10.2.3).
    """
    if (milliseconds := _number(headers.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    return _until(value) if seconds is None else seconds


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _until(date: str) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
