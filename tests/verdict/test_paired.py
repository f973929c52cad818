"""One pair of models: variances, posterior masses, decisions; degenerate cases first."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.special  # noqa: F401 (so that the first example is not timed with the import)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from compare_cli.verdict.paired import (
    correlated_t_masses,
    decide_pair,
    default_test_share,
    floor_variance,
    fold_variance,
    nadeau_bengio_variance,
    pair_posterior,
    probability_positive,
    repeat_variance,
    repeated_variance,
)

SCORES = arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(2, 6)),
    elements=st.floats(-1, 1, allow_nan=False, width=32),
)


def test_equal_differences_have_exactly_no_variance() -> None:
    d = np.array([[0.9 - 0.8, 0.8 - 0.7, 0.7 - 0.6]])
    assert np.ptp(d) > 0, "rounding makes these unequal"
    assert float(fold_variance(d)) == 0
    assert pair_posterior(d, 0.01).no_spread


def test_one_fold_needs_its_share_of_test_rows() -> None:
    with pytest.raises(ValueError, match="single fold"):
        default_test_share(1)
    d = np.array([[0.01], [0.03]])  # repeated hold-out: s² = 2e-4
    assert float(repeated_variance(d, test_share=0.25)) == pytest.approx(2e-4 * (1 / 2 + 0.25))
    assert float(nadeau_bengio_variance(d, test_share=0.25)) == pytest.approx(2e-4 * (1 / 2 + 0.25))


@pytest.mark.parametrize("d", [np.zeros((1, 1)), np.array([[0.1, np.nan]]), np.zeros(5)])
def test_what_is_no_pair_is_refused(d: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite differences"):
        pair_posterior(d, 0.01)


def test_one_repeat_is_the_published_variance() -> None:
    d = np.array([[0.01, 0.03, -0.02, 0.04, 0.00]])
    assert float(repeat_variance(d)) == 0
    assert float(repeated_variance(d)) == float(nadeau_bengio_variance(d)) == float(floor_variance(d))
    assert float(repeated_variance(d)) == pytest.approx(float(d.var(ddof=1)) * (1 / 5 + 1 / 4))
    assert pair_posterior(d, 0.01).split_sd is None


def test_the_floor_holds() -> None:
    # All variance is between repeats, so that s²(1/k + q) - s_p² would be negative.
    d = np.array([[0.1, 0.1], [-0.1, -0.1]])
    s2 = float(d.var(ddof=1))
    assert float(floor_variance(d)) == pytest.approx(s2)
    assert float(repeated_variance(d)) == pytest.approx(s2)


def test_variances_take_leading_axes() -> None:
    d = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    for variance in (fold_variance, repeat_variance, nadeau_bengio_variance, repeated_variance):
        assert variance(d).shape == (3, 2)
        assert variance(d)[1, 1] == pytest.approx(float(variance(d[1, 1])))


@given(SCORES)
def test_repeats_never_raise_the_variance_nor_pass_the_floor(d: np.ndarray) -> None:
    floor, now, once = (
        float(floor_variance(d)),
        float(repeated_variance(d)),
        float(fold_variance(d) * (1 / d.shape[1] + 1 / (d.shape[1] - 1))),
    )
    assert floor <= now + 1e-15 <= once + 2e-15
    assert float(fold_variance(d)) / (d.shape[1] - 1) <= floor + 1e-15


@given(SCORES, st.floats(0, 0.2))
def test_swapping_the_models_mirrors_everything(d: np.ndarray, rope: float) -> None:
    here, there = pair_posterior(d, rope), pair_posterior(-d, rope)
    assert here.p_better + here.p_equivalent + here.p_worse == pytest.approx(1)
    assert (here.p_better, here.p_worse) == pytest.approx((there.p_worse, there.p_better))
    assert here.p_positive == pytest.approx(1 - there.p_positive)
    mirrored = {"better": "worse", "worse": "better"}
    assert decide_pair(there) == mirrored.get(decide_pair(here), decide_pair(here))


def test_masses_without_spread_lie_at_the_difference() -> None:
    assert correlated_t_masses(0.02, 0.0, 9, 0.01) == (0.0, 0.0, 1.0)
    assert correlated_t_masses(0.01, 0.0, 9, 0.01) == (0.0, 1.0, 0.0)
    assert correlated_t_masses(-0.02, 0.0, 9, 0.01) == (1.0, 0.0, 0.0)
    assert [probability_positive(x, 0.0, 9) for x in (-1.0, 0.0, 1.0)] == [0.0, 0.5, 1.0]


def test_without_spread_only_the_predictions_can_say_identical() -> None:
    same = pair_posterior(np.zeros((1, 5)), 0.01)
    shifted = pair_posterior(np.full((1, 5), 0.2), 0.01)
    assert decide_pair(same) == "identical"
    assert decide_pair(same, identical=True) == "identical"
    assert decide_pair(same, identical=False) == "undecided"
    assert decide_pair(shifted) == decide_pair(shifted, p_adjusted=0.0) == "undecided"
    assert decide_pair(shifted, identical=True) == "undecided", "same labels, other scores"


def test_practically_equivalent_comes_before_better() -> None:
    # A difference that is sure and does not matter: t = .002/.0004.
    d = np.array([[0.002, 0.003, 0.001, 0.002, 0.002]] * 2)
    posterior = pair_posterior(d, 0.01)
    assert posterior.p_positive > 0.975
    assert decide_pair(posterior) == "equivalent"
    assert decide_pair(pair_posterior(d, rope=0.0)) == "better"


def test_among_many_the_adjusted_p_value_decides() -> None:
    posterior = pair_posterior(np.array([[0.05, 0.06, 0.02, 0.04, 0.03]]), 0.01)
    assert decide_pair(posterior) == decide_pair(posterior, p_adjusted=0.05) == "better"
    assert decide_pair(posterior, p_adjusted=0.051) == "undecided"


def test_importing_the_verdict_imports_nothing_heavy() -> None:
    heavy = "{'scipy', 'sklearn', 'pandas', 'matplotlib'}"
    code = f"import sys, compare_cli.verdict; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
