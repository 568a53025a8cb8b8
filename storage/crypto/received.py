"""Which to-device events were taken in: a homeserver repeats those that it does not know were received."""

from __future__ import annotations

from storage.session import Session


def note(session: Session, digest: bytes, *, now: int) -> bool:
    """Note an event by its digest; False if it was taken in before."""
    return bool(
        session.run(
            "INSERT INTO crypto_received (digest, at) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (digest, now),
        )
    )


def purge(session: Session, *, before: int) -> int:
    """Forget those of before that time (ms UTC)."""
    return session.run("DELETE FROM crypto_received WHERE at < ?", (before,))
