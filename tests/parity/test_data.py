"""data against torch.utils.data: types, dtypes, values, lengths."""

from collections import namedtuple

import numpy as np
import pytest

import autograd
import data

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")
peer = pytest.importorskip("torch.utils.data", reason="parity needs PyTorch")

Point = namedtuple("Point", "x y")


def same(ours, theirs):
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, autograd.Tensor)
        assert ours.numpy().dtype == theirs.numpy().dtype
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    elif isinstance(theirs, dict):
        assert type(ours) is type(theirs) and list(ours) == list(theirs)
        for key in theirs:
            same(ours[key], theirs[key])
    elif isinstance(theirs, list | tuple):
        assert type(ours) is type(theirs) and len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    else:
        assert type(ours) is type(theirs) and ours == theirs


def both(module, number):
    """The same sample for either library."""
    array = np.arange(3, dtype=np.float32) + number
    return [
        module.tensor([number, 2.0]),
        module.tensor(number),
        array,
        array.astype(np.float64),
        number,
        number / 2,
        number > 1,
        np.float32(number),
        np.int16(number),
        str(number),
        (number, "a", [number / 4, {"k": array}]),
        Point(number, "a"),
        {"b": number, "a": (number,)},
    ]


@pytest.mark.parametrize("field", range(13))
def test_collate_and_convert(field):
    ours = [both(autograd, n)[field] for n in (1, 2, 3)]
    theirs = [both(torch, n)[field] for n in (1, 2, 3)]
    same(data.default_collate(ours), peer.default_collate(theirs))
    same(data.default_convert(ours[0]), peer.default_convert(theirs[0]))


@pytest.mark.parametrize("first", ["float32", "float64", "int64", "int16", "uint8", "bool"])
@pytest.mark.parametrize("second", ["float32", "float64", "int64", "int16", "uint8", "bool"])
def test_collate_promotes_alike(first, second):
    arrays = [np.ones(2, first), np.zeros(2, second)]
    same(data.default_collate(arrays), peer.default_collate(arrays))


@pytest.mark.parametrize("n", [1, 5, 8])
@pytest.mark.parametrize("settings", [{}, dict(batch_size=4), dict(batch_size=4, drop_last=True)])
def test_loader_batches(n, settings):
    xs = np.arange(2.0 * n).reshape(n, 2)
    ours = data.DataLoader(data.TensorDataset(autograd.from_numpy(xs)), **settings)
    theirs = peer.DataLoader(peer.TensorDataset(torch.from_numpy(xs)), **settings)
    assert len(ours) == len(theirs)
    same(list(ours), list(theirs))


@pytest.mark.parametrize("lengths", [[6, 4], [0.35, 0.35, 0.3], [0.999, 0.001], [1.0], [10, 0]])
@pytest.mark.filterwarnings("ignore:Length of split")
def test_random_split_lengths(lengths):
    generator = autograd.Generator()
    ours = data.random_split(range(10), lengths, generator)
    theirs = peer.random_split(range(10), lengths, torch.Generator())
    assert [len(s) for s in ours] == [len(s) for s in theirs]


def test_sampler_lengths():
    for n, size, drop in [(10, 3, False), (10, 3, True), (9, 3, True), (0, 3, False)]:
        ours, theirs = (m.BatchSampler(range(n), size, drop) for m in (data, peer))
        assert len(ours) == len(theirs) and list(ours) == list(theirs)
    for settings in ({}, dict(num_samples=25), dict(replacement=True)):
        ours, theirs = (m.RandomSampler(range(10), **settings) for m in (data, peer))
        assert len(ours) == len(theirs)


def test_distributed_samplers():
    for n in (0, 1, 5, 9, 10):
        for replicas in (1, 2, 4):
            for drop in (False, True):
                if n == 0 and replicas > 1 and not drop:
                    continue  # PyTorch fails
                for rank in range(replicas):
                    ours, theirs = (m.DistributedSampler(range(n), replicas, rank, shuffle=False,
                                                         drop_last=drop) for m in (data, peer))
                    assert list(ours) == list(theirs) and len(ours) == len(theirs)
