"""The demo's web client: built from npm, served, and used in a real browser where there is one."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from bot.demo import register as sample
from bot.demo import web
from bot.demo.cast import demo_members
from bot.demo.homeserver import EmbeddedHomeserver
from bot.folder import DATABASE_NAME
from commands import all as every
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from commands.labels import Labels, load_labels
from commands.members import register
from commands.members.indexing import reindex_many
from storage import members
from storage.database import Database
from storage.session import Session
from tests.e2e.kring import Kring
from tests.support.synapse import PASSWORD, NewUser

pytestmark = pytest.mark.e2e

BROWSER = Path(__file__).parents[1] / "support" / "browser"
needs_node = pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js with npm")
needs_browser = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="needs chromium, driven headless"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(web.build(tmp_path_factory.mktemp("web")))


@pytest.fixture(scope="module")
def browser() -> Path:
    """The folder of the driver, with what it needs installed."""
    npm = shutil.which("npm")
    if not (BROWSER / "node_modules").exists():
        assert npm is not None
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=BROWSER, check=True)
    return BROWSER


async def test_without_node_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(web.WebUnavailable, match=r"Install them .* or use the terminal chat"):
        await web.build(tmp_path / "web")


@needs_node
async def test_the_page_is_served_with_its_homeserver_and_stays_in_its_folder(site: Path) -> None:
    assert await web.build(site.parent) == site
    server = await web.serve(site, "http://127.0.0.1:1234")
    try:
        async with aiohttp.ClientSession(server.base_url) as http:
            async with http.get("/") as page:
                assert "config.js" in await page.text()
            async with http.get("/config.js") as script:
                assert '"http://127.0.0.1:1234"' in await script.text()
            async with http.get("/olm.wasm") as wasm:
                assert wasm.content_type == "application/wasm"
            async with http.get("/..%2fsource/package.json") as outside:
                assert outside.status in (403, 404)
        taken = int(server.base_url.rpartition(":")[2])
        with pytest.raises(web.WebUnavailable, match=f"Port {taken} is in use"):
            await web.serve(site, "http://127.0.0.1:1234", taken)
    finally:
        await server.stop()


async def drive(browser: Path, *arguments: str) -> None:
    """A person in a browser; fails with what they saw."""
    node = shutil.which("node")
    assert node is not None
    driver = await asyncio.create_subprocess_exec(
        node, "drive.mjs", *arguments, cwd=browser, stderr=asyncio.subprocess.PIPE
    )
    problems = (await driver.communicate())[1].decode()
    assert driver.returncode == 0, problems


@needs_node
@needs_browser
async def test_a_member_uses_it_in_a_browser(
    site: Path,
    browser: Path,
    homeserver: EmbeddedHomeserver,
    new_user: NewUser,
    tmp_path: Path,
) -> None:
    bob, anna = await new_user("bob"), await new_user("anna")
    room = await bob.create_room(name="Vertalers Gent", invite=[anna.user_id])

    async def reply() -> None:
        asked = await bob.expect(room, "!find vertaler", timeout=60)
        await bob.reply(room, asked["event_id"], "Peter, Gent")

    async with web.WebServer(site, homeserver.base_url) as server, asyncio.TaskGroup() as group:
        group.create_task(reply())
        await drive(
            browser,
            *("--url", server.base_url, "--room", "Vertalers Gent"),
            *("--user", anna.user_id, "--password", PASSWORD),
            *("--say", "!find vertaler", "--expect", "Peter, Gent"),
            *("--shot", str(tmp_path / "page.png")),
        )
    assert (tmp_path / "page.png").stat().st_size > 10_000


@pytest.fixture(scope="module")
def labels() -> Labels:
    return load_labels()


@pytest.fixture
async def directory(kring: Kring, labels: Labels, tmp_path: Path) -> Callable[[str], Kernel]:
    """The demo's people are members whom the bot finds; gives its whole set of commands."""
    path = tmp_path / "register.csv"
    sample.write_csv(path, [one.row for one in demo_members("example.org")])
    checked = register.check(register.read(path), labels)

    def work(session: Session) -> None:
        planned = register.plan(session, checked, register.Options(b"a key for erasure"))
        register.apply(session, planned, labels=labels, now=1)
        everyone = [member.id for member in members.every(session)]
        for member_id in everyone:
            members.set_consent(session, member_id, "yes", now=1)
        reindex_many(session, labels, everyone)

    database = await Database.open(kring.options.data / DATABASE_NAME)
    await database.write(work)
    await database.close()

    def kernel(user_id: str) -> Kernel:
        server = frozenset({user_id.partition(":")[2]})
        settings = Settings(bot_user=user_id, trusted_servers=server)
        return Kernel(settings, every.routers(), every.dialogues())

    return kernel


@needs_node
@needs_browser
@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ("!find translator", "members found"),
        ("!zoek vertaler", "vennoten gevonden"),
        ("!chercher traducteur", "sociétaires correspondent"),
    ],
)
async def test_a_member_starts_an_encrypted_chat_with_the_bot(
    site: Path,
    browser: Path,
    kring: Kring,
    directory: Callable[[str], Kernel],
    new_user: NewUser,
    tmp_path: Path,
    asked: str,
    heard: str,
) -> None:
    """The client encrypts by itself; the homeserver gets to see neither question nor answer."""
    anna, bot = await new_user("anna"), kring.user_id.partition(":")[0].lstrip("@")
    shown = tmp_path / "page.png"
    async with (
        kring.running(directory),
        web.WebServer(site, kring.options.homeserver) as server,
    ):
        room = await kring.invited_by(anna, name="Vertalers Gent")
        await kring.arrives(anna, room)
        await drive(
            browser,
            *("--url", server.base_url, "--room", "Vertalers Gent", "--direct", bot),
            *("--user", anna.user_id, "--password", PASSWORD),
            *("--say", asked, "--expect", heard),
            *("--shot", str(shown)),
        )
    assert shown.stat().st_size > 10_000
    [direct] = anna.joined - {room}
    assert ("m.room.encryption", "") in anna.states[direct]
    sent = [event for event in anna.timeline[direct] if "state_key" not in event]
    assert {event["sender"] for event in sent} == {anna.user_id, kring.user_id}
    assert {event["type"] for event in sent} <= {"m.room.encrypted", "m.reaction"}
