"""The demo's homeserver, the client that plays people and the fault proxy, against real Synapse."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import aiohttp
import pytest

from bot.demo.homeserver import EmbeddedHomeserver, RegistrationRefused
from bot.demo.homeserver_config import HomeserverUnavailable
from tests.support.faultproxy import (
    FaultProxy,
    cut,
    delay,
    malformed,
    ratelimit,
    sending,
    status,
    syncing,
    unknown_token,
)
from tests.support.peer import Peer, PeerError, body_of, relation_of
from tests.support.synapse import PASSWORD, NewUser, unique

pytestmark = pytest.mark.e2e


async def test_a_second_start_resumes_the_same_world(tmp_path: Path) -> None:
    async with EmbeddedHomeserver(tmp_path / "world") as server:
        first_url = server.base_url
        account = await server.register("anna", PASSWORD, displayname="Anna")
        async with Peer(first_url, account.user_id, account.access_token) as anna:
            room = await anna.create_room(name="Vertalers")
            await anna.send(room, "tot straks")
        with pytest.raises(HomeserverUnavailable, match="already runs"):
            await EmbeddedHomeserver(tmp_path / "world").start()
    async with EmbeddedHomeserver(tmp_path / "world") as server:
        assert server.base_url == first_url
        again = await server.register("anna", PASSWORD)
        assert again.user_id == "@anna:localhost"
        with pytest.raises(RegistrationRefused, match="anna"):
            await server.register("anna", "a wrong one")
        async with Peer(server.base_url, account.user_id, account.access_token) as anna:
            assert (await anna.state(room, "m.room.name"))["name"] == "Vertalers"
            assert [body_of(e) for e in anna.messages_since(room)] == ["tot straks"]
            created = await anna.state(room, "m.room.create")
            assert created["room_version"] == "12"


async def test_a_taken_port_is_refused_and_a_kept_one_replaced(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(HomeserverUnavailable, match=f"Port {port} is in use"):
            await EmbeddedHomeserver(tmp_path, port).start()


async def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    (tmp_path / "homeserver.db").mkdir()
    began = time.monotonic()
    with pytest.raises(HomeserverUnavailable, match="unable to open database"):
        await EmbeddedHomeserver(tmp_path).start()
    assert time.monotonic() - began < 30


async def test_the_server_dies_with_its_parent(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(
            """
            import asyncio, pathlib, sys
            from bot.demo.homeserver import EmbeddedHomeserver
            server = EmbeddedHomeserver(pathlib.Path(sys.argv[1]))
            asyncio.run(server.start())
            print(server.pid, flush=True)
            sys.stdin.read()
            """
        ),
        str(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    died = await asyncio.to_thread(_ends_within, 10, child)
    if not died:
        os.kill(child, signal.SIGKILL)
    assert died
    # What it left behind is no obstacle.
    async with EmbeddedHomeserver(tmp_path):
        pass


async def test_a_server_left_over_is_ended_and_a_stranger_with_its_pid_spared(
    tmp_path: Path,
) -> None:
    async def sleeper(argument: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", "import time; time.sleep(60)", argument
        )

    left_over = await sleeper(str(tmp_path / "homeserver.yaml"))
    (tmp_path / "homeserver.pid").write_text(str(left_over.pid))
    async with EmbeddedHomeserver(tmp_path):
        assert await left_over.wait() == -signal.SIGTERM
    stranger = await sleeper("something else")
    try:
        (tmp_path / "homeserver.pid").write_text(str(stranger.pid))
        async with EmbeddedHomeserver(tmp_path):
            assert stranger.returncode is None
    finally:
        stranger.kill()
        assert await stranger.wait() == -signal.SIGKILL


def _ends_within(seconds: float, pid: int) -> bool:
    deadline = time.monotonic() + seconds
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    # A zombie that nobody has collected yet is dead all the same.
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def test_people_talk_reply_edit_react_and_redact(new_user: NewUser) -> None:
    anna = await new_user("anna", displayname="Anna")
    bob = await new_user("bob", accept_invites=True)
    room = await anna.create_dm(bob.user_id)
    await anna.expect(
        room, lambda e: e.get("state_key") == bob.user_id and e["content"]["membership"] == "join"
    )
    question = await anna.send(room, "wie vertaalt er?")
    heard = await bob.expect(room, "vertaalt")
    assert heard["event_id"] == question
    answer = await bob.reply(room, question, "ik, uit het Frans")
    assert (await anna.expect(room, "Frans", after=question))["event_id"] == answer
    await bob.edit(room, answer, "ik, uit het Duits")
    edit = await anna.expect(room, "Duits", after=answer)
    assert relation_of(edit)["event_id"] == answer
    await anna.react(room, answer, "👍")
    await bob.expect(room, lambda e: e["type"] == "m.reaction")
    assert [e["event_id"] for e in await anna.replies(question)] == [answer]
    await bob.redact(room, answer)
    await anna.expect(room, lambda e: e["type"] == "m.room.redaction")
    last = await anna.send(room, "dank je")
    await anna.silence(room, 0.2, after=last)
    await bob.send(room, "graag gedaan")
    with pytest.raises(AssertionError, match="graag gedaan"):
        await anna.silence(room, 5, after=last)
    with pytest.raises(AssertionError, match="graag gedaan"):
        await anna.expect(room, "never said", timeout=0.2, after=last)
    assert anna.direct[bob.user_id] == [room]


async def test_knocks_power_files_and_refusals(new_user: NewUser) -> None:
    anna, bob = await new_user("anna"), await new_user("bob")
    room = await anna.create_room(
        initial_state=[{"type": "m.room.join_rules", "content": {"join_rule": "knock"}}],
        power_level_content_override={"invite": 50},
    )
    with pytest.raises(PeerError) as refused:
        await bob.join(room)
    assert refused.value.errcode == "M_FORBIDDEN"
    await bob.knock(room, "mag ik?")
    asked = await anna.expect(room, lambda e: e["content"].get("membership") == "knock")
    assert asked["content"]["reason"] == "mag ik?"
    await anna.invite(room, bob.user_id)
    await bob.wait_until(lambda: room in bob.invited)
    await bob.join(room)
    await anna.set_power(room, bob.user_id, 50)
    levels = await bob.state(room, "m.room.power_levels")
    assert levels["users"] == {bob.user_id: 50}
    await bob.send_file(room, b"a;b\n1;2\n", "text/csv", "leden.csv")
    sent = await anna.expect(room, "leden.csv")
    assert await anna.download(sent["content"]["url"]) == b"a;b\n1;2\n"
    await bob.leave(room)
    await anna.expect(room, lambda e: e["content"].get("membership") == "leave")
    assert await anna.members(room) == {anna.user_id}


async def test_a_burst_longer_than_a_sync_page_is_seen_whole(new_user: NewUser) -> None:
    anna, bob = await new_user("anna"), await new_user("bob", accept_invites=True)
    room = await anna.create_dm(bob.user_id)
    await bob.wait_until(lambda: room in bob.joined)
    first = await anna.send(room, "begin")
    await bob.expect(room, "begin")
    await bob.stop()
    for group in range(13):
        await asyncio.gather(*(anna.send(room, f"bericht {group} {n}") for n in range(10)))
    await anna.send(room, "einde")
    await bob.start()
    await bob.expect(room, "einde")
    bodies = [body_of(e) for e in bob.messages_since(room, first)]
    assert len(bodies) == 131
    assert len(set(bodies)) == 131


async def test_production_limits_are_felt(
    production_homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna", server=production_homeserver)
    room = await anna.create_room(name="snel")
    async with FaultProxy(production_homeserver.base_url) as proxy:
        through = Peer(proxy.base_url, anna.user_id, anna.access_token)
        async with through:
            await asyncio.gather(*(through.send(room, str(n)) for n in range(11)))
            # More requests than messages: some were refused first, none was lost or doubled.
            assert proxy.count(sending) > 11
            await through.catch_up()
            assert sorted(int(body_of(e)) for e in through.messages_since(room)) == list(range(11))


async def test_scripted_faults_reach_the_client_as_written(
    homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    anna = await new_user("anna")
    room = await anna.create_room(name="fouten")
    async with FaultProxy(homeserver.base_url) as proxy, aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {anna.access_token}"}

        async def put(text: str) -> tuple[int, str, str]:
            url = f"{proxy.base_url}/_matrix/client/v3/rooms/{room}/send/m.room.message/{text}"
            body = {"msgtype": "m.text", "body": text}
            async with http.put(url, json=body, headers=headers) as answer:
                return answer.status, await answer.text(), answer.headers.get("Retry-After", "")

        proxy.fail(sending, status(502))
        assert (await put("a"))[0] == 502
        proxy.fail(sending, ratelimit(1500))
        code, text, wait = await put("b")
        assert (code, wait) == (429, "2")
        assert '"retry_after_ms": 1500' in text
        proxy.fail(sending, malformed())
        assert (await put("c"))[0] == 200
        proxy.fail(sending, unknown_token())
        assert "M_UNKNOWN_TOKEN" in (await put("d"))[1]
        proxy.fail(sending, cut(after=False), 2)
        with pytest.raises(aiohttp.ClientError):
            await put("never arrives")
        proxy.fail(sending, cut(after=True, midway=True))
        with pytest.raises(aiohttp.ClientError):
            await put("arrives")
        proxy.fail(sending, delay(0.2))
        began = time.monotonic()
        code, event, _ = await put("late")
        assert code == 200
        assert "event_id" in event
        assert time.monotonic() - began >= 0.2
        assert len(proxy.faults) == 8
        await anna.catch_up()
        assert [body_of(e) for e in anna.messages_since(room)] == ["arrives", "late"]


async def test_random_faults_repeat_with_their_seed_and_the_peer_outlives_them(
    homeserver: EmbeddedHomeserver, new_user: NewUser
) -> None:
    async def met(seed: int) -> list[int]:
        async with FaultProxy(homeserver.base_url) as proxy, aiohttp.ClientSession() as http:
            proxy.fail_randomly(seed, {status(502): 0.3, status(503): 0.2})
            codes = []
            for _ in range(30):
                async with http.get(f"{proxy.base_url}/health") as answer:
                    codes.append(answer.status)
            return codes

    assert await met(1) == await met(1) != await met(2)
    assert set(await met(1)) == {200, 502, 503}

    anna = await new_user("anna")
    room = await anna.create_room(name="storm")
    async with (
        FaultProxy(homeserver.base_url) as proxy,
        Peer(proxy.base_url, anna.user_id, anna.access_token) as listener,
    ):
        proxy.fail(syncing, cut(after=True), 2)
        proxy.fail(syncing, malformed(), 1)
        proxy.fail(syncing, status(502), 1)
        for n in range(5):
            await anna.send(room, f"bericht {n}")
        await listener.wait_until(lambda: len(listener.messages_since(room)) == 5)
        proxy.fail(syncing, unknown_token())
        await anna.send(room, unique("wakes the sync"))
        with pytest.raises(PeerError, match="M_UNKNOWN_TOKEN"):
            await listener.wait_until(lambda: False)
