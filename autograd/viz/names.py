"""What the boxes of a drawing say of ops: names, as the user called them, the attributes that are
not what they mostly are, and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import float32
from ..node import Node
from .style import elided

_CALLED = {"true_divide": "div", "max_dim": "max", "min_dim": "min", "clamp_below": "clamp",
           "clamp_above": "clamp", "clip": "clamp", "cast": "to", "cast_to_integral": "to",
           "drop": "dropout",
           "with_logits": "binary_cross_entropy_with_logits",
           "contract": "einsum", "gather_along": "gather", "constant_pad": "pad",
           "max_at_random": "fractional_max_pool2d",
           "attend": "scaled_dot_product_attention", "select_rows": "index_select"}


# attribute -> the value that is not worth telling
_USUAL: dict[str, Any] = {
    "dim": None, "p": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "alpha": 1,
    "beta": 1, "negative_slope": None, "approximate": "none", "is_causal": False, "shifts": None,
    "offset": 0, "diagonal": 0, "correction": 1, "keepdim": False, "label_smoothing": 0.0,
    "widths": None, "output": None}
_BARE = ("dim0", "dim1", "dims", "more")  # told without their names
_LONGEST = 40  # characters


def described(node: Node) -> str:
    """An op's name with its attributes: `pow 2`, `sum dim=1`, `getitem [:, 0]`."""
    told, bare = [], []
    for name, value, source in node.op.kept(node.saved):
        if name in _BARE:
            bare += [value] if isinstance(value, int) else list(value or ())
        elif name == "index" and source is None:
            told.append(index_text(value))
        elif isinstance(source, int) and source >= 0:
            if isinstance(value, (int, float)):
                limit = node.op.name in ("_clamp_below", "_clamp_above")
                told.append(f"{name}={value:g}" if limit else f"{value:g}")
        elif name in _USUAL and value is not None and _plain(value) != _USUAL[name]:
            told.append(f"{name}={_plain(value)}")
    told += [", ".join(map(str, bare))] if bare else []
    return elided(" ".join([called(node), ", ".join(told)]).rstrip(), _LONGEST)


def _plain(value):
    """The number that stands in a tuple for each dimension, if it is but one."""
    if isinstance(value, (tuple, list)) and value and all(v == value[0] for v in value):
        return _plain(value[0])
    return value


def index_text(value) -> str:
    """An index as it was written."""
    parts = []
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, slice):
            first, last = ("" if end is None else str(end) for end in (one.start, one.stop))
            parts.append(f"{first}:{last}" + (f":{one.step}" if one.step is not None else ""))
        elif one is Ellipsis:
            parts.append("...")
        else:
            parts.append(str(one) if isinstance(one, (int, type(None))) else "…")
    return f"[{', '.join(parts)}]"


def called(node: Node) -> str:
    """An op's name as the user called it, where one op is behind several functions."""
    name = node.op.name.strip("_")
    if name in ("convolution", "convolution_input_grad"):
        return f"conv{'' if name == 'convolution' else '_transpose'}{len(node.shape) - 2}d"
    if name == "standardize" and node.saved:
        saved = {name: value for name, value, _ in node.op.kept(node.saved)}
        _, groups, channels, length = saved["layout"]
        if saved["kind"] == "group":
            return ("layer_norm" if groups == length == 1 else
                    "instance_norm" if channels == 1 else "group_norm")
        return "rms_norm" if saved["kind"] == "rms" else "batch_norm"
    if name in ("max_pool", "avg_pool"):
        windows = [value.size for name, value, _ in node.op.kept(node.saved) if name == "windows"]
        return f"{name}{len(windows[0])}d" if windows else name
    return op_called(name)


def op_called(name: str) -> str:
    """The name of the function of the user's that an op mostly stands behind."""
    return _CALLED.get(name.strip("_"), name.strip("_"))


def shape_text(shape: tuple, dtype: np.dtype) -> str:
    """The size of a box: the shape, and the dtype if it is not float32."""
    text = str(tuple(shape)) if shape else "scalar"
    return text if dtype == float32 else f"{text} {dtype}"
