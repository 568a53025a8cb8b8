"""Conversations under way: one active for a person, the others wait for their turn."""

from __future__ import annotations

from storage import dialogues
from storage.session import Session


def begin(session: Session, name: str, user: str = "@ann:x", *, expires_at: int = 100) -> int:
    return dialogues.begin(
        session,
        user_id=user,
        room_id="",
        name=name,
        step="first",
        data={"seen": True},
        language="nl",
        now=1,
        expires_at=expires_at,
    )


def active(session: Session, user: str = "@ann:x") -> str | None:
    stored = dialogues.active(session, user)
    return stored.name if stored else None


def test_a_new_one_pauses_the_old_which_comes_back(session: Session) -> None:
    begin(session, "profile")
    begin(session, "survey")
    newest = begin(session, "order")
    assert active(session) == "order"
    dialogues.end(session, newest)
    assert active(session) is None
    resumed = dialogues.resume_last(session, "@ann:x")
    assert resumed is not None
    assert resumed.name == active(session) == "survey"
    dialogues.end(session, resumed.id)
    assert dialogues.resume_last(session, "@ann:x") is not None
    assert active(session) == "profile"


def test_people_do_not_get_in_each_others_way(session: Session) -> None:
    begin(session, "profile")
    begin(session, "survey", "@bob:x")
    assert (active(session), active(session, "@bob:x")) == ("profile", "survey")
    assert dialogues.resume_last(session, "@bob:x") is None


def test_everything_of_a_step_is_kept(session: Session) -> None:
    dialogue_id = begin(session, "profile")
    dialogues.save(
        session,
        dialogue_id,
        step="second",
        data={"city": "Liège"},
        history=("first", "middle"),
        question="key",
        expires_at=200,
    )
    stored = dialogues.active(session, "@ann:x")
    assert stored == dialogues.Stored(
        dialogue_id,
        "@ann:x",
        "",
        "profile",
        "second",
        {"city": "Liège"},
        ("first", "middle"),
        "nl",
        "key",
        200,
    )
    assert dialogues.of_user(session, "@ann:x") == [stored]


def test_what_was_left_lying_is_found_active_or_not(session: Session) -> None:
    begin(session, "old", expires_at=50)
    begin(session, "young", expires_at=150)
    assert dialogues.expired(session, now=49) == []
    assert [stored.name for stored in dialogues.expired(session, now=50)] == ["old"]
    assert [stored.name for stored in dialogues.expired(session, now=150)] == ["old", "young"]
