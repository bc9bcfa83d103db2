"""Train a character model on names or on any text, and let it write.

    python examples/chars.py                            # an LSTM on the names of the package
    python examples/chars.py --text FILE                # on the lines of a file; also rnn, gru
    python examples/chars.py --model gpt --text FILE    # a small GPT on a file as one long text

It prints a bar, the losses and a few samples for each epoch (losses in nats for a character), and
leaves in runs/<time>/ the weights of the best epoch and the curves; what these weights write ends
the output. Ctrl-C ends the training early and keeps what was reached.
"""

import argparse
import math
import os
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from language import GPT, IGNORED, Lines, Recurrent, padded, write
from program import FAILED, INTERRUPTED, at_least_1, new_folder, positive
from tqdm import tqdm

import autograd
import nn
import optim
from data import DataLoader, Dataset, RandomSampler, Subset, datasets
from data.datasets import Alphabet, CharacterText
from nn import functional as F

LONGEST_LINE = 1000  # characters
LENGTH, EXCERPT = 500, 100  # characters written at the end, and after each epoch
GPT_ONLY = {"steps": 250, "context": 64, "heads": 4}
HELD_OUT_WINDOWS = 1000


class Recipe(NamedTuple):
    """How a model is trained unless the command line says otherwise: AdamW at a rate that rises
    over a twentieth of the steps and falls to a tenth along half a cosine, gradients of norm 1."""

    epochs: int
    batch_size: int
    lr: float
    layers: int
    hidden: int
    samples: int


RECURRENT = Recipe(epochs=6, batch_size=64, lr=3e-3, layers=2, hidden=128, samples=20)
RECIPES = {"lstm": RECURRENT, "gru": RECURRENT, "rnn": RECURRENT._replace(lr=1e-3),
           "gpt": Recipe(epochs=8, batch_size=12, lr=1e-3, layers=4, hidden=128, samples=1)}


class Epoch(NamedTuple):
    """A row of the history."""

    loss: float
    held_out_loss: float


class Corpus(NamedTuple):
    """A text, in two parts, as a model reads it."""

    alphabet: Alphabet
    train: Dataset
    held_out: Dataset
    collate: Callable | None
    start: str  # what the model has read before it writes
    end: str  # the character that ends what it writes, "" for none
    description: str


def probability(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 0 and below 1, got {text}")
    return value


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chars.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", choices=RECIPES, default="lstm", help="default: lstm")
    add("--text", metavar="FILE", help="what to learn from, in UTF-8 (default: the names)")
    for name, kind, what in (("epochs", at_least_1, ""), ("batch-size", at_least_1, ""),
                             ("lr", positive, "learning rate; "), ("layers", at_least_1, ""),
                             ("hidden", at_least_1, "width of the layers; "),
                             ("samples", at_least_1, "how many to write at the end; ")):
        values = {model: getattr(of, name.replace("-", "_")) for model, of in RECIPES.items()}
        text = ", ".join(f"{value:g} for {model}" for model, value in values.items())
        add(f"--{name}", type=kind, metavar="N", help=f"{what}default: {text}")
    for name, value in GPT_ONLY.items():
        add(f"--{name}", type=at_least_1, metavar="N",
            help={"steps": "batches in an epoch of gpt", "heads": "of gpt's attention",
                  "context": "characters that gpt sees"}[name] + f" (default: {value})")
    add("--dropout", type=probability, default=0.0, metavar="P", help="default: 0")
    add("--temperature", type=positive, default=0.8, metavar="T",
        help="of samples: below 1 the likely becomes likelier (default: 0.8)")
    add("--top-k", type=at_least_1, metavar="K", help="draw among the K likeliest only")
    add("--greedy", action="store_true", help="write the likeliest instead of drawing")
    add("--prompt", default="", metavar="TEXT", help="how samples begin")
    add("--seed", type=int, default=0, metavar="N", help="default: 0")
    add("--out", default="runs", metavar="FOLDER", help="where the results go (default: runs)")
    add("--threads", type=at_least_1, metavar="N", help="for kernels (default: all CPUs)")
    return parser


def parse(argv: list[str] | None) -> argparse.Namespace:
    """The command line, with the recipe's values where nothing was given."""
    parser = arguments()
    args = parser.parse_args(argv)
    for name, value in GPT_ONLY.items():
        if getattr(args, name) is None:
            setattr(args, name, value)
        elif args.model != "gpt":
            parser.error(f"--{name} is for gpt: the {args.model} reads line by line, all of them "
                         "in an epoch")
    for name, value in RECIPES[args.model]._asdict().items():
        if getattr(args, name) is None:
            setattr(args, name, value)
    if args.model == "gpt" and args.hidden % args.heads:
        parser.error(f"--hidden {args.hidden} must be a multiple of --heads {args.heads}")
    return args


def read(path: str) -> str:
    """The text of a file with at least two kinds of characters."""
    with open(path, encoding="utf-8") as file:
        try:
            text = file.read()
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not a text in UTF-8: {error}") from None
    if len(set(text)) < 2:
        what = f"holds no other character than {text[0]!r}" if text else "is empty"
        raise ValueError(f"{path} {what}: there is nothing to learn")
    return text


def load_lines(args) -> Corpus:
    """The names, or the different lines of a file of which every tenth is held out."""
    if args.text is None:
        train, held_out = (datasets.Names(train=part).names for part in (True, False))
        kind = "names"
    else:
        lines = list(dict.fromkeys(line for line in read(args.text).split("\n") if line))
        longest = max(map(len, lines))
        if longest > LONGEST_LINE:
            raise ValueError(f"a line of {args.text} has {longest:,} characters, lines may have "
                             f"{LONGEST_LINE:,}; --model gpt reads it as one long text")
        train = [line for i, line in enumerate(lines) if i % 10]
        held_out, kind = lines[::10], "lines"
        if not train:
            raise ValueError(f"{args.text} has one line only, and one must be held out; --model "
                             "gpt reads it as one long text")
    alphabet = Alphabet("".join(["\n", *train, *held_out]))
    return Corpus(alphabet, Lines(train, alphabet), Lines(held_out, alphabet), padded, "\n", "\n",
                  f"{len(train):,} {kind} to train on, {len(held_out):,} held out")


def load_stream(args) -> Corpus:
    """A file as one text whose last tenth is held out, or the names in random order."""
    if args.text is None:
        parts = [datasets.Names(train=part).names for part in (True, False)]
        train, held_out = ("".join(names[i] + "\n" for i in autograd.randperm(len(names)).tolist())
                           for names in parts)
    else:
        text = read(args.text)
        cut = len(text) - len(text) // 10
        train, held_out = text[:cut], text[cut:]
        if len(held_out) <= args.context:
            raise ValueError(
                f"{args.text} has {len(text):,} characters, of which {len(held_out):,} are held "
                f"out: too few for --context {args.context}; " + (
                    f"--context {len(held_out) - 1} is possible" if len(held_out) > 1 else
                    "give a longer text"))
    alphabet = Alphabet(train + held_out)
    windows = CharacterText(held_out, args.context, alphabet)
    pieces = range(0, len(windows), max(args.context, len(windows) // HELD_OUT_WINDOWS))
    return Corpus(alphabet, CharacterText(train, args.context, alphabet), Subset(windows, pieces),
                  None, "\n" if "\n" in alphabet.characters else train[0], "",
                  f"{len(train):,} characters to train on, {len(held_out):,} held out")


def make_model(args, characters: int) -> nn.Module:
    if args.model == "gpt":
        return GPT(characters, args.hidden, args.layers, args.heads, args.context, args.dropout)
    return Recurrent(args.model, characters, args.hidden, args.layers, args.dropout)


def batches(args, corpus: Corpus) -> DataLoader:
    """Those of one epoch: all lines once, or pieces from anywhere in the text."""
    if args.model != "gpt":
        return DataLoader(corpus.train, args.batch_size, shuffle=True, collate_fn=corpus.collate)
    draw = RandomSampler(corpus.train, replacement=True, num_samples=args.steps * args.batch_size)
    return DataLoader(corpus.train, args.batch_size, sampler=draw)


def rate(step: int, steps: int) -> float:
    """The share of the learning rate at a step: it rises, and falls along half a cosine."""
    warm_up = max(1, steps // 20)
    fall = 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, step / steps)))
    return min(1.0, (step + 1) / warm_up) * fall


def total_loss(model, inputs, targets):
    """Summed over the characters of a batch, and how many these are."""
    scores = model(inputs)
    loss = F.cross_entropy(scores.reshape(-1, scores.shape[-1]), targets.reshape(-1),
                           ignore_index=IGNORED, reduction="sum")
    return loss, int((targets.numpy() != IGNORED).sum())


def train_epoch(model, loader, optimizer, schedule, title: str) -> tuple[float, bool]:
    """One epoch: the mean loss, and whether Ctrl-C cut it short."""
    total, seen, stopped = 0.0, 0, False
    with tqdm(loader, desc=title, leave=False, disable=None, unit="batch") as bar:
        try:
            for step, (inputs, targets) in enumerate(bar):
                loss, count = total_loss(model, inputs, targets)
                optimizer.zero_grad()
                (loss / count).backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                total += loss.item()
                seen += count
                if step % 20 == 0:
                    bar.set_postfix_str(f"loss {total / seen:.3f}", refresh=False)
        except KeyboardInterrupt:
            stopped = True
    return total / max(seen, 1), stopped


def evaluate(model, corpus: Corpus) -> float:
    """The mean loss of the held-out characters."""
    total, seen = 0.0, 0
    with model.evaluating(), autograd.no_grad():
        for batch in DataLoader(corpus.held_out, 64, collate_fn=corpus.collate):
            loss, count = total_loss(model, *batch)
            total += loss.item()
            seen += count
    return total / seen


def samples(args, model, corpus: Corpus, count: int, length: int) -> list[str]:
    """What the model writes, with the prompt."""
    start = corpus.start + args.prompt if corpus.end or not args.prompt else args.prompt
    texts = write(model, corpus.alphabet, start, count, length, corpus.end,
                  temperature=args.temperature, top_k=args.top_k, greedy=args.greedy)
    return [args.prompt + text for text in texts]


def excerpt(args, model, corpus: Corpus) -> str:
    """A few samples in one line."""
    if corpus.end:
        return ", ".join(samples(args, model, corpus, 6, EXCERPT // 6))
    return " ".join(samples(args, model, corpus, 1, EXCERPT)[0].split())


def fit(args, model, corpus: Corpus, weights: str) -> tuple[list[Epoch], int]:
    """Train, keeping the weights of the best epoch in a file; the history and an exit code."""
    loader = batches(args, corpus)
    steps = args.epochs * len(loader)
    optimizer = optim.AdamW(model.parameters(), args.lr)
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps))
    history: list[Epoch] = []
    if autograd.config()["tier"] == "numba":
        print("The first steps compile what this machine has not compiled before: up to 2 minutes, "
              "once.", flush=True)
    try:
        for number in range(1, args.epochs + 1):
            start = time.perf_counter()
            title = f"epoch {number:{len(str(args.epochs))}}/{args.epochs}"
            loss, stopped = train_epoch(model, loader, optimizer, schedule, title)
            if not math.isfinite(loss):
                print(f"chars.py: the loss became {loss} in epoch {number}; a smaller --lr than "
                      f"{args.lr:g} may help", file=sys.stderr)
                return history, FAILED
            row = Epoch(loss, evaluate(model, corpus))
            if row.held_out_loss < min((r.held_out_loss for r in history), default=math.inf):
                autograd.save({"weights": model.state_dict(),
                               "characters": corpus.alphabet.characters}, weights)
            history.append(row)
            print(f"{title}   loss {loss:.4f}   held out: loss {row.held_out_loss:.4f}   "
                  f"{time.perf_counter() - start:.2f} s\n    {excerpt(args, model, corpus)}",
                  flush=True)
            if stopped:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        print(f"Ctrl-C in epoch {number}: the rest is left out, what was reached is kept")
        return history, INTERRUPTED
    return history, 0


def report(args, model, corpus: Corpus, history: list[Epoch], folder: str) -> None:
    """Print what the best weights write, and draw the curves."""
    best = min(range(len(history)), key=lambda i: history[i].held_out_loss)
    model.load_state_dict(autograd.load(os.path.join(folder, "best.npz"))["weights"])
    print(f"\nBest epoch: {best + 1}, held-out loss {history[best].held_out_loss:.4f} "
          f"(after the last one {history[-1].held_out_loss:.4f}). It writes:\n")
    for text in samples(args, model, corpus, args.samples, LENGTH):
        print(f"    {text}" if corpus.end else f"{text.strip()}\n")
    try:
        figure = nn.training.History({"loss": row.loss, "val_loss": row.held_out_loss}
                                     for row in history).plot(best=best + 1)
        figure.suptitle(f"{args.model} {args.layers}x{args.hidden}: lr {args.lr:g}, batch "
                        f"{args.batch_size}", fontweight="bold")
        figure.savefig(os.path.join(folder, "curves.png"))
    except ModuleNotFoundError:
        print("\nNo curves.png: matplotlib is missing. It comes with the extra plots: "
              "pip install 'wengert[plots]'")


def run(args: argparse.Namespace) -> int:
    """Everything, in order; returns the exit code."""
    if args.threads is not None:
        autograd.set_num_threads(args.threads)
    autograd.manual_seed(args.seed)
    try:
        corpus = load_stream(args) if args.model == "gpt" else load_lines(args)
        corpus.alphabet.encode(args.prompt)
        folder = new_folder(args.out)
    except (OSError, ValueError) as error:
        print(f"chars.py: {error}", file=sys.stderr)
        return FAILED
    characters = len(corpus.alphabet)
    model = make_model(args, characters)
    print(f"{corpus.description}; {characters} different characters, by chance the loss is "
          f"{math.log(characters):.2f}\n{args.model}: {args.layers} layers, {args.hidden} wide, "
          f"{sum(p.numel() for p in model.parameters()):,} parameters\n")
    history, code = fit(args, model, corpus, os.path.join(folder, "best.npz"))
    if history:
        report(args, model, corpus, history, folder)
    print(f"\nIn {folder}: {', '.join(sorted(os.listdir(folder)))}")
    return code


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    try:
        return run(args)
    except KeyboardInterrupt:
        print("chars.py: stopped by Ctrl-C", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
