"""What the ideal homeserver knows of keys: it lists devices, hands out one-time keys and passes messages on.

As much of the client-server API as encryption asks for, in memory. Nothing is checked: that is for clients.
"""

from __future__ import annotations

from typing import Any

import orjson

_ALGORITHM = "signed_curve25519"


class Keys:
    """`to_bot` waits for the bot's next sync; `from_bot` is what the bot said to devices, as
    (user, device, content)."""

    def __init__(self, bot: str, bot_device: str) -> None:
        self.bot = bot
        self.bot_device = bot_device
        self.devices: dict[str, dict[str, dict[str, Any]]] = {}
        self.to_bot: list[dict[str, Any]] = []
        self.from_bot: list[tuple[str, str, dict[str, Any]]] = []
        self._cross: dict[str, dict[str, Any]] = {}
        self._one_time: dict[tuple[str, str], dict[str, Any]] = {}
        self._fallback: dict[tuple[str, str], dict[str, Any]] = {}
        self._transactions: set[str] = set()
        self._backup: dict[str, Any] | None = None

    def add(self, user_id: str, device_id: str, upload: dict[str, Any]) -> dict[str, int]:
        """What POST /keys/upload says, of anyone's device; how many one-time keys it has now."""
        place = (user_id, device_id)
        if "device_keys" in upload:
            self.devices.setdefault(user_id, {})[device_id] = upload["device_keys"]
        there = self._one_time.setdefault(place, {})
        there |= upload.get("one_time_keys", {})
        if upload.get("fallback_keys"):
            self._fallback[place] = upload["fallback_keys"]
        return {_ALGORITHM: len(there)}

    def claim(self, user_id: str, device_id: str) -> dict[str, Any]:
        """A one-time key by its id, each once; the fallback key after the last, empty without any."""
        there = self._one_time.get((user_id, device_id))
        if there:
            return dict([there.popitem()])
        return self._fallback.get((user_id, device_id), {})

    def in_sync(self) -> dict[str, Any]:
        """What a sync says of keys and of devices' messages; they count as told then."""
        told, self.to_bot = self.to_bot, []
        place = (self.bot, self.bot_device)
        answer: dict[str, Any] = {
            "device_one_time_keys_count": {_ALGORITHM: len(self._one_time.get(place, ()))},
            "device_unused_fallback_key_types": [_ALGORITHM] if place in self._fallback else [],
        }
        if told:
            answer["to_device"] = {"events": told}
        return answer

    def answer(self, method: str, parts: list[str], body: bytes) -> dict[str, Any] | None:
        """The answer to a request of the bot's; None for what is not about keys. Raises LookupError."""
        match method, parts:
            case "POST", ["keys", "upload"]:
                counts = self.add(self.bot, self.bot_device, orjson.loads(body))
                return {"one_time_key_counts": counts}
            case "POST", ["keys", "query"]:
                return self._queried(orjson.loads(body)["device_keys"])
            case "POST", ["keys", "claim"]:
                return {"one_time_keys": self._claimed(orjson.loads(body)["one_time_keys"])}
            case "PUT", ["sendToDevice", kind, transaction]:
                if transaction not in self._transactions:
                    self._transactions.add(transaction)
                    self._pass_on(kind, orjson.loads(body)["messages"])
                return {}
            case "POST", ["keys", "device_signing", "upload"]:
                self._cross = {
                    f"{name}s": {self.bot: key}
                    for name, key in orjson.loads(body).items()
                    if name.endswith("_key")
                }
                return {}
            case "POST", ["keys", "signatures", "upload"]:
                self._sign(orjson.loads(body))
                return {"failures": {}}
            case "GET", ["room_keys", "version"]:
                if self._backup is None:
                    raise LookupError("no backup")
                return self._backup
            case "POST", ["room_keys", "version"]:
                self._backup = {**orjson.loads(body), "version": "1", "count": 0, "etag": "0"}
                return {"version": "1"}
            case "PUT", ["room_keys", *_]:
                return {"count": 0, "etag": "1"}
        return None

    def _queried(self, asked: dict[str, Any]) -> dict[str, Any]:
        known = {user: self.devices.get(user, {}) for user in asked}
        return {"device_keys": known, "failures": {}, **self._cross}

    def _claimed(self, asked: dict[str, dict[str, str]]) -> dict[str, Any]:
        return {
            user: {device: self.claim(user, device) for device in devices}
            for user, devices in asked.items()
        }

    def _pass_on(self, kind: str, messages: dict[str, dict[str, Any]]) -> None:
        if kind != "m.room.encrypted":
            return
        self.from_bot += [
            (user, device, content)
            for user, devices in messages.items()
            for device, content in devices.items()
        ]

    def _sign(self, uploaded: dict[str, dict[str, Any]]) -> None:
        """Signatures that the bot made of its own keys are shown with them."""
        for key_id, value in uploaded.get(self.bot, {}).items():
            shown = self.devices.get(self.bot, {}).get(key_id)
            if shown is None:
                shown = self._cross.get("master_keys", {}).get(self.bot)
            if shown is not None:
                for user, signatures in value["signatures"].items():
                    shown.setdefault("signatures", {}).setdefault(user, {}).update(signatures)
