"""Worker processes from outside: what a Ctrl-C, a killed parent and spawning leave and do."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from data import DataLoader
from tests.workers import Noisy, Squares, flat, gone, left, passes

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")

PROGRAM = """
    import os, threading
    from data import DataLoader, Dataset

    class Hanging(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            if index == 3:
                threading.Event().wait()
            return index

    def tell(worker):
        os.write(1, b"%d\\n" % os.getpid())  # in one piece, which print may not do

    loader = DataLoader(Hanging(), num_workers=2, worker_init_fn=tell,
                        multiprocessing_context="fork")
    for batch in loader:
        os.write(1, b"batch\\n")
"""


@pytest.fixture
def program():
    """A program that hangs in a sample, and its workers."""
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(PROGRAM)], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                          env=os.environ | {"AUTOGRAD_KERNELS": "numpy"}) as running:
        try:
            lines = [running.stdout.readline().strip() for _ in range(5)]
            assert lines.count("batch") == 3, lines
            yield running, [int(line) for line in lines if line != "batch"]
        finally:
            running.kill()


def test_an_interrupt_ends_all_workers_and_is_told_once(program):
    running, workers = program
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert errors.count("KeyboardInterrupt") == 1 and running.returncode == -signal.SIGINT
    assert all(map(gone, workers))


def test_workers_end_when_their_parent_is_killed(program):
    running, workers = program
    running.kill()
    assert all(map(gone, workers))


def test_nothing_is_left_in_shared_memory_and_no_descriptor():
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    named = Path("/dev/shm")
    list(DataLoader(Squares(4), num_workers=1))
    before = descriptors(), sorted(named.iterdir()) if named.exists() else []
    loader = DataLoader(Squares(30), num_workers=2)
    assert len(list(loader)) == 30
    next(iter(loader))
    assert left() == []
    assert (descriptors(), sorted(named.iterdir()) if named.exists() else []) == before


def test_spawned_workers_give_the_same_batches():
    settings = dict(batch_size=5, shuffle=True)
    assert passes(Noisy(), **settings) == passes(
        Noisy(), num_workers=1, multiprocessing_context="spawn", persistent_workers=True,
        **settings)


class Odd:
    """Can be sent, but not be read again."""

    def __reduce__(self):
        return int, ("what no int is made of",)

    def __getitem__(self, index):
        return index

    def __len__(self):
        return 3


def test_what_cannot_be_sent_to_a_spawned_worker_is_named():
    settings = dict(num_workers=1, multiprocessing_context="spawn")
    for more, text in ((dict(collate_fn=lambda samples: samples), "the collate_fn .*<lambda>"),
                       (dict(worker_init_fn=lambda worker: None), "the worker_init_fn .*<lambda>"),
                       (dict(dataset=[lambda: None]), "the dataset .*<lambda>")):
        with pytest.raises(TypeError, match=f"{text}.*top of a module.*'fork' or 'thread'"):
            iter(DataLoader(**(dict(dataset=[1]) | settings | more)))
    with pytest.raises(ValueError, match="what no int is made of") as caught:
        next(iter(DataLoader(Odd(), **settings)))
    assert "module that it can import" in caught.value.__notes__[0]


def test_views_of_shared_memory_are_as_good_as_any_array():
    batch, = DataLoader(Squares(4), batch_size=4, num_workers=1)
    array = batch.numpy()
    array += 1
    assert flat(batch) == flat(batch.clone()) and array.flags.writeable and array.flags.aligned
    np.testing.assert_array_equal(array[:, 0], [1, 2, 5, 10])
