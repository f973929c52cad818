"""The built-in data sets: scikit-learn's small classics and the made ones that come as CSV files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from compare_cli.data.bytes import ByteSource

if TYPE_CHECKING:
    from compare_cli.data.table import Table

CLASSICS = {
    "iris": "150 flowers, 4 measures, 3 species",
    "wine": "178 wines, 13 measures, 3 growers",
    "breast_cancer": "569 tumours, 30 measures, malignant or benign",
    "digits": "1,797 handwritten digits as 8 x 8 pixels",
}
PACKAGE = Path(__file__).parent
FOLDERS = (PACKAGE / "builtin", PACKAGE.parents[1] / "datasets")


@cache
def files() -> dict[str, Path]:
    """Return the CSV files of the built-in data sets by name; a wheel and a checkout keep them apart."""
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        for path in sorted(folder.glob("*.csv")) if folder.is_dir() else ():
            found.setdefault(path.stem, path)
    return found


def builtin_names() -> list[tuple[str, str]]:
    """Return (name, one-line description) of every built-in data set. Imports nothing heavy."""
    return [*CLASSICS.items(), *((name, _title(path)) for name, path in files().items())]


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        first = lines.readline()
    name, _, title = first.removeprefix("#").partition(":")
    return title.strip() if name.strip() == path.stem else first.strip("# \n")


def builtin_bytes(name: str) -> ByteSource:
    """Return the CSV text of a made data set."""
    return ByteSource(name, name, path=files()[name])


def load_classic(name: str) -> Table:
    """Return one of scikit-learn's data sets."""
    import numpy as np
    import pandas as pd
    from sklearn import datasets

    from compare_cli.data.table import Table

    bunch = getattr(datasets, f"load_{name}")()
    frame = pd.DataFrame(bunch.data, columns=[str(column) for column in bunch.feature_names])
    frame["class"] = np.asarray(bunch.target_names).astype(str).astype(object)[bunch.target]
    return Table(name, name, frame, target="class")
