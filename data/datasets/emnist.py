"""EMNIST: handwritten letters and digits in the format of MNIST, in six selections."""

import os
import string
from collections.abc import Callable

from data.datasets.download import DownloadError, download
from data.datasets.mnist import MNIST, IdxFile

_ALL = string.digits + string.ascii_uppercase + string.ascii_lowercase
_MERGED = "".join(c for c in _ALL if c not in "cijklmopsuvwxyz")  # written alike in both cases


class EMNIST(MNIST):
    """Handwritten characters, 28x28 pixels: which ones, says `split`.

    "byclass" has 62 classes, "bymerge" and "balanced" 47, where letters that are written alike in
    both cases count as one, "letters" has 26, numbered from 1, "digits" and "mnist" have ten.
    The images lie on their side, rows and columns exchanged, as they were published and as
    torchvision gives them; `image.T` stands them up.

    Found like MNIST, in the folders EMNIST/raw or emnist, as emnist-<split>-train-images-idx3-ubyte
    and so on. download=True fetches the archive of all of them, 562 MB, and unpacks the split.

    Shape: data (N, 28, 28) uint8, targets the places in `classes`.
    Raises: ValueError for another split; otherwise as MNIST.
    Reference: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, EMNIST: an extension of MNIST to
        handwritten letters, arXiv:1702.05373, 2017.
    """

    mirrors = ("https://biometrics.nist.gov/cs_links/EMNIST/",
               "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/")
    folders = ("", "EMNIST/raw", "emnist")
    splits = {
        "byclass": tuple(_ALL), "bymerge": tuple(_MERGED), "balanced": tuple(_MERGED),
        "letters": ("N/A", *string.ascii_lowercase), "digits": tuple(string.digits),
        "mnist": tuple(string.digits),
    }  # fmt: skip
    # Size and SHA-256 as TensorFlow Datasets publishes them (url_checksums/emnist.txt).
    archive = (561753746, "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e")
    class_counts = {}

    def __init__(
        self,
        root: str | bytes | os.PathLike | None = None,
        split: str = "balanced",
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ) -> None:
        if split not in self.splits:
            raise ValueError(f"EMNIST: split must be one of {', '.join(self.splits)}, got "
                             f"{split!r}")
        self.split, self.classes = split, self.splits[split]
        kinds = (("images-idx3-ubyte.gz", (0, 28, 28)), ("labels-idx1-ubyte.gz", (0,)))
        train_files, test_files = ([IdxFile(f"emnist-{split}-{part}-{kind}", 0, "", shape)
                                    for kind, shape in kinds] for part in ("train", "test"))
        self.files = {True: (train_files[0], train_files[1]),
                      False: (test_files[0], test_files[1])}
        super().__init__(root, train, transform, target_transform, download)

    def __repr__(self) -> str:
        return super().__repr__().replace("(train", f"(split={self.split!r}, train", 1)

    def _download(self) -> str:
        """Fetches the archive and unpacks this split's files; the reasons if that fails."""
        import shutil
        import zipfile

        try:
            path = download("gzip.zip", *self.archive, self.mirrors, self._target())
            with zipfile.ZipFile(path) as archive:
                for file in self.files[True] + self.files[False]:
                    target = os.path.join(self._target(), file.name)
                    with archive.open("gzip/" + file.name) as source, open(
                            target + ".part", "wb") as copy:
                        shutil.copyfileobj(source, copy)
                    os.replace(target + ".part", target)
        except (DownloadError, OSError, KeyError, zipfile.BadZipFile) as error:
            return f"gzip.zip could not be downloaded and unpacked:\n{error}\n"
        return ""
