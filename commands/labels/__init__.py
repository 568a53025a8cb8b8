"""The shipped tables of professions, sectors, places and categories of suppliers with their names in
several languages, so that one word finds the same in every language. Pure look-up: no database, no Matrix."""

from commands.labels.errors import LabelFileError, LabelProblem
from commands.labels.fold import fold
from commands.labels.load import load_labels
from commands.labels.model import Category, Kind, Label, Labels, Place, Profession

__all__ = [
    "Category",
    "Kind",
    "Label",
    "LabelFileError",
    "LabelProblem",
    "Labels",
    "Place",
    "Profession",
    "fold",
    "load_labels",
]
