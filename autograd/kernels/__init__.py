"""The loops behind the ops: the same functions in two tiers, ndarray in, ndarray out.

`reference/` is plain NumPy and the oracle of the tests; `compiled/` is Numba. The tier is picked
once, at the first access to a kernel: AUTOGRAD_KERNELS=numpy|numba, by default numba where it
can be imported, with NumPy's answers while a kernel is compiled. After that `kernels.gemm` is one
attribute lookup. float16 becomes float32 for a
kernel and is rounded once behind it: here for the reference, in `compiled/elsewhere` for the other.
"""

import importlib.util
import os

from autograd import allocator, threads
from autograd.errors import did_you_mean, warn
from autograd.kernels import thresholds
from autograd.kernels.rounding import at_the_gate

_tier = ""


def tier() -> str:
    """Name of the tier in use, "numba" or "numpy"; picks it when no kernel was used yet."""
    with threads.loading:  # other threads, and forks, wait
        return _load()


def _load() -> str:
    global _tier
    if not _tier:
        threads.make_forks_wait()
        wanted = os.environ.get("AUTOGRAD_KERNELS", "")
        if wanted not in ("", "numpy", "numba"):
            raise ValueError(
                f"AUTOGRAD_KERNELS={wanted!r} is not a kernel tier; set it to 'numpy' or 'numba'"
            )
        _tier = "numpy" if wanted == "numpy" else _load_compiled()
        plain = _tier == "numpy"
        module = importlib.import_module(f"{__name__}.{'reference' if plain else 'compiled'}")
        for name in module.__all__:
            kernel = getattr(module, name)
            globals()[name] = at_the_gate(name, kernel) if plain else _meanwhile(name, kernel)
        allocator.keep_freed_memory()
        if not plain:
            thresholds.loaded()
    return _tier


def _meanwhile(name: str, kernel):
    """A compiled kernel, in whose place NumPy's answers while it is compiled."""
    from autograd.kernels import reference
    from autograd.kernels.compiled import background

    if background.WAITS:
        return kernel
    twin = at_the_gate(name, getattr(reference, name))
    return background.with_twin(kernel, twin, lambda: globals().update({name: kernel}))


def _load_compiled() -> str:
    try:
        importlib.import_module(f"{__name__}.compiled")
    except ImportError as error:
        warn(
            f"compiled kernels are not available ({error}); NumPy kernels are used instead, "
            "slower. Install numba, or set AUTOGRAD_KERNELS=numpy to silence this.",
            RuntimeWarning)
        return "numpy"
    return "numba"


def config() -> dict[str, object]:
    """What the kernels run on: tier, threads, threading layer, vector width in bits, cache."""
    info: dict[str, object] = {"tier": tier(), "threads": threads.get_num_threads()}
    if tier() == "numba":
        from autograd.kernels.compiled import jit

        info.update(jit.config())
    return info


def compiled_by(step) -> None:
    """Takes a step until all kernels that it uses are compiled."""
    from autograd.kernels.compiled import background

    step()
    while background.join():
        step()


def cached() -> tuple[str, str]:
    """What the cache folder holds, and what was removed beside it: folders of other versions into
    which nothing was written for a month."""
    from autograd.kernels.compiled import disk_cache

    return disk_cache.contents(), disk_cache.prune()


def __getattr__(name: str):
    missing = f"module {__name__!r} has no kernel {name!r}"
    if name.startswith("_") or importlib.util.find_spec(f"{__name__}.{name}") is not None:
        raise AttributeError(missing)  # a part of the package, which is about to be imported
    tier()
    if name not in globals():
        raise AttributeError(missing + did_you_mean(name, globals()))
    return globals()[name]
