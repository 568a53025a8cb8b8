"""What a charter may say: every value is checked, and all that is wrong is told at once with where it stands.

How a file becomes these values is left to `charter_file`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
)

from commands.kernel.catalogue import languages
from commands.kernel.text import clean, one_line
from commands.suppliers.rules import HIGHEST
from storage.charters import Charter, Criterion, Texts

MOST_CRITERIA: Final = 20
LONGEST_KEY: Final = 40
LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 1500
WHOLE: Final = 100
LEAST_OF_KNOCK_OUT: Final = 1
# In bits.
_LONGEST_NUMBER: Final = 128

# The keys of a file, and the numbers of lists, down to a value.
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a version says: the charter's own texts and its criteria, in their order. Only knock-outs have a
    minimum; that of others is 0."""

    texts: Texts
    criteria: tuple[Criterion, ...]

    @classmethod
    def of(cls, charter: Charter) -> Content:
        return cls(charter.texts, charter.criteria)

    def criterion(self, key: str) -> Criterion | None:
        return next((each for each in self.criteria if each.key == key), None)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong at a path: a code, what stands there, and the limit it exceeds."""

    path: KeyPath
    code: str
    found: str = ""
    limit: int = 0


class BadValues(Exception):
    """`faults` are all that is wrong, in the order of the criteria."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(tuple(faults))
        self.faults = tuple(faults)


def check(values: Mapping[str, Any]) -> Content:
    """`name`, `text` (each by language) and `criteria`, as a file has them. Raises BadValues."""
    try:
        said = _model().model_validate(values).model_dump()
    except ValidationError as error:
        raise BadValues([*map(_fault, error.errors(include_url=False)), *_across(values)]) from None
    if found := _across(values):
        raise BadValues(found)
    return Content(
        {"name": said["name"], "text": said["text"]},
        tuple(_criterion(position, each) for position, each in enumerate(said["criteria"], 1)),
    )


def values_of(content: Content) -> dict[str, Any]:
    """What `check` would take for it, in the order in which a person fills it in."""
    return {
        "name": dict(content.texts.get("name", {})),
        "text": dict(content.texts.get("text", {})),
        "criteria": [
            {
                "key": each.key,
                "weight": each.weight,
                "knock_out": each.knock_out,
                **({"minimum": each.minimum} if each.knock_out else {}),
                **{
                    field: dict(each.texts.get(field, {})) for field in ("name", "text", "evidence")
                },
            }
            for each in content.criteria
        ],
    }


def _criterion(position: int, said: Mapping[str, Any]) -> Criterion:
    minimum = said["minimum"] if said["minimum"] is not None else LEAST_OF_KNOCK_OUT
    texts = {field: said[field] for field in ("name", "text", "evidence")}
    knock_out = said["knock_out"]
    return Criterion(
        said["key"], position, said["weight"], knock_out, minimum if knock_out else 0, texts
    )


# --- the models ----------------------------------------------------------------------------------

_STRICT: Final = ConfigDict(strict=True, extra="forbid")


def _line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _lines(value: Any) -> Any:
    return clean(value).strip() if isinstance(value, str) else value


_Name = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_NAME), BeforeValidator(_line)
]
_Text = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_TEXT), BeforeValidator(_lines)
]


@cache
def _model() -> type[BaseModel]:
    """Made for the languages that there are catalogues for: each text is needed in all of them."""
    names = _in_every_language("Names", _Name)
    texts = _in_every_language("Texts", _Text)
    key = StringConstraints(max_length=LONGEST_KEY, pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$")
    fields: dict[str, Any] = {
        "key": (Annotated[str, key], ...),
        "weight": (Annotated[int, Field(ge=0, le=WHOLE)], ...),
        "knock_out": (bool, False),
        "minimum": (Annotated[int | None, Field(ge=0, le=HIGHEST)], None),
        "name": (names, ...),
        "text": (texts, ...),
        "evidence": (texts, ...),
    }
    criterion: Any = create_model("CharterCriterion", __config__=_STRICT, **fields)
    criteria = Annotated[list[criterion], Field(min_length=1, max_length=MOST_CRITERIA)]
    whole: dict[str, Any] = {
        "name": (names, ...),
        "text": (texts, ...),
        "criteria": (criteria, ...),
    }
    made: type[BaseModel] = create_model("CharterValues", __config__=_STRICT, **whole)
    return made


def _in_every_language(name: str, kind: Any) -> Any:
    fields: dict[str, Any] = dict.fromkeys(languages(), (kind, ...))
    return create_model(name, __config__=_STRICT, **fields)


# --- what is wrong -------------------------------------------------------------------------------

_CODES: Final = {
    "extra_forbidden": "unknown_key",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "bool_type": "not_yes_or_no",
    "string_type": "not_text",
    "string_pattern_mismatch": "bad_key",
    "string_too_long": "too_long",
    "model_type": "not_a_table",
    "list_type": "not_a_list",
    "too_short": "no_criteria",
    "too_long": "too_many_criteria",
}


def _fault(error: Any) -> Fault:
    path: KeyPath = tuple(error["loc"])
    kind, context = str(error["type"]), error.get("ctx", {})
    found = "" if isinstance(error["input"], dict | list) else _shown(error["input"])
    if kind in ("missing", "string_too_short"):
        in_language = path[-1] in languages()
        return Fault(path, "missing_translation" if in_language else "required")
    if kind.startswith("int_"):
        return Fault(path, "not_whole", found)
    limit = MOST_CRITERIA if kind == "too_long" else int(context.get("max_length", 0))
    if kind in ("greater_than_equal", "less_than_equal"):
        limit = HIGHEST if path[-1] == "minimum" else WHOLE
    return Fault(path, _CODES.get(kind, "does_not_fit"), found, limit)


def _shown(value: Any) -> str:
    """As it is told; a number of thousands of figures cannot be written at all."""
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return "…"
    return str(value)[:60]


def _across(values: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with criteria together, however much is wrong with each."""
    listed = values.get("criteria")
    criteria = listed if isinstance(listed, list) else []
    tables = [each if isinstance(each, Mapping) else {} for each in criteria]
    faults = []
    seen: dict[str, int] = {}
    for position, table in enumerate(tables):
        key = table.get("key")
        if isinstance(key, str) and seen.setdefault(key, position) != position:
            faults.append(Fault(("criteria", position, "key"), "same_key", key[:60]))
        if not table.get("knock_out") and table.get("minimum") is not None:
            faults.append(Fault(("criteria", position, "minimum"), "minimum_without_knock_out"))
    weights = [table.get("weight") for table in tables]
    whole = [weight for weight in weights if type(weight) is int]
    if whole and len(whole) == len(weights) and sum(whole) != WHOLE:
        faults.append(Fault(("criteria",), "weights", _shown(sum(whole)), WHOLE))
    return faults
