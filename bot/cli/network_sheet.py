"""What the options of `kring network` say of a network's sheet, and how a new sheet is stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from bot.cli.common import ACTOR, Misused

if TYPE_CHECKING:
    from bot.config import Config
    from storage.networks import Network
    from storage.session import Session

KINDS = ("profession", "sector", "other")
OPENNESS = ("open", "approval", "invitation")
CRITERION_KINDS = ("quantitative", "strategic")


def _worded(field: str, values: Sequence[str]) -> dict[str, str]:
    """`LANGUAGE=TEXT` each, such as `nl=Audiovisueel Brussel`. Raises Misused."""
    from commands.kernel.catalogue import languages

    found = {}
    for value in values:
        language, separator, text = value.partition("=")
        if not separator or language not in languages():
            raise Misused(f"--{field}: {value!r} is not like en=TEXT ({', '.join(languages())})")
        found[language] = text.strip()
    return found


def text_options(options: Callable[..., Any]) -> Callable[..., Any]:
    for name, explained in (
        ("means", "with what it works"),
        ("cooperative-role", "what the cooperative does for it"),
        ("goals", "its goals"),
        ("criterion", "why it exists; everybody can read it"),
        ("purpose", "what it is for"),
        ("name", "what it is called"),
    ):
        option = click.option(
            f"--{name}",
            name.replace("-", "_"),
            multiple=True,
            metavar="LANGUAGE=TEXT",
            help=f"For each language: {explained}.",
        )
        options = option(options)
    return options


def trait_options(options: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--openness", type=click.Choice(OPENNESS), help="Who may join."),
        click.option("--criterion-kind", type=click.Choice(CRITERION_KINDS)),
        click.option("--region", help="A region or city; everywhere without it."),
        click.option("--label", help="The profession or sector that it is for."),
        click.option("--kind", type=click.Choice(KINDS)),
    ):
        options = option(options)
    return options


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the options say; texts by field and language."""

    texts: dict[str, dict[str, str]]
    kind: str | None
    label: str | None
    region: str | None
    criterion_kind: str | None
    openness: str | None

    @classmethod
    def of(cls, config: Config, options: dict[str, Any]) -> Sheet:
        """Codes for what was named in words. Raises Misused for what no table knows, or is too long."""
        from commands.labels import load_labels
        from commands.networks.values import LONGEST
        from storage.networks import TEXT_FIELDS

        labels = load_labels(config.labels.extra)
        texts = {str(field): _worded(field, options[field]) for field in TEXT_FIELDS}
        texts = {field: written for field, written in texts.items() if written}
        for field, written in texts.items():
            if any(len(text) > LONGEST[field] for text in written.values()):
                raise Misused(f"--{field}: at most {LONGEST[field]} characters")
        label = options["label"]
        if label is not None:
            known = labels.match(label, "profession") or labels.match(label, "sector")
            if known is None:
                raise Misused(f"--label: no profession or sector is called {label!r}")
            label = known.code
        region = options["region"]
        place = labels.place(region) if region else None
        return cls(
            texts,
            options["kind"],
            label,
            place.code if place else region,
            options["criterion_kind"],
            options["openness"],
        )


def add(
    session: Session,
    config: Config,
    sheet: Sheet,
    languages: Sequence[str],
    *,
    room_id: str | None,
    encrypted: bool | None,
) -> Network:
    """Store the sheet. Raises Misused for what a network cannot be called."""
    from commands.kernel import catalogue
    from commands.networks.names import free_slug
    from storage import audit, networks

    names = sheet.texts.get("name", {})
    spoken = [*languages] or [*names] or [config.territory.language]
    for language in spoken:
        if language not in catalogue.languages():
            raise Misused(f"--language: {', '.join(catalogue.languages())}, not {language!r}")
    for field in ("name", "purpose", "criterion"):
        if not any(sheet.texts.get(field, {}).values()):
            raise Misused(f"--{field} {spoken[0]}=TEXT is missing")
    for name in names.values():
        check_name(session, name, None)
    first = names.get(spoken[0]) or next(iter(names.values()))
    network = networks.add(
        session,
        slug=free_slug(first, lambda slug: networks.slug_is_free(session, slug)),
        kind=sheet.kind or "other",  # type: ignore[arg-type]  # click has checked the choices
        label=sheet.label,
        region=sheet.region,
        languages=list(dict.fromkeys(spoken)),
        criterion_kind=sheet.criterion_kind or "quantitative",  # type: ignore[arg-type]
        openness=sheet.openness or "open",  # type: ignore[arg-type]
        encrypted=config.networks.encrypted if encrypted is None else encrypted,
        texts={
            field: {k: v for k, v in written.items() if v} for field, written in sheet.texts.items()
        },
        room_id=room_id,
        created_by=None,
        now=now_ms(),
    )
    audit.note(
        session,
        actor=ACTOR,
        action="network.created",
        subject=f"network:{network.id}",
        now=now_ms(),
    )
    return network


def check_name(session: Session, name: str, current: Network | None) -> None:
    """Raises Misused."""
    from commands.networks.sheet import name_problem

    problem = name_problem(session, name, current) if name else None
    if problem is not None:
        raise Misused(f"--name {name!r}: {problem}")


def now_ms() -> int:
    return int(time.time() * 1000)
