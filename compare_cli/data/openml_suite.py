"""Suites of openml.org: the numbers of their data sets, kept in the user's cache directory."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path

from compare_cli.errors import DataError, UsageError

SERVER = "https://www.openml.org"
PATIENCE = 20.0  # seconds
MOST_BYTES = 5_000_000


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
    answer = _fetch(suite)
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


def _fetch(suite: str) -> bytes:
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
