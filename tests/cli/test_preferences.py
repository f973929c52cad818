"""`--prefer` and `--recommend`: which model is recommended."""

from __future__ import annotations

import pytest

from compare_cli.cli.options import preference
from compare_cli.errors import UsageError


@pytest.mark.parametrize(
    ("prefer", "recommend", "expected"),
    [
        (None, None, "simple"),
        ("simple", None, "simple"),
        ("speed", None, "speed"),
        (None, "leader", "leader"),
    ],
)
def test_what_is_preferred(prefer, recommend, expected):
    assert preference(prefer, recommend) == expected


@pytest.mark.parametrize(
    ("prefer", "recommend", "message"),
    [
        ("sped", None, "--prefer sped: give simple or speed"),
        (None, "simplest", "--recommend simplest: give leader"),
        ("speed", "leader", "give one"),
    ],
)
def test_wrong_words_are_refused(prefer, recommend, message):
    with pytest.raises(UsageError, match=message):
        preference(prefer, recommend)
