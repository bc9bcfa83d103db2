"""Transforms against torchvision's, for the same parameters: tensors, and images of Pillow."""

import numpy as np
import pytest

import autograd
from data import transforms as T
from data.transforms.affine import RandomAffine
from data.transforms.color import ColorJitter

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")
try:
    pytest.importorskip("torchvision", reason="torchvision is not installed")
except RuntimeError:  # built for CUDA, which is not here: it misses operators no transform needs
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor a, Tensor b, float c) -> Tensor")

from PIL import Image  # noqa: E402
from torchvision import transforms as V  # noqa: E402
from torchvision.transforms import functional as F  # noqa: E402

RNG = np.random.default_rng(0)
SMOOTH = np.add.outer(np.linspace(0, 120, 23), np.linspace(0, 130, 31))
BYTES = np.stack([RNG.integers(0, 256, (23, 31)), SMOOTH, 255 - SMOOTH]).astype(np.uint8)
FLOATS = (BYTES / 255).astype(np.float32)
PHOTO = Image.fromarray(BYTES.transpose(1, 2, 0).copy())
GREY = Image.fromarray(BYTES[0].copy())
HALF = np.full(40, 0.5)


def both(transform, theirs, image, numbers=HALF):
    """Our result and theirs, as arrays."""
    ours = transform.changed(autograd.from_numpy(image.copy()), numbers[: transform.draws])
    return ours.numpy(), theirs(torch.from_numpy(image.copy())).numpy()


def check(ours, theirs, off=0.0):
    """Equal; of integers, a share of `off` may be one off (a rounding of a tie)."""
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    if ours.dtype.kind == "f":
        np.testing.assert_allclose(ours, theirs, atol=2e-6, rtol=1e-5)
    else:
        apart = np.abs(ours.astype(int) - theirs.astype(int))
        assert apart.max(initial=0) <= (off > 0) and (apart > 0).mean() <= off


def same_pil(transform, theirs, image, numbers=HALF):
    ours, wanted = transform.changed(image, numbers[: transform.draws]), theirs(image)
    assert ours.mode == wanted.mode and ours.size == wanted.size
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(wanted))


SIZES = [(9, 40), (40, 9), 12, 46, (23, 31), [50], (1, 1), (23, 8), (46, 62)]
WAYS = ["NEAREST", "NEAREST_EXACT", "BILINEAR", "BICUBIC"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("antialias", [True, False])
def test_resize(way, antialias):
    for size in SIZES:
        ours = T.Resize(size, T.InterpolationMode[way], antialias=antialias)
        theirs = V.Resize(size, V.InterpolationMode[way], antialias=antialias)
        for image in (BYTES, FLOATS, FLOATS.astype(np.float64), np.stack([FLOATS, FLOATS * 2])):
            check(*both(ours, theirs, image), off=0.003)
        if antialias:
            same_pil(ours, theirs, PHOTO)
            same_pil(ours, theirs, GREY)
    for max_size in (13, 14, 15, 16, 17):
        assert T.Resize(12, max_size=max_size)(BYTES.transpose(1, 2, 0)).shape[:2] == V.Resize(
            12, max_size=max_size)(torch.from_numpy(BYTES)).shape[1:]


@pytest.mark.parametrize("way", ["BOX", "HAMMING", "LANCZOS"])
def test_resize_by_pillow(way):
    same_pil(T.Resize(11, T.InterpolationMode[way]), V.Resize(11, V.InterpolationMode[way]), PHOTO)
    number = T.InterpolationMode[way].pillow
    same_pil(T.Resize(11, number), V.Resize(11, number), PHOTO)


@pytest.mark.parametrize("size", [1, 5, (23, 31), (30, 8), (8, 40), (24, 32), (41, 50), [7], 22])
def test_crops(size):
    for image in (BYTES, FLOATS):
        check(*both(T.CenterCrop(size), V.CenterCrop(size), image))
    for image in (PHOTO, GREY):
        same_pil(T.CenterCrop(size), V.CenterCrop(size), image)
    if np.max(size) < 23 or size == (23, 31):
        fives = zip(T.FiveCrop(size)(autograd.from_numpy(BYTES)),
                    V.FiveCrop(size)(torch.from_numpy(BYTES)), strict=True)
        for ours, theirs in fives:
            check(ours.numpy(), theirs.numpy())
        for ours, theirs in zip(T.FiveCrop(size)(PHOTO), V.FiveCrop(size)(PHOTO), strict=True):
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("padding", [3, (2, 5), (1, 2, 3, 4), [6], (-2, 3, 4, -5)])
def test_pad(mode, padding):
    for image in (BYTES, FLOATS):
        ours, theirs = T.Pad(padding, 1, mode), V.Pad(padding, 1, mode)
        check(*both(ours, theirs, image))
    if mode != "constant" or np.min(padding) >= 0:
        for image in (PHOTO, GREY, PHOTO.convert("RGBA"), PHOTO.convert("P")):
            same_pil(T.Pad(padding, 7, mode), V.Pad(padding, 7, mode), image)
    if mode == "constant" and np.min(padding) >= 0:
        same_pil(T.Pad(padding, (1, 2, 3)), V.Pad(padding, (1, 2, 3)), PHOTO)


@pytest.mark.parametrize("settings", [dict(padding=4), dict(padding=(1, 2), padding_mode="edge"),
                                      dict(pad_if_needed=True, fill=9), dict()])
def test_random_crop_gives_a_part_as_torchvision_cuts_it(settings):
    size = (30, 12) if "pad_if_needed" in settings else (12, 9)
    numbers = np.array([0.3, 0.8])
    ours = T.RandomCrop(size, **settings).changed(autograd.from_numpy(BYTES), numbers)
    padded = torch.from_numpy(BYTES)
    if "padding" in settings:
        padded = F.pad(padded, settings["padding"], 0, settings.get("padding_mode", "constant"))
    if "pad_if_needed" in settings:
        padded = F.pad(padded, [0, 7], 9)
    room = padded.shape[1] - size[0], padded.shape[2] - size[1]
    top, left = (int(n * (r + 1)) for n, r in zip(numbers, room, strict=True))
    check(ours.numpy(), F.crop(padded, top, left, *size).numpy())
    assert V.RandomCrop(size, **settings)(torch.from_numpy(BYTES)).shape == ours.shape


def scripted(monkeypatch, numbers):
    """torchvision draws these, in this order: the parameters are then the same."""
    queue = iter(numbers)

    class Drawn:
        def __init__(self, size):
            pass

        def uniform_(self, low, high):
            return torch.tensor(float(low) + next(queue) * float(high - low), dtype=torch.float64)

    monkeypatch.setattr(torch, "empty", Drawn)
    monkeypatch.setattr(torch, "randint",
                        lambda low, high, size: torch.tensor([int(next(queue) * high)]))


@pytest.mark.parametrize("scale", [(0.08, 1.0), (0.5, 3.0), (2.0, 3.0)])
def test_random_resized_crop(scale, monkeypatch):
    for trial in range(40):
        numbers = np.random.default_rng(trial).random(22)
        ours = T.RandomResizedCrop((13, 9), scale)
        box = ours._box((23, 31), numbers)
        rectangles = [n for pair in zip(numbers[:10], numbers[10:20], strict=True) for n in pair]
        with monkeypatch.context() as patch:
            tries = next((i for i in range(10) if _fits(numbers, i, scale)), 9)
            scripted(patch, [*rectangles[: 2 * tries + 2], *numbers[-2:]])
            theirs = V.RandomResizedCrop.get_params(torch.from_numpy(BYTES), scale, ours.ratio)
        assert box == theirs
        wanted = F.resized_crop(torch.from_numpy(BYTES), *box, (13, 9), antialias=True)
        check(ours.changed(autograd.from_numpy(BYTES), numbers).numpy(), wanted.numpy(), 0.01)
        same_pil(ours, lambda image, box=box: F.resized_crop(image, *box, (13, 9)), PHOTO, numbers)


def _fits(numbers, i, scale):
    area = 23 * 31 * (scale[0] + numbers[i] * (scale[1] - scale[0]))
    ratio = np.exp(np.log(3 / 4) + numbers[10 + i] * (np.log(4 / 3) - np.log(3 / 4)))
    return round(np.sqrt(area / ratio)) <= 23 and round(np.sqrt(area * ratio)) <= 31


ANGLES = [0, 13.7, 45, 90, -90, 180, 211.3, -30, 360, 1e-3]


def check_warped(ours, theirs, nearest, fill=0):
    """A place just between two pixels, as by the sine of 30 degrees, may be counted to either."""
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    apart = np.abs(ours.astype(np.float64) - theirs)
    if nearest:
        assert (apart > 0).mean() <= 0.03
    elif ours.dtype == np.uint8:
        assert apart.max() <= 1 and (apart > 0).mean() <= 0.01
    else:
        assert apart.max() <= 1e-5 * max(1, np.max(fill))


@pytest.mark.parametrize("way", ["NEAREST", "BILINEAR"])
@pytest.mark.parametrize("settings", [dict(), dict(expand=True), dict(center=(3, 20)),
                                      dict(fill=50), dict(fill=(1, 0, 1), expand=True)])
def test_rotation(way, settings):
    modes = T.InterpolationMode[way], V.InterpolationMode[way]
    for angle in ANGLES:
        ours = T.RandomRotation((angle, angle), modes[0], **settings)
        fill = settings.get("fill", 0)

        def theirs(image, angle=angle, fill=fill):  # which would draw a float32
            fill = np.atleast_1d(fill).astype(float).tolist() if torch.is_tensor(image) else fill
            return F.rotate(image, angle, modes[1], **{**settings, "fill": fill})

        for image in (BYTES, FLOATS, np.stack([FLOATS, FLOATS / 2])):
            check_warped(*both(ours, theirs, image), way == "NEAREST", fill)
            found, wanted = both(ours, theirs, image[..., :30])
            assert found.shape == wanted.shape
            if angle % 90:  # which would put all places just between two pixels
                check_warped(found, wanted, way == "NEAREST", fill)
        same_pil(ours, theirs, PHOTO)
        if not isinstance(settings.get("fill"), tuple):
            same_pil(ours, theirs, GREY)


@pytest.mark.parametrize("way", ["NEAREST", "BILINEAR"])
@pytest.mark.parametrize("settings", [
    dict(degrees=30), dict(degrees=0, translate=(0.3, 0.2)), dict(degrees=0, scale=(0.6, 1.7)),
    dict(degrees=0, shear=20), dict(degrees=(10, 50), translate=(0.1, 0.9), scale=(0.5, 0.7),
                                    shear=(-10, 20, 5, 30), fill=77, center=(4, 5))])
def test_affine(way, settings):
    for trial in range(6):
        numbers = np.random.default_rng(trial).random(6)
        ours = RandomAffine(interpolation=T.InterpolationMode[way], **settings)
        angle = ours.degrees[0] + numbers[0] * (ours.degrees[1] - ours.degrees[0])
        shift = [round((2 * n - 1) * share * side) for n, share, side in zip(
            numbers[1:3], settings.get("translate", (0, 0)), (31, 23), strict=True)]
        low, high = settings.get("scale", (1, 1))
        slants = [*(ours.shear or (0, 0)), 0, 0]
        shear = [slants[0] + numbers[4] * (slants[1] - slants[0]),
                 slants[2] + numbers[5] * (slants[3] - slants[2])]

        def theirs(image, angle=angle, shift=shift, scale=low + numbers[3] * (high - low),
                   shear=shear):
            fill = settings.get("fill", 0)
            return F.affine(image, float(angle), shift, scale, shear, V.InterpolationMode[way],
                            [float(fill)] if torch.is_tensor(image) else fill,
                            settings.get("center"))

        for image in (BYTES, FLOATS):
            check_warped(*both(ours, theirs, image, numbers), way == "NEAREST", ours.fill)
        same_pil(ours, theirs, PHOTO, numbers)


def test_grayscale():
    for count in (1, 3):
        for image in (BYTES, FLOATS, BYTES[:1], np.stack([BYTES, 255 - BYTES])):
            if not (count == 3 and len(image) == 1):  # where they fail
                check(*both(T.Grayscale(count), V.Grayscale(count), image))
        for image in (PHOTO, GREY):
            same_pil(T.Grayscale(count), V.Grayscale(count), image)


@pytest.mark.parametrize("change, function", [
    ("brightness", F.adjust_brightness), ("contrast", F.adjust_contrast),
    ("saturation", F.adjust_saturation), ("hue", F.adjust_hue)])
def test_single_changes_of_colour(change, function):
    factors = (-0.5, -0.21, 0.1, 0.5) if change == "hue" else (0, 0.3, 0.9, 1.4, 5)
    for factor in factors:
        ours = ColorJitter(**{change: (factor, factor)})
        for image in (BYTES, FLOATS, BYTES[:1], np.stack([FLOATS, FLOATS / 2])):
            check(*both(ours, lambda x, f=factor: function(x, f), image), off=0.002)
        for image in (PHOTO, GREY):
            same_pil(ours, lambda x, f=factor: function(x, f), image)


def test_colour_jitter_in_every_order():
    functions = F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue
    for trial in range(20):
        numbers = np.random.default_rng(trial).random(8)
        factors = [0.5 + numbers[4], 0.5 + numbers[5], 0.5 + numbers[6], -0.1 + 0.2 * numbers[7]]

        def theirs(image, numbers=numbers, factors=factors):
            for which in np.argsort(numbers[:4]):
                image = functions[which](image, float(factors[which]))
            return image

        ours = ColorJitter(0.5, 0.5, 0.5, 0.1)
        check(*both(ours, theirs, FLOATS, numbers))
        check(*both(ours, theirs, BYTES, numbers), off=0.05)
        same_pil(ours, theirs, PHOTO, numbers)


@pytest.mark.parametrize("kernel", [3, (5, 9), 1, [7]])
def test_blur(kernel):
    for sigma in (0.1, 0.9, 4.0):
        ours, theirs = T.GaussianBlur(kernel, sigma), V.GaussianBlur(kernel, sigma)
        for image in (BYTES, FLOATS, FLOATS[:1].astype(np.float64)):
            check(*both(ours, theirs, image), off=0.003)
        for image in (PHOTO, GREY):
            blurred, wanted = ours(image), theirs(image)
            assert blurred.mode == wanted.mode
            check(np.asarray(blurred), np.asarray(wanted), off=0.003)


def test_flips():
    for name in ("RandomHorizontalFlip", "RandomVerticalFlip"):
        for p in (0.0, 1.0):
            ours, theirs = getattr(T, name)(p), getattr(V, name)(p)
            check(*both(ours, theirs, BYTES))
            same_pil(ours, theirs, PHOTO)


def test_erasing(monkeypatch):
    for trial in range(30):
        numbers = np.random.default_rng(trial).random(24)
        settings = dict(p=1.0, scale=(0.02, 0.6), ratio=(0.3, 3.3), value=(1, 2, 3))
        ours = T.RandomErasing(**settings).changed(autograd.from_numpy(BYTES), numbers).numpy()
        pairs = [n for two in zip(numbers[1:11], numbers[11:21], strict=True) for n in two]
        box = T.RandomErasing(**settings)._box((23, 31), numbers[1:])
        with monkeypatch.context() as patch:
            scripted(patch, [*pairs[: 2 * _erased(numbers) + 2], *numbers[21:23]])
            theirs = V.RandomErasing.get_params(torch.from_numpy(BYTES), (0.02, 0.6), (0.3, 3.3),
                                                [1.0, 2.0, 3.0])
        assert box == theirs[:4]
        check(ours, F.erase(torch.from_numpy(BYTES), *theirs).numpy())


def _erased(numbers):
    for i in range(10):
        area = 23 * 31 * (0.02 + numbers[1 + i] * 0.58)
        ratio = np.exp(np.log(0.3) + numbers[11 + i] * np.log(3.3 / 0.3))
        if round(np.sqrt(area * ratio)) < 23 and round(np.sqrt(area / ratio)) < 31:
            return i
    return 9


DTYPES = ["uint8", "int8", "int16", "int32", "int64", "float32", "float64"]


@pytest.mark.parametrize("have", DTYPES)
@pytest.mark.parametrize("want", DTYPES)
def test_convert_image_dtype(have, want):
    if have.startswith("float"):
        image = np.concatenate([FLOATS.ravel(), [0, 1]]).reshape(1, 1, -1).astype(have)
    else:
        image = RNG.integers(0, np.iinfo(have).max, (2, 9, 9), have, endpoint=True)
    ours = T.ConvertImageDtype(getattr(autograd, want))
    theirs = V.ConvertImageDtype(getattr(torch, want))
    try:
        wanted = theirs(torch.from_numpy(image)).numpy()
    except RuntimeError:
        with pytest.raises(TypeError, match="has not as many digits"):
            ours(image)
        return
    found = ours(autograd.from_numpy(image)).numpy()
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    np.testing.assert_array_equal(ours(image), found)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "1", "I", "F", "CMYK", "YCbCr", "P"])
def test_tensors_of_pillows_images(mode):
    image = (PHOTO if mode not in ("I", "F") else GREY).convert(mode)
    ours, theirs = T.PILToTensor()(image).numpy(), V.PILToTensor()(image).numpy()
    check(ours, theirs)
    if mode != "P":
        np.testing.assert_array_equal(T.ToTensor()(image).numpy(), V.ToTensor()(image).numpy())


def test_pillows_images_of_tensors():
    images = [BYTES, FLOATS, BYTES[:1], BYTES[0], BYTES[:2], np.concatenate([BYTES, BYTES[:1]]),
              FLOATS[:1], BYTES[:1].astype(np.int16), BYTES[:1].astype(np.int32)]
    for image in images:
        ours = T.ToPILImage()(autograd.from_numpy(image))
        theirs = V.ToPILImage()(torch.from_numpy(image))
        assert ours.mode == theirs.mode and ours.size == theirs.size
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    for mode in ("YCbCr", "HSV"):
        ours, theirs = T.ToPILImage(mode)(autograd.from_numpy(BYTES)), V.ToPILImage(mode)(
            torch.from_numpy(BYTES))
        assert ours.mode == theirs.mode and ours.tobytes() == theirs.tobytes()
    assert T.ToPILImage("F")(FLOATS[0]).tobytes() == V.ToPILImage("F")(FLOATS[0]).tobytes()


def test_grids_and_files(tmp_path):
    from torchvision import utils

    import data.utils

    batch = RNG.random((5, 3, 6, 7)).astype(np.float32)
    for images in (batch, batch[:, :1], batch[:1], batch[0], batch[0, 0], (batch * 9).astype("u1")):
        for settings in (dict(), dict(nrow=2, padding=1, pad_value=0.3), dict(nrow=3, padding=0),
                         dict(normalize=True), dict(normalize=True, value_range=(0.2, 0.6)),
                         dict(normalize=True, scale_each=True)):
            if images.dtype == np.uint8 and "normalize" in settings:
                continue  # an error there too
            if images.dtype == np.uint8:
                settings.pop("pad_value", None)
            ours = data.utils.make_grid(autograd.from_numpy(images.copy()), **settings)
            theirs = utils.make_grid(torch.from_numpy(images.copy()), **settings)
            check(ours.numpy(), theirs.numpy())
    data.utils.save_image(autograd.from_numpy(2 * batch - 0.5), tmp_path / "ours.png", nrow=3)
    utils.save_image(torch.from_numpy(2 * batch - 0.5), tmp_path / "theirs.png", nrow=3)
    np.testing.assert_array_equal(*(np.asarray(Image.open(tmp_path / name))
                                    for name in ("ours.png", "theirs.png")))
