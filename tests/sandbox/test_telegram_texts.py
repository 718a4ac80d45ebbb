"""How the Telegram stand-in reads formatting: as the server, and refusing as it does."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.telegram.errors import Refusal
from sandbox.telegram.files import dimensions
from sandbox.telegram.html import parse_html
from sandbox.telegram.markdown import parse_markdown
from sandbox.telegram.texts import Formatted, tidy


def kinds(found: Formatted) -> list[tuple[str, int, int]]:
    return [(one["type"], one["offset"], one["length"]) for one in found.entities]


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("<b>a</b>", "a", [("bold", 0, 1)]),
        ("x <strong><i>ab</i></strong>", "x ab", [("italic", 2, 2), ("bold", 2, 2)]),
        ("<u>a</u><ins>b</ins>", "ab", [("underline", 0, 1), ("underline", 1, 1)]),
        ("<S>a</S>", "a", [("strikethrough", 0, 1)]),
        ("<span class='tg-spoiler'>key</span>", "key", [("spoiler", 0, 3)]),
        ("<tg-spoiler>key</tg-spoiler>", "key", [("spoiler", 0, 3)]),
        ('<pre><code class="language-py">a</code></pre>', "a", [("pre", 0, 1)]),
        ('<code class="language-py">a</code>', "a", [("code", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
        ("😀<b>a</b>", "😀a", [("bold", 2, 1)]),
        ("&lt;b&gt; &amp;amp; &quot; &#65;&#x42; &nbsp; &copy", '<b> &amp; " AB &nbsp; &copy', []),
        ("<b></b>a", "a", []),
        ("<a href='https://t.me/x?a=1&amp;b=2'>go</a>", "go", [("text_link", 0, 2)]),
        ("<a href='nonsense'>go</a>", "go", []),
    ],
)
def test_html_is_read(source: str, text: str, expected: list[Any]) -> None:
    found = parse_html(source)

    assert (found.text, kinds(found)) == (text, expected)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("ä<div>a</div>", 'Unsupported start tag "div" at byte offset 2'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        (
            "<b><i>a</b></i>",
            'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
        ),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<a href=>a</a>", None),
        ("<b =>a</b>", 'Empty attribute name in the tag "b" at byte offset 0'),
    ],
)
def test_html_is_refused(source: str, why: str | None) -> None:
    if why is None:
        assert parse_html(source).text == "a"
        return
    with pytest.raises(Refusal) as refusal:
        parse_html(source)

    assert str(refusal.value) == f"Bad Request: can't parse entities: {why}"


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("*a* _b_ __c__ ~d~ ||e||", "a b c d e", None),
        (r"1\.5 \(KES\)", "1.5 (KES)", []),
        ("`a.b`", "a.b", [("code", 0, 3)]),
        ("```py\na-b\n```", "a-b\n", [("pre", 0, 4)]),
        ("[go](https://t.me/x)", "go", [("text_link", 0, 2)]),
        ("*a _b_*", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
        (">one\n>two\nthree", "one\ntwo\nthree", [("blockquote", 0, 7)]),
        (">one||", "one", [("expandable_blockquote", 0, 3)]),
    ],
)
def test_markdown_is_read(source: str, text: str, expected: list[Any] | None) -> None:
    found = parse_markdown(source)

    assert found.text == text
    if expected is None:
        names = ["bold", "italic", "underline", "strikethrough", "spoiler"]
        expected = [(name, place * 2, 1) for place, name in enumerate(names)]
    assert kinds(found) == expected


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("Done.", r"Character '.' is reserved and must be escaped with the preceding '\'"),
        ("a-b", r"Character '-' is reserved and must be escaped with the preceding '\'"),
        ("*a", "Can't find end of Bold entity at byte offset 0"),
        ("a _b", "Can't find end of Italic entity at byte offset 2"),
        ("[a](x", "Can't find end of a URL at byte offset 4"),
    ],
)
def test_markdown_is_refused(source: str, why: str) -> None:
    with pytest.raises(Refusal) as refusal:
        parse_markdown(source)

    assert str(refusal.value) == f"Bad Request: can't parse entities: {why}"


def test_text_is_trimmed_and_its_entities_with_it() -> None:
    found = tidy(Formatted("  \n a\tb\r  ", [{"type": "bold", "offset": 4, "length": 6}]))

    assert (found.text, kinds(found)) == ("a b", [("bold", 0, 3)])


def test_blanks_at_the_beginning_stay_where_an_entity_covers_them() -> None:
    assert tidy(parse_html("<b>  a</b>")).text == "  a"


@pytest.mark.parametrize("text", ["", "  \n ", "\u202e"])
def test_text_without_letters_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="text must be non-empty"):
        tidy(Formatted(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/start abc", [("bot_command", 0, 6)]),
        ("go /help@tuma_bot now", [("bot_command", 3, 14)]),
        ("1/2 and a/b", []),
        ("see https://tuma.co.ke/x?y=1.", [("url", 4, 24)]),
        ("mail a.b@c.co.ke", [("email", 5, 11)]),
        ("hi @Asha_254", [("mention", 3, 9)]),
    ],
)
def test_commands_and_links_are_found(text: str, expected: list[Any]) -> None:
    assert kinds(tidy(Formatted(text))) == expected


def test_nothing_is_found_inside_code() -> None:
    assert kinds(tidy(parse_html("<code>/start a@b.com</code>"))) == [("code", 0, 14)]


def test_a_hundred_entities_count_and_no_more() -> None:
    assert len(tidy(parse_html("<b>a</b> " * 150)).entities) == 100


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\x20\0\0\x01\xf4", (800, 500)),
        (b"GIF89a\x0a\x00\x14\x00", (10, 20)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x14\x00\x0a\x03\x01", (10, 20)),
        (b"a,b\n1,2\n", None),
    ],
)
def test_pictures_are_measured(raw: bytes, expected: tuple[int, int] | None) -> None:
    assert dimensions(raw) == expected
