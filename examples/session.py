"""What train.py and cifar.py do alike: train a classifier, keep its best epoch, and judge that one
by images it has never seen.

The training images are split: a tenth validates, and decides which epoch is the best; the test
images are looked at once, at the end.
"""

import argparse
import glob
import json
import math
import os
import sys
from typing import NamedTuple

import numpy as np
from program import FAILED, INTERRUPTED, new_folder
from report import confusion_table, save_mistakes

import autograd
import nn
from data import DataLoader, Dataset, Subset
from nn.training import Callback, ModelCheckpoint, Trainer

VALIDATION = 10  # every tenth of the shuffled training images


class Images(NamedTuple):
    """Three parts, and the names of the classes."""

    train: Dataset
    validation: Dataset
    test: Dataset
    classes: tuple[str, ...]

    def counts(self) -> str:
        return (f"{len(self.train):,} images to train on, {len(self.validation):,} to validate, "
                f"{len(self.test):,} to test")


def split(count: int, seed: int) -> tuple[list[int], list[int]]:
    """Which of `count` training images train and which validate, by the seed alone."""
    order = np.random.default_rng(seed % 2**64).permutation(count).tolist()
    held_out = count // VALIDATION
    return sorted(order[held_out:]), sorted(order[:held_out])


def parted(dataset: Dataset, plain: Dataset, seed: int) -> tuple[Subset, Subset]:
    """The parts to train and to validate; the latter of the same images as `plain` has them."""
    train, validation = split(len(dataset), seed)
    return Subset(dataset, train), Subset(plain, validation)


class Lines(Callback):
    """Prints a line for each epoch, and keeps the table of all in history.csv."""

    def __init__(self, folder: str, epochs: int) -> None:
        self.path, self.epochs = os.path.join(folder, "history.csv"), epochs

    def on_epoch_end(self, trainer) -> None:
        row = trainer.history.rows[-1]
        number = f"{row['epoch']:{len(str(self.epochs))}}/{self.epochs}"
        trainer.write(f"epoch {number}   loss {row['loss']:.4f}   accuracy {row['accuracy']:6.2%}"
                      f"   validation: loss {row['val_loss']:.4f}   accuracy "
                      f"{row['val_accuracy']:6.2%}   {row['seconds']:.2f} s")
        sys.stdout.flush()
        trainer.history.save(self.path)


def run(args: argparse.Namespace, load, make) -> int:
    """Everything, in order: `load(args)` gives the Images, `make(args, images, steps)` the model,
    the optimizer and the schedule of steps or None.  Returns the exit code."""
    if args.threads is not None:
        autograd.set_num_threads(args.threads)
    autograd.manual_seed(args.seed)
    try:
        images = load(args)
        folder = args.resume or new_folder(args.out)
    except (OSError, ValueError) as error:
        print(f"{args.program}: {error}", file=sys.stderr)
        return FAILED
    loader = DataLoader(images.train, args.batch_size, shuffle=True)
    model, optimizer, schedule = make(args, images, args.epochs * len(loader))
    image = images.test[0][0]
    print(f"{images.counts()}\n\n{nn.summary(model, (1, *image.shape))}\n")
    if not args.resume:
        settings = {name: value for name, value in vars(args).items() if name != "resume"}
        with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
            json.dump(settings, file, indent=2)
        draw_graph(model, images, os.path.join(folder, "graph.svg"))
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, scheduler=schedule, schedule="step",
                      metrics={"accuracy": nn.metrics.Accuracy()})
    code = fit(args, trainer, loader, images, folder)
    if len(trainer.history):
        report(args, trainer, images, folder)
    print(f"\nIn {folder}: {', '.join(sorted(os.listdir(folder)))}")
    return code


def fit(args, trainer: Trainer, loader: DataLoader, images: Images, folder: str) -> int:
    """Train, with the checkpoints in the folder, and from its last one to resume; an exit code."""
    keeper = ModelCheckpoint(folder, "val_accuracy", "max")
    try:
        trainer.fit(loader, args.epochs, DataLoader(images.validation, 500),
                    [Lines(folder, args.epochs), keeper],
                    resume=keeper.last_path if args.resume else None)
    except FloatingPointError as error:
        print(f"{args.program}: {error}", file=sys.stderr)
        return FAILED
    if trainer.stopped is not None:
        print(f"{trainer.stopped} in epoch {trainer.epoch + 1}: the rest is left out; "
              f"{args.program} --resume {folder} goes on")
        return INTERRUPTED
    return 0


def draw_graph(model: nn.Module, images: Images, path: str) -> None:
    """The graph of one step, of a few images."""
    few = next(iter(DataLoader(images.test, 32)))
    with model.evaluating():
        loss = nn.CrossEntropyLoss()(model(few[0]), few[1])
    names = {"images": few[0], "labels": few[1], **dict(model.named_parameters())}
    autograd.viz.graph(loss, names).save(path)


def predict(model: nn.Module, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of the classes for each image, and the true classes."""
    probabilities, labels = [], []
    with model.evaluating(), autograd.no_grad():
        for batch, of_batch in DataLoader(dataset, 500):
            probabilities.append(model(batch).softmax(1).numpy())
            labels.append(of_batch.numpy())
    return np.concatenate(probabilities), np.concatenate(labels)


def report(args, trainer: Trainer, images: Images, folder: str) -> None:
    """Print how the best epoch's weights do on the test images, and draw the pictures."""
    best = trainer.history.best("val_accuracy", "max")
    trainer.model.load_state_dict(autograd.load(os.path.join(folder, "best.safetensors")))
    probabilities, labels = predict(trainer.model, images.test)
    predictions = probabilities.argmax(1)
    print(f"\nBest epoch: {best['epoch']}, {best['val_accuracy']:.2%} of the validation images "
          f"right. Test: {nn.metrics.accuracy(predictions, labels):.2%} of {len(labels):,} images "
          "right. The confusion matrix, a row for each true class:\n")
    print(confusion_table(labels, predictions, images.classes))
    if len(trainer.history) >= 3:
        verdict = nn.training.diagnose(trainer.history, math.log(len(images.classes)))
        print(f"\nThe curves: {verdict}")
    try:
        draw(args, trainer.history, best["epoch"], images, probabilities, labels, folder)
    except ModuleNotFoundError:
        print("\nNo curves.png, confusion.png and mistakes.png: matplotlib is missing. It comes "
              "with the extra plots: pip install 'wengert[plots]'")


def draw(args, history, best: int, images: Images, probabilities: np.ndarray, labels: np.ndarray,
         folder: str) -> None:
    """The pictures of a training and of how its best epoch does on the test images."""
    figure = history.plot(best=best)
    figure.suptitle(args.title, fontweight="bold")
    figure.savefig(os.path.join(folder, "curves.png"))
    counts = nn.metrics.confusion_matrix(probabilities.argmax(1), labels, len(images.classes))
    nn.plots.plot_confusion_matrix(counts, images.classes).savefig(
        os.path.join(folder, "confusion.png"))
    save_mistakes(os.path.join(folder, "mistakes.png"), images.test, probabilities, labels,
                  images.classes)


def resumed(parser: argparse.ArgumentParser, args: argparse.Namespace) -> argparse.Namespace:
    """The settings of the folder that --resume names; of the command line only where the images
    are, and the threads."""
    path = os.path.join(args.resume, "config.json")
    if not os.path.isfile(path):
        what = "has no config.json" if os.path.isdir(args.resume) else "is no folder"
        runs = sorted(os.path.dirname(found) for found in
                      glob.glob(os.path.join(glob.escape(args.out), "*", "config.json")))
        parser.error(f"--resume {args.resume}: {args.resume} {what}; it must be the folder of a "
                     f"run, such as {runs[-1] if runs else os.path.join(args.out, '<time>')}")
    try:
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError) as error:
        parser.error(f"--resume {args.resume}: {error}")
    if not isinstance(settings, dict) or settings.get("program") != parser.prog:
        parser.error(f"--resume {args.resume}: {path} is not of {parser.prog}")
    kept = {"resume": args.resume}
    for name, value in vars(args).items():
        if value == parser.get_default(name) or name == "resume":
            continue
        if name not in ("root", "threads"):
            parser.error(f"--resume goes on with the settings of {path}; leave out "
                         f"--{name.replace('_', '-')}")
        kept[name] = value
    return argparse.Namespace(**{**settings, **kept})
