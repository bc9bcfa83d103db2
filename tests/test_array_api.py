"""The namespace of the Array API standard: its functions give what NumPy's, which follow it, give,
as Tensors, with gradients."""

import inspect

import numpy as np
import pytest

import autograd
from tests.test_lazy import fresh

A = np.array([[0.5, -1.25, 2.0], [3.0, 0.75, -0.5]])
B = np.array([[1.5, 0.25, -1.0], [2.0, -0.75, 1.0]])
N, M = np.array([[5, 2, 9], [4, 1, 7]]), np.array([[1, 2, 3], [3, 2, 1]])
T = A > 0.6
xp = autograd.ones(1).__array_namespace__()
ONE = ("abs asinh atan ceil cos cosh exp expm1 floor isfinite isinf isnan matrix_transpose "
       "negative positive reciprocal round sign signbit sin sinh square tan tanh trunc nonzero "
       "argmax argmin all any count_nonzero max min mean prod sum std var diff flip tril triu "
       "sort argsort unique_values unique_counts unique_inverse unique_all unstack zeros_like "
       "ones_like")
POSITIVE, SHARES = "log log10 log1p log2 sqrt", "acos asin atanh"
TWO = ("add atan2 copysign divide equal greater greater_equal hypot less less_equal logaddexp "
       "maximum minimum multiply nextafter not_equal remainder subtract floor_divide vecdot")
TRUTHS = "logical_and logical_or logical_xor"
WHOLE = "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift"
CALLS = {
    **dict.fromkeys(ONE.split(), (A,)), **dict.fromkeys(POSITIVE.split(), (np.abs(A),)),
    **dict.fromkeys(SHARES.split(), (A / 4,)), "acosh": (np.abs(A) + 1,),
    **dict.fromkeys(TWO.split(), (A, B)), "pow": (np.abs(A), B), "logical_not": (T,),
    **dict.fromkeys(TRUTHS.split(), (T, ~T)), **dict.fromkeys(WHOLE.split(), (N, M)),
    "bitwise_invert": (N,), "matmul": (A, B.T), "where": (T, A, B), "clip": (A, -1.0, 1.5),
    "broadcast_to": (A, (2, 2, 3)), "broadcast_arrays": (A, B[0]), "reshape": (A, (3, 2)),
    "permute_dims": (A, (1, 0)), "moveaxis": (A, 0, 1), "expand_dims": (A, 1), "tile": (A, (2, 1)),
    "squeeze": (A[None], 0), "repeat": (A, 2), "roll": (A, 1), "concat": ([A, B],),
    "stack": ([A, B],), "meshgrid": (A[0], B[1]), "take": (A, np.array([0, 2])),
    "take_along_axis": (A, np.array([[0], [1]])), "searchsorted": (np.sort(A[0]), B),
    "tensordot": (A, B.T), "cumulative_sum": (A[0],), "cumulative_prod": (A[0],),
}
OPTIONS = {"take": dict(axis=1), "take_along_axis": dict(axis=1), "tensordot": dict(axes=1),
           "expand_dims": {}, "unstack": dict(axis=1), "diff": dict(axis=0),
           **{name: dict(axis=1, keepdims=True) for name in (
               "all", "any", "max", "min", "mean", "prod", "sum", "argmax")}}
MADE = {"arange": (2, 9, 3), "linspace": (0.0, 1.0, 5), "zeros": ((2, 3),), "ones": ((2,),),
        "eye": (3,), "full": ((2,), 7.0), "asarray": ([1.0, 2.0],)}
TOLD = ("bool can_cast e empty empty_like finfo float32 float64 from_dlpack full_like iinfo inf "
        "int16 int32 int64 int8 isdtype linalg nan newaxis pi result_type uint8 astype")


def converted(value):
    if isinstance(value, np.ndarray):
        return autograd.tensor(value)
    return [converted(part) for part in value] if isinstance(value, list) else value


def each(found):
    return found if isinstance(found, (tuple, list)) else (found,)


@pytest.mark.parametrize("name", CALLS)
def test_results_are_numpys(name):
    wanted = getattr(np, name)(*CALLS[name], **OPTIONS.get(name, {}))
    found = getattr(xp, name)(*map(converted, CALLS[name]), **OPTIONS.get(name, {}))
    assert len(each(found)) == len(each(wanted))
    for ours, theirs in zip(each(found), each(wanted), strict=True):
        assert isinstance(ours, autograd.Tensor) and ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, 1e-12)


@pytest.mark.parametrize("name", MADE)
def test_tensors_are_made(name):
    found = getattr(xp, name)(*MADE[name])
    np.testing.assert_allclose(found, getattr(np, name)(*MADE[name]), 1e-7)
    assert isinstance(found, autograd.Tensor)


def test_every_name_is_tried_here_or_told():
    assert set(xp.__all__) == {*CALLS, *MADE, *TOLD.split()}
    assert all(getattr(xp, name) is not None for name in TOLD.split() if name != "newaxis")
    with pytest.raises(AttributeError, match="'autograd.array_api' has no attribute 'fft'"):
        xp.fft  # noqa: B018


def test_options_of_the_standard():
    x = autograd.tensor(A, requires_grad=True)
    assert xp.sort(x, axis=0, descending=True).tolist() == np.sort(A, 0)[::-1].tolist()
    xp.std(x, axis=1, correction=1).sum().backward()
    assert x.grad.shape == (2, 3) and xp.arange(3, 1).shape == (0,)
    assert xp.linspace(0, 1, 4, endpoint=False).tolist() == [0.0, 0.25, 0.5, 0.75]
    assert xp.astype(x, xp.float32).dtype == xp.float32 and xp.astype(x, x.dtype, copy=False) is x
    assert xp.isdtype(x.dtype, "real floating") and xp.result_type(xp.int8, xp.int32) == xp.int32
    info = xp.__array_namespace_info__()
    assert list(info.dtypes(kind=("bool", "real floating"))) == ["bool", "float32", "float64"]
    assert len(info.dtypes()) == 8 and info.devices() == [x.device] == [info.default_device()]
    assert info.default_dtypes()["real floating"] == autograd.float32
    assert info.capabilities()["max dimensions"] == 64
    with pytest.raises(ValueError, match="dtypes: kind str; choose of bool"):
        info.dtypes(kind="text")
    assert "axis" in inspect.signature(xp.sort).parameters


def test_a_program_for_any_arrays():
    def normalised(x):
        space = x.__array_namespace__(api_version="2024.12")
        return (x - space.mean(x, axis=0)) / space.std(x, axis=0)

    x = autograd.tensor(A, requires_grad=True)
    np.testing.assert_allclose(normalised(x).detach(), normalised(A), 1e-12)
    assert normalised(x).requires_grad
    assert fresh("import sys, autograd; print('autograd.array_api' in sys.modules)") == "False"
