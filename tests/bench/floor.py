"""The floor: a bare aiohttp bot that long-polls and answers a fixed text, one PUT for each answer.

It stores nothing and promises nothing; rooms go side by side, and within a room the order is kept.
Its sync filter is as small as Kring's, so that it competes on equal terms. Run as a process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

CLIENT = "/_matrix/client/v3"
PREFIX = "%"
# About as long as Kring's list of what `!find` found, since what a homeserver does with a message
# takes longer for a long one.
ANSWER = "I am the floor: I answer the same to everything. " * 16
_NOTHING: dict[str, Any] = {"types": [], "not_types": ["*"]}
_FILTER: dict[str, Any] = {
    "presence": _NOTHING,
    "account_data": _NOTHING,
    "room": {
        "account_data": _NOTHING,
        "ephemeral": _NOTHING,
        "state": _NOTHING,
        "timeline": {"types": ["m.room.message"], "limit": 50},
    },
}


class Floor:
    """One login; `since` is where it stands in the sync, None before the first."""

    def __init__(self, session: aiohttp.ClientSession, since: str | None) -> None:
        self.since = since
        self._session = session
        self._own = ""
        self._lanes: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._sent = 0
        # The homeserver remembers the transaction ids of earlier processes with the same login.
        self._run = secrets.token_hex(4)

    async def login(self, user: str, password: str) -> None:
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
        }
        async with self._session.post(f"{CLIENT}/login", json=body) as response:
            response.raise_for_status()
            self.use((await response.json())["access_token"])

    def use(self, token: str) -> None:
        self._session.headers["Authorization"] = f"Bearer {token}"

    async def serve(self) -> None:
        """Answer until cancelled; what is there at a first sync is not answered."""
        async with self._session.get(f"{CLIENT}/account/whoami") as response:
            response.raise_for_status()
            self._own = (await response.json())["user_id"]
        while True:
            first = self.since is None
            sync = dict(_FILTER)
            if first:
                sync["room"] = {**_FILTER["room"], "timeline": {"limit": 0}}
            params = {"filter": json.dumps(sync), "timeout": "0" if first else "30000"}
            if self.since is not None:
                params["since"] = self.since
            async with self._session.get(f"{CLIENT}/sync", params=params) as response:
                response.raise_for_status()
                batch = await response.json()
            self.since = batch["next_batch"]
            if first:
                continue
            for room, part in batch.get("rooms", {}).get("join", {}).items():
                for event in part.get("timeline", {}).get("events", []):
                    body = event["content"].get("body", "")
                    if event["sender"] != self._own and body.startswith(PREFIX):
                        self._lane(room).put_nowait(event)

    def _lane(self, room: str) -> asyncio.Queue[dict[str, Any]]:
        lane = self._lanes.get(room)
        if lane is None:
            lane = self._lanes[room] = asyncio.Queue()
            self._workers.append(asyncio.create_task(self._answer(room, lane)))
        return lane

    async def _answer(self, room: str, lane: asyncio.Queue[dict[str, Any]]) -> None:
        while True:
            event = await lane.get()
            words = event["content"]["body"].split()
            invitation = None
            if words[0] == f"{PREFIX}join" and len(words) == 2:
                invitation = asyncio.create_task(self._invite(words[1], event["sender"]))
            self._sent += 1
            path = f"{CLIENT}/rooms/{quote(room)}/send/m.room.message/{self._run}-{self._sent}"
            content = {
                "msgtype": "m.notice",
                "body": ANSWER,
                "format": "org.matrix.custom.html",
                "formatted_body": f"<p>{ANSWER}</p>",
                "m.mentions": {},
                "m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}},
            }
            async with self._session.put(path, json=content) as response:
                response.raise_for_status()
                await response.read()
            if invitation is not None:
                await invitation

    async def _invite(self, room: str, user: str) -> None:
        """What joining a network costs the homeserver at least; it goes beside the answer, as Kring's does."""
        path = f"{CLIENT}/rooms/{quote(room)}/invite"
        async with self._session.post(path, json={"user_id": user}) as response:
            await response.read()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--since-file", type=Path, help="read at the start, written at the end")
    given = parser.parse_args()
    since = None
    if given.since_file is not None and given.since_file.exists():
        since = given.since_file.read_text()
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(
        given.url, timeout=timeout, connector=aiohttp.TCPConnector(limit=100)
    ) as session:
        floor = Floor(session, since)
        try:
            if given.token:
                floor.use(given.token)
            else:
                await floor.login(given.user, given.password)
            with contextlib.suppress(asyncio.CancelledError):
                await floor.serve()
        finally:
            if given.since_file is not None and floor.since is not None:
                given.since_file.write_text(floor.since)


if __name__ == "__main__":
    asyncio.run(main())
