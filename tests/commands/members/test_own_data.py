"""What the bot knows about somebody: shown, taken along, and erased from every table."""

from __future__ import annotations

import json

import pytest

from storage import member_accounts, outbox
from storage.outbox import Draft
from storage.session import Session
from tests.commands.members.world import ANNA, BEN, CARO, STAFF_ROOM, STAFFER, files, person
from tests.commands.talk import Talk, answer

SECRETS = ("Zebulonia", "quilting", "pumpernickel", "Molenbeek", "K777", "example.net", "1080")
# Matrix itself keeps who is in which room: leaving the rooms is the person's own act.
_MATRIX = {"rooms", "room_members"}


def everything(session: Session) -> dict[str, str]:
    """The text of each table, shadow tables of the search index too."""
    tables = session.column("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {
        table: " ".join(
            str(value, errors="replace") if isinstance(value, bytes) else str(value)
            for row in session.rows(f'SELECT * FROM "{table}"')
            for value in tuple(row)
        )
        for table in tables
    }


def zebulonia(talk: Talk) -> None:
    person(
        talk,
        ANNA,
        number="K777",
        professions="kok",
        skills="quilting",
        about="I love pumpernickel",
        city="Molenbeek",
        postcode="1080",
        links="https://example.net",
        display_name="Zebulonia",
    )
    talk.say(ANNA, "language english")
    talk.say(ANNA, f"block {BEN}")
    talk.write(lambda session: member_accounts.block(session, CARO, ANNA, now=1))


def test_one_sees_and_takes_along_what_is_known(talk: Talk) -> None:
    zebulonia(talk)
    shown = answer(talk.say(ANNA, "mydata"))
    for secret in SECRETS:
        assert secret in shown
    assert "You block 1 person" in shown
    said = talk.say(ANNA, "mydata export")
    (file,) = files(said)
    assert file.draft.file is not None
    data = file.draft.file.data.decode()
    for secret in SECRETS:
        assert secret in data
    known = json.loads(data)
    assert known["member"]["blocked"][0]["blocked_user_id"] == BEN
    assert CARO not in data, "who blocked them is the other's business"
    assert "networks" in known


def test_erased_means_gone_from_every_table(talk: Talk) -> None:
    zebulonia(talk)
    before = talk.write(everything)
    assert any("zebulonia" in text.lower() for text in before.values())

    def waits(session: Session) -> None:
        content = {"body": "Zebulonia, your soup"}
        outbox.add(session, Draft("m.room.message", content, user_id=ANNA), now=1)

    talk.write(waits)
    assert "erase" in answer(talk.say(ANNA, "mydata erase"))
    assert "erase" in answer(talk.say(ANNA, "yes"))
    assert "erased" in answer(talk.say(ANNA, "Erase"))
    for table, text in talk.write(everything).items():
        for secret in SECRETS:
            assert secret.lower() not in text.lower(), (table, secret)
        if table not in _MATRIX | {"inbox", "outbox"}:
            assert ANNA not in text, table
    assert "former" not in answer(talk.say(CARO, "find cook"))


@pytest.mark.parametrize("no", ["no", "Nee", "non", "cancel"])
def test_a_no_erases_nothing_and_ends_the_question(talk: Talk, no: str) -> None:
    zebulonia(talk)
    talk.say(ANNA, "mydata erase")
    said = answer(talk.say(ANNA, no))
    assert "cannot be undone" not in said
    assert "Nothing was changed" in said
    assert "Zebulonia" in answer(talk.say(ANNA, "mydata"))
    assert "I do not know" in answer(talk.say(ANNA, "erase")), "the question is closed"


def test_the_next_import_does_not_bring_them_back(talk: Talk) -> None:
    zebulonia(talk)
    talk.say(ANNA, "mydata erase")
    talk.say(ANNA, "erase")
    talk.say(STAFFER, "language english")
    talk.say(STAFFER, "import members")
    talk.say(STAFFER, "import it if every row is sound")
    register = b"member number,name\nK777,Zebulonia\nK778,Otto\n"
    text = answer(talk.send_file(STAFFER, "register.csv", register, "text/csv"))
    assert "1 new" in text
    assert "erased, left out: 1" in text
    assert not any("zebulonia" in one.lower() for one in talk.write(everything).values())


def test_who_has_no_profile_is_forgotten_too(talk: Talk) -> None:
    talk.say(BEN, "language english")
    talk.say(BEN, f"block {CARO}")
    data = files(talk.say(BEN, "mydata export"))[0].draft.file
    assert data is not None
    assert CARO in data.data.decode()
    talk.say(BEN, "mydata erase")
    talk.say(BEN, "erase")
    for table, text in talk.write(everything).items():
        if table not in _MATRIX | {"inbox", "outbox"}:
            assert BEN not in text, table


def imports(talk: Talk, name: str, data: bytes, mode: str = "2") -> str:
    talk.say(STAFFER, "language english")
    talk.say(STAFFER, "import members")
    talk.say(STAFFER, mode)
    return answer(talk.send_file(STAFFER, name, data, "text/csv"))


def test_a_register_is_looked_at_imported_or_refused(talk: Talk) -> None:
    good = b"member number,name,city\nK1,Ann,Gent\nK2,Bob,Luik\n"
    assert "changed nothing" in imports(talk, "r.csv", good, "1")
    assert "2 new" in imports(talk, "r.csv", good)
    bad = b'member number,name,country\nK3,Cis,BE\nK4,,Narnia\nK5,"=1+1",BE\n'
    refused = imports(talk, "r.csv", bad)
    assert "Nothing was imported" in refused
    for problem in ("Row 3", "is empty", "Narnia"):
        assert problem in refused
    assert "K3" not in talk.write(everything)["members"]
    assert "1 new" in imports(talk, "r.csv", bad.replace(b'K5,"=1+1",BE\n', b""), "3")


def test_files_that_are_no_register_are_asked_for_again(talk: Talk) -> None:
    assert "UTF-8" in imports(talk, "r.csv", b"member number,name\nK1,\x81\x8d\xff\x00\n")
    talk.say(STAFFER, "cancel")
    many = b"member number,name\n" + b"".join(b"N%d,A\n" % n for n in range(2001))
    assert "2000" in imports(talk, "r.csv", many).replace(",", "").replace("\u202f", "")
    talk.say(STAFFER, "cancel")
    assert "CSV or XLSX" in imports(talk, "r.pdf", b"%PDF-1.4 hello")
    assert "also has the columns" in answer(
        talk.send_file(STAFFER, "r.csv", b"name\nAnn\n", "text/csv")
    )
    assert "a file" in answer(talk.say(STAFFER, "here it is"))


def test_only_staff_import_and_a_lax_staff_room_is_told(talk: Talk) -> None:
    for user in (CARO, STAFFER):
        talk.say(user, "language english")
    assert "staff" in answer(talk.say(CARO, "import members")).lower()
    talk.room(STAFF_ROOM, "staff", {STAFFER: 50}, invite=0)
    lax = answer(talk.say(STAFFER, "import members"))
    assert "invite" in lax
