"""Two indexes in one database: each finds its own documents, within the rowids that are asked for."""

from __future__ import annotations

import pytest

from storage.search_index import SearchIndex, Wanted
from storage.session import Session

TOOLS = SearchIndex("tool", ("name", "use"))
PLANTS = SearchIndex("plant", ("name", "place"))
ALL = range(1 << 60)


@pytest.fixture
def session(session: Session) -> Session:
    for name, columns in (("tool", "name, use"), ("plant", "name, place")):
        texts = ", ".join(f"{column} TEXT NOT NULL" for column in columns.split(", "))
        session.run(f"CREATE TABLE {name}_documents (id INTEGER PRIMARY KEY, {texts}) STRICT")
        session.run(
            f"CREATE VIRTUAL TABLE {name}_search USING fts5 ({columns},"
            f" content = '{name}_documents', content_rowid = 'id',"
            " tokenize = \"ascii tokenchars '_'\", prefix = '1 2 3 4', detail = column)"
        )
        session.run(
            f"CREATE TABLE {name}_vocabulary (term TEXT PRIMARY KEY, uses INTEGER NOT NULL)"
            " STRICT, WITHOUT ROWID"
        )
    TOOLS.put(session, 1, ("saw", "wood _kwood"))
    TOOLS.put(session, 2, ("plane", "wood _kwood"))
    TOOLS.put(session, 900, ("drill", "steel _ksteel"))
    PLANTS.put(session, 1, ("plane tree", "wood"))
    return session


def test_each_index_finds_its_own(session: Session) -> None:
    wood = [Wanted(prefixes=("woo",))]
    assert TOOLS.matching(session, wood, rowids=ALL, limit=9) == [1, 2]
    assert PLANTS.matching(session, wood, rowids=ALL, limit=9) == [1]
    assert TOOLS.documents(session, [2, 1, 7]) == [
        (1, ("saw", "wood _kwood")),
        (2, ("plane", "wood _kwood")),
    ]
    assert not TOOLS.begins_some_word(session, "tre")
    assert PLANTS.begins_some_word(session, "tre")


def test_what_is_wanted_holds_together(session: Session) -> None:
    def found(*wanted: Wanted, rowids: range = ALL, limit: int = 9) -> list[int]:
        return TOOLS.matching(session, wanted, rowids=rowids, limit=limit)

    assert found() == []
    either = Wanted(words=("drill",), codes=("_kwood",))
    assert found(either) == [1, 2, 900]
    assert found(either, limit=2) == [1, 2]
    assert found(either, rowids=range(2, 900)) == [2]
    assert found(either, Wanted(prefixes=("p",))) == [2]
    assert found(Wanted(prefixes=("saw",), column="use")) == []
    assert found(Wanted(phrase=("wo", "sa"))) == [1]


def test_words_with_a_typing_error_are_offered_with_their_uses(session: Session) -> None:
    for typed in ("wod", "wodo", "owod", "ood", "xood"):
        assert ("wood", 2) in TOOLS.words_like(session, typed, 2), typed
    assert "_kwood" not in [word for word, _ in TOOLS.words_like(session, "kwood", 2)]


def test_what_is_taken_out_is_gone_with_its_words(session: Session) -> None:
    assert TOOLS.remove(session, 900)
    assert not TOOLS.remove(session, 900)
    assert not TOOLS.begins_some_word(session, "steel")
    TOOLS.put(session, 1, ("axe", "steel"))
    assert TOOLS.words_like(session, "woods", 1) == [("wood", 1)]
    assert TOOLS.rebuild(session, [(5, ("rake", "soil")), (6, ("hoe", "soil"))]) == 2
    TOOLS.leave_no_trace(session)
    assert TOOLS.matching(session, [Wanted(prefixes=("s",))], rowids=ALL, limit=9) == [5, 6]
    assert TOOLS.words_like(session, "soill", 1) == [("soil", 2)]
    assert PLANTS.begins_some_word(session, "plane")
