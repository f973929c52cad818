"""Scores of simulated runs, made once and kept in files, so that every rule is tried on the same runs."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.simulations import settings, single_tests
from tests.simulations.settings import Setting
from tests.simulations.single_tests import SingleTest

CHUNK = 100  # runs a file: what an interruption loses at most


def make(chosen: Sequence[Setting | SingleTest], folder: Path) -> None:
    """Simulate what is missing in ``folder``; stopped and started again, it goes on."""
    for setting in chosen:
        for chunk in range(-(-setting.runs // CHUNK)):
            path = _path(setting, folder, chunk)
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            rng = np.random.default_rng([zlib.crc32(setting.name.encode()), chunk])
            runs = [_one_run(setting, rng) for _ in range(CHUNK)]
            arrays = {key: np.stack([run[key] for run in runs]).astype(np.float32) for key in runs[0]}
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.savez_compressed(file, **arrays)
            part.rename(path)


def _one_run(setting: Setting | SingleTest, rng: np.random.Generator) -> dict[str, NDArray[np.float64]]:
    if isinstance(setting, SingleTest):
        return single_tests.one_run(setting, rng)
    return settings.one_run(setting, rng)


def load(setting: Setting | SingleTest, folder: Path) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of `one_run`, one run after the other; empty where none was made."""
    paths = sorted((folder / _slug(setting)).glob("*.npz"))
    parts = [dict(np.load(path)) for path in paths]
    if not parts:
        return {}
    return {key: np.concatenate([part[key] for part in parts]).astype(np.float64) for key in parts[0]}


def _slug(setting: Setting | SingleTest) -> str:
    return "".join(c if c.isalnum() else "_" for c in setting.name)


def _path(setting: Setting | SingleTest, folder: Path, chunk: int) -> Path:
    return folder / _slug(setting) / f"{chunk:04}.npz"
