"""What holds for every test: seeds of its own, and nothing left behind that others would feel."""

from __future__ import annotations

import gc
import os
import signal
import zlib
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import settings

import autograd
from autograd import dtypes, modes, ops, pytest_plugin, sampling, slips, threads
from autograd.record import INPLACE, REGISTRY

if find_spec("numba"):  # which kernel answers shall not depend on what was compiled before
    os.environ.setdefault("AUTOGRAD_KERNELS", "numba")
ops.load_all()  # no test is the first one to ask for an op
settings.register_profile("wengert", deadline=None, derandomize=True)
settings.load_profile("wengert")


def pytest_configure(config):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # of a shell in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # an installed wengert has been registered by its entry point already
    if not config.pluginmanager.is_registered(pytest_plugin):
        config.pluginmanager.register(pytest_plugin, "wengert")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Without the collector, and what lives then, all tests among it, is no work for it later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def _seed(request) -> int:
    """A number that depends on the test's name alone, so that neither order nor selection count."""
    return zlib.crc32(request.node.nodeid.encode())


def _state() -> dict[str, object]:
    """What a test could change for those after it."""
    kind, keys, *rest = np.random.get_state()
    return {
        "the grad mode": modes.is_grad_enabled(),
        "the inference mode": modes.is_inference_mode_enabled(),
        "hints": slips.hinting(),
        "the default dtype": dtypes.get_default_dtype(),
        "the number of threads": threads.get_num_threads(),
        "the default generator": id(sampling.default_generator),
        "the registry of ops": set(REGISTRY),
        "NumPy's error handling": np.geterr(),
        "NumPy's global random state": (kind, keys.tobytes(), *rest),
    }


@pytest.fixture(autouse=True)
def leaves_nothing_behind(request):
    """Fail a test that leaves a mode, a setting or NumPy's global random state changed.

    The default generator is ours to draw from: it starts from a seed of the test's own each time.
    """
    autograd.manual_seed(_seed(request))
    slips.TOLD.clear()
    before, generator = _state(), sampling.default_generator
    yield
    after = _state()
    modes._grad.set(before["the grad mode"])
    modes._inference.set(before["the inference mode"])
    slips._on.set(before["hints"])
    dtypes.set_default_dtype(before["the default dtype"])
    sampling.default_generator = generator
    changed = [name for name in before if before[name] != after[name]]
    if "the number of threads" in changed:
        threads.set_num_threads(before["the number of threads"])
    if "NumPy's global random state" in changed:
        kind, keys, *rest = before["NumPy's global random state"]
        np.random.set_state((kind, np.frombuffer(keys, np.uint32), *rest))
    if "NumPy's error handling" in changed:
        np.seterr(**before["NumPy's error handling"])
    assert not changed, f"the test left {' and '.join(changed)} changed; restore what it sets"


@pytest.fixture
def rng(request) -> np.random.Generator:
    """NumPy's random numbers, the same in every run of this test."""
    return np.random.default_rng(_seed(request))


@pytest.fixture
def registry():
    """Forget the ops that a test declares."""
    before = dict(REGISTRY)
    yield REGISTRY
    for name in [name for name in REGISTRY if name not in before]:
        del REGISTRY[name]
        if INPLACE.pop(name, None):
            delattr(autograd.Tensor, name + "_")
        if hasattr(autograd.Tensor, name):
            delattr(autograd.Tensor, name)
