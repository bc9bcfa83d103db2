"""Attributes changed after a module was built, against torch.nn, one row a class."""

import itertools

import numpy as np
import pytest

import autograd
import nn

from ..module_rows import ROWS, build

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

# PyTorch takes the widths of its other paddings when it is built, and a later change does nothing.
OURS_ONLY = {("padding_mode", "padding"), ("padding", "padding_mode")}
CASES = [
    (name, k) for name, row in ROWS.items() if row.torch and not row.random
    for k, changes in enumerate(row.changes) if tuple(changes) not in OURS_ONLY
]  # fmt: skip
NORMS = {"BatchNorm1d": (4, 3), "BatchNorm2d": (4, 3, 2, 2), "InstanceNorm1d": (4, 3, 5),
         "InstanceNorm2d": (4, 3, 5, 2), "InstanceNorm3d": (4, 3, 2, 5, 2)}  # fmt: skip
LATER = [
    {}, dict(track_running_stats=False), dict(track_running_stats=True), dict(momentum=None),
    dict(momentum=None, track_running_stats=False), dict(running_mean=None, running_var=None),
    dict(num_batches_tracked=None), dict(num_batches_tracked=None, momentum=None), dict(eps=0.5),
]  # fmt: skip


def theirs(value, before=None):
    """The value for PyTorch, which insists on tuples where it made one when it was built."""
    if isinstance(before, tuple) and isinstance(value, int):
        return (value,) * len(before)
    return torch.tensor(value.numpy()) if isinstance(value, autograd.Tensor) else value


def arrays(result):
    results = result if isinstance(result, tuple) else (result,)
    return [np.array(x.detach().numpy()) for x in results]


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "k"), CASES)
def test_changed_attributes(name, k, training):
    row = ROWS[name]
    ours = build(name).train(training)
    other = getattr(torch.nn, name)(**row.options).train(training)
    other.load_state_dict({key: theirs(value) for key, value in ours.state_dict().items()})
    for attribute, value in row.changes[k].items():
        attribute = row.names.get(attribute, attribute)
        setattr(ours, attribute, value)
        setattr(other, attribute, theirs(value, getattr(other, attribute)))
    for _ in range(2):
        found = arrays(ours(*map(autograd.tensor, row.inputs)))
        expected = arrays(other(*map(torch.tensor, row.inputs)))
        for mine, right in zip(found, expected, strict=True):
            assert mine.dtype == right.dtype
            np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-5)
    for mine, right in zip(ours.buffers(), other.buffers(), strict=True):
        np.testing.assert_allclose(mine.numpy(), right.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize(("name", "k"), list(itertools.product(NORMS, range(len(LATER)))))
def test_statistics(name, k, tracked, training):
    """Outputs and buffers, or an error in both."""
    x = np.random.default_rng(0).standard_normal(NORMS[name]).astype(np.float32) + 2
    found = []
    for library, kinds in ((autograd, nn), (torch, torch.nn)):
        layer = getattr(kinds, name)(3, track_running_stats=tracked).train(training)
        for attribute, value in LATER[k].items():
            setattr(layer, attribute, value)
        try:
            layer(library.tensor(x))
            result = layer(library.tensor(x))
        except (RuntimeError, ValueError):
            found.append([])
            continue
        buffers = layer.running_mean, layer.running_var, layer.num_batches_tracked
        found.append([0 if b is None else b.detach().numpy() for b in (result, *buffers)])
    for mine, right in zip(*found, strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-5)
