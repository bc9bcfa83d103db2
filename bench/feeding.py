"""How fast images like MNIST's are fed: one step is a pass over 4,096 of them in batches of 64.

PyTorch has the same transforms, written on its tensors as torchvision writes them.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import SimpleNamespace

import numpy as np

from .training import Step

IMAGES, BATCH = 4096, 64
MEAN, STD = 0.1307, 0.3081


class Plain:
    """A dataset as users write it: sample by sample."""

    def __init__(self, images, labels, transform):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(self.images[index]), int(self.labels[index])


def _torch_transform():
    torch = import_module("torch")
    pad = import_module("torch.nn.functional").pad

    def transform(image):
        pixels = torch.from_numpy(image)[None].to(torch.float32).div(255)
        padded = pad(pixels, (2, 2, 2, 2))
        top, left = (int(torch.randint(0, 5, (1,))) for _ in range(2))
        part = padded[..., top: top + 28, left: left + 28].clone()
        mean, std = torch.as_tensor((MEAN,)), torch.as_tensor((STD,))
        return part.sub_(mean[:, None, None]).div_(std[:, None, None])

    return transform


def feed(lib: SimpleNamespace, workers: int, whole: bool) -> Step:
    """A pass; `whole` is a dataset of ours that fetches whole batches, where there is one."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, IMAGES)
    settings = dict(batch_size=BATCH, shuffle=True, num_workers=workers,
                    persistent_workers=workers > 0)
    if lib.core.__name__ == "torch":
        loader = import_module("torch.utils.data").DataLoader(
            Plain(images, labels, _torch_transform()), **settings)
    else:
        data, transforms = import_module("data"), import_module("data.transforms")
        transform = transforms.Compose([
            transforms.RandomCrop(28, padding=2), transforms.ToTensor(),
            transforms.Normalize((MEAN,), (STD,))])
        made = import_module("data.datasets").ImageDataset if whole else Plain
        loader = data.DataLoader(made(images, labels, transform), **settings)

    def step():
        for _ in loader:
            pass

    return step


FEEDING: dict[str, Callable[[SimpleNamespace], Step]] = {
    f"feed_{name}_{workers}": partial(feed, workers=workers, whole=name == "batches")
    for name in ("batches", "samples") for workers in (0, 2)
}
