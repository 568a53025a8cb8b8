"""Jobs: a run stands in the table once, whatever happens, and ends once."""

from __future__ import annotations

from storage import jobs
from storage.session import Session


def test_a_run_is_put_down_once_even_after_it_was_done(session: Session) -> None:
    assert jobs.add(session, "digest", "ann 2026-10-25", due_at=100)
    assert not jobs.add(session, "digest", "ann 2026-10-25", due_at=100)
    (job,) = jobs.due(session, now=100)
    assert jobs.finish(session, job.id, "done", now=101)
    assert not jobs.finish(session, job.id, "done", now=102)
    # The hour that repeats at the end of summer time does not repeat the run.
    assert not jobs.add(session, "digest", "ann 2026-10-25", due_at=3700)
    assert jobs.due(session, now=10_000) == []


def test_what_is_due_comes_in_order(session: Session) -> None:
    for key, due_at in (("c", 30), ("a", 10), ("b", 20), ("later", 99)):
        jobs.add(session, "reminder", key, due_at=due_at, data={"who": key})
    assert jobs.next_due(session) == 10
    assert [job.key for job in jobs.due(session, now=30)] == ["a", "b", "c"]
    assert [job.data for job in jobs.due(session, now=30, limit=1)] == [{"who": "a"}]


def test_a_run_can_be_moved_or_cancelled_while_it_waits(session: Session) -> None:
    jobs.add(session, "deadline", "1", due_at=10)
    assert jobs.move(session, "deadline", "1", due_at=50)
    assert jobs.due(session, now=10) == []
    assert jobs.cancel(session, "deadline", "1", now=20)
    assert not jobs.cancel(session, "deadline", "1", now=21)
    assert not jobs.move(session, "deadline", "1", due_at=60)
    assert jobs.next_due(session) is None


def test_a_failed_attempt_waits_for_the_next(session: Session) -> None:
    jobs.add(session, "digest", "1", due_at=10)
    (job,) = jobs.due(session, now=10)
    assert jobs.attempted(session, job.id, retry_at=40) == 1
    assert jobs.due(session, now=39) == []
    (job,) = jobs.due(session, now=40)
    assert job.attempts == 1
    assert jobs.attempted(session, job.id, retry_at=80) == 2


def test_purge_keeps_what_waits(session: Session) -> None:
    jobs.add(session, "digest", "old", due_at=10)
    jobs.add(session, "digest", "waits", due_at=10)
    jobs.finish(session, jobs.due(session, now=10)[0].id, "missed", now=11)
    assert jobs.purge(session, before=100) == 1
    assert [job.key for job in jobs.due(session, now=10)] == ["waits"]
