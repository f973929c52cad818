"""Models from entry points: found without being imported, left out with a warning when they are broken."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from toy_tables import blobs

from compare_cli.api import compare
from compare_cli.engine.plan import Options, prepare_job
from compare_cli.errors import UsageError
from compare_cli.models import FAMILIES, all_families, parse_models

GOOD = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

class Mean(ClassifierMixin, BaseEstimator):
    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.cut_ = X[:, 0].mean() + self.shift
        return self

    def predict(self, X):
        return self.classes_[(X[:, 0] > self.cut_).astype(int)]
"""
ENTRY_POINTS = """
[compare_cli.models.v1]
mean = toy_plugin_good:Mean
broken = toy_plugin_broken:Anything
quits = toy_plugin_quits:Anything
absent = toy_plugin_good:Absent
no_class = toy_plugin_good
tree = toy_plugin_good:Mean

[another.group]
stranger = toy_plugin_good:Mean
"""


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution with one good plugin and several broken ones."""
    (tmp_path / "toy_plugin_good.py").write_text(GOOD)
    (tmp_path / "toy_plugin_broken.py").write_text("raise RuntimeError('no\\nGPU')")
    (tmp_path / "toy_plugin_quits.py").write_text("raise SystemExit(1)")
    info = tmp_path / "toy_plugins-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugins\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    for name in ("toy_plugin_good", "toy_plugin_broken", "toy_plugin_quits"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_plugins_are_found_after_the_built_in_models_and_not_imported() -> None:
    families = all_families()
    assert list(families)[: len(FAMILIES)] == list(FAMILIES)
    assert list(families)[len(FAMILIES) :] == ["absent", "broken", "mean", "no_class", "quits"]
    assert families["mean"].factory == "toy_plugin_good:Mean"
    assert not families["mean"].builtin
    assert "toy_plugin_good" not in sys.modules
    assert "toy_plugin_broken" not in sys.modules


def test_a_plugin_does_not_replace_a_built_in_model() -> None:
    assert all_families()["tree"] is FAMILIES["tree"]


def test_a_plugin_is_used_by_its_name() -> None:
    comparison = compare(blobs(40), Options("mean(shift=0.1)", folds=2, repeats=1, jobs=1))
    mean = next(m for m in comparison.models if m.family == "mean")
    assert (mean.model, mean.status) == ("mean(shift=0.1)", "ok")
    assert mean.params == {"shift": 0.1}
    assert mean.accuracy is not None
    assert mean.accuracy > 0.6
    assert comparison.run.status == "complete"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("broken", "RuntimeError: no GPU"),
        ("quits", "SystemExit: 1"),
        ("absent", "AttributeError"),
        ("no_class", "AttributeError"),
    ],
)
def test_a_broken_plugin_is_left_out_with_a_warning_and_the_rest_goes_on(name: str, why: str) -> None:
    comparison = compare(blobs(40), Options(f"{name},tree", folds=2, repeats=1, jobs=1))
    assert [m.model for m in comparison.models] == ["tree", "dummy"]
    assert comparison.models[0].status == "ok"
    assert comparison.run.status == "partial"
    told = next(n for n in comparison.notes if n.code == "model_not_loaded")
    assert told.level == "warning"
    assert f"'{name}'" in told.message
    assert why in told.message
    assert "\n" not in told.message


def test_all_leaves_out_what_is_broken() -> None:
    job = prepare_job(blobs(40), Options("all", folds=2))
    kept = {spec.name for spec in job.models}
    assert kept == {*(name for name, family in FAMILIES.items() if family.extra is None), "mean"}
    assert sum(n.code == "model_not_loaded" for n in job.notes) == 4


def test_broken_plugins_alone_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no GPU") as error:
        prepare_job(blobs(40), Options("broken"))
    assert "\n" not in str(error.value)


def test_a_class_that_was_named_by_its_path_must_load() -> None:
    with pytest.raises(UsageError, match="toy_plugin_broken"):
        prepare_job(blobs(40), Options("toy_plugin_broken:Anything,tree"))


def test_a_plugins_name_is_suggested() -> None:
    with pytest.raises(UsageError, match="Did you mean 'mean'"):
        parse_models("maen")
