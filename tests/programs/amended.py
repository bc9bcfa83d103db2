"""A program as PyTorch must be asked to do what the library does: the same steps in other words.

Where the library differs from PyTorch on purpose, it is held to PyTorch's results all the same if
there is a way to ask for them: each op is given copies and gives a copy, so that nothing it saved
is written to; what PyTorch does wrong is put together from what it does right.

For example, `atan2({0}, {1})` stands in TEMPLATES with SIGNED, which makes int16 of a uint8, and
COPY is put behind each input.  The step `atan2(a, d)` of a program becomes, for PyTorch alone,

    torch.atan2(*[t.short() if t.dtype in (torch.uint8, torch.bool) else t for t in (a, d)])

`wordings` gives three such programs, from the mildest change to the strongest; a difference that
is `amended` in differences.py is accounted for if the library agrees with one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .program import Program, Step


def _standard(x: str, dims: str) -> str:
    return (f"({x} - {x}.mean({dims}, True)) / "
            f"({x}.var({dims}, correction=0, keepdim=True) + 1e-5) ** 0.5")


def _reduced(losses: str) -> str:
    return ("{{'mean': torch.mean, 'sum': torch.sum, 'none': torch.clone}}[{reduction}]("
            + losses + ")")


COPY = ".clone(memory_format=torch.contiguous_format)"
SIGNED = "[t.short() if t.dtype in (torch.uint8, torch.bool) else t for t in ({0}, {1})]"
SIX = "(({0} + 3).clamp(0, 6) / 6)"
BELOW = "{0}.clamp(max=0)"
LEFT = f"({BELOW}.expm1() + {BELOW} + ({BELOW}.expm1() - {BELOW}) * ({{0}} < 0)) / 2"
TEMPLATES = {
    # one at a time
    "grads": "many:[torch.zeros_like(x) if g is None else g for x in [{rest}] for g in grad({0}, "
             "[x], ramp({0}), retain_graph=True, create_graph=True, allow_unused=True)]",
    # views of their own, which may be read after their base was written
    "unbind": "many:[{0}.select({dim}, k) for k in range({0}.shape[{dim}])]",
    "split": "many:[{0}.narrow({dim}, k, min({size}, {0}.shape[{dim}] - k)) "
             "for k in range(0, {0}.shape[{dim}], {size})]",
    "chunk": "many:[{0}.narrow({dim}, k, min(-(-{0}.shape[{dim}] // 2), {0}.shape[{dim}] - k)) "
             "for k in range(0, {0}.shape[{dim}], -(-{0}.shape[{dim}] // 2))]",
    # a source no larger than the index, and of the target's dtype
    **{name: "{0}." + name + "({dim}, {index}, {1}[tuple(map(slice, {index}.shape))])"
       for name in ("scatter", "scatter_", "scatter_add", "scatter_add_")},
    "setitem advanced": "{0}[{index}] = {1}.to({0}.dtype)",
    # integers of which PyTorch's rules can take the negative and the difference
    "atan2": f"torch.atan2(*{SIGNED})", "pow tensor": f"torch.pow(*{SIGNED})",
    # formulas of norms, whose third derivatives are right
    "layer_norm": _standard("{0}", "-1") + " * {1} + {2}",
    "rms_norm": "{0} / (({0} * {0}).mean(-1, True) + 1e-5) ** 0.5 * {1}",
    "batch_norm": "(lambda x, w, b: " + _standard("x", "(0, *range(2, x.ndim))")
                  + " * w + b)({0}, *[t.reshape(-1, *[1] * ({0}.ndim - 2)) for t in ({1}, {2})])",
    "group_norm": "(lambda x: " + _standard("x", "2") + ")("
                  "{0}.reshape({0}.shape[0], {groups}, -1)).reshape({0}.shape)",
    # losses whose targets have a gradient, and functions that have a second one
    "soft_margin_loss": _reduced("F.softplus(-({0} * {1}))"),
    "binary_cross_entropy": _reduced("-({1} * {0}.log() + (1 - {1}) * (1 - {0}).log())"),
    "F.hardsigmoid": SIX, "F.hardswish": "{0} * " + SIX,
    "multi_margin_loss": _reduced(
        "(({0} - {0}.gather(1, {target}[:, None]) + 1).clamp(min=0) * (torch.arange({0}.shape[1])"
        " != {target}[:, None])).sum(1) / {0}.shape[1]"),
    # half the left second derivative at 0
    "F.elu": f"torch.where({{0}} > 0, {{0}}, {LEFT})",
    "F.celu": f"torch.where({{0}} > 0, {{0}}, {LEFT})",
    "F.selu": f"torch.where({{0}} > 0, {{0}}, {LEFT} * 1.6732632423543772) * 1.0507009873554805",
}


def wordings(program: Program) -> Iterator[Program]:
    """The program in those words: with copies of what is given to ops; also of their results, which
    changes what hooks of them get where a rule uses its result; also with one gradient asked for
    after the other, which add up where they are retained."""
    for results, singly in ((False, False), (True, False), (True, True)):
        yield replace(program, steps=tuple(
            _amended(step, results, singly) for step in program.steps))


def _amended(step: Step, results: bool, singly: bool) -> Step:
    row = step.row
    text = TEMPLATES.get(step.op, row.text) if singly or step.op != "grads" else row.text
    if row.view:
        if step.no_grad:  # PyTorch says that it requires grad
            text = (f"(lambda t: t if t is {{0}} else t.detach())({text})"
                    if row.view == "maybe" else _each(text, "detach"))
    elif step.op not in ("leaf", "to") and not row.engine:
        method = row.inplace and text.startswith(("{0}.", "{0}[{index}]."))
        for i in range(int(row.inplace), len(step.inputs)):
            text = text.replace(f"{{{i}}}", f"{{{i}}}{COPY}")
        text = text.replace("{all}", "*[t" + COPY + " for t in [{all}]]")
        if method:
            target = "{0}[{index}]" if text.startswith("{0}[") else "{0}"
            text = f"{target}.copy_({text.replace(target, target + '.clone()', 1)})"
        elif results and not row.inplace:
            text = _each(text, "clone")
    return replace(step, template=text)


def _each(text: str, method: str) -> str:
    """The text with this method called of each result."""
    if text.startswith("many:"):
        return f"many:[t.{method}() for t in {text.removeprefix('many:')}]"
    return f"({text}).{method}()"
