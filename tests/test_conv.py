"""Convolution: the course's example, padding, dimensions, gradients' gradients, and errors."""

import re

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import tensor
from autograd.gradient_check import gradcheck, gradgradcheck

IMAGE = [[125.0, 15.0, 30.0], [250.0, 25.0, 2.0], [174.0, 255.0, 10.0]]
DIAGONAL = [[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]


def image(rows):
    return tensor(rows).reshape(1, 1, len(rows), -1)


def test_the_courses_convolution():
    out = F.conv2d(image(IMAGE), image(DIAGONAL), stride=2, padding=1)
    assert out.tolist() == [[[[-125.0, -5.0], [-149.0, -10.0]]]]


def test_the_kernel_is_not_flipped():
    """The course's kernel looks the same turned by 180 degrees; this one does not."""
    out = F.conv2d(image([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), image([[1.0, 10.0], [0.0, 100.0]]))
    assert out.tolist() == [[[[521.0, 632.0]]]]


def test_parameters_have_the_courses_count():
    layer = nn.Conv2d(3, 8, 5)
    assert sum(p.numel() for p in layer.parameters()) == 5 * 5 * 3 * 8 + 8


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("kernel", range(1, 5))
@pytest.mark.parametrize("stride", range(1, 4))
def test_same_padding_is_tensorflows(size, kernel, stride):
    x = tensor(np.arange(1.0, size + 1).reshape(1, 1, size))
    out = F.conv1d(x, autograd.ones(1, 1, kernel, dtype=x.dtype), stride=stride, padding="same")
    count = -(-size // stride)
    total = max((count - 1) * stride + kernel - size, 0)
    padded = np.pad(x.numpy()[0, 0], (total // 2, total - total // 2))
    wanted = [padded[i * stride:i * stride + kernel].sum() for i in range(count)]
    assert out.flatten().tolist() == wanted


def test_valid_is_no_padding():
    x, weight = autograd.randn(1, 2, 5, 5), autograd.randn(3, 2, 3, 3)
    assert F.conv2d(x, weight, padding="valid").tolist() == F.conv2d(x, weight).tolist()


def test_lists_and_numbers_are_taken_alike():
    x, weight = autograd.randn(1, 2, 6, 6), autograd.randn(3, 2, 3, 3)
    wanted = F.conv2d(x, weight, stride=2, padding=1).tolist()
    assert F.conv2d(x, weight, stride=[2, 2], padding=(1, 1)).tolist() == wanted
    assert F.conv2d(x, weight, stride=(2,), padding=np.int64(1)).tolist() == wanted


def test_no_images_are_fine():
    layer = nn.Conv2d(2, 3, 3, padding=1)
    x = autograd.zeros(0, 2, 4, 4, requires_grad=True)
    out = layer(x)
    out.sum().backward()
    assert out.shape == (0, 3, 4, 4) and x.grad.shape == x.shape
    assert layer.weight.grad.tolist() == autograd.zeros(3, 2, 3, 3).tolist()
    assert layer.bias.grad.tolist() == [0.0] * 3


def test_nan_and_infinity_travel_to_what_they_touch_only():
    x = autograd.zeros(1, 1, 8, 8)
    x[0, 0, 0, 0] = float("nan")
    x[0, 0, 7, 7] = float("inf")
    out = F.conv2d(x, autograd.ones(20, 1, 3, 3), padding=1).numpy()
    assert np.isnan(out[:, 0, :2, :2]).all() and np.isinf(out[:, 0, 6:, 6:]).all()
    assert np.isnan(out).sum() == 80 and np.isinf(out).sum() == 80


@pytest.mark.parametrize("stride", [5, 2**24, 2**31, 2**40, 2**62, 2**100])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_strides_beyond_the_image_take_the_first_window(stride, n):
    conv = (F.conv1d, F.conv2d, F.conv3d)[n - 1]
    x = autograd.randn(2, 3, *[4] * n, requires_grad=True)
    weight = autograd.randn(2, 3, *[2] * n, requires_grad=True)
    out = conv(x, weight, stride=stride)
    out.sum().backward()
    corner = x.detach().numpy()[(..., *[slice(2)] * n)]
    wanted = np.tensordot(corner, weight.detach().numpy(), (range(1, n + 2), range(1, n + 2)))
    np.testing.assert_allclose(out.detach().numpy().reshape(2, 2), wanted, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(weight.grad.numpy(), [corner.sum(0)] * 2, rtol=1e-5, atol=1e-6)
    grad = np.zeros(x.shape)
    grad[(..., *[slice(2)] * n)] = weight.detach().numpy().sum(0)
    np.testing.assert_allclose(x.grad.numpy(), grad, rtol=1e-5, atol=1e-6)
    if n < 3:
        back = (F.conv_transpose1d, F.conv_transpose2d)[n - 1]
        out = back(out.detach()[(..., *[slice(1)] * n)], weight, stride=stride)
        assert out.shape == (2, 3, *[2] * n)


def test_a_stride_of_half_a_large_image():
    """Most of its phases have no tap."""
    x = autograd.randn(1, 1, 2000, 2000, requires_grad=True)
    weight = autograd.randn(1, 1, 2, 2)
    out = F.conv2d(x, weight, stride=1500)
    out.sum().backward()
    assert out.shape == (1, 1, 2, 2) and np.count_nonzero(x.grad.numpy()) == 16
    np.testing.assert_allclose(x.grad.numpy()[0, 0, 1500:1502, :2], weight.numpy()[0, 0])


@pytest.mark.parametrize("name, shapes, options, text", [
    ("conv2d", [(1, 1, 4, 4), (1, 1, 2, 2)], dict(padding=2**40), "the padded input would be"),
    ("conv2d", [(1, 1, 4, 4), (1, 1, 2, 2)], dict(padding=2**40, stride=2**40), "padded input"),
    ("conv2d", [(1, 1, 4, 4), (1, 1, 2, 2)], dict(padding=2**62, dilation=2**62), "padded input"),
    ("conv1d", [(1, 1, 4), (1, 1, 1)], dict(padding=2**60), "the padded input would be"),
    ("conv_transpose2d", [(1, 1, 2, 2), (1, 1, 1, 1)], dict(stride=2**40), "the result would be"),
    ("conv_transpose1d", [(1, 1, 1), (1, 1, 2)], dict(dilation=2**62), "the result would be"),
    ("conv_transpose1d", [(1, 1, 1), (1, 1, 2)], dict(dilation=2**62, padding=2**61),
     "the result would be")])
def test_sizes_that_no_memory_holds(name, shapes, options, text):
    arrays = [autograd.ones(*shape) for shape in shapes]
    with pytest.raises(ValueError, match=f"{name}: .*{text}"):
        getattr(F, name)(*arrays, **options)


def test_half_the_gradients_are_not_computed():
    x = autograd.randn(2, 1, 6, 6)
    layer = nn.Conv2d(1, 4, 3)
    layer(x).sum().backward()
    assert x.grad is None and layer.weight.grad is not None
    for parameter in layer.parameters():
        parameter.requires_grad_(False)
    x.requires_grad_()
    layer.zero_grad()
    layer(x).sum().backward()
    assert x.grad is not None and layer.weight.grad is None


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_gradients_of_padding_modes(mode):
    layer = nn.Conv2d(1, 2, 3, padding=(1, 2), padding_mode=mode, dtype=autograd.float64)
    x = autograd.randn(1, 1, 3, 4, dtype=autograd.float64, requires_grad=True)
    assert gradcheck(layer, [x]) and gradgradcheck(layer, [x])


def test_transposed_layer_undoes_the_shape():
    x = autograd.randn(2, 3, 9, 10)
    down = nn.Conv2d(3, 4, 3, stride=2, padding=1)
    up = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1)
    assert up(down(x), output_size=(9, 10)).shape == x.shape


def test_transposed_is_the_adjoint():
    x, y = autograd.randn(1, 2, 7, 6), autograd.randn(1, 3, 3, 5)
    weight = autograd.randn(3, 2, 3, 2)
    options = dict(stride=(2, 1), padding=0)
    there = (F.conv2d(x, weight, **options) * y).sum().item()
    assert abs(there - (x * F.conv_transpose2d(y, weight, **options)).sum().item()) < 1e-4


X, W = (2, 3, 8, 8), (4, 3, 3, 3)
WRONG = [
    (((2, 1, 8, 8), W, {}), RuntimeError, "has 1 channels, but weight (4, 3, 3, 3) takes 3"),
    (((2, 8, 8, 3), W, {}), RuntimeError, "input.movedim(-1, 1)"),
    (((2, 8, 8), (4, 1, 3, 3), {}), RuntimeError, "input.unsqueeze(1)"),
    ((X, (4, 3, 9, 3), {}), RuntimeError, "the kernel spans (9, 3), more than the padded input"),
    ((X, W, dict(dilation=4)), RuntimeError, "the kernel spans (9, 9)"),
    (((8, 8), W, {}), RuntimeError, "input.reshape(1, 1, 8, 8)"),
    (((8,), W, {}), RuntimeError, "input must be (N, C, H, W), or (C, H, W) without a batch"),
    ((X, (4, 3, 3), {}), RuntimeError, "weight must have 4 dimensions"),
    ((X, (4, 1, 3, 3), dict(groups=3)), ValueError, "groups=3 must divide the 4 output channels"),
    ((X, W, dict(groups=0)), ValueError, "groups must be an int of at least 1, got 0"),
    ((X, W, dict(stride=0)), ValueError, "stride must be an int of at least 1"),
    ((X, W, dict(stride=(1, 1, 1))), ValueError, "or 2 of them, got (1, 1, 1)"),
    ((X, W, dict(padding=-1)), ValueError, "or 'same' or 'valid', got -1"),
    ((X, W, dict(padding="full")), ValueError, "padding='full'; choose 'same', 'valid'"),
    ((X, W, dict(dilation=1.5)), ValueError, "dilation must be an int"),
]


@pytest.mark.parametrize(("call", "kind", "text"), WRONG, ids=lambda v: v if isinstance(
    v, str) else None)
def test_errors_of_conv2d(call, kind, text):
    shape, weight, options = call
    with pytest.raises(kind, match="conv2d: .*" + re.escape(text)):
        F.conv2d(autograd.zeros(*shape), autograd.zeros(*weight), **options)


def test_errors_of_types():
    x, weight = autograd.zeros(*X), autograd.zeros(*W)
    with pytest.raises(TypeError, match="conv2d: input must be a Tensor, got list of 1"):
        F.conv2d([1.0], weight)
    with pytest.raises(RuntimeError, match="input is float64, but weight is float32"):
        F.conv2d(x.double(), weight)
    with pytest.raises(RuntimeError, match="input must be floating, got int64"):
        F.conv2d(x.long(), weight.long())
    with pytest.raises(RuntimeError, match=re.escape("bias must be (4,)")):
        F.conv2d(x, weight, autograd.zeros(3))


def test_errors_of_the_transpose():
    x, weight = autograd.zeros(2, 4, 2, 2), autograd.zeros(4, 2, 3, 3)
    with pytest.raises(RuntimeError, match="has 4 channels, but weight .* takes 3"):
        F.conv_transpose2d(x, autograd.zeros(3, 2, 3, 3))
    with pytest.raises(ValueError, match="output_padding=.2, 2. must be smaller than stride"):
        F.conv_transpose2d(x, weight, stride=2, output_padding=2)
    with pytest.raises(RuntimeError, match=re.escape("the output would have size (0, 0)")):
        F.conv_transpose2d(x, weight, padding=2)
    with pytest.raises(ValueError, match="groups=3 must divide the 4 input channels"):
        F.conv_transpose2d(x, weight, groups=3)
    with pytest.raises(ValueError, match=re.escape("between (5, 5) and (6, 6)")):
        nn.ConvTranspose2d(4, 2, 3, stride=2)(x, (7, 7))


def test_errors_of_the_layers():
    with pytest.raises(ValueError, match="Conv2d: groups=2 must divide in_channels=3"):
        nn.Conv2d(3, 4, 3, groups=2)
    with pytest.raises(ValueError, match="padding_mode='mirror'; choose zeros, reflect"):
        nn.Conv2d(3, 4, 3, padding_mode="mirror")
    with pytest.raises(ValueError, match="kernel_size must be an int of at least 1"):
        nn.Conv2d(3, 4, 0)
    with pytest.raises(ValueError, match=r"'reflect' does not fit dimension 2 .*: at most 2"):
        nn.Conv2d(1, 1, 3, padding=3, padding_mode="reflect")(autograd.zeros(1, 1, 3, 3))
    with pytest.raises(RuntimeError, match="in_channels=3 fits this input"):
        nn.Conv2d(1, 4, 3)(autograd.zeros(1, 3, 8, 8))
