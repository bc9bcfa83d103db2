"""Workers of the DataLoader: the same batches as without them, and what each knows and keeps."""

import copy
import multiprocessing
import os
import pickle
import random
import select
import signal
import threading
import time

import numpy as np
import pytest

import autograd
from data import DataLoader, get_worker_info
from tests.test_data_loader import labels, pairs, seeded
from tests.workers import (
    FORKED,
    WAYS,
    Failing,
    Noisy,
    Squares,
    Stream,
    flat,
    no_worker_is_left,  # noqa: F401
    passes,
)

pytestmark = FORKED


@WAYS
@pytest.mark.parametrize("workers", [1, 4])
def test_batches_do_not_depend_on_the_number_of_workers(way, workers):
    settings = dict(batch_size=5, shuffle=True)
    alone = passes(Noisy(), **settings)
    assert alone[0] != alone[1]
    assert passes(Noisy(), num_workers=workers, multiprocessing_context=way, **settings) == alone


def test_nor_on_persistence_prefetching_or_the_order_in_which_passes_are_left():
    settings = dict(batch_size=5, shuffle=True)
    alone = passes(Noisy(), **settings)
    more = dict(num_workers=2, persistent_workers=True, prefetch_factor=3)
    assert passes(Noisy(), **settings, **more) == alone
    loader = DataLoader(Noisy(), generator=seeded(8), **settings, **more)
    first = iter(loader)
    assert [flat(next(first)) for _ in range(2)] == alone[0][:2]
    del first
    assert [flat(batch) for batch in loader] == alone[1]


def test_a_sample_draws_the_same_in_batches_of_any_size_and_at_its_second_time_something_else():
    single = [flat(b)["r"] for b in DataLoader(Noisy(), None, generator=seeded(1))]
    assert len(set(single)) == 23
    for size in (1, 4, 23):
        batches = DataLoader(Noisy(), size, generator=seeded(1))
        assert [flat(r) for batch in batches for r in batch["r"]] == single
    loader = DataLoader(Noisy(), 3, sampler=[4, 4, 1, 0, 4, 1], generator=seeded(1))
    rows = [flat(r) for batch in loader for r in batch["r"]]
    assert [rows[0], rows[2], rows[3]] == [single[4], single[1], single[0]]
    assert len(set(rows)) == 6


def test_the_default_generator_is_not_disturbed_by_what_is_fetched():
    autograd.manual_seed(3)
    list(DataLoader(pairs(), 2))
    state = autograd.get_rng_state()
    autograd.manual_seed(3)
    list(DataLoader(Noisy(), 2, num_workers=2))
    assert autograd.get_rng_state() == state

    class Seeding(Squares):
        def __getitem__(self, index):
            autograd.manual_seed(7)
            return autograd.rand(1)

    autograd.manual_seed(3)
    drawn = [batch.item() for batch in DataLoader(Seeding(3))]
    assert autograd.get_rng_state() == state and len(set(drawn)) == 1


def test_a_sampler_that_draws_as_it_goes_is_not_disturbed_by_the_caller():
    class Lazy:
        def __iter__(self):
            for _ in range(8):
                yield int(autograd.randint(10, (1,)))

        def __len__(self):
            return 8

    found = []
    for workers in (0, 2):
        autograd.manual_seed(4)
        found.append([])
        for batch in DataLoader(pairs(), 2, sampler=Lazy(), num_workers=workers):
            found[-1].append(batch[1].tolist())
            autograd.rand(1 + workers)
    assert found[0] == found[1]


def test_everything_that_can_be_sent_arrives():
    things = [None, "text", b"bytes", 1.5, {"a": {1, 2}}, object, [], np.arange(6.0)[::2],
              np.zeros((0, 5)), np.array(3 + 4j), np.array(["a", "bc"]), np.array([None, 1]),
              np.asfortranarray(np.arange(90_000.0).reshape(300, 300)), np.arange(90_000)[::-3]]
    loader = DataLoader(things, batch_size=3, collate_fn=list, num_workers=2)
    for there, sent in zip(sum(loader, []), things, strict=True):
        assert type(there) is type(sent)
        if isinstance(sent, np.ndarray):
            assert there.dtype == sent.dtype and there.flags.writeable
            np.testing.assert_array_equal(there, sent)
        else:
            assert there == sent


def test_kept_batches_are_never_overwritten():
    loader = DataLoader(Squares(30), batch_size=1, num_workers=1, persistent_workers=True)
    kept = list(loader)
    for batch in loader:
        batch += 1000
    assert [set(batch.flatten().tolist()) for batch in kept] == [{i * i} for i in range(30)]


def test_memory_of_batches_is_used_again_but_for_what_a_forked_child_may_hold():
    def addresses():
        return [batch.numpy().ctypes.data for batch in loader]

    loader = DataLoader(Squares(40), batch_size=1, num_workers=1, persistent_workers=True)
    assert len(set(addresses())) < 8
    batches = iter(loader)
    held = next(batches)
    ask, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(ask, 1)
        os._exit(int(held.sum() != 0))
    del held
    assert len([batch for batch in batches]) == 39
    os.write(go, b"g")
    assert os.waitpid(child, 0)[1] == 0
    os.close(ask)
    os.close(go)


def test_a_batch_without_memory_to_share_is_sent_through_the_pipe(monkeypatch):
    def none(size):
        raise OSError("no memory")

    monkeypatch.setattr("data.shared.new_memory", none)
    batches = list(DataLoader(Squares(5), batch_size=2, num_workers=2))
    assert [batch[:, 7].tolist() for batch in batches] == [[0, 1], [4, 9], [16]]


def test_tensors_keep_that_they_require_grad_and_lose_no_history_unseen():
    leaf = autograd.ones(3, requires_grad=True)
    sent, = DataLoader([leaf], collate_fn=lambda samples: samples[0], num_workers=1)
    assert sent.requires_grad and sent.tolist() == [1, 1, 1]
    with pytest.raises(RuntimeError, match=r"Tensor \(1, 3\) float32 with its history.*detach"):
        list(DataLoader([leaf], num_workers=1))


def test_persistent_workers_stay_and_two_passes_at_once_have_their_own():
    pids = DataLoader(Failing(None), batch_size=None, sampler=[1, 2, 3, 4], num_workers=2,
                      collate_fn=lambda sample: os.getpid(), persistent_workers=True)
    first = set(pids)
    assert len(first) == 2 and set(pids) == first
    both = list(zip(pids, pids, strict=True))
    assert first in ({a for a, _ in both}, {b for _, b in both})
    assert {a for a, _ in both}.isdisjoint({b for _, b in both})
    os.kill(min(first), signal.SIGKILL)
    while min(first) in {process.pid for process in multiprocessing.active_children()}:
        time.sleep(0.01)
    assert len(set(pids)) == 2
    del pids
    assert multiprocessing.active_children() == []


@WAYS
def test_the_next_batch_is_loaded_while_the_caller_works(way):
    asked, heard = os.pipe()

    class Telling(list):
        def __getitem__(self, index):
            os.write(heard, bytes([index]))
            return index

    batches = iter(DataLoader(Telling(range(9)), 1, num_workers=1,
                              multiprocessing_context=way))
    next(batches)
    found = []
    while select.select([asked], [], [], 5 if len(found) < 3 else 0)[0]:
        found.append(os.read(asked, 1)[0])
    assert found == [0, 1, 2]
    list(batches)
    os.close(asked)
    os.close(heard)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy,
                                    lambda loader: pickle.loads(pickle.dumps(loader))])
def test_a_copy_of_a_loader_has_its_own_workers_and_begins_anew(copied):
    loader = DataLoader(range(6), batch_size=2, num_workers=1, persistent_workers=True)
    wanted = [batch.tolist() for batch in loader]
    other = copied(loader)
    for a, b in zip(loader, other, strict=True):
        assert a.tolist() == b.tolist()
    begun = iter(loader)
    next(begun)
    assert loader.state_dict()["batches"] == 1 and copied(loader).state_dict()["batches"] == 0
    assert [batch.tolist() for batch in other] == wanted


@WAYS
def test_a_worker_knows_itself(way):
    def told(sample):
        info = get_worker_info()
        return info.id, info.num_workers, info.seed - info.id, info.dataset.n, seen[info.id]

    seen = {}
    loader = DataLoader(Squares(4), None, num_workers=2, collate_fn=told,
                        worker_init_fn=lambda worker: seen.update({worker: get_worker_info().id}),
                        multiprocessing_context=way)
    found = list(loader)
    seed = found[0][2]
    assert found == [(0, 2, seed, 4, 0), (1, 2, seed, 4, 1)] * 2
    assert get_worker_info() is None


@WAYS
def test_a_stream_comes_in_turns(way):
    def numbers(n, size, workers):
        loader = DataLoader(Stream(n), size, num_workers=workers, generator=seeded(2),
                            multiprocessing_context=way if workers else None)
        return [batch[0].tolist() if size else batch[0] for batch in loader]

    assert numbers(10, 2, 2) == [[0, 2], [1, 3], [4, 6], [5, 7], [8], [9]]
    assert numbers(4, 3, 3) == [[0, 3], [1], [2]]
    assert numbers(1, 2, 3) == [[0]] and numbers(0, 2, 2) == []
    ways = dict(multiprocessing_context=way)
    alone = passes(Stream(7), batch_size=None)
    assert passes(Stream(7), batch_size=None, num_workers=3, **ways) == alone
    assert passes(Stream(7), batch_size=2, num_workers=1, **ways) == passes(Stream(7), batch_size=2)
    assert numbers(7, 2, 2)[-1] == [5]


def test_python_and_numpy_are_seeded_in_each_worker():
    def draw(sample):
        return random.random(), float(np.random.rand()), get_worker_info().id

    def drawn():
        return list(DataLoader(Squares(4), None, num_workers=2, collate_fn=draw,
                               generator=seeded(5)))

    found = drawn()
    assert found == drawn() and len({x for row in found for x in row[:2]}) == 8
    kept = []
    begun = DataLoader(Squares(2), None, num_workers=2, collate_fn=lambda sample: kept[0],
                       worker_init_fn=lambda worker: kept.append(autograd.rand(()).item()))
    assert len(set(begun)) == 2 and not kept


def test_loaders_in_samples_and_in_threads():
    class Nested(Squares):
        def __getitem__(self, index):
            inner = DataLoader(Noisy(), 5, shuffle=True)
            return sum(float(batch["r"].sum()) for batch in inner)

    def workers(index):
        return list(DataLoader(pairs(), num_workers=1))

    alone = [b.tolist() for b in DataLoader(Nested(4), 2, generator=seeded(2))]
    there = [b.tolist() for b in DataLoader(Nested(4), 2, generator=seeded(2), num_workers=2)]
    assert alone == there and len(set(sum(alone, []))) == 4
    with pytest.raises(RuntimeError, match=r"num_workers=1 inside a worker.*num_workers=0"):
        list(DataLoader(range(2), collate_fn=workers, num_workers=1))

    found = {}
    threads = [threading.Thread(target=lambda i=i: found.update(
        {i: labels(DataLoader(pairs(), 4, num_workers=2))})) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(found.values()) == [[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]] * 3


def test_workers_compute_after_kernels_have_run_on_threads():
    size = 300
    a = autograd.ones(size, size)
    a @ a
    products = DataLoader([a, a], None, num_workers=2, collate_fn=lambda a: (a @ a).exp().sum(1))
    assert all(row.shape == (size,) for row in products)
