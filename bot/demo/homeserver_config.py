"""The configuration of the embedded homeserver, and what of it stays from one start to the next.

Running the server is for `bot.demo.homeserver`.
"""

from __future__ import annotations

import base64
import json
import secrets
import socket
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bot.private_file import write_private

Limits = Literal["none", "production"]

_UNLIMITED = {"per_second": 1_000_000, "burst_count": 1_000_000}
_NO_LIMITS: dict[str, Any] = {
    **dict.fromkeys(
        (
            "rc_message",
            "rc_registration",
            "rc_registration_token_validity",
            "rc_admin_redaction",
            "rc_joins_per_room",
            "rc_key_requests",
            "rc_3pid_validation",
            "rc_third_party_invite",
            "rc_media_create",
            "rc_delayed_event_mgmt",
            "rc_room_creation",
            "rc_reports",
            "rc_user_directory",
            "rc_profile",
        ),
        _UNLIMITED,
    ),
    "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), _UNLIMITED),
    "rc_joins": dict.fromkeys(("local", "remote"), _UNLIMITED),
    "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), _UNLIMITED),
    "rc_presence": {"per_user": _UNLIMITED},
}


_LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
}


class HomeserverUnavailable(RuntimeError):
    """The embedded homeserver cannot run here; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What must stay the same from one start to the next."""

    port: int
    server_name: str
    registration_secret: str
    macaroon_secret: str
    form_secret: str

    @property
    def base_url(self) -> str:
        """The address that clients use, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"


def write_config(folder: Path, server_name: str, wanted_port: int, limits: Limits) -> Kept:
    """Write all that Synapse reads (`homeserver.yaml` and what it names) into the folder.

    Raises HomeserverUnavailable if the folder holds another server or the port is taken.
    """
    kept = _keep(folder / "kept.json", server_name, wanted_port)
    key_path = folder / "signing.key"
    if not key_path.exists():
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        write_private(key_path, f"ed25519 a_{secrets.token_hex(2)} {seed}\n".encode())
    log_config = folder / "log.json"
    write_private(log_config, json.dumps(_LOGGING, indent=1).encode())
    config: dict[str, Any] = {
        "server_name": kept.server_name,
        "public_baseurl": f"{kept.base_url}/",
        "pid_file": str(folder / "synapse.pid"),
        "listeners": [
            {
                "type": "http",
                "port": kept.port,
                "bind_addresses": ["127.0.0.1"],
                "tls": False,
                "resources": [{"names": ["client"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "log_config": str(log_config),
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(key_path),
        "registration_shared_secret": kept.registration_secret,
        "macaroon_secret_key": kept.macaroon_secret,
        "form_secret": kept.form_secret,
        "enable_registration": False,
        "bcrypt_rounds": 4,
        "default_room_version": "12",
        "encryption_enabled_by_default_for_room_type": "off",
        "presence": {"enabled": False},
        "url_preview_enabled": False,
        "enable_metrics": False,
        "report_stats": False,
        "federation_domain_whitelist": [],
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
    }
    if limits == "none":
        config |= _NO_LIMITS
    # JSON is YAML, and needs no library for it.
    write_private(folder / "homeserver.yaml", json.dumps(config, indent=1).encode())
    return kept


def _keep(path: Path, server_name: str, wanted_port: int) -> Kept:
    try:
        old = Kept(**json.loads(path.read_text()))
    except FileNotFoundError:
        old = Kept(0, server_name, *(secrets.token_urlsafe(32) for _ in range(3)))
    if old.server_name != server_name:
        raise HomeserverUnavailable(
            f"The homeserver in {path.parent} is called {old.server_name}, not {server_name}. "
            "Use that name, or another folder."
        )
    if wanted_port and not _is_free(wanted_port):
        raise HomeserverUnavailable(
            f"Port {wanted_port} is in use. Choose another, or 0 for any free one."
        )
    port = wanted_port or (old.port if old.port and _is_free(old.port) else _free_port())
    kept = replace(old, port=port)
    write_private(path, json.dumps(asdict(kept)).encode())
    return kept


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server will ask for it: an earlier connection's remains are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
