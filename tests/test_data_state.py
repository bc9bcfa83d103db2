"""The state of a DataLoader in the middle of a pass, and random numbers of samples."""

import json

import numpy as np
import pytest

import autograd
from data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from data.passes import indexed
from data.randomness import Fetch, drawing_from, key, mix, uniforms
from tests.test_data_loader import Stream as Numbers
from tests.test_data_loader import pairs, seeded
from tests.workers import Noisy, Stream, flat

N = len(Noisy())


def weighted(generator=None):
    return WeightedRandomSampler(np.arange(1.0, N + 1), 30, generator=generator)


class Lazy:
    """Draws each index when it is asked for it."""

    def __iter__(self):
        return (int(autograd.randint(N, (1,))) for _ in range(20))

    def __len__(self):
        return 20


LOADERS = {
    "in order": lambda **k: DataLoader(Noisy(), 4, **k),
    "shuffled": lambda **k: DataLoader(Noisy(), 4, shuffle=True, **k),
    "by its generator": lambda **k: DataLoader(Noisy(), 4, True, generator=seeded(5), **k),
    "weighted": lambda **k: DataLoader(Noisy(), 4, sampler=weighted(), **k),
    "weighted by its generator": lambda **k: DataLoader(Noisy(), 4, sampler=weighted(seeded(6)),
                                                        **k),
    "with replacement": lambda **k: DataLoader(
        Noisy(), 4, sampler=RandomSampler(range(N), True, 25, seeded(7)), generator=seeded(8), **k),
    "subset": lambda **k: DataLoader(Noisy(), 2, sampler=SubsetRandomSampler(range(9)), **k),
    "in batches": lambda **k: DataLoader(Noisy(), batch_sampler=BatchSampler(
        RandomSampler(range(N), generator=seeded(9)), 5, True), **k),
    "one by one": lambda **k: DataLoader(Noisy(), None, shuffle=True, **k),
    "drawing as it goes": lambda **k: DataLoader(Noisy(), 3, sampler=Lazy(), **k),
    "stream": lambda **k: DataLoader(Stream(21), 3, **k),
    "stream, one by one": lambda **k: DataLoader(Stream(8), None, **k),
    "stream of whole batches": lambda **k: DataLoader(Stream(22), 4, drop_last=True, **k),
}


def train(loader, stop=None):
    """Two passes, all batches and what the caller draws meanwhile; up to a stop the states too."""
    seen = []
    for epoch in range(2):
        for step, batch in enumerate(loader):
            seen += [flat(batch), autograd.rand(1).item()]
            if (epoch, step) == stop:
                return seen, loader.state_dict(), autograd.get_rng_state()
    return seen


@pytest.mark.parametrize(("name", "workers", "way"), [
    *((name, 0, None) for name in LOADERS), *((name, 2, "thread") for name in LOADERS),
    *((name, 2, "fork") for name in ("weighted", "stream"))])
def test_a_resumed_loader_goes_on_as_if_it_had_not_stopped(name, workers, way):
    make = LOADERS[name]
    settings = dict(num_workers=workers, multiprocessing_context=way)
    autograd.manual_seed(1)
    whole = train(make(**settings))
    for stop in [(0, 2)] if way == "fork" else [(0, 0), (0, 2), (1, 1)]:
        autograd.manual_seed(1)
        seen, state, numbers = train(make(**settings), stop)
        state = json.loads(json.dumps(state))
        autograd.manual_seed(99)
        loader = make(**settings)
        loader.load_state_dict(state)
        assert loader.state_dict() == state
        autograd.set_rng_state(numbers)
        rest = []
        for _ in range(stop[0], 2):
            rest += [part for batch in loader for part in (flat(batch), autograd.rand(1).item())]
        assert seen + rest == whole, stop


def test_a_state_between_passes_begins_the_next():
    loader = DataLoader(Noisy(), 4, shuffle=True, generator=seeded(3))
    fresh = loader.state_dict()
    first = [flat(batch) for batch in loader]
    later = loader.state_dict()
    second = [flat(batch) for batch in loader]
    again = DataLoader(Noisy(), 4, shuffle=True, generator=seeded(1))
    for state, wanted in ((later, second), (fresh, first)):
        again.load_state_dict(json.loads(json.dumps(state)))
        assert [flat(batch) for batch in again] == wanted


def test_the_state_counts_what_was_delivered_and_follows_the_newest_pass():
    loader = DataLoader(pairs(), 2, num_workers=2, multiprocessing_context="thread")
    batches = iter(loader)
    assert loader.state_dict()["batches"] == 0
    next(batches)
    assert loader.state_dict()["batches"] == 1
    newest = iter(loader)
    next(batches)
    assert loader.state_dict()["batches"] == 0
    list(newest)
    assert loader.state_dict()["seed"] is None


def test_a_state_that_is_loaded_takes_the_place_of_the_pass_that_was_begun():
    loader = DataLoader(pairs(), 2)
    fresh = loader.state_dict()
    batches = iter(loader)
    next(batches)
    loader.load_state_dict(fresh)
    assert loader.state_dict() == fresh
    named = DataLoader(pairs(), 2, shuffle=True, generator=autograd.default_generator)
    assert named.state_dict()["generators"] == []


def test_a_pass_is_resumed_behind_the_batch_that_failed():
    class Failing(list):
        def __getitem__(self, index):
            return super().__getitem__(index) / (index != 2)

    loader = DataLoader(Failing(range(5)), batch_size=None)
    batches = iter(loader)
    assert [next(batches), next(batches)] == [0.0, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(batches)
    loader.load_state_dict(loader.state_dict())
    assert list(loader) == [3.0, 4.0] == list(batches)


def test_an_index_is_told_how_often_it_came_before():
    batches = [[0, 1], [2, 2], [0, 2], (3,), [0, 3]]
    found = [repeats for _, _, repeats in indexed(batches, 0, 0, True)]
    assert found == [0, [0, 1], [1, 2], 0, [2, 1]]


def test_a_batch_draws_other_numbers_after_its_samples_than_before():
    fetch = Fetch(5, 0, range(2))

    def two():
        before = autograd.rand(3).tolist()
        fetch.sample(0)
        fetch.whole(2)
        return before, autograd.rand(3).tolist()

    before, after = drawing_from(fetch, two)
    assert before != after


def test_a_resumed_stream_collates_nothing_that_was_delivered():
    collated = []
    loader = DataLoader(Numbers(9), 2, collate_fn=lambda batch: collated.append(batch))
    batches = iter(loader)
    next(batches), next(batches)
    loader.load_state_dict(loader.state_dict())
    collated.clear()
    list(loader)
    assert collated == [[4, 5], [6, 7], [8]]


def test_states_that_do_not_fit():
    state = DataLoader(pairs(), 2).state_dict()
    for loader, text in ((DataLoader(pairs(), 3), "batch_size=2, this one has batch_size=3"),
                         (DataLoader(pairs(9), 2), "samples=10, this one has samples=9"),
                         (DataLoader(pairs(), 2, drop_last=True), "drop_last=False, this one has"),
                         (DataLoader(pairs(), 2, generator=seeded()), "0 generators.*given 1"),
                         (DataLoader(Stream(3), 2), "a state has .*'workers'.* got .*'samples'")):
        with pytest.raises(ValueError, match=text):
            loader.load_state_dict(state)
    with pytest.raises(ValueError, match="got list of 2"):
        DataLoader(pairs()).load_state_dict([1, 2])
    shorter = DataLoader(pairs(), sampler=[1, 2])
    shorter.load_state_dict(DataLoader(pairs()).state_dict() | {"seed": 1, "batches": 5})
    with pytest.raises(RuntimeError, match="had come to batch 5, but the sampler yields only 2"):
        next(iter(shorter))


def splitmix(seed):
    """Vigna's splitmix64, written with remainders."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) % 2**64
        z = seed
        z = (z ^ z // 2**30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z // 2**27) * 0x94D049BB133111EB % 2**64
        yield z ^ z // 2**31


def test_the_numbers_are_those_of_splitmix64():
    # the first of seed 1234567, as published with the reference implementation
    stream = splitmix(1234567)
    assert [next(stream) for _ in range(2)] == [6457827717110365317, 3203168211198807973]
    for index, repeat in ((0, 0), (7, 3), (-1, 0)):
        stream = splitmix(key(11, index, repeat))
        wanted = [next(stream) // 2**11 / 2**53 for _ in range(40)]
        fetch = Fetch(11, 0, [index], [repeat])
        first, rest = drawing_from(fetch, lambda: (uniforms(1, 3, "a"), uniforms(1, 37, "b")))
        assert [*first[0], *rest[0]] == wanted
    numbers = np.array([0, 1, 2**64 - 1], np.uint64)
    assert mix(numbers).tolist() == [mix(int(number)) for number in numbers]


def test_rows_of_a_batch_draw_what_each_would_draw_alone():
    indices, repeats = [5, 3, -1, 5], [0, 0, 0, 1]

    def alone(row):
        fetch = Fetch(2, 9, indices[row: row + 1], repeats[row: row + 1])
        fetch.sample(0)
        return drawing_from(fetch, lambda: np.hstack([uniforms(1, 2, ""), uniforms(1, 30, "")]))

    def together():
        begin = uniforms(4, 2, "")
        return begin, uniforms(4, 30, "")

    begin, end = drawing_from(Fetch(2, 0, indices, repeats), together)
    wanted = np.vstack([alone(row) for row in range(4)])
    np.testing.assert_array_equal(begin, wanted[:, :2])
    np.testing.assert_array_equal(end, wanted[:, 2:])
    assert len(np.unique(wanted)) == wanted.size


def test_numbers_are_uniform_and_of_the_default_generator_elsewhere():
    drawn = drawing_from(Fetch(5, 0, range(20_000)), uniforms, 20_000, 3, "")
    assert drawn.min() >= 0 and drawn.max() < 1
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 0.03
    assert np.abs(np.corrcoef(drawn[1:, 0], drawn[:-1, 0])[0, 1]) < 0.03
    for column in drawn.T:
        counts = np.histogram(column, 20, (0, 1))[0]
        assert ((counts - 1000) ** 2 / 1000).sum() < 50  # chi-squared of 19, p = 1e-4
    autograd.manual_seed(4)
    wanted = autograd.default_generator.numpy.random((2, 3))
    autograd.manual_seed(4)
    np.testing.assert_array_equal(uniforms(2, 3, ""), wanted)


def test_other_numbers_of_images_than_samples():
    def frames():
        return uniforms(6, 2, "")

    fetch = Fetch(3, 0, [4, 8])
    fetch.sample(1)
    drawn = drawing_from(fetch, frames)
    alone = Fetch(3, 0, [8])
    np.testing.assert_array_equal(drawn.ravel(), drawing_from(alone, uniforms, 1, 12, "")[0])
    assert drawing_from(Fetch(3, 0, []), uniforms, 0, 2, "").shape == (0, 2)
    assert drawing_from(Fetch(3, 0, []), uniforms, 3, 2, "").shape == (3, 2)
    assert drawing_from(Fetch(3, 1, ["a", "b"]), uniforms, 2, 2, "").shape == (2, 2)
