"""Which inputs a model's answer came from: a number for each entry of the input, by gradients.

Of a model with several outputs, `target` is the one to explain: a class, one class for each row, or
None for the largest. Models are asked in evaluation mode; gradients of parameters are left alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import autograd
from autograd import Tensor
from autograd.errors import describe

from .module import Module


def saliency(model: Module, x: Tensor, target: int | Tensor | None = None) -> Tensor:
    """|∂ f_target(x) / ∂x|: how far a small change of each entry changes the answer.

    Shape: (N, ...) -> the same
    Reference: Simonyan et al., Deep Inside Convolutional Networks, 2013.

    >>> import nn
    >>> model = nn.Linear(3, 2)
    >>> nn.explain.saliency(model, autograd.zeros(1, 3), 0).allclose(model.weight[:1].abs())
    True
    """
    target = _chosen("saliency", model, x, target)
    return _gradient("saliency", model, x.detach(), target).abs()


def integrated_gradients(model: Module, x: Tensor, target: int | Tensor | None = None,
                         baseline: Tensor | float = 0.0, steps: int = 32) -> Tensor:
    """(x - b) ∫₀¹ ∂f_target(b + α (x - b)) / ∂x dα: how much each entry adds to the answer on the
    way from a baseline b, such as a black image, to x.

    The entries of a row add up to f(x) - f(b) (completeness). The integral is that of Gauss and
    Legendre with `steps` points, exact for polynomials in α up to degree 2 steps - 1; where units
    switch on the way, more steps bring the sum closer.
    Shape: (N, ...) -> the same; baseline broadcasts to it
    Reference: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, 2017.

    >>> import nn
    >>> model, x = nn.Linear(3, 1), autograd.ones(1, 3)
    >>> nn.explain.integrated_gradients(model, x).allclose(model.weight)
    True
    """
    name = "integrated_gradients"
    target = _chosen(name, model, x, target)
    return _along(name, model, x.detach(), target, _broadcast(name, baseline, x), steps)


def expected_gradients(model: Module, x: Tensor, background: Tensor,
                       target: int | Tensor | None = None, steps: int = 8) -> Tensor:
    """The mean of integrated gradients from each row of `background`, a sample of the data, as
    baseline: SHAP values as expected gradients have them, without a baseline to be chosen.

    The entries of a row add up to f(x) minus the mean of f over the background.
    Shape: (N, ...), (B, ...) -> (N, ...)
    Raises: ValueError for rows of another shape than those of x.
    Reference: Erion et al., Improving Performance of Deep Learning Models with Axiomatic
    Attribution Priors and Expected Gradients, 2021.

    >>> import nn
    >>> model, x, data = nn.Linear(3, 1), autograd.ones(1, 3), autograd.randn(10, 3)
    >>> found = nn.explain.expected_gradients(model, x, data)
    >>> found.allclose(model.weight * (x - data.mean(0)), atol=1e-6)
    True
    """
    name = "expected_gradients"
    target = _chosen(name, model, x, target)
    if not isinstance(background, Tensor) or background.shape[1:] != x.shape[1:] or (
            not len(background)):
        raise ValueError(f"{name}: background must have rows of the shape {tuple(x.shape[1:])} of "
                         f"those of x, got {describe(background)}")
    total = autograd.zeros_like(x.detach())
    for row in background.detach():
        total = total + _along(name, model, x.detach(), target, row, steps)
    return total / len(background)


def _along(name: str, model: Module, x: Tensor, target, baseline: Tensor, steps: int) -> Tensor:
    """(x - b) times the mean gradient on the straight line from b to x."""
    if not isinstance(steps, int) or steps < 1:
        raise ValueError(f"{name}: steps must be 1 or more, got {steps!r}")
    places, weights = np.polynomial.legendre.leggauss(steps)
    total = autograd.zeros_like(x)
    for place, weight in zip(places, weights, strict=True):
        point = baseline + float(0.5 + place / 2) * (x - baseline)
        total = total + float(weight / 2) * _gradient(name, model, point, target)
    return (x - baseline) * total


def _gradient(name: str, model: Module, x: Tensor, target) -> Tensor:
    """The gradient of the target's score with respect to x, row by row."""
    with model.evaluating(), autograd.enable_grad():
        x = x.detach().requires_grad_()
        score = _scores(name, model, x)
        picked = score.gather(1, target[:, None]) if score.shape[1] > 1 else score
        if not picked.requires_grad:
            return autograd.zeros_like(x.detach())
        found, = autograd.grad(picked.sum(), x, allow_unused=True)
    return autograd.zeros_like(x.detach()) if found is None else found


def _scores(name: str, model: Callable, x: Tensor) -> Tensor:
    """The model's outputs as (N, K)."""
    out = model(x)
    if not isinstance(out, Tensor) or out.ndim not in (1, 2) or len(out) != len(x):
        raise ValueError(f"{name}: the model must give (N,) or (N, classes) for N = {len(x)} rows, "
                         f"got {describe(out)}")
    return out[:, None] if out.ndim == 1 else out


def _chosen(name: str, model: Module, x: Tensor, target) -> Tensor:
    """The class to explain, for each row."""
    if not isinstance(x, Tensor) or not x.is_floating_point() or not x.ndim:
        raise TypeError(f"{name}: x must be a floating-point Tensor with rows (N, ...), got "
                        f"{describe(x)}; of words explain their embeddings")
    with model.evaluating(), autograd.no_grad():
        scores = _scores(name, model, x.detach())
    rows, classes = scores.shape
    if target is None:
        return scores.argmax(1)
    target = autograd.as_tensor(target)
    if target.is_floating_point() or tuple(target.shape) not in ((), (rows,)):
        raise ValueError(f"{name}: target must be a class or one for each of {rows} rows, got "
                         f"{describe(target)}")
    if rows and not (int(target.min()) >= 0 and int(target.max()) < classes):
        raise ValueError(f"{name}: target must be from 0 to {classes - 1}, got "
                         f"{int(target.min())} to {int(target.max())}")
    return target.long().broadcast_to((rows,))


def _broadcast(name: str, baseline, x: Tensor) -> Tensor:
    found = autograd.as_tensor(baseline, dtype=x.dtype).detach()
    try:
        return found.broadcast_to(tuple(x.shape))
    except (RuntimeError, ValueError):
        raise ValueError(f"{name}: baseline {tuple(found.shape)} does not broadcast to x "
                         f"{tuple(x.shape)}") from None
