"""Where the library differs from PyTorch on purpose: the one list, read by the tests.

An entry accounts for a difference if `holds(program, difference)`; the README shows what and why.

For example, the program `b = expand(a); c = atan2(b, d)` with a uint8 `d` was run by both, and the
gradients of `a` differ.  compare.py tells so as a Difference: `where` "t0", `what` "grad", and the
values `ours` and `theirs`.  It is on purpose, for PyTorch negates `d` in uint8, so it is declared:

    Purpose("the gradient of `atan2` beside a uint8", "PyTorch negates it in uint8",
            _unsigned_angle, amended=True)

`_unsigned_angle(program, difference)` looks for the op and its operand's dtype in the program.
With `amended` that is not enough: the program, put in other words by amended.py, must then agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from textwrap import fill

import numpy as np

from .compare import Difference, with_torch
from .execute import Seen, execute
from .program import Program

SAVING = {"_cross_entropy": {"cross_entropy", "cross_entropy weighted"},
          "tanhshrink": {"F.tanhshrink"}, "l1_loss": {"l1_loss"},
          "_standardize": {"rms_norm", "layer_norm", "group_norm"},
          "matmul": {"matmul broadcast", "tensordot"}, "mul": {"margin_ranking_loss", "kron"},
          "true_divide": {"number div"}, "_contract": {"einsum of pattern"}}


@dataclass(frozen=True)
class Purpose:
    """What differs, why, and how to tell; `amended` if PyTorch gives the same when it is asked in
    other words (see amended.py), to which the library is then held."""

    what: str
    reason: str
    holds: Callable[[Program, Difference], bool]
    amended: bool = False


def theirs_raises(*texts: str) -> Callable[[Program, Difference], bool]:
    """Only PyTorch raises, with one of these texts."""
    return lambda program, d: (d.what == "error" and not isinstance(d.ours, Exception)
                               and any(text in str(d.theirs) for text in texts))


def _views_without_grad(program: Program, d: Difference) -> bool:
    if isinstance(d.ours, Exception) and "has no grad_fn" not in str(d.ours):
        return False
    return any(step.no_grad and step.row.view for step in program.steps)


def _zero_second_derivative(program: Program, d: Difference) -> bool:
    """Whether all that differs is zero, but for rounding, or says what a gradient needs."""
    if not _both(program, "create"):
        return False
    if d.what == "grad is None":
        return _vanishes(d.ours if d.theirs is None else d.theirs)
    if d.what == "calls":
        fewer, more = sorted((d.ours, d.theirs), key=len)
        rest = iter(more)  # what remains of it after each that was found
        return all(any(_near(a, b) for b in rest) for a in fewer if not _vanishes(a))
    return d.what in ("requires_grad", "is_leaf") and int(d.where[1:]) in _from_gradients(program)


def _near(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.allclose(a, b, 1e-2, 1e-2)


def _vanishes(array: np.ndarray) -> bool:
    return not np.any(np.abs(array) > 64 * np.finfo(array.dtype).eps)


def _from_gradients(program: Program) -> set[int]:
    """The values that were computed from gradients, or written from them."""
    found: set[int] = set()
    for step in program.steps:
        if step.op in ("grad", "grads", "grad of", "second") or found & set(step.inputs):
            found |= set(step.outs)
            if step.row.inplace:
                base = program.origin(step.inputs[0])
                found |= {n for s in program.steps for n in s.outs if program.origin(n) == base}
    return found


def _rounded_constants(program: Program, d: Difference) -> bool:
    if d.what not in ("value", "grad", "log") or not any(
            step.op in ("F.hardsigmoid", "F.hardswish", "binary_cross_entropy")
            for step in program.steps):
        return False
    return np.allclose(np.asarray(d.ours, float), np.asarray(d.theirs, float), 1e-6, 1e-6)


def _overlaps(program: Program, d: Difference) -> bool:
    """Whether a write's source and its target are views of one memory."""
    return theirs_raises("refer to a single memory location")(program, d) or (
        not isinstance(d.ours, Exception) and any(
            step.row.inplace and other != step.inputs[0]
            and program.origin(other) == program.origin(step.inputs[0])
            for step in program.steps for other in step.inputs[1:]))


def _forgotten_hook(program: Program, d: Difference) -> bool:
    return {"repeat_interleave"} <= {s.op for s in program.steps} and any(
        "hook" in s.op for s in program.steps) and any(s.row.inplace for s in program.steps)


def _strided_weight(program: Program, d: Difference) -> bool:
    ops = {s.op for s in program.steps}
    return "batch_norm" in ops and any(
        s.row.view or s.attrs.get("layout") in ("expanded", "strided", "read-only")
        for s in program.steps)


def _median(program: Program, d: Difference) -> bool:
    return any(s.op == "median dim" for s in program.steps) and any(
        s.op == "expand" or s.attrs.get("layout") in ("expanded", "read-only")
        for s in program.steps)


def _equal_elements(program: Program, d: Difference) -> bool:
    """Whether a step that names places was given equal elements."""
    if isinstance(d.ours, Exception):
        return False
    given = [(step.inputs[0], step.attrs["dim"]) for step in program.steps
             if step.op in ("kthvalue", "topk", "argsort", "median dim")]
    seen = execute(program, "autograd").seen if given else {}
    return any(isinstance(x := seen.get(i), Seen) and x.value.ndim and np.any(
        np.abs(np.diff(np.sort(x.value.astype(float), dim), axis=dim)) < 1e-3)
        for i, dim in given)


def _saved(program: Program, d: Difference) -> bool:
    ops = {step.op for step in program.steps}
    return "was already walked" in str(d.ours) or any(
        f"{name} saved a tensor" in str(d.ours) and ops & makers
        for name, makers in SAVING.items())


def _beside_a_mask(program: Program, d: Difference) -> bool:
    """A backward pass of PyTorch's that subtracts from a mask, as that of `pow` does."""
    return (theirs_raises("with a bool tensor is not supported")(program, d)
            and program.steps[int(d.where[5:])].row.engine)


def _made_as_view(program: Program, d: Difference) -> bool:
    """A result that is a view in PyTorch only."""
    blind = theirs_raises("A view was created in no_grad mode")(program, d) and not any(
        step.no_grad and step.row.view for step in program.steps)
    return blind or theirs_raises("Can't detach views in-place")(program, d)


def _stale_view(program: Program, d: Difference) -> bool:
    """A write through a view that was made before its base came to require grad."""
    if not theirs_raises("a leaf Variable that requires grad is being used")(program, d):
        return False
    before = program.steps[:int(d.where[5:])]
    target = program.steps[len(before)].inputs[0]
    origin = program.origin(target)
    viewed = origin != target or any(
        origin in step.outs and step.attrs.get("layout", "plain") != "plain" for step in before)
    return viewed and any(step.row.inplace for step in before)


def _view_of_view(program: Program, d: Difference) -> bool:
    views = sum(bool(step.row.view) for step in program.steps)
    if d.what == "value" and views > 1 and not np.any(d.theirs):
        return any(step.row.inplace for step in program.steps) and any(
            step.op == "grads" and int(d.where[1:]) in step.outs for step in program.steps)
    return any(step.row.inplace for step in program.steps) and (
        views > 0 and theirs_raises("appears to not have been used")(program, d)
        or views > 1 and d.what in ("grad", "grad is None") and any(
            step.op in ("retain_grad", "backward inputs") and int(d.where[1:]) in step.inputs
            for step in program.steps))


def _view_of_detached(program: Program, d: Difference) -> bool:
    if theirs_raises("a view of a leaf Variable that requires grad")(program, d):
        number = program.steps[int(d.where[5:])].inputs[0]
    elif d.what in ("requires_grad", "is_leaf"):
        number = int(d.where[1:])
    else:
        return False
    base = program.origin(number)
    return any(step.op in ("detach_", "requires off")
               and program.origin(step.inputs[0]) == base for step in program.steps)


def _third_of_norm(program: Program, d: Difference) -> bool:
    return d.what == "grad" and _both(program, "grad", "create_graph=True") and any(
        step.op in ("layer_norm", "group_norm", "rms_norm", "batch_norm")
        for step in program.steps)


def _unsigned_angle(program: Program, d: Difference) -> bool:
    return d.what in ("grad", "value", "log") and _both(program, "atan2") and any(
        s.attrs.get("dtype") == "uint8" for s in program.steps)


def _both(program: Program, *parts: str) -> bool:
    """Whether each of these names, or texts, occurs in some step."""
    return all(any(part == step.op or part in step.row.text for step in program.steps)
               for part in parts)


def _order_in_memory(program: Program, d: Difference) -> bool:
    """Whether nothing differs if `contiguous` gives a copy in any case."""
    if not (_both(program, "contiguous", "clone()")
            or _both(program, "contiguous", "getitem advanced")):
        return False
    copied = replace(program, steps=tuple(
        replace(step, template="{0}.contiguous().clone()") if step.op == "contiguous" else step
        for step in program.steps))
    return copied != program and all(on_purpose(copied, other) for other in with_torch(copied))


def _hook_twice(program: Program, d: Difference) -> bool:
    ops = {step.op for step in program.steps}
    return d.what in ("grad", "grad is None", "log", "calls") and _both(program, "create") and bool(
        ops & {"hook", "any hook", "retain_grad", "backward inputs"}
        and ops & {"prod", "prod dim", "cumprod", "logsumexp", "logsumexp dim"})


def _leaves_at_once(program: Program, d: Difference) -> bool:
    """Whether two leaves at least have hooks that can tell their order."""
    made = {n: step.op for step in program.steps for n in step.outs}
    leaves = {step.inputs[0] for step in program.steps if "log.append" in step.text()
              and made[program.origin(step.inputs[0])] in ("leaf", "new leaf", "copy of leaf")}
    return d.what == "order" and len(leaves) > 1


def _hooked_on_the_way(program: Program, d: Difference) -> bool:
    hooked = {step.inputs[0] for step in program.steps if step.op in ("hook", "any hook")}
    return not isinstance(d.ours, Exception) and any(
        step.op == "grads" and hooked & set(step.inputs[1:]) and len(set(step.inputs[1:])) > 1
        for step in program.steps)


def _second_at_kink(program: Program, d: Difference) -> bool:
    return d.what == "grad" and _both(program, "create") and any(
        step.op in ("F.elu", "F.selu", "F.celu") for step in program.steps)


def _read_only(program: Program, d: Difference) -> bool:
    return "or it is read-only" in str(d.ours) and any(
        step.attrs.get("layout") == "read-only" for step in program.steps)


ON_PURPOSE = (
    Purpose("in-place operations whose source overlaps their target",
            "PyTorch refuses most; here the source is read before anything is written",
            _overlaps, amended=True),
    Purpose("writing into a read-only array of NumPy's", "PyTorch writes; here it is an error",
            _read_only),
    Purpose("norm layers whose weight has another dtype than the input",
            "PyTorch takes some; here an error names the fix",
            lambda program, d: "with weight.to(input.dtype)" in str(d.ours)),
    Purpose("operands of different floating dtypes in `lerp`, `prelu` and their like",
            "they are promoted, as in arithmetic",
            theirs_raises("expected dtype", "Type promoting not supported")),
    Purpose("the gradient of `scatter` and `scatter_add` with a source larger than the index",
            "PyTorch fails; here what was not read has gradient 0",
            theirs_raises("returned an invalid gradient at index 1"), amended=True),
    Purpose("second derivatives that PyTorch does not have (`hardsigmoid` and others)",
            "every op here can be differentiated twice", theirs_raises("is not implemented"),
            amended=True),
    Purpose("third derivatives of norm layers",
            "PyTorch 2.13 lacks terms; finite differences agree with ours", _third_of_norm,
            amended=True),
    Purpose("views made before their base was detached in place, after a write",
            "they require no grad, as the base; in PyTorch they still do", _view_of_detached),
    Purpose("the gradient of `atan2` beside a uint8", "PyTorch negates it in uint8",
            _unsigned_angle, amended=True),
    Purpose("gradients of targets, and of `atan2` beside a bool",
            "whatever is floating can have a gradient here",
            theirs_raises("is not differentiable with respect to", "Negation, the `-` operator"),
            amended=True),
    Purpose("hooks on the result of `repeat_interleave` that is then written in place",
            "PyTorch makes it as a view and forgets the hook; here it is none", _forgotten_hook,
            amended=True),
    Purpose("`batch_norm` with an expanded or strided weight",
            "PyTorch 2.13 reads the memory beside it in the gradient", _strided_weight,
            amended=True),
    Purpose("which of equal elements `kthvalue`, `topk`, `argsort` and `median` name",
            "the first here; PyTorch leaves it open", _equal_elements),
    Purpose("`median` of an expanded tensor", "PyTorch 2.13 reads the memory beside it", _median,
            amended=True),
    Purpose("a second derivative that is zero everywhere",
            "it may be None here where PyTorch has zeros, and the other way round",
            _zero_second_derivative),
    Purpose("in-place changes of what PyTorch's rule saves and ours does not",
            "the gradient is right all the same: the evaluator holds it to its value",
            theirs_raises("modified by an inplace operation"), amended=True),
    Purpose("in-place changes of what our rule saves and PyTorch's does not (`cross_entropy`, "
            "`tanhshrink`, `l1_loss`, `margin_ranking_loss`, `kron`, norm layers, a number over a "
            "tensor, `matmul` of a batch, `tensordot`, `einsum`), and graphs walked twice",
            "an error names the op; saving something else would cost time or memory", _saved),
    Purpose("results of `unbind` and `split` read after their base was written",
            "they are made again; PyTorch refuses where they require grad",
            theirs_raises("another view of its base has been modified inplace"), amended=True),
    Purpose("writes into results of `tensor_split`",
            "an error, as into those of `split`; in PyTorch it is made of slices",
            lambda program, d: "one of several views made by split" in str(d.ours) and _both(
                program, "tensor_split")),
    Purpose("`detach_()` of a saved result",
            "the gradient of what was computed before stays right",
            theirs_raises("that has been detached in-place", "INTERNAL ASSERT FAILED")),
    Purpose("`detach_()` of, and writes into, results that PyTorch makes as views (`einsum`, "
            "`linear`)", "they are none here", _made_as_view, amended=True),
    Purpose("writes through a view that was made before its base came to require grad",
            "they are recorded; PyTorch takes the view for a leaf", _stale_view),
    Purpose("the gradient of a view by the view it was made of, after a write",
            "it is found; PyTorch makes the view again from their base", _view_of_view),
    Purpose("`view` of what `einsum` transposed, or of a `stack` or `cat` of permuted tensors",
            "an error that names `reshape`: the result lies in memory as NumPy makes it",
            lambda program, d: "without a copy" in str(d.ours) and any(
                _both(program, op) for op in ("einsum of pattern", "stack", "cat"))),
    Purpose("writes into overlapping windows of `unfold`",
            "an error; PyTorch writes in no order that is told",
            lambda program, d: "several of its elements" in str(d.ours) and _both(
                program, "unfold")),
    Purpose("targets of `binary_cross_entropy_with_logits` outside [0, 1]",
            "an error; PyTorch goes on",
            lambda program, d: "is not a probability in [0, 1]" in str(d.ours)),
    Purpose("`contiguous()` of a clone of a permuted tensor, and of `x[:, index]`",
            "a clone lies in row-major order here, what was taken at indices may not: which of the "
            "two is the tensor itself differs", _order_in_memory),
    Purpose("the order of the hooks of leaves whose gradients one op completes",
            "that in which they were reached; PyTorch leaves it open", _leaves_at_once),
    Purpose("`grad` by several tensors one of which has a hook and leads to another",
            "what the hook gave is returned, as it is if this one is asked for alone; PyTorch "
            "returns what the hook was given", _hooked_on_the_way, amended=True),
    Purpose("hooks on the results of `prod`, `cumprod` and `logsumexp` in second derivatives",
            "PyTorch's rule uses the result, whose hook counts twice there", _hook_twice,
            amended=True),
    Purpose("second derivatives of `elu`, `selu` and `celu` at 0",
            "they have none there; PyTorch takes 0, here half the left one", _second_at_kink,
            amended=True),
    Purpose("gradients beside a mask, as of `pow` with a bool exponent",
            "PyTorch's rule subtracts from the mask and fails", _beside_a_mask,
            amended=True),
    Purpose("`kron` of a permuted matrix", "PyTorch raises; here it works",
            theirs_raises("view size is not compatible"), amended=True),
    Purpose("a graph walked twice of which nothing was saved", "PyTorch raises; here it works",
            theirs_raises("backward through the graph a second")),
    Purpose("hooks of results that got no gradient (one of several of `unbind`, `sort`, …)",
            "PyTorch calls them with None; here they are not called",
            theirs_raises("'NoneType' object has no attribute", "operand type(s) for *: 'NoneType'",
                          "operand type(s) for ** or pow(): 'NoneType'")),
    Purpose("assignment at indices with a source of another dtype",
            "it is converted, as in an assignment to a slice",
            theirs_raises("requires the source and destination dtypes match"), amended=True),
    Purpose("a view made under `no_grad` of a tensor that requires grad",
            "it requires no grad, as every result made there; PyTorch's 2.13 says that it does",
            _views_without_grad, amended=True),
    Purpose("`hardsigmoid`, `hardswish` and `binary_cross_entropy` in float64",
            "PyTorch divides by a six of lower precision, and by x (1 - x) + 1e-12",
            _rounded_constants, amended=True),
)


def on_purpose(program: Program, difference: Difference, amended: bool = False) -> Purpose | None:
    """The entry that accounts for the difference, also where PyTorch was asked in other words."""
    return next((p for p in ON_PURPOSE if p.holds(program, difference)
                 and not (amended and p.amended)), None)


def table() -> str:
    """The list as the README shows it."""
    return "\n".join(fill(f"- {p.what}: {p.reason}.", 100, subsequent_indent="  ")
                     for p in ON_PURPOSE)
