"""IDX folders, Parquet files and OpenML, without a network."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from sklearn.utils import Bunch

from compare_cli.data import read
from compare_cli.errors import DataError, UsageError


def idx(array: np.ndarray[Any, Any]) -> bytes:
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.astype("u1").tobytes()
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight training and four test images of 2 x 2 pixels, one file of them compressed."""
    rng = np.random.default_rng(0)
    for part, rows in (("train", 8), ("t10k", 4)):
        images = rng.integers(0, 256, (rows, 2, 2))
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.arange(rows) % 2)))
    return tmp_path


def test_idx_folder(folder: Path) -> None:
    dataset = read(folder)
    assert dataset.X.shape == (8, 4)
    assert dataset.classes == ("0", "1")
    assert list(dataset.X.columns) == ["pixel1", "pixel2", "pixel3", "pixel4"]
    assert dataset.test is not None
    assert dataset.test.X.shape == (4, 4)
    assert (
        dataset.X.iloc[0].tolist() == np.random.default_rng(0).integers(0, 256, (8, 2, 2))[0].ravel().tolist()
    )


def test_damaged_idx_folder(folder: Path) -> None:
    images = folder / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:-3])
    with pytest.raises(DataError, match="29 bytes of values instead of 32"):
        read(folder)
    images.unlink()
    with pytest.raises(DataError, match="no images"):
        read(folder)


def test_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path)


@pytest.mark.extra
def test_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    frame = pd.DataFrame({"a": [1, 2, None, 4], "k": list("pqpq"), "class": [0, 1, 0, 1]})
    frame.to_parquet(tmp_path / "t.parquet")
    dataset = read(tmp_path / "t.parquet")
    assert (dataset.name, dataset.fingerprint) == ("t", read(frame).fingerprint)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "bad.parquet")


def answer(**asked: Any) -> Bunch:
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "kind": pd.Categorical(list("uvuv"))})
    return Bunch(frame=frame, target=frame["kind"], details={"name": "little"}, asked=asked)


@pytest.mark.parametrize(("wanted", "asked"), [("61", {"data_id": 61}), ("iris-2", {"name": "iris-2"})])
def test_openml(monkeypatch: pytest.MonkeyPatch, wanted: str, asked: dict[str, Any]) -> None:
    seen: dict[str, Any] = {}

    def fetch(**given: Any) -> Bunch:
        seen.update(given)
        return answer()

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    dataset = read(f"openml:{wanted}")
    assert asked.items() <= seen.items()
    assert seen["as_frame"] is True
    assert (dataset.name, dataset.target, dataset.classes) == ("little", "kind", ("u", "v"))
    assert not dataset.notes


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (URLError("Name or service not known"), "cannot be reached"),
        (TimeoutError("timed out"), "cannot be reached"),
        (HTTPError("http://x", 412, "No", {}, None), "answers 412"),  # type: ignore[arg-type]
        (ValueError("No active dataset\nnothing found."), "no such data set"),
    ],
)
def test_openml_fails_in_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception, says: str) -> None:
    def fetch(**given: Any) -> Bunch:
        raise error

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch)
    with pytest.raises(DataError, match=says) as raised:
        read("openml:nothing")
    assert "\n" not in str(raised.value)


def test_openml_needs_a_name() -> None:
    with pytest.raises(UsageError, match="needs a number or a name"):
        read("openml:")
