"""`compare curve`: table, drawing, JSON, pictures, and what it refuses."""

from __future__ import annotations

import json

import pytest

ASKED = ("curve", "iris", "-m", "logistic,tree", "--no-store", "-q", "--sizes", "20,60,120")


def test_table_drawing_and_sentence(compare):
    ended = compare(*ASKED)
    assert ended.code == 0
    assert "Learnt from" in ended.out
    assert "└──" in ended.out
    assert "a logistic, b tree" in ended.out or "a tree, b logistic" in ended.out
    assert "Observed from 20 to 120 training rows" in ended.out
    assert "curve.score" not in ended.out


def test_json_has_points_and_pairs(compare):
    found = json.loads(compare(*ASKED, "--json").out)
    assert found["command"] == "curve"
    assert sorted({p["train_rows"] for p in found["curve"]}) == [20, 60, 120]
    assert len(found["curve_pairs"]) == 3 * 3


def test_markdown_and_stored_results(compare, tmp_path):
    path = tmp_path / "curve.json"
    assert compare(*ASKED, "-o", str(path)).code == 0
    assert "| Learnt from |" in compare(*ASKED, "--format", "markdown").out
    for again in (("verdict", str(path)), ("gate", str(path), str(path))):
        ended = compare(*again)
        assert ended.code == 3
        assert "learning curves" in ended.err.replace("\n", " ")


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_pictures(compare, tmp_path, suffix):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    file = tmp_path / f"curve{suffix}"
    ended = compare(*ASKED, "-o", str(file))
    assert ended.code == 0
    assert "Observed from" in ended.out
    assert file.stat().st_size > 1000


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--sizes", "a,b"), "give whole numbers"),
        (("--sizes", "20,500"), "2 to 135 rows"),
        (("--repeats", "3"), "for compare fit"),
        (("--fail-under", "accuracy=.9"), "for compare fit"),
        (("--test", "wine"), "for compare fit"),
    ],
)
def test_what_it_refuses(compare, more, said):
    ended = compare("curve", "iris", "--no-store", *more)
    assert ended.code == 2
    assert said in ended.err.replace("\n", " ")
