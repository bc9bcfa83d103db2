"""Every op beside PyTorch's, forward and forward with backward: a table of ratios, worst first.

One process for each library is fed the cases of bench.op_tables in turn. The results of both are
compared before a case is timed. A JSON beside this file keeps the medians.
"""

import argparse
import importlib.util
import json
import math
import signal
import statistics
import sys
import time
from pathlib import Path

from . import measure
from .libraries import SIDES, machine
from .op_tables import Case, cases
from .quiet import Quiet

RESULTS = Path(__file__).with_name("ops.json")
STEADY, FAR = 1.5, (0.1, 3.0)  # quartiles further apart, ratios further out, are taken again
TOLERANCE = 1e-3  # of the largest element
PATIENCE = 60.0  # seconds a run waits in all while other programs are at work
LIMITS = (1.0, 1.5, 2.0)


class Worker(measure.Worker):
    """A process that sets up one case after the other, and stands still between its turns: threads
    that wait for work by spinning would take a core from the other side."""

    def __init__(self, side: str) -> None:
        super().__init__(side, module="bench.ops_worker")

    def order(self, what: str | float):
        """Digests of the results of the case named, or the median time of a call in a block of so
        many seconds; raises what went wrong."""
        self.process.send_signal(signal.SIGCONT)
        print(json.dumps(what), file=self.process.stdin, flush=True)
        answer = json.loads(self.answer())
        self.process.send_signal(signal.SIGSTOP)
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer

    def close(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        super().close()


def compare(ours: list[dict], theirs: list[dict]) -> None:
    """Raises where the results, or the gradients, of both libraries differ."""
    if [a["shape"] for a in ours] != [b["shape"] for b in theirs]:
        raise RuntimeError(f"shapes differ: {[a['shape'] for a in ours]} and "
                           f"{[b['shape'] for b in theirs]}")
    for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        room = 1e-5 + TOLERANCE * max((abs(v) for v in b["values"] if math.isfinite(v)), default=0)
        for mine, other in zip(a["values"], b["values"], strict=True):
            same = mine == other or (math.isnan(mine) and math.isnan(other))
            if not (same or abs(mine - other) <= room):
                raise RuntimeError(f"values differ: {mine:.6g} and {other:.6g} in result {number}")


def doubtful(found: dict) -> bool:
    """Whether another program may have been at work while the case was measured."""
    low, high = found["spread"]
    return high > STEADY * low or not FAR[0] < found["ratio"] < FAR[1]


def take(workers: dict[str, Worker], case: Case, rounds: int, seconds: float,
         quiet: Quiet) -> dict:
    """Sets the case up on both sides, compares, and measures in turn."""
    compare(*(worker.order(case.name) for worker in workers.values()))
    if not rounds:
        return {}
    samples = measure.alternate(lambda side: quiet.take(workers[side].order, seconds), rounds)
    found = measure.summary(case.text, "s", samples)
    return {"op": case.names[0], "call": case.text, "size": case.size, "mode": case.mode,
            **{name: found[name] for name in ("ratio", "spread", *SIDES)}}


def run(chosen: list[Case], rounds: int, seconds: float, quiet: Quiet) -> tuple[dict, dict]:
    """name -> figures, and name -> what went wrong; of two takes the one less disturbed."""
    results, failed = {}, {}
    workers = {side: Worker(side) for side in SIDES}
    try:
        for number, case in enumerate(chosen, 1):
            if sys.stderr.isatty():
                print(f"\r{number}/{len(chosen)} {case.name:.80}\x1b[K", end="", file=sys.stderr)
            try:
                results[case.name] = take(workers, case, rounds, seconds, quiet)
            except RuntimeError as error:
                failed[case.name] = str(error)
        for case in chosen if rounds else ():
            if case.name in results and doubtful(results[case.name]):
                twice = results[case.name], take(workers, case, rounds, seconds, quiet)
                results[case.name] = min(twice, key=lambda found: sum(found[s] for s in SIDES))
    finally:
        for worker in workers.values():
            worker.close()
    return results, failed


def figure(seconds: float) -> str:
    """Microseconds or milliseconds, three digits."""
    return f"{seconds * 1e6:.3g} us" if seconds < 1e-3 else f"{seconds * 1e3:.3g} ms"


def table(results: dict[str, dict], failed: dict[str, str]) -> str:
    """The cases, worst first, and what they come to."""
    lines = [f"{'ratio':>7} {'ours':>9} {'PyTorch':>9}  {'mode':8}  {'size':28}  op: call"]
    for found in sorted(results.values(), key=lambda found: -found["ratio"]):
        ours, theirs = figure(found["ours"]), figure(found["torch"])
        lines.append(f"{found['ratio']:7.2f} {ours:>9} {theirs:>9}  {found['mode']:8}  "
                     f"{found['size']:28.28}  {found['op']}: {found['call']}")
    lines += [f"not timed: {name}: {why}" for name, why in failed.items()]
    ratios = [found["ratio"] for found in results.values()]
    if ratios:
        counts = ", ".join(f"{sum(ratio > limit for ratio in ratios)} above {limit}"
                           for limit in LIMITS)
        lines.append(f"{len(ratios)} cases, ours / PyTorch, less is better: geometric mean "
                     f"{statistics.geometric_mean(ratios):.3f}, {counts}")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.ops", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter blocks")
    parser.add_argument("--check", action="store_true", help="compare the results, time nothing")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose name contains it: "
                        "an op, a part of a call, a size, forward or backward")
    parser.add_argument("--op", metavar="NAME", action="append", help="only this op, repeatable")
    parser.add_argument("--size", metavar="SIZE", help="only this size, such as 3x5")
    parser.add_argument("--part", metavar="I/N", help="only every N-th op from the I-th")
    parser.add_argument("--add", action="store_true", help="to the results that the JSON holds")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the results go")
    return parser.parse_args()


def choose(options: argparse.Namespace) -> list[Case]:
    chosen = [case for case in cases().values()
              if (options.only is None or options.only in case.name)
              and (options.op is None or case.names[0] in options.op)
              and (options.size is None or options.size == case.size)]
    if options.part:
        part, parts = map(int, options.part.split("/"))
        ops = list(dict.fromkeys(case.names[0] for case in chosen))[part - 1::parts]
        chosen = [case for case in chosen if case.names[0] in ops]
    return chosen


def main() -> None:
    options = arguments()
    if importlib.util.find_spec("torch") is None:
        sys.exit("bench compares with PyTorch, which is not installed: "
                 "run `make bench-ops`, or pip install 'wengert[parity]'")
    rounds, seconds = (3, 0.003) if options.quick else (7, 0.01)
    quiet = Quiet(PATIENCE)
    results, failed = run(choose(options), 0 if options.check else rounds, seconds, quiet)
    if options.check:
        print(*(f"{name}: {why}" for name, why in failed.items()), sep="\n")
        sys.exit(f"{len(results)} cases agree, {len(failed)} do not" if failed else None)
    if options.add:
        results = {**json.loads(options.json.read_text(encoding="utf-8"))["results"], **results}
    record = {"when": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "quick": options.quick,
              "machine": machine(), "results": results, "failed": failed}
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(table(results, failed))
    print(f"medians: {options.json}; {quiet}")


if __name__ == "__main__":
    main()
