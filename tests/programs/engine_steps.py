"""Steps about the graph: backward and grad, hooks, detaching, leaves."""

from __future__ import annotations

import numpy as np

from .forward import Dual, Rejected, lift
from .machine import ramp
from .program import add


def by_hand(*args):
    """Of steps that are not drawn: the generator puts them where they belong."""
    raise Rejected("by hand")


add("leaf", "", by_hand, by_hand, weight=0)


def _root(c):
    return c.value(lambda x: x.tracked and x.floating and not x.leaf)


def _backward(machine, x, retain):
    if not x.tracked:
        raise Rejected("no gradient")
    machine.passed(x)
    return ()


add("backward", "{0}.backward(ramp({0}), retain_graph={retain})", _backward,
    lambda c: ((_root(c),), {"retain": True}), engine=True, weight=0.3)


def _total(*xs):
    """The weighted sum of all."""
    return sum(((x * lift(ramp(x.shape))).sum() for x in xs), start=lift(np.zeros(())))


add("total", "sum((t * ramp(t)).sum().to(torch.float64) for t in [{all}])", _total,
    by_hand, weight=0)


def _second(machine, x, *leaves):
    """The sum of the leaves' gradients times their ramps: x's derivative along the first direction,
    whose own derivative along the second is known."""
    if machine.hooked or len(set(map(id, leaves))) < len(leaves):
        raise Rejected("a rule may use its result, whose hook then counts twice")
    weights = ramp(x.shape)
    a, ab = ((weights * x.parts[k]).sum() for k in (1, 3))
    out = Dual([np.array(p) for p in (a, 0.0, ab, 0.0)], x.dtype)
    out.flag, out.leaf = x.tracked, False
    return out


add("second", "g = grad({0}, [{rest}], ramp({0}), create_graph=True, allow_unused=True)\n"
    "{out} = sum((a * ramp(a)).sum().to({0}.dtype) for a in g if a is not None)", _second,
    by_hand, engine=True, weight=0)


def _second_backward(machine, x):
    machine.totals += [np.nan, x.parts[2]]
    machine.scale += [np.nan, abs(x.parts[2])]
    return ()


add("second backward", "if {0}.requires_grad:\n    {0}.backward()", _second_backward, by_hand,
    engine=True, weight=0)


def _detach(machine, x):
    out = Dual((x.value, *(np.zeros(x.shape) for _ in range(3))), x.dtype)
    out.frozen = x.base.frozen or x.frozen
    return (out,)


def _new_leaf(machine, x, number):
    (out,) = _detach(machine, x)
    if not out.floating:
        raise Rejected("integers have no gradient")
    out.parts = (np.array(out.value), *out.parts[1:])
    machine.track(out, number)
    return (out,)


add("detach", "{0}.detach()", _detach, lambda c: ((c.value(),), {}), engine=True, weight=0.6)
add("new leaf", "{0}.detach().clone().requires_grad_()", _new_leaf,
    lambda c: ((c.value(lambda x: x.floating),), {"number": c.int(20, 99)}), engine=True,
    weight=0.4)


def _copied_leaf(machine, x, number):
    if x.base is not x or not x.leaf:
        raise Rejected("only leaves can be copied so")
    out = Dual([np.array(x.value), *(np.zeros(x.shape) for _ in range(3))], x.dtype)
    if x.flag:
        machine.track(out, number)
    return (out,)


add("copy of leaf", "copy.deepcopy({0})", _copied_leaf,
    lambda c: ((c.value(lambda x: x.leaf and x.base is x),), {"number": c.int(20, 99)}),
    engine=True, weight=0.2)


def _scaled(machine, x, scale):
    if id(x) in machine.used or x.root is not None:
        raise Rejected("the hook holds for uses before it, too")
    machine.hooked = True
    for part in x.parts[1:]:
        part *= scale
    return ()


def _fresh(c):
    """The newest value, which nothing has used yet."""
    i = max(c.machine.values)
    if not c[i].tracked or c[i].root is not None or c.used(i):
        raise Rejected("used already")
    return i


add("hook", "{0}.register_hook(lambda g: g * {scale})", _scaled,
    lambda c: ((_fresh(c),), {"scale": c.one([2, 0.5, -1])}), engine=True, weight=0.5)
add("retain_grad", "{0}.retain_grad()", lambda machine, x: (),
    lambda c: ((c.value(lambda x: x.tracked),), {}), engine=True, weight=0.6)


# ---- what only PyTorch can tell ----------------------------------------------------------------

def _only(name, text, draw, weight=0.5, outs=0):
    """A row of which the evaluator knows the shape of the result at most: its first input's."""
    def forward(machine, x, *others, **attrs):
        return tuple(Dual([np.zeros(x.shape) for _ in range(4)], x.dtype) for _ in range(outs))
    add(name, text, forward, draw, engine=True, full=True, weight=weight)


def _tracked(c):
    return c.value(lambda x: x.tracked)


def _unused(c):
    """A value that needs no gradient and that nothing has used: what did keeps it as a constant."""
    i = c.value(lambda x: x.floating and not x.tracked and x.base is x)
    if c.used(i):
        raise Rejected("used already")
    return i


def _one_tracked(c):
    return (_tracked(c),), {}


def _unwritten(c):
    """A tracked value whose memory nothing wrote: PyTorch crashes at hooks of views written to."""
    i = _tracked(c)
    if any(step.row.inplace and c[step.inputs[0]].base is c[i].base for step in c.steps):
        raise Rejected("written to")
    return i


_only("any hook", "{0}.register_hook(lambda g: {how})",
      lambda c: ((_unwritten(c),), {"how": c.code([
          "g * 2", "None", "log.append(g.clone())", "g * g", "g.clamp(-0.97, 0.97)",
          "g.detach()"])}))
_only("post hook",
      "{0}.register_post_accumulate_grad_hook(lambda t: log.append(t.grad.clone()))",
      lambda c: ((c.value(lambda x: x.tracked and x.leaf),), {}), 0.3)
_only("backward inputs", "{0}.backward(ramp({0}), retain_graph={retain}, inputs=[{rest}])",
      lambda c: ((_root(c), *[_tracked(c) for _ in range(c.int(1, 3))]),
                 {"retain": c.chance(0.8)}))
_only("backward middle", "{0}.backward(ramp({0}), retain_graph={retain})",
      lambda c: ((_root(c),), {"retain": c.chance(0.8)}), 0.4)
_only("backward create",
      "{0}.backward(ramp({0}), create_graph=True)", lambda c: ((_root(c),), {}), 0.2)
_only("backward scalar", "{0}.backward(retain_graph=True)", _one_tracked, 0.2)
_only("grad zero", "{0}.grad.zero_()", _one_tracked, 0.2)
_only("grad none", "{0}.grad = None", _one_tracked, 0.3)
_only("requires on", "{0}.requires_grad_()",
      lambda c: ((_unused(c),), {}), 0.2)
_only("requires off", "{0}.requires_grad_(False)", _one_tracked, 0.1)
_only("detach_", "{0}.detach_()", _one_tracked, 0.1)


def _grads(machine, x, y, create):
    out = Dual([np.array(y.value), *(np.zeros(y.shape) for _ in range(3))], y.dtype)
    out.frozen = True  # whether it is a view of something is PyTorch's affair
    return (out,)


def _two_tracked(c):
    j, i = sorted((_tracked(c), _root(c)))
    return (i, j), {"create": c.chance(0.6)}


add("grad", "many:grad({0}, [{1}], ramp({0}), retain_graph=True, create_graph={create})", _grads,
    _two_tracked, engine=True, full=True, weight=0.8)


def _several(machine, x, *others, outs):
    return tuple(_grads(machine, x, y, True)[0] for y in others)


def _several_tracked(c):
    n = c.int(1, 4)
    return (_root(c), *[_tracked(c) for _ in range(n)]), {"outs": n}


add("grads", "many:[torch.zeros_like(x) if g is None else g for x, g in zip([{rest}], grad("
    "{0}, [{rest}], ramp({0}), retain_graph=True, create_graph=True, allow_unused=True))]",
    _several, _several_tracked,
    engine=True, full=True, weight=0.4)
add("grad of", "{0}.grad * 1", lambda machine, x: (Dual([np.array(p) for p in x.parts], x.dtype),),
    _one_tracked, engine=True, full=True, weight=0.3)
