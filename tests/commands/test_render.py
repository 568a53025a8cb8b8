"""Answers leave with permitted tags only, and their plain form is good to read."""

from __future__ import annotations

import json
import re
import threading
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, TemplateNotFound, UndefinedError

from commands.kernel.catalogue import languages
from commands.kernel.render import Rendered, Renderer, pill, sanitise, to_plain

TEMPLATES = {
    "said": "<p>{{ said }}</p>",
    "translated": "<p>{% trans said=said %}You said {{ said }}.{% endtrans %}</p>",
    "attribute": '<p><a href="{{ said }}">x</a></p>',
    "lines": "<p>{{ said|lines }}</p>",
    "listed": "<p>{{ [said, said]|in_list }}</p>",
    "pill": "<p>{{ '@ann:x'|pill(said) }}</p>",
    "outer": "<div>{{ inner }}</div>",
    "language": "<p>{{ language }} {{ 1234.5|number }} {{ ['a', 'b']|in_list }}</p>",
}
HOSTILE = [
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><a href="javascript:alert(1)">x</a>',
    "{{7*7}}",
    "{% raw %}",
    "{# comment #}",
    "%(x)s",
    "%s %d 100%",
    "&lt;b&gt; &amp; &#39;",
    "</p></div>",
    "a\u202eb",
    "\x00\x07",
    "]]>",
    "https://matrix.to/#/@bob:x",
]
FORBIDDEN = re.compile(r"<(?!/?(p|a|div|br|span)\b)", re.IGNORECASE)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    made = Renderer(ZoneInfo("Europe/Brussels"), "EUR", "Kring")
    made._environment.loader = DictLoader(TEMPLATES)
    return made


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.found


@pytest.mark.parametrize("said", HOSTILE)
@pytest.mark.parametrize("template", ["said", "translated", "lines", "listed", "pill"])
def test_what_people_type_is_text_everywhere(renderer: Renderer, template: str, said: str) -> None:
    rendered = renderer.render(template, "nl", {"said": said})
    assert not FORBIDDEN.search(rendered.html)
    assert {tag for tag, _ in tags(rendered.html)} <= {"p", "a", "br"}
    shown = re.sub("[\x00\x07\u202e]", "", said)
    assert shown.strip() in rendered.plain
    assert "\u202e" not in rendered.html + rendered.plain


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60))
def test_no_text_gets_out_of_its_place(renderer: Renderer, said: str) -> None:
    for template in ("said", "translated", "attribute"):
        rendered = renderer.render(template, "fr", {"said": said})
        assert {tag for tag, _ in tags(rendered.html)} <= {"p", "a"}
        (rendered.html + rendered.plain).encode()


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "file:///x"],
)
def test_links_lead_only_where_the_specification_lets_them(
    renderer: Renderer, address: str
) -> None:
    rendered = renderer.render("attribute", "en", {"said": address})
    assert all("href" not in attributes for _, attributes in tags(rendered.html))
    assert "x" in rendered.plain


@pytest.mark.parametrize("address", ["https://x.org/a?b=1&c=2", "mailto:a@x.org", "matrix:u/a:x"])
def test_good_links_stay(renderer: Renderer, address: str) -> None:
    rendered = renderer.render("attribute", "en", {"said": address})
    assert dict(tags(rendered.html))["a"]["href"] == address


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p onclick='x'>a</p>", "<p>a</p>"),
        ("<p style='color:red'>a</p>", "<p>a</p>"),
        ("<iframe src='https://x'></iframe>a", "a"),
        ("<style>p{}</style>a", "a"),
        ("<details><summary>a</summary>b</details>", "ab"),
        ("<font color='red'>a</font>", "a"),
        ("<input value='a'>b", "b"),
        ("<p>a", "<p>a</p>"),
        ("<ol start='3'><li>a</li></ol>", '<ol start="3"><li>a</li></ol>'),
        ("<a href='https://x' target='_blank'>a</a>", '<a href="https://x">a</a>'),
    ],
)
def test_only_permitted_tags_leave(html: str, left: str) -> None:
    assert sanitise(html) == left


def test_nothing_is_escaped_twice(renderer: Renderer) -> None:
    inner = renderer.render("said", "en", {"said": "Fish & Chips <b> \"x\" 'y'"})
    outer = renderer.render("outer", "en", {"inner": inner.markup})
    assert outer.html == "<div><p>Fish &amp; Chips &lt;b&gt; \"x\" 'y'</p></div>"
    assert outer.plain == "Fish & Chips <b> \"x\" 'y'"


# --- the plain form ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("", ""),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one<br>two</p>", "one\ntwo"),
        ("<p>See <a href='https://x.org'>x.org</a></p>", "See x.org"),
        ("<p>See <a href='https://x.org/'>here</a></p>", "See [here](https://x.org/)"),
        ("<p><a href='mailto:a@x.org'>a@x.org</a></p>", "a@x.org"),
        ('<p>Hi <a href="https://matrix.to/#/@ann:x">Ann</a>!</p>', "Hi Ann!"),
        ("<p><strong>bold</strong> <em>soft</em> <code>!find</code></p>", "bold soft !find"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        ("<p>&amp;lt;</p>", "&lt;"),
        ("<a href='https://x.org/?a=1&amp;b=2'>here</a>", "[here](https://x.org/?a=1&b=2)"),
    ],
)
def test_the_plain_form_reads_well(html: str, plain: str) -> None:
    assert to_plain(html) == plain


def test_lists_and_tables_have_a_line_for_each() -> None:
    listed = to_plain("<p>Found:</p><ul><li>Ann</li><li>Bob</li></ul><ol><li>x</li><li>y</li></ol>")
    assert [line.strip() for line in listed.splitlines() if line] == [
        "Found:",
        "* Ann",
        "* Bob",
        "1. x",
        "2. y",
    ]
    table = to_plain(
        "<table><thead><tr><th>city</th><th>n</th></tr></thead>"
        "<tbody><tr><td>Gent</td><td>12</td></tr><tr><td>Liège</td><td>7</td></tr></tbody></table>"
    )
    assert [line.split() for line in table.splitlines()] == [
        ["city", "n"],
        ["Gent", "12"],
        ["Liège", "7"],
    ]


def test_a_person_is_a_link_that_pings_nobody(renderer: Renderer) -> None:
    assert str(pill("@ann:x", "An <b>n</b>")) == (
        '<a href="https://matrix.to/#/@ann:x">An &lt;b&gt;n&lt;/b&gt;</a>'
    )
    assert ">ann<" in str(pill("@ann:x"))
    assert renderer.render("pill", "en", {"said": "Ann"}).content()["m.mentions"] == {}


# --- the event -----------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", ["x", '"', "x\n<br>", "é", "👩\u200d🌾", "<p>a</p>", "\\"])
def test_however_long_an_answer_is_its_edit_fits_in_an_event(piece: str) -> None:
    for length in (13_000, 27_000, 200_000):
        html = piece * (length // len(piece.encode()))
        content = Rendered(html, to_plain(html)).content()
        edit = {
            **content,
            "m.new_content": content,
            "m.relates_to": {"rel_type": "m.replace", "event_id": "$" + "x" * 200},
            "org.kring.id": "x" * 32,
        }
        assert len(json.dumps(edit, ensure_ascii=False).encode()) < 63_000
        assert content["body"]
        assert content["msgtype"] == "m.notice"


# --- templates -----------------------------------------------------------------------------------


def test_mistakes_in_templates_are_faults() -> None:
    renderer = Renderer(ZoneInfo("Europe/Brussels"), "EUR", "Kring")
    for name in ("kernel/nothing", "nowhere/x", "kernel/../../all", "kernel", ""):
        with pytest.raises(TemplateNotFound):
            renderer.render(name, "en")
    with pytest.raises(UndefinedError):
        renderer.render("kernel/dialogue_resumed", "en")


def test_languages_of_threads_do_not_mix(renderer: Renderer) -> None:
    expected = {language: renderer.render("language", language).plain for language in languages()}
    assert expected["nl"] == "nl 1.234,5 a en b"
    wrong: list[Any] = []

    def keep_rendering(language: str) -> None:
        for _ in range(200):
            plain = renderer.render("language", language).plain
            if plain != expected[language]:
                wrong.append((language, plain))

    threads = [threading.Thread(target=keep_rendering, args=(each,)) for each in languages() * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_language_holds_only_while_it_renders(renderer: Renderer) -> None:
    inner = renderer.render("language", "fr")
    outer = renderer.render("outer", "nl", {"inner": inner.markup})
    assert outer.plain.startswith("fr 1")
    assert renderer.render("language", "en").plain == "en 1,234.5 a and b"
