"""Print one table of ratios ours/PyTorch and write a JSON beside it."""

import argparse
import importlib.util
import json
import statistics
import sys
import time
from functools import partial
from pathlib import Path

from . import floor, measure, processes
from .feeding import FEEDING
from .libraries import COMPILED, machine
from .networks import NETWORKS
from .other_networks import OTHERS

STEPPED = {**NETWORKS, **OTHERS}
TRAINED = ("small_mlp", "wide_mlp", *(name for name in STEPPED if "inference" not in name))
COMPILED_STEPS = ("tiny_ops", "small_mlp", "lenet_relu", "lenet_tanh", "loop_by_hand", "pinn",
                  "gpt", "mnist_cnn", "vgg", "char_lstm")
STEPS = ("small_mlp", "wide_mlp", "inference", *STEPPED)
RESULTS = Path(__file__).with_name("results.json")


def cases(quick: bool) -> dict[str, tuple]:
    """name -> (title, unit, function that takes the samples)."""
    pairs, rounds, seconds, few = (1, 3, 0.1, 2) if quick else (4, 6, 0.3, 7)
    steps = partial(measure.alternate_steps, pairs=pairs, rounds=rounds, seconds=seconds)
    memory = partial(processes.memory, rounds=min(few, 3))
    return {
        "tiny_ops": ("200 tiny ops, forward and backward", "s", partial(steps, "tiny_ops")),
        "small_mlp": ("small MLP step (batch 64, SGD)", "s", partial(steps, "small_mlp")),
        "wide_mlp": ("wide MLP step (batch 256, Adam)", "s", partial(steps, "wide_mlp")),
        "inference": ("inference, small MLP, batch 1", "s", partial(steps, "inference")),
        **{name: (f"{name.replace('_', ' ')} step", "s", partial(steps, name))
           for name in STEPPED},
        **{f"compiled_{name}": (f"compiled: {name.replace('_', ' ')} step", "s",
                                partial(steps, name, sides=(COMPILED, "torch")))
           for name in COMPILED_STEPS},
        **{name: (f"a pass, {name.replace('_', ' ')} workers", "s", partial(steps, name))
           for name in FEEDING},
        "import": ("import", "s", partial(processes.imports, few)),
        "import_numpy": ("import, ours / NumPy's own", "s", partial(processes.beside_numpy, few)),
        **{f"{kind}_{name}": (f"start to first step, {name}, {kind} cache", "s",
                              partial(first, name, rounds))
           for name in ("small_mlp", "mnist_cnn")
           for kind, first, rounds in (("empty", processes.cold_first_step, min(few, 3)),
                                       ("warm", processes.warm_first_step, few))},
        **{f"memory_{name}": (f"peak memory, {name}", "B", partial(memory, name, "peak"))
           for name in TRAINED},
        **{f"above_{name}": (f"  above import, {name}", "B", partial(memory, name, "above_import"))
           for name in ("small_mlp", "mnist_cnn")},
        **{f"compiled_above_{name}": (f"  above import, {name}, compiled / eager", "B",
                                      partial(processes.memory, name, "above_import", min(few, 3),
                                              (COMPILED, "ours")))
           for name in ("small_mlp", "mnist_cnn", "gpt")},
    }


def arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter samples")
    parser.add_argument("--only", metavar="NAME", choices=names, action="append",
                        help="only this case, may be repeated: " + ", ".join(names))
    return parser.parse_args()


def _figure(value: float, unit: str) -> str:
    """A median as people read it."""
    if unit == "B":
        return f"{value / 1e6:.0f} MB"
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1e3:.3f} ms"


def ratios(chosen: dict[str, tuple]) -> dict[str, dict]:
    """Measures the cases and prints a line for each."""
    title = "ours / PyTorch, less is better"
    print(f"{title:44} {'ratio':>7}   {'quartiles':16}  ours", flush=True)
    results = {}
    for name, (title, unit, take) in chosen.items():
        results[name] = found = measure.summary(title, unit, take())
        low, high = found["spread"]
        print(f"{title:44} {found['ratio']:7.3f}   {low:.3f} to {high:.3f}    "
              f"{_figure(found['ours'], unit)}", flush=True)
    timed = [found["ratio"] for name, found in results.items() if name in STEPS]
    if timed:
        print(f"{'geometric mean of the steps':44} {statistics.geometric_mean(timed):7.3f}")
    return results


def kernels() -> dict[str, dict]:
    """Measures and prints how near each kernel comes to the machine's peak."""
    table = floor.table()
    print(f"\n{'kernels, more is better':44} {'speed':>8} {'share of peak':>18}")
    for name, found in table.items():
        print(f"{name:44} {found['speed']:8.1f} {found['unit']:8} {found['share']:9.2f}")
    return table


def main() -> None:
    options = arguments([*cases(False), "floor"])
    if importlib.util.find_spec("torch") is None:
        sys.exit("bench compares with PyTorch, which is not installed: "
                 "run `make bench`, or pip install 'wengert[parity]'")
    chosen = {name: case for name, case in cases(options.quick).items()
              if options.only is None or name in options.only}
    record = {"when": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "quick": options.quick,
              "machine": machine(), "results": ratios(chosen) if chosen else {},
              "kernels": kernels() if "floor" in (options.only or ["floor"]) else {}}
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"medians and samples: {RESULTS}")


if __name__ == "__main__":
    main()
