"""The modes a thread can be in: whether operations are recorded."""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps

_grad: ContextVar[bool] = ContextVar("autograd_grad", default=True)
_inference: ContextVar[bool] = ContextVar("autograd_inference", default=False)

is_grad_enabled = _grad.get
is_inference_mode_enabled = _inference.get


class _Mode:
    """A context manager, usable as a decorator, that sets context variables and puts them back."""

    _settings: tuple = ()

    def __init__(self) -> None:
        self._tokens: list = []

    def __enter__(self) -> None:
        self._tokens.append([(variable, variable.set(on)) for variable, on in self._settings])

    def __exit__(self, *exc_info) -> None:
        for variable, token in self._tokens.pop():
            variable.reset(token)

    def __call__(self, function):
        @wraps(function)
        def inside(*args, **kwargs):
            with self:
                return function(*args, **kwargs)

        return inside


class no_grad(_Mode):
    """Nothing computed inside is recorded: results have requires_grad False.

    Use as `with no_grad():` or as the decorator `@no_grad()`.  The mode belongs to the thread
    (more exactly, to the contextvars context) that entered it.
    """

    _settings = ((_grad, False),)

    def __new__(cls, function=None):
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()
        return mode(function)


class enable_grad(no_grad):
    """Record inside, even where no_grad is on outside."""

    _settings = ((_grad, True),)


class inference_mode(_Mode):
    """Like no_grad, for code that only predicts; `inference_mode(False)` records again."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._settings = ((_grad, not mode), (_inference, mode))


class set_grad_enabled(_Mode):
    """Turn recording on or off at once; as a context manager, until the block ends."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self._settings = ((_grad, bool(mode)),)
        self._before = _grad.set(bool(mode))

    def __enter__(self) -> None:
        self._tokens.append([(_grad, self._before)])

    def __call__(self, function):
        _grad.reset(self._before)
        settings = self._settings

        class recorded(_Mode):
            _settings = settings

        return recorded()(function)
