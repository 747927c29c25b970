"""All collections of the double: what both its interfaces answer from."""

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from .collection import Collection
from .refusals import AlreadyExists, Internal, NoSuchCollection, WrongInput
from .requests import Body

T = TypeVar("T")

NOT_IN_NAMES = frozenset('<>:"/\\|?*\0\x1f')


class Engine:
    """
    Collections in a folder, held open from `open` to `close`.

    Args:
        folder: Keeps the collections from one `open` to the next.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._collections: dict[str, Collection] = {}
        self._changing = asyncio.Lock()
        self._threads: ThreadPoolExecutor

    async def open(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="double")
        for path in self._folder.glob("*/body.json"):
            found = await self._run(lambda path=path: Collection.load(path.parent))  # type: ignore[misc] # a default
            self._collections[found.body["name"]] = found

    async def close(self) -> None:
        while self._collections:
            _, each = self._collections.popitem()
            await self._run(each.close)
        self._threads.shutdown()

    def names(self) -> list[str]:
        return list(self._collections)

    async def create(self, name: str, body: Body) -> None:
        if not name or len(name) > 255 or NOT_IN_NAMES & set(name):
            raise WrongInput(f"Wrong input: `{name}` cannot be the name of a collection")
        async with self._changing:
            if name in self._collections:
                raise AlreadyExists(name)
            folder = self._folder / f"c-{quote(name, safe='')}"
            self._collections[name] = await self._run(lambda: Collection.create(folder, name, body))

    async def delete(self, name: str) -> bool:
        """Return whether it was there."""
        async with self._changing:
            gone = self._collections.pop(name, None)
            if gone is None:
                return False
            await self._run(gone.close)
            await self._run(lambda: shutil.rmtree(gone.folder))
            return True

    async def ask(self, name: str, question: Callable[[Collection], T]) -> T:
        """
        Answer from a collection.

        Raises:
            Refusal
        """
        if name not in self._collections:
            raise NoSuchCollection(name)
        found = self._collections[name]
        try:
            return await self._run(lambda: question(found))
        except Internal:
            if self._collections.get(name) is not found:  # deleted meanwhile
                raise NoSuchCollection(name) from None
            raise

    async def _run(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)
