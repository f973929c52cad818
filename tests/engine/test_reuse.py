"""Fits that are used again: the same numbers as if run, and only where nothing that decides them changed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy_models import Raises
from toy_tables import blobs, with_test

from compare_cli.api import bench, compare, iter_bench, iter_compare
from compare_cli.engine import versions
from compare_cli.engine.plan import Options
from compare_cli.engine.store import Store
from compare_cli.errors import CompareError, UsageError
from compare_cli.types import Bench, Comparison, Planned, StoredRun

FITS = 4  # per model: folds of one repeat


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def options(file: Path) -> Callable[..., Options]:
    def make(models: str = "tree", **more: Any) -> Options:
        given = {"folds": FITS, "repeats": 1, "jobs": 1, "boundary": False, "store": file}
        return Options(models, **{**given, **more})

    return make


def ran(comparison: Comparison) -> tuple[int, int]:
    return comparison.fits_run, comparison.fits_reused


def listed(file: Path) -> list[StoredRun]:
    kept = Store(file)
    try:
        return kept.runs()
    finally:
        kept.close()


def numbers(comparison: Comparison) -> list[Any]:
    """All that must not change with where a fit comes from; what the clock says of each fit included."""
    return [
        comparison.models,
        comparison.pairs,
        comparison.verdict,
        comparison.protocol,
        [
            replace(f, reused=False, ran_at=None, boundary=None, **dict.fromkeys(ARRAYS))
            for f in comparison.fits
        ],
        [[np.asarray(getattr(f, name)).tolist() for name in ARRAYS] for f in comparison.fits],
        [f.boundary and f.boundary.statistics for f in comparison.fits],
    ]


ARRAYS = ("predictions", "confusion", "row_scores", "calibration", "roc")


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_same_again_runs_nothing_and_gives_the_same(options: Callable[..., Options], jobs: int) -> None:
    asked = options("tree,logistic", boundary=True, boundary_probes=5, repeats=2, jobs=jobs)
    first, second = compare(blobs(), asked), compare(blobs(), asked)
    assert ran(first) == (24, 0)
    assert ran(second) == (0, 24)
    assert [n for n in numbers(first) if n] == [n for n in numbers(second) if n]
    assert all(fit.reused and fit.ran_at for fit in second.fits)
    assert not any(fit.reused or fit.ran_at for fit in first.fits)


def test_a_test_set_is_judged_the_same(options: Callable[..., Options]) -> None:
    data = with_test(blobs(), blobs(40, seed=1))
    asked = options("mlp(max_iter=5),tree", folds=None, repeats=3, metric="log_loss")
    first, second = compare(data, asked), compare(data, asked)
    assert ran(second) == (0, 9)
    assert (first.models, first.pairs, first.verdict) == (second.models, second.pairs, second.verdict)


def test_one_model_more_fits_that_model_only(options: Callable[..., Options]) -> None:
    compare(blobs(), options("tree"))
    events = list(iter_compare(blobs(), options("tree,logistic")))
    assert ran(events[-1]) == (FITS, 2 * FITS)  # type: ignore[arg-type]
    fits = [event for event in events if not isinstance(event, Planned | Comparison)]
    assert [fit.reused for fit in fits] == [True] * 2 * FITS + [False] * FITS  # type: ignore[union-attr]


def test_more_repeats_fit_the_new_ones_only(options: Callable[..., Options]) -> None:
    compare(blobs(), options())
    assert ran(compare(blobs(), options(repeats=3))) == (4 * FITS, 2 * FITS)


@pytest.mark.parametrize(
    "more",
    [
        {"metric": "log_loss"},
        {"rope": 0.1},
        {"jobs": 2},
        {"time_limit": 60.0},
        {"models": "tree(random_state=0)"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_changes_no_fit_changes_no_key(options: Callable[..., Options], more: dict[str, Any]) -> None:
    compare(blobs(), options())
    assert ran(compare(blobs(), options(**more))) == (0, 2 * FITS)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"seed": 1}, (8, 0)),
        ({"folds": 3}, (6, 0)),
        ({"models": "tree(max_depth=2)"}, (4, 4)),  # the baseline is the same
        ({"boundary": True}, (6, 2)),  # nobody looks at the fourth fold
        ({"metric": "f1_weighted"}, (8, 0)),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_changes_fits_runs_them(
    options: Callable[..., Options], more: dict[str, Any], expected: tuple[int, int]
) -> None:
    compare(blobs(), options())
    assert ran(compare(blobs(), options(**more))) == expected


def test_boundary_settings_count(options: Callable[..., Options]) -> None:
    compare(blobs(), options(boundary=True, boundary_probes=5))
    assert ran(compare(blobs(), options(boundary=True, boundary_probes=5))) == (0, 8)
    assert ran(compare(blobs(), options(boundary=True, boundary_probes=6))) == (6, 2)


def test_another_test_set_is_other_data(options: Callable[..., Options]) -> None:
    compare(with_test(blobs(), blobs(40, seed=1)), options(folds=None))
    assert ran(compare(with_test(blobs(), blobs(40, seed=2)), options(folds=None)))[1] == 0


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60), "who": np.arange(60) % 6})
    frame["answer"] = np.where(frame.a > 0, "yes", "no")
    frame.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


@pytest.mark.parametrize(
    "reading",
    [{"drop": ["b"]}, {"groups": "who"}, {"time": "b"}, {"target": "who"}],
    ids=lambda r: next(iter(r)),
)
def test_another_reading_of_a_table_is_other_data(
    options: Callable[..., Options], table: Path, reading: dict[str, Any]
) -> None:
    compare(table, options())
    assert ran(compare(table, options()))[0] == 0
    assert ran(compare(table, options(), **reading))[1] == 0


def test_a_table_of_the_same_content_is_the_same_data(
    options: Callable[..., Options], table: Path, tmp_path: Path
) -> None:
    compare(table, options())
    copy = tmp_path / "other.tsv"
    copy.write_text(table.read_text(encoding="utf-8").replace(",", "\t"), encoding="utf-8")
    assert ran(compare(copy, options()))[0] == 0
    copy.write_text(table.read_text(encoding="utf-8").replace("yes", "oui"), encoding="utf-8")
    assert ran(compare(copy, options()))[1] == 0


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A model whose base class is in another file."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "toy_base.py").write_text("from toy_models import Constant\nclass Base(Constant): pass\n")
    (folder / "toy_plugin.py").write_text("from toy_base import Base\nclass Mine(Base): pass\n")
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in ("toy_base", "toy_plugin"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["toy_plugin.py", "toy_base.py"])
def test_a_plugin_whose_source_has_changed_is_fitted_anew(
    options: Callable[..., Options], plugin: Path, name: str
) -> None:
    assert_fitted_anew_after_change(plugin / name, options("toy_plugin:Mine"))


def assert_fitted_anew_after_change(file: Path, asked: Options) -> None:
    versions._digest.cache_clear()
    compare(blobs(), asked)
    assert ran(compare(blobs(), asked)) == (0, 8)
    with file.open("a") as source:
        source.write("# changed\n")
    versions._digest.cache_clear()
    assert ran(compare(blobs(), asked)) == (4, 4)
    versions._digest.cache_clear()


SOURCES = {
    "mine.py": "import beside, pack.inner\nfrom toy_models import Constant\nclass Mine(Constant): pass\n",
    "beside.py": "",
    "pack/__init__.py": "from pack.inner import Mine\n",
    "pack/inner.py": "from toy_models import Constant\nclass Mine(Constant): pass\n",
    "pack/deep/later.py": "",
    "other/uses.py": "import far.module\nfrom aside import VALUE\nfrom toy_models import Constant as Mine\n",
    "other/far/module.py": "import further\n",
    "elsewhere/aside.py": "VALUE = 1\n",
    "elsewhere/further.py": "class Odd:\n    def __getattr__(self, name): raise KeyError\nODD = Odd()\n",
    "wrapped/__init__.py": "from pack.inner import Mine as Base\nclass Mine(Base): pass\n",
    "wrapped/compiled.so": "",
    "pack/weights.npz": "",
    "pack/deep/settings.yaml": "a: 1",
    "pack/deep/large.bin": "1" * 30,
}


@pytest.mark.parametrize(
    ("model", "changed"),
    [
        ("mine:Mine", "beside.py"),
        ("mine:Mine", "pack/inner.py"),
        ("pack:Mine", "pack/__init__.py"),
        ("pack:Mine", "pack/deep/later.py"),
        ("wrapped:Mine", "pack/inner.py"),
        ("wrapped:Mine", "wrapped/compiled.so"),
        ("uses:Mine", "other/far/module.py"),
        ("uses:Mine", "elsewhere/aside.py"),
        ("uses:Mine", "elsewhere/further.py"),
        ("pack:Mine", "pack/weights.npz"),
        ("pack:Mine", "pack/deep/large.bin"),
        ("mine:Mine", "pack/weights.npz"),
    ],
)
def test_what_a_plugin_imports_counts_too(
    options: Callable[..., Options], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, changed: str
) -> None:
    """Its package, or the folder that it is in, also what is imported only while it fits; other folders."""
    for name, text in SOURCES.items():
        path = tmp_path / "made" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr("compare_cli.engine.versions.LARGE", 20)
    monkeypatch.setattr("compare_cli.engine.versions.ENDS", 5)
    for folder in ("made", "made/other", "made/elsewhere"):
        monkeypatch.syspath_prepend(tmp_path / folder)
    try:
        assert_fitted_anew_after_change(tmp_path / "made" / changed, options(model))
    finally:
        for name in [name for name, module in sys.modules.items() if str(tmp_path) in repr(module)]:
            del sys.modules[name]


def test_fits_that_failed_run_again(options: Callable[..., Options]) -> None:
    asked = options(f"tree,{Raises.__module__}:Raises")
    assert ran(compare(blobs(), asked)) == (12, 0)
    again = compare(blobs(), asked)
    assert ran(again) == (4, 8)
    assert again.run.fits_failed == 4


def test_fresh_runs_all_and_keeps_them(options: Callable[..., Options]) -> None:
    compare(blobs(), options())
    assert ran(compare(blobs(), options(fresh=True))) == (8, 0)
    assert ran(compare(blobs(), options())) == (0, 8)


def test_without_a_store_nothing_is_kept(options: Callable[..., Options], file: Path) -> None:
    assert ran(compare(blobs(), options(store=None))) == (8, 0)
    assert ran(compare(blobs(), options(store=None))) == (8, 0)
    assert not file.exists()


def test_models_that_are_the_same_under_two_names(options: Callable[..., Options]) -> None:
    asked = options("tree,tree(random_state=0)")
    first, second = compare(blobs(), asked), compare(blobs(), asked)
    assert ran(first) == (12, 0)
    assert ran(second) == (0, 12)
    for comparison in (first, second):
        assert len(comparison.fits) == 12
        assert comparison.pairs[0].verdict == "identical"


def test_a_damaged_fit_runs_again_and_is_told_once(options: Callable[..., Options], file: Path) -> None:
    first = compare(blobs(), options())
    kept = Store(file)
    kept._db.execute("UPDATE fits SET result = x'00' WHERE fold < 2")
    kept.close()
    again = compare(blobs(), options())
    assert ran(again) == (4, 4)
    assert [n.message for n in again.notes if n.code == "stored_fits_damaged"] == [
        "4 fits in the store are damaged and run again; the others are used."
    ]
    assert [(m.accuracy, m.scores) for m in again.models] == [(m.accuracy, m.scores) for m in first.models]
    assert ran(compare(blobs(), options())) == (0, 8)


def test_runs_are_noted_from_their_begin_to_their_end(options: Callable[..., Options], file: Path) -> None:
    stream = iter_compare(blobs(), options("tree,logistic"))
    next(stream)
    assert [(r.status, r.datasets, r.models) for r in listed(file)] == [
        ("running", ("toy",), ("tree", "logistic"))
    ]
    *_, result = stream
    run = listed(file)[0]
    assert isinstance(result, Comparison)
    assert (run.id, run.status, run.verdict) == (result.run.id, "complete", result.verdict.sentence)
    assert (run.fits, run.seconds) == (12, pytest.approx(result.run.seconds, abs=5))
    assert set(run.models) == {"tree", "logistic"}


def test_a_stream_that_nobody_reads_on_was_interrupted(options: Callable[..., Options], file: Path) -> None:
    stream = iter_compare(blobs(), options())
    next(stream), next(stream)
    stream.close()
    assert [r.status for r in listed(file)] == ["interrupted"]


def test_a_result_that_is_there_stays_when_the_stream_is_left(
    options: Callable[..., Options], file: Path
) -> None:
    one, many = iter_compare(blobs(), options()), iter_bench([blobs()], options())
    next(event for event in one if isinstance(event, Comparison))
    next(event for event in many if isinstance(event, Bench))
    one.close(), many.close()
    assert [r.status for r in listed(file)] == ["complete", "complete"]


def test_a_fault_of_the_program_is_a_failed_run(
    options: Callable[..., Options], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **facts: Any) -> None:
        raise RuntimeError("no conclusion")

    monkeypatch.setattr("compare_cli.api.comparison.summarise", broken)
    with pytest.raises(RuntimeError):
        compare(blobs(), options())
    assert [r.status for r in listed(file)] == ["failed"]
    monkeypatch.undo()
    assert ran(compare(blobs(), options())) == (0, 8), "the fits are kept all the same"


def test_a_wrong_question_is_no_run(options: Callable[..., Options], file: Path) -> None:
    with pytest.raises(UsageError):
        bench([blobs()], options("forst"))
    with pytest.raises(CompareError):
        bench(["no-such-file.csv"], options())
    assert not file.exists() or listed(file) == []


def test_a_bench_reuses_what_a_fit_left(options: Callable[..., Options], file: Path) -> None:
    compare(blobs(), options())
    result = bench([blobs(), blobs(seed=1)], options())
    assert (result.run.fits_run, result.run.fits_reused) == (8, 8)
    assert listed(file)[0].command == "bench"
    assert listed(file)[0].datasets == ("toy", "toy (2)")


class TestBudget:
    """A clock of which every fit takes a second."""

    @pytest.fixture
    def slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from compare_cli.engine import execute

        now = [0.0]

        def fit(*args: Any, **how: Any) -> Any:
            now[0] += 1
            return real(*args, **how)

        real = execute.fit_task
        monkeypatch.setattr(execute, "fit_task", fit)
        monkeypatch.setattr(execute.time, "monotonic", lambda: now[0])

    def test_models_share_the_folds_that_are_done(self, options: Callable[..., Options], slow: None) -> None:
        cut = compare(blobs(), options("tree,logistic", budget=7.0))
        assert cut.run.status == "partial"
        assert ran(cut) == (7, 0)
        assert sum(fit.status == "skipped" for fit in cut.fits) == 5
        assert {"budget_spent", "shared_folds"} <= {n.code for n in cut.notes}
        places = [
            {(f.repeat, f.fold) for f in cut.fits if f.model == m.model and f.status == "ok"}
            for m in cut.models
        ]
        assert len(set.intersection(*places)) == 2

    def test_the_same_without_it_goes_on(self, options: Callable[..., Options], slow: None) -> None:
        compare(blobs(), options("tree,logistic", budget=7.0))
        rest = compare(blobs(), options("tree,logistic"))
        assert ran(rest) == (5, 7)
        whole = compare(blobs(), options("tree,logistic", store=None))
        assert [(m.accuracy, m.scores) for m in rest.models] == [(m.accuracy, m.scores) for m in whole.models]
        assert rest.pairs == whole.pairs
        assert rest.verdict.status == whole.verdict.status
