"""The shipped table of professions, sectors and places with their names in several languages, so
that one word finds the same people in every language. Pure look-up: no database, no Matrix."""

from commands.labels.errors import LabelFileError, LabelProblem
from commands.labels.fold import fold
from commands.labels.load import load_labels
from commands.labels.model import Kind, Label, Labels, Place, Profession

__all__ = [
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
