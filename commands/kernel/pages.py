"""Web pages made from a domain's templates, in one language each; where they are written to is the caller's
care."""

from __future__ import annotations

from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from commands.kernel import catalogue


def page_environment(domain: str, language: str) -> Environment:
    """Finds the templates of `commands.<domain>`: `<name>.html` by its name, others by their whole one."""
    environment = Environment(
        loader=FunctionLoader(
            lambda name: page_file(domain, name if "." in name else f"{name}.html")
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        catalogue.translations(language), newstyle=True
    )
    return environment


def page_file(domain: str, name: str) -> str:
    """A file of the templates of `commands.<domain>`: a page or its style sheet."""
    return (resources.files(f"commands.{domain}") / "templates" / name).read_text(encoding="utf-8")
