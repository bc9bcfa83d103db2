"""Values of transforms against naive loops, SciPy, colorsys and pictures that one can see."""

import colorsys
import math

import numpy as np
import pytest
import scipy.ndimage

import autograd
from data import transforms as T

RNG = np.random.default_rng(1)
IMAGE = RNG.random((9, 12))
BYTES = RNG.integers(0, 256, (9, 12, 3), dtype=np.uint8)
MODE = T.InterpolationMode


def resized_naively(row, size, kernel, reach, antialias):
    """One row, pixel by pixel."""
    scale, result = len(row) / size, []
    stretch = max(scale, 1) if antialias else 1
    for i in range(size):
        middle, total, weight = (i + 0.5) * scale, 0.0, 0.0
        for j in range(-8, len(row) + 8):
            inside = 0 <= j < len(row)
            w = kernel(abs(j + 0.5 - middle) / stretch)
            if not (antialias and not inside):  # without antialias the border is repeated
                total += w * row[min(max(j, 0), len(row) - 1)]
                weight += w
        result.append(total / weight)
    return result


def triangle(x):
    return max(0.0, 1 - x)


def cubic(a):
    return lambda x: ((a + 2) * x**3 - (a + 3) * x**2 + 1 if x < 1 else
                      a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0)


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("mode", [MODE.BILINEAR, MODE.BICUBIC])
def test_resize_against_loops(mode, antialias):
    kernel = triangle if mode is MODE.BILINEAR else cubic(-0.5 if antialias else -0.75)
    for size in ((4, 5), (20, 7), (1, 1), (9, 30), (13, 12)):
        wide = [resized_naively(row, size[1], kernel, 2, antialias) for row in IMAGE]
        expected = np.transpose([resized_naively(column, size[0], kernel, 2, antialias)
                                 for column in np.transpose(wide)])
        np.testing.assert_allclose(T.Resize(size, mode, antialias=antialias)(IMAGE), expected,
                                   atol=1e-12)


def test_nearest_takes_the_pixel_at_the_corner_or_the_middle():
    row = np.arange(10.0)[None]
    for size in (3, 4, 7, 25):
        corner = [math.floor(i * 10 / size) for i in range(size)]
        middle = [math.floor((i + 0.5) * 10 / size) for i in range(size)]
        assert T.Resize((1, size), MODE.NEAREST)(row)[0].tolist() == corner
        assert T.Resize((1, size), MODE.NEAREST_EXACT)(row)[0].tolist() == middle


def test_one_number_is_the_smaller_side():
    for shape, size, expected in (((9, 12), 6, (6, 8)), ((12, 9), 6, (8, 6)),
                                  ((9, 12), 18, (18, 24)), ((5, 100), 2, (2, 40)),
                                  ((7, 7), [3], (3, 3))):
        assert T.Resize(size)(np.ones(shape)).shape == expected
    assert T.Resize(6, max_size=7)(np.ones((9, 12))).shape == (5, 7)
    assert T.Resize(2, max_size=3)(np.ones((1, 900))).shape == (1, 3)
    assert T.Resize((9, 12))(IMAGE) is IMAGE


def warped_naively(image, back, size, nearest, fill):
    """Each pixel of the result looked up at `back` of its place, both counted from the middle."""
    (rows, columns), (height, width) = image.shape, size
    result = np.full(size, float(fill))
    for i in range(height):
        for j in range(width):
            x, y = back(j + 0.5 - width / 2, i + 0.5 - height / 2)
            x, y = x + columns / 2 - 0.5, y + rows / 2 - 0.5
            if nearest:
                x, y = math.floor(x + 0.5 + 1e-9), math.floor(y + 0.5 + 1e-9)
                if 0 <= x < columns and 0 <= y < rows:
                    result[i, j] = image[y, x]
                continue
            value = cover = 0.0
            for v in (math.floor(y), math.floor(y) + 1):
                for u in (math.floor(x), math.floor(x) + 1):
                    if 0 <= u < columns and 0 <= v < rows:
                        w = (1 - abs(x - u)) * (1 - abs(y - v))
                        value, cover = value + w * image[v, u], cover + w
            result[i, j] = value * cover + (1 - cover) * fill
    return result


@pytest.mark.parametrize("mode", [MODE.NEAREST, MODE.BILINEAR])
def test_rotation_against_loops(mode):
    for angle in (0, 17.3, -64, 90, 123.4, 271):
        turn = math.radians(angle)

        def back(x, y, turn=turn):  # counter-clockwise to the eye: y points down
            return (math.cos(turn) * x - math.sin(turn) * y,
                    math.sin(turn) * x + math.cos(turn) * y)

        found = T.RandomRotation((angle, angle), mode, fill=0.25)(IMAGE)
        expected = warped_naively(IMAGE, back, IMAGE.shape, mode is MODE.NEAREST, 0.25)
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("mode", [MODE.NEAREST, MODE.BILINEAR])
def test_affine_against_loops(mode):
    numbers = np.array([0.9, 0.2, 0.85, 0.4, 0.7, 0.1])
    transform = T.RandomAffine((-20, 40), (0.3, 0.2), (0.6, 1.4), (-10, 10, 0, 15), mode, 0.5,
                               center=(3, 7))
    angle, slant_x, slant_y = (math.radians(d) for d in (34, 4, 1.5))
    dx, dy, scale = round(-0.6 * 0.3 * 12), round(0.7 * 0.2 * 9), 0.92
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    lean = (np.array([[1, 0], [-math.tan(slant_y), 1]])
            @ np.array([[1, -math.tan(slant_x)], [0, 1]]))
    back = np.linalg.inv(scale * turn @ lean)
    middle = np.array([3 - 6, 7 - 4.5])
    expected = warped_naively(IMAGE, lambda x, y: back @ (np.array([x - dx, y - dy]) - middle)
                              + middle, IMAGE.shape, mode is MODE.NEAREST, 0.5)
    np.testing.assert_allclose(transform.changed(IMAGE, numbers), expected, atol=1e-9)


def test_quarter_turns_move_every_pixel():
    for turns, degrees in enumerate((0, 90, 180, 270)):
        for image in (BYTES[:, :9], BYTES[:8]):  # both sides even, or both odd
            for mode in (MODE.NEAREST, MODE.BILINEAR):
                found = T.RandomRotation((degrees, degrees), mode, expand=True)(image)
                np.testing.assert_array_equal(found, np.rot90(image, turns))


def test_a_quarter_turn_between_the_pixels_loses_none():
    image = np.arange(20).reshape(4, 5)
    found = T.RandomRotation((90, 90), expand=True, fill=-1)(image)
    assert set(found.ravel().tolist()) == {-1, *range(20)}


def test_expanded_pictures_hold_all_of_the_image():
    for angle in (10, 33.3, 45, 89.9, -120):
        found = T.RandomRotation((angle, angle), MODE.BILINEAR, expand=True)(np.ones((20, 31)))
        turn = math.radians(angle)
        width = abs(31 * math.cos(turn)) + abs(20 * math.sin(turn))
        height = abs(31 * math.sin(turn)) + abs(20 * math.cos(turn))
        assert 0 <= found.shape[0] - height < 2 and 0 <= found.shape[1] - width < 2
        assert abs(found.sum() - 620) < 0.05 * 620


def one(change, factor):
    return T.ColorJitter(**{change: (factor, factor)})


def test_hue_turns_the_circle_of_colorsys():
    image = RNG.random((5, 6, 3)).astype(np.float32)
    image[0, 0], image[0, 1], image[0, 2] = 0.4, (1, 0, 0), (0, 0, 0)
    for factor in (-0.5, -0.13, 0.2, 0.5):
        found = one("hue", factor)(image)
        for place in np.ndindex(5, 6):
            hue, saturation, value = colorsys.rgb_to_hsv(*map(float, image[place]))
            expected = colorsys.hsv_to_rgb((hue + factor) % 1, saturation, value)
            np.testing.assert_allclose(found[place], expected, atol=2e-6)


def test_brightness_contrast_and_saturation():
    image = BYTES.astype(np.float64) / 255
    grey = image @ [0.2989, 0.587, 0.114]
    for factor in (0, 0.4, 1.7):
        for change, other in (("brightness", 0), ("contrast", grey.mean()),
                              ("saturation", grey[..., None])):
            expected = np.clip(factor * image + (1 - factor) * other, 0, 1)
            np.testing.assert_allclose(one(change, factor)(image), expected, atol=1e-12)
            found = one(change, factor)(BYTES).astype(int)
            assert np.abs(found - 255 * expected).max() < 2
    assert one("saturation", 3)(BYTES[..., 0]) is not BYTES
    np.testing.assert_array_equal(one("saturation", 3)(BYTES[..., 0]), BYTES[..., 0])
    np.testing.assert_array_equal(T.ColorJitter()(BYTES), BYTES)
    np.testing.assert_allclose(T.Grayscale()(image)[..., 0], grey, atol=1e-12)


def test_a_factor_is_not_below_zero():
    dark = T.ColorJitter(brightness=1.5).changed(np.full((1, 1), 100, np.uint8), np.zeros(8))
    assert dark.tolist() == [[0]]


def test_the_four_changes_come_in_every_order():
    transform = T.ColorJitter(0.5, 0.5, 0.5, 0.1)
    rows = np.random.default_rng(0).random((300, 8))
    assert len(set(map(tuple, np.argsort(rows[:, :4])))) == 24
    rows[:, 4:] = 0.8
    results = transform.changed_batch(np.stack([BYTES] * 300), rows)
    assert len({result.tobytes() for result in results}) > 12


def test_blur_is_scipys():
    for sides, sigma in (((3, 3), 0.8), ((5, 9), 2.0), ((1, 3), 0.3)):
        found = T.GaussianBlur(sides, sigma)(IMAGE)
        kernels = [np.exp(-0.5 * ((np.arange(n) - n // 2) / sigma) ** 2) for n in sides]
        expected = IMAGE
        for axis, kernel in zip((1, 0), kernels, strict=True):
            expected = scipy.ndimage.correlate1d(expected, kernel / kernel.sum(), axis,
                                                 mode="mirror")
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_crops_and_margins():
    np.testing.assert_array_equal(T.CenterCrop((3, 4))(BYTES), BYTES[3:6, 4:8])
    np.testing.assert_array_equal(T.CenterCrop((12, 4))(BYTES),
                                  np.pad(BYTES[:, 4:8], [(1, 2), (0, 0), (0, 0)]))
    five = T.FiveCrop((3, 4))(BYTES)
    for part, wanted in zip(five, (BYTES[:3, :4], BYTES[:3, -4:], BYTES[-3:, :4], BYTES[-3:, -4:],
                                   BYTES[3:6, 4:8]), strict=True):
        np.testing.assert_array_equal(part, wanted)
    for mode in ("edge", "reflect", "symmetric"):
        np.testing.assert_array_equal(T.Pad((1, 2, 3, 4), padding_mode=mode)(BYTES),
                                      np.pad(BYTES, [(2, 4), (1, 3), (0, 0)], mode))
    padded = T.Pad((1, -2, 0, 3), (10, 20, 30))(BYTES)
    assert padded.shape == (10, 13, 3) and (padded[:, 0] == [10, 20, 30]).all()
    np.testing.assert_array_equal(padded[:7, 1:], BYTES[2:])


def test_parts_of_five_crops_are_apart():
    image = np.arange(16).reshape(4, 4)
    for whole, own in ((image, image.copy()), (autograd.tensor(image), autograd.tensor(image))):
        first, *others = T.FiveCrop(4)(own)
        first *= 0
        assert all(part.tolist() == whole.tolist() for part in (own, *others))


def test_each_part_of_a_composition_takes_numbers_of_its_own():
    images, across, down = np.arange(12).reshape(3, 2, 2), np.flip, np.flipud
    both = T.Compose([T.RandomHorizontalFlip(0.5), T.RandomVerticalFlip(0.5)])
    numbers = np.array([[0.1, 0.9], [0.9, 0.1], [0.2, 0.3]])
    wanted = [across(images[0], 1), down(images[1]), across(down(images[2]), 1)]
    np.testing.assert_array_equal(both.changed_batch(images, numbers), wanted)
    for image, row, result in zip(images, numbers, wanted, strict=True):
        np.testing.assert_array_equal(both.changed(image, row), result)


def test_what_has_no_weight_is_never_chosen():
    choice = T.RandomChoice([T.Pad(1), T.Pad(0), T.Pad(2)], [0, 1, 0])
    for number in (0.0, 0.5, 1 - 2**-53):
        assert choice.changed(np.ones((2, 2)), np.array([number])).shape == (2, 2)


def test_random_crops_come_from_everywhere():
    image = np.arange(20).reshape(4, 5)
    corners = {(int(part[0, 0]), part.shape) for part in
               (T.RandomCrop((3, 2))(image) for _ in range(200))}
    assert corners == {(5 * i + j, (3, 2)) for i in range(2) for j in range(4)}
    assert T.RandomCrop((6, 6), pad_if_needed=True)(image).shape == (6, 6)


def test_resized_crops_have_the_area_and_ratio_asked_for():
    transform = T.RandomResizedCrop(8, scale=(0.2, 0.5), ratio=(0.5, 2))
    boxes = np.array([transform._box((60, 80), row)
                      for row in np.random.default_rng(0).random((500, 22))])
    tops, lefts, heights, widths = boxes.T
    assert (tops >= 0).all() and (tops + heights <= 60).all() and (lefts + widths <= 80).all()
    area, ratio = heights * widths / 4800, widths / heights
    assert 0.19 < area.min() < 0.22 and 0.46 < area.max() < 0.51
    assert 0.48 < ratio.min() < 0.6 and 1.7 < ratio.max() < 2.05
    assert abs(np.log(ratio).mean()) < 0.1
    narrow = T.RandomResizedCrop(8, (2, 3), (0.5, 0.75))._box((60, 80), np.full(22, 0.5))
    assert narrow == (0, 17, 60, 45)  # none fits: the largest in the middle


def test_erasing():
    image = np.ones((3, 20, 30), np.float32)
    transform = T.RandomErasing(1.0, (0.1, 0.2), (0.5, 2), value=(5, 6, 7))
    for row in np.random.default_rng(0).random((50, 24)):
        found = transform.changed(autograd.from_numpy(image), row).numpy()
        gone = found[0] == 5
        rows, columns = np.flatnonzero(gone.any(1)), np.flatnonzero(gone.any(0))
        assert gone[rows[0]: rows[-1] + 1, columns[0]: columns[-1] + 1].all()
        assert 0.08 < gone.mean() < 0.22 and (found[2] == np.where(gone, 7, 1)).all()
    noise = T.RandomErasing(1.0, (0.5, 0.5), (1, 1), value="random")
    first = noise.changed(autograd.from_numpy(image), np.full(24, 0.3)).numpy()
    again = noise.changed(autograd.from_numpy(image), np.full(24, 0.3)).numpy()
    assert (first == again).all() and 0.8 < first[first != 1].std() < 1.2
    assert T.RandomErasing(1.0, (1, 1), (1, 1))(image).min() == 1  # nothing that large fits
    in_place = autograd.from_numpy(image.copy())
    T.RandomErasing(1.0, inplace=True)(in_place)
    assert in_place.numpy().min() == 0
    with pytest.raises(TypeError, match="random values are floating, the image is of uint8"):
        noise(BYTES)


def test_how_often_a_transform_is_applied():
    image = np.stack([np.array([[1, 2]], np.uint8)] * 2000)
    for p in (0.0, 0.2, 1.0):
        for transform in (T.RandomHorizontalFlip(p),
                          T.RandomApply([T.RandomHorizontalFlip(1.0)], p)):
            assert abs((transform.batch(image)[:, 0, 0] == 2).mean() - p) < 0.03
    choice = T.RandomChoice([T.Pad(0), T.RandomHorizontalFlip(1.0), T.ColorJitter((0, 0))],
                            p=[1, 2, 5])
    found = choice.batch(image)[:, 0].tolist()
    shares = [sum(row == wanted for row in found) / 2000 for wanted in ([1, 2], [2, 1], [0, 0])]
    np.testing.assert_allclose(shares, [1 / 8, 2 / 8, 5 / 8], atol=0.04)


def test_conversion_keeps_white_and_black():
    for have in ("uint8", "int16", "int32", "float32", "float64"):
        for want in ("uint8", "int16", "float32", "float64", "float16"):
            white = 1 if have[0] == "f" else np.iinfo(have).max
            found = T.ConvertImageDtype(want)(np.array([[0, white]], have))
            top = 1 if want[0] == "f" else np.iinfo(want).max
            assert found[0, 0] == 0 and top - 255 <= found[0, 1] <= top and found.dtype == want
    levels = np.arange(256, dtype=np.uint8)[None]
    there = T.ConvertImageDtype("float32")(levels)
    np.testing.assert_array_equal(T.ConvertImageDtype("uint8")(there), levels)
