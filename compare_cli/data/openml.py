"""Data sets of openml.org, through scikit-learn, kept in the user's cache directory."""

from __future__ import annotations

import re
import warnings
from typing import Any

from compare_cli.data.sources import from_frame
from compare_cli.data.table import Table
from compare_cli.errors import DataError, UsageError


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
