"""The demo's web client: built from npm, served, and used in a real browser where there is one."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import aiohttp
import pytest

from bot.demo import web
from bot.demo.homeserver import EmbeddedHomeserver
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
    async with web.WebServer(site, homeserver.base_url) as server:
        node = shutil.which("node")
        assert node is not None
        driver = await asyncio.create_subprocess_exec(
            node,
            "drive.mjs",
            *("--url", server.base_url, "--room", "Vertalers Gent"),
            *("--user", anna.user_id, "--password", PASSWORD),
            *("--say", "!find vertaler", "--expect", "Peter, Gent"),
            *("--shot", str(tmp_path / "page.png")),
            cwd=browser,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            asked = await bob.expect(room, "!find vertaler", timeout=60)
            await bob.reply(room, asked["event_id"], "Peter, Gent")
        finally:
            problems = (await driver.communicate())[1].decode()
    assert driver.returncode == 0, problems
    assert (tmp_path / "page.png").stat().st_size > 10_000
