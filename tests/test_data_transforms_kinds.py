"""All transforms of images on all kinds of images: arrays, tensors, batches, and odd ones."""

import copy
import pickle

import numpy as np
import pytest

import autograd
from data import transforms as T
from data.transforms import base

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (7, 10, 3), dtype=np.uint8)
GRAY = COLOR[..., 0].copy()
NEAREST, BILINEAR = T.InterpolationMode.NEAREST, T.InterpolationMode.BILINEAR
SAME_SIZE = [
    T.RandomHorizontalFlip(), T.RandomVerticalFlip(0.3), T.RandomRotation(40),
    T.RandomRotation((10, 90), BILINEAR, fill=7, center=(2, 3)),
    T.RandomAffine(30, (0.2, 0.3), (0.5, 2), (-5, 20, 3, 8)),
    T.RandomAffine(0, shear=12, interpolation=BILINEAR, fill=(9,)),
    T.ColorJitter(0.5, 0.4, (0.2, 3), 0.3), T.ColorJitter(hue=(0.1, 0.5)), T.Grayscale(3),
    T.GaussianBlur(3), T.GaussianBlur((1, 5), 0.7), T.RandomErasing(0.7, value=3),
    T.RandomApply([T.RandomRotation(50), T.RandomVerticalFlip()], 0.4),
    T.RandomChoice([T.ColorJitter(0.9), T.RandomErasing(1.0), T.RandomHorizontalFlip()], [1, 2, 3]),
    T.RandomChoice([T.RandomApply([T.GaussianBlur(3)]), T.RandomAffine(9)])]
OTHER_SIZE = [
    T.Resize(5), T.Resize((9, 4)), T.Resize((3, 20), NEAREST), T.Resize(6, max_size=8),
    T.Resize((4, 4), T.InterpolationMode.BICUBIC), T.Resize((15, 3), antialias=False),
    T.Resize((5, 13), T.InterpolationMode.NEAREST_EXACT), T.CenterCrop(5), T.CenterCrop((11, 4)),
    T.RandomCrop((3, 4)), T.RandomCrop(8, 1, True, 5), T.Pad((1, 2, 0, 3), 4), T.Pad(2, 0, "edge"),
    T.Pad(3, padding_mode="reflect"), T.Pad([-1, 2], padding_mode="symmetric"),
    T.RandomResizedCrop(6), T.RandomResizedCrop((4, 9), (0.1, 0.2), (1, 1), NEAREST),
    T.Compose([T.RandomCrop(6), T.RandomApply([T.RandomRotation(9)]), T.RandomHorizontalFlip()])]
ALL = SAME_SIZE + OTHER_SIZE
each = pytest.mark.parametrize("transform", ALL, ids=lambda t: "".join(repr(t).split())[:60])


def numbers(transform, count=4, seed=0):
    return np.random.default_rng(seed).random((count, transform.draws))


def channels_first(pixels):
    return pixels.transpose(2, 0, 1) if pixels.ndim == 3 else pixels[None]


@each
def test_arrays_and_tensors_get_the_same_pixels(transform):
    for image, row in zip([COLOR, GRAY] * 2, numbers(transform), strict=True):
        array = transform.changed(image, row)
        tensor = transform.changed(autograd.from_numpy(channels_first(image).copy()), row)
        assert array.dtype == np.uint8 and tensor.dtype == autograd.uint8
        assert type(array) is np.ndarray and array.flags.c_contiguous
        np.testing.assert_array_equal(channels_first(array), tensor.numpy())


@each
def test_a_batch_is_its_single_images(transform):
    images = {"color": np.stack([COLOR, COLOR[::-1], COLOR[:, ::-1], COLOR // 2]),
              "gray": np.stack([GRAY, GRAY[::-1], GRAY[:, ::-1], GRAY // 2])}
    images["tensor"] = autograd.from_numpy(images["color"].transpose(0, 3, 1, 2).copy())
    images["floats"] = images["tensor"] / 255
    images["pictures"] = autograd.stack([images["floats"], images["floats"] / 2], 1)
    rows = numbers(transform)
    for stack in images.values():
        whole = transform.changed_batch(stack, rows)
        single = [transform.changed(image, row) for image, row in zip(stack, rows, strict=True)]
        assert type(whole) is type(single[0]) and whole.dtype == single[0].dtype
        np.testing.assert_array_equal(np.asarray(whole), np.stack([np.asarray(s) for s in single]))


@each
def test_a_transform_draws_a_fixed_count_for_an_image(transform, monkeypatch):
    drawn = []

    def uniforms(images, draws, who):
        drawn.append((images, draws))
        return np.random.default_rng(len(drawn)).random((images, draws))

    monkeypatch.setattr(base, "uniforms", uniforms)
    for image in (COLOR, GRAY, COLOR[:3, :5]):
        if min(image.shape[:2]) > 4 or transform in SAME_SIZE:
            transform(image)
    transform.batch(np.stack([COLOR] * 3))
    assert set(drawn) <= {(1, transform.draws), (3, transform.draws)}
    assert len(drawn) == (0 if transform.draws == 0 else 3 + (transform in SAME_SIZE))


@each
def test_inputs_stay_as_they_are(transform):
    source = COLOR.copy()
    source.flags.writeable = False
    strided = np.repeat(np.repeat(COLOR, 2, 0), 3, 1)[::2, ::3]
    fortran = np.asfortranarray(COLOR)
    for row in numbers(transform, 3):
        expected = transform.changed(COLOR.copy(), row)
        for image in (source, strided, fortran, COLOR[::-1][::-1]):
            before = image.copy()
            np.testing.assert_array_equal(transform.changed(image, row), expected)
            np.testing.assert_array_equal(image, before)


@each
def test_empty_batches_and_pixels(transform):
    for shape in ((0, 7, 10, 3), (0, 7, 10)):
        empty = transform.batch(np.empty(shape, np.uint8))
        full = transform.batch(np.ones((1, *shape[1:]), np.uint8))
        assert empty.shape == (0, *full.shape[1:]) and empty.dtype == np.uint8
    for shape in ((0, 5), (5, 0, 3)) if isinstance(transform, base.ImageTransform) else ():
        with pytest.raises(ValueError, match=r"an image of shape .* has no pixels"):
            transform.batch(np.ones((2, *shape), np.uint8))


@pytest.mark.parametrize("transform", SAME_SIZE, ids=lambda t: "".join(repr(t).split())[:60])
def test_one_pixel(transform):
    for image in (np.full((1, 1), 200, np.uint8), np.full((1, 1, 3), 0.5), np.ones((1, 4, 3))):
        for row in numbers(transform, 5):
            result = transform.changed(image, row)
            assert result.shape[:2] == image.shape[:2] and result.dtype == image.dtype


@each
def test_dtypes_are_kept(transform):
    for dtype in ("int8", "int16", "uint16", "int32", "int64", "float16", "float32", "float64"):
        image = (RNG.random((7, 10, 3)) * (1 if dtype[0] == "f" else 100)).astype(dtype)
        for row in numbers(transform, 2):
            if "Jitter" in repr(transform) and image.dtype.kind in "iu" and image.itemsize > 2:
                with pytest.raises(TypeError, match="up to 16 bits, got int|ConvertImageDtype"):
                    T.ColorJitter(0.5)(image)
                continue
            result = transform.changed(image, row)
            assert result.dtype == image.dtype and (result >= 0).all()
            if "BICUBIC" not in repr(transform) and "Jitter" not in repr(transform):
                assert result.max() <= max(9, image.max())


def test_masks_stay_masks():
    mask = np.zeros((8, 8), bool)
    mask[2:6, 3:8] = True
    assert T.Resize((4, 4))(mask).tolist() == mask[::2, ::2].tolist()
    assert T.RandomRotation((90, 90))(mask).tolist() == np.rot90(mask).tolist()
    assert T.Pad(1, 1)(mask)[0].all() and T.Pad(1)(mask).sum() == mask.sum()
    with pytest.raises(ValueError, match="Pad: fill 4 does not fit an image of bool"):
        T.Pad(1, 4)(mask)


@each
def test_reprs_make_the_transform_again(transform):
    text = repr(transform)
    if not isinstance(transform, T.Compose | T.RandomApply | T.RandomChoice):
        assert repr(eval(text, vars(T))) == text  # noqa: S307
    for twin in (copy.deepcopy(transform), pickle.loads(pickle.dumps(transform))):
        row = numbers(transform, 1)[0]
        assert repr(twin) == text
        np.testing.assert_array_equal(twin.changed(COLOR, row), transform.changed(COLOR, row))


@each
def test_what_is_no_image(transform):
    for image in ([[1]], "photo.png", None, np.zeros(3), np.zeros((1, 2, 3, 4)),
                  np.array([["a"]]), np.ones((8, 8), complex)):
        with pytest.raises(TypeError, match=r": (an image is|needs an image of numbers)"):
            transform.changed(image, np.zeros(transform.draws))


def test_whole_numbers_do_not_wrap_around():
    for dtype in ("int8", "uint8", "int16", "int32", "int64"):
        info = np.iinfo(dtype)
        image = np.where(np.indices((6, 6)).sum(0) % 2 == 1, info.max, info.min).astype(dtype)
        for size in ((5, 9), (4, 4)):
            sharp = T.Resize(size, T.InterpolationMode.BICUBIC, antialias=False)(image)
            exact = T.Resize(size, T.InterpolationMode.BICUBIC, antialias=False)(
                image.astype(np.float64))
            wrong = np.abs(sharp.astype(np.float64) - np.clip(exact, info.min, info.max))
            assert wrong.max() <= max(0.51, 1e-6 * info.max)


def test_gradients_do_not_pass():
    image = autograd.ones(3, 8, 8, requires_grad=True)
    with pytest.raises(ValueError, match=r"Resize: gradients do not pass.*image.detach\(\)"):
        T.Resize(4)(image)
    with autograd.no_grad():
        assert T.CenterCrop(4)(image * 2).shape == (3, 4, 4)


def test_nan_stays_where_it_is():
    image = np.zeros((8, 8), np.float32)
    image[0, 0] = np.nan
    for transform in (T.Resize((4, 4)), T.Resize((16, 16)), T.GaussianBlur(3, 1.0),
                      T.RandomRotation((5, 5), BILINEAR),
                      T.Resize((5, 5), T.InterpolationMode.BICUBIC)):
        result = transform(image)
        assert np.isnan(result[0, 0]) and np.isfinite(result[-1]).all()
        assert np.isnan(result).mean() < 0.25


def test_a_subclass_of_the_users_own_is_called_as_it_stands():
    class Twice(T.RandomHorizontalFlip):
        def __call__(self, image):
            return super().__call__(super().__call__(image))

    both = T.Compose([Twice(1.0), T.Resize((3, 3), NEAREST)])
    np.testing.assert_array_equal(both(COLOR), T.Resize((3, 3), NEAREST)(COLOR))
    assert T.batch_form(both) is None and both.batch(COLOR[None]) is NotImplemented
    assert both.draws == 0


def test_results_of_different_sizes_make_no_batch():
    for transform in (T.FiveCrop(3), T.RandomRotation(30, expand=True),
                      T.RandomApply([T.RandomRotation(30, expand=True)])):
        assert T.batch_form(transform) is None
        assert transform.batch(COLOR[None]) is NotImplemented
    apply = T.RandomApply([T.Resize(3)], 0.5)
    with pytest.raises(ValueError, match="RandomApply: its images have become different, ndarray"):
        apply.changed_batch(np.stack([COLOR, COLOR]), np.array([[0.1], [0.9]]))
    whole = apply.changed_batch(np.stack([COLOR, COLOR]), np.array([[0.1], [0.2]]))
    assert whole.shape == (2, 3, 4, 3)


def test_the_default_generator_decides():
    transform = T.Compose([T.RandomResizedCrop(5), T.ColorJitter(0.5), T.ToTensor()])

    def drawn():
        autograd.manual_seed(3)
        return transform(COLOR), transform.batch(np.stack([COLOR] * 2))

    first, second = drawn(), drawn()
    assert all(autograd.equal(a, b) for a, b in zip(first, second, strict=True))
    assert autograd.equal(first[0], drawn()[0])
    assert not autograd.equal(first[0], first[1][0]) and not autograd.equal(*first[1])
