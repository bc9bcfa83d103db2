"""Points in the plane, and a line through noise: data that show what a model can do.

Each function draws from `generator`, or from the default generator, and gives a TensorDataset of
float32 inputs.
"""

import math

import numpy as np

from autograd import Generator, from_numpy
from autograd.sampling import numpy_generator
from data.dataset import TensorDataset
from data.sampler import positive_int


def _labelled(points: np.ndarray, classes: np.ndarray) -> TensorDataset:
    return TensorDataset(from_numpy(points.astype(np.float32)),
                         from_numpy(classes.astype(np.int64)))


def _start(samples: int, noise: float, generator: Generator | None, who: str,
           least: int = 1) -> tuple[int, np.random.Generator]:
    count = positive_int(samples, "samples", who)
    if count < least:
        raise ValueError(f"{who}: samples must be at least {least}, one a class, got {count}")
    if not 0 <= noise < math.inf:
        raise ValueError(f"{who}: noise must be a number >= 0, got {noise}")
    return count, numpy_generator(generator, who)


def xor(samples: int = 200, noise: float = 0.1,
        generator: Generator | None = None) -> TensorDataset:
    """Corners of the square with noise around them: class 1 where exactly one coordinate is 1.

    The corners (0, 0), (0, 1), (1, 0), (1, 1) take turns: xor(4, 0) is the truth table.

    Shape: inputs (samples, 2) float32, classes (samples) int64.

    >>> [tensor.tolist() for tensor in xor(4, noise=0).tensors]
    [[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]]
    """
    count, source = _start(samples, noise, generator, "xor")
    corner = np.arange(count) % 4
    bits = np.stack([corner // 2, corner % 2], 1)
    return _labelled(bits + noise * source.standard_normal((count, 2)), bits[:, 0] ^ bits[:, 1])


def moons(samples: int = 200, noise: float = 0.1,
          generator: Generator | None = None) -> TensorDataset:
    """Two half circles that interlock: (cos t, sin t), and (1 - cos t, 1/2 - sin t).

    Shape: inputs (samples, 2) float32, classes (samples) int64, first all of class 0.

    >>> [round(x, 1) for x in moons(4, noise=0)[1][0].tolist()]
    [-1.0, 0.0]
    """
    count, source = _start(samples, noise, generator, "moons", 2)
    first, second = (np.linspace(0, math.pi, n) for n in (count // 2, count - count // 2))
    points = np.concatenate([np.stack([np.cos(first), np.sin(first)], 1),
                             np.stack([1 - np.cos(second), 0.5 - np.sin(second)], 1)])
    return _labelled(points + noise * source.standard_normal(points.shape),
                     np.arange(count) >= count // 2)


def circles(samples: int = 200, noise: float = 0.05, factor: float = 0.5,
            generator: Generator | None = None) -> TensorDataset:
    """Two circles around 0, of radius 1 and `factor`.

    Shape: inputs (samples, 2) float32, classes (samples) int64, first all of class 0, outside.

    >>> circles(4, noise=0)[2][0].tolist()
    [0.5, 0.0]
    """
    count, source = _start(samples, noise, generator, "circles", 2)
    if not 0 < factor < 1:
        raise ValueError(f"circles: factor must lie between 0 and 1, got {factor}")
    inner = np.arange(count) >= count // 2
    angle = np.concatenate([np.arange(n) * (2 * math.pi / n)
                            for n in (count // 2, count - count // 2)])
    points = np.where(inner, factor, 1.0)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return _labelled(points + noise * source.standard_normal((count, 2)), inner)


def spirals(samples: int = 300, classes: int = 3, noise: float = 0.05, turns: float = 0.75,
            generator: Generator | None = None) -> TensorDataset:
    """One arm a class that winds from 0 to radius 1 in so many turns.

    Shape: inputs (samples, 2) float32, targets (samples) int64, class after class.

    >>> spirals(6, classes=2, noise=0).tensors[1].tolist()
    [0, 0, 0, 1, 1, 1]
    """
    arms = positive_int(classes, "classes", "spirals")
    count, source = _start(samples, noise, generator, "spirals", arms)
    label = np.arange(count) * arms // count
    lengths = np.bincount(label, minlength=arms)
    radius = np.concatenate([np.linspace(0, 1, n) for n in lengths])
    angle = 2 * math.pi * (turns * radius + label / arms)
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return _labelled(points + noise * source.standard_normal((count, 2)), label)


def blobs(samples: int = 200, classes: int = 3, features: int = 2, noise: float = 1.0,
          generator: Generator | None = None) -> TensorDataset:
    """Normal clouds of deviation `noise` around a centre a class, drawn from [-10, 10).

    Shape: inputs (samples, features) float32, targets (samples) int64; the classes take turns.

    >>> blobs(5, classes=2).tensors[1].tolist()
    [0, 1, 0, 1, 0]
    """
    clouds = positive_int(classes, "classes", "blobs")
    width = positive_int(features, "features", "blobs")
    count, source = _start(samples, noise, generator, "blobs", clouds)
    centres = source.uniform(-10, 10, (clouds, width))
    label = np.arange(count) % clouds
    return _labelled(centres[label] + noise * source.standard_normal((count, width)), label)


def regression(samples: int = 200, features: int = 1, noise: float = 0.1,
               generator: Generator | None = None) -> TensorDataset:
    """y = x w + b + noise, with normal inputs and a normal w and b that are drawn first.

    Shape: inputs (samples, features) and targets (samples, 1), float32.

    >>> [tuple(tensor.shape) for tensor in regression(5, features=3).tensors]
    [(5, 3), (5, 1)]
    """
    width = positive_int(features, "features", "regression")
    count, source = _start(samples, noise, generator, "regression")
    weight, bias = source.standard_normal((width, 1)), source.standard_normal()
    x = source.standard_normal((count, width))
    y = x @ weight + bias + noise * source.standard_normal((count, 1))
    return TensorDataset(from_numpy(x.astype(np.float32)), from_numpy(y.astype(np.float32)))
