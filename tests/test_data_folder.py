"""ImageFolder and data.utils: images in files."""

import io
import math
from pathlib import Path

import numpy as np
import pytest

import autograd
from data import DataLoader
from data.datasets import ImageFolder
from data.transforms import CenterCrop, Compose, ToTensor
from data.utils import make_grid, save_image

Image = pytest.importorskip("PIL.Image", reason="Pillow comes with the extra images")

COLOR = np.random.default_rng(0).integers(0, 256, (5, 6, 3), dtype=np.uint8)


@pytest.fixture
def root(tmp_path):
    """Two classes, and what lies about in such folders."""
    for name in ("dog", "cat/more", ".ipynb_checkpoints", "cat/.cache"):
        (tmp_path / name).mkdir(parents=True)
    photo = Image.fromarray(COLOR)
    for name in ("dog/b.PNG", "dog/a.bmp", "cat/more/1.png", ".ipynb_checkpoints/x.png",
                 "cat/.cache/x.png", "dog/._b.png"):
        photo.save(tmp_path / name, format="png")
    photo.convert("L").save(tmp_path / "cat/grey.png")
    photo.convert("RGBA").save(tmp_path / "cat/clear.png")
    photo.convert("P").save(tmp_path / "cat/palette.gif")
    for name in ("dog/notes.txt", "dog/.DS_Store", "readme.md"):
        (tmp_path / name).write_text("no image")
    return tmp_path


def test_classes_and_samples(root):
    folder = ImageFolder(root)
    assert folder.classes == ["cat", "dog"] and folder.class_to_idx == {"cat": 0, "dog": 1}
    assert [path.removeprefix(str(root)) for path, _ in folder.samples] == [
        "/cat/clear.png", "/cat/grey.png", "/cat/more/1.png", "/dog/a.bmp", "/dog/b.PNG"]
    assert folder.targets == [0, 0, 0, 1, 1] and len(folder) == 5
    assert [label for _, label in folder] == folder.targets
    image, label = folder[-1]
    assert image.mode == "RGB" and label == 1
    np.testing.assert_array_equal(np.asarray(image), COLOR)
    assert all(folder[i][0].mode == "RGB" for i in range(5))
    assert repr(folder) == f"ImageFolder({str(root)!r}): 5 images of 2 classes"
    with pytest.raises(IndexError, match="ImageFolder: index 5 is out of range for 5 samples"):
        folder[5]


def test_transforms_loader_and_files_of_ones_own(root):
    whole = Compose([CenterCrop(4), ToTensor()])
    images, labels = next(iter(DataLoader(ImageFolder(str(root), whole, lambda y: -y), 5)))
    assert images.shape == (5, 3, 4, 4) and labels.tolist() == [0, 0, 0, -1, -1]
    texts = ImageFolder(root, loader=lambda path: Path(path).read_text(), allow_empty=True,
                        is_valid_file=lambda path: path.endswith(".txt"))
    assert list(texts) == [("no image", 1)] and texts.classes == ["cat", "dog"]


def test_what_is_missing(root, tmp_path):
    with pytest.raises(FileNotFoundError, match="ImageFolder: there is no folder .*nowhere"):
        ImageFolder(root / "nowhere")
    with pytest.raises(FileNotFoundError, match="has no folders; it needs one a class"):
        ImageFolder(root / "dog")
    (root / "emu").mkdir()
    (root / "fox").mkdir()
    with pytest.raises(FileNotFoundError, match="ending .jpg .* in the folder.* emu, fox of"):
        ImageFolder(root)
    with pytest.raises(FileNotFoundError, match="no file that is_valid_file takes .* cat, dog, e"):
        ImageFolder(root, is_valid_file=lambda path: False)
    assert ImageFolder(root, allow_empty=True).classes == ["cat", "dog", "emu", "fox"]


@pytest.mark.parametrize("spoil", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"<html>",
                                   lambda b: b[:20] + b"\xff" * 30 + b[50:]])
def test_a_broken_file_is_named(root, spoil):
    path = root / "dog" / "b.PNG"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ValueError, match="ImageFolder: .*dog/b.PNG cannot be read as an image: "):
        ImageFolder(root)[4]
    with pytest.raises(ZeroDivisionError) as caught:
        ImageFolder(root, loader=lambda path: 1 / 0)[4]
    assert str(path) in caught.value.__notes__[0]


@pytest.mark.parametrize("pixels, name", [(np.uint16([[0, 60000]]), "16.png"),
                                          (np.float32([[0, 0.5]]), "float.tif")])
def test_what_eight_bits_do_not_hold_is_not_cut_off(root, pixels, name):
    Image.fromarray(pixels).save(root / "dog" / name)
    folder = ImageFolder(root, is_valid_file=lambda path: path.endswith((name, "grey.png")))
    with pytest.raises(ValueError, match=f"ImageFolder: .*{name} has more than 8 bits"):
        folder[1]
    folder.loader = Image.open
    np.testing.assert_array_equal(folder[1][0], pixels)


def test_a_link_back_is_not_followed(root):
    before = ImageFolder(root).samples
    (root / "cat" / "more" / "up").symlink_to(root / "cat")
    (root / "dog" / "self").symlink_to(".")
    assert ImageFolder(root).samples == before
    (root / "dog" / "zoo").symlink_to(root / "cat" / "more")
    assert len(ImageFolder(root).samples) == len(before) + 1


# ---- data.utils


def test_a_grid_has_every_image_at_its_place():
    images = autograd.arange(1, 6).reshape(5, 1, 1, 1).float().expand(5, 3, 2, 3)
    grid = make_grid(images, nrow=2, padding=1, pad_value=-1).numpy()
    assert grid.shape == (3, 3 * 3 + 1, 2 * 4 + 1)
    rows = [[1, 2], [3, 4], [5, -1]]
    for (i, j), value in np.ndenumerate(rows):
        assert (grid[:, 3 * i + 1: 3 * i + 3, 4 * j + 1: 4 * j + 4] == value).all()
    assert (grid[:, ::3] == -1).all() and (grid[:, :, ::4] == -1).all()
    listed = make_grid([image for image in images], nrow=2, padding=1, pad_value=-1)
    np.testing.assert_array_equal(listed.numpy(), grid)


def test_grids_of_few_images():
    single = autograd.arange(6).reshape(2, 3)
    for image in (single, single.unsqueeze(0), single.unsqueeze(0).unsqueeze(0)):
        assert make_grid(image).tolist() == [single.tolist()] * 3
    assert make_grid(autograd.zeros(2, 3, 4, 4), nrow=8, padding=0).shape == (3, 4, 8)
    colours = autograd.zeros(3, 2, 2)
    make_grid(colours).add_(1)
    assert colours.sum() == 0


def test_normalized_grids():
    images = autograd.stack([autograd.full((3, 1, 2), 2.0), autograd.full((3, 1, 2), 6.0)])
    images[1, 0, 0, 0] = 10.0
    before = images.numpy().copy()
    whole = make_grid(images, padding=0, normalize=True).numpy()
    np.testing.assert_allclose(whole[0, 0], [0, 0, 1, 0.5])
    each = make_grid(images, padding=0, normalize=True, scale_each=True).numpy()
    np.testing.assert_allclose(each[0, 0], [0, 0, 1, 0])
    ranged = make_grid(images, padding=0, normalize=True, value_range=(4.0, 8.0)).numpy()
    np.testing.assert_allclose(ranged[0, 0], [0, 0, 1, 0.5])
    np.testing.assert_array_equal(images.numpy(), before)


def test_what_makes_no_grid():
    for wrong in (np.zeros((2, 3, 4, 4)), "images", [np.zeros((3, 4, 4))], None):
        with pytest.raises(TypeError, match="make_grid: "):
            make_grid(wrong)
    with pytest.raises(TypeError, match=r"of one shape, got \(3, 2, 2\) and \(3, 4, 4\)"):
        make_grid([autograd.zeros(3, 4, 4), autograd.zeros(3, 2, 2)])
    with pytest.raises(ValueError, match="the batch is empty"):
        make_grid(autograd.zeros(0, 3, 4, 4))
    with pytest.raises(ValueError, match="the batch is empty"):
        make_grid([])
    with pytest.raises(ValueError, match=r"got shape \(2, 2, 3, 4, 4\)"):
        make_grid(autograd.zeros(2, 2, 3, 4, 4))
    with pytest.raises(TypeError, match=r"value_range must be a tuple \(min, max\), got 3"):
        make_grid(autograd.zeros(2, 3, 4, 4), normalize=True, value_range=3)
    with pytest.raises(TypeError, match="normalize needs a floating Tensor, got uint8"):
        make_grid(autograd.zeros(2, 3, 4, 4, dtype=autograd.uint8), normalize=True)


def test_values_that_are_no_colour(tmp_path):
    images = autograd.zeros(2, 3, 4, 4)
    images[1, 0, 0, :2] = autograd.tensor([math.nan, math.inf])
    with pytest.raises(ValueError, match="make_grid: normalize: 2 of 96 values are NaN or infinite"
                                         r".* give value_range=\(0.0, 1.0\)"):
        make_grid(images, normalize=True)
    with pytest.raises(ValueError, match="save_image: 1 of 336 values are NaN, .*masked_fill"):
        save_image(images, tmp_path / "nan.png")
    assert make_grid(images, normalize=True, value_range=(0.0, 1.0)).max().isnan()
    save_image(images.masked_fill(~images.isfinite(), 0), tmp_path / "fine.png", normalize=True)


def test_saved_images(tmp_path):
    image = ToTensor()(COLOR)
    save_image(image, tmp_path / "one.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "one.png")), COLOR)
    save_image(autograd.tensor([[0.5, 0.499, 0.4]]), tmp_path / "halves.png")
    assert np.asarray(Image.open(tmp_path / "halves.png"))[0, :, 0].tolist() == [128, 127, 102]
    save_image([image, 2 * image - 0.5], str(tmp_path / "two.png"), padding=0)
    right = np.asarray(Image.open(tmp_path / "two.png"))[:, 6:]
    expected = np.clip(2 * COLOR.astype(float) - 127.5, 0, 255)
    assert np.abs(right - expected).max() <= 0.51
    file = io.BytesIO()
    save_image(image, file, format="bmp")
    np.testing.assert_array_equal(np.asarray(Image.open(file)), COLOR)
    save_image(autograd.tensor(COLOR).permute(2, 0, 1), tmp_path / "bytes.png")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "bytes.png")), COLOR)
    save_image(autograd.tensor([[True, False]]), tmp_path / "mask.png")
    assert np.asarray(Image.open(tmp_path / "mask.png"))[0].tolist() == [[255] * 3, [0] * 3]
    with pytest.raises(TypeError, match="save_image: needs a Tensor of floats .* got int64"):
        save_image(autograd.tensor([[200, 100]]), tmp_path / "wide.png")
    save_image(image.requires_grad_(), tmp_path / "grad.png")
