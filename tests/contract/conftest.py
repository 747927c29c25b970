from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.backends import BACKENDS, opened
from tests.contract.shelf import Shelf, stocked


@pytest.fixture(params=BACKENDS)
async def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shelf]:
    async with opened(request.param, tmp_path) as opener, stocked(opener) as shelf:
        yield shelf
