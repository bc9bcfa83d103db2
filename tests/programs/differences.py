"""Where the library differs from PyTorch on purpose: the one list, read by the tests.

An entry accounts for a difference if `holds(program, difference)`; the README shows what and why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import fill

import numpy as np

from .compare import Difference
from .program import Program

SAVING = {"_cross_entropy": {"cross_entropy"}, "tanhshrink": {"F.tanhshrink"},
          "l1_loss": {"l1_loss"}, "_standardize": {"rms_norm", "layer_norm", "group_norm"},
          "matmul": {"matmul broadcast", "tensordot"}, "mul": {"margin_ranking_loss", "kron"},
          "true_divide": {"number div"}}


@dataclass(frozen=True)
class Purpose:
    """What differs, why, and how to tell."""

    what: str
    reason: str
    holds: Callable[[Program, Difference], bool]


def theirs_raises(*texts: str) -> Callable[[Program, Difference], bool]:
    """Only PyTorch raises, with one of these texts."""
    return lambda program, d: (d.what == "error" and not isinstance(d.ours, Exception)
                               and any(text in str(d.theirs) for text in texts))


def _views_without_grad(program: Program, d: Difference) -> bool:
    return any(step.no_grad and step.row.view for step in program.steps)


def _zero_second_derivative(program: Program, d: Difference) -> bool:
    if not any("create" in step.row.text for step in program.steps):
        return False
    if d.what == "grad is None":
        present = d.ours if d.theirs is None else d.theirs
        return not np.any(np.abs(present) > 4e-3)  # what is left of rounding
    return d.what in ("requires_grad", "is_leaf", "calls")


def _rounded_constants(program: Program, d: Difference) -> bool:
    if d.what not in ("value", "grad", "log") or not any(
            step.op in ("F.hardsigmoid", "F.hardswish", "binary_cross_entropy")
            for step in program.steps):
        return False
    return np.allclose(np.asarray(d.ours, float), np.asarray(d.theirs, float), 1e-6, 1e-6)


def _origin(program: Program, number: int) -> int:
    """The value whose memory value `number` shows."""
    for step in reversed(program.steps):
        if number in step.outs and step.row.view:
            number = step.inputs[0]
    return number


def _overlaps(program: Program, d: Difference) -> bool:
    """Whether a write's source and its target are views of one memory."""
    return theirs_raises("refer to a single memory location")(program, d) or any(
        step.row.inplace and other != step.inputs[0]
        and _origin(program, other) == _origin(program, step.inputs[0])
        for step in program.steps for other in step.inputs[1:])


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
    ops = {s.op for s in program.steps}
    return bool(ops & {"grad", "grad of"} and ops & {"kthvalue", "topk", "argsort", "median dim"})


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
    origin = _origin(program, target)
    viewed = origin != target or any(
        origin in step.outs and step.attrs.get("layout", "plain") != "plain" for step in before)
    return viewed and any(step.row.inplace for step in before)


def _view_of_view(program: Program, d: Difference) -> bool:
    views = sum(bool(step.row.view) for step in program.steps)
    return any(step.row.inplace for step in program.steps) and (
        views > 0 and theirs_raises("appears to not have been used")(program, d)
        or views > 1 and d.what == "grad" and any(
            step.op in ("retain_grad", "backward inputs") for step in program.steps))


def _view_of_detached(program: Program, d: Difference) -> bool:
    return d.what in ("requires_grad", "is_leaf") and any(
        step.op in ("detach_", "requires off") for step in program.steps)


def _beside_a_jump(program: Program, d: Difference) -> bool:
    return d.what == "value" and any(
        step.op in ("trunc", "floor", "ceil", "round", "sign") for step in program.steps)


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
    return d.what in ("is_leaf", "grad is None", "grad", "value") and (
        _both(program, "contiguous", "clone()") or _both(program, "contiguous", "getitem advanced"))


def _hook_twice(program: Program, d: Difference) -> bool:
    ops = {step.op for step in program.steps}
    return d.what in ("grad", "grad is None", "log", "calls") and _both(program, "create") and bool(
        ops & {"hook", "any hook", "retain_grad", "backward inputs"}
        and ops & {"prod", "prod dim", "cumprod", "logsumexp", "logsumexp dim"})


def _second_at_kink(program: Program, d: Difference) -> bool:
    return d.what == "grad" and _both(program, "create") and any(
        step.op in ("F.elu", "F.selu", "F.celu") for step in program.steps)


def _read_only(program: Program, d: Difference) -> bool:
    return "or it is read-only" in str(d.ours) and any(
        step.attrs.get("layout") == "read-only" for step in program.steps)


ON_PURPOSE = (
    Purpose("in-place operations whose source overlaps their target",
            "PyTorch refuses most; here the source is read before anything is written",
            _overlaps),
    Purpose("writing into a read-only array of NumPy's", "PyTorch writes; here it is an error",
            _read_only),
    Purpose("norm layers whose weight has another dtype than the input",
            "PyTorch takes some; here an error names the fix",
            lambda program, d: "with weight.to(input.dtype)" in str(d.ours)),
    Purpose("operands of different floating dtypes in `lerp` and its like",
            "they are promoted, as in arithmetic", theirs_raises("expected dtype")),
    Purpose("the gradient of `scatter` and `scatter_add` with a source larger than the index",
            "PyTorch fails; here what was not read has gradient 0",
            theirs_raises("returned an invalid gradient at index 1")),
    Purpose("second derivatives that PyTorch does not have (`hardsigmoid` and others)",
            "every op here can be differentiated twice", theirs_raises("is not implemented")),
    Purpose("third derivatives of norm layers",
            "PyTorch 2.13 lacks terms; finite differences agree with ours", _third_of_norm),
    Purpose("views made before their base was detached in place, after a write",
            "they require no grad, as the base; in PyTorch they still do", _view_of_detached),
    Purpose("`trunc`, `floor`, `ceil`, `round` and `sign` of what is an integer but for rounding",
            "either side may be right", _beside_a_jump),
    Purpose("the gradient of `atan2` beside a uint8", "PyTorch negates it in uint8",
            _unsigned_angle),
    Purpose("gradients of targets, and of `atan2` beside a bool",
            "whatever is floating can have a gradient here",
            theirs_raises("is not differentiable with respect to", "Negation, the `-` operator")),
    Purpose("hooks on the result of `repeat_interleave` that is then written in place",
            "PyTorch makes it as a view and forgets the hook; here it is none", _forgotten_hook),
    Purpose("`batch_norm` with an expanded or strided weight",
            "PyTorch 2.13 reads the memory beside it in the gradient", _strided_weight),
    Purpose("which of equal elements `kthvalue`, `topk`, `argsort` and `median` name",
            "the first here; PyTorch leaves it open", _equal_elements),
    Purpose("`median` of an expanded tensor", "PyTorch 2.13 reads the memory beside it", _median),
    Purpose("a second derivative that is zero everywhere",
            "it may be None here where PyTorch has zeros, and the other way round",
            _zero_second_derivative),
    Purpose("in-place changes of what PyTorch's rule saves and ours does not",
            "the gradient is right all the same: the evaluator holds it to its value",
            theirs_raises("modified by an inplace operation")),
    Purpose("in-place changes of what our rule saves and PyTorch's does not (`cross_entropy`, "
            "`tanhshrink`, `l1_loss`, `margin_ranking_loss`, `kron`, norm layers, a number over a "
            "tensor, `matmul` of a batch, `tensordot`), and graphs walked twice",
            "an error names the op; saving something else would cost time or memory", _saved),
    Purpose("results of `unbind` and `split` read after their base was written",
            "they are made again; PyTorch refuses where they require grad",
            theirs_raises("another view of its base has been modified inplace")),
    Purpose("`detach_()` of a saved result",
            "the gradient of what was computed before stays right",
            theirs_raises("that has been detached in-place", "INTERNAL ASSERT FAILED")),
    Purpose("`detach_()` of, and writes into, results that PyTorch makes as views (`einsum`, "
            "`linear`)", "they are none here", _made_as_view),
    Purpose("writes through a view that was made before its base came to require grad",
            "they are recorded; PyTorch takes the view for a leaf", _stale_view),
    Purpose("the gradient of a view by the view it was made of, after a write",
            "it is found; PyTorch makes the view again from their base", _view_of_view),
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
    Purpose("hooks on the results of `prod`, `cumprod` and `logsumexp` in second derivatives",
            "PyTorch's rule uses the result, whose hook counts twice there", _hook_twice),
    Purpose("second derivatives of `elu`, `selu` and `celu` at 0",
            "they have none there; PyTorch takes 0, here half the left one", _second_at_kink),
    Purpose("gradients beside a mask, as of `pow` with a bool exponent",
            "PyTorch's rule subtracts from the mask and fails", _beside_a_mask),
    Purpose("`kron` of a permuted matrix, and a graph walked twice of which nothing was saved",
            "PyTorch raises; here both work",
            theirs_raises("view size is not compatible", "backward through the graph a second")),
    Purpose("hooks of results that got no gradient (one of several of `unbind`, `sort`, …)",
            "PyTorch calls them with None; here they are not called",
            theirs_raises("'NoneType' object has no attribute", "operand type(s) for *: 'NoneType'",
                          "operand type(s) for ** or pow(): 'NoneType'")),
    Purpose("assignment at indices with a source of another dtype",
            "it is converted, as in an assignment to a slice",
            theirs_raises("requires the source and destination dtypes match")),
    Purpose("a view made under `no_grad` of a tensor that requires grad",
            "it requires no grad, as every result made there; PyTorch's 2.13 says that it does",
            _views_without_grad),
    Purpose("`hardsigmoid`, `hardswish` and `binary_cross_entropy` in float64",
            "PyTorch divides by a six of lower precision, and by x (1 - x) + 1e-12",
            _rounded_constants),
)


def on_purpose(program: Program, difference: Difference) -> Purpose | None:
    """The entry that accounts for the difference."""
    return next((p for p in ON_PURPOSE if p.holds(program, difference)), None)


def table() -> str:
    """The list as the README shows it."""
    return "\n".join(fill(f"- {p.what}: {p.reason}.", 100, subsequent_indent="  ")
                     for p in ON_PURPOSE)
