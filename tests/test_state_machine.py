"""Random programs of arithmetic, views and in-place writes against a naive engine.

The naive engine carries every tensor's full Jacobian with respect to all leaves forwards, in a
NumPy array beside the value, so that views and in-place writes are NumPy's own.  The library must
agree with it, or say that a saved value was overwritten; it must never differ in silence.
"""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

import autograd

LEAVES, SIZE = 3, 4


class Naive:
    """A value (n,) and its Jacobian (n, LEAVES * SIZE)."""

    def __init__(self, value, jacobian):
        self.value, self.jacobian = value, jacobian

    def __add__(self, other):
        return Naive(self.value + other.value, self.jacobian + other.jacobian)

    def __mul__(self, other):
        return Naive(self.value * other.value, self.value[:, None] * other.jacobian
                     + other.value[:, None] * self.jacobian)

    def tanh(self):
        t = np.tanh(self.value)
        return Naive(t, (1 - t * t)[:, None] * self.jacobian)

    def clone(self):
        return Naive(self.value.copy(), self.jacobian.copy())

    def flip(self):
        return Naive(self.value[::-1].copy(), self.jacobian[::-1].copy())

    def __getitem__(self, index):
        return Naive(self.value[index], self.jacobian[index])

    def __setitem__(self, index, other):
        self.value[index], self.jacobian[index] = other.value, other.jacobian

    def write(self, other):
        self.value[...], self.jacobian[...] = other.value, other.jacobian


class Programs(RuleBasedStateMachine):
    tensors = Bundle("tensors")  # pairs (ours, naive) of SIZE elements
    views = Bundle("views")      # the same, of 2 elements, showing half of a tensor

    @initialize(target=tensors, seed=st.integers(0, 10_000))
    def start(self, seed):
        rng = np.random.default_rng(seed)
        self.rng = rng
        self.leaves, naive = [], []
        for i in range(LEAVES):
            value = rng.uniform(-1, 1, SIZE)
            jacobian = np.zeros((SIZE, LEAVES * SIZE))
            jacobian[:, i * SIZE: (i + 1) * SIZE] = np.eye(SIZE)
            self.leaves.append(autograd.tensor(value, requires_grad=True))
            naive.append(Naive(value, jacobian))
        self.pairs = list(zip(self.leaves, naive, strict=True))
        return self.pairs[0]

    @rule(target=tensors, which=st.integers(0, LEAVES - 1))
    def leaf(self, which):
        return self.pairs[which]

    @rule(target=tensors, a=tensors, b=tensors, times=st.booleans())
    def arithmetic(self, a, b, times):
        return (a[0] * b[0], a[1] * b[1]) if times else (a[0] + b[0], a[1] + b[1])

    @rule(target=tensors, a=tensors, how=st.sampled_from(["tanh", "clone"]))
    def function(self, a, how):
        return getattr(a[0], how)(), getattr(a[1], how)()

    @rule(target=tensors, a=tensors)
    def reverse(self, a):
        return a[0].flip(0), a[1].flip()

    @rule(target=views, a=tensors, start=st.integers(0, SIZE - 2))
    def view(self, a, start):
        return a[0][start: start + 2], a[1][start: start + 2]

    @rule(target=tensors, a=views, b=views)
    def join(self, a, b):
        naive = Naive(np.concatenate([a[1].value, b[1].value]),
                      np.concatenate([a[1].jacobian, b[1].jacobian]))
        return autograd.cat([a[0], b[0]]), naive

    @rule(a=tensors, b=tensors, times=st.booleans())
    def write(self, a, b, times):
        self._write(a, b, times)

    @rule(a=views, b=views, times=st.booleans())
    def write_through_a_view(self, a, b, times):
        self._write(a, b, times)

    def _write(self, a, b, times):
        try:
            a[0].mul_(b[0]) if times else a[0].add_(b[0])
        except RuntimeError as error:
            assert "leaf that requires grad" in str(error)
            return
        a[1].write((a[1] * b[1] if times else a[1] + b[1]).clone())

    @rule(a=tensors, b=views, start=st.integers(0, SIZE - 2))
    def assign(self, a, b, start):
        copied = b[1].clone()
        try:
            a[0][start: start + 2] = b[0]
        except RuntimeError as error:
            assert "leaf that requires grad" in str(error)
            return
        a[1][start: start + 2] = copied

    @rule(a=tensors)
    def compare(self, a):
        self._compare(*a)

    @rule(a=views)
    def compare_view(self, a):
        self._compare(*a)

    def _compare(self, ours, naive):
        np.testing.assert_allclose(ours.detach().numpy(), naive.value, rtol=1e-12, atol=1e-12)
        weight = self.rng.uniform(-1, 1, naive.value.shape)
        expected = weight @ naive.jacobian
        if not ours.requires_grad:
            assert not expected.any()
            return
        try:
            grads = autograd.grad(ours, self.leaves, autograd.tensor(weight), retain_graph=True,
                                  materialize_grads=True)
        except RuntimeError as error:
            assert "has since changed in place" in str(error)
            return
        got = np.concatenate([g.numpy() for g in grads])
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


Programs.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None,
                                      derandomize=True)
TestPrograms = Programs.TestCase
