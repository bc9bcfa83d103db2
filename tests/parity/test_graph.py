"""Anomaly detection, hooks for what is saved and batches of cotangents against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import autograd

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")
LIBRARIES = [autograd, torch]


def leaf(lib, *numbers):
    return lib.tensor(numbers, dtype=lib.float64, requires_grad=True)


@pytest.mark.filterwarnings("ignore:Error detected in", "ignore:Anomaly Detection has been")
@pytest.mark.parametrize("make", [
    lambda x: (x * 0).sqrt(), lambda x: x.prod() * (x * 0).sqrt(), lambda x: x / (x * 0),
    lambda x: (x * 0).log() * (x * 0), lambda x: (x * 0).norm() * 0 + (x * 0).pow(0.5)])
def test_the_op_that_made_a_nan(make):
    """By PyTorch's name for its node, wherever PyTorch finds it in a rule."""
    texts = []
    for lib in LIBRARIES:
        try:
            with lib.autograd.set_detect_anomaly(True):
                make(leaf(lib, 1.0, 2.0)).sum().backward()
            texts.append("")
        except RuntimeError as error:
            texts.append(str(error).split(" in its ")[0])
    assert texts[0] == texts[1]


def test_hooks_are_called_as_often_and_with_the_same():
    seen: dict = {lib: [] for lib in LIBRARIES}
    for lib in LIBRARIES:
        x, w = leaf(lib, 1.0, 2.0), leaf(lib, 3.0, 4.0)

        def pack(t, lib=lib):
            seen[lib].append(("pack", t.tolist()))
            return t * 2

        def unpack(t, lib=lib):
            seen[lib].append(("unpack", t.tolist()))
            return t * 0.75

        with lib.autograd.graph.saved_tensors_hooks(pack, unpack):
            y = ((x * w).exp() * 3).sum()
        y.backward()
        seen[lib] += [x.grad.numpy(), w.grad.numpy()]
    for a, b in zip(*(seen[lib][-2:] for lib in LIBRARIES), strict=True):
        np.testing.assert_allclose(a, b, 1e-12)
    assert sorted(map(str, seen[autograd][:-2])) == sorted(map(str, seen[torch][:-2]))


def test_gradients_of_several_tensors():
    seen: dict = {}
    for lib in LIBRARIES:
        a, b, c = leaf(lib, 1.0), leaf(lib, 2.0), leaf(lib, 3.0)
        h = a * b
        found = seen[lib] = []
        lib.autograd.graph.register_multi_grad_hook(
            (a, h, c), lambda grads, found=found: found.append(
                [g if g is None else g.tolist() for g in grads]))
        (h * 2).backward()
        (a * c).backward()
    assert seen[autograd] == seen[torch]


def test_a_batch_of_cotangents():
    found = []
    for lib in LIBRARIES:
        x = lib.arange(6, dtype=lib.float64).reshape(2, 3).requires_grad_()
        y = (x.sin() @ x.T.cos()).exp()
        first = lib.autograd.grad(y, x, lib.eye(4, dtype=lib.float64).reshape(4, 2, 2),
                                  is_grads_batched=True, create_graph=True)[0]
        second = lib.autograd.grad((first.square()).sum(), x)[0]
        found.append([first.detach().numpy(), second.numpy()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, 1e-9)
