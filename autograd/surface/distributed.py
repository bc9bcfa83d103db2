"""`torch.distributed`: one process computes here.  A program that asks first whether there is a
group runs alone; what needs the group is refused."""

from __future__ import annotations

from enum import Enum, auto
from types import SimpleNamespace

from ..lazy import lazily
from . import devices

__path__: list[str] = []  # aliases.py finds its parts

_FALSE = ("is_available is_initialized is_nccl_available is_gloo_available is_mpi_available "
          "is_ucc_available is_torchelastic_launched")
_OF_A_GROUP = (
    "init_process_group destroy_process_group new_group get_rank get_world_size get_backend "
    "barrier monitored_barrier broadcast broadcast_object_list reduce all_reduce all_gather "
    "all_gather_into_tensor all_gather_object gather gather_object scatter scatter_object_list "
    "reduce_scatter reduce_scatter_tensor all_to_all all_to_all_single send recv isend irecv")

for _name in _FALSE.split():
    globals()[_name] = devices.answer(_name, False)
for _name in _OF_A_GROUP.split():
    globals()[_name] = devices.refusing(f"distributed.{_name}")


class ReduceOp(Enum):
    """Ways of combining the tensors of a group's processes."""

    SUM = auto()
    AVG = auto()
    PRODUCT = auto()
    MIN = auto()
    MAX = auto()


class ProcessGroup:
    """A group of processes, in annotations: there is none."""


group = SimpleNamespace(WORLD=None)

__getattr__, __dir__, _later = lazily(__name__, {}, called="autograd.distributed")
