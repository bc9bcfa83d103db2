"""Train a small convolutional network on CIFAR-10.

    python examples/cifar.py --root FOLDER      # the folder of data_batch_1.bin ... test_batch.bin

Three stages of two 3x3 convolutions with batch normalisation, images mirrored and shifted at
random, SGD with momentum at a rate that rises and falls once. It prints a line for each epoch.
"""

import argparse
import sys
import time

import autograd
import nn
import optim
from data import DataLoader
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


def accuracy(model: nn.Module, loader: DataLoader) -> float:
    """The share of images whose class the model gives."""
    with model.evaluating(), autograd.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in loader)
    return right / len(loader.dataset)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", metavar="FOLDER", help="the folder of the binary files")
    parser.add_argument("--epochs", type=int, default=10, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    args = parser.parse_args()
    autograd.manual_seed(args.seed)
    plain = [ToTensor(), Normalize(MEAN, STD)]
    try:
        train = CIFAR10(args.root, transform=Compose(
            [ToTensor(), RandomCrop(32, padding=4), RandomHorizontalFlip(), Normalize(MEAN, STD)]))
        test = DataLoader(CIFAR10(args.root, train=False, transform=Compose(plain)), 250)
    except (OSError, ValueError) as error:
        print(f"cifar.py: {error}", file=sys.stderr)
        return 1
    loader = DataLoader(train, 64, shuffle=True)
    model, criterion = network(), nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, 0.1, args.epochs * len(loader))
    for epoch in range(1, args.epochs + 1):
        start, total = time.perf_counter(), 0.0
        for images, labels in loader:
            loss = criterion(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch:2}/{args.epochs}   loss {total / len(loader):.4f}   held out: "
              f"accuracy {accuracy(model, test):.2%}   {time.perf_counter() - start:.1f} s",
              flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
