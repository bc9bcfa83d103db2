"""What tests of the DataLoader's workers share: datasets, and the search for workers left over."""

import gc
import multiprocessing
import os
import threading
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

import autograd
from data import DataLoader, Dataset, IterableDataset, get_worker_info
from data.randomness import uniforms
from tests.test_data_loader import seeded

WAYS = pytest.mark.parametrize("way", ["fork", "thread"])
FORKED = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")
Point = namedtuple("Point", "x y")


def left():
    """Workers that still live, once what only cycles hold is gone."""
    def living():
        threads = [t for t in threading.enumerate() if t.name.startswith("DataLoader worker")]
        return [*threads, *multiprocessing.active_children()]

    for _ in range(600):
        if not living():
            break
        gc.collect()
        time.sleep(0.05)
    return living()


@pytest.fixture(autouse=True)
def no_worker_is_left():
    yield
    assert left() == []


class Noisy(Dataset):
    """Draws from everything that a sample may draw from."""

    def __len__(self):
        return 23

    def __getitem__(self, index):
        return {"u": uniforms(1, 3, "test"), "r": autograd.rand(40, 30), "i": index,
                "s": str(index), "p": Point(np.float16(index), np.zeros((0, 2)))}


class Squares(Dataset):
    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return np.full(20_000, index * index)


class Failing(Squares):
    """Does `act` for sample 5."""

    def __init__(self, act):
        super().__init__()
        self.act = act

    def __getitem__(self, index):
        return self.act() if index == 5 else index


class Stream(IterableDataset):
    """0, 1, ..., n - 1 and a random number each; every worker has each workers-th of them."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        for number in range(first, self.n, step):
            yield number, autograd.rand(1)


def flat(value):
    """A batch as plain values, with the types of its parts."""
    if isinstance(value, autograd.Tensor):
        return str(value.dtype), tuple(value.shape), value.numpy().tobytes()
    if isinstance(value, dict):
        return {key: flat(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [flat(part) for part in value]
    return value


def passes(dataset, count=2, **settings):
    loader = DataLoader(dataset, generator=seeded(8), **settings)
    return [[flat(batch) for batch in loader] for _ in range(count)]


def gone(pid):
    """Wait until the process has ended; a test's own time limit is the limit."""
    for _ in range(600):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False
