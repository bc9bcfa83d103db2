"""What the lessons have in common: a command line, data, checks on the way, a picture at the end.

A lesson is a module with `teach(args)`, which trains, prints what it found and returns what is to
be seen, and `draw(result, figure)`, which draws that.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable

import numpy as np
from program import FAILED, INTERRUPTED, at_least_1, new_folder
from tqdm import tqdm

import autograd
from autograd import Tensor
from data import datasets
from data.transforms import ToTensor

COLORS = ("#2563eb", "#ea580c", "#16a34a", "#9333ea", "#dc2626", "#0891b2", "#ca8a04", "#db2777",
          "#475569", "#84cc16")


class Failed(Exception):
    """A lesson cannot go on, for the reason given."""


def parse(name: str, doc: str, argv: list[str] | None, steps: int, few: int,
          root: str | None) -> argparse.Namespace:
    """The command line of a lesson; `steps` is what to do in full, `few` with --smoke."""
    parser = argparse.ArgumentParser(
        prog=name, description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--smoke", action="store_true", help="take a few steps only, to see that all of it runs")
    add("--steps", type=at_least_1, metavar="N", help=f"default: {steps}, with --smoke {few}")
    add("--seed", type=int, default=0, metavar="N", help="default: 0")
    add("--out", default="runs", metavar="FOLDER", help="where the picture goes (default: runs)")
    add("--threads", type=at_least_1, metavar="N", help="for kernels (default: all CPUs)")
    if root is not None:
        add("--root", metavar="FOLDER", help=root)
    args = parser.parse_args(argv)
    args.steps = args.steps or (few if args.smoke else steps)
    return args


def lesson(doc: str, teach: Callable, draw: Callable, argv: list[str] | None, *, steps: int,
           few: int = 3, size: tuple[float, float] = (10, 5), root: str | None = None) -> int:
    """Run a lesson: train, then leave the picture in runs/<time>/; returns the exit code.

    `size` is the picture's in inches; `root` explains the option --root, if there is one.
    """
    name = os.path.basename(teach.__code__.co_filename)
    args = parse(name, doc, argv, steps, few, root)
    if args.threads is not None:
        autograd.set_num_threads(args.threads)
    autograd.manual_seed(args.seed)
    try:
        path = os.path.join(new_folder(args.out), name.replace(".py", ".png"))
        result = teach(args)
        try:
            save(path, draw, result, size)
        except ModuleNotFoundError:
            print("No picture: matplotlib is missing. It comes with the extra plots: "
                  "pip install 'wengert[plots]'")
    except (Failed, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"{name}: stopped by Ctrl-C", file=sys.stderr)
        return INTERRUPTED
    return 0


def save(path: str, draw: Callable, result, size: tuple[float, float]) -> None:
    """Write the picture that `draw` makes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=110, layout="constrained")
    draw(result, figure)
    figure.savefig(path)
    print(f"Picture: {path}")


def track(steps: int, title: str = "") -> Iterable[int]:
    """The numbers from 0 to steps - 1 with a bar on the terminal."""
    return tqdm(range(steps), desc=title, leave=False, disable=None, unit="step")


def sound(what: str, value: Tensor, *shape: int) -> Tensor:
    """The value, if it has this shape and is finite everywhere."""
    if value.shape != shape:
        raise Failed(f"{what} should have the shape {shape}, got {tuple(value.shape)}")
    if not autograd.isfinite(value).all().item():
        raise Failed(f"{what} is no longer finite; a smaller learning rate may help")
    return value


def images(root: str | None, train: bool = True) -> tuple[Tensor, Tensor]:
    """Pixels in [0, 1], (N, H, W), and classes (N): of the embedded digits, or MNIST's if `root` is
    the folder of its files."""
    try:
        source = datasets.Digits(train) if root is None else datasets.MNIST(root, train)
    except ValueError as error:
        raise Failed(str(error)) from None
    return ToTensor().batch(source.data.numpy()).squeeze(1), source.targets


def batch(values: Tensor, size: int) -> Tensor:
    """`size` rows drawn at random."""
    return values[autograd.randint(0, len(values), (size,))]


def tiles(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Small pictures (N, H, W) side by side in rows of `columns`, with a line of NaN between them.

    Shape: (N, H, W) -> (ceil(N / columns) (H + 1) - 1, columns (W + 1) - 1).
    """
    count, height, width = pictures.shape
    rows = -(-count // columns)
    sheet = np.full((rows * columns, height + 1, width + 1), np.nan)
    sheet[:count, :-1, :-1] = pictures
    sheet = sheet.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return sheet.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def show(axes, pictures: np.ndarray, columns: int, title: str, **options) -> None:
    """Draw small pictures as tiles."""
    axes.imshow(tiles(pictures, columns), **{"cmap": "gray_r", **options})
    axes.set_title(title, fontsize=10)
    axes.set_axis_off()
