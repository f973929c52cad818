"""Names from data can do nothing to a terminal, a Markdown page or a spreadsheet."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from compare_cli.report.escaping import cells, encodable, fitted_apart, markdown, printable, shortened

HOSTILE = {
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "csi": "\x9b31m",
    "newline": "a\nb\r\nc",
    "bidi": "\u202eabc\u2066",
    "zero width": "a\u200bb\ufeff",
    "separators": "a\u2028b\u2029c\x85d",
    "null": "a\x00b",
    "fillers": "a\u3164\u115f\u2800b",
    "joiners": "a\u034f\ufe00b",
    "tags": "a\U000e0041b\U000e0100",
    "surrogate": "a\udcffb",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_acts_on_a_terminal_is_replaced(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert "�" in shown
    assert shown.isprintable()


@pytest.mark.parametrize("text", ["plain", "größe", "日本語", "[red]x[/]", "a b", "emoji 🎉", "1\u00a0000"])
def test_what_is_harmless_stays(text: str) -> None:
    assert printable(text) == text


def test_a_word_that_no_sentence_has_is_cut() -> None:
    name = "n" * 100_000
    shown = printable(f"Left out {name!r} (constant) and {name!r}.")
    assert shown == f"Left out '{'n' * 298}… (constant) and '{'n' * 298}…"
    points = "1.5,2 " * 1000
    assert printable(points) == points


@given(st.text())
def test_no_control_character_passes(text: str) -> None:
    assert not any(ord(ch) < 32 or 127 <= ord(ch) < 160 for ch in printable(text))
    assert len(printable(text).splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abcd", 1, "…"), ("", 0, "")],
)
def test_shortened(text: str, width: int, expected: str) -> None:
    assert shortened(text, width) == expected


@pytest.mark.parametrize(
    ("names", "room", "expected"),
    [
        (["tree", "mlp"], 8, ["tree", "mlp"]),
        (["logistic(C=1)", "mlp"], 8, ["logisti…", "mlp"]),
        (["tree(max_depth=3)", "tree(max_depth=5)"], 10, ["tree…th=3)", "tree…th=5)"]),
        (["tree(aaaaa=3,b=1111)", "tree(aaaaa=5,b=1111)"], 9, ["tree…11…1", "tree…11…2"]),
        (["same", "same"], 8, ["same", "same"]),
        (["日本語日本語", "日本語日本国"], 7, ["日…語", "日…国"]),
    ],
)
def test_names_are_cut_apart(names: list[str], room: int, expected: list[str]) -> None:
    assert fitted_apart(names, room) == expected


@given(st.lists(st.text(max_size=30), max_size=6), st.integers(3, 20))
def test_cut_names_fit_and_short_ones_stay(names: list[str], room: int) -> None:
    names = [printable(name) for name in names]
    for name, short in zip(names, fitted_apart(names, room), strict=True):
        assert cells(short) <= room
        assert short == name or cells(name) > room


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", "a\\|b"),
        ("*x* _y_ `z`", "\\*x\\* \\_y\\_ \\`z\\`"),
        ("[t](u)", "\\[t\\](u)"),
        ("<script>&", "&lt;script&gt;&amp;"),
        ("x2 > 1 and y", "x2 > 1 and y"),
        ("# h ~s~", "\\# h \\~s\\~"),
        ("class_1 [95.0, 99.6] 1. a-b #3", "class_1 [95.0, 99.6] 1. a-b #3"),
        ("1. a", "1\\. a"),
        ("> a", "&gt; a"),
        ("back\\slash", "back\\\\slash"),
        ("a\nb", "a�b"),
    ],
)
def test_markdown(text: str, expected: str) -> None:
    assert markdown(text) == expected


@given(st.text(st.sampled_from("ab _*`~[]()<>!|#+-&;.:1\\\"'=/xl") | st.characters(), max_size=12))
@settings(max_examples=600, deadline=None)
def test_markdown_is_read_as_the_text_that_it_was(text: str) -> None:
    """By a renderer with GitHub's tables and strikethrough: in a cell, in a line, and after a bullet."""
    renderer = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    want = " ".join(printable(text).split())
    shown, cell = markdown(want), markdown(want, cell=True)
    pages = {"td": f"|a|b|\n|-|-|\n| {cell} | c |\n", "li": f"- {shown}\n- c\n"}
    if want:
        pages |= {"p": f"{shown}\n"}
    for tag, page in pages.items():
        html = renderer.render(page)
        found = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert found is not None, html
        assert "<" not in found[1], f"{html!r} has a tag"
        assert unescape(found[1]) == want


@pytest.mark.parametrize(
    "encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8", "utf-16", None, "", "x-no"]
)
@pytest.mark.parametrize("text", ["±1 − × ● … Δσ² µs", "日本語 �", "\udcff", "plain", ""])
def test_any_encoding_can_hold_the_result(text: str, encoding: str | None) -> None:
    known = encoding if encoding not in {None, "", "x-no"} else "ascii"
    assert known is not None
    encodable(text, encoding).encode(known)


def test_ascii_says_the_same_with_fewer_signs() -> None:
    assert encodable("±1 pt, 5 × 2, −3, 12 µs ●…", "ascii") == "+/-1 pt, 5 x 2, -3, 12 us *..."
    assert encodable("日本", "ascii") == "??"
    assert encodable("±1 − ●", "utf-8") == "±1 − ●"
