"""What a new version of the charter changes against the one before it. How that is said is the templates'."""

from __future__ import annotations

from dataclasses import dataclass

from commands.suppliers.charter_door import Content
from storage.charters import Criterion, Texts


@dataclass(frozen=True, slots=True)
class Pair:
    """A criterion that is in both versions, by its key."""

    before: Criterion
    after: Criterion

    @property
    def reworded(self) -> bool:
        return _said(self.before.texts) != _said(self.after.texts)

    @property
    def other_weight(self) -> bool:
        return self.before.weight != self.after.weight

    @property
    def other_knock_out(self) -> bool:
        return _least(self.before) != _least(self.after)


@dataclass(frozen=True, slots=True)
class Changes:
    """`pairs` are in the order of the new version; `reworded` is about the charter's own name and text."""

    added: tuple[Criterion, ...]
    removed: tuple[Criterion, ...]
    pairs: tuple[Pair, ...]
    reworded: bool

    @property
    def weights(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.other_weight]

    @property
    def knock_outs(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.other_knock_out]

    @property
    def texts(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.reworded]

    @property
    def reordered(self) -> bool:
        """Whether criteria of both versions change places among themselves."""
        before = sorted(self.pairs, key=lambda pair: pair.before.position)
        return before != list(self.pairs)

    @property
    def any(self) -> bool:
        lists = (self.added, self.removed, self.weights, self.knock_outs, self.texts)
        return any(map(bool, lists)) or self.reworded or self.reordered


def changes(before: Content | None, after: Content) -> Changes:
    """Against nothing, every criterion is added."""
    if before is None:
        return Changes(after.criteria, (), (), reworded=True)
    pairs = [(before.criterion(each.key), each) for each in after.criteria]
    return Changes(
        tuple(each for old, each in pairs if old is None),
        tuple(each for each in before.criteria if after.criterion(each.key) is None),
        tuple(Pair(old, each) for old, each in pairs if old is not None),
        reworded=_said(before.texts) != _said(after.texts),
    )


def _least(criterion: Criterion) -> int | None:
    """The score that is needed, None where none is."""
    return criterion.minimum if criterion.knock_out else None


def _said(texts: Texts) -> dict[str, dict[str, str]]:
    return {field: dict(words) for field, words in texts.items() if words}
