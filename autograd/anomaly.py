"""Anomaly detection: the backward pass ends at the first gradient that is NaN, and tells which op
made it, where in the program that op was called, and where in the gradient the NaN stands."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock

import numpy as np

from .errors import check_switches, located
from .hooks import LOOKING
from .node import Node
from .tensors import Tensor
from .watched import Watched, watch


class set_detect_anomaly:
    """Turn anomaly detection on or off at once; as a context manager, until the block ends.

    A backward pass then raises where a gradient is NaN, and says which op gave it, for which input
    and at which index, and the line of the program that called the op, if that was called while
    the detection was on.  An error in a rule or in a `Function`'s backward gets that line as a
    note.  With `check_nan=False` only this.  It holds in all threads, as in PyTorch, and steps
    that were compiled run uncompiled: for looking, not for training.

    Raises: TypeError when an argument is no bool; the backward pass, RuntimeError.

    >>> x = autograd.tensor([4., 0.], requires_grad=True)
    >>> with autograd.autograd.set_detect_anomaly(True):
    ...     (x * 0).sqrt().sum().backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    RuntimeError: Function 'MulBackward0' returned nan values in its 0th output, ...
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        check_switches(type(self).__name__, mode=mode, check_nan=check_nan)
        self._detector = _Detector(check_nan) if mode else None
        _hold([self], lambda block: not block.entered)  # in the place of an earlier switch

    entered = False  # whether it is a block, which ends

    def __enter__(self) -> None:
        self.entered = True

    def __exit__(self, *exc_info: object) -> None:
        self.entered = False
        _hold([], lambda block: block is self)


class detect_anomaly(set_detect_anomaly):
    """`set_detect_anomaly(True)`: inside, a backward pass raises where a gradient is NaN, and names
    the op, the input, the index and the line that called the op.

    >>> x = autograd.tensor([1., 0.], requires_grad=True)
    >>> with autograd.detect_anomaly():
    ...     (x * 0).sqrt().sum().backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    RuntimeError: Function 'MulBackward0' returned nan values in its 0th output, ...
    """

    def __init__(self, check_nan: bool = True) -> None:
        check_switches(type(self).__name__, check_nan=check_nan)
        self._detector = _Detector(check_nan)

    def __enter__(self) -> None:
        super().__enter__()
        _hold([self], lambda block: False)


def is_anomaly_enabled() -> bool:
    """Whether backward passes look for NaNs, or tell at least where a failing op was called."""
    return bool(LOOKING)


def is_anomaly_check_nan_enabled() -> bool:
    """Whether backward passes raise where a gradient is NaN."""
    return bool(LOOKING) and LOOKING[-1].check_nan


class _Detector:
    """Gives the walk what it calls in the place of a node's rule, and looks at sums."""

    def __init__(self, check_nan: bool) -> None:
        self.check_nan = check_nan

    def __call__(self, node: Node) -> Callable:
        def rule(g, saved, parents):
            try:
                results = node.op.backward(g, saved, parents)
            except Exception as error:
                error.add_note(f"in this backward pass{_called(node)}")
                raise
            for i, parent in enumerate(parents):
                if parent is not None and results[i] is not None:
                    missing = self._missing(results[i])
                    if missing:
                        raise RuntimeError(_made(node, i, missing, g))
            return results

        return rule

    def summed(self, node: Node, i: int, result) -> None:
        """Look at the sum that a node's gradient for its input i made of others and its own."""
        missing = self._missing(result)
        if missing:
            raise RuntimeError(
                f"Function {node.op.node_name!r} added its gradient for {_input(node, i)} to those "
                f"of that tensor's other uses, and the sum is nan in {missing}: infinities of both "
                f"signs met{_called(node)}")

    def _missing(self, result) -> str:
        """Which elements are NaN, as text, empty if none."""
        missing = np.isnan(_array(result)) if self.check_nan else np.zeros(0, bool)
        if not missing.any():
            return ""
        at = tuple(map(int, np.argwhere(missing)[0]))
        return f"{missing.sum()} of {missing.size} elements, the first at index {at}"


_BLOCKS: list[set_detect_anomaly] = []  # what holds, the innermost last
_setting = RLock()


def _hold(new: list[set_detect_anomaly], ends: Callable[[set_detect_anomaly], bool]) -> None:
    """Let new ones hold, and some no more: blocks may end in another order than they began."""
    with _setting:
        before = bool(LOOKING)
        _BLOCKS[:] = [block for block in _BLOCKS if not ends(block)] + new
        detector = _BLOCKS[-1]._detector if _BLOCKS else None
        LOOKING[:] = [] if detector is None else [detector]
        watch(bool(LOOKING) - before)


def _made(node: Node, i: int, missing: str, g) -> str:
    came = [_array(part) for part in (g if isinstance(g, list) else [g]) if part is not None]
    arrived = ("had NaNs already" if any(np.isnan(part).any() for part in came) else
               "was infinite in places" if any(np.isinf(part).any() for part in came) else
               "was finite")
    return (f"Function {node.op.node_name!r} returned nan values in its {i}th output, the gradient "
            f"for {_input(node, i)}: {missing}. The gradient that came to it {arrived}"
            f"{_called(node)}")


def _input(node: Node, i: int) -> str:
    return node.op.inputs[min(i, len(node.op.inputs) - 1)]


def _array(value) -> np.ndarray:
    return value._any_array if isinstance(value, Tensor) else np.asarray(value)


def _called(node: Node) -> str:
    name = node.op.name.lstrip("_")
    if isinstance(node, Watched):
        return f"; {name} was called at {located(node.place)}"
    return f"; where {name} was called is not known, as anomaly detection was not on when it was"
