"""Kernels read the C struct of an ndarray, so nothing else may reach them: not the NumPy scalars
that arithmetic makes of arrays without dimensions, nor what a caller brings along."""

import sys
from importlib import import_module

import numpy as np
import pytest

import autograd
import nn.functional as F
import optim
from autograd import kernels
from nn.utils import clip_grad_norm_, clip_grad_value_
from tests.samples import CALLS, Call, differentiable
from tests.test_kernels_all import compile_always

OPTIMIZERS = (optim.SGD, optim.Adam, optim.RMSprop, optim.Adagrad, optim.Adadelta, optim.Adamax,
              optim.NAdam, optim.RAdam, optim.ASGD, optim.Rprop)  # fmt: skip


@pytest.fixture(autouse=True)
def kernels_called(monkeypatch):
    """A list of the kernels that were called, each with nothing but arrays, whatever the size."""
    if kernels.tier() != "numba":
        pytest.skip("the ops call the kernels in NumPy")
    called = []

    def checked(kernel, one, arrays, parallel):
        wrong = [a for a in arrays if not isinstance(a, (np.ndarray, np.dtype))]
        assert not wrong, f"{kernel} gets {wrong}"
        called.append(kernel)
        launch(kernel, one, arrays, parallel)

    launch = import_module("autograd.kernels.compiled.launch").launch
    for name, module in list(sys.modules.items()):
        if name.startswith("autograd.kernels.compiled.") and hasattr(module, "launch"):
            monkeypatch.setattr(module, "launch", checked)
    compile_always(monkeypatch)
    return called


def test_every_sample_of_every_op(kernels_called):
    """Forward, and backward as often as it can be differentiated."""
    for call in (Call(*c) for c in CALLS):
        tensors = call.tensors(np.float32)
        results = differentiable(call(*tensors))
        for _ in range(call.case.order if results else 0):
            loss = autograd.stack([(r * r).sum().float() for r in results]).sum()
            found = autograd.grad(loss, tensors, create_graph=True, allow_unused=True)
            results = differentiable(found)
            if not results:
                break
    assert len({kernel.py_func.__qualname__ for kernel in kernels_called}) > 30


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_parameters_without_dimensions(kind):
    x = autograd.tensor(0.5, requires_grad=True)
    optimizer = kind([x])
    for power in (lambda: x * x, lambda: x.exp().sum() * x.mean(), lambda: (x * 2.0).reshape(1)[0],
                  lambda: F.mse_loss(x, x.detach() + 1) / x.norm(), lambda: F.dropout(x * x)):
        for create_graph in (False, True):
            optimizer.zero_grad()
            power().backward(create_graph=create_graph)
            clip_grad_norm_([x], 1.0)
            clip_grad_value_([x], 0.5)
            optimizer.step()
    assert type(x._array) is type(x.grad._array) is np.ndarray


@pytest.mark.parametrize("kind", [np.matrix, np.ma.MaskedArray, np.recarray])
def test_subclasses_of_arrays(kind, kernels_called):
    plain = np.random.default_rng(0).uniform(0.1, 0.9, (30, 30)).astype(np.float32)
    calls = [lambda a: F.softmax(a, 1), F.gelu, lambda a: F.mse_loss(a, a), autograd.sigmoid,
             lambda a: F.linear(a, a), lambda a: F.cross_entropy(autograd.tensor(a), labels)]
    labels = autograd.tensor(np.arange(30))
    for call in calls:
        found, wanted = call(plain.view(kind)), call(plain)
        np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))
    assert len(kernels_called) == 2 * len(calls)


def test_indices_overwritten_through_numpy():
    """The graph's array is then no longer what the forward checked."""
    for wrong in (5, -1, 10**9, -(10**9)):
        indices = np.zeros(300, np.int64)
        x = autograd.ones(5, 5, requires_grad=True)
        picked = F.embedding(autograd.from_numpy(indices), x).sum()
        loss = F.cross_entropy(x[indices], autograd.from_numpy(indices))
        indices[17] = wrong
        with pytest.raises(IndexError, match=f"index {wrong} names none of the table's 5 rows"):
            picked.backward()
        with pytest.raises(IndexError, match=f"target {wrong} in row 17 is not a class"):
            loss.backward()
