"""Train a small convolutional network on CIFAR-10.

    python examples/cifar.py --root FOLDER      # the folder of data_batch_1.bin ... test_batch.bin
    python examples/cifar.py --resume runs/<time>   # go on with what was interrupted

Three stages of two 3x3 convolutions with batch normalisation, images mirrored and shifted at
random, SGD with momentum at a rate that rises and falls once.  It prints and leaves what train.py
does.
"""

import argparse
import sys
from copy import copy

from program import INTERRUPTED, at_least_1, positive
from session import Images, parted, resumed, run

import nn
import optim
from data.datasets import CIFAR10
from data.transforms import Compose, Normalize, RandomCrop, RandomHorizontalFlip, ToTensor

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def network(width: int = 32) -> nn.Sequential:
    """3x32x32 -> 10: stages of `width`, 2 and 4 times as many channels, each halving the image."""
    layers: list[nn.Module] = []
    inputs = 3
    for outputs in (width, 2 * width, 4 * width):
        for channels in (inputs, outputs):
            layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False),
                       nn.BatchNorm2d(outputs), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        inputs = outputs
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(16 * inputs, 10))


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="cifar.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--root", metavar="FOLDER", help="the folder of the binary files")
    add("--epochs", type=at_least_1, default=10, metavar="N", help="default: 10")
    add("--batch-size", type=at_least_1, default=64, metavar="N", help="default: 64")
    add("--lr", type=positive, default=0.1, metavar="RATE", help="the highest (default: 0.1)")
    add("--width", type=at_least_1, default=32, metavar="N",
        help="channels of the first stage (default: 32)")
    add("--seed", type=int, default=0, metavar="N", help="default: 0")
    add("--out", default="runs", metavar="FOLDER", help="where the results go (default: runs)")
    add("--resume", metavar="FOLDER", help="go on with the run in this folder, as it was set")
    add("--threads", type=at_least_1, metavar="N", help="for kernels (default: all CPUs)")
    args = parser.parse_args(argv)
    if args.resume is not None:
        args = resumed(parser, args)
    args.program = parser.prog
    args.title = f"CIFAR-10: lr {args.lr:g}, batch {args.batch_size}, {args.width} channels"
    return args


def load(args: argparse.Namespace) -> Images:
    """Those to train on are mirrored and shifted at random, the others as they are."""
    plain = Compose([ToTensor(), Normalize(MEAN, STD)])
    train = CIFAR10(args.root, transform=Compose(
        [ToTensor(), RandomCrop(32, padding=4), RandomHorizontalFlip(), Normalize(MEAN, STD)]))
    unchanged = copy(train)
    unchanged.transform = plain
    return Images(*parted(train, unchanged, args.seed),
                  CIFAR10(args.root, train=False, transform=plain), CIFAR10.classes)


def make(args, images: Images, steps: int):
    model = network(args.width)
    optimizer = optim.SGD(model.parameters(), args.lr, momentum=0.9, weight_decay=5e-4)
    return model, optimizer, optim.lr_scheduler.OneCycleLR(optimizer, args.lr, steps)


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    try:
        return run(args, load, make)
    except KeyboardInterrupt:
        print("cifar.py: stopped by Ctrl-C", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
