"""Train a small network to read handwritten digits, and show that it learned.

    python examples/train.py                        # the 8x8 digits that come with the package
    python examples/train.py --dataset mnist        # MNIST, downloaded unless --root names it

It prints the model, a bar and a line for each epoch and the confusion matrix of the held-out data,
and leaves in runs/<time>/ the weights of the best epoch, the curves and a picture of the graph.
Ctrl-C ends the training early and keeps what was reached.
"""

import argparse
import math
import os
import sys
import time
from typing import NamedTuple

from report import confusion_table, save_curves, save_graph
from tqdm import tqdm

import autograd
import nn
import optim
from data import DataLoader, TensorDataset, datasets
from data.transforms import ToTensor

FAILED, INTERRUPTED = 1, 130  # exit codes; the second is the shell's for Ctrl-C


class Recipe(NamedTuple):
    """How a dataset is trained on unless the command line says otherwise."""

    dataset: type
    epochs: int
    batch_size: int
    lr: float
    momentum: float


RECIPES = {
    "digits": Recipe(datasets.Digits, epochs=20, batch_size=32, lr=0.05, momentum=0.9),
    "mnist": Recipe(datasets.MNIST, epochs=12, batch_size=64, lr=0.01, momentum=0.0),
    "fashion": Recipe(datasets.FashionMNIST, epochs=12, batch_size=64, lr=0.01, momentum=0.9),
}


class Epoch(NamedTuple):
    """A row of the history; accuracies are between 0 and 1."""

    loss: float
    accuracy: float
    held_out_loss: float
    held_out_accuracy: float


def at_least_1(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return value


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text}")
    return value


def defaults(field: str) -> str:
    """The values of the recipes, for the help."""
    values = {name: getattr(recipe, field) for name, recipe in RECIPES.items()}
    return "default: " + ", ".join(f"{value:g} for {name}" for name, value in values.items())


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line, with the recipe's values where nothing was given."""
    parser = argparse.ArgumentParser(
        prog="train.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=RECIPES, default="digits", help="default: digits")
    add("--root", metavar="FOLDER", help="the folder of the idx files of MNIST or FashionMNIST")
    add("--epochs", type=at_least_1, metavar="N", help=defaults("epochs"))
    add("--batch-size", type=at_least_1, metavar="N", help=defaults("batch_size"))
    add("--lr", type=positive, metavar="RATE", help=f"learning rate of SGD ({defaults('lr')})")
    add("--seed", type=int, default=0, metavar="N", help="of weights and order (default: 0)")
    add("--hidden", type=at_least_1, nargs="*", default=[64, 32], metavar="N",
        help="nodes of each hidden layer (default: 64 32)")
    add("--out", default="runs", metavar="FOLDER", help="where the results go (default: runs)")
    add("--threads", type=at_least_1, metavar="N", help="for kernels (default: all CPUs)")
    args = parser.parse_args(argv)
    if args.dataset == "digits" and args.root is not None:
        parser.error("--root is for mnist and fashion: the digits come with the package")
    recipe = RECIPES[args.dataset]
    for name in ("epochs", "batch_size", "lr"):
        if getattr(args, name) is None:
            setattr(args, name, getattr(recipe, name))
    return args


def load(args: argparse.Namespace) -> tuple[TensorDataset, TensorDataset, tuple[str, ...]]:
    """Training and held-out data as tensors (N, pixels) in [0, 1], and the names of the classes."""
    make = RECIPES[args.dataset].dataset
    options = {} if args.dataset == "digits" else {"root": args.root, "download": args.root is None}
    splits = []
    for train in (True, False):
        images = make(train=train, **options)
        pixels = ToTensor().batch(images.data.numpy()).flatten(1)  # (N, H, W) -> (N, H * W)
        splits.append(TensorDataset(pixels, images.targets))
    return splits[0], splits[1], make.classes


def mlp(sizes: list[int]) -> nn.Sequential:
    """Linear layers of these sizes with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def train_epoch(model, loader, criterion, optimizer, title: str) -> tuple[float, float, bool]:
    """One pass over the data: mean loss, accuracy, and whether Ctrl-C cut it short."""
    total, right, seen, stopped = 0.0, 0, 0, False
    with tqdm(loader, desc=title, leave=False, disable=None, unit="batch") as bar:
        try:
            for step, (images, labels) in enumerate(bar):
                scores = model(images)
                loss = criterion(scores, labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(labels)
                right += (scores.argmax(1) == labels).sum().item()
                seen += len(labels)
                if step % 20 == 0:
                    bar.set_postfix_str(f"loss {total / seen:.3f}, accuracy {right / seen:.1%}",
                                        refresh=False)
        except KeyboardInterrupt:
            stopped = True
    return total / max(seen, 1), right / max(seen, 1), stopped


def evaluate(model, criterion, dataset: TensorDataset):
    """Loss, accuracy and predicted classes on a whole dataset."""
    images, labels = dataset.tensors
    with model.evaluating(), autograd.no_grad():
        scores = model(images)
        loss = criterion(scores, labels).item()
    predictions = scores.argmax(1).numpy()
    return loss, float((predictions == labels.numpy()).mean()), predictions


def fit(args, model, train, held_out, weights: str) -> tuple[list[Epoch], int]:
    """Train, keeping the weights of the best epoch in a file; the history and an exit code."""
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), args.lr, RECIPES[args.dataset].momentum)
    loader = DataLoader(train, batch_size=args.batch_size, shuffle=True)
    history: list[Epoch] = []
    try:
        for number in range(1, args.epochs + 1):
            start = time.perf_counter()
            title = f"epoch {number:{len(str(args.epochs))}}/{args.epochs}"
            loss, accuracy, stopped = train_epoch(model, loader, criterion, optimizer, title)
            if not math.isfinite(loss):
                print(f"train.py: the loss became {loss} in epoch {number}; a smaller --lr than "
                      f"{args.lr:g} may help", file=sys.stderr)
                return history, FAILED
            row = Epoch(loss, accuracy, *evaluate(model, criterion, held_out)[:2])
            if row.held_out_accuracy > max((r.held_out_accuracy for r in history), default=-1.0):
                autograd.save(model.state_dict(), weights)
            history.append(row)
            print(f"{title}   loss {loss:.4f}   accuracy {accuracy:6.2%}   held out: "
                  f"loss {row.held_out_loss:.4f}   accuracy {row.held_out_accuracy:6.2%}   "
                  f"{time.perf_counter() - start:.2f} s", flush=True)
            if stopped:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        print(f"Ctrl-C in epoch {number}: the rest is left out, what was reached is kept")
        return history, INTERRUPTED
    return history, 0


def report(args, model, held_out, classes, history: list[Epoch], folder: str) -> None:
    """Print the confusion matrix of the best weights and draw the curves."""
    best = max(range(len(history)), key=lambda i: history[i].held_out_accuracy)
    model.load_state_dict(autograd.load(os.path.join(folder, "best.npz")))
    _, accuracy, predictions = evaluate(model, nn.CrossEntropyLoss(), held_out)
    print(f"\nBest epoch: {best + 1}, {accuracy:.2%} of {len(held_out):,} held-out images right "
          f"(after the last one {history[-1].held_out_accuracy:.2%}). Its confusion matrix, a row "
          "for each true class:\n")
    print(confusion_table(held_out.tensors[1].numpy(), predictions, classes))
    try:
        save_curves(os.path.join(folder, "curves.png"), history,
                    f"{args.dataset}: SGD, lr {args.lr:g}, momentum "
                    f"{RECIPES[args.dataset].momentum:g}, batch {args.batch_size}")
    except ModuleNotFoundError:
        print("\nNo curves.png: matplotlib is missing. It comes with the extra plots: "
              "pip install 'wengert[plots]'")


def new_folder(out: str) -> str:
    """A new folder for this run, named by the time."""
    name = os.path.join(out, time.strftime("%Y-%m-%d_%H-%M-%S"))
    path, count = name, 1
    while os.path.exists(path):
        count += 1
        path = f"{name}_{count}"
    os.makedirs(path)
    return path


def run(args: argparse.Namespace) -> int:
    """Everything, in order; returns the exit code."""
    if args.threads is not None:
        autograd.set_num_threads(args.threads)
    autograd.manual_seed(args.seed)
    try:
        train, held_out, classes = load(args)
        folder = new_folder(args.out)
    except (OSError, ValueError) as error:
        print(f"train.py: {error}", file=sys.stderr)
        if isinstance(error, FileNotFoundError) and args.root is not None:
            print("Without --root they are downloaded.", file=sys.stderr)
        return FAILED
    pixels = train.tensors[0].shape[1]
    model = mlp([pixels, *args.hidden, len(classes)])
    print(f"{args.dataset}: {len(train):,} images to train on, {len(held_out):,} held out\n")
    print(nn.summary(model, (1, pixels)), "\n")
    images, labels = train.tensors[0][:64], train.tensors[1][:64]
    loss = nn.CrossEntropyLoss()(model(images), labels)
    save_graph(os.path.join(folder, "graph.svg"), loss,
               {"images": images, "labels": labels, **dict(model.named_parameters())})
    history, code = fit(args, model, train, held_out, os.path.join(folder, "best.npz"))
    if history:
        report(args, model, held_out, classes, history, folder)
    print(f"\nIn {folder}: {', '.join(sorted(os.listdir(folder)))}")
    return code


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    try:
        return run(args)
    except KeyboardInterrupt:
        print("train.py: stopped by Ctrl-C", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
