"""Loading scikit-learn ahead: begun only where it helps, gone with the program, with the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from compare_cli import api
from compare_cli.engine import ahead, execute
from compare_cli.engine.execute import Session

pytestmark = pytest.mark.skipif(not ahead.forks(), reason="only where processes are forked")
LOADED = "try:\n    main()\nfinally:\n    print('loaded:', 'sklearn' in sys.modules)"


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 1})
    monkeypatch.setattr(threading, "active_count", lambda: 1)


@pytest.mark.parametrize(
    ("arguments", "pays"),
    [
        (["fit", "iris"], True),
        (["bench", "iris", "small.csv", "--seed", "3"], True),
        (["curve", "absent.csv"], True),
        (["fit", "-"], True),
        (["fit", "small.csv", "--test", "large.csv"], False),
        (["fit", "x\0y"], True),
        (["fit", "--help"], False),
        (["fit", "iris", "-h"], False),
        (["fit", "iris", "--cluster=dask"], False),
        (["fit", "large.csv"], False),
        (["bench", "folder"], False),
        (["models"], False),
        (["--version"], False),
        ([], False),
    ],
    ids=str,
)
def test_it_is_begun_where_small_tables_are_fitted_here(
    arguments: list[str], pays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    Path("large.csv").write_bytes(b"1" * ahead.LARGE)
    Path("folder").mkdir()
    assert ahead.pays(arguments) is pays


def test_it_is_not_begun_on_one_core_or_beside_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert not ahead.pays(["fit", "iris"])
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0})
    assert not ahead.pays(["fit", "iris"])


def numbers(result: Path, before: str = "") -> tuple[Any, bool]:
    """Run the program in a process of its own; return its numbers, and whether it loaded scikit-learn."""
    how = ["fit", "iris", "--no-store", "--quiet", "--repeats", "1", "-o", str(result)]
    code = f"{before}import sys; from compare_cli.cli import main; sys.argv[1:] = {how}\n{LOADED}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert not done.stderr
    found = json.loads(result.read_text(encoding="utf-8"))
    fits = {(f["model"], f["repeat"], f["fold"]): f["scores"] for f in found["fits"]}
    return (fits, found["verdict"], [model["boundary"] for model in found["models"]]), "True" in done.stdout


def test_the_program_then_does_without_scikit_learn_and_its_numbers_are_the_same(tmp_path: Path) -> None:
    one_core = "import os; os.sched_getaffinity = lambda process: {0}\n"
    found, loaded = numbers(tmp_path / "ahead.json")
    alone, _ = numbers(tmp_path / "alone.json", one_core)
    assert not loaded
    assert found == alone


def test_planning_needs_no_scikit_learn() -> None:
    code = (
        "import sys\nfrom compare_cli import api\n"
        "from compare_cli.engine.plan import make_tasks, prepare_job\n"
        "from compare_cli.engine.splits import make_splits\n"
        "job = prepare_job(api.read('breast_cancer'), api.Options(models='all'))\n"
        "splits = next(make_splits(job.dataset, job.plan, 0))\n"
        "make_tasks(job.dataset, job.models, splits, job.shape, 0, job.asked)\n"
        "sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_it_ends_at_once_with_a_program_that_has_no_use_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sklearn", raising=False)  # which other tests have loaded
    monkeypatch.setattr(ahead, "_load", lambda connection, parents: time.sleep(60))
    began = time.monotonic()
    ahead.begin(["fit", "absent.csv"])
    assert ahead.is_begun()
    process = ahead._begun[0]  # type: ignore[index]
    ahead.end()
    assert not process.is_alive()
    assert time.monotonic() - began < 10
    assert not ahead.is_begun()
    ahead.end()


def test_a_table_that_proves_large_gets_a_nursery_that_shares_it() -> None:
    code = (
        "import os\nos.sched_getaffinity = lambda process: {0, 1}\n"
        "from compare_cli import api\nfrom compare_cli.engine import ahead, child\n"
        "child.LARGE = 1\nahead.begin(['fit', 'iris'])\nprocess = ahead._begun[0]\n"
        "result = api.compare('iris', models='tree,logistic', repeats=1, boundary=False)\n"
        "assert not process.is_alive()\n"
        "assert {fit.status for fit in result.fits} == {'ok'}"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)


def test_pandas_is_found_again_when_scikit_learn_is_loaded() -> None:
    code = (
        "import sys\nfrom compare_cli.engine import ahead\n"
        "with ahead._not_found('pandas'):\n    import sklearn.preprocessing\n"
        "import pandas as pd\nfrom sklearn.compose import make_column_selector, make_column_transformer\n"
        "frame = pd.DataFrame({'a': [1.0, 2.0], 'b': ['x', 'y']})\n"
        "numbers = make_column_selector(dtype_include='number')\n"
        "made = make_column_transformer((sklearn.preprocessing.StandardScaler(), numbers))\n"
        "made = made.set_output(transform='pandas').fit_transform(frame)\n"
        "assert isinstance(made, pd.DataFrame) and made.shape == (2, 1), made\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def _ends_where_it_is_not(home: int) -> int:
    """Return the process's number in that process; end any other."""
    if os.getpid() != home:
        os._exit(1)
    return os.getpid()


def _fails() -> None:
    raise ValueError("told")


@pytest.mark.parametrize("large", [False, True])
def test_work_is_called_where_scikit_learn_is_loaded(large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:  # what such work is given may be as large: it is not sent
        monkeypatch.setattr("compare_cli.engine.child.LARGE", 1)
    called: list[int] = []

    def watched(self: Session, work: Callable[[], Any], call: Any = Session.call) -> Any:
        called.append(call(self, os.getpid))
        assert call(self, partial(_ends_where_it_is_not, os.getpid())) == os.getpid()
        with pytest.raises(ValueError, match="told"):
            call(self, _fails)
        return call(self, work)

    monkeypatch.setattr(Session, "call", watched)
    monkeypatch.setattr(execute, "WORTH_FORKING", 0.0)
    result = api.compare("moons", models="tree,logistic", repeats=1, jobs=2)
    assert result.verdict.sentence
    assert [process == os.getpid() for process in called] == [large]


def test_what_the_program_has_loaded_itself_is_forked_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead.begin(["fit", "iris"])
    assert ahead.is_begun() is ("sklearn" not in sys.modules)
    monkeypatch.setitem(sys.modules, "sklearn", ahead)
    process = ahead._begun[0]  # type: ignore[index]
    assert not ahead.is_begun()
    assert ahead.taken() is None
    ahead.end()
    assert not process.is_alive()
