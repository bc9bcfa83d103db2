"""The operations, one family a file; importing this package declares those that are used most, and
the rest are declared when one of their names is first asked for (see `autograd/__init__.py`)."""

from importlib import import_module
from pkgutil import iter_modules

from . import (
    activation,
    activation_extra,
    arithmetic,
    attention,
    bilinear,
    compare,
    conv,
    conv_geometry,
    cross_entropy,
    dropout,
    einsum,
    elementwise,
    embedding,
    foreach,
    index,
    join,
    linalg,
    loss,
    loss_binary,
    loss_margin,
    loss_probability,
    masks,
    mixture,
    multi_head,
    norm,
    nuclear,
    order,
    pad,
    pool,
    pool_windows,
    recurrent,
    reduce,
    resample,
    running,
    scatter,
    shape,
    triangle,
)

__all__ = [
    "activation", "activation_extra", "arithmetic", "attention", "bilinear", "compare", "conv",
    "conv_geometry", "cross_entropy", "dropout", "einsum", "elementwise", "embedding", "foreach",
    "index", "join", "linalg", "loss", "loss_binary", "loss_margin", "loss_probability",
    "masks", "mixture", "multi_head", "norm", "nuclear", "order", "pad", "pool", "pool_windows",
    "recurrent", "reduce", "resample", "running", "scatter", "shape", "triangle",
]


def load_all() -> None:
    """Declare the rest."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
