"""Reads the configuration and says what is wrong with it: the key, what was found, what is expected.

A secret is never part of what is said, nor is the value of an unknown key, which may be one.
"""

from __future__ import annotations

import difflib
import os
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from bot.config import DELIMITER, PREFIX, SHORTEST_KEY, Config
from bot.private_file import make_private
from storage.errors import StorageError
from storage.inspection import holds_keys

PATH_VARIABLE = "KRING_CONFIG"
DEBUG_VARIABLE = "KRING_DEBUG"
PLACES = (Path("config.toml"), Path("/etc/kring/config.toml"))
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
_KEY_BYTES = 32
_LONGEST_SHOWN = 60
_ENCRYPTION_KEY = f"at least {SHORTEST_KEY} characters"
_LOST_KEY = (
    "the key under which the bot's keys were sealed: bring it back from where you keep it"
    " (docs/running.md says what to do if it is lost)"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `origin` is the file or the variable that said it."""

    key: str
    found: str
    expected: str
    origin: str

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}, expected {self.expected} ({self.origin})"


class ConfigError(Exception):
    """The configuration cannot be used; `problems` are all that were found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def find(given: Path | None = None) -> Path | None:
    """The file to read: the given one, that of KRING_CONFIG, or the first there is.

    None means that there is none, so that variables must say everything. Raises ConfigError if a
    file that was named does not exist.
    """
    named = given or (Path(value) if (value := os.environ.get(PATH_VARIABLE)) else None)
    if named is None:
        return next((place for place in PLACES if place.is_file()), None)
    if not named.is_file():
        origin = "--config" if given else PATH_VARIABLE
        raise ConfigError(Problem("the configuration", f"no file {named}", "a TOML file", origin))
    return named


def load(given: Path | None = None) -> Config:
    """Read, check and complete the configuration; relative paths count from the file's folder.

    Raises ConfigError with everything that is wrong.
    """
    path = find(given)
    # A section that is not there is an empty one: what is missing is then named key by key.
    empty: dict[str, Any] = {"homeserver": {}, "territory": {}}
    written = empty | (_read(path) if path else {})
    unknown = list(_unknown_variables(os.environ))
    try:
        config = Config(**written)
    except ValidationError as error:
        found = [_problem(dict(one), written, path) for one in error.errors(include_url=False)]
        raise ConfigError(*found, *unknown) from None
    if unknown:
        raise ConfigError(*unknown)
    config = _with_secrets(_anchored(config, path.resolve().parent if path else Path.cwd()), path)
    _check_files(config, path)
    return config


def erasure_key(config: Config, *, create: bool = False) -> bytes:
    """The key under which erased people stay recognisable to imports; makes it if asked to.

    Raises ConfigError if there is none or if it cannot be read. A new key does not recognise those
    whom an older one erased, so only `kring setup` makes one.
    """
    name, path = "data.erasure_key_file", config.erasure_key_file
    if create:
        _make_key(name, path)
    expected = f"{2 * _KEY_BYTES} hexadecimal digits"
    text = _kept_key(name, path, expected)
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise ConfigError(Problem(name, "something else", expected, str(path))) from None
    if len(key) != _KEY_BYTES:
        raise ConfigError(Problem(name, f"{2 * len(key)} digits", expected, str(path)))
    return key


def encryption_secret(config: Config, *, create: bool = False) -> bytes:
    """What seals the keys of encryption at rest; makes the file in the data folder if asked to.

    It is made only for a bot that has no keys yet: those of one that has would be lost under another.
    Raises ConfigError if there is none or if it cannot be read.
    """
    section, name, path = config.encryption, "encryption.key_file", config.encryption_key_file
    if section.key is not None:
        return section.key.get_secret_value().encode()
    if not path.exists():
        if _holds_keys(config):
            raise ConfigError(Problem(name, "no such file", _LOST_KEY, str(path)))
        if create:
            _make_key(name, path)
    key = _kept_key(name, path, _ENCRYPTION_KEY)
    if len(key) < SHORTEST_KEY:
        raise ConfigError(Problem(name, f"{len(key)} characters", _ENCRYPTION_KEY, str(path)))
    return key.encode()


def _holds_keys(config: Config) -> bool:
    try:
        return config.database.exists() and holds_keys(config.database)
    except StorageError as error:
        raise ConfigError(
            Problem("data.folder", f"{error}", "a database that can be read", str(config.database))
        ) from None


def _make_key(name: str, path: Path) -> None:
    """In hexadecimal digits, unless there is a file."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(path, f"{secrets.token_hex(_KEY_BYTES)}\n".encode())
    except FileExistsError:
        # Another command was quicker.
        pass
    except OSError as error:
        found = str(error.strerror)
        raise ConfigError(Problem(name, found, "a file that can be written", str(path))) from None


def _kept_key(name: str, path: Path, expected: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        expected = "the file that `kring setup` makes (or bring it back from where you keep it)"
        raise ConfigError(Problem(name, "no such file", expected, str(path))) from None
    except (OSError, ValueError) as error:
        found = "something else" if isinstance(error, ValueError) else str(error.strerror)
        raise ConfigError(Problem(name, found, expected, str(path))) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        found = str(error)
    except UnicodeDecodeError:
        found = "bytes that are not UTF-8"
    except OSError as error:
        found = "no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
    raise ConfigError(Problem("the configuration", found, "a TOML file in UTF-8", str(path)))


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[Problem]:
    known = {
        f"{PREFIX}{section}{DELIMITER}{key}".upper(): None
        for section, field in Config.model_fields.items()
        for key in _fields(field)
    }
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in (PATH_VARIABLE, DEBUG_VARIABLE):
            continue
        # Those that begin with a section are seen, and refused if need be, with the file's keys.
        section = name.removeprefix(PREFIX).split(DELIMITER)[0].lower()
        if section not in Config.model_fields:
            yield Problem(name, "an unknown variable", _guess(name, known), "environment")


def _fields(field: FieldInfo) -> dict[str, FieldInfo]:
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_fields
    return {}


def _guess(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"perhaps {near[0]}" if near else f"one of: {', '.join(sorted(known))}"


def _problem(error: dict[str, Any], written: dict[str, Any], path: Path | None) -> Problem:
    location = [str(part) for part in error["loc"]]
    key, field, section = ".".join(location[:2]), _field(location), location[:1]
    variable = PREFIX + DELIMITER.join(location[:2]).upper()
    in_environment = next((name for name in os.environ if name.upper() == variable), None)
    origin = in_environment or (str(path) if path else "environment")
    if error["type"] == "missing":
        where = f"{path}, or {variable}" if path else variable
        return Problem(key, "nothing", field.description or "" if field else "a value", where)
    if field is None:
        parent = Config.model_fields.get(section[0]) if len(location) > 1 else None
        names = _fields(parent) if parent else Config.model_fields
        return Problem(key, "an unknown key", _guess(location[-1], names), origin)
    expected = field.description or ""
    if error["type"] == "value_error":
        expected += f" ({error['ctx']['error']})"
    value: Any = os.environ[in_environment] if in_environment else written
    if not in_environment:
        for part in location[:2]:
            value = value.get(part) if isinstance(value, dict) else None
    return Problem(key, _shown(value, field), expected, origin)


def _field(location: list[str]) -> FieldInfo | None:
    section = Config.model_fields.get(location[0])
    if section is None or len(location) == 1:
        return section
    return _fields(section).get(location[1])


def _shown(value: Any, field: FieldInfo) -> str:
    if SecretStr in (field.annotation, *get_args(field.annotation)):
        return f"{_kind(value)} (not shown)"
    if isinstance(value, str) and "@" in value and "://" in value:
        return "an address with a name in it (not shown)"
    if isinstance(value, dict) or _fields(field):
        return _kind(value)
    shown = repr(value)
    return shown if len(shown) <= _LONGEST_SHOWN else shown[: _LONGEST_SHOWN - 1] + "…"


def _kind(value: Any) -> str:
    names: dict[type, str] = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "a section",
    }
    return names.get(type(value), "a value")


def _anchored(config: Config, folder: Path) -> Config:
    def under(path: Path | None) -> Path | None:
        return None if path is None else folder / path.expanduser()

    server, data, encryption = config.homeserver, config.data, config.encryption
    return config.model_copy(
        update={
            "homeserver": server.model_copy(
                update={
                    "password_file": under(server.password_file),
                    "access_token_file": under(server.access_token_file),
                }
            ),
            "data": data.model_copy(
                update={
                    "folder": under(data.folder),
                    "erasure_key_file": under(data.erasure_key_file),
                }
            ),
            "encryption": encryption.model_copy(
                update={
                    "key_file": under(encryption.key_file),
                    "recovery_key_file": under(encryption.recovery_key_file),
                }
            ),
            "bot": config.bot.model_copy(update={"avatar_file": under(config.bot.avatar_file)}),
            "labels": config.labels.model_copy(
                update={"extra": tuple(folder / extra for extra in config.labels.extra)}
            ),
        }
    )


def _with_secrets(config: Config, path: Path | None) -> Config:
    """Read the secrets that stand in files; systemd's credentials count where nothing is said."""
    origin, values = str(path or "environment"), dict[str, SecretStr]()
    for name in ("password", "access_token"):
        # One that is configured counts, and no credential beside it.
        given = _given(config.homeserver, "homeserver", name, origin, None if values else name)
        if given is not None:
            values[name] = given
    if len(values) != 1:
        raise ConfigError(
            Problem(
                "homeserver",
                "both a password and an access token" if values else "no password",
                "one of password, password_file, access_token, access_token_file",
                origin,
            )
        )
    section = config.encryption
    keys = {
        name: _given(section, "encryption", name, origin, credential)
        for name, credential in (("key", "encryption_key"), ("recovery_key", "recovery_key"))
    }
    if (key := keys["key"]) is not None and len(key) < SHORTEST_KEY:
        where = str(section.key_file) if section.key_file is not None else "encryption_key"
        found = f"{len(key)} characters"
        raise ConfigError(Problem("encryption.key_file", found, _ENCRYPTION_KEY, where))
    return config.model_copy(
        update={
            "homeserver": config.homeserver.model_copy(update=values),
            "encryption": section.model_copy(update=keys),
        }
    )


def _given(
    section: BaseModel, title: str, name: str, origin: str, credential: str | None
) -> SecretStr | None:
    """The secret that stands in a section, in the file that it names, or in a credential."""
    given: SecretStr | None = getattr(section, name)
    file: Path | None = getattr(section, f"{name}_file")
    if given is not None and file is not None:
        raise ConfigError(
            Problem(f"{title}.{name}", f"{name}_file beside it", "one of the two", origin)
        )
    folder = os.environ.get(CREDENTIALS_VARIABLE)
    if given is None and file is None and folder and credential:
        handed_over = Path(folder) / credential
        file = handed_over if handed_over.is_file() else None
    if given is None and file is not None:
        given = _secret(f"{title}.{name}_file", file)
    return given


def _secret(key: str, file: Path) -> SecretStr:
    try:
        value = file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        found = "bytes that are not UTF-8"
    except OSError as error:
        found = "no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
    else:
        if value:
            return SecretStr(value)
        found = "an empty file"
    raise ConfigError(Problem(key, found, "a file that holds the secret alone", str(file)))


def _check_files(config: Config, path: Path | None) -> None:
    wanted = [("labels.extra", extra, "a CSV file") for extra in config.labels.extra]
    if config.bot.avatar_file is not None:
        wanted.append(("bot.avatar_file", config.bot.avatar_file, "a PNG or JPEG picture"))
    problems = [
        Problem(key, f"no file {file}", expected, str(path or "environment"))
        for key, file, expected in wanted
        if not file.is_file()
    ]
    if problems:
        raise ConfigError(*problems)
