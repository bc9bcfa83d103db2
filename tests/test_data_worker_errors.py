"""What goes wrong in workers of the DataLoader: errors, deaths, hanging, interrupts, settings."""

import multiprocessing
import os
import signal
import threading

import pytest

from data import DataLoader
from tests.test_data_loader import pairs
from tests.workers import (
    FORKED,
    WAYS,
    Failing,
    Squares,
    no_worker_is_left,  # noqa: F401
)

pytestmark = FORKED


class Picky(Exception):
    def __init__(self, code, *, hint):
        super().__init__(f"{code}: {hint}")


class Wordy(Exception):
    def __init__(self, text):
        super().__init__(f"alas, {text}")


def raising(make):
    def act():
        raise make()
    return act


class Local:
    """Classes that no other process finds."""

    class Error(ValueError):
        pass

    Error.__qualname__ = "nowhere.<locals>.Error"


@WAYS
@pytest.mark.parametrize(("make", "kind", "text"), [
    (lambda: KeyError("no label"), KeyError, "no label"),
    (lambda: Picky(7, hint="look"), Picky, "7: look"),
    (lambda: Wordy("no"), Wordy, "^alas, no"),
    (lambda: Local.Error("odd"), ValueError, "odd"),
    (lambda: UnicodeDecodeError("utf8", b"x", 0, 1, "bad"), UnicodeDecodeError, "bad"),
    (lambda: OSError(2, "nothing", "a.png"), FileNotFoundError, "a.png"),
    (lambda: RuntimeError(threading.Lock()), RuntimeError, "lock"),
    (lambda: StopIteration(), RuntimeError, "sample 5 of Failing raised StopIteration"),
    (lambda: SystemExit(3), SystemExit, "3"),
])
def test_what_a_sample_raises_arrives(way, make, kind, text):
    loader = DataLoader(Failing(raising(make)), batch_size=4, num_workers=2,
                        multiprocessing_context=way)
    batches = iter(loader)
    assert next(batches).tolist() == [0, 1, 2, 3]
    with pytest.raises(kind, match=text) as caught:
        next(batches)
    notes = " ".join(caught.value.__notes__)
    assert "in worker 1 (" in notes
    if kind is not SystemExit and "Stop" not in text:
        assert "sample 5 of Failing" in notes and "samples [4, 5, 6, 7] of Failing" in notes
        assert next(batches).tolist() == [8, 9]
    if way == "fork":
        assert "in act\n    raise make()" in str(caught.value.__cause__)


@WAYS
def test_what_else_raises_is_named(way):
    settings = dict(num_workers=2, multiprocessing_context=way)
    with pytest.raises(ZeroDivisionError) as caught:
        list(DataLoader(pairs(), 4, collate_fn=lambda samples: 1 / 0, **settings))
    assert "samples [0, 1, 2, 3]" in caught.value.__notes__[0]
    with pytest.raises(ZeroDivisionError) as caught:
        list(DataLoader(pairs(), worker_init_fn=lambda worker: 1 / 0, **settings))
    assert "worker_init_fn" in caught.value.__notes__[0]

    def order():
        yield from [3, 1, 4]
        raise LookupError("no more")

    batches = iter(DataLoader(pairs(), batch_size=2, sampler=order(), **settings))
    assert next(batches)[1].tolist() == [3, 1]
    with pytest.raises(LookupError, match="no more"):
        next(batches)
    with pytest.raises(TypeError, match="cannot pickle|module"):
        list(DataLoader([1], collate_fn=lambda samples: os, num_workers=1))


def test_a_killed_worker_is_reported():
    loader = DataLoader(Failing(lambda: os.kill(os.getpid(), signal.SIGKILL)), batch_size=2,
                        num_workers=2)
    with pytest.raises(RuntimeError, match=r"worker 0 \(pid \d+\) ended with exit code -9, killed "
                       r"by SIGKILL.*memory.*batch 2, the samples \[4, 5\]"):
        list(loader)
    with pytest.raises(RuntimeError, match="exit code 7"):
        list(DataLoader(Failing(lambda: os._exit(7)), num_workers=1))


@WAYS
def test_a_hanging_worker_is_reported_after_the_timeout(way):
    free = threading.Event()
    loader = DataLoader(Failing(free.wait), num_workers=2, timeout=0.5,
                        multiprocessing_context=way)
    try:
        with pytest.raises(RuntimeError, match=r"worker 1 \(.*nothing for timeout=0.5 s.*\[5\]"):
            list(loader)
    finally:
        free.set()


@WAYS
def test_dropping_an_iterator_ends_its_workers(way):
    loader = DataLoader(Squares(50), num_workers=2, multiprocessing_context=way)
    for _ in loader:
        break
    begun = iter(loader)
    del begun
    assert multiprocessing.active_children() == []


def test_an_iterator_is_of_no_use_in_a_forked_child():
    batches = iter(DataLoader(pairs(), num_workers=1))
    next(batches)
    child = os.fork()
    if child == 0:
        try:
            next(batches)
        except RuntimeError as error:
            os._exit(0 if "call iter(loader) here" in str(error) else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(list(batches)) == 9


def test_an_interrupt_while_workers_start_leaves_none(monkeypatch):
    started = multiprocessing.get_context("fork").Process.start

    def start(process):
        os.kill(os.getpid(), signal.SIGINT)
        started(process)

    monkeypatch.setattr("multiprocessing.context.ForkProcess.start", start)
    with pytest.raises(KeyboardInterrupt):
        iter(DataLoader(pairs(), num_workers=2, multiprocessing_context="fork"))
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(("settings", "kind", "text"), [
    (dict(num_workers=-1), ValueError, "num_workers must not be negative, got -1"),
    (dict(num_workers=True), TypeError, "num_workers must be an int, got True"),
    (dict(num_workers=2.0), TypeError, "num_workers must be an int, got 2.0"),
    (dict(timeout=-1), ValueError, "timeout must be a number of seconds >= 0, got -1"),
    (dict(timeout=5), ValueError, "timeout needs num_workers > 0"),
    (dict(prefetch_factor=2), ValueError, "prefetch_factor needs num_workers > 0"),
    (dict(persistent_workers=True), ValueError, "persistent_workers needs num_workers > 0"),
    (dict(multiprocessing_context="fork"), ValueError, "multiprocessing_context needs num_w"),
    (dict(num_workers=1, prefetch_factor=0), ValueError, "prefetch_factor must be a positive"),
    (dict(num_workers=1, worker_init_fn=3), TypeError, "worker_init_fn must be callable"),
    (dict(num_workers=1, multiprocessing_context="frok"), ValueError, "'fork'.*got 'frok'"),
    (dict(num_workers=1, multiprocessing_context=3), TypeError, "context or one of .*got 3"),
])
def test_settings_of_workers_that_do_not_fit(settings, kind, text):
    with pytest.raises(kind, match=text):
        DataLoader(pairs(), **settings)
