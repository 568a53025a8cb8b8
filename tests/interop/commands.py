"""The commands that people with matrix-js-sdk use: those of the engine's tests, and one that takes a file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from jinja2 import ChoiceLoader, DictLoader
from pydantic import BaseModel

from commands.basics.verification import router as verification
from commands.kernel.choices import Misunderstood
from commands.kernel.command import Router
from commands.kernel.context import Context
from commands.kernel.dialogue import Answer, Dialogue, Question, Step
from commands.kernel.kernel import Kernel
from commands.kernel.settings import Settings
from tests.e2e.engine import router as engine

router = Router("interop")
_TEMPLATES = {
    "interop/which": "<p>which file?</p>",
    "interop/digest": "<p>{{ name }} {{ mimetype }} {{ digest }}</p>",
}


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


class Parcel(BaseModel):
    name: str = ""
    mimetype: str = ""
    digest: str = ""


def _take(ctx: Context, data: Parcel, answer: Answer) -> Parcel:
    file = answer.file
    if file is None or file.data is None:
        raise Misunderstood("a file")
    return Parcel(
        name=file.name, mimetype=file.mimetype, digest=hashlib.sha256(file.data).hexdigest()
    )


def _finish(ctx: Context, data: Parcel) -> None:
    ctx.reply("interop/digest", **data.model_dump())


_parcel = Dialogue(
    "parcel",
    title="A parcel",
    data=Parcel,
    steps=(
        Step(
            "file",
            lambda ctx, data: Question("interop/which"),
            _take,
            optional=False,
            takes_file=True,
        ),
    ),
    finish=_finish,
)


@router.command("parcel", nl=(), fr=(), summary="parcel", examples={}, arguments=Nothing)
def parcel(ctx: Context, arguments: Nothing) -> None:
    ctx.frame.start(ctx, "parcel", Parcel())


def kernel(user_id: str) -> Kernel:
    """What `Kring.running` takes."""
    settings = Settings(bot_user=user_id, burst=10_000)
    made = Kernel(settings, [engine, router, verification], [_parcel])
    environment = made.renderer._environment
    assert environment.loader is not None
    environment.loader = ChoiceLoader([DictLoader(_TEMPLATES), environment.loader])
    return made
