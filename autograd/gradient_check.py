"""gradcheck and gradgradcheck: backward's gradients held against finite differences.

Complex numbers are checked as pairs of real ones.

An entry's relative error is |analytic - numeric| / max(|analytic|, |numeric|, floor).  The
differences themselves are off by rounding, at most about `atol`: ten units in the last place of
the result and of the largest input times the derivative by it, over the step.  That is 4e-10
for numbers around 1, against which an entry of 1e-5 has no seven digits to compare; so the floor is
atol / rtol.  Truncation, step²/6 times the third derivative, is usually below that; where it is
not, `gradient_judge` measures the entry again with other steps.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from .engine import grad
from .errors import check_switches, describe, did_you_mean, warn
from .gradient_judge import APART, SHARP, Judge, Pair, largest_in
from .gradient_report import GradcheckError, Report
from .input_names import input_names
from .kinks import kinked_op
from .modes import enable_grad
from .numeric import Differences, Probe, rounding, scale, unit
from .ops.complex_numbers import view_as_complex, view_as_real
from .tensors import Tensor, wrap


class KinkWarning(UserWarning):
    """The function has a kink where its gradient was checked: some entries were not compared."""


@enable_grad()
def gradcheck(func: Callable, inputs, eps: float = 1e-5, rtol: float = 1e-7,
              atol: float | None = None, fast_mode: bool = False, raise_exception: bool = True,
              nondet_tol: float = 0.0, **always: Any) -> Report:
    """Hold the gradients of `func(*inputs)` against central differences in float64.

    Every input that requires grad is checked, in steps of eps max(1, |input|); float32 ones are
    converted to float64 first. `func` returns one or several tensors. `fast_mode` compares along
    random directions (the whole Jacobian only if that fails or tells nothing). At kinks, entries
    are reported by a KinkWarning, not compared.
    Returns a Report: true if all is well, and printable.  PyTorch's further switches, from
    `check_undefined_grad` to `masked`, are taken: what they ask for holds anyway, or is refused.

    Raises: GradcheckError with the table if a gradient is wrong and `raise_exception`.
    Reference: the errors and their floor are defined at the top of this module.

    >>> x = autograd.tensor([0.5, 2.0], dtype=autograd.float64, requires_grad=True)
    >>> bool(autograd.gradcheck(autograd.log, (x,)))
    True
    """
    _check_always("gradcheck", always)
    given, (func, inputs) = func, _in_parts(func, inputs)
    names = input_names(given, inputs)
    tensors, results, notes = _prepared("gradcheck", func, inputs, names)
    labels = [f"result {i}" for i in range(len(results))] if len(results) > 1 else ["result"]
    return _check("gradcheck", func, tensors, names, labels, notes, eps=eps, rtol=rtol, atol=atol,
                  fast_mode=fast_mode, raise_exception=raise_exception, nondet_tol=nondet_tol)


@enable_grad()
def gradgradcheck(func: Callable, inputs, grad_outputs=None, eps: float = 1e-5,
                  rtol: float = 1e-7, atol: float | None = None, fast_mode: bool = False,
                  raise_exception: bool = True, nondet_tol: float = 0.0,
                  **always: Any) -> Report:
    """Hold second derivatives against differences of the first: gradcheck of the gradient of
    `func`, weighted by `grad_outputs` (random if not given), by the inputs and those weights.

    >>> x = autograd.tensor([0.5, 2.0], dtype=autograd.float64, requires_grad=True)
    >>> bool(autograd.gradgradcheck(autograd.log, (x,)))
    True
    """
    _check_always("gradgradcheck", always)
    given, (func, inputs) = func, _in_parts(func, inputs)
    tensors, results, notes = _prepared("gradgradcheck", func, inputs, input_names(given, inputs))
    weights = _weights(results, grad_outputs)
    checked = [i for i, x in enumerate(tensors) if _differentiable(x)]

    def gradient(*args):
        results = _results(func(*args[: len(tensors)]))
        pairs = [(r, w) for r, w in zip(results, args[len(tensors):], strict=True)
                 if r.requires_grad]
        return grad([r for r, _ in pairs], [args[i] for i in checked], [w for _, w in pairs],
                    create_graph=True, materialize_grads=True)

    names = input_names(given, inputs)
    names += [f"grad_output {i}" for i in range(len(weights))]
    labels = [f"(gradient of {names[i]})" for i in checked]
    return _check("gradgradcheck", gradient, [*tensors, *weights], names, labels, notes, eps=eps,
                  rtol=rtol, atol=atol, fast_mode=fast_mode, raise_exception=raise_exception,
                  nondet_tol=nondet_tol)


_NAMED_KINKS = 3  # of a result by an input, whose op is looked for
_ALWAYS = {  # PyTorch's switches: what is refused of each, and why
    "check_undefined_grad": (), "check_grad_dtypes": (), "check_batched_grad": (),
    "check_backward_ad": (False, "there is nothing else to check"),
    "check_forward_ad": (True, "func.jvp goes through the same rules; gradgradcheck checks them"),
    "check_fwd_over_rev": (True, "there is no forward mode"),
    "check_rev_over_rev": (False, "there is nothing else to check"),
    "check_batched_forward_grad": (True, "there is no forward mode"),
    "gen_non_contig_grad_outputs": (True, "pass grad_outputs of that layout"),
    "masked": (True, "inputs are dense"),
}


def _check_always(name: str, given: dict) -> None:
    for key, value in given.items():
        if key not in _ALWAYS:
            raise TypeError(f"{name}: got an unexpected keyword argument {key!r}"
                            f"{did_you_mean(key, [*_ALWAYS, *signature(gradcheck).parameters])}")
        if value is not None:
            check_switches(name, **{key: value})
        refused = _ALWAYS[key]
        if value is not None and refused and bool(value) is refused[0]:
            raise ValueError(f"{name}: {key}={value} is not offered: {refused[1]}")


def _weights(results: list[Tensor], given) -> list[Tensor]:
    """The gradients that enter at the results, as leaves."""
    if given is None:
        rng = np.random.default_rng(0)
        return [wrap(rng.uniform(0.5, 1.5, r.shape)).requires_grad_() for r in results]
    given = list(map(_parts, [given] if isinstance(given, Tensor) else given))
    if [w.shape for w in given] != [r.shape for r in results]:
        raise ValueError(f"gradgradcheck: grad_outputs {[describe(w) for w in given]} do not fit "
                         f"the results {[describe(r) for r in results]}")
    return [w.detach().double().clone().requires_grad_() for w in given]


def _in_parts(func: Callable, inputs) -> tuple[Callable, tuple]:
    """The function of the parts of its complex inputs, as float64, and the inputs so."""
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    parted = {i for i, x in enumerate(inputs) if _differentiable(x) and x.is_complex()}

    def of_parts(*args):
        return func(*[view_as_complex(x) if i in parted else x for i, x in enumerate(args)])

    given = [_parts(x.detach()).double().clone().requires_grad_() if i in parted else x
             for i, x in enumerate(inputs)]
    return (of_parts if parted else func), tuple(given)


def _parts(x: Tensor) -> Tensor:
    """The real and imaginary parts of a complex tensor; another one itself."""
    return view_as_real(x) if x.is_complex() else x


def _differentiable(x) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _prepared(name: str, func: Callable, inputs,
              names: list[str]) -> tuple[list, list[Tensor], list[str]]:
    """The inputs as they will be stepped through, func's results on them, and what was changed."""
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if not any(map(_differentiable, inputs)):
        raise ValueError(f"{name}: none of the {len(inputs)} inputs requires grad; pass "
                         "floating-point tensors with requires_grad=True")
    tensors = [_steppable(x) for x in inputs]
    results, notes = _results(func(*tensors)), []
    roots = [r for r in results if r.requires_grad]
    ones = [wrap(np.ones(r.shape)) for r in roots]
    for i, (x, was) in enumerate(zip(tensors, inputs, strict=True)):
        if x is was or not roots:
            continue
        used, = grad(roots, [x], ones, retain_graph=True, allow_unused=True)
        if used is None:
            raise ValueError(f"{name}: func does not use {names[i]} as passed, a float64 copy of "
                             f"{describe(was)}; compute from the arguments, or pass float64"
                             f"{'' if names[i] == f'input {i}' else ': model.double() makes all'}")
        if was.dtype != x.dtype:
            notes.append(f"{names[i]} was {was.dtype} and was converted to float64: differences in "
                         "less are too rough")
    return tensors, results, notes


def _steppable(x):
    """The input itself; a float64 copy if it is to be checked and cannot be stepped through."""
    if not _differentiable(x):
        return x
    shared = 0 in x._array.strides and x._array.size > 1
    if x.dtype == np.float64 and x._array.flags.writeable and not shared:
        return x
    return wrap(np.array(x._array, np.float64, order="C")).requires_grad_()


def _results(value) -> list[Tensor]:
    """The floating-point tensors among what func returned, and the parts of complex ones."""
    values = [value] if isinstance(value, Tensor) else value
    if not isinstance(values, (list, tuple)):
        raise TypeError("gradcheck: func must return a Tensor or several, got "
                        f"{describe(value)}")
    results = [_parts(v) for v in values if isinstance(v, Tensor)
               and (v.is_floating_point() or v.is_complex())]
    for result in results:
        if result.dtype != np.float64:
            raise TypeError(f"gradcheck: func returned {result.dtype} from float64 inputs, too "
                            "rough for differences; convert the tensors and parameters it uses "
                            "with .double()")
    return results


def _check_sizes(name: str, **sizes: float | None) -> None:
    for what, size in sizes.items():
        if size is None or isinstance(size, (int, float)) and size >= 0 and (size or what != "eps"):
            continue
        least = "above 0" if what == "eps" else "0 or more"
        raise ValueError(f"{name}: {what} must be a number {least}, got {size!r}")


def _check(name: str, func: Callable, tensors: list, names: list[str], labels: list[str],
           notes: list[str], *, eps, rtol, atol, fast_mode, raise_exception, nondet_tol) -> Report:
    check_switches(name, fast_mode=fast_mode, raise_exception=raise_exception)
    _check_sizes(name, eps=eps, rtol=rtol, atol=atol)
    checked = {names[i]: x for i, x in enumerate(tensors) if _differentiable(x)}
    results = _results(func(*tensors))
    rows = dict(zip(labels, results, strict=True))
    # copies: a result may be a view of the array that is about to be changed
    differences = Differences(
        lambda: [np.array(r._array) for r in _results(func(*tensors))])
    _refuse_random(name, results, differences.center, nondet_tol)
    pairs: list[Pair] = []
    if fast_mode:
        pairs = _along_directions(rows, checked, differences, eps, rtol, atol)
    report = Report(name, rtol, eps, pairs, notes)
    if not fast_mode or not report or any(pair.kinks for pair in pairs):
        report.pairs = _in_full(rows, checked, differences, eps, rtol, atol)
        _name_kinks(report.pairs, checked, lambda: func(*tensors))
    if not report and raise_exception:
        raise GradcheckError(report)
    if any(pair.kinks for pair in report.pairs):
        warn(str(report), KinkWarning)
    return report


def _name_kinks(pairs: list[Pair], checked: dict, function: Callable) -> None:
    """Say of the first kinks which op has them."""
    for pair in pairs:
        x = checked[pair.input]
        for at in list(pair.kinks)[:_NAMED_KINKS]:
            column = at[pair.result_ndim:]
            flat = int(np.ravel_multi_index(column, x.shape)) if column else 0
            op = kinked_op(function, x._array, flat)
            pair.kinks[at] += f"; {op}" if op else ""


def _refuse_random(name: str, first, second, tolerance: float) -> None:
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        apart = np.max(np.abs(a._array - b), initial=0.0)
        if apart > tolerance:
            raise RuntimeError(f"{name}: func is not deterministic: result {i} of two calls "
                               f"differs by {apart:.3g}. Seed its generator inside func, or allow "
                               "it with nondet_tol")


def _vjp(result: Tensor, inputs: list[Tensor], weight: np.ndarray) -> list[np.ndarray]:
    """The gradients of result, weighted, by the inputs."""
    if not result.requires_grad:
        return [np.zeros(x.shape) for x in inputs]
    grads = grad(result, inputs, wrap(weight), retain_graph=True, materialize_grads=True)
    return [g.numpy() for g in grads if g is not None]  # none is None: they are materialized


def _in_full(rows: dict, checked: dict, differences: Differences, eps: float, rtol: float,
             atol: float | None) -> list[Pair]:
    """Both Jacobians of each result by each input, compared."""
    inputs = list(checked.values())
    numeric = [differences.jacobians(x._array, eps) for x in inputs]
    sizes, pairs = differences.sizes, []
    for j, (row, result) in enumerate(rows.items()):
        vjps = [_vjp(result, inputs, unit(result.shape, i)) for i in range(result.numel())]
        found, condition = [], sizes[j]
        for k, (column, x) in enumerate(checked.items()):
            shape = (*result.shape, *x.shape)
            analytic = np.array([v[k] for v in vjps]).reshape(shape)
            sides = numeric[k][j].reshape(3, *shape)
            pair = Pair(row, column, len(result.shape), analytic, sides[2].copy(),
                        Probe(differences, j, x._array))
            found.append((pair, sides))
            by_row = largest_in(pair, range(len(result.shape), len(shape)), x._array)
            condition = np.maximum(condition, sizes[j] + by_row.reshape(result.shape))
        for (pair, sides), x in zip(found, inputs, strict=True):
            def measure(flat, step, j=j, x=x):
                return differences.sides(x._array, unit(x.shape, flat), step)[j]

            rows_only = (*result.shape, *[1] * x.ndim)
            Judge(pair, sides, x._array, eps, np.reshape(sizes[j], rows_only),
                  np.reshape(condition, rows_only), rtol, atol, measure).judge()
            pairs.append(pair)
    return pairs


def _along_directions(rows: dict, checked: dict, differences: Differences, eps: float, rtol: float,
                      atol: float | None) -> list[Pair]:
    """One number for each result by each input: a random combination of the result's elements,
    differentiated along a random direction."""
    rng = np.random.default_rng(0)
    directions = [rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], x.shape)
                  * scale(x._array) for x in checked.values()]
    numeric = [differences.sides(x._array, u, eps)
               for x, u in zip(checked.values(), directions, strict=True)]
    pairs = []
    for j, (row, result) in enumerate(rows.items()):
        weight = rng.uniform(0.5, 1.5, result.shape)
        grads = _vjp(result, list(checked.values()), weight)
        for k, (column, g) in enumerate(zip(checked, grads, strict=True)):
            behind, ahead, central = (float((side * weight).sum()) for side in numeric[k][j])
            pair = Pair(row, column, 1, (g * directions[k]).sum(), central,
                        Probe(differences, j, checked[column]._array, directions[k], weight))
            slope = float(np.abs(g * directions[k]).sum())
            noise = rounding(float((differences.sizes[j] * weight).sum()) + slope, eps)
            pair.compare(rtol, noise if atol is None else atol)
            vague = atol is None and noise > SHARP * slope and central != pair.analytic
            if vague or abs(ahead - behind) > APART * slope + 4 * noise:
                pair.kinks[()] = "perhaps"  # the full check will tell
            pairs.append(pair)
    return pairs
