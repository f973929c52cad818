"""The rule of growing samples on recorded curves: rarely wrong, where plain significance is not."""

from __future__ import annotations

import pytest

from tests.simulations.recorded import extract, significant, tally


@pytest.mark.parametrize("z", [2.0, 3.0])
@pytest.mark.parametrize("part", [16, 8, 4, 2])
def test_false_decisions_are_rare_at_every_stop(part: int, z: float) -> None:
    every = extract()
    by_rule, plain = tally(every, part, z), tally(every, part, z, significant)
    assert by_rule.pairs > 600
    assert by_rule.wrong <= 0.03 * by_rule.decided
    assert plain.wrong > 0.03 * plain.decided


def test_the_rule_decides_much_of_what_can_be_decided() -> None:
    found = tally(extract(), 4, 3.0)
    assert found.decided > 0.35 * found.pairs
