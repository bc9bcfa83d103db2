"""Transforms: values, shapes, batch form, reprs, errors."""

import numpy as np
import pytest

import autograd
from data import DataLoader, default_collate
from data.datasets import Digits
from data.transforms import (
    Compose,
    Lambda,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    ToTensor,
    batch_form,
)

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (4, 6), dtype=np.uint8)
COLOR = RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8)


def test_to_tensor_gray_and_color():
    gray, color = ToTensor()(GRAY), ToTensor()(COLOR)
    assert tuple(gray.shape) == (1, 4, 6) and tuple(color.shape) == (3, 4, 6)
    assert gray.numpy().dtype == color.numpy().dtype == np.float32
    np.testing.assert_array_equal(gray.numpy()[0], GRAY.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(
        color.numpy(), np.moveaxis(COLOR, 2, 0).astype(np.float32) / np.float32(255)
    )
    ends = ToTensor()(np.array([[0, 255]], np.uint8)).numpy()
    assert ends.min() == 0.0 and ends.max() == 1.0


def test_to_tensor_does_not_scale_other_numbers_nor_touch_its_input():
    image = np.array([[2.5, -1.0]])
    tensor = ToTensor()(image)
    np.testing.assert_array_equal(tensor.numpy(), [[[2.5, -1.0]]])
    tensor.numpy()[...] = 0.0
    assert image[0, 0] == 2.5
    assert ToTensor()(np.array([[300]])).numpy().tolist() == [[[300.0]]]
    strided = ToTensor()(COLOR[::2, ::-1])
    np.testing.assert_array_equal(strided.numpy(), ToTensor()(COLOR[::2, ::-1].copy()).numpy())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_to_tensor_gives_the_default_dtype(dtype):
    before = autograd.get_default_dtype()
    try:
        autograd.set_default_dtype(dtype)
        for image in (COLOR, COLOR.astype(np.int64)):
            scale = 255 if image.dtype == np.uint8 else 1
            wanted = image.transpose(2, 0, 1).astype(dtype) / dtype(scale)
            one, many = ToTensor()(image), ToTensor().batch(image[None])
            assert one.dtype == many.dtype == dtype
            np.testing.assert_array_equal(one.numpy(), wanted)
            np.testing.assert_array_equal(many.numpy()[0], wanted)
    finally:
        autograd.set_default_dtype(before)


def test_to_tensor_errors():
    with pytest.raises(TypeError, match="needs an ndarray, got list; use numpy.asarray"):
        ToTensor()([[1, 2]])
    with pytest.raises(TypeError, match="got Tensor; it is a tensor already"):
        ToTensor()(autograd.zeros(2, 2))
    with pytest.raises(ValueError, match=r"\(H, W\) or \(H, W, C\), got \(5,\)"):
        ToTensor()(np.zeros(5))
    with pytest.raises(TypeError, match="of numbers, got dtype <U1"):
        ToTensor()(np.array([["a"]]))


def test_normalize():
    image = ToTensor()(COLOR)
    result = Normalize((0.1, 0.2, 0.3), (0.5, 0.25, 2.0))(image)
    mean = np.array([0.1, 0.2, 0.3], np.float32)[:, None, None]
    std = np.array([0.5, 0.25, 2.0], np.float32)[:, None, None]
    assert result.numpy().dtype == np.float32
    np.testing.assert_array_equal(result.numpy(), (image.numpy() - mean) / std)
    for one in (Normalize(0.5, 0.5), Normalize((0.5,), (0.5,))):
        np.testing.assert_allclose(one(image).numpy(), image.numpy() * 2 - 1, atol=1e-6)


def test_normalize_inplace_and_dtype():
    image = autograd.from_numpy(np.ones((1, 2, 2)))
    assert Normalize(0.5, 0.25)(image).numpy().dtype == np.float64
    assert image.numpy().max() == 1.0
    assert Normalize(0.5, 0.25, inplace=True)(image) is image
    np.testing.assert_array_equal(image.numpy(), np.full((1, 2, 2), 2.0))


def test_normalize_errors():
    with pytest.raises(ValueError, match=r"std must be > 0 in every channel, got \(0.5, 0.0\)"):
        Normalize((0.5, 0.5), (0.5, 0.0))
    with pytest.raises(ValueError, match="mean has 3 channels, std has 2"):
        Normalize((0, 0, 0), (1, 1))
    with pytest.raises(ValueError, match="mean must be a finite number or a row"):
        Normalize(((0, 1),), 1)
    with pytest.raises(ValueError, match=r"3 channel\(s\).*shape \(1, 4, 6\).*\(\.\.\., 3, H, W\)"):
        Normalize((0, 0, 0), (1, 1, 1))(ToTensor()(GRAY))
    with pytest.raises(TypeError, match=r"got ndarray; put ToTensor\(\) before it"):
        Normalize(0, 1)(GRAY)
    with pytest.raises(TypeError, match=r"floating Tensor, got .*int64; use .float\(\)"):
        Normalize(0, 1)(autograd.zeros(1, 2, 2, dtype=autograd.int64))
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        Normalize(0, 1)(autograd.zeros(2, 2))


def test_compose_applies_in_order():
    both = Compose([lambda x: x + 1, Lambda(lambda x: x * 10)])
    assert both(1) == 20
    with pytest.raises(TypeError, match=r"transforms\[1\] must be a function of a samp"):
        Compose([ToTensor(), 3])
    with pytest.raises(TypeError, match="Lambda: needs a function, got int"):
        Lambda(3)


def test_reprs():
    assert repr(ToTensor()) == "ToTensor()"
    assert repr(Normalize((0.1,), (0.3,))) == "Normalize(mean=(0.1,), std=(0.3,))"
    assert repr(Normalize(0, 1, inplace=True)) == "Normalize(mean=0, std=1, inplace=True)"
    assert repr(Lambda(abs)) == "Lambda(abs)"
    assert (
        repr(Compose([ToTensor(), Lambda(abs)])) == "Compose(\n    ToTensor()\n    Lambda(abs)\n)"
    )


@pytest.mark.parametrize("images", [np.stack([GRAY, GRAY[::-1]]), np.stack([COLOR, COLOR[::-1]])])
def test_batch_form_gives_the_same_values(images):
    transform = Compose([ToTensor(), Normalize(0.13, 0.31)])
    whole = batch_form(transform)(images).numpy()
    single = np.stack([transform(image).numpy() for image in images])
    assert whole.shape == single.shape and whole.dtype == single.dtype
    np.testing.assert_array_equal(whole, single)


def test_batch_form_is_refused_where_it_could_differ():
    class Flipped(ToTensor):
        def __call__(self, image):
            return super().__call__(image[::-1])

    assert batch_form(Lambda(abs)) is None
    assert batch_form(Flipped()) is None
    assert batch_form(abs) is None
    assert Compose([ToTensor(), Lambda(abs)]).batch(COLOR[None]) is NotImplemented
    assert Compose([Compose([Flipped()])]).batch(COLOR[None]) is NotImplemented


# ---- before ToTensor, on ndarrays


@pytest.mark.parametrize("image", [GRAY, COLOR])
def test_flips_and_crops_of_ndarrays_are_those_of_tensors(image):
    for transform in (RandomHorizontalFlip(1.0), RandomHorizontalFlip(0.0), RandomCrop((2, 5)),
                      RandomCrop((6, 9), padding=(2, 1)), RandomCrop(4, padding=(0, 1, 2, 3))):
        for way in (lambda t, x: t(x), lambda t, x: t.batch(np.stack([x, x[::-1]]))):
            autograd.manual_seed(3)
            before = way(Compose([transform, ToTensor()]), image).numpy()
            autograd.manual_seed(3)
            after = way(Compose([ToTensor(), transform]), image).numpy()
            np.testing.assert_array_equal(before, after)


def test_flip_mirrors_the_width():
    for image in (GRAY, COLOR):
        flipped = RandomHorizontalFlip(1.0)(image)
        assert isinstance(flipped, np.ndarray) and flipped.dtype == np.uint8
        np.testing.assert_array_equal(flipped, image[:, ::-1])
        np.testing.assert_array_equal(RandomHorizontalFlip(1.0).batch(image[None])[0], flipped)
        np.testing.assert_array_equal(RandomCrop((4, 6))(image), image)


def test_padding_as_torchvision_orders_it():
    image = np.ones((1, 1), np.uint8)
    np.testing.assert_array_equal(
        RandomCrop((4, 6), padding=(1, 0, 4, 3))(image), np.pad(image, [(0, 3), (1, 4)]))
    np.testing.assert_array_equal(
        RandomCrop((3, 5), padding=(2, 1))(image), np.pad(image, [(1, 1), (2, 2)]))


@pytest.mark.parametrize("transform", [
    RandomCrop(6, padding=1), RandomHorizontalFlip(), Compose([RandomCrop(8), ToTensor()]),
    Compose([RandomHorizontalFlip(), RandomCrop(8, padding=2), ToTensor(), Normalize(0.5, 0.5)])])
def test_the_datasets_take_them_first(transform):
    digits = Digits(transform=transform)
    images, labels = next(iter(DataLoader(digits, batch_size=3)))
    sample, _ = default_collate([digits[i] for i in range(3)])
    assert isinstance(images, autograd.Tensor) and images.dtype == sample.dtype
    assert images.shape == sample.shape and labels.tolist() == digits.targets[:3].tolist()


def test_what_is_no_image_is_named():
    for transform in (RandomCrop(1), RandomHorizontalFlip(1.0)):
        name = type(transform).__name__
        for image, got in ([[1]], "list"), (np.zeros(3), r"ndarray \(3,\)"), (
                np.zeros((1, 2, 3, 4)), r"ndarray \(1, 2, 3, 4\)"), (
                autograd.zeros(3), r"Tensor \(3,\)"):
            with pytest.raises(TypeError, match=rf"{name}: an image is .* got {got}; put numpy.as"):
                transform(image)
    with pytest.raises(TypeError, match="got Tensor; it is a tensor already"):
        ToTensor().batch(autograd.zeros(1, 2, 2))


@pytest.mark.parametrize(("arguments", "kind", "text"), [
    ((2.5,), TypeError, "size must be a positive int, got 2.5"),
    ((0,), ValueError, "size must be a positive int, got 0"),
    (((1, 2, 3),), ValueError, r"size must be a number or \(height, width\), got \(1, 2, 3\)"),
    ((2, 1.5), TypeError, "padding must be an int or a tuple of 2 or 4 ints, got 1.5"),
    ((2, (1, 2, 3)), TypeError, "padding must be an int or a tuple of 2 or 4"),
    ((2, -1), ValueError, "padding must not be negative, got -1"),
])
def test_random_crop_errors(arguments, kind, text):
    with pytest.raises(kind, match=f"RandomCrop: {text}"):
        RandomCrop(*arguments)
