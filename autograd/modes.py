"""The modes a thread can be in: whether operations are recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from inspect import isasyncgenfunction, isclass, iscoroutinefunction, isgeneratorfunction
from typing import Any, Self, TypeVar

from .errors import describe, switch, warn

F = TypeVar("F", bound=Callable)

_grad: ContextVar[bool] = ContextVar("autograd_grad", default=True)
_inference: ContextVar[bool] = ContextVar("autograd_inference", default=False)

is_grad_enabled = _grad.get
is_inference_mode_enabled = _inference.get


class _Mode:
    """A context manager, usable as a decorator, that sets context variables and puts them back."""

    _settings: tuple = ()

    def __init__(self) -> None:
        self._entered: list = []

    def __enter__(self) -> None:
        before = [(variable, variable.get()) for variable, _ in self._settings]
        entered: list = []
        try:
            entered += [(variable, variable.set(on)) for variable, on in self._settings]
            self._entered.append(entered)
        except BaseException:  # an interrupt, after which nobody would call __exit__
            for variable, on in before:
                variable.set(on)
            if entered in self._entered:
                self._entered.remove(entered)
            raise

    def __exit__(self, *exc_info: object) -> None:
        for entered in self._entered[::-1]:
            try:
                for variable, token in entered:
                    variable.reset(token)
            except (ValueError, RuntimeError):  # entered in another context, which keeps its modes,
                continue                        # as this does, or has just been left there
            self._entered.remove(entered)
            return

    def __call__(self, function: F) -> F:
        return self._decorated(function)

    def _decorated(self, function: Any) -> Any:
        """The function in this mode; of a generator every step, of a coroutine its body."""
        name = type(self).__name__
        if not callable(function):
            raise TypeError(f"{name}: expected a function to decorate, got {describe(function)}")
        mode = partial(_Settings, self._settings)  # each call has its own
        if isgeneratorfunction(function):
            return _generator(mode, function)
        if isasyncgenfunction(function):
            return _async_generator(mode, function)
        if iscoroutinefunction(function):
            return _coroutine(mode, function)
        if isclass(function):
            warn(
                f"{name} makes the class {function.__name__} a function: its calls run in this "
                "mode, its methods do not; decorate __init__ or the methods instead",
                FutureWarning)

        @wraps(function)
        def inside(*args, **kwargs):
            with mode():
                return function(*args, **kwargs)

        return inside


class _Settings(_Mode):
    """The mode of these settings."""

    def __init__(self, settings: tuple) -> None:
        super().__init__()
        self._settings = settings


def _generator(mode, function):
    @wraps(function)
    def inside(*args, **kwargs):
        generator = function(*args, **kwargs)
        step, given = generator.send, None
        while True:
            try:
                with mode():
                    found = step(given)
            except StopIteration as end:
                return end.value
            try:
                step, given = generator.send, (yield found)
            except GeneratorExit:
                with mode():
                    generator.close()
                raise
            except BaseException as error:
                step, given = generator.throw, error

    return inside


def _async_generator(mode, function):
    @wraps(function)
    async def inside(*args, **kwargs):
        generator = function(*args, **kwargs)
        step, given = generator.asend, None
        while True:
            try:
                with mode():
                    found = await step(given)
            except StopAsyncIteration:
                return
            try:
                step, given = generator.asend, (yield found)
            except GeneratorExit:
                with mode():
                    await generator.aclose()
                raise
            except BaseException as error:
                step, given = generator.athrow, error

    return inside


def _coroutine(mode, function):
    @wraps(function)
    async def inside(*args, **kwargs):
        with mode():
            return await function(*args, **kwargs)

    return inside


class no_grad(_Mode):
    """Nothing computed inside is recorded: results have requires_grad False.

    Use as `with no_grad():` or as the decorator `@no_grad()`, of generators and coroutines too.
    The mode belongs to the thread (more exactly, to the contextvars context) that entered it.
    """

    _settings = ((_grad, False),)

    def __new__(cls, function: Any = None) -> Self:
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()  # type: ignore[misc]
        return mode._decorated(function)


class enable_grad(no_grad):
    """Record inside, even where no_grad is on outside."""

    _settings = ((_grad, True),)


class inference_mode(_Mode):
    """Like no_grad, for code that only predicts; `inference_mode(False)` records again."""

    def __new__(cls, mode: Any = True) -> Self:
        return cls()._decorated(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        mode = switch("inference_mode", "mode", mode)
        self._settings = ((_grad, not mode), (_inference, mode))


class Switch(_Mode):
    """Base: turn a setting on or off at once; as a context manager, until the block ends."""

    _variable: Any

    def __init__(self, mode: bool) -> None:
        if mode is not True and mode is not False and not hasattr(mode, "__index__"):
            raise TypeError(f"{type(self).__name__}: expected a bool, got {describe(mode)}")
        super().__init__()
        self._settings = ((self._variable, bool(mode)),)
        super().__enter__()
        self._at_once = True

    def __enter__(self) -> None:
        if not self._at_once:
            super().__enter__()
        self._at_once = False

    def __call__(self, function: F) -> F:
        if self._at_once:
            super().__exit__()
        self._at_once = False
        return self._decorated(function)


class set_grad_enabled(Switch):
    """Turn recording on or off at once; as a context manager, until the block ends.

    As a decorator, only in the function.
    Raises: TypeError when `mode` is no bool.
    """

    _variable = _grad
