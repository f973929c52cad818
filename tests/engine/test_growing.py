"""The rows of growing samples: disjoint, nested, with the classes' shares; groups whole, the past first."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from toy_tables import make_dataset

from compare_cli.engine.samples import BLOCKS, Samples, anchor_sizes, rows_to_judge
from compare_cli.errors import DataError
from compare_cli.types import Dataset


def toy_dataset(
    rows: int,
    seed: int,
    rare: float = 0.4,
    groups: np.ndarray | None = None,
    time: np.ndarray | None = None,
) -> Dataset:
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < rare).astype(int)
    return make_dataset({"x": rng.normal(size=rows)}, y, groups=groups, time=time)


@pytest.mark.parametrize("rows", [150, 1000, 20_000, 50_001, 200_000, 1_000_000])
def test_sizes_double_and_fit_beside_the_test_rows(rows: int) -> None:
    sizes = anchor_sizes(rows)
    assert len(sizes) >= 2
    assert all(b == 2 * a for a, b in pairwise(sizes))
    assert (
        BLOCKS * sizes[-1] + rows_to_judge(rows)
        <= rows
        < BLOCKS * 2 * sizes[-1] + rows_to_judge(rows) + BLOCKS
    )
    assert rows_to_judge(rows) == min(100_000, rows // 4)


def test_large_tables_begin_with_round_numbers() -> None:
    assert anchor_sizes(50_001)[0] == 2000
    assert anchor_sizes(1_000_000)[0] == 4000


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(DataError, match="growing samples need more than 40 rows"):
        anchor_sizes(40)


def test_blocks_are_disjoint_nested_and_never_tested_on() -> None:
    dataset = toy_dataset(rows=1200, seed=1)
    samples = Samples(dataset, seed=0)
    before: list[set[int]] = [set() for _ in range(BLOCKS)]
    for at, size in enumerate(samples.sizes):
        blocks = [set(split.train.tolist()) for split in samples.splits(at)]
        assert [len(block) for block in blocks] == [size] * BLOCKS
        assert len(set.union(*blocks)) == BLOCKS * size
        assert all(smaller <= larger for smaller, larger in zip(before, blocks, strict=True))
        assert all((split.repeat, split.fold) == (at, fold) for fold, split in enumerate(samples.splits(at)))
        before = blocks
    tested = set(samples.test.tolist())
    whole = samples.whole()
    assert not tested & set.union(*before)
    assert tested | set(whole.train.tolist()) == set(range(1200))
    assert whole.repeat == len(samples.sizes)


def test_samples_have_the_classes_shares() -> None:
    dataset = toy_dataset(rows=4000, seed=2, rare=0.02)
    share = dataset.y.mean()
    samples = Samples(dataset, seed=3)
    assert dataset.y[samples.test].mean() == pytest.approx(share, abs=2 / 1000)
    for split in samples.splits(1):
        assert dataset.y[split.train].sum() == pytest.approx(share * len(split.train), abs=2)


def test_the_seed_decides() -> None:
    dataset = toy_dataset(rows=900, seed=1)
    one, same, other = (Samples(dataset, seed).splits(0)[0].train for seed in (5, 5, 6))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_groups_go_whole() -> None:
    groups = np.repeat(np.arange(200), 10)
    dataset = toy_dataset(rows=2000, seed=1, groups=groups)
    samples = Samples(dataset, seed=0)
    sets = [set(groups[samples.test].tolist())]
    sets += [set(groups[split.train].tolist()) for split in samples.splits(2)]
    assert sum(map(len, sets)) == len(set.union(*sets))
    for at, size in enumerate(samples.sizes):
        for split in samples.splits(at):
            assert 0.7 * size <= len(split.train) <= size


def test_one_huge_group_is_taken_whole() -> None:
    groups = np.r_[np.zeros(1000, dtype=int), np.arange(1, 1001)]
    samples = Samples(toy_dataset(rows=2000, seed=1, groups=groups), seed=0)
    assert len(samples.test) > 0
    assert not set(groups[samples.test]) & set(groups[samples.whole().train])


def test_the_past_trains_and_the_last_part_tests() -> None:
    time = np.random.default_rng(0).permutation(1000).astype(float)
    dataset = toy_dataset(rows=1000, seed=1, time=time)
    samples = Samples(dataset, seed=0)
    assert time[samples.test].min() > time[samples.whole().train].max()
    assert all(time[split.train].max() < time[samples.test].min() for split in samples.splits(1))
