"""One recorded call, written."""

from __future__ import annotations

import numpy as np

from ..compiler.program import Boxed, Call, Value, same
from . import elementwise, layers, recurrent, reductions, shapes  # noqa: F401 (they declare)
from .graph import Changing, Graph
from .symbol import by_formula
from .table import WRITERS


def write(graph: Graph, call: Call, twin: Call) -> None:
    """Write a call; `twin` is the same in the other recording."""
    if not call.results and not call.writes:
        return  # a check
    name = call.name.lstrip("_")
    try:
        if call.writes:
            raise RuntimeError("what is changed in place has no operator; use an op that returns "
                               "the result")
        graph.results = [value for _, value in call.results]
        made = _written(graph, call, merged(call.args, twin.args),
                        merged(call.kwargs, twin.kwargs))
        for path, value in call.results:
            found = made
            for part in path:
                found = found[part] if isinstance(found, tuple) and part < len(found) else None
            if found is not None:
                graph.made(value, found)
    except RuntimeError as error:
        raise RuntimeError(f"onnx.export: {name} at {call.where}: {error}") from None


def _written(graph: Graph, call: Call, args: tuple, kwargs: dict):
    """The names of what a call gives, in tuples as its results are."""
    if call.op is None and call.name == "cast":
        return graph.cast(args[2:][args[1]], graph.result.dtype)
    if call.name == "as_index":
        parts = args[0] if isinstance(args[0], tuple) else (args[0],)
        return tuple([graph.cast(part, value.dtype) if isinstance(part, Value) else
                      None if not isinstance(part, (list, np.ndarray)) else np.asarray(part)
                      for part, value in zip(parts, _spread(call, len(parts)), strict=True)])
    writer = WRITERS.get(call.name)
    if writer is not None:
        made = writer(graph, *args, **kwargs)
        several = any(path for path, _ in call.results)
        return made if isinstance(made, tuple) or not several else (made,)
    if call.op is not None and call.op.gated is not None:
        return by_formula(graph, call.op.gated.formula, [*args, *kwargs.values()],
                          graph.result.dtype)
    raise RuntimeError("there is no operator for it; compute it outside of the model, or with "
                       "other ops")


def _spread(call: Call, count: int) -> list:
    """The result at each place, None where there is none."""
    places = {path[0]: value for path, value in call.results}
    return [places.get(i) for i in range(count)]


def _alike(a, b) -> bool:
    """Whether two tables that ops have made for themselves say the same."""
    slots = [slot for slot in getattr(a, "__slots__", ()) if not slot.startswith("_")]
    return bool(slots) and a.__class__ is b.__class__ and all(
        same(getattr(a, slot), getattr(b, slot)) for slot in slots)


def merged(a, b):
    """Arguments of both recordings as one, with Changing where whole numbers differ."""
    if isinstance(a, Boxed):
        return a.value
    if isinstance(a, Value):
        return a
    if isinstance(a, dict):
        return {name: merged(a[name], b[name]) for name in a}
    if isinstance(a, (tuple, list)) and len(a) == len(b):
        return (tuple if isinstance(a, tuple) else list)(map(merged, a, b))
    if isinstance(a, slice):
        return slice(*[merged(getattr(a, end), getattr(b, end))
                       for end in ("start", "stop", "step")])
    if a.__class__ is int and b.__class__ is int and a != b:
        return Changing(a, b)
    if a is not b and not same(a, b) and not _alike(a, b):
        raise RuntimeError("an argument follows a size of the inputs; leave that axis out of "
                           "dynamic_axes")
    return a
