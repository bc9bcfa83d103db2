"""Print one table of ratios ours/PyTorch and write a JSON beside it."""

import argparse
import importlib.util
import json
import statistics
import sys
import time
from functools import partial
from pathlib import Path

from . import measure, processes
from .libraries import machine
from .networks import NETWORKS

STEPS = ("small_mlp", "wide_mlp", "inference", *NETWORKS)
RESULTS = Path(__file__).with_name("results.json")


def cases(quick: bool) -> dict[str, tuple]:
    """name -> (title, unit, function that takes the samples)."""
    pairs, rounds, seconds, few = (1, 3, 0.1, 2) if quick else (4, 6, 0.3, 7)
    steps = partial(measure.alternate_steps, pairs=pairs, rounds=rounds, seconds=seconds)
    memory = partial(processes.memory, rounds=few)
    return {
        "tiny_ops": ("200 tiny ops, forward and backward", "s", partial(steps, "tiny_ops")),
        "small_mlp": ("small MLP step (batch 64, SGD)", "s", partial(steps, "small_mlp")),
        "wide_mlp": ("wide MLP step (batch 256, Adam)", "s", partial(steps, "wide_mlp")),
        "inference": ("inference, small MLP, batch 1", "s", partial(steps, "inference")),
        **{name: (f"{name.replace('_', ' ')} step", "s", partial(steps, name))
           for name in NETWORKS},
        "import": ("import", "s", partial(processes.imports, few)),
        "import_numpy": ("import, ours / NumPy's own", "s", partial(processes.beside_numpy, few)),
        "cold": ("first step, empty kernel cache", "s", partial(processes.cold_first_step, few)),
        "warm": ("first step, warm kernel cache", "s", partial(processes.warm_first_step, few)),
        "memory_small": ("peak memory, small MLP", "B", partial(memory, "small_mlp", "peak")),
        "memory_wide": ("peak memory, wide MLP", "B", partial(memory, "wide_mlp", "peak")),
        "memory_small_above": ("  small MLP, above import", "B",
                               partial(memory, "small_mlp", "above_import")),
        "memory_wide_above": ("  wide MLP, above import", "B",
                              partial(memory, "wide_mlp", "above_import")),
    }


def arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter samples")
    parser.add_argument("--only", metavar="NAME", choices=names, action="append",
                        help="only this case, may be repeated: " + ", ".join(names))
    return parser.parse_args()


def main() -> None:
    options = arguments(list(cases(False)))
    if importlib.util.find_spec("torch") is None:
        sys.exit("bench compares with PyTorch, which is not installed: "
                 "run `make bench`, or pip install 'wengert[parity]'")
    chosen = {name: case for name, case in cases(options.quick).items()
              if options.only is None or name in options.only}
    print(f"{'ours / PyTorch, less is better':38} {'ratio':>7}   quartiles", flush=True)
    results = {}
    for name, (title, unit, take) in chosen.items():
        results[name] = found = measure.summary(title, unit, take())
        low, high = found["spread"]
        print(f"{title:38} {found['ratio']:7.3f}   {low:.3f} to {high:.3f}", flush=True)
    timed = [found["ratio"] for name, found in results.items() if name in STEPS]
    if timed:
        print(f"{'geometric mean of the steps':38} {statistics.geometric_mean(timed):7.3f}")
    record = {"when": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "quick": options.quick,
              "machine": machine(), "results": results}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"medians and samples: {RESULTS}")


if __name__ == "__main__":
    main()
