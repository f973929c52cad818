"""Tables that are no text: folders of IDX files, as MNIST comes, and Parquet files."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compare_cli.data.bytes import ByteSource, Room, open_path
from compare_cli.data.table import Table, from_frame
from compare_cli.errors import DataError, UsageError
from compare_cli.types import ReadInfo

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
CELL = 8  # bytes that a value takes at least
TRAIN = ("train",)
TEST = ("t10k", "test")


def load_idx(folder: Path) -> Table:
    """Return the pixels and labels of a folder of IDX files; the official test set comes along.

    Raises DataError where files are missing, damaged or do not belong together.
    """
    train = _find(folder, TRAIN)
    if train is None:
        raise DataError(
            f"{folder}: is a folder without train-images-idx3-ubyte and train-labels-idx1-ubyte: name a file."
        )
    test = _find(folder, TEST)
    return _table(folder, *train, _table(folder, *test, None) if test else None)


def holds_idx(folder: Path) -> bool:
    """Whether a folder holds IDX files of images or labels."""
    names = [path.name.lower() for path in folder.iterdir()]
    parts = [name for name in names if name.startswith((*TRAIN, *TEST)) and "idx" in name]
    return any("images" in name or "labels" in name for name in parts)


def _find(folder: Path, prefixes: tuple[str, ...]) -> tuple[Path, Path] | None:
    """Return the files of images and labels of one part, None where the folder has neither."""
    files = sorted(p for p in folder.iterdir() if p.name.lower().startswith(prefixes))
    images = [p for p in files if "images" in p.name.lower() and "idx" in p.name.lower()]
    labels = [p for p in files if "labels" in p.name.lower() and "idx" in p.name.lower()]
    if not images and not labels:
        return None
    if not images or not labels:
        raise DataError(
            f"{folder}: has {(images or labels)[0].name} but no {'labels' if images else 'images'} for it."
        )
    return images[0], labels[0]


def _table(folder: Path, images: Path, labels: Path, test: Table | None) -> Table:
    import pandas as pd

    pixels, names = read_idx(images), read_idx(labels)
    if len(pixels) != len(names) or names.ndim != 1 or pixels.ndim < 2:
        raise DataError(f"{images}: {len(pixels)} images, but {labels.name} has {len(names)} labels.")
    flat = pixels.reshape(len(pixels), -1)
    columns = [f"pixel{i + 1}" for i in range(flat.shape[1])]
    frame = pd.DataFrame(flat, columns=columns, copy=False)
    frame["class"] = names
    return Table(folder.resolve().name, str(folder), frame, ReadInfo(), target="class", test=test)


def read_idx(path: Path) -> NDArray[np.generic]:
    """Return the array in an IDX file (compressed or not). Raises DataError where it is damaged."""
    data = open_path(path).all()
    kind = TYPES.get(data[2]) if len(data) >= 4 and data[:2] == b"\0\0" else None
    if kind is None or len(data) < 4 + 4 * data[3]:
        raise DataError(f"{path}: is not an IDX file, or it is damaged: fetch it again.")
    shape = struct.unpack(f">{data[3]}I", data[4 : 4 + 4 * data[3]])
    body: Any = data[4 + 4 * data[3] :]
    expected = int(np.prod(shape, dtype=object)) * np.dtype(kind).itemsize
    if len(body) != expected:
        raise DataError(f"{path}: has {len(body):,} bytes of values instead of {expected:,}: fetch it again.")
    return np.frombuffer(body, dtype=kind).reshape(shape).astype(np.dtype(kind).newbyteorder("="), copy=False)


def load_parquet(text: ByteSource, max_bytes: int | None) -> Table:
    """Return a Parquet file as a table. Raises UsageError without pyarrow, DataError for damaged files."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            f"{text.source}: Parquet needs the package pyarrow: pip install 'compare-cli[parquet]'."
        ) from None

    try:
        with text.open() as stream:
            file = pyarrow.parquet.ParquetFile(stream)
            Room(text.source, max_bytes).refuse(file.metadata.num_rows * file.metadata.num_columns * CELL)
            frame = file.read().to_pandas()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{text.source}: the Parquet file cannot be read: {first.rstrip('.')}.") from None
    return replace(from_frame(frame, text.source), name=text.name)
