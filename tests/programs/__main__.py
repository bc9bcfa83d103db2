"""python -m tests.programs --count 100000: many programs; each kind of failure, shrunk, once.

With PyTorch installed the programs are compared with it, else (or with --plain) with the
forward-mode evaluator.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator

from tqdm import tqdm

from .check import Failure, run_block
from .generate import generate

BLOCK = 50


def failures(args: argparse.Namespace) -> Iterator[Failure]:
    """Those of all seeds, while a bar shows how far they are."""
    end = args.seed + args.count
    jobs = [(k, min(k + BLOCK, end), args.plain, args.kernels)
            for k in range(args.seed, end, BLOCK)]
    context = multiprocessing.get_context("spawn")
    with context.Pool(args.processes) as pool, tqdm(total=args.count, unit="program") as bar:
        for count, found in pool.imap_unordered(run_block, jobs):
            bar.update(count)
            yield from found


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
    for failure in failures(args):
        kinds[failure.kind] += 1
        if failure.text and kinds[failure.kind] == 1:
            tqdm.write(f"\n# seed {failure.seed}: {failure.kind[0]} {failure.kind[1]}\n"
                       f"{failure.text}")
    print(f"{args.count} programs, {sum(kinds.values())} fail"
          + "".join(f"\n{n:6} {' '.join(kind)}" for kind, n in kinds.most_common()))
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
