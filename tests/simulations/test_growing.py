"""Growing samples on tables whose curves cross: nobody is declared the winner too early."""

from __future__ import annotations

import pytest

from compare_cli import api
from tests.simulations.growing import agrees, crossing_table, on_all_rows


@pytest.mark.slow
def test_a_network_that_is_behind_on_few_rows_and_ahead_on_all_is_not_dropped() -> None:
    tables = [crossing_table("parity", 60_000, 0), crossing_table("parity", 20_000, 1)]
    found = api.compare(tables[0], models="logistic,mlp", samples=True, boundary=False)
    first = {p.model: p.score for p in found.curve or () if p.train_rows == found.protocol.sizes[0]}
    full = on_all_rows(tables.__getitem__, "logistic,mlp")
    assert first["logistic"] > first["mlp"]
    assert full["mlp"] > full["logistic"] + 0.01
    assert agrees(found, full)
    assert found.verdict.recommended != "logistic" or found.verdict.status == "undecided"
