"""The critical-difference diagram in letters: to scale, named, within its place."""

from __future__ import annotations

import pytest
from made_bench import EIGHT, ranked
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from compare_cli.report.diagram import rank_diagram
from compare_cli.report.escaping import encodable
from compare_cli.types import Across

HOSTILE = ["[red]x[/]", "\x1b[31mred", "a\nb", "\u202eevil", "x" * 200, "日本語" * 40, "🎉🎉", ""]


def test_three_models_by_hand() -> None:
    """A rank is 21 cells wide; the critical difference of three models on 40 data sets, 0.52, is 11."""
    across = ranked({"mlp": 1.2, "tree": 1.7, "logistic": 3.0}, 40)
    assert rank_diagram(across, 72) == [
        "            ├──────────┤ critical difference 0.52",
        "            1                    2                    3",
        "            └───┬──────────┬─────┴────────────────────┤",
        "                ┝━━━━━━━━━━┥                          │",
        "                │          │                          │",
        "mlp 1.20 ───────┘          │                          └── 3.00 logistic",
        "tree 1.70 ─────────────────┘",
    ]


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("datasets", [5, 21, 200])
def test_eight_models(golden: SnapshotAssertion, datasets: int, width: int) -> None:
    assert "\n".join(rank_diagram(ranked(EIGHT, datasets), width)) + "\n" == golden


@pytest.mark.parametrize("models", [2, 3, 5, 9, 12, 30])
def test_any_number_of_models_fits_any_width_and_each_is_named_once(models: int) -> None:
    across = ranked({f"m{i}": 1 + i * (models - 1) / (models + 1) for i in range(models)}, 100)
    for width in range(40, 161, 5):
        lines = rank_diagram(across, width)
        assert max(map(cell_len, lines)) <= width
        words = " ".join(lines).split()
        for model in across.models:
            assert words.count(model.model) == 1
            assert f"{model.average_rank:.2f}" in words


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_do_nothing_and_widen_nothing(name: str) -> None:
    across = ranked({name: 1.1, "tree": 1.9, f"{name}2": 3.0}, 20)
    for width in (40, 60, 80, 120):
        lines = rank_diagram(across, width)
        assert max(map(cell_len, lines)) <= width
        assert all(line.isprintable() for line in lines)


def test_leaders_end_at_the_place_of_their_rank() -> None:
    """Every stem goes from the axis to the corner of its leader, and no leader crosses another's stem."""
    lines = rank_diagram(ranked(EIGHT, 200), 80)
    axis = next(line for line in lines if line.strip().startswith("└"))
    names = lines[-4:]
    corners = [line.index("┘") for line in names] + [line.index("└") for line in names]
    assert sorted(corners) == [at for at, sign in enumerate(axis) if sign in "┬┼"]
    assert not set("".join(names)) & set("┴┼├┤")


def test_models_in_one_place_share_a_stem() -> None:
    lines = rank_diagram(ranked({"a": 2.0, "b": 2.0, "c": 2.0}, 30), 60)
    assert [line.split()[0] for line in lines[-2:]] == ["a", "b"]
    assert lines[-2].endswith("2.00 c")
    assert "┿" in lines[3]


def test_a_difference_beyond_the_axis_is_told_in_words() -> None:
    lines = rank_diagram(ranked({"a": 1.4, "b": 1.6}, 2), 60)
    assert lines[0].strip() == "critical difference 1.39"
    assert "├" not in lines[0]


def test_groups_apart_share_a_row() -> None:
    ranks = {"a": 1.0, "b": 1.3, "c": 4.7, "d": 5.0, "e": 3.0}
    lines = rank_diagram(ranked(dict(sorted(ranks.items(), key=lambda pair: pair[1])), 400), 80)
    assert sum("━" in line for line in lines) == 1
    assert next(line for line in lines if "━" in line).count("┝") == 2


def test_nothing_to_draw() -> None:
    assert rank_diagram(ranked({"a": 1.0, "b": 2.0}, 30), 80)
    single = ranked({"a": 1.0, "b": 2.0}, 30)
    assert rank_diagram(Across(single.models[:1], single.verdict), 80) == []
    assert rank_diagram(Across((), single.verdict), 80) == []


def test_names_that_begin_alike_stay_different() -> None:
    across = ranked({f"tree(max_depth=3,min_samples_leaf={n})": 1.0 + n for n in range(4)}, 30)
    for width in (40, 60, 80):
        lines = rank_diagram(across, width)
        assert len({line.split()[0] for line in lines[-2:]} | {line.split()[-1] for line in lines[-2:]}) == 4


def test_without_box_characters() -> None:
    text = encodable("\n".join(rank_diagram(ranked(EIGHT, 21), 80)), "ascii")
    text.encode("ascii")
    assert "?" not in text
    assert "+=====+====+" in text
