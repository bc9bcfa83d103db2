"""Images in files, one folder a class."""

import os
from collections.abc import Callable
from typing import Any

from data.dataset import Dataset, position_of
from data.transforms.base import pillow

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def default_loader(path: str) -> Any:
    """The image in a file, in RGB, by Pillow.

    Raises: ValueError naming a file that is no image, or not a whole one, or one of more than 8
        bits for a colour, which would be cut off.
    """
    module = pillow("ImageFolder")
    with open(path, "rb") as file:
        try:
            image = module.open(file)
            if image.mode[0] not in "IF":
                return image.convert("RGB")
        except Exception as error:  # each format has its own way of being broken
            raise ValueError(f"ImageFolder: {path} cannot be read as an image: {error}") from error
    raise ValueError(f"ImageFolder: {path} has more than 8 bits for a pixel (mode {image.mode}); "
                     "give a loader that brings its values into a range of your choice")


class ImageFolder(Dataset):
    """Sample i is (transform(image i), target_transform(class i)); classes are the folders in root.

    root/dog/1.png and root/dog/more/2.jpg are of the class "dog". The classes are numbered in
    alphabetical order. Images are read when they are asked for, by `loader`, which makes an image
    of a path. Files count by their ending, or where `is_valid_file` says of their path that they
    do; what begins with a dot does not. Links are followed, but not back to where they stand in.

    `samples` has (path, class) of each image, `targets` the classes, `classes` their names.

    Raises: FileNotFoundError for a root without folders and, unless allow_empty, for folders
        without images; ValueError naming the file that cannot be read.

    Example: ImageFolder("photos/train", Compose([Resize(256), CenterCrop(224), ToTensor()]))
    """

    def __init__(
        self,
        root: str | bytes | os.PathLike,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], Any] | None = None,
        allow_empty: bool = False,
    ) -> None:
        self.root = os.path.expanduser(os.fsdecode(root))
        self.transform, self.target_transform = transform, target_transform
        self.loader = loader
        if not os.path.isdir(self.root):
            raise FileNotFoundError(f"ImageFolder: there is no folder {self.root}")
        self.classes = sorted(entry.name for entry in os.scandir(self.root)
                              if entry.is_dir() and not entry.name.startswith("."))
        if not self.classes:
            raise FileNotFoundError(f"ImageFolder: {self.root} has no folders; it needs one a "
                                    "class, as in root/dog/1.png and root/cat/1.png")
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}
        self.samples = [(path, number) for name, number in self.class_to_idx.items()
                        for path in _files(os.path.join(self.root, name), is_valid_file)]
        self.targets = [number for _, number in self.samples]
        found = set(self.targets)
        empty = [name for name, number in self.class_to_idx.items() if number not in found]
        if empty and not allow_empty:
            wanted = ("that is_valid_file takes" if is_valid_file
                      else "with the ending " + " ".join(EXTENSIONS))
            raise FileNotFoundError(
                f"ImageFolder: no file {wanted} is in the folder(s) {', '.join(empty)} of "
                f"{self.root}; remove them, or pass allow_empty=True for classes without images")

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, label = self.samples[position_of(index, self)]
        try:
            image = self.loader(path)
        except Exception as error:
            error.add_note(f"raised by the loader for {path}")
            raise
        if self.transform is not None:
            image = self.transform(image)
        return image, label if self.target_transform is None else self.target_transform(label)

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        return f"ImageFolder({self.root!r}): {len(self)} images of {len(self.classes)} classes"


def _files(folder: str, is_valid: Callable[[str], bool] | None) -> list[str]:
    """The paths of the images below a folder, in order."""
    paths = []
    for where, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith(".")
                            and not _leads_back(os.path.join(where, name)))
        paths += [os.path.join(where, name) for name in sorted(names) if not name.startswith(".")]
    return [path for path in paths
            if (is_valid(path) if is_valid else path.lower().endswith(EXTENSIONS))]


def _leads_back(folder: str) -> bool:
    """Whether a folder is a link to one that it stands in, where a walk would not end."""
    if not os.path.islink(folder):
        return False
    above = os.path.realpath(os.path.dirname(folder))
    return os.path.commonpath([above, os.path.realpath(folder)]) == os.path.realpath(folder)
