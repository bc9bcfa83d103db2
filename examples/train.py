"""Train a small network to read handwritten digits, and show that it learned.

    python examples/train.py                        # the 8x8 digits that come with the package
    python examples/train.py --dataset mnist        # MNIST, downloaded unless --root names it
    python examples/train.py --dataset mnist --recipe fast      # 97.5 % after five epochs
    python examples/train.py --dataset mnist --model lenet      # with a convolutional network
    python examples/train.py --dataset mnist --model lstm       # read row by row; also rnn, gru
    python examples/train.py --resume runs/<time>   # go on with what was interrupted

It prints the model, a bar, a line for each epoch and the confusion matrix of the test images, and
leaves in runs/<time>/ the weights of the epoch that was best on the validation images, the state
to resume from, the settings, the history, the curves, the confusion matrix, the worst mistakes and
a picture of the graph.  Ctrl-C ends the training early and keeps what was reached.
"""

import argparse
import sys

from program import INTERRUPTED, at_least_1, positive
from recipes import DATASETS, FAST, RECIPES, RECURRENT, make_model
from session import Images, parted, resumed
from session import run as run_session

import optim
from data import TensorDataset
from data.transforms import ToTensor

FROM_RECIPE = ("epochs", "batch_size", "lr", "hidden")


def defaults(field: str) -> str:
    """The values of the recipes, for the help."""
    names: dict[float, list[str]] = {}
    for name, recipe in RECIPES.items():
        names.setdefault(getattr(recipe, field), []).append(" ".join(name))
    return "default: " + "; ".join(f"{value:g} for {', '.join(of)}" for value, of in names.items())


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="train.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--dataset", choices=DATASETS, default="digits", help="default: digits")
    add("--model", choices=("mlp", "lenet", *RECURRENT), default="mlp", help="default: mlp")
    add("--recipe", choices=("course", "fast"), default="course",
        help="how MNIST's mlp is trained: as the course has it (the default), or a wider one, "
             "better in less time")
    add("--root", metavar="FOLDER", help="the folder of the idx files of MNIST or FashionMNIST")
    add("--epochs", type=at_least_1, metavar="N", help=defaults("epochs"))
    add("--batch-size", type=at_least_1, metavar="N", help=defaults("batch_size"))
    add("--lr", type=positive, metavar="RATE", help=f"learning rate ({defaults('lr')})")
    add("--seed", type=int, default=0, metavar="N",
        help="of weights, order and validation (default: 0)")
    add("--hidden", type=at_least_1, nargs="*", metavar="N",
        help="nodes of each hidden layer of the mlp (default: 64 32; fast: 256 128)")
    add("--out", default="runs", metavar="FOLDER", help="where the results go (default: runs)")
    add("--resume", metavar="FOLDER", help="go on with the run in this folder, as it was set")
    add("--threads", type=at_least_1, metavar="N", help="for kernels (default: all CPUs)")
    return parser


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line, with the recipe's values where nothing was given."""
    parser = arguments()
    args = parser.parse_args(argv)
    if args.resume is not None:
        args = resumed(parser, args)
    if args.dataset == "digits" and args.root is not None:
        parser.error("--root is for mnist and fashion: the digits come with the package")
    recipes = FAST if args.recipe == "fast" else RECIPES
    recipe = recipes.get((args.dataset, args.model))
    if recipe is None and args.recipe == "fast":
        parser.error("--recipe fast is for --dataset mnist --model mlp")
    if recipe is None:
        parser.error("lenet reads images of 28x28 pixels: choose --dataset mnist or fashion")
    for name in FROM_RECIPE:
        if getattr(args, name) is None:
            setattr(args, name, getattr(recipe, name))
    args.momentum, args.hidden = recipe.momentum, list(args.hidden)
    args.program = parser.prog
    args.title = f"{args.dataset} {args.model}: lr {args.lr:g}, batch {args.batch_size}"
    return args


def load(args: argparse.Namespace) -> Images:
    """Images (N, 1, H, W) in [0, 1]: the training images in two parts, and the test images."""
    make = DATASETS[args.dataset]
    options = {} if args.dataset == "digits" else {"root": args.root, "download": args.root is None}
    parts = []
    for train in (True, False):
        try:
            images = make(train=train, **options)
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{error}\nWithout --root they are downloaded.") from None
        pixels = ToTensor().batch(images.data.numpy())  # (N, H, W) -> (N, 1, H, W)
        parts.append(TensorDataset(pixels, images.targets))
    return Images(*parted(parts[0], parts[0], args.seed), parts[1], tuple(make.classes))


def make(args, images: Images, steps: int):
    """The model, its optimizer and the schedule of steps, as the recipe says."""
    model = make_model(args, images.test[0][0].shape, len(images.classes))
    if args.momentum is not None:
        return model, optim.SGD(model.parameters(), args.lr, args.momentum), None
    optimizer = optim.Adam(model.parameters(), args.lr)
    return model, optimizer, optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    try:
        return run_session(args, load, make)
    except KeyboardInterrupt:
        print("train.py: stopped by Ctrl-C", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
