"""`@op`: the one declaration from which an operation's function, method, node and rules come.

    @op(broadcasts=True, promotes="common", vjp=dict(
        input=lambda g, other: g * other,
        other=lambda g, input: g * input))
    def mul(input, other, /):
        \"\"\"The product, elementwise.\"\"\"
        return np.multiply(input, other)

The function is the forward, on ndarrays.  Arguments before `/` are tensors, those after it are
attributes; the public function takes all of them by position or name.  A rule is given for each
tensor that can have a gradient.  It takes the gradient `g` of the result and names what else it
needs, which is what the graph saves, and only where that rule is needed: an input, `out`, an
attribute, `<input>_shape` (the shape alone), or one of the forward's `extra` results.  Where the
gradients of several inputs share work, one `joint` rule gives them all:

    vjp=joint(lambda g, needs, input, weight: (dx, dw, None))

`needs` tells for each input whether its gradient is asked for; None stands for one that is not.

Rules are polymorphic.  In an ordinary backward pass `g` and the saved values are ndarrays; under
`create_graph=True` they are Tensors, and the same rule records itself.  So a rule uses operators
and ops called as functions: an op called on ndarrays runs its forward and returns an ndarray.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import unwrap
from typing import Any

import numpy as np

from . import template
from .boundary import guarded, takes_one
from .calling import CODES, NAMESPACE
from .errors import describe
from .gate import formula
from .lazy import Awaited
from .node import OUT, Node, Rule, one_of_several
from .tensors import Tensor

REGISTRY: dict[str, Op] = {}
COMPOSITES: dict[str, Callable] = {}
INPLACE: dict[str, Callable] = {}  # the functions that have an in-place twin
TWINS: list[Callable] = []  # what makes the twin, given name and function; `inplace` comes later
UFUNCS: dict[np.ufunc, Callable] = {}


class joint:
    """One rule for all inputs of an op, as the module's docstring tells."""

    def __init__(self, rule: Callable) -> None:
        self.rule = rule


class Op(Rule):
    """What is known of one operation; its public function carries it as `function.op`."""

    __slots__ = ("name", "node_name", "forward", "inputs", "passed", "signature", "defaults",
                 "kwdefaults", "optional", "rules", "rule_names", "rule_saves", "saved_names",
                 "joint", "sources", "keeps_arrays", "broadcasts", "promotes", "unpromoted",
                 "view", "extra", "public_extra", "many", "variadic", "differentiable", "once",
                 "gated", "result", "function", "backward", "any", "made_of", "_form")

    widens = True
    function: Any
    backward: Any
    result: Any
    broadcasts: bool
    promotes: str | None
    unpromoted: tuple
    view: bool
    extra: tuple
    public_extra: tuple
    many: bool
    variadic: bool
    differentiable: bool
    once: bool
    any: bool

    def __init__(self, forward, vjp: dict | joint, ufunc, kernel, options: dict) -> None:
        self.name = forward.__name__.rstrip("_")
        self.node_name = self.name.title().replace("_", "") + "Backward0"
        self.gated = None if kernel is None else formula(kernel, ufunc)
        self.defaults = forward.__defaults__ or ()
        self.kwdefaults = forward.__kwdefaults__ or {}
        for option, value in options.items():
            setattr(self, option, value)
        self.made_of = forward, vjp, ufunc, kernel, options
        self._form: Op | None = None
        self.inputs, self.passed, self.signature = template.signature(
            self.name, forward.__code__, self.defaults, self.kwdefaults)
        whole = ufunc is not None and self.passed  # the body tells what attributes do
        self.forward = forward if whole else self.gated or ufunc or forward
        defaulted = forward.__code__.co_varnames[: forward.__code__.co_argcount]
        defaulted = defaulted[len(defaulted) - len(self.defaults):]
        self.optional = tuple(name for name in self.inputs if name in defaulted)
        taken = {"result", "out", "node", "token", *NAMESPACE} & {*self.inputs, *self.passed}
        if taken:
            raise TypeError(f"{self.name}: its written code uses the name {taken} itself; "
                            "call the argument something else")
        self._add_rules(vjp)
        self.backward = None
        self.function = template.declared(self, _namespace() if self.any else NAMESPACE)

    def of_complex(self, form: dict | None):
        """The op's function for complex numbers, with the rules that `form` has for them."""
        if self._form is None:
            forward, vjp, ufunc, kernel, options = self.made_of
            if form is not None:
                vjp = {name: rule for name, rule in form.items() if name}
            if form and "" in form:
                forward, ufunc, kernel = self._named(form[""]), None, None
            self._form = Op(forward, vjp, ufunc, kernel, options | dict(any=True))
            _dress(self._form.function, forward, self.name)
            self._form.function.op = self._form
        return self._form.function

    def _named(self, forward):
        forward.__name__ = self.name
        return forward

    def _add_rules(self, vjp: dict | joint) -> None:
        if not isinstance(vjp, (dict, joint)):
            raise TypeError(f"{self.name}: vjp must be a dict of rules or joint(rule), "
                            f"got {describe(vjp)}")
        if self.promotes not in (None, *template.PROMOTIONS):
            raise TypeError(f"{self.name}: promotes={self.promotes!r}; choose one of "
                            f"{sorted(template.PROMOTIONS)}")
        if not self.inputs:
            raise TypeError(f"{self.name}: no argument stands before `/`, as tensors do")
        if self.once:
            vjp = joint(lambda g, needs: _raise_once(self))
        self.joint = isinstance(vjp, joint)
        rules = dict.fromkeys(self.inputs, vjp.rule) if isinstance(vjp, joint) else vjp
        unknown = [name for name in rules if name not in self.inputs]
        if unknown:
            raise TypeError(f"{self.name}: rules for {unknown}, but its inputs are {self.inputs}")
        self.rule_names = tuple(rules)
        self.rules = tuple(rules.values())
        given = 2 if self.joint else 1  # g and needs, or g
        if self.joint and any("needs" not in rule.__code__.co_varnames[:2] for rule in self.rules):
            raise TypeError(f"{self.name}: a joint rule's first arguments are g and needs")
        self.rule_saves = tuple(_names(rule)[given:] for rule in self.rules)
        self.saved_names = tuple(dict.fromkeys(n for names in self.rule_saves for n in names))
        known = {"out", *self.inputs, *(f"{name}_shape" for name in self.inputs), *self.extra,
                 *(name.split("=")[0].lstrip("*") for name in self.passed)}
        if self.variadic:
            known.remove(self.inputs[0])
        if self.many:
            known.update(n for n in self.saved_names if one_of_several(n) is not None)
        if not known.issuperset(self.saved_names):
            raise TypeError(f"{self.name}: its rules name {set(self.saved_names) - known}, which "
                            f"is none of {sorted(known)}")
        self.sources = tuple(map(self._source, self.saved_names))
        self.keeps_arrays = any(source is not None or name in self.extra
                                for name, source in zip(self.saved_names, self.sources,
                                                        strict=True))

    def _source(self, name: str) -> int | None:
        """Where a saved value comes from: the input's number, OUT, or None if it is no tensor."""
        if name in self.inputs:
            return self.inputs.index(name)
        if self.many and one_of_several(name) is not None:
            return OUT - int(name[3:])
        return OUT if name == "out" else None

    def kept(self, saved):
        return zip(self.saved_names, saved or (), self.sources)

    def link(self, parents: tuple, like: np.ndarray, **saved) -> Node:
        """A node for a result that was computed elsewhere, given what its rules name."""
        if self.backward is None:
            template.write(self)
        return Node.make(self, parents, tuple(saved[name] for name in self.saved_names), (),
                         like.shape, like.dtype)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def _namespace() -> dict:
    """What the written function of an op calls that takes any dtype."""
    from .complexes import common, common_float, common_number

    return NAMESPACE | dict(common=common, common_float=common_float, common_number=common_number)


def _names(rule: Callable) -> tuple[str, ...]:
    """The arguments of a rule; a formula says them itself."""
    code = rule.__code__
    return getattr(rule, "names", None) or code.co_varnames[: code.co_argcount]


def op(*, vjp: dict | joint | None = None, differentiable: bool = True, once: bool = False,
       broadcasts: bool = False, promotes: str | None = None, unpromoted: tuple = (),
       view: bool = False, inplace: bool = False, method: bool = True, extra: tuple = (),
       public_extra: tuple = (), many: bool = False, variadic: bool = False, ufunc=None,
       kernel: str | None = None, any: bool = False):
    """Declare an operation; see the module's docstring.

    vjp           the rules, by input, as `dict(input=lambda g, other: g * other)`, or one for all,
                  `joint(rule)`; an op without any raises when an input requires grad
    differentiable  False for results that have no gradient: truths, indices, integers
    once          for the gradient of another op: a rule may call it and record it, which an op
                  without rules would refuse under create_graph=True; its own gradient raises
    broadcasts    gradients are summed back to an input's shape and cast back to its dtype
    promotes      "common", "number" or "float": bring the inputs, except those `unpromoted`, to
                  one dtype first, refuse booleans, or make them floats; Python numbers are then
                  allowed
    view          the result may show the first input's memory
    inplace       also make the in-place method, with a trailing underscore
    method        also make it a method of Tensor
    extra         names of further results of the forward, for the rules; those in `public_extra`
                  are returned too, as tensors without gradient
    many          the forward returns a list of results, each with a gradient; a rule's `g` is
                  then the list of theirs, and they are `out0`, `out1`, ... to it
    variadic      the one input is a sequence of tensors; its rule returns a list of gradients
    ufunc         the NumPy function that is the forward (the body is then empty, unless there are
                  attributes: then the ufunc is the forward where they have their defaults), and
                  that means this op when it is applied to a Tensor
    kernel        the formula that is the forward, or takes large arrays in the ufunc's place
    any           that its operands and its result may be complex; of other ops those that
                  `ops.complex_forms` names take complex operands, with the rules it has for them
    """
    options = dict(broadcasts=broadcasts, promotes=promotes, unpromoted=unpromoted, view=view,
                   extra=(*public_extra, *extra), public_extra=public_extra,
                   many=many, variadic=variadic, differentiable=differentiable, once=once,
                   any=any)

    def declare(forward):
        name = forward.__name__.rstrip("_")
        if name in REGISTRY or name in COMPOSITES or (method and _is_method(name)):
            raise TypeError(f"{name}: an op or a method of Tensor has this name already; choose "
                            "another, or method=False where only the method is in the way")
        declared = Op(forward, vjp or {}, ufunc, kernel, options)
        function = declared.function
        _dress(function, forward, declared.name)
        function.op = declared
        REGISTRY[declared.name] = declared
        if method:
            setattr(Tensor, declared.name, function)
        if inplace:
            give_twin(declared.name, function)
        if ufunc is not None:
            UFUNCS[ufunc] = function
        return function

    return declare


def composite(*, method: bool = True, inplace: bool = False):
    """Declare a function that is written with ops, so that it is tested like one.

    `method` and `inplace` are as for `op`."""

    def declare(function):
        name = function.__name__.rstrip("_")
        function.__name__ = function.__qualname__ = name
        public = COMPOSITES[name] = guarded(function)
        CODES[unwrap(function).__code__] = name
        if method:
            setattr(Tensor, name, function if takes_one(function) else public)
        if inplace:
            give_twin(name, public)
        return public

    return declare


def _is_method(name: str) -> bool:
    return not isinstance(vars(Tensor).get(name), Awaited) and hasattr(Tensor, name)


def give_twin(name: str, function) -> None:
    """Make the in-place twin of a function that is a method."""
    INPLACE[name] = function
    for make in TWINS:
        make(name, function)


def scopes() -> list[dict[str, Any]]:
    """Where the functions of all ops, and of their complex forms, find what they call."""
    forms = [op._form for op in REGISTRY.values() if op._form is not None]
    return [op.function.__globals__ for op in (*REGISTRY.values(), *forms)]


def source(name: str) -> str:
    """The source text that was generated for an op: its function and its backward."""
    declared = REGISTRY[name]
    return template.forward_source(declared) + "\n\n" + template.backward_source(declared)


def _dress(function, forward, name: str) -> None:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = forward.__doc__
    function.__module__ = forward.__module__
    function.__wrapped__ = template.public(forward)


def _raise_once(op: Op) -> None:
    raise RuntimeError(f"{op.name}: it is the gradient of another op and can be differentiated no "
                       "further; ask for its gradient without create_graph=True, or write the op "
                       "with ops that have second derivatives")
