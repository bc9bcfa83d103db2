"""Train a small network to read handwritten digits, and show that it learned.

    python examples/train.py                        # the 8x8 digits that come with the package
    python examples/train.py --dataset mnist        # MNIST, downloaded unless --root names it
    python examples/train.py --dataset mnist --model lenet      # with a convolutional network
    python examples/train.py --dataset mnist --model lstm       # read row by row; also rnn, gru

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

from program import FAILED, INTERRUPTED, at_least_1, new_folder, positive
from report import confusion_table, save_curves
from tqdm import tqdm

import autograd
import nn
import optim
from data import DataLoader, TensorDataset, datasets
from data.transforms import ToTensor


class Recipe(NamedTuple):
    """How a model is trained on a dataset unless the command line says otherwise.

    SGD at a constant rate; where `momentum` is None, Adam at a rate that falls to 0 along half a
    cosine."""

    epochs: int
    batch_size: int
    lr: float
    momentum: float | None


DATASETS = {"digits": datasets.Digits, "mnist": datasets.MNIST, "fashion": datasets.FashionMNIST}
RECURRENT = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
RECIPES = {
    ("digits", "mlp"): Recipe(epochs=20, batch_size=32, lr=0.05, momentum=0.9),
    ("mnist", "mlp"): Recipe(epochs=12, batch_size=64, lr=0.01, momentum=0.0),
    ("fashion", "mlp"): Recipe(epochs=12, batch_size=64, lr=0.01, momentum=0.9),
    ("mnist", "lenet"): Recipe(epochs=6, batch_size=64, lr=2e-3, momentum=None),
    ("fashion", "lenet"): Recipe(epochs=6, batch_size=64, lr=2e-3, momentum=None),
    **{("digits", kind): Recipe(epochs=20, batch_size=32, lr=2e-3, momentum=None)
       for kind in RECURRENT},
    **{(dataset, kind): Recipe(epochs=6, batch_size=64, lr=1e-3, momentum=None)
       for dataset in ("mnist", "fashion") for kind in RECURRENT},
}


class Epoch(NamedTuple):
    """A row of the history; accuracies are between 0 and 1."""

    loss: float
    accuracy: float
    held_out_loss: float
    held_out_accuracy: float


def defaults(field: str) -> str:
    """The values of the recipes, for the help."""
    names: dict[float, list[str]] = {}
    for name, recipe in RECIPES.items():
        names.setdefault(getattr(recipe, field), []).append(" ".join(name))
    return "default: " + "; ".join(f"{value:g} for {', '.join(of)}" for value, of in names.items())


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line, with the recipe's values where nothing was given."""
    parser = argparse.ArgumentParser(
        prog="train.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="default: digits")
    add("--model", choices=("mlp", "lenet", *RECURRENT), default="mlp", help="default: mlp")
    add("--root", metavar="FOLDER", help="the folder of the idx files of MNIST or FashionMNIST")
    add("--epochs", type=at_least_1, metavar="N", help=defaults("epochs"))
    add("--batch-size", type=at_least_1, metavar="N", help=defaults("batch_size"))
    add("--lr", type=positive, metavar="RATE", help=f"learning rate ({defaults('lr')})")
    add("--seed", type=int, default=0, metavar="N", help="of weights and order (default: 0)")
    add("--hidden", type=at_least_1, nargs="*", default=[64, 32], metavar="N",
        help="nodes of each hidden layer of the mlp (default: 64 32)")
    add("--out", default="runs", metavar="FOLDER", help="where the results go (default: runs)")
    add("--threads", type=at_least_1, metavar="N", help="for kernels (default: all CPUs)")
    args = parser.parse_args(argv)
    if args.dataset == "digits" and args.root is not None:
        parser.error("--root is for mnist and fashion: the digits come with the package")
    recipe = RECIPES.get((args.dataset, args.model))
    if recipe is None:
        parser.error("lenet reads images of 28x28 pixels: choose --dataset mnist or fashion")
    for name in ("epochs", "batch_size", "lr"):
        if getattr(args, name) is None:
            setattr(args, name, getattr(recipe, name))
    return args


def load(args: argparse.Namespace) -> tuple[TensorDataset, TensorDataset, tuple[str, ...]]:
    """Training and held-out images (N, 1, H, W) in [0, 1], and the names of the classes."""
    make = DATASETS[args.dataset]
    options = {} if args.dataset == "digits" else {"root": args.root, "download": args.root is None}
    splits = []
    for train in (True, False):
        images = make(train=train, **options)
        pixels = ToTensor().batch(images.data.numpy())  # (N, H, W) -> (N, 1, H, W)
        splits.append(TensorDataset(pixels, images.targets))
    return splits[0], splits[1], make.classes


def mlp(sizes: list[int]) -> nn.Sequential:
    """Linear layers of these sizes with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *layers[:-1])


def lenet(classes: int) -> nn.Sequential:
    """LeNet-5 for images of 28x28 pixels, with ReLU and max pooling.

    Reference: Y. LeCun et al., Gradient-based learning applied to document recognition, 1998.
    """
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, classes))


class RowByRow(nn.Module):
    """Two recurrent layers of 128 read an image from its first row to its last; the classes are
    scored by what they remember then.

    Shape: (N, 1, H, W) -> (N, classes).
    """

    def __init__(self, kind: str, width: int, classes: int) -> None:
        super().__init__()
        self.memory = RECURRENT[kind](width, 128, num_layers=2, batch_first=True)
        self.head = nn.Linear(128, classes)

    def forward(self, images):
        return self.head(self.memory(images.squeeze(1))[0][:, -1])


def make_model(args, shape, classes: int) -> nn.Module:
    """The model of this name for images (1, H, W)."""
    if args.model == "lenet":
        return lenet(classes)
    if args.model in RECURRENT:
        return RowByRow(args.model, shape[-1], classes)
    return mlp([shape.numel(), *args.hidden, classes])


def optimizer_and_schedule(args, model, steps: int):
    """As the recipe says; the schedule counts steps, and is None for a constant rate."""
    momentum = RECIPES[args.dataset, args.model].momentum
    if momentum is not None:
        return optim.SGD(model.parameters(), args.lr, momentum), None
    optimizer = optim.Adam(model.parameters(), args.lr)
    return optimizer, optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)


def train_epoch(model, loader, criterion, optimizer, schedule, title: str):
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
                if schedule is not None:
                    schedule.step()
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
        scores = autograd.cat([model(part) for part in images.split(1000)])
        loss = criterion(scores, labels).item()
    predictions = scores.argmax(1).numpy()
    return loss, float((predictions == labels.numpy()).mean()), predictions


def fit(args, model, train, held_out, weights: str) -> tuple[list[Epoch], int]:
    """Train, keeping the weights of the best epoch in a file; the history and an exit code."""
    criterion = nn.CrossEntropyLoss()
    loader = DataLoader(train, batch_size=args.batch_size, shuffle=True)
    optimizer, schedule = optimizer_and_schedule(args, model, args.epochs * len(loader))
    history: list[Epoch] = []
    try:
        for number in range(1, args.epochs + 1):
            start = time.perf_counter()
            title = f"epoch {number:{len(str(args.epochs))}}/{args.epochs}"
            loss, accuracy, stopped = train_epoch(model, loader, criterion, optimizer, schedule,
                                                  title)
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
        save_curves(os.path.join(folder, "curves.png"), history, best,
                    f"{args.dataset} {args.model}: lr {args.lr:g}, batch {args.batch_size}")
    except ModuleNotFoundError:
        print("\nNo curves.png: matplotlib is missing. It comes with the extra plots: "
              "pip install 'wengert[plots]'")


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
    shape = train.tensors[0].shape[1:]
    model = make_model(args, shape, len(classes))
    print(f"{args.dataset}: {len(train):,} images to train on, {len(held_out):,} held out\n")
    print(nn.summary(model, (1, *shape)), "\n")
    images, labels = train.tensors[0][:64], train.tensors[1][:64]
    loss = nn.CrossEntropyLoss()(model(images), labels)
    names = {"images": images, "labels": labels, **dict(model.named_parameters())}
    autograd.viz.graph(loss, names).save(os.path.join(folder, "graph.svg"))
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
