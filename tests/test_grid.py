"""Sampling at the points of a grid: identities, special numbers, layouts, messages."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import autograd
from autograd.kernels import reference
from nn import functional as F

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


def numbers(*shape):
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape))


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (2, 3, 3, 4, 5)])
def test_the_grid_of_the_identity_gives_the_input(shape):
    dims = len(shape) - 2
    theta = autograd.eye(dims, dims + 1, dtype=autograd.float64).expand(2, dims, dims + 1)
    x = numbers(*shape)
    for mode, corners in itertools.product(MODES[:2 if dims == 3 else 3], (True, False)):
        grid = F.affine_grid(theta, shape, align_corners=corners)
        y = F.grid_sample(x, grid, mode, align_corners=corners)
        np.testing.assert_allclose(y, x, atol=1e-14)


def test_a_transformer_learns_where_to_look():
    """The gradient by an affine map, through grid and samples, brings a shifted blob back."""
    at = np.linspace(-1, 1, 16)
    blob = np.exp(-4 * np.add.outer(at**2, at**2))
    x = autograd.tensor(np.roll(blob, (2, -3), (0, 1))[None, None])
    theta = autograd.tensor([[[1.0, 0, 0], [0, 1, 0]]], dtype=autograd.float64, requires_grad=True)

    def error():
        grid = F.affine_grid(theta, (1, 1, 16, 16), align_corners=True)
        found = F.grid_sample(x, grid, padding_mode="border", align_corners=True)
        return ((found - autograd.tensor(blob)) ** 2).mean()

    first = error().item()
    for _ in range(60):
        g, = autograd.grad(error(), theta)
        with autograd.no_grad():
            theta -= g
    assert error().item() < first / 20


@pytest.mark.parametrize("way", list(itertools.product(MODES, PADDINGS, (False, True))))
@pytest.mark.parametrize("dims", [2, 3])
def test_twins_agree_in_every_way_at_special_points(way, dims):
    compiled = pytest.importorskip("autograd.kernels.compiled")
    if way[0] == "bicubic" and dims == 3:
        return
    rng, sizes = np.random.default_rng(0), (2, 1, 5)[3 - dims:]
    x, g = rng.standard_normal((2, 2, *sizes)), rng.standard_normal((2, 2, 3, 40))
    points = rng.uniform(-2.5, 2.5, (2, 3, 40, dims))
    points[0, 0, :9, 0] = -1, 1, 0, -0.0, math.inf, -math.inf, math.nan, 1e300, 5e-324
    for orders in ((0,) * dims, (0, 1, 0)[:dims], (1, 2, 0)[:dims]):
        for name, arguments in {"sample_points": (x, points, orders, way),
                                "sample_points_grad": (g, points, orders, way, sizes),
                                "sample_slopes": (g, x, points, orders, way)}.items():
            found, wanted = (getattr(tier, name)(*arguments) for tier in (compiled, reference))
            np.testing.assert_allclose(found, wanted, 1e-10, 1e-11, err_msg=f"{name} {orders}")


def test_at_the_outermost_elements():
    """Where the point that counts stops moving, there is no slope; zeros begin beyond them."""
    x = autograd.tensor([[[[1.0, 2.0, 4.0]]]], dtype=autograd.float64)
    at = autograd.tensor([[[[-1.0, 0.0], [1.0, 0.0], [0.5, 0.0], [3.0, 0.0]]]],
                         dtype=autograd.float64, requires_grad=True)
    slopes = {"border": [0, 0, 2, 0], "reflection": [0, 0, 2, 0], "zeros": [1, -4, 2, 0]}
    for padding, expected in slopes.items():
        g, = autograd.grad(F.grid_sample(x, at, padding_mode=padding, align_corners=True).sum(), at)
        assert g[..., 0].flatten().tolist() == expected


def test_a_sample_has_third_derivatives():
    x = numbers(1, 2, 5, 6)
    at = autograd.tensor([[[[0.1, -0.3]]]], dtype=autograd.float64, requires_grad=True)

    def slope(at):
        sample = F.grid_sample(x, at, "bicubic").sin().sum()
        return autograd.grad(sample, at, create_graph=True)[0]

    assert autograd.gradgradcheck(slope, (at,))


def test_beyond_the_edges():
    x = autograd.tensor([[[[1.0, 2.0, 3.0]]]])
    points = autograd.tensor([[[[-2.0, 0.0], [1.5, 0.0], [math.inf, 0.0]]]])
    found = {padding: F.grid_sample(x, points, padding_mode=padding, align_corners=True).flatten()
             for padding in PADDINGS}
    assert found["zeros"].tolist() == [0, 1.5, 0]
    assert found["border"].tolist() == [1, 3, 3]
    assert found["reflection"].tolist()[:2] == [2, 2.5]


def test_no_number_is_the_first_element_where_there_is_always_one():
    x = autograd.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    nowhere = autograd.full((1, 1, 1, 2), math.nan)
    for padding in ("border", "reflection"):
        assert F.grid_sample(x, nowhere, "bilinear", padding).item() == 1
    assert math.isnan(F.grid_sample(x, nowhere).item())


def test_what_lies_outside_is_not_touched():
    """Not even where it is infinite, with share 0."""
    x = autograd.tensor([[[[1.0, math.inf, math.nan]]]], requires_grad=True)
    y = F.grid_sample(x, autograd.tensor([[[[-1.0, 0.0]]]]))
    y.sum().backward()
    assert y.item() == 0.5 and x.grad.tolist() == [[[[0.5, 0, 0]]]]


def test_empty_ones_and_float16():
    assert F.grid_sample(numbers(0, 2, 3, 4), numbers(0, 5, 6, 2)).shape == (0, 2, 5, 6)
    assert F.grid_sample(numbers(2, 0, 3, 4), numbers(2, 5, 6, 2)).shape == (2, 0, 5, 6)
    assert F.grid_sample(numbers(2, 2, 3, 4), numbers(2, 0, 6, 2)).shape == (2, 2, 0, 6)
    half = numbers(1, 1, 3, 4).half()
    assert F.grid_sample(half, autograd.zeros(1, 1, 1, 2).half()).dtype == autograd.float16


@pytest.mark.parametrize("call,message", [
    (lambda x, g: F.grid_sample(x, g, "cubic"), "mode 'cubic'; choose 'bilinear', 'nearest'"),
    (lambda x, g: F.grid_sample(x, g, padding_mode="edge"), "padding_mode 'edge'; choose 'zeros'"),
    (lambda x, g: F.grid_sample(x[0], g), r"input must be \(N, C, H, W\) or \(N, C, D, H, W\)"),
    (lambda x, g: F.grid_sample(x[None], g, "bicubic"), r"\(N, C, H, W\) in mode 'bicubic'"),
    (lambda x, g: F.grid_sample(x, g[..., :1]), r"grid must be \(1, ..., ..., 2\) for input"),
    (lambda x, g: F.grid_sample(x, g.expand(2, 1, 1, 2)), r"got Tensor \(2, 1, 1, 2\)"),
    (lambda x, g: F.grid_sample(x[:, :, :0], g), "there is nothing to sample"),
    (lambda x, g: F.affine_grid(x[0], (1, 1, 2)), r"size must be \(N, C, H, W\) or"),
    (lambda x, g: F.affine_grid(x[0], (1, 1, 2, 2)), r"theta must be \(1, 2, 3\) for size"),
    (lambda x, g: F.affine_grid(x[0], (1, 1, 0, 2)), "at least 1"),
])
def test_messages(call, message):
    with pytest.raises(ValueError, match=message):
        call(numbers(1, 1, 3, 4), numbers(1, 1, 1, 2))


def test_wrong_types():
    x, grid = numbers(1, 1, 3, 4), numbers(1, 1, 1, 2)
    with pytest.raises(TypeError, match="input is float64 but grid float32"):
        F.grid_sample(x, grid.float())
    with pytest.raises(TypeError, match="input must be a floating Tensor, got Tensor .* int64"):
        F.grid_sample(x.long(), grid)
    with pytest.raises(TypeError, match="theta must be a floating Tensor, got list"):
        F.affine_grid([1.0], (1, 1, 2, 2))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "nearest"])
def test_what_lies_beyond_touches_no_element(mode):
    """Neither the first one, which stands in for it in kernels, where infinities are about."""
    x = autograd.ones(1, 1, 70, 70, dtype=autograd.float64)
    x[0, 0, 0, 0] = math.inf
    x.requires_grad_()
    at = autograd.full((1, 70, 70, 2), 1.01, dtype=autograd.float64)
    y = F.grid_sample(x, at, mode, align_corners=True)
    assert y.isfinite().all() and (y > 0.3).all()
    g = autograd.zeros(*y.shape, dtype=autograd.float64)
    g[0, 0, 3, 4] = math.inf
    y.backward(g)
    assert x.grad[0, 0, 0, 0] == 0 and x.grad[0, 0, -1, -1] == math.inf
