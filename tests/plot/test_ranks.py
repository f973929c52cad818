"""The diagram of ranks as PNG and SVG."""

from __future__ import annotations

import struct
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from made_bench import EIGHT, made_bench, ranked
from step_table import HOSTILE, steps

from compare_cli.api import compare
from compare_cli.engine.plan import Options
from compare_cli.errors import UsageError
from compare_cli.plot.figure import RANKS
from compare_cli.types import Across, Bench

Draw = Callable[[Mapping[str, float], int], Bench]


ranks_png, ranks_svg = RANKS.values()


@pytest.fixture
def bench_of() -> Draw:
    like = compare(steps(), Options("tree", folds=2, repeats=1, jobs=1, boundary=False))
    bench = made_bench(like, {"tree": [0.9, 0.8], "mlp": [0.8, 0.9]}, {})

    def make(ranks: Mapping[str, float], datasets: int) -> Bench:
        return replace(bench, across=ranked(ranks, datasets))

    return make


def texts(svg: bytes) -> list[str]:
    """Every text of an SVG, which must be well-formed."""
    root = ElementTree.fromstring(svg.decode("utf-8"))
    return ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.extra
def test_a_picture_names_every_model_with_its_rank(bench_of: Draw) -> None:
    shown = texts(ranks_svg(bench_of(EIGHT, 21)))
    for name, rank in EIGHT.items():
        assert f"{name}  {rank:.2f}" in shown or f"{rank:.2f}  {name}" in shown
    assert "Mean ranks over 21 data sets" in shown
    assert "critical difference 2.29" in shown
    assert [str(tick) for tick in range(1, 9)] == [text for text in shown if text.isdecimal()]


@pytest.mark.extra
@pytest.mark.parametrize("draw", RANKS.values(), ids=RANKS)
def test_the_same_ranks_give_the_same_bytes(bench_of: Draw, draw: Callable[[Bench], bytes]) -> None:
    assert draw(bench_of(EIGHT, 21)) == draw(bench_of(EIGHT, 21))
    assert draw(bench_of(EIGHT, 21)) != draw(bench_of(EIGHT, 22))


@pytest.mark.extra
def test_png_is_png(bench_of: Draw) -> None:
    assert ranks_png(bench_of(EIGHT, 21)).startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.extra
@pytest.mark.parametrize("name", [*HOSTILE, "<b>&amp;</b>", "$\\frac{", "]]>"], ids=ascii)
def test_hostile_names_are_text(bench_of: Draw, name: str) -> None:
    bench = bench_of({name: 1.2, "tree": 1.8}, 30)
    assert ranks_png(bench)
    shown = texts(ranks_svg(bench))
    assert all(text.isprintable() for text in shown)
    assert any(name[:3] in text for text in shown) or not name.isprintable() or not name.isascii()


@pytest.mark.extra
def test_there_is_room_for_long_names(bench_of: Draw) -> None:
    def width(name: str) -> int:
        size: int = struct.unpack(">I", ranks_png(bench_of({name: 1.2, "b": 1.8}, 30))[16:20])[0]
        return size

    assert width("x" * 26) > width("a" * 10) + 100


@pytest.mark.extra
def test_a_bench_without_ranks_says_so(bench_of: Draw) -> None:
    bench = bench_of(EIGHT, 21)
    empty = replace(bench, across=Across((), bench.across.verdict))
    for models in (empty, replace(bench, across=replace(bench.across, models=bench.across.models[:1]))):
        assert any("Nothing to compare" in text for text in texts(ranks_svg(models)))


@pytest.mark.extra
def test_groups_are_bars(bench_of: Draw) -> None:
    def thick(ranks: Mapping[str, float], datasets: int) -> int:
        return ranks_svg(bench_of(ranks, datasets)).count(b"stroke: #0072b2")

    assert thick(EIGHT, 21) == len(ranked(EIGHT, 21).rank_groups) == 3
    assert thick({"a": 1.0, "b": 2.0}, 100) == 0


def test_a_missing_matplotlib_is_told_with_what_to_install(
    bench_of: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError, match=r"pip install 'compare-cli\[plot\]'"):
        ranks_png(bench_of(EIGHT, 21))
