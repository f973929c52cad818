from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from toy_pictures import HOSTILE, quarters

from compare_cli.plot.picture import blend, class_color, region_pixels
from compare_cli.plot.terminal import FEW_SHARES, Canvas, color_code, picture_text

ANSI = re.compile(r"\x1b\[[\d;]*m")


def panel_lines(text: str, lines: int) -> list[str]:
    """The lines of the first row of panels, under their titles."""
    return text.splitlines()[3 : 3 + lines]


def test_letters_of_a_tiny_oracle() -> None:
    text = picture_text(quarters((4, 16)), Canvas(60, "letters", 2, 16, 4))
    assert (
        text
        == """\
toy: where each model predicts which answer

oracle    75.0 % flat      50.0 %
BBBBbbbbaaaaAAAA BBBBBBBBBBBBBBBB
BBBBbbbbaaaaAAA* BBBBBBBBBBBBBBB*
AAAAaaaabbbbBBBB AAAAAAAAAAAAAAAA
AAAAaaaabbbbBBBB AAAAAAAAAAAAAAAA

A no  B yes  * held-out row that the model gets wrong

Across: left 0 … 8. Up: up 0 … 4.
Small letters: the model gives its class less than 75%.
Plane: columns 'left' and 'up'.
"""
    )


def test_letters_are_ascii_and_fill_their_panels() -> None:
    canvas = Canvas.of(2, 80, "letters")
    text = picture_text(quarters(canvas.grid), canvas)
    shown = panel_lines(text, canvas.lines)
    assert all(line.isascii() and len(line) == 2 * canvas.width + 1 for line in shown)
    assert "\x1b" not in text


@pytest.mark.parametrize("depth", ["256", "truecolor"])
def test_half_blocks_show_two_cells_to_a_character(depth) -> None:
    canvas = Canvas(60, depth, 2, 8, 4)
    text = picture_text(quarters((8, 8)), canvas)
    shown = panel_lines(text, 4)
    assert [len(ANSI.sub("", line)) for line in shown] == [17] * 4
    assert set(ANSI.sub("", "".join(shown))) == {"▀", "×", " "}
    assert all(line.endswith("\x1b[0m") for line in shown)
    kind = "2" if depth == "truecolor" else "5"
    assert f"\x1b[38;{kind};" in shown[0]


def test_the_top_of_the_grid_is_the_top_of_the_panel() -> None:
    picture = quarters((8, 8))
    text = picture_text(picture, Canvas(60, "truecolor", 2, 8, 4))
    top = region_pixels(picture.panels[0], 2)[7, 0].tolist()
    below = region_pixels(picture.panels[0], 2)[6, 0].tolist()
    first = "\x1b[38;2;{};{};{};48;2;{};{};{}m".format(*top, *below)
    assert panel_lines(text, 4)[0].startswith(first)


@pytest.mark.parametrize(
    ("panels", "room", "across", "width"),
    [
        (3, 80, 3, 26),
        (3, 79, 2, 39),
        (4, 80, 2, 39),
        (1, 80, 1, 44),
        (3, 30, 1, 30),
        (3, 10, 1, 10),
        (5, 200, 5, 39),
    ],
)
def test_panels_stand_beside_each_other_while_they_have_26_columns(panels, room, across, width) -> None:
    canvas = Canvas.of(panels, room, "letters")
    assert (canvas.across, canvas.width) == (across, width)


@pytest.mark.parametrize("depth", ["letters", "256", "truecolor"])
def test_hostile_names_cannot_act_and_do_not_move_the_picture(depth) -> None:
    canvas = Canvas.of(2, 80, depth)
    picture = quarters(canvas.grid)
    hostile = replace(
        picture,
        title=HOSTILE,
        classes=(HOSTILE, "b" * 300),
        x=replace(picture.x, name=HOSTILE),
        panels=(replace(picture.panels[0], model=HOSTILE), picture.panels[1]),
        caption=(HOSTILE,),
    )
    text = picture_text(hostile, canvas)
    plain = ANSI.sub("", text)
    assert "\x1b" not in plain
    assert "\u202e" not in plain
    assert "\r" not in plain
    lines, before = plain.splitlines(), ANSI.sub("", picture_text(picture, canvas)).splitlines()
    assert lines[3 : 3 + canvas.lines] == before[3 : 3 + canvas.lines]
    assert max(map(len, lines)) <= 80


def test_a_model_that_failed_is_told_and_the_others_are_drawn() -> None:
    canvas = Canvas.of(2, 80, "letters")
    picture = quarters(canvas.grid)
    broken = replace(
        picture.panels[0], accuracy=None, labels=None, confidence=None, wrong=None, failure="boom"
    )
    text = picture_text(replace(picture, panels=(broken, picture.panels[1])), canvas)
    assert "oracle failed: boom" in text
    assert panel_lines(text, 1)[0].strip() == "B" * canvas.width


def test_many_classes_get_letters_and_colours_that_come_again() -> None:
    picture = quarters((4, 8))
    labels = np.arange(32).reshape(4, 8)
    panel = replace(picture.panels[1], labels=labels, wrong=None)
    many = replace(picture, panels=(panel,), classes=tuple(f"class {i}" for i in range(32)))
    text = picture_text(many, Canvas(60, "letters", 1, 8, 4))
    assert panel_lines(text, 4) == ["YZABCDEF", "QRSTUVWX", "IJKLMNOP", "ABCDEFGH"]
    assert len({class_color(code) for code in range(21)}) == 21


@pytest.mark.parametrize(("color", "number"), [((0, 0, 0), 16), ((255, 255, 255), 231), ((255, 0, 0), 196)])
def test_256_colours_are_met_exactly_where_they_exist(color, number) -> None:
    assert color_code(color, "256") == f"38;5;{number}"
    assert color_code(color, "truecolor", ground=True) == "48;2;{};{};{}".format(*color)


@pytest.mark.parametrize(("share", "classes"), [*zip(FEW_SHARES, (3, 7, 7), strict=True)])
def test_classes_can_be_told_apart_in_256_colours(share: float, classes: int) -> None:
    grounds = [color_code(blend((255, 255, 255), class_color(code), share), "256") for code in range(classes)]
    assert len(set(grounds)) == classes


def test_the_surer_the_deeper_and_no_probability_is_between() -> None:
    picture = quarters((4, 8))
    sure = region_pixels(picture.panels[0], 2).astype(int)
    flat = region_pixels(picture.panels[1], 2).astype(int)
    assert sure[0, 0, 0] < flat[0, 0, 0] < sure[0, 2, 0]
    assert len(np.unique(region_pixels(picture.panels[0], 2, shares=FEW_SHARES).reshape(-1, 3), axis=0)) <= 6
