from __future__ import annotations

import struct
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from toy_pictures import HOSTILE, quarters

from compare_cli.errors import UsageError
from compare_cli.plot.figure import (
    DPI,
    EDGE,
    PANEL,
    WRITERS,
    require_matplotlib,
)
from compare_cli.plot.picture import Picture

SHAPE = (12, 12)
picture_png, picture_svg, picture_html = WRITERS.values()


def size(picture: Picture) -> tuple[int, int]:
    """Width and height of the picture as PNG, in pixels."""
    png = picture_png(picture)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def hostile(picture: Picture) -> Picture:
    markup = "<script>alert(1)</script> & $\\frac{ \\x1b[31m" + HOSTILE
    return replace(
        picture,
        title=markup,
        classes=(markup, "_under"),
        x=replace(picture.x, name=markup),
        y=replace(picture.y, name="$x$"),
        panels=(replace(picture.panels[0], model=markup), *picture.panels[1:]),
        caption=(markup,),
    )


def test_a_missing_matplotlib_is_told_with_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'compare-cli\[plot\]'"):
        require_matplotlib()
    with pytest.raises(UsageError):
        picture_png(quarters(SHAPE))


@pytest.mark.extra
def test_a_png_is_as_wide_as_its_panels() -> None:
    width, height = size(quarters(SHAPE))
    assert width == pytest.approx(DPI * (EDGE + 2 * PANEL[0]), rel=0.05)
    assert DPI * PANEL[1] < height < DPI * (PANEL[1] + 2)


@pytest.mark.extra
def test_more_panels_make_more_lines_of_panels() -> None:
    picture = quarters(SHAPE)
    (across, down), (width, height) = size(picture), size(replace(picture, panels=picture.panels * 2))
    assert width == pytest.approx(across, rel=0.02)
    assert height == pytest.approx(down + DPI * PANEL[1], rel=0.02)


@pytest.mark.extra
@pytest.mark.parametrize("draw", [picture_png, picture_svg, picture_html])
def test_the_same_picture_gives_the_same_bytes(draw) -> None:
    assert draw(quarters(SHAPE)) == draw(quarters(SHAPE))


@pytest.mark.extra
def test_an_svg_is_xml_and_says_what_is_seen() -> None:
    text = "".join(ElementTree.fromstring(picture_svg(quarters(SHAPE))).itertext())
    for told in ("oracle", "75.0 %", "left", "up", "no", "yes", "Plane: columns 'left' and 'up'."):
        assert told in text


@pytest.mark.extra
def test_a_page_is_one_file_with_the_picture_in_it() -> None:
    page = picture_html(quarters(SHAPE))
    root = ElementTree.fromstring(page)
    assert root.find(".//{http://www.w3.org/2000/svg}svg") is not None
    html = page.decode()
    sources = [part.split('"')[1] for part in html.split("href=")[1:]]
    assert all(source.startswith(("#", "data:")) for source in sources)
    assert "src=" not in html
    assert html.count("Plane: columns") == 1  # the caption is text, not in the picture too


@pytest.mark.extra
@pytest.mark.parametrize("draw", [picture_svg, picture_html])
def test_hostile_names_are_text_and_nothing_else(draw) -> None:
    drawn = draw(hostile(quarters(SHAPE)))
    root = ElementTree.fromstring(drawn)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    text = "".join(root.itertext())
    assert "<script>alert(1)</script> & $\\frac{" in text
    assert "$x$" in text
    assert "_under" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.extra
def test_hostile_names_and_letters_that_no_font_has_do_not_stop_a_png() -> None:
    picture = replace(hostile(quarters(SHAPE)), classes=("猫", "\U0001f408"))
    assert picture_png(picture).startswith(b"\x89PNG")


@pytest.mark.extra
def test_a_model_that_failed_has_an_empty_panel() -> None:
    picture = quarters(SHAPE)
    broken = replace(
        picture.panels[0], accuracy=None, labels=None, confidence=None, wrong=None, failure="boom"
    )
    text = "".join(
        ElementTree.fromstring(picture_svg(replace(picture, panels=(broken, picture.panels[1])))).itertext()
    )
    assert "oracle failed: boom" in text


@pytest.mark.extra
def test_the_users_matplotlib_settings_change_nothing() -> None:
    import matplotlib

    before = picture_svg(quarters(SHAPE))
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.fonttype": "path"}):
        assert picture_svg(quarters(SHAPE)) == before
        assert matplotlib.rcParams["font.size"] == 30


@pytest.mark.extra
def test_hundreds_of_classes_leave_room_for_the_picture() -> None:
    picture = replace(quarters(SHAPE), classes=tuple(f"a rather long class name {i}" for i in range(300)))
    assert size(picture)[1] < 12 * DPI
