"""What the programs have in common: exit codes, kinds of arguments, and the folder of a run."""

import argparse
import math
import os
import time

FAILED, INTERRUPTED = 1, 130  # exit codes; the second is the shell's for Ctrl-C


def at_least_1(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text}") from None
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {text}")
    return value


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text}")
    return value


def new_folder(out: str) -> str:
    """A new folder for this run, named by the time."""
    name = os.path.join(out, time.strftime("%Y-%m-%d_%H-%M-%S"))
    path, count = name, 1
    os.makedirs(out, exist_ok=True)
    while True:
        try:
            os.mkdir(path)
        except FileExistsError:  # another run began in the same second
            count += 1
            path = f"{name}_{count}"
        else:
            return path
