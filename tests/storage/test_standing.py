"""Who left, who said no, and what was hidden: in figures, lists, pages, and when profiles become one."""

from __future__ import annotations

from storage import member_accounts, member_counts, member_search, members, proposals, rooms
from storage.member_search import Document
from storage.members import Consent, Profile
from storage.session import Session


def member(session: Session, name: str, consent: Consent = "yes", *, public: bool = False) -> int:
    found = members.add(session, Profile(display_name=name, city="gent"), number=name, now=1)
    members.set_consent(session, found, consent, now=1)
    members.set_public_page(session, found, public, now=1)
    return found


def test_who_left_is_found_on_no_list_and_counts_no_more(session: Session) -> None:
    left, stays = member(session, "A", public=True), member(session, "B", public=True)
    for number in range(5):
        member(session, f"C{number}", "no")
    members.set_status(session, [left], "left", now=2)
    assert [one.id for one in members.to_be_found(session)] == [stays]
    assert [one.id for one in members.on_public_pages(session)] == [stays]
    assert member_counts.by_trait(session, "city", smallest=1) == [("gent", 6)]


def test_a_no_to_being_found_takes_the_public_page_away(session: Session) -> None:
    member(session, "A", "no", public=True)
    asked = member(session, "B", "unasked", public=True)
    assert [one.id for one in members.on_public_pages(session)] == [asked]


def test_when_two_profiles_become_one_a_no_and_what_was_hidden_win(session: Session) -> None:
    row = member(session, "K1", "yes")
    own = member_accounts.ensure_for_user(session, "@ann:x", display_name="Ann", now=1)
    members.set_consent(session, own.id, "no", now=1)
    members.set_visibility(session, own.id, "city", "nobody", now=1)
    code = member_accounts.new_code(session, row, by="@staff:x", now=1)
    assert member_accounts.redeem(session, code, "@ann:x", now=2) == ("linked", row)
    united = members.get(session, row)
    assert united is not None
    assert united.consent == "no"
    assert united.visibility("city") == "nobody"


def test_only_being_in_a_networks_room_together_is_sharing_a_network(session: Session) -> None:
    """The Space holds everyone: if it counted, *my networks* would mean *everyone*."""
    for name in ("ann", "ben"):
        found = member_accounts.ensure_for_user(session, f"@{name}:x", now=1)
        member_search.put(session, found.id, Document(name=name))
    ben = members.by_user(session, "@ben:x")
    assert ben is not None

    def shared() -> bool:
        assert ben is not None
        return ben.id in member_search.sharing_network(session, "@ann:x")

    def place(user: str, room_id: str, membership: str) -> None:
        rooms.set_membership(session, room_id, user, membership, display_name=None, since=1)

    for room_id, kind in (("!space", "space"), ("!staff", "staff"), ("!other", "other")):
        rooms.know(session, room_id, now=1)
        rooms.set_joined(session, room_id, True, None)
        rooms.set_kind(session, room_id, kind)  # type: ignore[arg-type]
        for user in ("@ann:x", "@ben:x"):
            place(user, room_id, "join")
    assert not shared()
    rooms.know(session, "!network", now=1)
    rooms.set_joined(session, "!network", True, None)
    rooms.set_kind(session, "!network", "network")
    for user, membership, expected in (
        ("@ann:x", "join", False),
        ("@ben:x", "invite", False),
        ("@ben:x", "join", True),
        ("@ben:x", "leave", False),
        ("@ben:x", "join", True),
        ("@ann:x", "ban", False),
    ):
        place(user, "!network", membership)
        assert shared() is expected, (user, membership)


def test_a_person_supports_a_proposal_once_from_however_many_accounts(session: Session) -> None:
    found = member(session, "K1")
    for user in ("@ann:x", "@ann2:x"):
        member_accounts.attach(session, user, found, source="code", now=1)
    proposal = proposals.add(
        session,
        kind="initiative",
        title="A shared van",
        purpose="To drive together",
        network_kind=None,
        region=None,
        language="en",
        proposer="@ben:x",
        now=1,
    )
    for user in ("@ann:x", "@ann2:x", "@stranger:x"):
        proposals.support(session, proposal, user, now=1)
    supported = proposals.get(session, proposal)
    assert supported is not None
    assert supported.supporters == 2
