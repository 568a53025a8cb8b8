"""Two regions that buy the same article become one purchase when both responsible people agree."""

from __future__ import annotations

from commands.kernel.kernel import Outcome
from commands.purchases import merging
from storage import commitments, member_accounts, members, purchase_interests, purchases
from storage.members import Profile
from storage.session import Session
from tests.commands.purchases.market import (
    ANI,
    AXEL,
    BEA,
    BEN,
    CARO,
    DIRK,
    EMMA,
    ENGLISH,
    FRENCH,
    commit,
    commitment,
    committed,
    context,
    get,
    heard,
    in_room,
    line,
    purchase,
    run_jobs,
    text,
)
from tests.commands.talk import Said, Talk

OTHER_REGION = ("be-wal",)


def look(talk: Talk, number: int) -> list[Said]:
    """The purchase has just opened."""

    def work(session: Session) -> Outcome:
        found = purchases.get(session, number)
        assert found is not None
        ctx = context(talk, session, found.opener or ANI)
        merging.look(ctx, found)
        return talk._store(session, Outcome(ctx.drafts, acted=True))

    return talk._deliver(talk.write(work))


def two(talk: Talk) -> list[Said]:
    """One of Brussels and one of Wallonia, which closes later; their people are asked."""
    purchase(talk, freight_cents=1000, pickup="Rue Haute 1")
    lamps = line("Lamps", case=1)
    purchase(
        talk,
        lines=[lamps, line("chair", tiers=((1, 1100), (20, 950)))],
        rooms=(FRENCH,),
        regions=OTHER_REGION,
        title="Chaises",
        opener=AXEL,
        days=9,
        freight_cents=500,
        pickup="Liège",
    )
    return look(talk, 2)


def test_both_say_yes_and_everything_moves_with_its_age(talk: Talk) -> None:
    asked = two(talk)
    commit(talk, CARO, 3, 1, number=2, position=2)
    talk.wait(minutes=1)
    commit(talk, BEN, 4)
    commit(talk, CARO, 2)
    commit(talk, EMMA, 1, number=2)
    assert "Shall they become one purchase" in heard(asked, ANI)
    assert "Freight adds up to €15.00" in heard(asked, ANI)
    for_ani = next(one for one in asked if one.draft.user_id == ANI)
    for_axel = next(one for one in asked if one.draft.user_id == AXEL)
    assert get(talk, 2).state == "open"
    said = talk.react(ANI, for_ani, "👍")
    assert "Axel" in text(said) and get(talk, 2).state == "open"
    said = talk.reply(AXEL, for_axel, "oui")
    into, from_ = get(talk, 1), get(talk, 2)
    assert from_.state == "cancelled" and from_.merged_into == 1
    assert into.deadline == from_.deadline == into.due_at
    assert into.freight_cents == 1500 and into.pickup == "Rue Haute 1\nLiège"
    assert into.regions == ("be-bru", "be-wal") and len(into.network_ids) == 2
    assert [one.article for one in into.lines] == ["Chairs", "Lamps"]
    assert into.lines[0].tiers[0].cents == 1000
    assert committed(talk, CARO) == (5, 1) and committed(talk, EMMA, position=2) == (1, 0)
    own = commitment(talk, CARO)
    # What she asked for first was asked before Ben's.
    assert own is not None and [one.units for one in own.parcels] == [3, 2]
    assert own.accepted_cents == 1100
    assert "se poursuit comme" in in_room(said, FRENCH) and "joins" in in_room(said, ENGLISH)
    assert "Vous n’en voulez plus" in heard(said, EMMA)
    assert "goes on together" in heard(said, BEN) and heard(said, DIRK) == ""
    edited = [one for one in said if one.edits == for_ani.key]
    assert "goes on as" in edited[0].text
    # The old deadline decides nothing any more.
    talk.wait(days=7)
    run_jobs(talk, "purchases.step")
    assert get(talk).state == "open"
    talk.wait(days=2)
    run_jobs(talk, "purchases.step")
    assert get(talk).state == "tipped" and get(talk, 2).state == "cancelled"


def test_units_are_served_by_age_after_a_merge(talk: Talk) -> None:
    asked = two(talk)
    commit(talk, EMMA, 3, number=2, position=2)
    talk.wait(minutes=1)
    commit(talk, BEN, 4)
    for user in (ANI, AXEL):
        talk.reply(user, next(one for one in asked if one.draft.user_id == user), "yes")
    made = talk.write(lambda session: commitments.of_purchase(session, 1))
    ages = {one.user_id: one.parcels[0].id for one in made[get(talk).lines[0].id]}
    assert ages[EMMA] < ages[BEN]


def test_one_no_leaves_both_as_they_are_and_others_decide_nothing(talk: Talk) -> None:
    asked = two(talk)
    for_ani = next(one for one in asked if one.draft.user_id == ANI)
    for_axel = next(one for one in asked if one.draft.user_id == AXEL)
    assert "I expected “yes”" in text(talk.reply(ANI, for_ani, "perhaps"))
    said = talk.reply(AXEL, for_axel, "non")
    assert "stay apart" in text(said)
    assert "decided already" in text(talk.reply(ANI, for_ani, "yes"))
    assert get(talk, 1).state == get(talk, 2).state == "open"
    assert look(talk, 2) == []
    # By command it is asked again.
    assert "can be done by" in text(talk.say(BEN, "!purchase merge 1 2"))
    again = talk.say(ANI, "!aankoop samenvoegen 2 1")
    assert "Axel" in text(again) and "Faut-il en faire" in heard(again, AXEL)
    # Who proposed it by command has no question that could change.
    assert "stay apart" in heard(talk.say(AXEL, "non"), ANI)
    talk.say(ANI, "!purchase merge 1 2")
    said = talk.say(AXEL, "!achat fusionner 1 2")
    assert "goes on as" in heard(said, ANI) and get(talk, 2).merged_into == 1


def test_what_is_not_the_same_is_not_proposed(talk: Talk) -> None:
    purchase(talk, lines=[line("Paper A4"), line("Recycled paper A4, 80 g")])
    others = (
        {"lines": [line("Recycled paper A3, 80 g")], "regions": OTHER_REGION},
        {"lines": [line("Paper A3")], "regions": OTHER_REGION},
        {"lines": [line("Paper A4", case=10)], "regions": OTHER_REGION},
        {"lines": [line("Paper A4", unit="ream")], "regions": OTHER_REGION},
        {"lines": [line("Paper A4", supplier="Papier Nord")], "regions": OTHER_REGION},
        {"lines": [line("Paper A4")]},
    )
    for fields in others:
        number = purchase(talk, opener=AXEL, **fields)
        assert look(talk, number) == [], fields
    assert "pas d’article en commun" in text(talk.say(AXEL, "!purchase merge 1 2"))


def test_it_is_too_late_after_a_deadline(talk: Talk) -> None:
    asked = two(talk)
    talk.wait(days=7)
    said = talk.reply(ANI, next(one for one in asked if one.draft.user_id == ANI), "yes")
    assert "too late" in text(said)
    assert "too late" in text(talk.say(ANI, "!purchase merge 1 2"))


def test_interest_moves_too_and_a_person_is_one_with_both_accounts(talk: Talk) -> None:
    asked = two(talk)

    def join(session: Session) -> None:
        member = members.add(session, Profile(display_name="Caro"), number="7", now=1)
        for user in (CARO, EMMA):
            member_accounts.attach(session, user, member, source="code", now=1)

    talk.write(join)
    commit(talk, CARO, 2)
    commit(talk, EMMA, 3, number=2, position=2)
    talk.say(AXEL, "!intérêt 2 rappel")
    for user in (ANI, AXEL):
        talk.reply(user, next(one for one in asked if one.draft.user_id == user), "yes")
    made = talk.write(lambda session: commitments.of_purchase(session, 1))
    assert [(one.user_id, one.quantity) for one in made[get(talk).lines[0].id]] == [(CARO, 5)]
    moved = talk.write(lambda session: purchase_interests.of_purchase(session, 1))
    assert [(one.user_id, one.wants_reminder) for one in moved] == [(AXEL, True)]
    assert talk.write(lambda session: purchase_interests.of_purchase(session, 2)) == []


def test_what_closes_before_it_is_looked_at_is_not_proposed(talk: Talk) -> None:
    purchase(talk)
    talk.wait(days=8)
    number = purchase(talk, rooms=(FRENCH,), regions=OTHER_REGION, opener=AXEL)
    assert get(talk).state == "open" and look(talk, number) == []


def test_whoever_is_responsible_no_more_decides_no_more(talk: Talk) -> None:
    asked = two(talk)
    for_axel = next(one for one in asked if one.draft.user_id == AXEL)
    talk.say(BEA, "!purchase take 2")
    for said in ("oui", "non"):
        assert "responsable" in text(talk.reply(AXEL, for_axel, said))
    talk.say(ANI, "!purchase merge 1 2")
    talk.say(BEA, "!purchase merge 1 2")
    assert get(talk, 2).merged_into == 1


def test_drafts_are_not_told_of_by_merging(talk: Talk) -> None:
    purchase(talk, opener=BEN)
    purchase(talk, opener=AXEL, rooms=(FRENCH,), state="draft")
    absent = text(talk.say(BEN, "!purchase merge 1 3"))
    assert "cannot find" in absent
    assert text(talk.say(BEN, "!purchase merge 1 2")) == absent.replace("#3", "#2")
