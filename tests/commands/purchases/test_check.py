"""The freight check that rooms are told comes to the same as the one that reads every commitment."""

from __future__ import annotations

from pathlib import Path
from random import Random

from commands.purchases.standing import check_now, standing, verdict_now
from storage import member_accounts, members, purchases
from storage.members import Profile
from storage.session import Session
from tests.commands.purchases.market import (
    ANNA,
    BEN,
    CARO,
    DIRK,
    FINN,
    commit,
    line,
    market,
    purchase,
)


def join_accounts(session: Session) -> None:
    """Ben and Finn are one person: what rooms are told counts units, whoever takes them."""
    member = members.add(session, Profile(display_name="Ben"), now=1)
    for account in (BEN, FINN):
        member_accounts.attach(session, account, member, source="self", now=1)


def test_both_ways_to_the_check_agree_also_where_prices_were_not_accepted(tmp_path: Path) -> None:
    random = Random(7)
    contested = 0
    with market(tmp_path) as talk:
        talk.write(join_accounts)
        for _ in range(60):
            lines = [
                line(
                    f"Article {each}",
                    case=random.choice((1, 3, 5)),
                    minimum=random.choice((0, 0, 2)),
                    tiers=((1, 1000), (8, 900), (15, 700)),
                    reference=random.choice((None, 650, 1200)),
                )
                for each in range(3)
            ]
            number = purchase(talk, lines=lines, freight_cents=random.choice((0, 2500)))
            for user in (ANNA, BEN, CARO, DIRK, FINN):
                for position in (1, 2, 3):
                    if random.random() < 0.7:
                        commit(
                            talk, user, random.randint(0, 6), random.randint(0, 3),
                            number=number, position=position,
                            accepted=random.choice((1000, 900, 700)),
                        )  # fmt: skip

            def compare(session: Session, number: int = number) -> int:
                found = purchases.get(session, number)
                assert found is not None
                verdict = verdict_now(session, found)
                check = check_now(session, found, standing(session, found))
                assert (check.gain_cents, check.cost_cents) == (
                    verdict.gain_cents,
                    verdict.cost_cents,
                )
                assert check.nothing_ordered == (
                    not any(one.net_cents for one in verdict.people.values())
                )
                standings = standing(session, found)
                simple = sum(
                    one.units * (one.line.reference_cents - one.cents)
                    for one in standings
                    if one.line.reference_cents is not None
                )
                return int(simple != verdict.gain_cents)

            contested += talk.write(compare)
    assert contested > 5, "some members must have dropped out for this to prove anything"
