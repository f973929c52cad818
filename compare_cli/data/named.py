"""Data sets that have a name instead of a file: the built-in ones, and those and the suites of openml.org.

What comes from openml.org is kept in the user's cache directory. Importing this imports nothing heavy.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import json
import os
import re
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from compare_cli.data.table import Table, from_frame
from compare_cli.errors import DataError, UsageError

CLASSICS = {
    "iris": "150 flowers, 4 measures, 3 species",
    "wine": "178 wines, 13 measures, 3 growers",
    "breast_cancer": "569 tumours, 30 measures, malignant or benign",
    "digits": "1,797 handwritten digits as 8 x 8 pixels",
}
CLASSIC_FILES = {
    "iris": "iris.csv",
    "wine": "wine_data.csv",
    "breast_cancer": "breast_cancer.csv",
    "digits": "digits.csv.gz",
}
WINES = (
    "alcohol malic_acid ash alcalinity_of_ash magnesium total_phenols flavanoids nonflavanoid_phenols"
    " proanthocyanins color_intensity hue od280/od315_of_diluted_wines proline"
)
TUMOURS = (
    "radius texture perimeter area smoothness compactness concavity concave_points symmetry fractal_dimension"
)
PACKAGE = Path(__file__).parent
FOLDERS = (PACKAGE / "builtin", PACKAGE.parents[1] / "datasets")

SERVER = "https://www.openml.org"
PATIENCE = 20.0  # seconds
MOST_BYTES = 5_000_000


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


def load_classic(name: str) -> Table:
    """Return one of scikit-learn's data sets, from its file: what reads it there takes a second to load.

    Their first line has the names of the classes, but that of the digits; the last column is the class.
    Raises DataError where this scikit-learn keeps them elsewhere.
    """
    import numpy as np
    import pandas as pd

    found = importlib.util.find_spec("sklearn")
    folder = Path(found.origin or "").parent / "datasets" / "data" if found is not None else Path()
    path = folder / CLASSIC_FILES[name]
    if not path.is_file():
        raise DataError(
            f"{name}: scikit-learn has no file {path}: install a version that has, or name a file."
        )
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        classes = "0123456789" if name == "digits" else file.readline().strip().split(",")[2:]
        cells = np.loadtxt(file, delimiter=",")
    frame = pd.DataFrame(np.ascontiguousarray(cells[:, :-1]), columns=classic_columns(name))
    frame["class"] = np.array(list(classes), dtype=object)[cells[:, -1].astype(int)]
    return Table(name, name, frame, target="class")


def classic_columns(name: str) -> list[str]:
    """Return what scikit-learn calls the columns of one of its data sets."""
    if name == "iris":
        return [f"{part} {side} (cm)" for part in ("sepal", "petal") for side in ("length", "width")]
    if name == "digits":
        return [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    if name == "wine":
        return WINES.split()
    measures = [measure.replace("_", " ") for measure in TUMOURS.split()]
    return [form.format(measure) for form in ("mean {}", "{} error", "worst {}") for measure in measures]


def load_openml(wanted: str) -> Table:
    """Return the data set with this number, or the active version with this name.

    Raises UsageError for an empty id, DataError (one line) offline or where there is no such data set.
    """
    wanted = wanted.strip()
    if not wanted:
        raise UsageError("openml: needs a number or a name, such as openml:61 or openml:iris.")
    source = f"openml:{wanted}"
    if wanted.startswith("suite/"):
        raise UsageError(f"{source}: is a suite of many data sets: compare bench {source}.")
    which = {"data_id": int(wanted)} if re.fullmatch(r"\d+", wanted) else {"name": wanted}
    bunch = _fetch(source, which)
    if bunch.frame is None or bunch.target is None:
        raise DataError(f"{source}: has no default target, so it is no table for classification.")
    if getattr(bunch.target, "ndim", 1) != 1:
        raise DataError(f"{source}: has several targets; save one as CSV and read that.")
    target = str(bunch.target.name)
    name = str((bunch.details or {}).get("name", wanted))
    table = from_frame(bunch.frame, source, target=target)
    return Table(name, source, table.frame, notes=table.notes, target=target)


def _fetch(source: str, which: dict[str, Any]) -> Any:
    from urllib.error import HTTPError, URLError

    from platformdirs import user_cache_path
    from sklearn.datasets import fetch_openml

    cache = str(user_cache_path("compare-cli") / "openml")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # several active versions of a name: the oldest is taken
            return fetch_openml(
                **which, as_frame=True, parser="auto", data_home=cache, n_retries=1, delay=0.2
            )
    except HTTPError as error:
        raise DataError(f"{source}: openml.org answers {error.code}: check the number or name.") from None
    except (URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise DataError(f"{source}: openml.org cannot be reached ({reason}); give a file instead.") from None
    except (ValueError, OSError) as error:
        first = " ".join(str(error).split())
        raise DataError(
            f"{source}: openml.org has no such data set that can be read: {first[:200]}"
        ) from None


def suite_members(suite: str) -> list[int]:
    """Return the numbers of the data sets in a suite, given by number or alias, in the server's order.

    Raises UsageError for what cannot be a suite's name, DataError (one line) offline and where there is no
    such suite. A suite that was fetched before is read from the cache.
    """
    from platformdirs import user_cache_path

    suite = suite.strip()
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", suite):
        raise UsageError("openml:suite/ needs a suite's number or alias, such as openml:suite/99.")
    kept = user_cache_path("compare-cli") / "openml" / "suites" / f"{suite}.json"
    with contextlib.suppress(OSError, ValueError):
        return _members(kept.read_bytes())
    answer = _fetch_suite(suite)
    try:
        members = _members(answer)
    except ValueError:
        raise DataError(
            f"openml:suite/{suite}: openml.org's answer is no suite of data sets: check its number."
        ) from None
    _keep(answer, kept)
    return members


def _members(answer: bytes) -> list[int]:
    """Return ``study.data.data_id`` of an answer. Raises ValueError for anything else."""
    try:
        found = json.loads(answer)["study"]["data"]["data_id"]
        return list(dict.fromkeys(int(number) for number in (found if isinstance(found, list) else [found])))
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _fetch_suite(suite: str) -> bytes:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import urlopen

    source = f"openml:suite/{suite}"
    try:
        with urlopen(f"{SERVER}/api/v1/json/study/{suite}", timeout=PATIENCE) as answer:
            body: bytes = answer.read(MOST_BYTES)
            return body
    except HTTPError as error:
        with error:
            code = error.code
        raise DataError(f"{source}: openml.org answers {code}: check the suite's number.") from None
    except (URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise DataError(f"{source}: openml.org cannot be reached ({reason}); give files instead.") from None


def _keep(answer: bytes, file: Path) -> None:
    """Write the answer whole; a cache that cannot be written is no reason to stop."""
    begun = file.with_name(f".{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        begun.write_bytes(answer)
        begun.replace(file)
