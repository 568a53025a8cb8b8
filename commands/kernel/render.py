"""Answers from templates: HTML that Matrix permits, and a plain body that reads well on its own.

Templates live beside their domain (`commands/<domain>/templates/<name>.html`, named `<domain>/<name>`)
and are escaped by construction: a value is text unless a template says otherwise.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from jinja2 import Environment, FunctionLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from commands.kernel import catalogue
from commands.kernel.text import clean

# https://spec.matrix.org/v1.16/client-server-api/#mroommessage-msgtypes (HTML in formatted_body)
_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "blockquote", "pre", "hr", "br", "div", "span"),
    *("b", "i", "u", "s", "strong", "em", "del", "sup", "sub", "code", "a", "ul", "ol", "li"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
# The star takes away what nh3 permits everywhere by itself (title, lang).
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "ol": {"start"},
    "code": {"class"},
}
_SCHEMES = {"https", "http", "mailto", "matrix"}
_PERSON = re.compile(r'<a href="https://matrix\.to/#/[@!#][^"]*">(.*?)</a>', re.DOTALL)
_SAME_LINK = re.compile(r"\[([^\]\s]+)\]\((?:https?://|mailto:)?\1/?\)")
# https://spec.matrix.org/v1.16/client-server-api/#matrix-content-mxc-uris
_MXC = re.compile(r"mxc://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9_-]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# inscriptis makes every space a plain one: private characters keep those that must not break, as before
# a French semicolon, through it.
_KEPT_SPACES = {"&nbsp;": "\ue000", "\u00a0": "\ue000", "\u202f": "\ue001"}
_SPACES_AGAIN = str.maketrans({"\ue000": "\u00a0", "\ue001": "\u202f"})
# The strict profile adds no spaces of its own to div and span.
_PLAIN = ParserConfig(css=CSS_PROFILES["strict"], display_links=True)
# An event may hold 65,536 bytes (spec, size limits), and an edit says everything twice.
_LARGEST = 28_000


@dataclass(frozen=True, slots=True)
class Rendered:
    """One answer in both of its forms."""

    html: str
    plain: str

    @property
    def markup(self) -> Markup:
        """To place one answer inside another template."""
        return Markup(self.html)  # noqa: S704 (sanitised when it was rendered)

    def content(self, msgtype: str = "m.notice") -> dict[str, Any]:
        """The content of an m.room.message event, without relations; mentions nobody."""
        if _size(self.html) + _size(self.plain) > _LARGEST:
            # A character takes at most twice its bytes: a quotation mark, a line's end.
            cut = self.plain.encode()[: _LARGEST // 2].decode(errors="ignore")
            return {"msgtype": msgtype, "body": f"{cut}…", "m.mentions": {}}
        return {
            "msgtype": msgtype,
            "body": self.plain,
            "format": "org.matrix.custom.html",
            "formatted_body": self.html,
            "m.mentions": {},
        }


def _load(name: str) -> str | None:
    domain, _, rest = name.partition("/")
    file = resources.files("commands") / domain / "templates" / f"{rest}.html"
    return file.read_text(encoding="utf-8") if file.is_file() else None


def _size(text: str) -> int:
    """Bytes in an event, where quotation marks and line ends are escaped."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def sanitise(html: str) -> str:
    """Only what the Matrix specification permits leaves the bot."""
    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None
    ).strip()


def to_plain(html: str) -> str:
    """The same words for clients and people without HTML; people's links become their names."""
    # inscriptis resolves references once more than it should: an ampersand must survive that.
    html = _PERSON.sub(r"\1", html).replace("&amp;", "&amp;amp;")
    for space, kept in _KEPT_SPACES.items():
        html = html.replace(space, kept)
    text = get_text(html, _PLAIN).translate(_SPACES_AGAIN) if html else ""
    text = _SAME_LINK.sub(r"\1", "\n".join(line.rstrip() for line in text.splitlines()))
    return _BLANK_LINES.sub("\n\n", text).strip("\n")


class Renderer:
    """Renders `<domain>/<name>` in a language. Threads may share it."""

    def __init__(self, zone: ZoneInfo, currency: str, bot_name: str) -> None:
        self._local = threading.local()
        self.zone = zone
        environment = Environment(
            loader=FunctionLoader(_load),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            auto_reload=False,
            cache_size=-1,
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_callables(  # type: ignore[attr-defined]
            lambda message: catalogue.translations(self.language).ugettext(message),
            lambda one, many, n: catalogue.translations(self.language).ungettext(one, many, n),
            newstyle=True,
        )
        environment.globals["bot_name"] = bot_name
        filters: dict[str, Callable[..., Any]] = {
            "date": _each_time(lambda value: catalogue.format_date(value, self.language, zone)),
            "moment": _each_time(lambda value: catalogue.format_moment(value, self.language, zone)),
            "number": _each_time(lambda value: catalogue.format_number(value, self.language)),
            "percent": _each_time(lambda value: catalogue.format_percent(value, self.language)),
            "money": _each_time(
                lambda cents: catalogue.format_money(cents, currency, self.language)
            ),
            "about_money": _each_time(
                lambda cents: catalogue.format_about_money(cents, currency, self.language)
            ),
            "in_list": _each_time(self._in_list),
            "one_of": _each_time(self._one_of),
            "language_name": catalogue.own_name,
            "pill": pill,
            "lines": _lines,
        }
        environment.filters.update(filters)
        self._environment = environment

    @property
    def language(self) -> str:
        """The language of the rendering under way on this thread."""
        language: str = self._local.language
        return language

    def _in_list(self, items: Sequence[Any]) -> Markup:
        escaped = [str(Markup.escape(item)) for item in items]
        return Markup(catalogue.format_list(escaped, self.language))  # noqa: S704 (items are escaped)

    def _one_of(self, items: Sequence[Any]) -> Markup:
        escaped = [str(Markup.escape(item)) for item in items]
        return Markup(catalogue.format_choice(escaped, self.language))  # noqa: S704 (items are escaped)

    def render(
        self, template: str, language: str, variables: dict[str, Any] | None = None
    ) -> Rendered:
        """Raises jinja2's errors for a template that is missing or names an unknown variable."""
        before = getattr(self._local, "language", None)
        self._local.language = language
        try:
            source = self._environment.get_template(template).render(
                {"language": language, **(variables or {})}
            )
        finally:
            self._local.language = before
        return _both(source)


def _each_time(function: Callable[[Any], Any]) -> Callable[[Context, Any], Any]:
    """A filter that Jinja must not work out when it compiles: constants have a language too."""

    @pass_context
    def filtered(context: Context, value: Any) -> Any:
        return function(value)

    return filtered


@lru_cache(maxsize=256)
def _both(source: str) -> Rendered:
    # Names and texts from outside reach a template in many ways; what hides in them ends here.
    html = sanitise(clean(source))
    return Rendered(html=html, plain=to_plain(html))


def with_picture(
    content: Mapping[str, Any], mxc: str, *, alt: str, width: int, height: int
) -> dict[str, Any]:
    """The content of a message, or of an edit, with an uploaded picture below its words.

    The only picture inside a message that leaves the bot: `sanitise` takes away every other, and nothing of
    this one but `alt`, which is escaped here, comes from a text. What has no HTML stays without. Raises
    ValueError for an address that is no mxc.
    """
    if not _MXC.fullmatch(mxc):
        raise ValueError(f"no address of a picture: {mxc[:80]!r}")
    image = Markup('<br><img src="{}" alt="{}" width="{}" height="{}">').format(
        mxc, alt, width, height
    )
    placed = dict(content)
    if "formatted_body" in placed:
        placed["formatted_body"] += str(image)
    if "m.new_content" in placed:
        placed["m.new_content"] = with_picture(
            placed["m.new_content"], mxc, alt=alt, width=width, height=height
        )
    return placed


def pill(user_id: str, name: str | None = None) -> Markup:
    """A link to a person that clients show as a pill; by itself it pings nobody."""
    shown = name or user_id.removeprefix("@").partition(":")[0]
    return Markup('<a href="https://matrix.to/#/{}">{}</a>').format(user_id, shown)


def _lines(text: str) -> Markup:
    """Text of several lines, with its line breaks."""
    return Markup("<br>").join(Markup.escape(line) for line in clean(text).split("\n"))
