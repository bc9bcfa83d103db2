"""Settings of PyTorch that programs make and that change nothing here."""

from __future__ import annotations

from ..errors import check_switches, switch, warn
from ..metadata import CPU
from ..metadata import device as only_device
from ..refused import STOOD_IN, count

has_lapack = has_spectral = True  # NumPy's
has_mkl = has_openmp = False

_PRECISIONS = ("highest", "high", "medium")


def set_float32_matmul_precision(precision: str) -> None:
    """Nothing: products are computed in float32, PyTorch's "highest", which is allowed always.
    Raises: ValueError for what is none of "highest", "high" and "medium"."""
    if precision not in _PRECISIONS:
        raise ValueError(f"set_float32_matmul_precision: precision {precision!r}; choose one of "
                         f"{', '.join(_PRECISIONS)}")


def get_float32_matmul_precision() -> str:
    """Always "highest"."""
    return "highest"


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Nothing: the same program gives the same bits, always."""
    check_switches("use_deterministic_algorithms", warn_only=warn_only, mode=mode)
    if not mode:
        count(STOOD_IN, "use_deterministic_algorithms")


def are_deterministic_algorithms_enabled() -> bool:
    """Always True."""
    return True


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Always False: there is nothing to warn of."""
    return False


def get_deterministic_debug_mode() -> int:
    """Always 2: what is not deterministic would be an error."""
    return 2


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Nothing: the same program gives the same bits, always.  Raises: ValueError for what is none
    of 0, 1, 2, "default", "warn" and "error"."""
    if debug_mode not in (0, 1, 2, "default", "warn", "error"):
        raise ValueError(f"set_deterministic_debug_mode: debug_mode {debug_mode!r}; choose one of "
                         "'default', 'warn' and 'error'")


def is_warn_always_enabled() -> bool:
    """Always False: Python's filters say how often a warning is shown."""
    return False


def set_warn_always(b: bool) -> None:
    """Nothing: Python's filters (`warnings.simplefilter`) say how often a warning is shown."""
    check_switches("set_warn_always", b=b)
    count(STOOD_IN, "set_warn_always")


def is_anomaly_enabled() -> bool:
    """Always False: nothing looks for NaNs."""
    return False


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Always False: every operation keeps the precision of its operands."""
    return False


def is_autocast_cpu_enabled() -> bool:
    """Always False: every operation keeps the precision of its operands."""
    return False


def is_autocast_cache_enabled() -> bool:
    """Always False: no operand is converted, so no conversion is kept."""
    return False


def clear_autocast_cache() -> None:
    """Nothing: no operand is converted, so no conversion is kept."""


def get_default_device() -> only_device:
    """Always the CPU."""
    return CPU


def set_default_device(device) -> None:
    """Nothing, for the CPU.  Raises: RuntimeError for another device."""
    only_device(CPU if device is None else device)


def set_flush_denormal(mode: bool) -> bool:
    """Always False: it cannot be set."""
    check_switches("set_flush_denormal", mode=mode)
    count(STOOD_IN, "set_flush_denormal")
    return False


def get_num_interop_threads() -> int:
    """Always 1: operations run one after the other."""
    return 1


def set_num_interop_threads(num: int) -> None:
    """Nothing: operations run one after the other."""
    count(STOOD_IN, "set_num_interop_threads")


class set_detect_anomaly:
    """A switch, or a context manager, that changes nothing: where a NaN comes from is not looked
    for.  Turned on it warns."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        if switch("set_detect_anomaly", "mode", mode):
            count(STOOD_IN, "autograd.set_detect_anomaly")
            warn("set_detect_anomaly: nothing looks for NaNs in backward passes; hooks "
                 "(Tensor.register_hook) can look at gradients")

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        pass


class detect_anomaly(set_detect_anomaly):
    """`set_detect_anomaly(True)`."""

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True)
