"""Which arguments rarely drawn random numbers take, and what can be asked, against PyTorch."""

import itertools

import pytest

import autograd
from tests.parity.test_ops import DTYPES
from tests.parity.test_sampling import outcome

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

CALLS = [
    "poisson(m.tensor([-1.0]))", "poisson(m.tensor([1]))", "poisson(m.tensor([2.0, 0.0]))",
    "binomial(m.tensor([3.0]), m.tensor([0.5]))", "binomial(m.tensor([3]), m.tensor([0.5]))",
    "binomial(m.tensor([3.0]), m.tensor([0.5]).double())",
    *[f"zeros(2, dtype=m.{dtype}).{fill}" for dtype in ("float16", "float32", "int64", "uint8")
      for fill in ("geometric_(0.5)", "geometric_(0.0)", "geometric_(1.0)", "exponential_()",
                   "exponential_(0)", "exponential_(-1)", "cauchy_()", "cauchy_(0, 0)",
                   "log_normal_()", "log_normal_(0, 0)", "random_()", "random_(5)",
                   "random_(2, 5)", "random_(5, 5)")],
]


@pytest.mark.parametrize("call", CALLS)
def test_the_same_arguments_are_refused(call):
    ours, theirs = outcome(autograd, call), outcome(torch, call)
    assert (ours is None) == (theirs is None)
    if theirs is not None:
        assert ours.numpy().dtype == theirs.numpy().dtype and ours.shape == tuple(theirs.shape)


def test_casts_and_common_types_agree():
    for first, second in itertools.product(DTYPES, DTYPES):
        assert (autograd.can_cast(autograd.tensor([1]).type(first).dtype, second)
                == torch.can_cast(getattr(torch, first), getattr(torch, second)))
        for shapes in (((2,), (2,)), ((), (2,)), ((), ())):
            ours = autograd.result_type(*[autograd.zeros(s).type(d) for s, d in zip(
                shapes, (first, second), strict=True)])
            theirs = torch.result_type(*[torch.zeros(s, dtype=getattr(torch, d)) for s, d in zip(
                shapes, (first, second), strict=True)])
            assert f"torch.{ours.name}" == str(theirs)
