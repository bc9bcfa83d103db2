"""Samplers: order, lengths, seeds, errors."""

import numpy as np
import pytest

import autograd
from data import (
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def seeded(seed=0):
    generator = autograd.Generator()
    generator.manual_seed(seed)
    return generator


def test_base_and_sequential():
    with pytest.raises(NotImplementedError, match="Sampler must define __iter__"):
        iter(Sampler())
    assert list(SequentialSampler("abcd")) == [0, 1, 2, 3]
    assert len(SequentialSampler("abcd")) == 4


def test_random_sampler_permutes_anew_in_each_pass():
    sampler = RandomSampler(range(50), generator=seeded())
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(50)) and first != second
    assert list(RandomSampler(range(50), generator=seeded())) == first
    assert all(type(i) is int for i in first)


def test_random_sampler_is_a_uniform_permutation():
    sampler = RandomSampler(range(3), generator=seeded(5))
    counts = {}
    for _ in range(6000):
        order = tuple(sampler)
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert max(abs(c - 1000) for c in counts.values()) < 5 * np.sqrt(1000 * 5 / 6)


def test_random_sampler_num_samples():
    assert len(list(RandomSampler(range(10), num_samples=4, generator=seeded()))) == 4
    many = list(RandomSampler(range(4), num_samples=10, generator=seeded()))
    assert sorted(many[:4]) == sorted(many[4:8]) == [0, 1, 2, 3]
    assert len(many) == len(set(many[8:])) + 8 == 10
    drawn = list(RandomSampler(range(5), True, 2000, generator=seeded()))
    assert len(drawn) == 2000 and set(drawn) == {0, 1, 2, 3, 4}
    assert len(RandomSampler(range(5), True)) == 5


def test_random_sampler_follows_a_growing_dataset():
    data = [0, 1]
    sampler = RandomSampler(data, generator=seeded())
    data.append(2)
    assert len(sampler) == 3 and sorted(sampler) == [0, 1, 2]


def test_default_generator_and_manual_seed():
    state = autograd.default_generator.get_state()
    try:
        autograd.manual_seed(7)
        first = list(RandomSampler(range(30)))
        autograd.manual_seed(7)
        assert list(RandomSampler(range(30))) == first
    finally:
        autograd.default_generator.set_state(state)


def test_random_sampler_errors():
    with pytest.raises(ValueError, match="data_source is empty"):
        RandomSampler([])
    with pytest.raises(TypeError, match="replacement must be a bool, got 1"):
        RandomSampler(range(3), 1)
    with pytest.raises(ValueError, match="num_samples must be a positive int, got 0"):
        RandomSampler(range(3), num_samples=0)
    with pytest.raises(TypeError, match="num_samples must be a positive int, got 2.0"):
        RandomSampler(range(3), num_samples=2.0)
    with pytest.raises(TypeError, match=r"RandomSampler: .* got Generator; make one"):
        iter(RandomSampler(range(3), generator=np.random.default_rng(0)))


def test_subset_random_sampler():
    sampler = SubsetRandomSampler([3, 7, 9], seeded())
    assert sorted(sampler) == [3, 7, 9] and len(sampler) == 3
    orders = {tuple(sampler) for _ in range(100)}
    assert len(orders) == 6
    assert list(SubsetRandomSampler([], seeded())) == []


@pytest.mark.parametrize("kind", [list, np.array, autograd.tensor])
def test_weighted_sampler_follows_the_weights(kind):
    sampler = WeightedRandomSampler(kind([1.0, 0.0, 3.0]), 8000, generator=seeded())
    counts = np.bincount(list(sampler), minlength=3)
    assert len(sampler) == counts.sum() == 8000 and counts[1] == 0
    assert abs(counts[2] - 6000) < 5 * np.sqrt(8000 * 0.75 * 0.25)


def test_weighted_sampler_without_replacement():
    sampler = WeightedRandomSampler([1, 0, 2, 1], 3, replacement=False, generator=seeded())
    for _ in range(20):
        assert sorted(sampler) == [0, 2, 3]


def test_weighted_sampler_errors():
    with pytest.raises(ValueError, match=r"weights must be 1-d, .* \(2, 1\)"):
        WeightedRandomSampler([[1.0], [2.0]], 1)
    with pytest.raises(ValueError, match=r">= 0, got -1.0 at index 1"):
        WeightedRandomSampler([1.0, -1.0], 1)
    with pytest.raises(ValueError, match=r"got nan at index 0"):
        WeightedRandomSampler([float("nan")], 1)
    with pytest.raises(ValueError, match="weights sum to 0"):
        WeightedRandomSampler([0.0, 0.0], 1)
    with pytest.raises(ValueError, match=r"num_samples=3 without replacement from 2 indices"):
        WeightedRandomSampler([1.0, 0.0, 1.0], 3, replacement=False)
    with pytest.raises(ValueError, match="num_samples must be a positive int"):
        WeightedRandomSampler([1.0], 0)


@pytest.mark.parametrize(("n", "size"), [(5, 2), (6, 2), (1, 4), (0, 3)])
def test_batch_sampler(n, size):
    whole = [list(range(i, min(i + size, n))) for i in range(0, n, size)]
    keep, drop = BatchSampler(range(n), size, False), BatchSampler(range(n), size, True)
    assert list(keep) == whole and len(keep) == len(whole)
    full = [batch for batch in whole if len(batch) == size]
    assert list(drop) == full and len(drop) == len(full)


def test_weights_whose_sum_overflows_or_underflows():
    for weights in ([1e308, 1e308, 0.0], [5e-324, 5e-324, 0.0]):
        drawn = np.bincount(list(WeightedRandomSampler(weights, 1000, generator=seeded())),
                            minlength=3)
        assert drawn[2] == 0 and abs(drawn[0] - 500) < 80


@pytest.mark.parametrize("number", [2.7, autograd.tensor(2.7), True, "2", None])
def test_counts_are_not_cut_off(number):
    with pytest.raises(TypeError, match="must be a positive int"):
        BatchSampler(range(3), number, False)
    assert BatchSampler(range(3), autograd.tensor(2), False).batch_size == 2


def test_batch_sampler_errors():
    with pytest.raises(ValueError, match="batch_size must be a positive int, got -1"):
        BatchSampler(range(3), -1, False)
    with pytest.raises(TypeError, match="batch_size must be a positive int, got True"):
        BatchSampler(range(3), True, False)
    with pytest.raises(TypeError, match="drop_last must be a bool, got 0"):
        BatchSampler(range(3), 2, 0)


@pytest.mark.parametrize("replacement", [True, False])
def test_an_order_too_long_to_be_held(replacement):
    sampler = RandomSampler(range(5), replacement, 10**10, generator=seeded(1))
    first = [index for index, _ in zip(sampler, range(1000), strict=False)]
    again = RandomSampler(range(5), replacement, 10**10, generator=seeded(1))
    assert first == [index for index, _ in zip(again, range(1000), strict=False)]
    assert len(sampler) == 10**10 and set(first) == set(range(5))
    if not replacement:
        assert all(sorted(first[i:i + 5]) == [0, 1, 2, 3, 4] for i in range(0, 1000, 5))


def test_the_shares_of_processes():
    samplers = [DistributedSampler(range(10), 3, rank, seed=5) for rank in range(3)]
    shares = [list(sampler) for sampler in samplers]
    assert shares == [list(sampler) for sampler in samplers]
    assert set(sum(shares, [])) == set(range(10)) and [len(s) for s in shares] == [4, 4, 4]
    for sampler in samplers:
        sampler.set_epoch(1)
    assert shares != [list(sampler) for sampler in samplers]
    assert sorted(DistributedSampler(range(4))) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="rank must be from 0 to 1, got 2"):
        DistributedSampler(range(4), 2, 2)
    with pytest.raises(ValueError, match="num_replicas must be a positive int, got 0"):
        DistributedSampler(range(4), 0)
