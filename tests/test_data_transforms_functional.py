"""The functions of torchvision.transforms.functional: what they give is seen, or told by NumPy."""

import numpy as np
import pytest

import autograd
from data import transforms as T
from data.transforms import functional as F

RNG = np.random.default_rng(3)
BYTES = RNG.integers(0, 256, (7, 9, 3), dtype=np.uint8)
FLOATS = autograd.from_numpy(RNG.random((3, 7, 9)).astype(np.float32))
GREY = (0.2989, 0.587, 0.114)

SEEN = {
    "hflip": (F.hflip, lambda x: x[:, ::-1]),
    "vflip": (F.vflip, lambda x: x[::-1]),
    "crop": (lambda x: F.crop(x, 2, 3, 4, 5), lambda x: x[2:6, 3:8]),
    "crop beyond": (lambda x: F.crop(x, -1, 7, 3, 4),
                    lambda x: np.pad(x[:2, 7:], ((1, 0), (0, 2), (0, 0)))),
    "center_crop": (lambda x: F.center_crop(x, (3, 5)), lambda x: x[2:5, 2:7]),
    "pad": (lambda x: F.pad(x, (1, 2), padding_mode="reflect"),
            lambda x: np.pad(x, ((2, 2), (1, 1), (0, 0)), "reflect")),
    "rotate": (lambda x: F.rotate(x, 90, expand=True), np.rot90),
    "rotate by half": (lambda x: F.rotate(x, -180), lambda x: x[::-1, ::-1]),
    "affine": (lambda x: F.affine(x, 0, (2, -1), 1.0, 0),
               lambda x: np.pad(x[1:, :-2], ((0, 1), (2, 0), (0, 0)))),
    "affine by half": (lambda x: F.affine(x, 180, (0, 0), 1.0, (0.0, 0.0)),
                       lambda x: x[::-1, ::-1]),
    "resize": (lambda x: F.resize(x, (7, 9)), lambda x: x),
    "resized_crop": (lambda x: F.resized_crop(x, 1, 2, 4, 6, (2, 3), T.InterpolationMode.NEAREST),
                     lambda x: x[1:5:2, 2:8:2]),
}
RECKONED = {
    "brightness": (lambda x: F.adjust_brightness(x, 0.5), lambda x: 0.5 * x),
    "contrast": (lambda x: F.adjust_contrast(x, 0.25),
                 lambda x: 0.25 * x + 0.75 * (x @ GREY).mean()),
    "saturation": (lambda x: F.adjust_saturation(x, 0.25),
                   lambda x: 0.25 * x + 0.75 * (x @ GREY)[..., None]),
    "hue": (lambda x: F.adjust_hue(F.adjust_hue(x, 0.2), -0.2), lambda x: x),
    "grey": (lambda x: F.rgb_to_grayscale(x, 3), lambda x: (x @ GREY)[..., None].repeat(3, 2)),
    "convert": (lambda x: F.convert_image_dtype(x, autograd.float64), lambda x: x),
    "normalize": (lambda x: F.normalize(x, (0.5,) * 3, (0.25, 0.5, 1.0)),
                  lambda x: (x - 0.5) / (0.25, 0.5, 1.0)),
}


@pytest.mark.parametrize("name", SEEN)
def test_pixels_are_where_they_should_be(name):
    function, seen = SEEN[name]
    np.testing.assert_array_equal(function(BYTES), seen(BYTES))
    tensor = autograd.from_numpy(BYTES.transpose(2, 0, 1).copy())
    np.testing.assert_array_equal(function(tensor).numpy().transpose(1, 2, 0), seen(BYTES))


@pytest.mark.parametrize("name", RECKONED)
def test_colours_are_what_the_formula_says(name):
    function, formula = RECKONED[name]
    want = formula(FLOATS.numpy().transpose(1, 2, 0).astype(np.float64))
    np.testing.assert_allclose(function(FLOATS).numpy().transpose(1, 2, 0), want, atol=2e-6)


def test_a_blur_weighs_by_distance_along_rows_and_columns():
    image = np.zeros((5, 7))
    image[2, 3] = 1
    rows, columns = (np.exp(-0.5 * (np.arange(-1, 2) / width) ** 2) for width in (2.0, 0.8))
    want = np.outer(rows / rows.sum(), columns / columns.sum())
    np.testing.assert_allclose(F.gaussian_blur(image, 3, (0.8, 2.0))[1:4, 2:5], want)
    usual = np.exp(-0.5 * (np.arange(-1, 2) / 0.8) ** 2)
    np.testing.assert_allclose(F.gaussian_blur(image, 3)[1:4, 3], (usual / usual.sum()) *
                               (usual / usual.sum())[1])


def test_crops_at_corners():
    five, ten = F.five_crop(BYTES, 3), F.ten_crop(BYTES, 3, vertical_flip=True)
    corners = [BYTES[:3, :3], BYTES[:3, -3:], BYTES[-3:, :3], BYTES[-3:, -3:], BYTES[2:5, 3:6]]
    for got, want in zip(five, corners, strict=True):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(ten[5], BYTES[::-1][:3, :3])


def test_erase_leaves_the_image_unless_it_is_told():
    image = FLOATS.clone()
    erased = F.erase(image, 1, 2, 3, 4, 9.0)
    assert (image == FLOATS).all() and (erased[:, 1:4, 2:6] == 9).all()
    assert (erased != FLOATS).sum() == 3 * 3 * 4
    assert F.erase(image, 1, 2, 3, 4, 9.0, inplace=True) is image and (image == erased).all()


def test_sizes():
    assert F.get_dimensions(BYTES) == [3, 7, 9] and F.get_image_size(FLOATS) == [9, 7]
    pil = F.to_pil_image(BYTES)
    assert F.get_dimensions(pil) == [3, 7, 9] and F.get_image_num_channels(pil) == 3
    np.testing.assert_array_equal(F.pil_to_tensor(pil).numpy(), BYTES.transpose(2, 0, 1))
    np.testing.assert_allclose(F.to_tensor(pil).numpy(), BYTES.transpose(2, 0, 1) / 255, 1e-6)


def test_no_function_draws_random_numbers():
    autograd.manual_seed(5)
    want = autograd.rand(3)
    autograd.manual_seed(5)
    for function, _ in (*SEEN.values(), *RECKONED.values()):
        function(FLOATS)
    F.gaussian_blur(FLOATS, 3)
    assert (autograd.rand(3) == want).all()


@pytest.mark.parametrize(("call", "error", "said"), [
    (lambda: F.crop(BYTES, 0, 0, 0, 3), ValueError, "height and width must be whole numbers"),
    (lambda: F.crop(BYTES, 0.5, 0, 1, 3), ValueError, "got 0.5, 0, 1 and 3"),
    (lambda: F.affine(BYTES, 0, (1,), 1.0, 0), ValueError, "translate must be a sequence of 2"),
    (lambda: F.affine(BYTES, 0, (1, 1), 0, 0), ValueError, "scale a positive one, got 0 and 0"),
    (lambda: F.affine(BYTES, 0, (1, 1), 1.0, (1, 2, 3)), ValueError, "shear"),
    (lambda: F.gaussian_blur(BYTES, 3, -1.0), ValueError, "sigma must be positive, got -1.0"),
    (lambda: F.gaussian_blur(BYTES, 4), ValueError, "kernel_size must be odd"),
    (lambda: F.adjust_brightness(BYTES, -1.0), ValueError, "brightness must be"),
    (lambda: F.erase(BYTES, 0, 0, 1, 1, 0), TypeError, "needs a Tensor"),
    (lambda: F.hflip(FLOATS.tolist()), TypeError, "an image is an ndarray"),
])
def test_what_does_not_fit_is_told(call, error, said):
    with pytest.raises(error, match=said):
        call()
