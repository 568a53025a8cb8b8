"""Of what a template might say, only what Matrix permits leaves; and no answer pings, however long it is."""

from __future__ import annotations

import pytest

from commands.kernel.render import Rendered, sanitise


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<img src="https://x.example/spy.png">hello', "hello"),
        ('<a href="https://x.example" onclick="x()" style="y" title="z">x</a>', None),
        ('<p style="display:none" class="a" id="b">x</p>', "<p>x</p>"),
        ("<script>x()</script><style>p{}</style>hello", "hello"),
        ('<a href="javascript:x()">x</a>', "<a>x</a>"),
        ('<a href="data:text/html,x">x</a>', "<a>x</a>"),
        ("<iframe src='https://x.example'></iframe>hello", "hello"),
        ("<!-- hidden -->hello", "hello"),
        ('<font color="red" data-mx-color="red">x</font>', "x"),
    ],
)
def test_only_what_matrix_permits_leaves(html: str, left: str | None) -> None:
    assert sanitise(html) == (left or '<a href="https://x.example">x</a>')


@pytest.mark.parametrize("length", [10, 100_000])
def test_an_answer_of_any_length_pings_nobody(length: int) -> None:
    content = Rendered(html="x" * length, plain="x" * length).content()
    assert content["m.mentions"] == {}
    assert content["msgtype"] == "m.notice"
    assert len(content["body"]) <= 30_000
