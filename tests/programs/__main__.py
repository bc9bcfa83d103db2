"""python -m tests.programs --count 100000: many programs; each kind of failure, shrunk, once.

With PyTorch installed the programs are compared with it, else (or with --plain) with the
forward-mode evaluator.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial

from tqdm import tqdm

from .check import Failure, crash, failure
from .generate import generate
from .workers import Died, each


def failures(args: argparse.Namespace) -> Iterator[tuple[int, Failure]]:
    """Those of all seeds, with their seed, while a bar shows how far they are."""
    work = partial(failure, plain=args.plain, forced=args.kernels)
    seeds = range(args.seed, args.seed + args.count)
    for seed, found in tqdm(each(work, seeds, args.processes), total=args.count, unit="program"):
        if found is not None:
            yield seed, crash(seed, args.plain, found) if isinstance(found, Died) else found


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.programs", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="the first one's seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="compare with the evaluator")
    parser.add_argument("--kernels", action="store_true", help="let kernels take small arrays too")
    parser.add_argument("--show", type=int, metavar="SEED", help="print one program and stop")
    args = parser.parse_args()
    args.plain = args.plain or importlib.util.find_spec("torch") is None
    if args.show is not None:
        print(generate(args.show, args.plain).text("autograd"))
        return 0
    kinds: Counter = Counter()
    for seed, found in failures(args):
        kinds[found.kind] += 1
        if found.text and kinds[found.kind] == 1:
            tqdm.write(f"\n# seed {seed}: {found.kind[0]} {found.kind[1]}\n{found.text}")
    print(f"{args.count} programs, {sum(kinds.values())} fail"
          + "".join(f"\n{n:6} {' '.join(kind)}" for kind, n in kinds.most_common()))
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
