"""The one table, as text and Markdown; and what is said of reused fits."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from compare_cli.report.table import Heading, Line, Table, View, markdown_page, text_page
from compare_cli.report.tables import reused_line


def told(*fits: tuple[str, str | None]) -> str:
    """The line for fits of this status, with the time when a reused one ran."""
    made = [SimpleNamespace(status=status, reused=at is not None, ran_at=at) for status, at in fits]
    comparison: Any = SimpleNamespace(fits=made)
    return reused_line(comparison)


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "Etc/GMT-2")  # two hours ahead
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_nothing_is_said_without_reuse() -> None:
    assert told(("ok", None), ("failed", None)) == ""
    assert told() == ""


def test_days_are_local_and_span_all_reused_fits() -> None:
    line = told(("ok", "2026-11-20T23:30:00+00:00"), ("ok", "2026-11-19T10:00:00+00:00"), ("ok", None))
    assert line == (
        "2 of 3 fits come from the store, times from 2026-11-19 to 2026-11-21 (--fresh runs them again)."
    )


def test_all_of_one_day_and_what_was_skipped_does_not_count() -> None:
    line = told(("ok", "2026-11-20T10:00:00+00:00"), ("skipped", None))
    assert line == ("All fits come from the store, times from 2026-11-20 (--fresh runs them again).")


def shown(*rows: tuple[str, ...], styles: tuple[str, ...] = (), width: int = 80, color: bool = False) -> str:
    """A table of names, which give way, and numbers, as text."""
    table = Table([Heading("Name", give_way=True), Heading("Number", "right")], rows, styles)
    return text_page([[table]], View(width, color))


def test_cells_stand_below_each_other_and_names_give_way() -> None:
    assert shown(("a", "1"), ("longer name", "12"), width=14) == (
        "Name    Number\n──────────────\na            1\nlonge…      12\n"
    )


def test_wide_characters_take_two_places() -> None:
    lines = shown(("日本語表", "1"), ("日本", "2"), width=14).splitlines()
    assert lines[2:] == ["日本 …       1", "日本         2"]


def test_control_sequences_are_not_passed_on() -> None:
    assert "\x1b" not in shown(("\x1b[2J", "\x1b]0;x\x07"))


def test_markup_is_text() -> None:
    assert "[red]x[/red]" in shown(("[red]x[/red]", "1"))


def test_colour_only_where_it_is_understood() -> None:
    row = shown(("a", "1"), styles=("red",), color=True)
    assert "\x1b[31ma" in row
    assert "\x1b[1mName" in row
    assert "\x1b" not in shown(("a", "1"), styles=("red",))


def test_one_page_is_text_or_markdown() -> None:
    table = Table([Heading("a|b"), Heading("n", "right")], [("<i>", "1")])
    assert markdown_page([[table]]) == "| a\\|b | n |\n|---|---:|\n| &lt;i&gt; | 1 |\n"
    page = [[Line("title", "title"), Line("x", "reason"), Line("y", "reason")], [Line("gone", "failure")]]
    assert markdown_page(page) == "### title\n\n- x\n- y\n"
    assert text_page(page, View()) == "title\n  x\n  y\n\ngone\n"
