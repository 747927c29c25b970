"""Where the time of a turn went."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..ports import Clock


class Timings:
    """Milliseconds by stage, from the moment it is made; a stage that ran twice counts both times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun_s = clock()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun_s = self._clock()
        try:
            yield
        finally:
            self._stages[name] = self._stages.get(name, 0.0) + (self._clock() - begun_s) * 1000

    def mark(self, name: str) -> None:
        """Note, once, how long after the beginning something happened."""
        self._stages.setdefault(name, (self._clock() - self._begun_s) * 1000)

    def total(self) -> Mapping[str, float]:
        """Return all stages with ``total``, rounded to a tenth of a millisecond."""
        stages = {**self._stages, "total": (self._clock() - self._begun_s) * 1000}
        return {name: round(value, 1) for name, value in stages.items()}
