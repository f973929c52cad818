"""What tests of several parts need. Being here puts this folder on the path: `toy_tables`, `toy_models`."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("here")

_stores = count()
TICK = 0.002  # seconds that every look at the fake clock takes


class FakeRunClock:
    """Stands in for the clock of a run."""

    id = "0123456789ab"
    started = "2026-11-01T12:00:00+00:00"
    seconds = 1.25
    cpu_seconds = 1.0


@pytest.fixture(autouse=True)
def _surroundings_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No test reads or writes the store of the user or of another test, nor depends on a terminal."""
    for name in ("COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path_factory.getbasetemp() / f"store-{next(_stores)}"
    monkeypatch.setenv("COMPARE_STORE", str(folder / "store.db"))


@pytest.fixture
def fake_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """All times are exact: fit, prediction and preparation take one tick each; sizes are 1,234 bytes."""
    wall, cpu = count(), count()
    clock = SimpleNamespace(perf_counter=lambda: TICK * next(wall), process_time=lambda: TICK * next(cpu))
    monkeypatch.setattr("compare_cli.engine.fit.time", clock)
    monkeypatch.setattr("compare_cli.engine.workspace.time", clock)
    monkeypatch.setattr("compare_cli.engine.fit._size", lambda estimator: 1234)
    monkeypatch.setattr("compare_cli.api.comparison.Clock", FakeRunClock)


@pytest.fixture
def toy_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """Misbehaving models under short names, trusted to run in the process itself."""
    from toy_models import register_toys  # scikit-learn is for those tests that need it

    register_toys(monkeypatch)
