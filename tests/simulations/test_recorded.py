"""The rule of growing samples on recorded curves: rarely wrong, where plain significance is not."""

from __future__ import annotations

import numpy as np
import pytest

from compare_cli.verdict.samples import mean_and_error
from tests.simulations.recorded import EXTRACTS, Means, extract, independent, significant, tally

databases = pytest.mark.parametrize("database", EXTRACTS)


@databases
@pytest.mark.parametrize("z", [2.0, 3.0])
@pytest.mark.parametrize("part", [16, 8, 4, 2])
def test_false_decisions_are_rare_at_every_stop(database: str, part: int, z: float) -> None:
    every = extract(database)
    by_rule, plain = tally(every, part, z), tally(every, part, z, significant)
    assert by_rule.pairs > 600
    assert by_rule.wrong <= 0.03 * by_rule.decided
    assert plain.wrong > 0.03 * plain.decided


@databases
def test_the_rule_decides_much_of_what_can_be_decided(database: str) -> None:
    found = tally(extract(database), 4, 3.0)
    assert found.decided > 0.35 * found.pairs


def test_made_splits_have_the_recorded_means_and_errors() -> None:
    means, errors = np.array([[0.7, 0.8], [0.6, 0.9]]), np.array([[0.03, 0.01], [0.04, 0.0]])
    one, other = independent(Means("any", np.array([16, 32]), means, errors)).scores
    assert mean_and_error(one[:1]) == pytest.approx((0.7, 0.03))
    assert mean_and_error((one - other)[:1]) == pytest.approx((0.1, 0.05))
    assert mean_and_error(one[:1] - one[1:]) == pytest.approx((-0.1, np.hypot(0.03, 0.01)))
