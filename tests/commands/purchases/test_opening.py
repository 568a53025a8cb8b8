"""From "what shall we buy together?" to a message in the rooms: by animators and buyers at once, by members
once an animator agrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from commands.purchases import approving
from commands.suppliers.indexing import reindex, reindex_loan
from storage import loans, suppliers
from storage.session import Session
from storage.suppliers import Draft, Mode
from tests.commands.purchases import market
from tests.commands.purchases.market import (
    ANI,
    ANNA,
    AXEL,
    BEA,
    BOTH,
    BUYERS,
    CARO,
    DUTCH,
    ENGLISH,
    FINN,
    FRENCH,
    OUTSIDER,
    get,
    heard,
    in_room,
    run_jobs,
    text,
)
from tests.commands.talk import Said, Talk, answer


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    with market.market(tmp_path) as opened:
        yield opened


def directory(talk: Talk, name: str, *modes: Mode, offer: str = "", state: str = "approved") -> int:
    """A supplier in the directory, put there without its review."""

    def make(session: Session) -> int:
        draft = Draft(
            name, "product", modes=tuple(modes or ("buy",)), texts={"offer": {"en": offer}}
        )
        number = suppliers.add(
            session, draft, state="proposed", proposer=None, language="en", now=talk.ms()
        )
        session.run("DROP TRIGGER IF EXISTS suppliers_are_approved_by_two")
        session.run("UPDATE suppliers SET state = ? WHERE id = ?", (state, number))
        reindex(session, talk.kernel.labels, number)
        return number

    return int(talk.write(make))


def answers(talk: Talk, user: str, *said: str) -> list[Said]:
    """Say one after the other in the direct chat; what came of the last."""
    came: list[Said] = []
    for one in said:
        came = talk.say(user, one)
    return came


# Title, network, region, supplier, why.
BEGUN = ("Office chairs", "1", "skip", "Meubel Coop", "nobody nearby sells repaired ones")
LINE = (
    "Chair",
    "piece",
    "5, at least 2",
    "10; from 20: 9.50",
    "skip",
    "13; Bureau Nord; 2 November",
)
REST = ("friday 18:00", "yes", "freight 45, hours 1.5", "At Ani's, after six", "skip", "skip")


def drafted(talk: Talk, user: str = ANI, *, begun: Sequence[str] = BEGUN) -> list[Said]:
    return answers(talk, user, "purchase new", *begun, *LINE, "no", *REST)


def test_an_animator_opens_it_after_seeing_it_as_the_room_will(talk: Talk) -> None:
    shown = drafted(talk)
    for words in ("Office chairs", "Chair", "nobody nearby", "Friday, November 27, 2026", "6:00"):
        assert words in text(shown)
    assert get(talk).state == "draft" and not in_room(talk.sent, DUTCH)
    said = talk.say(ANI, "1")
    bought = get(talk)
    assert (bought.state, bought.responsible, bought.due_at) == ("open", ANI, bought.deadline)
    assert (bought.freight_cents, bought.handling_minutes) == (4500, 90)
    assert (bought.pickup, bought.regions) == ("At Ani's, after six", ("be-bru",))
    one = bought.lines[0]
    assert (one.article, one.case_size, one.minimum_cases, one.vat) == ("Chair", 5, 2, 2100)
    assert [(tier.from_units, tier.cents) for tier in one.tiers] == [(1, 1000), (20, 950)]
    assert (one.reference_cents, one.reference_by, one.reference_on) == (
        1300, "Bureau Nord", "2026-11-02",
    )  # fmt: skip
    assert "Office chairs" in text(said) and "is open" in heard(said, ANI)
    assert any(each.draft.about == "purchase:1" for each in said)


def test_a_member_proposes_and_an_animator_decides_with_a_thumb(talk: Talk) -> None:
    drafted(talk, CARO, begun=("Chaises", "makers", "skip", "Meubel Coop", "parce que c'est local"))
    said = talk.say(CARO, "1")
    assert get(talk).state == "draft" and not in_room(said, ENGLISH)
    assert "Caro" in heard(said, ANI) and "Chaises" in heard(said, ANI)
    asked = next(each for each in said if each.draft.user_id == ANI or each.draft.about)
    decided = talk.react(ANI, asked, "👍")
    assert get(talk).state == "open"
    assert "Chaises" in heard(decided, CARO) and in_room(decided, ENGLISH)
    late = talk.react(ANI, asked, "👎")
    assert get(talk).state == "open" and "nothing to decide" in heard(late, ANI)


def test_a_no_comes_with_its_reason_and_nobody_decides_on_their_own(talk: Talk) -> None:
    drafted(talk, ANNA)
    asked = next(each for each in talk.say(ANNA, "1") if each.draft.about == "purchase_request:1")
    assert asked.to != ANNA
    own = talk.say(ANNA, "purchase open 1")
    assert "Het voorstel ligt bij wie beslist" in text(own)
    said = talk.reply(ANI, asked, "no, we bought chairs in May")
    assert get(talk).state == "cancelled"
    assert "we bought chairs in May" in heard(said, ANNA)
    assert not in_room(said, DUTCH)


def test_the_reason_is_asked_only_for_who_is_not_in_the_directory(talk: Talk) -> None:
    number = directory(talk, "Papier Vert")
    directory(talk, "Hidden House", state="rejected")
    answers(talk, ANI, "purchase new", "Paper for all", "1", "skip")
    said = talk.say(ANI, "Hidden House bv")
    assert "not in the reference directory" in text(said)
    said = answers(talk, ANI, "back", "papier vert bv")
    assert "first article" in text(said)
    answers(talk, ANI, "Paper", "ream", "skip", "4", "6%", "skip", "no", *REST, "1")
    bought = get(talk)
    assert bought.unapproved_reason is None and bought.lines[0].vat == 600
    assert (bought.lines[0].supplier_id, bought.lines[0].supplier_name) == (number, "Papier Vert")


def test_several_lines_are_told_and_going_back_keeps_what_was_said(talk: Talk) -> None:
    answers(
        talk, ANI, "purchase new", *BEGUN, *LINE, "yes", "Table", "piece", "skip", "100", "skip"
    )
    said = talk.say(ANI, "skip")
    assert "Chair" in text(said) and "Table" in text(said)
    answers(talk, ANI, *["back"] * 6)
    said = answers(talk, ANI, "Big table", "piece", "skip", "100", "skip", "skip")
    assert "Big table" in text(said) and "10" in text(said)
    answers(talk, ANI, "no", *REST, "1")
    assert [line.article for line in get(talk).lines] == ["Chair", "Big table"]


@pytest.mark.parametrize(("user", "no"), [(ANI, "no"), (ANNA, "nee"), (CARO, "Non.")])
def test_a_bare_no_is_not_taken_for_the_text_that_is_asked_for(
    talk: Talk, user: str, no: str
) -> None:
    begun = (*BEGUN[:1], "makers", *BEGUN[2:])
    answers(talk, user, "purchase new", *begun, *LINE, "no", *REST[:3])
    skip = {ANI: "“skip”", ANNA: "“overslaan”", CARO: "« passer »"}[user].replace(
        " ", "\N{NO-BREAK SPACE}"
    )
    for _ in ("pickup", "payment", "note"):
        assert skip in answer(talk.say(user, no))
        talk.say(user, "skip")
    bought = get(talk)
    assert (bought.pickup, bought.payment, bought.note) == ("", "", "")


@pytest.mark.parametrize(
    ("user", "command", "said", "room"),
    [
        (AXEL, "achat groupé nouveau chaises", ("graphistes", "passer", "Meubles", "aucun autre ici"), FRENCH),
        (ANI, "nieuwe aankoop stoelen", ("drukkers", "sla over", "Meubels", "er is geen andere"), DUTCH),
    ],
)  # fmt: skip
def test_it_is_opened_in_the_words_of_each_language(
    talk: Talk, user: str, command: str, said: Sequence[str], room: str
) -> None:
    answers(talk, user, command, *said)
    prices = "10; à partir de 20 : 9,50" if room == FRENCH else "10; vanaf 20: 9,50"
    day = "vendredi 18h" if room == FRENCH else "vrijdag 18u"
    came = answers(
        talk, user, "A", "st", "5", prices, "21", "13,50; Nord; 2/11/2026", "non", day, "ja",
        "vracht 45" if room == DUTCH else "transport 45", "skip", "skip", "skip", "1",
    )  # fmt: skip
    bought = get(talk)
    assert bought.state == "open" and bought.freight_cents == 4500
    assert [tier.cents for tier in bought.lines[0].tiers] == [1000, 950]
    assert in_room(came, room)


def lent(talk: Talk, user: str, title: str) -> None:
    def make(session: Session) -> None:
        number = loans.add(
            session, user, title, "borrow", category=None, region="be-bru", terms="", language="en",
            now=talk.ms(),
        )  # fmt: skip
        reindex_loan(session, talk.kernel.labels, number)

    talk.write(make)


def test_what_can_be_borrowed_is_offered_before_it_opens(talk: Talk) -> None:
    directory(talk, "Ladder Library", "rent", "share")
    directory(talk, "Ladder Shop", "buy")
    lent(talk, CARO, "Ladder of four metres")
    told = (*BEGUN, "Ladder", "piece", "skip", "50", "skip", "skip", "no", *REST)
    said = text(answers(talk, ANI, "purchase new", *told))
    assert (
        "Ladder Library" in said
        and "Ladder of four metres" in said
        and "do we buy it together?" in said
    )
    assert "Ladder Shop" not in said and "Caro" not in said
    assert "draft, number 1" in text(talk.say(ANI, "no"))
    assert get(talk).state == "draft"
    answers(talk, ANI, "purchase open 1", "1", "1")
    assert get(talk).state == "open"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("yesterday 18:00", "hour"),
        ("today 10:20", "an hour from now"),
        ("2027-12-01", "180 days"),
        ("28 march 2027 02:30", "summer time"),
        ("soon", "friday 18:00"),
    ],
)
def test_a_deadline_that_cannot_be_is_explained(talk: Talk, typed: str, wanted: str) -> None:
    answers(talk, ANI, "purchase new", *BEGUN, *LINE, "no")
    assert wanted in text(talk.say(ANI, typed))


def test_whoever_is_no_member_opens_nothing(talk: Talk) -> None:
    said = talk.say(market.STRANGER, "!purchase new", room=DUTCH)
    assert "members" in text(said) or "leden" in text(said) or "vennoten" in text(said)
    outside = answers(talk, OUTSIDER, "purchase new", "Chairs")
    assert "networks" in text(outside)


def test_a_draft_is_seen_by_nobody_else(talk: Talk) -> None:
    drafted(talk)
    talk.say(ANI, "2")
    assert "is kept" not in text(talk.say(FINN, "purchase open 1"))
    assert "cannot find" in text(talk.say(FINN, "purchase open 1"))
    assert "Office chairs" in text(talk.say(ANI, "purchase open 1"))


def test_buyers_are_asked_where_there_is_no_animator(talk: Talk) -> None:
    talk.member(BOTH, AXEL, "leave")
    drafted(
        talk, CARO, begun=("Chaises", "brussel", "skip", "Meubel Coop", "parce que c'est local")
    )
    said = talk.say(CARO, "1")
    assert "Chaises" in in_room(said, BUYERS)
    asked = next(each for each in said if each.draft.room_id == BUYERS)
    talk.reply(BEA, asked, "yes")
    assert get(talk).state == "open"


def test_what_was_declined_is_seen_by_nobody_afterwards(talk: Talk) -> None:
    drafted(talk, ANNA)
    asked = next(each for each in talk.say(ANNA, "1") if each.draft.about == "purchase_request:1")
    talk.reply(ANI, asked, "no")
    assert "Office chairs" not in text(talk.say(FINN, "purchases state:all"))
    assert "cannot find" in text(talk.say(FINN, "purchase 1"))
    assert "Office chairs" in text(talk.say(ANI, "purchase 1"))


def test_a_draft_is_not_spoken_of_in_a_room(talk: Talk) -> None:
    market.purchase(talk, state="draft", title="Secret chairs", days=0.01)
    for typed in ("!purchase open 1", "!purchase set 1 freight 5", "!purchase take 1"):
        assert "Secret" not in in_room(talk.say(ANI, typed, room=ENGLISH), ENGLISH)
    assert get(talk).freight_cents == 500


def test_what_nobody_decides_becomes_a_draft_again_and_its_proposer_hears(talk: Talk) -> None:
    drafted(talk, CARO, begun=("Chaises", "makers", "skip", "Meubel Coop", "parce que c'est local"))
    asked = next(each for each in talk.say(CARO, "1") if each.draft.about == "purchase_request:1")
    talk.say(ANI, "purchase set 1 deadline saturday 18:00")
    talk.wait(days=4, hours=8)
    assert run_jobs(talk, approving.UNANSWERED) == []
    talk.wait(days=1)
    said = run_jobs(talk, approving.UNANSWERED)
    assert "Chaises" in heard(said, CARO) and "de nouveau votre brouillon" in heard(said, CARO)
    assert not get(talk).awaits_approval and get(talk).state == "draft"
    assert "nothing to decide" in text(talk.react(ANI, asked, "👍"))


def test_a_supplier_is_found_by_what_it_sells_and_one_may_say_none_of_these(talk: Talk) -> None:
    number = directory(talk, "Meubel Cooperatie", offer="office furniture")
    directory(talk, "Meubels van Gisteren", offer="office furniture", state="suspended")
    said = text(answers(talk, ANI, "purchase new", "Chairs", "1", "skip", "office furniture"))
    assert "Meubel Cooperatie" in said and "Gisteren" not in said
    assert "not in the reference directory" in text(talk.say(ANI, "none"))
    answers(talk, ANI, "back")
    answers(talk, ANI, "meubel cooperatie", *LINE, "no", *REST)
    assert get(talk).lines[0].supplier_id == number


def test_a_supplier_that_was_suspended_meanwhile_needs_a_reason_before_it_opens(talk: Talk) -> None:
    number = directory(talk, "Papier Vert")
    answers(talk, ANI, "purchase new", "Paper", "1", "skip", f"#{number}", *LINE, "no", *REST)
    talk.write(
        lambda session: session.run(
            "UPDATE suppliers SET state = 'suspended' WHERE id = ?", (number,)
        )
    )
    assert "reason" in text(talk.say(ANI, "1")) and get(talk).state == "draft"
    talk.say(ANI, "purchase set 1 reason they mend what they sell")
    answers(talk, ANI, "purchase open 1", "1")
    assert get(talk).state == "open"
    assert "they mend what they sell" in in_room(talk.sent, DUTCH)


def test_an_animator_needs_those_of_the_other_networks(talk: Talk) -> None:
    drafted(
        talk, AXEL, begun=("Chaises", "graphistes, makers", "skip", "Meubel Coop", "c'est local")
    )
    said = talk.say(AXEL, "1")
    assert get(talk).state == "draft" and "Chaises" in heard(said, ANI)
    talk.say(AXEL, "purchase open 1")
    assert get(talk).state == "draft"
    said = talk.say(ANI, "purchase open 1")
    assert get(talk).state == "open" and "Chaises" in heard(said, AXEL)
    assert in_room(said, FRENCH) and in_room(said, ENGLISH)
