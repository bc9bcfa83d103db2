"""Alternating measurement: one sample of ours, one of PyTorch, and so on; then the ratios.

Each library runs in a process of its own, as it does for its users: two thread pools awake in one
process would slow each other by factors. The processes take turns, so both see the same machine.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from .libraries import SIDES, environment

ROOT = Path(__file__).resolve().parent.parent
PAUSE = 0.02  # seconds for the threads of the side that had its turn to stop spinning


class Worker:
    """A process that has set one case up for one library and runs blocks of it on demand."""

    def __init__(self, side: str, *case: str, module: str = "bench.worker"):
        command = [sys.executable, "-m", module, side, *case]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment(), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.answer()  # it is ready

    def answer(self) -> str:
        """The next line that the process prints."""
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"bench: {' '.join(self.process.args[1:])} stopped with the error above")
        return line

    def block(self, seconds: float) -> float:
        """The median time of one call over a block of calls lasting `seconds`."""
        time.sleep(PAUSE)
        print(seconds, file=self.process.stdin, flush=True)
        return float(self.answer())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def once(code: str, *args: str, cache: str | None = None) -> dict[str, float]:
    """Run `code` in a fresh process; its last line of output is a JSON object of figures."""
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, cwd=ROOT, env=environment(cache), text=True,
                          stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"bench: the process for {' '.join(args)} stopped with the error above")
    return json.loads(done.stdout.splitlines()[-1])


def alternate(sample: Callable[[str], float], rounds: int,
              sides: tuple[str, str] = SIDES) -> dict[str, list[float]]:
    """`rounds` samples of each side, taken in turn; who goes first changes every round."""
    samples: dict[str, list[float]] = {side: [] for side in sides}
    for turn in range(rounds):
        for side in sides if turn % 2 == 0 else sides[::-1]:
            samples[side].append(sample(side))
    return samples


def alternate_steps(case: str, pairs: int, rounds: int, seconds: float,
                    sides: tuple[str, str] = SIDES) -> dict[str, list[float]]:
    """Seconds per call of a case of bench.steps, two processes taking turns by blocks.

    Several pairs of processes, one after the other: where memory happens to lie differs by process.
    The samples come under the names in SIDES.
    """
    samples: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(pairs):
        workers = {side: Worker(side, case) for side in sides}
        try:
            for worker in workers.values():
                worker.block(2 * seconds)  # warm: kernels compiled, caches filled
            taken = alternate(lambda side, w=workers: w[side].block(seconds), rounds, sides)
        finally:
            for worker in workers.values():
                worker.close()
        for name, side in zip(SIDES, sides, strict=True):
            samples[name] += taken[side]
    return samples


def quartiles(values: list[float]) -> list[float]:
    """[lower quartile, median, upper quartile]."""
    return quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3


def summary(title: str, unit: str, samples: dict[str, list[float]]) -> dict[str, object]:
    """What the table shows and the JSON keeps: ratios of neighbouring samples, and both medians."""
    low, middle, high = quartiles([a / b for a, b in zip(*samples.values(), strict=True)])
    return {
        "title": title,
        "ratio": middle,
        "spread": [low, high],
        "unit": unit,
        **{side: median(values) for side, values in samples.items()},
        "samples": samples,
    }
