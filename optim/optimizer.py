"""The base of the optimizers: parameter groups, state, and the step over all parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograd import Tensor, enable_grad, float32, no_grad, tensor, zeros
from autograd.complexes import reals
from autograd.errors import Constructed, caller_place, describe, uncalled
from autograd.hooks import RemovableHandle
from autograd.slips import hint, hinting
from autograd.tensors import mark_written
from optim.formula import Formula, formula_of
from optim.hooks import (  # noqa: F401 - the global ones are found here
    OptimizerHooks,
    add,
    hooked,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from optim.slips import look_at_step
from optim.state import fitted, load, number
from optim.switches import plain, with_switches

required = object()  # an argument's default in optimizers written for PyTorch: it must be given
Params = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]

_NO_PARAMETERS = (
    "{}: got no parameters. Layers in a plain list or dict are not registered with their module: "
    "keep them in nn.ModuleList or nn.ModuleDict, and single tensors in nn.Parameter. (And "
    "model.parameters() is an iterator: it gives its parameters once.)"
)


class Optimizer(Constructed):
    """Changes parameters along their gradients.

    `params` are Tensors, pairs of a name and a Tensor, as `model.named_parameters()` gives them,
    or dicts such as {"params": [...], "lr": 0.1}, each a group with options of its own; `defaults`
    holds the options for the rest. `param_groups` lists the groups, names as "param_names";
    `state[param]` is a dict of what the method remembers of a parameter.

    A subclass defines `_update`, and `_prepare` if it has state; or `step`, as in PyTorch.

    Raises: ValueError for no parameters, a parameter given twice or not a leaf, an option out of
        range; TypeError for what is not a Tensor.
    """

    _replayed = ("step",)  # methods that a compiled step calls as they are
    _extensions: tuple[str, ...] = ()  # options PyTorch has not, so not in its checkpoints
    _scalars: tuple[str, ...] = ("step",)  # state that is one float32, whatever the parameter

    _takes_complex = True
    _switches: tuple[str, ...] = ()  # what a constructor takes besides, without effect
    _hooks: OptimizerHooks | None = None
    _stepping = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = hooked(cls.step)  # type: ignore[method-assign]
        if cls._switches and "__init__" in vars(cls):
            cls.__init__ = with_switches(cls.__init__, cls._switches)  # type: ignore[method-assign]

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        for group in _as_groups(type(self).__name__, params):
            self.add_param_group(group)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__.get("defaults", ()) and type(self).__module__[:6] == "optim.":
            hint("option as attribute", f"{type(self).__name__}.{name} = {value} sets an attribute "
                 f"that no step reads; write optimizer.param_groups[0][{name!r}] = {value}")
        super().__setattr__(name, value)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group: a dict with "params" and, where they differ from the defaults, options."""
        who = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(
                f"{who}: a parameter group is a dict with the key 'params', "
                f"got {describe(param_group)}"
            )
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else _as_list(who, params)
        names, params = _split(who, params)
        taken = {id(p) for group in self.param_groups for p in group["params"]}
        for i, param in enumerate(params):
            what = f"{who}: params[{i}] of group {len(self.param_groups)}"
            _check_parameter(what, param)
            if param.dtype.kind == "c" and not self._takes_complex:
                raise TypeError(f"{what}, {describe(param)}, is complex, which {who} is not made "
                                "for; optim.Adam takes complex parameters")
            if id(param) in taken:
                raise ValueError(f"{what}, {describe(param)}, was given before; a parameter "
                                 "belongs into one group, once")
            taken.add(id(param))
        group = {**self.defaults, **param_group, "params": params}
        if names:
            group["param_names"] = names
        if any(("param_names" in group) != ("param_names" in other) for other in self.param_groups):
            raise ValueError(f"{who}: the parameters of all groups have names, or none have; give "
                             "every group model.named_parameters(), or none")
        self._check_options(plain(who, group))
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    param.grad = param.grad.detach().zero_()

    @hooked
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; returns what `closure` returned.

        `closure`, if given, is called first, with gradients recorded: it computes the loss anew
        and calls backward() on it.  Hints at gradients that never come or that
        pile up, and at graphs that are kept.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        by, where, idle = f"{type(self).__name__}.step", caller_place(), True
        with no_grad():
            for options in self.param_groups:
                group = plain(by, options)
                batches: dict[Any, list[Any]] = {}
                for param in group["params"]:
                    if param._grad is not None:
                        mark_written(param, by, where)
                        batches.setdefault(self._prepare(param, group), []).append(param)
                for age, params in batches.items():
                    idle = False
                    grads = [reals(p._grad) for p in params]
                    self._update(params, [reals(p) for p in params], grads, group, age)
        if hinting():
            look_at_step(self, None if idle else params[0])
        return loss

    def _prepare(self, param: Tensor, group: dict[str, Any]) -> Any:
        """Make the state of a parameter ready; returns its age: what `_update` has to tell apart,
        such as the number of its earlier updates."""
        return None

    def _update(self, params: list, arrays: list, grads: list, group: dict, age: Any) -> None:
        """Write the new values into `arrays`, those of the parameters of a group of one age; of
        complex numbers the real and the imaginary parts are parameters of their own."""
        raise NotImplementedError(f"{type(self).__name__} must define _update() or step()")

    def _check_options(self, group: dict[str, Any]) -> None:
        """Raise if an option of a group is out of range."""

    def state_dict(self) -> dict[str, Any]:
        """{"state": {index: ...}, "param_groups": [...]}, parameters replaced by their index in
        the order of all groups.  The tensors are the optimizer's own, not copies."""
        hooks = self._hooks
        for hook in () if hooks is None else tuple(hooks.saving.values()):
            hook(self)
        params = self._all_params()
        groups, start = [], 0
        for group in self.param_groups:
            stop = start + len(group["params"])
            groups.append({**group, "params": list(range(start, stop))})
            start = stop
        state = {i: dict(self.state[p]) for i, p in enumerate(params) if p in self.state}
        found: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in () if hooks is None else tuple(hooks.saved.values()):
            changed = hook(self, found)
            found = found if changed is None else changed
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state that state_dict() gave; tensors (or arrays) are copied, in
        the dtype of their parameter.

        Raises: ValueError if groups, options or shapes do not fit this optimizer, TypeError for
            state that is no tensor or number; nothing was changed then.
        """
        hooks = self._hooks
        for hook in () if hooks is None else tuple(hooks.loading.values()):
            changed = hook(self, dict(state_dict))
            state_dict = state_dict if changed is None else changed
        load(self, state_dict)
        for hook in () if hooks is None else tuple(hooks.loaded.values()):
            hook(self)

    def _hook_tables(self) -> OptimizerHooks:
        if self._hooks is None:
            self._hooks = OptimizerHooks()
        return self._hooks

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step, where args begin with the
        optimizer; what it returns, unless None, is the pair of arguments."""
        return add(self._hook_tables().before, hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return add(self._hook_tables().after, hook)

    def register_state_dict_pre_hook(self, hook: Callable,
                                     prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before its state is put into a dict."""
        return add(self._hook_tables().saving, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable,
                                      prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)`; what it returns, unless None, is the state dict."""
        return add(self._hook_tables().saved, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable,
                                          prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` with a copy of the dict to load; what it returns,
        unless None, is loaded."""
        return add(self._hook_tables().loading, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable,
                                           prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` after a state dict was loaded."""
        return add(self._hook_tables().loaded, hook, prepend)

    def _check_state(self, what: str, entries: Mapping[str, Any], group: dict[str, Any]) -> None:
        """Raise if a parameter's saved state, of a group with these options, is incomplete."""

    def _arrays(self, group: dict[str, Any]) -> dict[str, float]:
        """Names of the state that has a parameter's shape, each with the number it is filled with
        at first."""
        return {}

    def _fitted(
        self, what: str, name: str, value: Any, param: Tensor, group: dict[str, Any]
    ) -> Any:
        """A saved piece of state as the parameter needs it."""
        if name in self._scalars:
            return tensor(number(what, value), dtype=float32)
        if name in self._arrays(group) or isinstance(value, Tensor) and value.ndim:
            return fitted(what, value, param.shape, param.dtype)
        return value.detach().to(param.dtype).clone() if isinstance(value, Tensor) else value

    def _all_params(self) -> list[Tensor]:
        return [param for group in self.param_groups for param in group["params"]]

    @classmethod
    def formula(cls) -> Formula:
        r"""The update as the docstring has it: text, whose `.latex` is the same as LaTeX, and
        which a notebook shows as mathematics.

        >>> import optim
        >>> print(optim.Adadelta.formula().splitlines()[2])
        d = g sqrt(u + eps) / sqrt(v + eps)
        >>> print(optim.Adadelta.formula().latex.splitlines()[5])
        w &= w - \eta \, d
        """
        return formula_of(cls)

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            options = sorted(name for name in group if name != "params")
            lines += [f"Parameter Group {i}", *(f"    {name}: {group[name]}" for name in options)]
        return "\n".join([f"{type(self).__name__} (", *lines, ")"])


class CountingOptimizer(Optimizer):
    """An optimizer that counts the steps of each parameter, in state["step"], and keeps arrays
    of its shape: those `_arrays` names.  The age of a parameter is its count, from 1."""

    def _check_state(self, what: str, entries: Mapping[str, Any], group: dict[str, Any]) -> None:
        missing = [name for name in (*self._scalars, *self._arrays(group)) if name not in entries]
        if entries and missing:
            raise ValueError(f"{what} has state, but no {', '.join(missing)}")

    def _prepare(self, param: Tensor, group: dict[str, Any]) -> Any:
        state = self.state[param]
        if not state:
            state.update((name, tensor(0.0, dtype=float32)) for name in self._scalars)
        for name, value in self._arrays(group).items():
            if name not in state:
                state[name] = zeros(param.shape, dtype=param.dtype)
                reals(state[name]).fill(value)
        count = state["step"]._array
        step = count[()] = count.item() + 1
        return step

    def _lists(self, params: list[Tensor], group: dict[str, Any]) -> list[list[Any]]:
        """For each name of `_arrays`, the list of these parameters' arrays."""
        states = [self.state[param] for param in params]
        return [[reals(state[name]) for state in states] for name in self._arrays(group)]


def check_at_least_zero(who: str, group: dict[str, Any], *names: str) -> None:
    """Raise unless these options of a group are numbers of at least 0."""
    for name in names:
        check_range(who, name, group[name], lambda value: value >= 0, "a number of at least 0")


def check_fractions(who: str, name: str, values: Any, count: int) -> None:
    """Raise unless `values` is a tuple of `count` numbers in [0, 1)."""
    for i, value in enumerate(check_tuple(who, name, values, count)):
        check_range(who, f"{name}[{i}]", value, lambda value: 0 <= value < 1, "in [0, 1)")


def check_tuple(who: str, name: str, values: Any, count: int) -> tuple[Any, ...]:
    """The values; raises unless they are a tuple of `count`."""
    if not isinstance(values, (tuple, list)) or len(values) != count:
        raise TypeError(f"{who}: {name} must be a tuple of {count} numbers, got {values!r}")
    return tuple(values)


def check_range(
    who: str, name: str, value: Any, fits: Callable[[Any], bool], range: str
) -> None:
    """Raise unless `value` is a number that fits."""
    if isinstance(value, Tensor) or not hasattr(value, "__float__"):
        raise TypeError(f"{who}: {name} must be a number, got {describe(value)}")
    if not fits(value):
        raise ValueError(f"{who}: {name} must be {range}, got {value}")


def _as_groups(who: str, params: Params) -> list[Any]:
    if isinstance(params, (Tensor, dict)):
        raise TypeError(
            f"{who}: params must be an iterable of Tensors or of dicts, got "
            f"{describe(params)}; put it into a list"
        )
    entries = _as_list(who, params)
    if not entries:
        raise ValueError(_NO_PARAMETERS.format(who))
    return entries if isinstance(entries[0], dict) else [{"params": entries}]


def _as_list(who: str, params: Any) -> list[Any]:
    if isinstance(params, (set, frozenset)):
        raise TypeError(
            f"{who}: params is a set, whose order changes from run to run, so that "
            "saved state could not be matched to it; pass a list"
        )
    if not isinstance(params, Iterable):
        hint = "; pass its .parameters()" if hasattr(params, "parameters") else ""
        hint = uncalled(params) or hint
        raise TypeError(
            f"{who}: params must be an iterable of Tensors, got {describe(params)}{hint}"
        )
    return list(params)


def _split(who: str, entries: list[Any]) -> tuple[list[str], list[Any]]:
    """The names of parameters that come in pairs with them, none of others; and the parameters."""
    named = [isinstance(e, tuple) and len(e) == 2 and isinstance(e[0], str) for e in entries]
    if not any(named):
        return [], entries
    if not all(named):
        raise ValueError(f"{who}: {named.count(True)} of {len(named)} parameters of a group have "
                         "names; give all of them names, or none")
    return [name for name, _ in entries], [param for _, param in entries]


def _check_parameter(what: str, param: Any) -> None:
    if not isinstance(param, Tensor):
        hint = "; pass model.parameters()" if isinstance(param, (str, tuple)) else ""
        hint = "; pass its .parameters()" if hasattr(param, "parameters") else hint
        raise TypeError(f"{what} must be a Tensor, got {describe(param)}{hint}")
    if param.grad_fn is not None:
        raise ValueError(
            f"{what}, {describe(param)}, is no leaf but the result of {param.grad_fn.op.name}: "
            "backward() leaves no gradient there. Optimize the tensors it was computed from, or "
            "make a leaf of it: .detach().requires_grad_()"
        )
