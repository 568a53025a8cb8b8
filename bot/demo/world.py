"""The demonstration's world: a homeserver, a cooperative with its rooms and people, and the bot in it.

Everything stands in one folder and is made once; a second start finds it as it was left. What people
then do in it is for `bot.demo.run` (a person) and `bot.demo.story` (the scripted tour).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bot.app import App
from bot.clock import SystemClock, milliseconds
from bot.config import Config
from bot.config_load import encryption_secret, erasure_key, load
from bot.demo import register as sample
from bot.demo.account import Account, PeerError
from bot.demo.cast import DEMO_NETWORKS, DemoMember, DemoNetwork, Role, demo_members
from bot.demo.homeserver import EmbeddedHomeserver
from bot.demo.purchases import seed as seed_purchases
from bot.demo.suppliers import Cast
from bot.demo.suppliers import seed as seed_suppliers
from bot.errors import HomeserverError
from bot.setup import People, set_up
from commands import all as every
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from commands.labels import load_labels
from commands.members import register
from commands.members.indexing import reindex_many
from commands.networks.places import creation
from commands.suppliers.charter_file import shipped
from storage import jobs, members, networks, outbox, people, rooms
from storage.database import Database
from storage.session import Session

Say = Callable[[str], None]

SERVER: Final = "localhost"
PASSWORD: Final = "kring-demo"  # noqa: S105 (a demonstration on loopback; it is printed)
BOT: Final = f"@kring:{SERVER}"
_INVENTED_MEMBERS: Final = 600
_SEVERAL: Final = 8

_CONFIG = """\
# The demonstration's configuration, written by `kring demo`.
[homeserver]
url = "{url}"
user_id = "{bot}"
password_file = "password.txt"

[data]
folder = "data"

[territory]
name = "De Kring"
language = "en"
timezone = "Europe/Brussels"

[members]
trusted_servers = ["{server}"]

[rooms]
space_alias = "kring"
staff = "Staff"
buyers = "Buyers"
ethics = "Ethics committee"
"""


class World:
    """Use as `async with World(folder, say) as world`; stops the bot and the homeserver at the end.

    `settings` are sections of the configuration beside the demonstration's own, as TOML.
    """

    def __init__(self, folder: Path, say: Say, *, settings: str = "") -> None:
        self.folder = folder
        self.members = demo_members(SERVER)
        self._say = say
        self._settings = settings
        self.homeserver = EmbeddedHomeserver(folder / "homeserver", server_name=SERVER)
        self.app: App | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop the bot, then the homeserver; safe to call twice."""
        if self.app is not None:
            app, self.app = self.app, None
            await app.stop()
        await self.homeserver.stop()

    def member(self, login: str) -> DemoMember:
        return next(one for one in self.members if one.login == login)

    # --- making it -------------------------------------------------------------------------------

    async def _open(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._say("Starting the homeserver (Synapse) ...")
        await self.homeserver.start()
        config = await asyncio.to_thread(self._configure)
        if not self._is_done("accounts"):
            self._say(f"Making {len(self.members) + 1} accounts ...")
            await self._make_accounts()
            self._mark_done("accounts")
        if not self._is_done("rooms"):
            self._say(
                "Making the Space, and the rooms of staff, buyers and the ethics committee ..."
            )
            await self._make_rooms(config)
            self._mark_done("rooms")
        if not self._is_done("register"):
            self._say(
                f"Importing a register of {_INVENTED_MEMBERS + len(self.members)} members ..."
            )
            await self._import(config)
            self._mark_done("register")
        elif not self._is_done("ethics"):
            # A world from before there was an ethics committee.
            await self._make_rooms(config)
        if not self._is_done("suppliers"):
            self._say("Writing a directory of suppliers with its history ...")
            await self._write_suppliers(config)
            self._mark_done("suppliers")
        self._say("Starting the bot ...")
        await self._start_bot(config)
        if not self._is_done("networks"):
            self._say(f"Making {len(DEMO_NETWORKS)} networks; the members join them ...")
            await self._make_networks()
            await self._populate()
            self._mark_done("networks")
            self._mark_done("ethics")
        if not self._is_done("ethics"):
            await self._populate_ethics()
            self._mark_done("ethics")
        if not self._is_done("purchases"):
            self._say("Writing group purchases and tenders in all their states ...")
            await self._write_purchases()
            self._mark_done("purchases")

    def _is_done(self, step: str) -> bool:
        return (self.folder / f"{step}.done").exists()

    def _mark_done(self, step: str) -> None:
        (self.folder / f"{step}.done").touch()

    def _configure(self) -> Config:
        """The port may be another one at each start, so the file is written anew."""
        (self.folder / "password.txt").write_text(PASSWORD, encoding="utf-8")
        path = self.folder / "config.toml"
        own = _CONFIG.format(url=self.homeserver.base_url, bot=BOT, server=SERVER)
        path.write_text(own + self._settings, encoding="utf-8")
        return load(path)

    async def _make_accounts(self) -> None:
        await self.homeserver.register("kring", PASSWORD)
        for batch in _batches(self.members):
            await asyncio.gather(
                *(
                    self.homeserver.register(one.login, PASSWORD, displayname=one.row.display_name)
                    for one in batch
                )
            )

    async def _make_rooms(self, config: Config) -> None:
        people = People(
            staff=self._with_role("staff"),
            buyers=self._with_role("buyer"),
            ethics=self._with_role("ethics"),
        )
        await set_up(config, people, SystemClock(), lambda _line: None)

    def _with_role(self, role: str) -> list[str]:
        return [f"@{one.login}:{SERVER}" for one in self.members if role in one.roles]

    async def _import(self, config: Config) -> None:
        labels = load_labels()
        path = self.folder / "register.csv"
        rows = [*(one.row for one in self.members), *sample.rows(_INVENTED_MEMBERS)]
        await asyncio.to_thread(sample.write_csv, path, rows)
        key = erasure_key(config)
        now = milliseconds(SystemClock().now())
        checked = await asyncio.to_thread(lambda: register.check(register.read(path), labels))

        def work(session: Session) -> None:
            planned = register.plan(session, checked, register.Options(key))
            register.apply(session, planned, labels=labels, now=now)
            agreed = [
                member.id
                for one in self.members
                if one.findable
                and (member := members.by_number(session, one.row.member_number)) is not None
            ]
            agreed += [
                member.id
                for position, member in enumerate(members.every(session))
                if member.number is not None and member.number.startswith("K") and position % 5
            ]
            for member_id in agreed:
                members.set_consent(session, member_id, "yes", now=now)
            reindex_many(session, labels, agreed)
            for one in self.members:
                people.choose_language(session, f"@{one.login}:{SERVER}", one.language, now=now)

        database = await Database.open(config.database)
        try:
            await database.write(work)
        finally:
            await database.close()

    async def _write_suppliers(self, config: Config) -> None:
        """As if people had gone through all of it in the year before."""
        first, second, *_ = self._with_role("buyer")
        everyone = {one.login: f"@{one.login}:{SERVER}" for one in self.members}
        cast = Cast((first, second), self._with_role("ethics")[0], everyone)
        content = shipped()
        charter = (content.texts, content.criteria)
        now, labels = SystemClock().now(), load_labels()
        database = await Database.open(config.database)
        try:
            await database.write(
                lambda session: seed_suppliers(session, labels, cast, charter, now=now)
            )
        finally:
            await database.close()

    async def _start_bot(self, config: Config) -> None:
        key = erasure_key(config)

        def kernel(user: str) -> Kernel:
            settings: Settings = config.settings(user, key)
            return Kernel(settings, every.routers(), every.dialogues())

        options = config.options(encryption_secret(config, create=True))
        self.app = await App.open(replace(options, check_database=False), kernel)
        await self.app.start()
        await self.app.ready.wait()

    async def _make_networks(self) -> None:
        """Through the outbox, as every other program than the bot itself does it."""
        assert self.app is not None
        settings = self.app.kernel.settings
        now = milliseconds(SystemClock().now())

        def work(session: Session) -> None:
            for network in DEMO_NETWORKS:
                if networks.by_slug(session, network.slug) is None:
                    self._add_network(session, settings, network, now)

        await self.app.database.write(work)
        await self.app.sender.look_again()
        async with asyncio.timeout(120):
            # The rooms come about in the outbox, which tells nobody but the database.
            while not await self.app.database.read(_all_have_rooms):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def _add_network(
        self, session: Session, settings: Settings, network: DemoNetwork, now: int
    ) -> None:
        animators = [
            f"@{one.login}:{SERVER}" for one in self.members if network.slug in one.animates
        ]
        made = networks.add(
            session,
            slug=network.slug,
            kind=network.kind,
            label=network.codes[0] if network.kind != "other" and network.codes else None,
            region=network.region or None,
            languages=network.languages,
            criterion_kind=network.criterion_kind,
            openness=network.openness,
            encrypted=False,
            texts={
                "name": network.names,
                "purpose": network.purposes,
                "criterion": network.criteria,
                "goals": {language: "\n".join(goals) for language, goals in network.goals.items()},
            },
            room_id=None,
            created_by=None,
            now=now,
        )
        draft = creation(session, made, settings, animators=animators, told={})
        outbox.add(session, draft, now=now)

    async def _populate(self) -> None:
        """Members accept their invitations and join the networks that they are in.

        The animators come first, so that those whom the bot welcomes hear who can help them.
        """
        assert self.app is not None
        homes = {
            network.slug: network.room_id or ""
            for network in await self.app.database.read(networks.every)
        }
        space = (await self.app.database.read(lambda session: rooms.of_kind(session, "space")))[0]
        teams = await self._teams()
        for batch in _batches(sorted(self.members, key=lambda one: not one.animates)):
            await asyncio.gather(
                *(
                    self._join(
                        one,
                        [
                            space.room_id,
                            *(teams[role] for role in one.roles),
                            *(homes[slug] for slug in (*one.animates, *one.networks)),
                        ],
                    )
                    for one in batch
                )
            )

    async def _teams(self) -> dict[str, str]:
        """The room of each role."""
        assert self.app is not None
        kinds: dict[Role, rooms.Kind] = {"staff": "staff", "buyer": "buyers", "ethics": "ethics"}
        return {role: await self.app.database.read(_team(kind)) for role, kind in kinds.items()}

    async def _populate_ethics(self) -> None:
        """In a world from before there was such a committee, its people come in by themselves."""
        room_id = (await self._teams())["ethics"]
        for one in self.members:
            if "ethics" in one.roles:
                await self._join(one, [room_id])

    async def _join(self, member: DemoMember, room_ids: list[str]) -> None:
        account = await Account.login(self.homeserver.base_url, member.login, PASSWORD)
        async with account:
            for room_id in dict.fromkeys(room_ids):
                try:
                    await account.join(room_id)
                except PeerError as error:
                    if error.errcode != "M_FORBIDDEN":
                        raise
                    await self._let_in(room_id, account.user_id)
                    await account.join(room_id)
            await account.logout()

    async def _write_purchases(self) -> None:
        """Last, for they are told of in the networks' rooms; returns when all of that is said."""
        assert self.app is not None
        settings, now = self.app.kernel.settings, SystemClock().now()
        everyone = {one.login: f"@{one.login}:{SERVER}" for one in self.members}
        await self.app.database.write(
            lambda session: seed_purchases(session, settings, everyone, now=now)
        )
        self.app.schedule.replan()
        async with asyncio.timeout(120):
            while not await self.app.database.read(_all_told):  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.1)

    async def _let_in(self, room_id: str, user_id: str) -> None:
        """Invite, unless they are there already."""
        assert self.app is not None
        path = f"/_matrix/client/v3/rooms/{room_id}/invite"
        try:
            await self.app.homeserver.request("POST", path, body={"user_id": user_id})
        except HomeserverError as error:
            if error.errcode != "M_FORBIDDEN":
                raise


def _team(kind: rooms.Kind) -> Callable[[Session], str]:
    return lambda session: rooms.of_kind(session, kind)[0].room_id


def _all_have_rooms(session: Session) -> bool:
    return all(network.room_id for network in networks.every(session))


def _all_told(session: Session) -> bool:
    """Whether nothing is due, and no room waits to be told something."""
    now = milliseconds(SystemClock().now())
    waiting = outbox.waiting_lanes(session)
    return not jobs.due(session, now=now) and not any(lane.startswith("!") for lane in waiting)


def _batches(members: list[DemoMember]) -> list[list[DemoMember]]:
    return [members[start : start + _SEVERAL] for start in range(0, len(members), _SEVERAL)]
