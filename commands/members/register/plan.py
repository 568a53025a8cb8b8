"""What an import would do, and doing it. Planning changes nothing; a dry run is a plan and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from commands.kernel.text import one_line
from commands.labels import Labels
from commands.members.indexing import reindex_many
from commands.members.register.rows import Checked, Entry
from commands.spreadsheets import Issue
from storage import erasure, member_accounts, members
from storage.member_accounts import Account
from storage.members import FIELDS, Member, Value
from storage.session import Session


class NotSound(Exception):
    """The plan cannot be applied: there are problems that nobody decided to skip, or the number of missing
    members is not the one that was confirmed (`missing`)."""

    def __init__(self, problems: int, missing: int | None = None) -> None:
        super().__init__(problems, missing)
        self.problems = problems
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Options:
    """`skip_bad` imports the sound rows of a file that is not sound. `overwrite_corrected` lets the file
    win over what members said. `confirm_missing` must be the exact number of members who are not in the
    file: only then are they marked as left."""

    erasure_key: bytes
    skip_bad: bool = False
    overwrite_corrected: bool = False
    confirm_missing: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What the file says differently of a known member. `adopted` is a self-made profile that turns out to
    be this row's; `account` is one to attach, `former_account` one that the register named before."""

    member_id: int
    entry: Entry
    values: Mapping[str, Value] = field(default_factory=dict)
    turnover: bool = False
    returned: bool = False
    account: str = ""
    former_account: str = ""
    absorbed: int | None = None
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that its member corrected and that the file says differently; it stays."""

    row: int
    number: str
    field: str


@dataclass(frozen=True, slots=True)
class Missing:
    member_id: int
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen; all figures count rows or members. `issues` holds everything wrong with the file,
    `notes` what was accepted and deserves a look."""

    checked: Checked
    options: Options
    issues: tuple[Issue, ...]
    new: tuple[Entry, ...]
    changed: tuple[Change, ...]
    unchanged: int
    kept: tuple[Kept, ...]
    erased: int
    missing: tuple[Missing, ...]

    @property
    def notes(self) -> tuple[Issue, ...]:
        return self.checked.notes

    @property
    def rejected(self) -> frozenset[int]:
        """The spreadsheet rows that cannot be imported."""
        return frozenset(issue.row for issue in self.issues)

    @property
    def is_sound(self) -> bool:
        """Whether `apply` will do it."""
        confirmed = self.options.confirm_missing
        return (not self.issues or self.options.skip_bad) and (
            confirmed is None or confirmed == len(self.missing)
        )

    @property
    def changes_nothing(self) -> bool:
        leaving = self.options.confirm_missing is not None and self.missing
        return not self.new and not self.changed and not leaving


@dataclass(frozen=True, slots=True)
class Applied:
    """How many members are new, changed (adopted ones among them), and marked as left."""

    new: int
    changed: int
    left: int


def plan(session: Session, checked: Checked, options: Options) -> Plan:
    """Compare a register with the members; reads only.

    Erased members are left out, known by the keyed hash of their number or account. Members whose row is
    in the file but rejected are not missing.
    """
    erased = erasure.every(session)
    known = _Known(session, checked, options)
    forgotten = 0
    by_number: dict[str, Entry] = {}
    for entry in checked.entries:
        if erased and _was_erased(entry, options.erasure_key, erased):
            forgotten += 1
        else:
            by_number[entry.number] = entry
    rejected = _rejected_numbers(checked)
    missing: list[Missing] = []
    for member in members.every(session):
        if member.number is None:
            continue
        found = by_number.pop(member.number, None)
        if found is not None:
            known.compare(member, found)
        elif member.status == "active" and member.number not in rejected:
            missing.append(Missing(member.id, member.number, member.profile.display_name))
    new = [entry for entry in by_number.values() if not known.adopt(entry)]
    return Plan(
        checked=checked,
        options=options,
        issues=tuple(sorted((*checked.issues, *known.issues), key=lambda issue: issue.row)),
        new=tuple(new),
        changed=tuple(known.changed),
        unchanged=known.unchanged,
        kept=tuple(known.kept),
        erased=forgotten,
        missing=tuple(missing),
    )


def _was_erased(entry: Entry, key: bytes, erased: frozenset[bytes]) -> bool:
    return erasure.key_of(key, "number", entry.number) in erased or (
        bool(entry.account) and erasure.key_of(key, "account", entry.account) in erased
    )


def _rejected_numbers(checked: Checked) -> frozenset[str]:
    table = checked.table
    position = table.columns.index("member_number")
    bad = {issue.row for issue in checked.issues}
    return frozenset(one_line(row.cells[position]) for row in table.rows if row.number in bad)


class _Known:
    """Gathers what the file says of members who are known already."""

    def __init__(self, session: Session, checked: Checked, options: Options) -> None:
        self._session = session
        self._options = options
        self._columns = checked.columns
        self._fields = [name for name in FIELDS if name in checked.columns]
        self._account_column = checked.table.header.names.get("matrix_id", "")
        self._turnovers = members.turnovers(session) if "turnover" in checked.columns else {}
        self._accounts = member_accounts.every(session)
        self._named: dict[int, str] = {
            account.member_id: account.user_id
            for account in self._accounts.values()
            if account.source == "register"
        }
        self.issues: list[Issue] = []
        self.changed: list[Change] = []
        self.kept: list[Kept] = []
        self.unchanged = 0

    def compare(self, member: Member, entry: Entry) -> None:
        account, absorbed = "", None
        owner = self._accounts.get(entry.account) if entry.account else None
        if entry.account and (owner is None or owner.member_id != member.id):
            account = entry.account
            if owner is not None:
                if not self._is_self_made(owner):
                    self._refuse(entry)
                    return
                absorbed = owner.member_id
        values: dict[str, Value] = {}
        for name in self._fields:
            said = entry.profile.value(name)
            if said == member.profile.value(name):
                continue
            if name in member.corrected and not self._options.overwrite_corrected:
                self.kept.append(Kept(entry.row, entry.number, name))
            else:
                values[name] = said
        turnover = (
            "turnover" in self._columns and self._turnovers.get(member.id) != entry.turnover_cents
        )
        returned = member.status == "left"
        if not (values or turnover or returned or account):
            self.unchanged += 1
            return
        former = self._named.get(member.id, "") if account else ""
        self.changed.append(
            Change(member.id, entry, values, turnover, returned, account, former, absorbed)
        )

    def adopt(self, entry: Entry) -> bool:
        """Whether the row needs no new member: its account has a profile, or it is refused."""
        owner = self._accounts.get(entry.account) if entry.account else None
        if owner is None:
            return False
        if not self._is_self_made(owner):
            self._refuse(entry)
            return True
        member = members.get(self._session, owner.member_id)
        assert member is not None
        values = {}
        for name in self._fields:
            said, own = entry.profile.value(name), member.profile.value(name)
            if said == own:
                continue
            if own and not self._options.overwrite_corrected:
                self.kept.append(Kept(entry.row, entry.number, name))
            else:
                values[name] = said
        self.changed.append(
            Change(
                member.id,
                entry,
                values,
                turnover="turnover" in self._columns,
                account=entry.account,
                adopted=True,
            )
        )
        return True

    def _is_self_made(self, account: Account) -> bool:
        owner = members.get(self._session, account.member_id)
        return owner is not None and owner.number is None

    def _refuse(self, entry: Entry) -> None:
        self.issues.append(
            Issue(entry.row, self._account_column, "account_of_other", entry.account)
        )


def apply(session: Session, plan: Plan, *, labels: Labels, now: int) -> Applied:
    """Do what the plan says; must run in the transaction in which it was made, or its figures may be old.

    New members are found by nobody until they agree. Raises NotSound.
    """
    if not plan.is_sound:
        missing = len(plan.missing)
        wrong = plan.options.confirm_missing not in (None, missing)
        raise NotSound(len(plan.issues), missing if wrong else None)
    for change in plan.changed:
        _apply_change(session, change, now)
    for entry in plan.new:
        member_id = members.add(
            session,
            entry.profile,
            number=entry.number,
            turnover_cents=entry.turnover_cents,
            now=now,
        )
        if entry.account:
            member_accounts.attach(session, entry.account, member_id, source="register", now=now)
    left: list[int] = []
    if plan.options.confirm_missing is not None:
        left = [one.member_id for one in plan.missing]
        members.set_status(session, left, "left", now=now)
    reindex_many(session, labels, [*(change.member_id for change in plan.changed), *left])
    return Applied(len(plan.new), len(plan.changed), len(left))


def _apply_change(session: Session, change: Change, now: int) -> None:
    if change.adopted:
        members.give_number(session, change.member_id, change.entry.number, now=now)
    if change.absorbed is not None:
        members.absorb(session, change.member_id, change.absorbed, now=now)
    members.set_fields(session, change.member_id, change.values, source="register", now=now)
    if change.turnover:
        members.set_turnover(session, change.member_id, change.entry.turnover_cents)
    if change.returned:
        members.set_status(session, [change.member_id], "active", now=now)
    if change.former_account:
        member_accounts.detach(session, change.former_account)
    if change.account:
        member_accounts.attach(
            session, change.account, change.member_id, source="register", now=now
        )


def import_register(
    session: Session, checked: Checked, options: Options, *, labels: Labels, now: int
) -> tuple[Plan, Applied]:
    """Plan and apply in one go, in the transaction of the session. Raises NotSound."""
    planned = plan(session, checked, options)
    return planned, apply(session, planned, labels=labels, now=now)
