"""Faults that are known and not yet mended, so that a run shows the others: an entry leaves this
list with its fault, and the list is empty when all are mended."""

from __future__ import annotations

from collections.abc import Callable

from .compare import Difference
from .program import Program

SAVING = ("pow", "_clip", "_elu", "logsigmoid", "softshrink", "hardshrink", "_leaky_relu",
          "true_divide", "_standardize", "l1_loss", "_cross_entropy", "mul")
SAVING_STEPS = {"pow", "F.logsigmoid", "F.elu", "F.selu", "F.celu", "F.relu6", "F.hardtanh",
                "F.softshrink", "F.hardshrink", "F.leaky_relu"}


def ours(text: str, *ops: str) -> Callable[[Program, Difference], bool]:
    """Ours raises with this text, in a program with one of these steps."""
    def holds(program: Program, d: Difference) -> bool:
        return text in str(d.ours) and (not ops or bool(set(ops) & steps(program)))
    return holds


def theirs(text: str) -> Callable[[Program, Difference], bool]:
    return lambda program, d: text in str(d.theirs)


def using(*ops: str) -> Callable[[Program, Difference], bool]:
    """Any difference of a program with one of these steps."""
    return lambda program, d: bool(set(ops) & steps(program))


def steps(program: Program) -> set[str]:
    return {step.op for step in program.steps}


OPEN: dict[str, Callable[[Program, Difference], bool]] = {
    "prod and cumprod of one element are the input": using("prod", "prod dim", "cumprod"),
    "flatten of one dimension is another tensor": using("flatten"),
    "repeat and tile are broadcast views": using("repeat", "tile"),
    "bool tensors can be subtracted": theirs("with a bool tensor is not supported"),
    "add of bools with alpha is int64": using("add alpha"),
    "a read-only .grad": ours("output array is read-only"),
    "backward(inputs=[non-leaf])": using("backward inputs"),
    "retained gradients": using("retain_grad"),
    "results saved where the input is enough": lambda program, d: any(
        f"{name} saved a tensor" in str(d.ours) for name in SAVING),
    "hooks of results that are saved where the input is enough": lambda program, d: any(
        "hook" in name for name in steps(program)) and any(
        "create" in s.row.text for s in program.steps) and bool(SAVING_STEPS & steps(program)),
    "signed into unsigned in place": ours("cannot be written into"),
    "negative alpha of unsigned": ours("out of bounds for uint8"),
    "requires_grad_(False) and detach_ of a leaf after use": using("requires off", "detach_"),
    "views of results in Fortran order": using("view"),
    "unfold's views are read-only": ours("several of its elements", "unfold"),
    "second derivatives of rms_norm and mish in float16": lambda program, d: bool(
        {"rms_norm", "F.mish"} & steps(program) and any("create" in s.row.text
                                                        for s in program.steps)),
    "views made under no_grad that are written": lambda program, d: any(
        s.no_grad for s in program.steps) and any(s.row.inplace for s in program.steps),
    "a root that is itself the input": lambda program, d: d.where.startswith("step") and any(
        s.op in ("grad", "second") for s in program.steps) and "saved" in str(d.ours),
    "graphs of repeat_interleave cannot be walked twice": ours("select_rows"),
    "ceil and its like send infinity on as NaN": lambda program, d: d.what == "grad" and bool(
        {"ceil", "floor", "round", "trunc", "sign"} & steps(program)) and "nan" in str(d.ours),
    "maximum beside NaN": lambda program, d: d.what == "grad" and bool(
        {"maximum", "minimum"} & steps(program)),
    "quotients in float16 square their denominator": lambda program, d: d.what == "grad" and any(
        "create" in s.row.text for s in program.steps) and any(
        s.attrs.get("dtype") == "float16" for s in program.steps),
    "views of several results after a write": ours("make the view again after the write"),
    "a write that raises has written": lambda program, d: d.what == "value" and any(
        s.row.inplace for s in program.steps) and bool({"split", "unbind"} & steps(program)),
}


def known(program: Program, difference: Difference) -> bool:
    """Whether an open fault may be behind it."""
    return any(holds(program, difference) for holds in OPEN.values())
