"""What an import of the register does, and what its export gives back."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple
from typing import Any

import pytest

from bot.demo.register import COLUMNS, rows
from commands.members import register
from commands.members.register import Options, Plan
from commands.members.register.written import register_csv
from commands.spreadsheets.rejects import rejects_csv, rejects_xlsx
from storage import erasure, member_accounts, member_search, members
from storage.members import Member
from storage.search_index import Wanted
from storage.session import Session
from tests.commands.registers import LABELS, checked

KEY = b"k" * 32
HEADER = "member_number,display_name,city\n"


def imported(session: Session, text: str | bytes, *, now: int = 1, **options: Any) -> Plan:
    plan, _ = register.import_register(
        session, checked(text), Options(KEY, **options), labels=LABELS, now=now
    )
    return plan


def planned(session: Session, text: str | bytes, **options: Any) -> Plan:
    return register.plan(session, checked(text), Options(KEY, **options))


def by_number(session: Session, number: str) -> Member:
    member = members.by_number(session, number)
    assert member is not None
    return member


def test_the_same_import_again_changes_nothing(session: Session) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *(astuple(row) for row in rows(300, accounts=20))])
    first = imported(session, text.getvalue())
    assert (len(first.new), first.issues) == (300, ())
    before = session.rows("SELECT * FROM members")
    again = imported(session, text.getvalue(), now=99)
    assert (again.unchanged, again.changes_nothing, again.missing) == (300, True, ())
    assert [tuple(row) for row in session.rows("SELECT * FROM members")] == [
        tuple(row) for row in before
    ]
    member = members.by_user(session, "@m00001:localhost")
    assert member is not None
    assert member.number == "K000001"


def test_nothing_is_written_unless_the_file_is_sound_or_bad_rows_are_skipped(
    session: Session,
) -> None:
    text = "number,name,country\nK1,Ann,BE\nK2,Bea,Atlantis\n"
    with pytest.raises(register.NotSound):
        imported(session, text)
    assert members.by_number(session, "K1") is None
    plan = imported(session, text, skip_bad=True)
    assert plan.rejected == {3}
    assert by_number(session, "K1").profile.country == "BE"
    assert members.by_number(session, "K2") is None


def test_planning_writes_nothing(session: Session) -> None:
    plan = planned(session, HEADER + "K1,Ann,Gent\n")
    assert [entry.number for entry in plan.new] == ["K1"]
    assert members.by_number(session, "K1") is None


def test_rejects_can_be_mended_and_imported(session: Session) -> None:
    found = checked(
        "number,name,country,account,about\nK1,Ann,BE,@a:x,\nK2,Bea,Atlantis,@b:x,=1+1\n"
    )
    for data in (
        rejects_csv(found.table, found.issues),
        rejects_xlsx(found.table, found.issues, sheet="members"),
    ):
        table = register.read(data, "rejects")
        assert [row.cells for row in table.rows] == [("K2", "@b:x", "Bea", "Atlantis", "=1+1")]
    text = rejects_csv(found.table, found.issues).decode("utf-8-sig")
    assert text.splitlines() == [
        "number,account,name,country,about,_errors",
        "K2,'@b:x,Bea,Atlantis,'=1+1,country: unknown_country (Atlantis)",
    ]
    assert imported(session, text.replace("Atlantis,", "FR,")).new[0].account == "@b:x"


def test_a_corrected_field_stays_unless_the_file_is_to_win(session: Session) -> None:
    imported(session, HEADER + "K1,Ann,Gent\n")
    member = by_number(session, "K1")
    members.set_field(session, member.id, "city", "Brugge", now=2)
    plan = imported(session, HEADER + "K1,Anna,Gent\n")
    assert [(one.row, one.field) for one in plan.kept] == [(2, "city")]
    assert by_number(session, "K1").profile.city == "Brugge"
    assert by_number(session, "K1").profile.display_name == "Anna"
    imported(session, HEADER + "K1,Anna,Gent\n", overwrite_corrected=True)
    assert by_number(session, "K1").profile.city == "Gent"


def test_columns_that_are_not_there_touch_nothing(session: Session) -> None:
    imported(session, "number,name,city,turnover,account\nK1,Ann,Gent,5000,@a:x\n")
    plan = imported(session, "number,name\nK1,Ann\n")
    assert plan.changes_nothing
    imported(session, "number,name,city,turnover,account\nK1,Ann,,,\n")
    member = by_number(session, "K1")
    assert member.profile.city == ""
    assert members.turnovers(session)[member.id] is None
    assert member_accounts.accounts_of(session, member.id) == ["@a:x"]


def test_missing_members_have_left_only_when_their_number_is_confirmed(session: Session) -> None:
    imported(session, HEADER + "K1,Ann,\nK2,Bea,\nK3,Cis,\n")
    shorter = HEADER + "K1,Ann,\n"
    assert [one.number for one in imported(session, shorter).missing] == ["K2", "K3"]
    assert by_number(session, "K2").status == "active"
    with pytest.raises(register.NotSound):
        imported(session, shorter, confirm_missing=1)
    imported(session, shorter, confirm_missing=2)
    assert by_number(session, "K2").status == "left"
    assert imported(session, shorter).missing == ()
    plan = imported(session, HEADER + "K1,Ann,\nK2,Bea,\n")
    assert plan.changed[0].returned
    assert by_number(session, "K2").status == "active"


def test_a_rejected_row_is_not_a_missing_member(session: Session) -> None:
    imported(session, "number,name,country\nK1,Ann,BE\nK2,Bea,BE\n")
    plan = imported(session, "number,name,country\nK1,Ann,BE\nK2,Bea,Atlantis\n", skip_bad=True)
    assert plan.missing == ()


def test_the_erased_do_not_come_back(session: Session) -> None:
    text = "number,name,account\nK1,Ann,@a:x\nK2,Bea,@b:x\n"
    imported(session, text)
    erasure.erase(session, by_number(session, "K1").id, key=KEY, now=2)
    plan = imported(session, text)
    assert (plan.erased, plan.unchanged, plan.new) == (1, 1, ())
    assert imported(session, "number,name,account\nK2,Bea,@b:x\nK9,Ann,@a:x\n").erased == 1
    assert members.by_number(session, "K9") is None
    erasure.lift(session, KEY, "number", "K1")
    erasure.lift(session, KEY, "account", "@a:x")
    assert len(imported(session, text).new) == 1


def test_a_row_finds_the_profile_that_its_account_made(session: Session) -> None:
    own = member_accounts.ensure_for_user(session, "@a:x", display_name="Annie", now=1)
    members.set_field(session, own.id, "city", "Brugge", now=1)
    plan = imported(session, "number,name,city,skills,account\nK1,Ann,Gent,seo,@a:x\n")
    assert plan.changed[0].adopted
    member = by_number(session, "K1")
    assert (member.id, member.profile.display_name, member.profile.city, member.profile.skills) == (
        own.id,
        "Annie",
        "Brugge",
        ("seo",),
    )
    assert imported(
        session, "number,name,city,skills,account\nK1,Ann,Gent,seo,@a:x\n"
    ).changes_nothing


def test_an_account_that_changes_in_the_register_moves(session: Session) -> None:
    imported(session, "number,name,account\nK1,Ann,@old:x\n")
    member_accounts.attach(session, "@own:y", by_number(session, "K1").id, source="code", now=1)
    member_accounts.ensure_for_user(session, "@new:x", display_name="Ann", now=1)
    imported(session, "number,name,account\nK1,Ann,@new:x\n", now=3)
    member = by_number(session, "K1")
    assert member_accounts.accounts_of(session, member.id) == ["@own:y", "@new:x"]
    assert members.by_user(session, "@old:x") is None


def test_an_account_of_another_row_is_an_error(session: Session) -> None:
    imported(session, "number,name,account\nK1,Ann,@a:x\nK2,Bea,\n")
    plan = planned(session, "number,name,account\nK1,Ann,\nK2,Bea,@a:x\nK3,Cis,\n")
    assert [(one.row, one.column, one.code) for one in plan.issues] == [
        (3, "account", "account_of_other")
    ]
    assert not plan.is_sound


def test_the_index_follows_an_import(session: Session) -> None:
    imported(session, HEADER + "K1,Ann Quist,Gent\n")
    members.set_consent(session, by_number(session, "K1").id, "yes", now=2)
    imported(session, HEADER + "K1,Ann Quast,Gent\n", now=3)

    def found(word: str) -> int:
        return len(
            member_search.matching(session, [Wanted(prefixes=(word,))], shared=False, limit=5)
        )

    assert found("quast") == 1
    imported(session, HEADER + "K9,Zed,\n", confirm_missing=1, now=4)
    assert found("quast") == 0


def exported(session: Session) -> dict[str, dict[str, str]]:
    data, _ = register_csv(session, LABELS, "en")
    lines = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    return {line["member_number"]: line for line in lines}


def test_what_a_member_told_the_bot_alone_stays_behind(session: Session) -> None:
    imported(session, "number,name,city,about\nK1,Ann,Gent,Baker\nK2,Bea,Gent,Painter\n")
    ann = by_number(session, "K1").id
    members.set_field(session, ann, "about", "Between jobs", now=2)
    members.set_field(session, ann, "display_name", "Annie", now=2)
    members.set_field(session, ann, "skills", ("juggling",), now=2)
    for name in ("about", "city", "display_name"):
        members.set_visibility(session, ann, name, "nobody", now=2)
    members.set_visibility(session, ann, "skills", "networks", now=2)
    line = exported(session)["K1"]
    assert (line["about"], line["city"], line["display_name"]) == ("", "Gent", "Annie")
    assert line["skills"] == "juggling"
    # It comes in again without touching what stayed behind.
    data, _ = register_csv(session, LABELS, "en")
    assert imported(session, data).changed == ()
    assert by_number(session, "K1").profile.about == "Between jobs"
    members.set_visibility(session, ann, "about", "networks", now=3)
    assert exported(session)["K1"]["about"] == "Between jobs"
