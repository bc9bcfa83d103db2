"""Layers of every dimension, resampling and sampling against PyTorch, over their options."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import autograd
import nn
from nn import functional as F

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

DTYPES = {np.float64: 1e-9, np.float32: 2e-5}
both_types = pytest.mark.parametrize("dtype", DTYPES, ids=["float64", "float32"])
each_dim = pytest.mark.parametrize("dims", [1, 2, 3])
VOLUMES = ((2, 3, 5, 6, 7), (3, 4, 7, 5), (1, 1, 1, 1, 1), (0, 2, 4, 5, 6))


def draw(seed: int, *shape, ties=False):
    x = np.random.default_rng(seed).standard_normal(shape)
    return np.round(x) if ties else x


def laid_out(array: np.ndarray) -> np.ndarray:
    """The same numbers with every other element of memory between them."""
    wide = np.zeros([*array.shape[:-1], 2 * array.shape[-1]], array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def result(library, name: str, tensor, first: tuple, args: tuple, kwargs: dict):
    """What a function gives for `first`, the tensor and the arguments; or a layer of that name,
    built with the arguments, for the tensor."""
    def made(value):
        return library.tensor(value) if isinstance(value, np.ndarray) else value

    if name[0].isupper():
        return getattr(nn if library is autograd else torch.nn, name)(*args, **kwargs)(tensor)
    function = getattr(F if library is autograd else torch.nn.functional, name)
    return function(*map(made, first), tensor, *map(made, args),
                    **{key: made(value) for key, value in kwargs.items()})


def compare(name: str, array: np.ndarray, dtype, *args, first=(), **kwargs) -> bool:
    """Results, places and gradients are PyTorch's; or False where it refuses to answer."""
    x = autograd.from_numpy(laid_out(array.astype(dtype))).requires_grad_()
    y = torch.tensor(array.astype(dtype), requires_grad=True)
    try:
        expected = result(torch, name, y, first, args, kwargs)
    except (RuntimeError, ValueError):
        return False
    found = result(autograd, name, x, first, args, kwargs)
    asked = f"{name} {array.shape} {args} {kwargs}"
    if isinstance(expected, tuple):
        np.testing.assert_array_equal(found[1], expected[1], err_msg=asked)
        found, expected = found[0], expected[0]
    weights = draw(0, *expected.shape).astype(dtype)
    (found * autograd.tensor(weights)).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    for ours, theirs in ((found.detach(), expected.detach().numpy()), (x.grad, y.grad.numpy())):
        assert ours.dtype == theirs.dtype
        scale = np.abs(theirs).max(initial=1)
        np.testing.assert_allclose(ours, theirs, DTYPES[dtype], DTYPES[dtype] * scale,
                                   err_msg=asked)
    return True


@both_types
def test_pooling_of_volumes(dtype):
    settings = product(VOLUMES, (2, (2, 3, 1), 3), (None, 1, (2, 1, 2)), (0, 1, (1, 1, 0)),
                       (False, True))
    for seed, (shape, kernel, stride, padding, ceil) in enumerate(settings):
        if seed % 5:
            continue  # a fifth of them will do
        x = draw(seed, *shape, ties=seed % 2)
        for dilation in (1, (1, 2, 1))[:1 + (shape[-1] > 1)]:  # no window without an element
            compare("max_pool3d", x, dtype, kernel, stride, padding, dilation, ceil, True)
        for counted, divisor in ((True, None), (False, None), (True, 3)):
            compare("avg_pool3d", x, dtype, kernel, stride, padding, ceil, counted, divisor)
        if not padding:
            compare("lp_pool3d", np.abs(x) + 0.1, dtype, 3.0, kernel, stride, ceil)


@both_types
def test_adaptive_pooling_of_volumes(dtype):
    sizes = (1, 2, (1, 1, 3), (2, None, 3), (None, 1, 1), (7, 2, 9))
    for seed, (shape, size) in enumerate(product(VOLUMES, sizes)):
        x = draw(seed, *shape, ties=seed % 2)
        assert compare("adaptive_avg_pool3d", x, dtype, size)
        compare("adaptive_max_pool3d", x, dtype, size, True)


@both_types
def test_fractional_pooling_of_volumes(dtype):
    for shape, kernel, output in product(((2, 3, 9, 10, 8), (3, 9, 10, 8)), (2, (2, 3, 1)),
                                         (4, (3, 5, 7), 1)):
        draws = np.random.default_rng(1).random((*((1,) + shape)[-5:-3], 3)).astype(dtype)
        compare("fractional_max_pool3d", draw(3, *shape), dtype, kernel, output, None, True, draws)


@both_types
@each_dim
def test_unpooling(dims, dtype):
    """Of windows that do not overlap: what is overwritten gets a gradient in PyTorch."""
    settings = product(((2, 2), (2, None), (2, 3), (3, 3)), (0, 1), ((2, 3), (3,)), (True, False))
    for (kernel, stride), padding, lead, sized in settings:
        x = draw(0, *lead, *(7, 8, 6)[:dims])
        y, places = getattr(torch.nn.functional, f"max_pool{dims}d")(
            torch.tensor(x), kernel, stride, padding, return_indices=True)
        size = x.shape if sized and len(lead) > 1 else None
        compare(f"max_unpool{dims}d", y.numpy(), dtype, places.numpy(), kernel, stride, padding,
                size)


WIDTHS = {1: (1, (1, 2), (0, 3), (-1, 2)),
          2: (1, (1, 2, 0, 3), (2, 2, 2, 2), (-1, 1, 0, -2)),
          3: (1, (1, 2, 0, 1, 2, 1), (3, 3, 3, 3, 3, 3), (0, -1, 1, 0, 0, 2))}
MODES = {"reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}


@both_types
@each_dim
def test_padding(dims, dtype):
    for lead, widths in product(((2, 3), (3,)), WIDTHS[dims]):
        x = draw(0, *lead, *(6, 4, 5)[:dims])
        assert compare(f"ZeroPad{dims}d", x, dtype, widths)
        assert compare(f"ConstantPad{dims}d", x, dtype, widths, 1.5)
        if min(np.ravel(widths)) < 0:
            continue  # crops, which only constant padding does here
        for mode, name in MODES.items():
            compare(f"{name}Pad{dims}d", x, dtype, widths)
            compare("pad", x, dtype, widths if widths != 1 else (1,) * 2 * dims, mode)


@both_types
def test_transposed_convolution_of_volumes(dtype):
    settings = product((1, (2, 1, 3)), (0, (1, 0, 1)), (0, (1, 0, 1)), (1, 2), (1, (1, 2, 1)),
                       ((2, 4), (4,)))
    for seed, (*options, dilation, lead) in enumerate(settings):
        weight = draw(seed + 1, 4, 3, 2, 3, 2).astype(dtype)
        compare("conv_transpose3d", draw(seed, *lead, 3, 4, 2), dtype, weight, None, *options,
                dilation)


RESIZES = {1: ("nearest", "nearest-exact", "area", "linear"),
           2: ("nearest", "nearest-exact", "area", "bilinear", "bicubic", "lanczos"),
           3: ("nearest", "nearest-exact", "area", "trilinear")}
# no factor that keeps a size: PyTorch's gradient is then not that of its result
SIZES = (dict(size=1), dict(size=13), dict(size=(5, 6, 7)), dict(scale_factor=1.7),
         dict(scale_factor=0.6), dict(scale_factor=1.3, recompute_scale_factor=True))


@both_types
@each_dim
def test_interpolate(dims, dtype):
    for shape, mode, corners, antialias, wanted in product(
            ((2, 2, 5, 6, 7), (0, 1, 2, 3, 4), (1, 1, 1, 1, 1)), RESIZES[dims],
            (None, False, True), (False, True), SIZES):
        if shape[2] == 1 and wanted.get("scale_factor") == 0.6:
            continue  # to sizes of 0, which only the mode "area" of PyTorch takes
        if "size" in wanted and not isinstance(wanted["size"], int):
            wanted = dict(size=wanted["size"][:dims])
        compare("interpolate", draw(0, *shape[:2 + dims]), dtype, **wanted, mode=mode,
                align_corners=corners, antialias=antialias)


def test_exact_places_where_rounding_decides():
    for dtype, n, scale, dims in product(DTYPES, range(2, 70, 5), (1.1, 1.7, 2.5, 0.5, 2), (1, 2)):
        x = np.arange(n, dtype=dtype).reshape(1, 1, n, *[1] * (dims - 1))
        factor = (scale, 1.0)[:dims]
        ours = F.interpolate(autograd.tensor(x), None, factor, "nearest-exact")
        theirs = torch.nn.functional.interpolate(torch.tensor(x), None, factor, "nearest-exact")
        np.testing.assert_array_equal(ours, theirs, err_msg=f"{n} {factor}")


@both_types
@pytest.mark.filterwarnings("ignore:Default grid_sample")
def test_grid_sample(dtype):
    shapes = (((2, 3, 5, 6), (4, 3)), ((1, 2, 1, 4), (3, 3)), ((2, 2, 1, 4, 5), (2, 3, 2)),
              ((2, 0, 3, 4), (2, 2)), ((0, 2, 3, 4), (2, 2)), ((2, 2, 3, 4), (0, 2)))
    for (shape, size), *options in product(
            shapes, ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection"),
            (False, True, None)):
        x, points = draw(6, *shape), 1.2 * draw(5, shape[0], *size, len(size))
        compare("grid_sample", x, dtype, points.astype(dtype), *options)
        if options[0] != "nearest":  # which has no gradient by the points, or 0 in PyTorch
            compare("grid_sample", points, dtype, *options, first=(x.astype(dtype),))


@both_types
@pytest.mark.filterwarnings("ignore:Since version 1.3.0, affine_grid")
def test_affine_grid(dtype):
    for sizes, corners in product(((3, 4), (1, 2), (2, 1, 3), (1, 1, 1)), (True, False)):
        theta = draw(0, 2, len(sizes), len(sizes) + 1)
        assert compare("affine_grid", theta, dtype, (2, 1, *sizes), corners)


@both_types
def test_the_rest(dtype):
    x = draw(0, 2, 6, 4, 3)
    for size in (1, 2, 3, 4, 9):
        ours, theirs = (library.CrossMapLRN2d(size, 0.5, 0.6, 1.5)(tensor(x.astype(dtype)))
                        for library, tensor in ((nn, autograd.tensor), (torch.nn, torch.tensor)))
        np.testing.assert_allclose(ours, theirs, DTYPES[dtype], DTYPES[dtype])
    for groups in (1, 2, 3, 6):
        assert compare("channel_shuffle", x, dtype, groups)
    assert compare("rrelu", x, dtype, 0.1, 0.5)
    for name in ("dropout3d", "feature_alpha_dropout"):
        assert compare(name, x, dtype, 0.5, False)
    for name, args in (("relu_", ()), ("leaky_relu_", (0.2,)), ("elu_", (0.7,)), ("selu_", ()),
                       ("celu_", (0.7,)), ("hardtanh_", (-0.3, 0.4)), ("rrelu_", (0.1, 0.5)),
                       ("threshold_", (0.2, -1.0))):
        ours, theirs = autograd.tensor(x.astype(dtype)), torch.tensor(x.astype(dtype))
        assert getattr(F, name)(ours, *args) is ours
        getattr(torch.nn.functional, name)(theirs, *args)
        np.testing.assert_allclose(ours, theirs, DTYPES[dtype], err_msg=name)


def test_synchronised_batch_norm_is_made_of_the_others():
    ours, theirs = (library.Sequential(library.Conv2d(3, 4, 1), library.BatchNorm2d(4),
                                       library.Sequential(library.BatchNorm2d(4, affine=False)))
                    for library in (nn, torch.nn))
    theirs.load_state_dict({key: torch.tensor(value.numpy())
                            for key, value in ours.state_dict().items()})
    ours = nn.SyncBatchNorm.convert_sync_batchnorm(ours)
    theirs = torch.nn.SyncBatchNorm.convert_sync_batchnorm(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [type(m).__name__ for m in ours.modules()] == [
        type(m).__name__ for m in theirs.modules()]
    x = draw(0, 2, 3, 4, 5).astype(np.float32)
    np.testing.assert_allclose(ours(autograd.tensor(x)).detach(), theirs(torch.tensor(x)).detach(),
                               1e-4, 1e-5)
