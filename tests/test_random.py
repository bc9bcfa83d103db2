"""Random tensors: reproducible, of the right distribution, checked."""

from __future__ import annotations

import numpy as np
import pytest

import autograd


def test_a_seed_repeats_everything():
    def draw():
        return [t.tolist() for t in (
            autograd.rand(3), autograd.randn(3), autograd.randint(10, (3,)), autograd.randperm(5),
            autograd.bernoulli(autograd.full((3,), 0.5)), autograd.normal(0.0, 1.0, (2,)),
            autograd.multinomial(autograd.ones(4), 2))]

    autograd.manual_seed(7)
    first = draw()
    autograd.manual_seed(7)
    assert draw() == first
    assert draw() != first


def test_generators_are_independent_and_keep_state():
    g = autograd.Generator().manual_seed(3)
    assert g.initial_seed() == 3
    state = g.get_state()
    a = autograd.rand(4, generator=g)
    autograd.rand(4)
    g.set_state(state)
    assert autograd.rand(4, generator=g).tolist() == a.tolist()
    before = autograd.get_rng_state()
    a = autograd.rand(2)
    autograd.set_rng_state(before)
    assert autograd.rand(2).tolist() == a.tolist()
    assert g.seed() == g.initial_seed()


def test_distributions():
    autograd.manual_seed(0)
    u, n = autograd.rand(20000).numpy(), autograd.randn(20000).numpy()
    assert u.min() >= 0 and u.max() < 1 and abs(u.mean() - 0.5) < 0.01
    assert abs(n.mean()) < 0.03 and abs(n.std() - 1) < 0.03
    m = autograd.normal(2.0, 3.0, (20000,)).numpy()
    assert abs(m.mean() - 2) < 0.1 and abs(m.std() - 3) < 0.1
    b = autograd.bernoulli(autograd.full((20000,), 0.3)).numpy()
    assert set(b) == {0.0, 1.0} and abs(b.mean() - 0.3) < 0.02
    i = autograd.randint(2, 5, (3000,)).numpy()
    assert set(i) == {2, 3, 4} and i.dtype == np.int64
    counts = np.bincount(autograd.multinomial(
        autograd.tensor([1.0, 0.0, 3.0]), 4000, replacement=True).numpy(), minlength=3)
    assert counts[1] == 0 and abs(counts[2] / 4000 - 0.75) < 0.03


def test_dtypes_and_shapes():
    assert autograd.rand(2, 3).dtype == np.float32 and autograd.randn((2, 3)).shape == (2, 3)
    assert autograd.rand(2, dtype=autograd.float64).dtype == np.float64
    assert autograd.randn(2, dtype=autograd.float16).dtype == np.float16
    assert autograd.randint_like(autograd.ones(2, 2), 5).dtype == np.float32
    assert sorted(autograd.randperm(6).tolist()) == list(range(6))
    means = autograd.normal(autograd.zeros(3), autograd.ones(3))
    assert means.shape == (3,) and not means.requires_grad
    assert autograd.multinomial(autograd.ones(2, 3), 3).shape == (2, 3)


def test_in_place_filling():
    x = autograd.empty(4000)
    assert x.uniform_(2, 4) is x and x.numpy().min() >= 2 and x.numpy().max() < 4
    x.normal_(1.0, 0.5)
    assert abs(x.numpy().mean() - 1) < 0.05
    x.bernoulli_(0.25)
    assert abs(x.numpy().mean() - 0.25) < 0.05


@pytest.mark.parametrize(("call", "text"), [
    (lambda: autograd.randint(5, 5, (2,)), "low 5 must be below high 5"),
    (lambda: autograd.bernoulli(autograd.full((2,), 1.5)), r"lie in \[0, 1\]"),
    (lambda: autograd.multinomial(autograd.tensor([1.0, 0.0]), 2), "2 samples without replacement"),
    (lambda: autograd.multinomial(autograd.tensor([-1.0, 2.0]), 1), "weights >= 0"),
    (lambda: autograd.rand(2, dtype=autograd.int64), "int64 are not defined; use randint"),
    (lambda: autograd.normal(0.0, 1.0), "size is needed"),
])
def test_bad_input(call, text):
    with pytest.raises((ValueError, TypeError), match=text):
        call()
