"""What the bot's own device shows of itself: public keys only, written anew at every start."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from storage import facts
from storage.session import Session

_FACT = "own_keys"


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """Ed25519 public keys, unpadded base64; `master` is None until there is a cross-signing identity."""

    user_id: str
    device_id: str
    ed25519: str
    master: str | None


def put(session: Session, keys: OwnKeys) -> None:
    if get(session) != keys:
        facts.put(session, _FACT, json.dumps(asdict(keys)))


def get(session: Session) -> OwnKeys | None:
    stored = facts.get(session, _FACT)
    return OwnKeys(**json.loads(stored)) if stored is not None else None
