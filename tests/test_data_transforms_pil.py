"""Transforms of images of Pillow: they stay such, in their mode, and come out as Pillow has it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
from data import transforms as T
from tests.test_data_transforms_kinds import ALL, numbers

Image = pytest.importorskip("PIL.Image", reason="Pillow comes with the extra images")

COLOR = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
PHOTO = Image.fromarray(COLOR)
MODES = ("L", "RGB", "RGBA", "LA", "P", "1", "I", "F", "CMYK", "I;16")


def of(mode):
    if mode == "I;16":
        return Image.fromarray(COLOR[..., 0].astype(np.uint16) * 200)
    return PHOTO.convert(mode)


@pytest.mark.parametrize("transform", ALL, ids=lambda t: "".join(repr(t).split())[:60])
def test_images_of_pillow_stay_such(transform):
    for image, row in zip([PHOTO, of("L")], numbers(transform, 2), strict=True):
        before = image.tobytes()
        if "Erasing" in repr(transform):
            continue
        result = transform.changed(image, row)
        array = transform.changed(np.asarray(image), row)
        gray = "Grayscale" in repr(transform)
        assert isinstance(result, Image.Image) and result.mode == ("RGB" if gray else image.mode)
        assert result.size == array.shape[1::-1]
        assert image.tobytes() == before


MOVES = [T.RandomHorizontalFlip(1.0), T.RandomVerticalFlip(1.0), T.CenterCrop((5, 20)),
         T.RandomCrop(5, 2), T.Pad((1, 2, 3, 4)), T.Pad(2, padding_mode="reflect"),
         T.Pad(1, padding_mode="edge"), T.FiveCrop((4, 5))]


@pytest.mark.parametrize("mode", MODES)
def test_what_moves_pixels_takes_every_mode(mode):
    for transform in MOVES:
        image, row = of(mode), numbers(transform, 1)[0]
        results = transform.changed(image, row)
        arrays = transform.changed(np.asarray(image), row)
        pairs = zip(results, arrays, strict=True) if isinstance(results, tuple) else [
            (results, arrays)]
        for result, array in pairs:
            assert result.mode == mode
            np.testing.assert_array_equal(np.asarray(result), array)
            if mode == "P":
                assert result.getpalette() == image.getpalette()


@pytest.mark.parametrize("mode", MODES)
def test_what_weighs_pixels_takes_what_pillow_does(mode):
    for way in (T.InterpolationMode.NEAREST, T.InterpolationMode.BILINEAR):
        image = of(mode)
        found = T.Resize((4, 6), way)(image)
        expected = image.resize((6, 4), way.pillow)
        assert found.mode == mode and found.tobytes() == expected.tobytes()
        if mode != "I;16" or way is T.InterpolationMode.NEAREST:
            turned = T.RandomRotation((30, 30), way, expand=True, fill=1)(image)
            bands = len(image.getbands())
            wanted = image.rotate(30, way.pillow, True,
                                  fillcolor=1 if bands == 1 else (1,) * bands)
            assert turned.mode == mode and turned.tobytes() == wanted.tobytes()


def test_modes_that_do_not_fit_are_refused():
    for mode in ("RGBA", "P", "1", "I", "F"):
        with pytest.raises(ValueError, match=rf"ColorJitter: .* got mode {mode}; .*convert\('RGB"):
            T.ColorJitter(0.5)(of(mode))
    for mode in ("P", "1", "I;16"):
        with pytest.raises(ValueError, match=f"GaussianBlur: .* got mode {mode}"):
            T.GaussianBlur(3)(of(mode))
    with pytest.raises(TypeError, match="RandomErasing: .* got an image of Pillow; put PILToTenso"):
        T.RandomErasing(1.0)(PHOTO)
    with pytest.raises(ValueError, match="Pad: fill has 2 values, the image has 3 channel"):
        T.Pad(1, (1, 2))(PHOTO)
    with pytest.raises(ValueError, match="Resize: InterpolationMode.LANCZOS is for images of Pill"):
        T.Resize(5, T.InterpolationMode.LANCZOS)(COLOR)
    with pytest.raises(ValueError, match="RandomRotation: InterpolationMode.BICUBIC is for"):
        T.RandomRotation(5, T.InterpolationMode.BICUBIC)(COLOR)


@pytest.mark.parametrize("mode", MODES)
def test_to_tensors_and_back(mode):
    image = of(mode)
    array = np.asarray(image)
    same = T.PILToTensor()(image)
    assert same.numpy().tolist() == (array[None] if array.ndim == 2 else
                                     array.transpose(2, 0, 1)).tolist()
    if mode == "P":
        with pytest.raises(ValueError, match=r"a palette \(mode P\); image.convert\('RGB'\)"):
            T.ToTensor()(image)
        return
    scale = 255 if array.dtype == np.uint8 else 1
    np.testing.assert_array_equal(T.ToTensor()(image).numpy(),
                                  same.numpy().astype(np.float32) / np.float32(scale))
    if mode in ("L", "LA", "RGB", "RGBA", "I"):
        again = T.ToPILImage()(same)
        assert again.mode == mode and again.tobytes() == image.tobytes()
        assert T.ToPILImage()(array).tobytes() == image.tobytes()


def test_every_byte_survives_the_way_to_floats_and_back():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.asarray(T.ToPILImage()(T.ToTensor()(levels))).tolist() == levels.tolist()


def test_what_makes_no_image():
    floats = autograd.tensor([[-0.5, 0.5], [0.2, 2.0]])
    with pytest.raises(ValueError, match=r"ToPILImage: .* in \[0, 1\], got values from -0.5 to 2;"):
        T.ToPILImage()(floats)
    with pytest.raises(ValueError, match="ToPILImage: .* got NaN"):
        T.ToPILImage()(autograd.full((2, 2), float("nan")))
    with pytest.raises(ValueError, match="ConvertImageDtype: .* got values from -0.5 to 2"):
        T.ConvertImageDtype(autograd.uint8)(floats)
    for shape in ((5, 9, 9), (2, 3, 4, 4), (3,), (3, 0, 4)):
        with pytest.raises(ValueError, match=r"needs a Tensor \(C, H, W\) or an ndarray"):
            T.ToPILImage()(autograd.zeros(*shape))
    with pytest.raises(ValueError, match=r"1 channel\(s\) of uint8 make .* mode L, not RGB"):
        T.ToPILImage("RGB")(COLOR[..., 0])
    with pytest.raises(ValueError, match=r"no mode for 3 channel\(s\) of int64"):
        T.ToPILImage()(COLOR.astype(np.int64))
    with pytest.raises(TypeError, match="ToPILImage: needs a Tensor or an ndarray, got list of 1"):
        T.ToPILImage()([[1]])
    with pytest.raises(TypeError, match="PILToTensor: needs an ndarray, got list; use numpy"):
        T.PILToTensor()([[1]])
    with pytest.raises(TypeError, match="ConvertImageDtype: bool has no white"):
        T.ConvertImageDtype(autograd.bool)


def test_the_usual_order_of_torchvisions_programs():
    usual = T.Compose([
        T.RandomResizedCrop(8), T.RandomHorizontalFlip(), T.ColorJitter(0.4, 0.4, 0.4),
        T.ToTensor(), T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        T.RandomErasing()])
    bytes_first = T.Compose([T.Resize(10), T.CenterCrop(8), T.PILToTensor(),
                             T.ConvertImageDtype(autograd.float32), T.Normalize(0.5, 0.5)])
    ten = T.Compose([T.FiveCrop(4), T.Lambda(lambda parts: autograd.stack(
        [T.ToTensor()(part) for part in parts]))])
    for image in (PHOTO, COLOR):
        assert usual(image).shape == bytes_first(image).shape == (3, 8, 8)
        assert ten(image).shape == (5, 3, 4, 4)


def test_without_pillow_the_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "PIL"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'wengert\[images\]'"):
        T.ToPILImage()(COLOR)
    assert T.Compose([T.Resize(5), T.ToTensor()])(COLOR).shape == (3, 5, 6)


def test_pillow_is_not_loaded_before_it_is_needed():
    code = ("import sys, numpy as np; from data import datasets, transforms as T, utils; "
            "T.Resize(4)(np.ones((8, 8))); print('PIL' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True,
                          cwd=Path(__file__).resolve().parent.parent)
    assert done.stdout.strip() == "False"
