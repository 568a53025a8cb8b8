"""The charter in the chat: everybody reads it, a buyer makes a new version from a file, and a second person
(whom they cannot be with another account) puts it in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from commands.suppliers import upkeep
from commands.suppliers.charter_door import values_of
from commands.suppliers.charter_file import as_toml, as_xlsx, read_charter, shipped
from storage import audit, charters, supplier_rounds, suppliers
from storage.charters import Charter
from storage.session import Session
from tests.commands.suppliers.directory import (
    ANNA,
    BUYER,
    BUYERS_ROOM,
    ROOM,
    SECOND,
    cooperative,
    same_member,
    supplier,
)
from tests.commands.talk import Said, Talk, answer

EMMA = "@emma:localhost"
ETHICS_ROOM = "!ethics"
OTHER_BUYER = "@bea-phone:localhost"


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """With a first version of two criteria in force; buyers confirm the next."""
    opened = Talk.open(tmp_path)
    cooperative(opened)
    yield opened
    opened.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Talk]:
    """Without any charter; buyers confirm one."""
    opened = Talk.open(tmp_path)
    people(opened)
    yield opened
    opened.close()


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Talk]:
    """Without any charter; the ethics committee confirms one."""
    opened = Talk.open(tmp_path, ethics_confirms=True)
    people(opened)
    yield opened
    opened.close()


def people(talk: Talk) -> None:
    talk.room("!space", "space", dict.fromkeys((ANNA, BUYER, SECOND, EMMA), 0))
    talk.room(BUYERS_ROOM, "buyers", {BUYER: 50, SECOND: 50}, language="en")
    talk.room(ROOM, "network", dict.fromkeys((ANNA, BUYER), 0), language="en")


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The shipped one as TOML, changed."""
    values = values_of(shipped())
    change(values)
    return tomli_w.dumps(values).encode()


def sends(talk: Talk, data: bytes, *, who: str = BUYER, name: str = "charter.toml") -> list[Said]:
    talk.say(who, "charter new")
    if talk.write(charters.in_force) is None:
        talk.say(who, "2")
    return talk.send_file(who, name, data, "application/octet-stream")


def makes(talk: Talk, data: bytes | None = None, *, who: str = BUYER) -> list[Said]:
    sends(talk, as_toml(shipped()) if data is None else data, who=who)
    return talk.say(who, "yes")


def in_room(said: list[Said], room: str) -> Said:
    (one,) = [each for each in said if each.to == room and each.edits is None]
    return one


def in_force(talk: Talk) -> Charter:
    found: Charter | None = talk.write(charters.in_force)
    assert found is not None
    return found


def texts(said: list[Said]) -> str:
    return "\n".join(one.text for one in said)


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["charter", "handvest", "Charte"])
def test_anybody_reads_the_charter_in_any_room(talk: Talk, line: str) -> None:
    said = answer(talk.say(ANNA, f"!{line}", room=ROOM))
    assert "60" in said
    assert "40" in said


def test_a_criterion_is_explained_in_the_language_of_the_word(bare: Talk) -> None:
    makes(bare)
    bare.say(SECOND, "charter confirm")
    for line, name, expects, proof in (
        ("charter 3", "Working conditions", "a wage to live on", "a social report"),
        ("handvest 3", "Arbeidsomstandigheden", "een loon om van te leven", "sociaal verslag"),
        ("charte 3", "Conditions de travail", "un salaire qui permet de vivre", "audit social"),
    ):
        said = answer(bare.say(ANNA, line))
        assert all(words in said for words in (name, expects, proof, "20", "2")), said
    assert "from 1 to 6" in answer(bare.say(ANNA, "charter 7"))


def test_old_versions_stay_readable(talk: Talk) -> None:
    makes(talk)
    talk.say(SECOND, "charter confirm")
    assert "Ecological footprint" in answer(talk.say(ANNA, "charter"))
    for line in ("charter version:1", "charter versie:1"):
        said = answer(talk.say(ANNA, line))
        assert "60 of 100" in said
        assert "Ecological" not in said
    assert "version:1" in answer(talk.say(ANNA, "charter"))
    assert "Working conditions" in answer(talk.say(ANNA, "charter 2 version:1"))


def test_a_version_that_waits_or_was_declined_is_not_there_for_members(talk: Talk) -> None:
    makes(talk)
    unknown = answer(talk.say(ANNA, "charter version:9")).replace("9", "N")
    assert answer(talk.say(ANNA, "charter version:2")).replace("2", "N") == unknown
    assert "“2”" in answer(talk.say(BUYER, "!charter version:2", room=ROOM))
    assert "Ecological footprint" in answer(talk.say(SECOND, "charter version:2"))
    assert "Ecological" not in answer(talk.say(ANNA, "charter"))
    talk.say(SECOND, "charter decline")
    assert answer(talk.say(SECOND, "charter version:2")).replace("2", "N") == unknown


def test_without_one_buyers_hear_what_to_do(bare: Talk) -> None:
    assert "charter new" not in answer(bare.say(ANNA, "charter"))
    said = answer(bare.say(BUYER, "charter"))
    assert "!charter file" in said
    assert "!charter new" in said
    assert "no charter in force" in answer(bare.say(ANNA, "charter 3"))


# --- making one ----------------------------------------------------------------------------------


def test_the_files_that_come_make_the_next_version_when_edited(talk: Talk) -> None:
    said = talk.say(BUYER, "!charter file", room=ROOM)
    files = {one.draft.file.name: one for one in said if one.draft.file is not None}
    assert set(files) == {"charter-1.toml", "charter-1.xlsx"}
    assert {one.to for one in files.values()} == {BUYER}
    assert b"60" in files["charter-1.toml"].draft.file.data  # type: ignore[union-attr]
    assert "the members of the buyers' room" in answer(talk.say(ANNA, "charter file"))


def test_the_first_file_is_the_one_that_kring_brings(bare: Talk) -> None:
    files = [one.draft.file for one in bare.say(BUYER, "handvest bestand") if one.draft.file]
    assert [one.name for one in files] == ["charter.toml", "charter.xlsx"]
    assert [read_charter(one.data) for one in files] == [shipped(), shipped()]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("charter new", "Ecological footprint"),
        ("handvest nieuw", "Ecologische voetafdruk"),
        ("charte nouvelle", "Empreinte écologique"),
    ],
)
def test_the_first_charter_can_be_taken_as_it_is(bare: Talk, line: str, name: str) -> None:
    bare.say(BUYER, line)
    assert f"{name} (" in answer(bare.say(BUYER, "1"))
    bare.say(BUYER, "1")
    bare.say(SECOND, "charter confirm")
    assert in_force(bare).criteria == shipped().criteria
    assert in_force(bare).texts == shipped().texts


def test_members_make_no_charter(talk: Talk) -> None:
    for line in ("charter new", "charter confirm", "charter decline"):
        assert "the members of the buyers' room" in answer(talk.say(ANNA, line))


def test_a_bad_file_is_answered_with_every_fault_and_may_come_again(talk: Talk) -> None:
    def spoil(values: dict[str, Any]) -> None:
        del values["criteria"][1]["name"]["fr"]
        values["criteria"][0]["weight"] = 21
        values["<b>x</b>"] = 1

    said = sends(talk, changed(spoil))
    assert "criterion 2, name.fr: the text in this language is missing" in said[0].text
    assert "the weights sum to 101, not to 100" in said[0].text
    assert "&lt;b&gt;" in said[0].html
    assert "the file again" in said[1].text
    said = talk.send_file(BUYER, "x.xlsx", b"PK\x03\x04broken", "application/octet-stream")
    assert "the workbook is broken" in said[0].text
    assert "as TOML or XLSX" in answer(talk.say(BUYER, "here it is"))
    said = talk.send_file(BUYER, "x.xlsx", as_xlsx(shipped()), "application/octet-stream")
    assert "The file is sound" in answer(said)
    assert talk.write(charters.waiting) is None


def test_the_preview_says_what_changes(bare: Talk) -> None:
    makes(bare)
    bare.say(SECOND, "charter confirm")

    def edit(values: dict[str, Any]) -> None:
        footprint, origin, work, social, circular, access = values["criteria"]
        footprint["weight"] = 30
        origin["name"]["en"] = "Where it comes from"
        work["minimum"] = 3
        social.update(knock_out=True)
        access.update(key="sharing")
        circular["weight"] = 5
        values["criteria"] = [origin, footprint, work, social, circular, access]

    said = answer(sends(bare, changed(edit)))
    for words in (
        "New: Access over ownership (15 of 100)",
        "Gone: Access over ownership (15 of 100)",
        "Weight: Ecological footprint 20 → 30",
        "Weight: Circular economy 15 → 5",
        "Knock-out: Working conditions 2 → 3",
        "Knock-out: Social project – → 1",
        "Other words: Where it comes from (before: “Origin”)",
        "another order",
    ):
        assert words in said, words
    assert "opening words" not in said


def test_a_file_that_changes_nothing_is_no_new_version(bare: Talk) -> None:
    makes(bare)
    bare.say(SECOND, "charter confirm")
    assert "says something else" in answer(sends(bare, as_xlsx(shipped())))


def test_no_keeps_nothing(talk: Talk) -> None:
    sends(talk, as_toml(shipped()))
    assert "nothing changes" in answer(talk.say(BUYER, "nee"))
    assert talk.write(charters.waiting) is None


def test_whoever_lost_the_role_meanwhile_makes_none(talk: Talk) -> None:
    sends(talk, as_toml(shipped()))
    talk.member(BUYERS_ROOM, BUYER, "leave")
    assert "the members of the buyers' room" in texts(talk.say(BUYER, "yes"))
    assert talk.write(charters.waiting) is None


# --- the second person ---------------------------------------------------------------------------


def test_a_second_buyer_puts_it_in_force_and_the_room_hears(talk: Talk) -> None:
    said = makes(talk)
    asked = in_room(said, BUYERS_ROOM)
    assert "version 2" in asked.text
    assert "version:2" in asked.text
    assert in_force(talk).version == 1
    said = talk.say(SECOND, "charter confirm")
    assert "version 2, is in force: Bram" in in_room(said, BUYERS_ROOM).text
    (edit,) = [one for one in said if one.edits == asked.key]
    assert "confirmed by Bram" in edit.text
    assert in_force(talk).version == 2
    assert (in_force(talk).made_by, in_force(talk).decided_by) == (BUYER, SECOND)
    log = talk.write(lambda session: audit.of_subject(session, "charter:2"))
    assert [(one.action, one.actor) for one in log] == [
        ("charter.made", BUYER),
        ("charter.in_force", SECOND),
    ]
    assert "No new version" in answer(talk.say(SECOND, "charter confirm"))


@pytest.mark.parametrize("how", ["handvest bevestig", "charte confirmer", "yes", "👍"])
def test_it_is_confirmed_by_a_command_a_reply_or_a_reaction(talk: Talk, how: str) -> None:
    asked = in_room(makes(talk), BUYERS_ROOM)
    if how == "👍":
        said = talk.react(SECOND, asked, how)
    elif how == "yes":
        said = talk.reply(SECOND, asked, how)
    else:
        said = talk.say(SECOND, f"!{how}", room=BUYERS_ROOM)
    # Once in the room, and the edit of the message that asked.
    assert len([one for one in said if one.to == BUYERS_ROOM and one.edits is None]) == 1
    assert in_force(talk).version == 2


@pytest.mark.parametrize("how", ["charter confirm", "yes", "👍"])
def test_whoever_made_it_cannot_confirm_it_from_any_account(talk: Talk, how: str) -> None:
    same_member(talk, BUYER, OTHER_BUYER)
    talk.member(BUYERS_ROOM, OTHER_BUYER, "join")
    asked = in_room(makes(talk), BUYERS_ROOM)
    for who in (BUYER, OTHER_BUYER):
        if how == "👍":
            said = talk.react(who, asked, how)
        elif how == "yes":
            said = talk.reply(who, asked, how)
        else:
            said = talk.say(who, how)
        assert "a second person confirms it" in answer(said)
        assert in_force(talk).version == 1


def test_a_version_of_somebody_who_left_is_sent_again(talk: Talk) -> None:
    makes(talk)
    talk.write(lambda session: charters.forget_person(session, BUYER))
    for who in (BUYER, SECOND):
        assert "has left" in answer(talk.say(who, "charter confirm"))
    assert in_force(talk).version == 1


@pytest.mark.parametrize("how", ["handvest weiger", "charte refuser", "non", "👎"])
def test_declined_it_never_counts_and_its_maker_hears(talk: Talk, how: str) -> None:
    asked = in_room(makes(talk), BUYERS_ROOM)
    if how == "👎":
        said = talk.react(SECOND, asked, how)
    elif how == "non":
        said = talk.reply(SECOND, asked, how)
    else:
        said = talk.say(SECOND, how)
    assert any("Bram" in one.text for one in said if one.to == BUYER)
    assert any(one.edits == asked.key and "❌" in one.text for one in said)
    assert "❌" in answer(talk.reply(SECOND, asked, "yes"))
    assert in_force(talk).version == 1


def test_its_maker_may_withdraw_it(talk: Talk) -> None:
    makes(talk)
    said = talk.say(BUYER, "charter decline")
    assert len([one for one in said if one.edits is None]) == 1
    assert talk.write(charters.waiting) is None


def test_a_newer_version_takes_the_place_of_one_that_waits(talk: Talk) -> None:
    asked = in_room(makes(talk), BUYERS_ROOM)
    newer = changed(lambda values: values["name"].update(en="Newer"))
    assert "takes the place of version 2" in answer(sends(talk, newer, who=SECOND))
    said = talk.say(SECOND, "yes")
    assert any(one.edits == asked.key and "❌" in one.text for one in said)
    assert "❌" in answer(talk.react(SECOND, asked, "👍"))
    talk.react(BUYER, in_room(said, BUYERS_ROOM), "👍")
    assert in_force(talk).version == 3


def test_the_first_charter_opens_the_reviews_of_what_was_proposed(bare: Talk) -> None:
    number = supplier(bare, "Inkpot", state="proposed")
    makes(bare)
    said = bare.say(SECOND, "charter confirm")
    assert "!reviews" in in_room(said, BUYERS_ROOM).text

    def look(session: Session) -> Any:
        return supplier_rounds.current(session, number)

    assert bare.write(look).charter_version == 1
    assert bare.write(lambda session: suppliers.get(session, number)).state == "proposed"


def test_what_it_means_for_suppliers_is_asked_in_the_same_breath(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    monkeypatch.setattr(upkeep, "charter_changed", lambda ctx, version: heard.append(version))
    makes(talk)
    assert heard == []
    talk.say(SECOND, "charter confirm")
    assert heard == [2]


# --- the ethics committee ------------------------------------------------------------------------


def test_where_there_is_an_ethics_committee_it_alone_confirms(strict: Talk) -> None:
    strict.room(ETHICS_ROOM, "ethics", {EMMA: 50, BUYER: 0}, language="fr")
    said = makes(strict)
    asked = in_room(said, ETHICS_ROOM)
    assert "Charte des achats responsables" in asked.text
    assert not [one for one in said if one.to == BUYERS_ROOM]
    assert "the ethics committee's room" in answer(strict.say(SECOND, "charter confirm"))
    # Being of the committee does not make two people of one.
    assert "une deuxième personne" in answer(strict.react(BUYER, asked, "👍"))
    assert "Ecological" in answer(strict.say(EMMA, "charter version:1"))
    said = strict.react(EMMA, asked, "👍")
    assert "is in force: Emma" in in_room(said, BUYERS_ROOM).text
    assert in_force(strict).decided_by == EMMA


def test_without_their_room_it_says_who_has_to_do_what(strict: Talk) -> None:
    said = answer(makes(strict))
    assert "must invite me" in said
    for who in (SECOND, EMMA):
        assert "I am not in its room" in answer(strict.say(who, "charter confirm"))
    assert strict.write(charters.in_force) is None
    strict.room(ETHICS_ROOM, "ethics", {EMMA: 50}, language="en")
    strict.say(EMMA, "charter confirm")
    assert in_force(strict).decided_by == EMMA


@pytest.mark.parametrize(
    ("lax", "told"), [({"invite": 0}, "invite"), ({"join_rule": "public"}, "invitation")]
)
def test_a_lax_room_confirms_nothing_and_it_says_what_to_change(
    strict: Talk, lax: dict[str, Any], told: str
) -> None:
    strict.room(ETHICS_ROOM, "ethics", {EMMA: 50}, language="en", **lax)
    said = makes(strict)
    assert "nobody can confirm it yet" in answer(said)
    assert "invite only" in answer(said)
    refusal = answer(strict.say(EMMA, "charter confirm"))
    assert "cannot trust it" in refusal
    assert told in refusal
    assert strict.write(charters.in_force) is None
    strict.room(ETHICS_ROOM, "ethics", {EMMA: 50}, language="en")
    strict.say(EMMA, "charter confirm")
    assert in_force(strict).version == 1
