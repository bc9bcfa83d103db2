"""The measured process: `python -m bench.worker SIDE CASE`, then a number of seconds per line."""

import sys
import time
from statistics import median

from . import libraries, steps


def block(step, seconds: float) -> float:
    """The median time of one call, over at least five calls and `seconds`."""
    clock = time.perf_counter
    step()  # the first call after the pause wakes the thread pool
    times = []
    end = clock() + seconds
    while len(times) < 5 or clock() < end:
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
