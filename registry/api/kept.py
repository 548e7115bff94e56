"""The files asked for last: as long as nothing was published since, and on for a day while the database is away."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from anyio import CapacityLimiter, fail_after, sleep, to_thread

from registry.errors import AwayError, CannotRunError
from registry.store.away import is_away
from registry.store.catalogue import Snapshot, Store, StoredFile

MOST_BYTES = 64 * 1024 * 1024
AT_ONCE = 8
SECONDS_TO_READ = 5
SECONDS_BETWEEN = 1
STALE_IF_ERROR = 86_400
"""The same day that Cache-Control gives to everybody else's caches."""
_LOG = logging.getLogger("threatshelf.store")


class Pulse(Protocol):
    """What tells, without waiting, whether something was published."""

    def now(self) -> object:
        """Another value than before when something was."""

    def close(self) -> None:
        """It is not asked again."""


class Asked:
    """For a database that others write to from elsewhere: asked every second, which also tells whether it answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: Snapshot | None = None
        self._answered = time.monotonic()
        self.is_there = True

    async def ask(self) -> None:
        """For ever, every second."""
        limiter = CapacityLimiter(1)
        while True:
            try:
                with fail_after(SECONDS_TO_READ):
                    self._last = await to_thread.run_sync(self._store.snapshot, abandon_on_cancel=True, limiter=limiter)
                self._answered = time.monotonic()
                self._say(is_there=True)
            except (CannotRunError, TimeoutError):
                self._say(is_there=False)
            await sleep(SECONDS_BETWEEN)

    def now(self) -> object:
        """What the catalogue showed when it answered last; AwayError after a day of silence."""
        if not self.is_there and time.monotonic() - self._answered > STALE_IF_ERROR:
            raise AwayError("the catalogue's database has not answered for a day.")
        return self._last

    def close(self) -> None:
        """Nothing is held."""

    def _say(self, *, is_there: bool) -> None:
        if is_there != self.is_there:
            _LOG.warning("the database %s", "answers again" if is_there else "does not answer: what is kept is served")
        self.is_there = is_there


class Kept:
    """Files by path. It lives in one event loop; what it does not hold is read in a thread."""

    def __init__(self, store: Store) -> None:
        own = store.pulse()
        self.asked = None if own else Asked(store)
        self._store, self._pulse = store, own or self.asked or Asked(store)
        self._limiter = CapacityLimiter(AT_ONCE)
        self._files: OrderedDict[str, StoredFile] = OrderedDict()
        self._bytes = 0
        self._seen: object = None

    async def find(self, path: str) -> StoredFile | None:
        """What stands at the path; None when nothing does, AwayError when that cannot be known now."""
        now = self._pulse.now()
        if now != self._seen:
            self._files.clear()
            self._bytes, self._seen = 0, now
        if path in self._files:
            self._files.move_to_end(path)
            return self._files[path]
        if self.asked and not self.asked.is_there:
            raise AwayError("the catalogue's database does not answer.")
        file = await self._read(path)
        if file and now == self._seen and path not in self._files:
            self._keep(file)
        return file

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """As long as the database is asked, where it has to be."""
        asking = asyncio.create_task(self.asked.ask()) if self.asked else None
        yield
        if asking:
            asking.cancel()
        self._pulse.close()

    async def _read(self, path: str) -> StoredFile | None:
        try:
            with fail_after(SECONDS_TO_READ):
                return await to_thread.run_sync(self._store.read, path, abandon_on_cancel=True, limiter=self._limiter)
        except Exception as error:
            if isinstance(error, TimeoutError) or is_away(error):
                raise AwayError("the catalogue's database does not answer.") from error
            raise

    def _keep(self, file: StoredFile) -> None:
        self._files[file.path] = file
        self._bytes += _weight(file)
        while self._bytes > MOST_BYTES:
            _, dropped = self._files.popitem(last=False)
            self._bytes -= _weight(dropped)


def _weight(file: StoredFile) -> int:
    return len(file.blob.body) + sum(len(form.body) for form in file.blob.forms)
