"""What can go wrong between the bot and its homeserver, and which of it heals by itself."""

from __future__ import annotations

from pathlib import Path


class MatrixError(Exception):
    """Base of everything that a request to the homeserver can end in."""

    @property
    def code(self) -> str:
        """A short name for logs and continuations: Matrix's errcode where there is one."""
        return type(self).__name__

    @property
    def heals(self) -> bool:
        """Whether the same request may succeed later without anybody changing it."""
        return True


class Unreachable(MatrixError):
    """No answer: connection refused or cut, name not found, time-out. It may have been heard."""


class BadResponse(MatrixError):
    """An answer that is not Matrix: broken JSON, a proxy's page, a missing field."""


# 4xx answers that end without a change of the request: an administrator acts, or time passes.
_HEALING = frozenset({"M_LIMIT_EXCEEDED", "M_RESOURCE_LIMIT_EXCEEDED", "M_USER_LOCKED"})


class HomeserverError(MatrixError):
    """The homeserver refused; `errcode` is Matrix's, `status` is HTTP's.

    `retry_after_ms` is how long it asks to wait, None if it does not say.
    """

    def __init__(
        self, errcode: str, status: int, message: str = "", retry_after_ms: int | None = None
    ) -> None:
        super().__init__(f"{status} {errcode}: {message}" if message else f"{status} {errcode}")
        self.errcode = errcode
        self.status = status
        self.message = message
        self.retry_after_ms = retry_after_ms

    @property
    def code(self) -> str:
        return self.errcode

    @property
    def heals(self) -> bool:
        return self.status >= 500 or self.status == 408 or self.errcode in _HEALING


class RateLimited(HomeserverError):
    """Too many requests (429)."""

    @property
    def heals(self) -> bool:
        return True


class Unproven(HomeserverError):
    """The homeserver wants to be shown who asks (spec, "User-interactive authentication").

    `session` belongs into the request that shows it; `by_password` says that the password suffices.
    """

    def __init__(self, session: str, *, by_password: bool) -> None:
        super().__init__("M_FORBIDDEN", 401, "the homeserver asks for more than the login")
        self.session = session
        self.by_password = by_password


class UnknownToken(HomeserverError):
    """The login is no longer valid: nothing works until a person acts."""

    @property
    def heals(self) -> bool:
        return False


class WrongAccount(Exception):
    """The database belongs to another Matrix account than the one that is configured."""

    def __init__(self, stored: str, configured: str) -> None:
        super().__init__(
            f"this database belongs to {stored}, but the configured account is {configured}"
        )
        self.stored = stored
        self.configured = configured


class FolderInUse(Exception):
    """Another bot works on the data folder; `holder` is its process, as far as it is known."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(
            f"a bot already runs on {folder}" + (f" (process {holder})" if holder else "")
        )
        self.folder = folder
        self.holder = holder
