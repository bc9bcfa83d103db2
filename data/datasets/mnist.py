"""MNIST and FashionMNIST: 70,000 images of 28x28 pixels, found on disk or downloaded."""

import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from data.datasets.download import DownloadError, download, set_aside
from data.datasets.idx import Damaged, read_idx
from data.datasets.images import ImageDataset


class IdxFile(NamedTuple):
    """A published file: its name, size and SHA-256 (of the .gz) and the shape of its content."""

    name: str
    size: int
    sha256: str
    shape: tuple[int, ...]


def _published(*sums: tuple[int, str]) -> dict[bool, tuple[IdxFile, IdxFile]]:
    """train -> (images, labels), from the sizes and SHA-256 of the four files in this order."""
    contents = [
        ("train-images-idx3-ubyte.gz", (60000, 28, 28)),
        ("train-labels-idx1-ubyte.gz", (60000,)),
        ("t10k-images-idx3-ubyte.gz", (10000, 28, 28)),
        ("t10k-labels-idx1-ubyte.gz", (10000,)),
    ]
    rows = zip(contents, sums, strict=True)
    files = [IdxFile(name, *published, shape) for (name, shape), published in rows]
    return {True: (files[0], files[1]), False: (files[2], files[3])}


class MNIST(ImageDataset):
    """Handwritten digits: 60,000 images to train on, 10,000 to test.

    The idx files, gzipped or plain, are taken from `root`; without it from the folder named by
    WENGERT_DATA, then from the cache folder (~/.cache/wengert). In each they may lie right there,
    in MNIST/raw (where download=True puts them) or in mnist.

    Files of fewer or more images than the published ones are taken as well; only what is downloaded
    is checked by its sum.

    Shape: data (60000, 28, 28) or (10000, 28, 28) uint8, targets 0 to 9. mean 0.1307, std 0.3081.
    Raises: FileNotFoundError naming the folders searched and the files missing; ValueError for a
        file of other content. With download=True one that lies where downloads go and is damaged
        is renamed to .bad, to be fetched again; all others stay as they are.
    Reference: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to
        document recognition, 1998; licence CC BY-SA 3.0.

    Example: MNIST(train=False, transform=ToTensor(), download=True)
    """

    classes = (
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four",
        "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine",
    )  # fmt: skip
    mirrors: tuple[str, ...] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    folders = ("", "MNIST/raw", "mnist")  # the second one takes downloads
    # Sizes and SHA-256 as TensorFlow Datasets publishes them (url_checksums/mnist.txt).
    files = _published(
        (9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        (28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        (1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        (4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    )
    # How many images each class has: by this MNIST's files are told from FashionMNIST's.
    class_counts: dict[bool, tuple[int, ...]] = {
        True: (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        False: (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    }

    def __init__(
        self,
        root: str | bytes | os.PathLike | None = None,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ) -> None:
        self.train = bool(train)
        self.roots = search_roots(root)
        wanted = self.files[self.train]
        failure = ""
        if download and any(self._find(file) is None for file in wanted):
            failure = self._download()
        paths = [path for file in wanted if (path := self._find(file))]
        if len(paths) < len(wanted):
            raise FileNotFoundError(self._missing(failure))
        images, labels = (self._read(file, path, download)
                          for file, path in zip(wanted, paths, strict=True))
        self._check_labels(images, labels, paths)
        super().__init__(images, labels, transform, target_transform)

    def __repr__(self) -> str:
        shape = "x".join(str(side) for side in self.data.shape[1:])
        return f"{type(self).__name__}(train={self.train}): {len(self)} images of {shape}"

    def _find(self, file: IdxFile) -> str | None:
        for folder in self._searched():
            for name in (file.name.removesuffix(".gz"), file.name):
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    return path
        return None

    def _searched(self) -> list[str]:
        return [os.path.normpath(os.path.join(r, f)) for r in self.roots for f in self.folders]

    def _target(self) -> str:
        return self._searched()[1]

    def _download(self) -> str:
        """Fetches what is missing of both splits; the reasons if that fails, else nothing."""
        for file in self.files[self.train] + self.files[not self.train]:
            if self._find(file) is None:
                try:
                    download(file.name, file.size, file.sha256, self.mirrors, self._target())
                except (DownloadError, OSError) as error:
                    return f"{file.name} could not be downloaded:\n{error}\n"
        return ""

    def _missing(self, failure: str) -> str:
        missing = [file.name for file in self.files[self.train] if self._find(file) is None]
        way = "Mend that and try again" if failure else "Pass download=True"
        lines = "\n".join("  " + folder for folder in self._searched())
        return (
            f"{type(self).__name__}(train={self.train}) needs {' and '.join(missing)} (gzipped, or "
            f"plain without .gz), which are in none of the folders\n{lines}\n{failure}"
            f"{way}, or fetch them from {self.mirrors[0]} and put them into {self._target()}, or "
            "name the folder that has them as root or in the environment variable WENGERT_DATA."
        )

    def _read(self, file: IdxFile, path: str, download: bool) -> np.ndarray:
        try:
            return read_idx(path, file.shape[1:])
        except ValueError as error:
            fix = f"put the published {file.name} in its place, or name another folder as root"
            if isinstance(error, Damaged) and path == os.path.join(self._target(), file.name):
                fix = f"put a good {file.name} in its place, or pass download=True"
                if download and (kept := set_aside(path)):
                    fix = f"it is kept as {kept}; pass download=True again to fetch a good one"
            raise ValueError(f"{type(self).__name__}: {path} {error}; {fix}.") from error

    def _check_labels(self, images: np.ndarray, labels: np.ndarray, paths: list[str]) -> None:
        name, expected = type(self).__name__, self.class_counts.get(self.train, ())
        if len(images) != len(labels):
            raise ValueError(f"{name}: {paths[0]} holds {len(images)} images, {paths[1]} "
                             f"{len(labels)} labels; put the file that belongs to the other in its "
                             "place, or name another folder as root")
        found = tuple(np.bincount(labels, minlength=len(expected)).tolist())
        foreign = len(labels) == sum(expected) and found != expected
        if foreign or len(found) > len(self.classes):
            raise ValueError(
                f"{name}: {paths[1]} has the labels of another dataset: {found} images of the "
                f"classes 0, 1, ..., where {name} has {expected or f'{len(self.classes)} classes'};"
                " name its own folder as root, or pass download=True with another root."
            )


class FashionMNIST(MNIST):
    """Zalando's articles of clothing: 60,000 images to train on, 10,000 to test.

    Found and downloaded like MNIST, in the folders FashionMNIST/raw or fashion-mnist.

    Shape: data (60000, 28, 28) or (10000, 28, 28) uint8, targets 0 to 9. mean 0.2860, std 0.3530.
    Raises: as MNIST.
    Reference: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for
        benchmarking machine learning algorithms, arXiv:1708.07747, 2017; licence MIT.
    """

    classes = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
    mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    )
    folders = ("", "FashionMNIST/raw", "fashion-mnist")
    # Sizes and SHA-256 as TensorFlow Datasets publishes them (url_checksums/fashion_mnist.txt).
    files = _published(
        (26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    )
    class_counts = {True: (6000,) * 10, False: (1000,) * 10}


class KMNIST(MNIST):
    """Kuzushiji, old Japanese cursive: 60,000 characters to train on, 10,000 to test.

    Found and downloaded like MNIST, in the folders KMNIST/raw or kmnist.

    Shape: data (60000, 28, 28) or (10000, 28, 28) uint8, targets 0 to 9.
    Raises: as MNIST.
    Reference: T. Clanuwat et al., Deep learning for classical Japanese literature,
        arXiv:1812.01718, 2018; licence CC BY-SA 4.0.
    """

    classes = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    mirrors = ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
    folders = ("", "KMNIST/raw", "kmnist")
    # Sizes and SHA-256 as TensorFlow Datasets publishes them (url_checksums/kmnist.txt).
    files = _published(
        (18165135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
        (29497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
        (3041136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
        (5120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
    )
    class_counts = {True: (6000,) * 10, False: (1000,) * 10}


def search_roots(root: str | bytes | os.PathLike | None) -> list[str]:
    """The folders to search, the one that takes downloads first."""
    if root is not None:
        return [os.path.expanduser(os.fsdecode(root))]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
    roots = [os.environ.get("WENGERT_DATA"), os.path.join(cache, "wengert")]
    return [os.path.expanduser(folder) for folder in roots if folder]
