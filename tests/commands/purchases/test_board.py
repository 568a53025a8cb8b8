"""The message about a purchase in its rooms: what everybody reads there, and when it is edited."""

from __future__ import annotations

import pytest

from commands.kernel.kernel import Outcome
from commands.purchases import board, changes
from commands.purchases.hints import Fill
from storage import purchase_lines, purchases, rooms
from storage.session import Session
from tests.commands.purchases.market import (
    ANI,
    ANNA,
    BEN,
    BOTH,
    CARO,
    DUTCH,
    ENGLISH,
    FINN,
    commit,
    context,
    line,
    move,
    purchase,
    run_jobs,
)
from tests.commands.talk import Said, Talk


def announce(talk: Talk, number: int) -> list[Said]:
    def tell(session: Session) -> Outcome:
        ctx = context(talk, session, ANI)
        found = purchases.get(session, number)
        assert found is not None
        board.announce(ctx, found)
        return talk._store(session, Outcome(ctx.drafts, acted=True))

    return talk._deliver(talk.write(tell))


def renewed(talk: Talk, number: int = 1) -> list[Said]:
    """What is edited or said once the slot of some seconds is over in which something changed."""

    def change(session: Session) -> None:
        changes.changed(context(talk, session, ANI), number)

    talk.write(change)
    talk.wait(seconds=10)
    return run_jobs(talk, changes.REFRESH)


def test_a_room_reads_what_is_bought_how_full_it_is_and_how_to_take_part(talk: Talk) -> None:
    number = purchase(talk, freight_cents=4500)
    commit(talk, BEN, 3, 1)
    (said,) = announce(talk, number)
    assert said.draft.room_id == ENGLISH
    assert said.draft.about == f"purchase:{number}"
    for part in (
        "Group purchase 1: Office chairs",
        "Supplier: Meubel Coop",
        "1. Chairs ■■■▨□ 3 (+1): 1 more fills the case",
        "€10.00 / piece, €9.00 from 20 on (elsewhere €13.00)",
        "Closes on Monday, November 30, 2026",
        "Freight and other costs: €45.00",
        "reply 3+2",
        "!purchase 1",
    ):
        assert part in said.text, part
    assert "Ben" not in said.text


def test_each_room_reads_it_in_its_own_languages_and_only_once(talk: Talk) -> None:
    number = purchase(talk, rooms=(DUTCH, BOTH))
    said = announce(talk, number)
    assert [each.draft.room_id for each in said] == [DUTCH, BOTH]
    assert said[1].html.count("<hr>") == 1
    assert "30 november 2026" in said[1].text
    assert "30 novembre 2026" in said[1].text
    assert announce(talk, number) == []


def test_however_many_change_something_it_is_edited_once_in_place(talk: Talk) -> None:
    number = purchase(talk)
    (said,) = announce(talk, number)
    for user in (BEN, FINN, ANNA, CARO):
        commit(talk, user, 2)
        talk.write(lambda session: changes.changed(context(talk, session, ANI), number))
    talk.wait(seconds=10)
    (edit,) = run_jobs(talk, changes.REFRESH)
    assert edit.edits == said.key
    assert "8: 2 more fill the case" in edit.text
    assert renewed(talk) == []


def test_a_message_that_is_gone_is_made_again(talk: Talk) -> None:
    number = purchase(talk)
    (said,) = announce(talk, number)
    talk.write(
        lambda session: session.run(
            "UPDATE outbox SET status = 'failed' WHERE key = ?", (said.key,)
        )
    )
    (again,) = renewed(talk, number)
    assert again.edits is None
    assert "Group purchase 1" in again.text


def test_many_lines_are_told_by_those_that_lack_something_first(talk: Talk) -> None:
    number = purchase(
        talk, rooms=(BOTH,), lines=[line(f"Article {each}" * 9) for each in range(1, 201)]
    )
    commit(talk, ANNA, 3, position=150)
    (said,) = announce(talk, number)
    first = said.text[said.text.index("150.") :]
    assert "■■■□□ 3: nog 2 vullen de doos" in first
    assert "190" in said.text
    assert said.html, "it fits into a message as it is meant"


def test_a_purchase_that_costs_more_than_it_saves_says_how_much_is_lacking(talk: Talk) -> None:
    purchase(talk, freight_cents=4500)
    commit(talk, BEN, 5)
    (said,) = renewed(talk)
    assert "saves €15.00, costs €45.00. €30.00 short" in said.text
    commit(talk, FINN, 15)
    (edit,) = renewed(talk)
    assert "saves €80.00, costs €45.00. It is worth it." in edit.text


def test_one_order_more_that_makes_all_of_it_cheaper_is_pointed_out(talk: Talk) -> None:
    purchase(talk, lines=[line(tiers=((1, 1000), (20, 700)))])
    commit(talk, BEN, 15)
    (said,) = renewed(talk)
    assert "5 more would make the whole cheaper: €7.00 each" in said.text


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("filling",), "only what helps to fill the cases counts"),
        (("tipped",), "Whoever is responsible decides"),
        (("failed",), "may extend it once"),
        (("tipped", "confirmed"), "It goes through"),
        (("tipped", "confirmed", "ordered"), "Ordered on November 23, 2026"),
        (("cancelled",), "It was cancelled: no time"),
    ],
)
def test_later_states_are_told_in_the_same_message(
    talk: Talk, states: tuple[purchases.State, ...], expected: str
) -> None:
    number = purchase(talk)
    (said,) = announce(talk, number)
    move(
        talk,
        number,
        *states,
        due_at=talk.ms() if states == ("filling",) else None,
        reason="no time",
    )
    (edit,) = renewed(talk)
    assert edit.edits == said.key
    assert expected in edit.text
    assert "reply 3+2" not in edit.text


def test_what_was_decided_stands_there_in_cases(talk: Talk) -> None:
    number = purchase(talk, lines=[line(), line("Tables", case=4)])
    announce(talk, number)

    def fix(session: Session) -> None:
        found = purchases.get(session, number)
        assert found is not None
        purchase_lines.fix_order(session, found.lines[0].id, cases=2, cents=1000)
        purchase_lines.fix_order(session, found.lines[1].id, cases=0, cents=1000)

    talk.write(fix)
    move(talk, number, "tipped", "confirmed", "ordered")
    (edit,) = renewed(talk)
    assert "1. Chairs · 2 cases of 5 = 10 · €10.00 / piece" in edit.text
    assert "2. Tables · not ordered" in edit.text


@pytest.mark.parametrize(
    ("fill", "bar"),
    [
        (Fill(3, 1, 5, below_minimum=False), "■■■▨□"),
        (Fill(0, 0, 4, below_minimum=False), "□□□□"),
        (Fill(99, 0, 100, below_minimum=False), "■■■■■■■■■□"),
        (Fill(50, 50, 100, below_minimum=False), "■■■■■▨▨▨▨▨"),
    ],
)
def test_a_case_in_characters_is_full_only_when_it_is(fill: Fill, bar: str) -> None:
    assert fill.bar == bar


def test_the_picture_stands_in_the_message_and_is_renewed_with_it(talk: Talk) -> None:
    number = purchase(talk)
    (said,) = announce(talk, number)
    before = said.draft.file
    assert before is not None and before.inline is not None
    commit(talk, BEN, 4)
    (edit,) = renewed(talk)
    after = edit.draft.file
    assert after is not None and after.inline is not None
    assert after.inline.alt == "Chairs: 4 of 5"
    assert after.data != before.data


def test_in_an_encrypted_room_the_picture_comes_alone_and_only_when_the_state_changes(
    talk: Talk,
) -> None:
    def encrypt(session: Session) -> None:
        event = {
            "type": "m.room.encryption",
            "sender": ANI,
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }
        rooms.apply_state(session, ENGLISH, event)

    talk.write(encrypt)
    number = purchase(talk)
    said, alone = announce(talk, number)
    assert said.draft.file is None
    assert alone.content["msgtype"] == "m.image"
    commit(talk, BEN, 4)
    (edit,) = renewed(talk)
    assert edit.draft.file is None
    move(talk, number, "filling")
    edit, alone = renewed(talk)
    assert edit.edits == said.key
    assert alone.content["msgtype"] == "m.image"


def test_an_upgraded_room_is_told_of_what_is_under_way(talk: Talk) -> None:
    number = purchase(talk)
    announce(talk, number)
    talk.room("!upgraded", "other", {ANI: 50, BEN: 0}, language="en")
    talk.replace_room(ENGLISH, "!upgraded", ANI)
    talk.wait(seconds=10)
    (said,) = run_jobs(talk, changes.REFRESH)
    assert said.draft.room_id == "!upgraded"
    assert said.edits is None


def test_a_merged_purchase_says_where_it_goes_on(talk: Talk) -> None:
    into = purchase(talk, title="The older one", rooms=(DUTCH,))
    number = purchase(talk)
    announce(talk, number)
    move(talk, number, "cancelled", merged_into=into)
    (edit,) = renewed(talk, number)
    assert f"It goes on as purchase {into}: !purchase {into}" in edit.text


def test_however_much_was_written_a_message_in_two_languages_is_sent_as_it_is_meant(
    talk: Talk,
) -> None:
    wordy = 'Long "words" & <signs>\n' * 80
    number = purchase(
        talk,
        rooms=(BOTH,),
        title="T" * 80,
        note=wordy,
        unapproved_reason=wordy,
        lines=[
            line("Wide " * 40, unit="box of twelve " * 2, supplier=f"Supplier {each} " * 8)
            for each in range(30)
        ],
    )
    (said,) = announce(talk, number)
    assert "<hr>" in said.html
    assert "<signs>" not in said.html


def test_single_units_are_no_cases_but_may_have_a_minimum(talk: Talk) -> None:
    number = purchase(talk, lines=[line("Bikes", case=1, minimum=10), line("Bells", case=1)])
    (said,) = announce(talk, number)
    assert "1. Bikes □□□□□□□□□□ nobody yet (at least 10)" in said.text
    assert "2. Bells nobody yet" in said.text
    commit(talk, BEN, 7)
    commit(talk, FINN, 2, position=2)
    (edit,) = renewed(talk)
    assert "1. Bikes ■■■■■■■□□□ 7: 3 more reach the minimum" in edit.text
    assert "2. Bells 2 so far" in edit.text
