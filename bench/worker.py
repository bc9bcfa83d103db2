"""The measured process: `python -m bench.worker SIDE CASE`, then a number of seconds per line."""

import sys
import time
from statistics import median

from . import libraries, steps


def block(step, seconds: float, at_least: int = 5) -> float:
    """The median time of one call, over `at_least` so many calls and `seconds`."""
    clock = time.perf_counter
    step()  # the first call after the pause wakes the thread pool
    times = []
    end = clock() + seconds
    while len(times) < at_least or clock() < end:
        start = clock()
        step()
        times.append(clock() - start)
    return median(times)


def main() -> None:
    side, case = sys.argv[1:]
    step = steps.CASES[case](libraries.load(side))
    print("ready", flush=True)
    for line in sys.stdin:
        print(block(step, float(line)), flush=True)


if __name__ == "__main__":
    main()
