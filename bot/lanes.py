"""Lanes: what belongs together is worked off in order, one task for each lane that has something waiting.

A lane's task never dies in silence: what it raises is logged, counted and tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable

from bot.backoff import pause
from bot.errors import UnknownToken
from storage.errors import StorageError

log = logging.getLogger(__name__)


class Lanes:
    """`drain` works a lane off until nothing waits in it; it is called again after each `wake`.

    At most `at_once` lanes hold `turn` at the same time. `failures` counts unexpected
    exceptions since the start.
    """

    def __init__(
        self,
        name: str,
        drain: Callable[[str], Awaitable[None]],
        on_fatal: Callable[[BaseException], None],
        *,
        at_once: int,
    ) -> None:
        self._name = name
        self._drain = drain
        self._on_fatal = on_fatal
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stop = asyncio.Event()
        self._nudge = asyncio.Event()
        self.turn = asyncio.Semaphore(at_once)
        self.failures = 0

    def stops(self) -> bool:
        """Whether everything is to come to its end."""
        return self._stop.is_set()

    def wake(self, lanes: Iterable[str]) -> None:
        """Something waits in these lanes."""
        if self.stops():
            return
        for lane in lanes:
            if lane in self._tasks:
                self._again.add(lane)
            else:
                self._tasks[lane] = asyncio.create_task(self._work(lane), name=f"{self._name}-lane")

    def nudge(self) -> None:
        """Those who wait for the homeserver to come back may try at once."""
        self._nudge.set()
        self._nudge = asyncio.Event()

    async def sleep(self, seconds: float, *, until_nudged: bool = False) -> None:
        """Wait; shorter when everything is to stop, or when nudged."""
        await self._any_of(*([self._nudge] if until_nudged else []), seconds=seconds)

    async def until(self, event: asyncio.Event) -> None:
        """Wait for something, or until everything is to stop."""
        await self._any_of(event)

    async def stop(self, seconds: float) -> None:
        """Let each lane end what it is doing, for at most that long."""
        self._stop.set()
        tasks = list(self._tasks.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            log.warning("%d lanes of the %s had to be cut short", len(late), self._name)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await asyncio.gather(*late, return_exceptions=True)

    async def _any_of(self, *events: asyncio.Event, seconds: float | None = None) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (self._stop, *events)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _work(self, lane: str) -> None:
        failures = 0
        try:
            while not self.stops():
                self._again.discard(lane)
                try:
                    await self._drain(lane)
                    failures = 0
                except UnknownToken as error:
                    self._on_fatal(error)
                    return
                except StorageError as error:
                    # A full disk or a locked file: nothing is lost, and nothing helps but patience.
                    failures += 1
                    log.error("the %s cannot use the database: %s", self._name, error)
                    await self.sleep(pause(failures))
                    continue
                except Exception:
                    self.failures += 1
                    failures += 1
                    log.exception("a lane of the %s stumbled and starts again", self._name)
                    await self.sleep(pause(failures))
                    continue
                if lane not in self._again:
                    return
        finally:
            self._tasks.pop(lane, None)
            self._again.discard(lane)
