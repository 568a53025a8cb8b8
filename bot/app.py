"""The whole bot: wires database, kernel, client, sync, workers, sender and schedule; starts and stops it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.actions import Actions
from bot.backoff import pause
from bot.client import Homeserver
from bot.clock import Clock, SystemClock, milliseconds
from bot.concern import Identity
from bot.crypto.engine import Encryption
from bot.crypto.own_identity import IdentityTrouble
from bot.crypto.policy import Policy
from bot.direct import DirectChats
from bot.errors import UnknownToken, WrongAccount
from bot.folder import DATABASE_NAME, Hold
from bot.login import Credentials, log_in, log_out
from bot.metrics import Metrics
from bot.own_device import OwnDevice
from bot.schedule import Schedule
from bot.sender import Sender
from bot.sync import Sync
from bot.to_device import release
from bot.verifying import Verifying
from bot.worker import Worker
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Who
from storage import facts, inbox, outbox
from storage.crypto import devices
from storage.database import Database
from storage.errors import StorageError
from storage.session import Session

log = logging.getLogger(__name__)

_ACCOUNT_FACT = "account"
# Together with what closing the connections takes, less than the 5 seconds that were promised.
_LANES_SECONDS = 2.5
_DATABASE_SECONDS = 1.0
_OTHERS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the engine needs to know; the configuration maps onto it.

    Either `access_token` or `password` is set; with a password the login is kept in the data folder.
    People of `trusted_servers` may invite the bot everywhere; whom the register knows and who shares a
    room of the cooperative with it may, too; others into direct chats only. `page` is how many events
    of a room one sync brings, `largest_gap` how many that may concern the bot are taken up after a longer
    absence. `encryption_secret` seals the keys at rest; `recovery_key` is needed only where the account has
    an identity that this data folder does not know. `verification` says who may verify the bot.
    """

    homeserver: str
    user_id: str
    data: Path
    encryption_secret: bytes = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    device_name: str = "Kring"
    trusted_servers: frozenset[str] = frozenset()
    request_seconds: float = 60.0
    page: int = 50
    largest_gap: int = 10_000
    check_database: bool = True
    recovery_key: str | None = field(default=None, repr=False)
    direct_chats_encrypted: bool = True
    verification: Who = "everyone"
    policy: Policy = field(default_factory=Policy)

    @property
    def credentials(self) -> Credentials:
        return Credentials(
            self.user_id, self.data, self.access_token, self.password, self.device_name
        )


@dataclass(frozen=True, slots=True)
class Health:
    """How the bot is doing: seconds since the last sync (None before the first), and counts."""

    seconds_since_sync: float | None
    sync_failures: int
    inbox_waiting: int
    outbox_waiting: int
    handled: int
    sent: int
    failed: int
    faults: int


class App:
    """Made by `App.open`; then `run` it, or `start` and `stop` it.

    `ready` is set once the bot has synced for the first time.
    """

    def __init__(
        self,
        options: Options,
        kernel: Kernel,
        database: Database,
        homeserver: Homeserver,
        encryption: Encryption,
        clock: Clock,
        hold: Hold,
    ) -> None:
        self.options = options
        self.kernel = kernel
        self.database = database
        self.homeserver = homeserver
        self.encryption = encryption
        self.clock = clock
        self._hold = hold
        self._fatal: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.identity_is_new = False
        self.faults = 0
        self.metrics = Metrics()
        settings = kernel.settings
        self.directs = DirectChats(
            homeserver,
            database,
            clock,
            encrypted=options.direct_chats_encrypted,
            refresh=lambda room_id: self.sync.refresh(room_id),
        )
        self.sync = Sync(
            homeserver,
            database,
            clock,
            Identity(homeserver.user_id, settings.bot_name, settings.prefix),
            encryption,
            page=options.page,
            largest_gap=options.largest_gap,
            metrics=self.metrics,
            on_news=self._news_came,
            on_back=lambda: self.sender.lanes.nudge(),
        )
        self.ready = self.sync.ready
        self.actions = Actions(homeserver, database, clock, self.directs, self.sync.refresh)
        self.schedule = Schedule(
            database,
            kernel,
            clock,
            on_drafts=lambda lanes: self.sender.lanes.wake(lanes),
            has_news=lambda: self.sync.is_late,
        )
        self.sender = Sender(
            homeserver,
            database,
            kernel,
            clock,
            self.directs,
            self.actions,
            encryption,
            self.metrics,
            refresh=self.sync.refresh,
            caught_up=self.ready,
            is_late=lambda: self.sync.is_late,
            on_jobs=self.schedule.replan,
            on_fatal=self._die,
        )
        self.verifying = Verifying(
            database,
            kernel,
            clock,
            user_id=encryption.own.user_id,
            device_id=encryption.own.device_id,
            ed25519=encryption.own.ed25519,
            master_public=self._master_public,
            who=options.verification,
            fetch=encryption.fetch_devices,
            on_drafts=self.sender.lanes.wake,
            on_outgoing=encryption.wake,
        )
        encryption.on_key = self._key_came
        self.worker = Worker(
            homeserver,
            database,
            kernel,
            clock,
            self.metrics,
            trusted_servers=options.trusted_servers,
            patience=options.policy.wait_seconds,
            device_since=encryption.created_at,
            caught_up=self.ready,
            refresh=self.sync.refresh,
            on_drafts=self.sender.lanes.wake,
            on_jobs=self.schedule.replan,
            on_fatal=self._die,
            verify=self.verifying.deal,
        )

    @classmethod
    async def open(
        cls, options: Options, make_kernel: Callable[[str], Kernel], clock: Clock | None = None
    ) -> App:
        """Take hold of the data folder, log in and open the database; `make_kernel` gets the bot's id.

        Raises FolderInUse, StorageError, MatrixError, LoginRefused, OtherAccount (another account's
        login), WrongAccount (another account's database), WrongKey, NoDevice and IdentityTrouble.
        """
        clock = clock or SystemClock()
        async with AsyncExitStack() as undo:
            hold = Hold(options.data)
            undo.callback(hold.release)
            homeserver = Homeserver(
                options.homeserver, clock, request_seconds=options.request_seconds
            )
            await homeserver.open()
            undo.push_async_callback(homeserver.close)
            is_new = await log_in(homeserver, options.credentials, patient=True)
            database = await Database.open(
                options.data / DATABASE_NAME, check=options.check_database
            )
            undo.push_async_callback(database.close)
            await database.write(lambda session: claim(session, homeserver.user_id))
            device = OwnDevice(
                homeserver,
                database,
                clock,
                options.credentials,
                options.encryption_secret,
                options.policy,
            )
            try:
                encryption, made = await device.begin(options.recovery_key)
            except IdentityTrouble:
                if is_new:
                    await log_out(homeserver, options.credentials)
                raise
            kernel = make_kernel(homeserver.user_id)
            app = cls(options, kernel, database, homeserver, encryption, clock, hold)
            app.identity_is_new = made
            undo.pop_all()
            return app

    async def start(self) -> None:
        """Begin to work; what waits from before is taken up at once."""
        now = self.clock.now()

        def prepare(session: Session) -> None:
            self.kernel.prepare(session, now)
            self.verifying.remember_keys(session)
            inbox.none_from_the_future(session, now=milliseconds(now))
            devices.forget_waits(session)

        await self.database.write(prepare)
        await self.sender.start()
        await self.worker.start()
        self.schedule.start()
        for name, run in (
            ("sync", self.sync.run),
            ("rooms", self.sync.load_rooms),
            ("encryption", self.encryption.run),
            ("schedule", self.schedule.run),
            ("housekeeping", self.schedule.keep_house),
            ("other processes", self._watch_others),
        ):
            self._tasks.append(asyncio.create_task(self._supervise(name, run), name=name))

    async def stop(self) -> None:
        """End within 5 seconds: no more news, what is under way comes to its end, all is closed."""
        self.schedule.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self.sync.stop()
        await asyncio.gather(
            self.worker.lanes.stop(_LANES_SECONDS), self.sender.lanes.stop(_LANES_SECONDS)
        )
        await self.database.close(patience=_DATABASE_SECONDS)
        await self.homeserver.close()
        self._hold.release()

    async def run(self) -> None:
        """Work until SIGTERM, SIGINT or `end`; raises UnknownToken when the login is lost."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        try:
            await self.start()
            # What was made by now stays: looking through all of it for garbage again and again would hold
            # an answer up for tens of milliseconds each time. Whoever was in a hurry to start may have
            # put the looking off.
            gc.freeze()
            gc.enable()
            ended = asyncio.create_task(self._stop.wait())
            both: list[asyncio.Future[Any]] = [ended, self._fatal]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            if self._fatal.done():
                self._fatal.result()
        finally:
            await self.stop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    def end(self) -> None:
        """Ask `run` to stop."""
        self._stop.set()

    async def health(self) -> Health:
        """Raises StorageError."""
        waiting = await self.database.read(
            lambda session: (inbox.count_waiting(session), outbox.count_waiting(session))
        )
        last = self.sync.last_success
        return Health(
            seconds_since_sync=None if last is None else asyncio.get_running_loop().time() - last,
            sync_failures=self.sync.failures,
            inbox_waiting=waiting[0],
            outbox_waiting=waiting[1],
            handled=self.worker.handled,
            sent=self.sender.sent,
            failed=self.sender.failed,
            faults=self.faults
            + self.worker.gave_up
            + self.worker.lanes.failures
            + self.sender.lanes.failures
            + self.schedule.failures,
        )

    def _news_came(self, lanes: set[str]) -> None:
        self.worker.lanes.wake(lanes)
        # Perhaps somebody came into their chat, where something waits for them.
        self.sender.lanes.wake(lane for lane in lanes if lane.startswith("@"))

    # --- encryption --------------------------------------------------------------------------

    def _master_public(self) -> str | None:
        identity = self.encryption.identity
        return identity.master.public if identity is not None else None

    async def _key_came(self, room_id: str, session_id: str) -> None:
        """What waits for a key that the backup had goes on."""
        now = milliseconds(self.clock.now())
        lanes = await self.database.write(
            lambda s: release(s, room_id, session_id, self.encryption, self.sync.me, now)
        )
        self.worker.lanes.wake(lanes)

    # --- inside ------------------------------------------------------------------------------

    def _die(self, error: BaseException) -> None:
        if not self._fatal.done():
            self._fatal.set_exception(error)

    async def _supervise(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Keep a part running: what it raises is logged, and it starts again."""
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await run()
                return
            except UnknownToken as error:
                self._die(error)
                return
            except Exception:
                if asyncio.get_running_loop().time() - began > 600:
                    failures = 0
                failures += 1
                self.faults += 1
                log.exception("%s stumbled and starts again", name)
                await asyncio.sleep(pause(failures))

    async def _watch_others(self) -> None:
        """The command line may add to the outbox and to the jobs while the bot runs."""
        seen = await self.database.changes()
        while True:
            await asyncio.sleep(_OTHERS_SECONDS)
            try:
                number = await self.database.changes()
                if number != seen:
                    await self.sender.look_again()
                    self.schedule.replan()
                    seen = number
            except StorageError as error:
                log.error("the database cannot be watched: %s", error)


def claim(session: Session, user_id: str) -> None:
    """Make the database this account's. Raises WrongAccount if it is another's."""
    stored = facts.get(session, _ACCOUNT_FACT)
    if stored is not None and stored != user_id:
        raise WrongAccount(stored, user_id)
    facts.put(session, _ACCOUNT_FACT, user_id)
