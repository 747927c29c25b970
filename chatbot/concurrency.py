"""Errors of task groups, as one error."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .errors import ChatbotError


@asynccontextmanager
async def first_error() -> AsyncIterator[None]:
    """Raise the first of a task group's errors bare, so that callers handle it like any other."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise first(group) from group


def first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the group's first ChatbotError, or its first error if it holds none."""
    expected, _ = group.split(ChatbotError)
    found: BaseException = expected or group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
