"""`torch.cuda`: no GPU is there.  What a program asks behind `cuda.is_available()` is answered by
none, 0 and nothing, and what cannot be answered so is refused."""

from __future__ import annotations

from contextlib import nullcontext

from ..lazy import lazily
from ..refused import NO_DEVICE
from . import devices

__path__: list[str] = []  # aliases.py finds its parts

_NOTHING = ("manual_seed manual_seed_all seed seed_all synchronize empty_cache ipc_collect "
            "set_device reset_peak_memory_stats reset_max_memory_allocated init "
            "reset_accumulated_memory_stats set_per_process_memory_fraction")
_ZERO = ("device_count memory_allocated max_memory_allocated memory_reserved max_memory_reserved "
         "memory_cached max_memory_cached initial_seed")
_FALSE = "is_available is_initialized is_bf16_supported is_current_stream_capturing is_built"
_KINDS = "Float Double Half Long Int Short Char Byte Bool BFloat16"

for _name in _NOTHING.split():
    globals()[_name] = devices.harmless(f"cuda.{_name}")
for _names, _answer in ((_ZERO, 0), (_FALSE, False)):
    globals().update({_name: devices.answer(_name, _answer) for _name in _names.split()})
for _kind in _KINDS.split():
    globals()[f"{_kind}Tensor"] = devices.Absent(f"cuda.{_kind}Tensor", (), {})

memory_summary = devices.answer("memory_summary", "")
get_arch_list = devices.answer("get_arch_list", ())
OutOfMemoryError = MemoryError


def device(index):
    """A context that changes nothing."""
    return nullcontext(index)


def current_device():
    """Raises: RuntimeError, as there is none."""
    raise RuntimeError(f"cuda.current_device: {NO_DEVICE}")


__getattr__, __dir__, _later = lazily(__name__, {".": "amp"}, called="autograd.cuda")
