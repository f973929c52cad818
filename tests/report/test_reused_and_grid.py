"""What is said of reused fits, and the plain table that lists are shown in."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from compare_cli.report.grid import GridColumn, grid, styled
from compare_cli.report.reused import reused_line


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
        "2 of 3 fits come from the store; their times are from 2026-11-19 to 2026-11-21"
        " (--fresh runs them again)."
    )


def test_all_of_one_day_and_what_was_skipped_does_not_count() -> None:
    line = told(("ok", "2026-11-20T10:00:00+00:00"), ("skipped", None))
    assert line == (
        "All fits come from the store; their times are from 2026-11-20 (--fresh runs them again)."
    )


COLUMNS = [GridColumn("Name", 6), GridColumn("Number", justify="right")]


def test_cells_stand_below_each_other() -> None:
    assert grid(COLUMNS, [("a", "1"), ("longer name", "12")], color=False) == (
        "Name    Number\n──────────────\na            1\nlonge…      12\n"
    )


def test_wide_characters_take_two_places() -> None:
    lines = grid(COLUMNS, [("日本語表", "1"), ("日本", "2")], color=False).splitlines()
    assert lines[2:] == ["日本…       1", "日本        2"]


def test_control_sequences_are_not_passed_on() -> None:
    assert "\x1b" not in grid(COLUMNS, [("\x1b[2J", "\x1b]0;x\x07")], color=False)


def test_colour_only_where_it_is_understood() -> None:
    shown = grid(COLUMNS, [("a", "1")], ["red"], color=True)
    assert "\x1b[31ma          1\x1b[0m" in shown
    assert "\x1b[1mName" in shown
    assert styled("x", "dim", color=False) == "x"
    assert styled("", "dim", color=True) == ""
