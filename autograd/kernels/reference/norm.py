"""Normalisation: numbers brought to mean 0 and variance 1, then scaled and shifted."""

import numpy as np

from autograd.quiet import quiet

_OVER = {"batch": (0, 2, 3), "fixed": (0, 2, 3), "group": (2, 3), "rms": (2, 3)}


@quiet
def standardize(x, weight, bias, kind, layout, eps, mean=None, var=None):
    """(x - mean) / sqrt(var + eps) * weight + bias for x seen as `layout`, (N, G, K, L);
    then mean and var (float64).

    `kind` "group": the statistics are those of each (n, g), flat (N G); "rms" the same with mean
    0; "batch": of each g over all n, with K = 1; "fixed": given, (G). weight and bias, or None,
    are flat (G K).
    """
    wide, kept = _wide(x, layout), _kept(layout, kind)
    if kind != "fixed":
        empty = x.size == 0 or kind == "rms"
        mean = np.zeros(kept) if empty else wide.mean(_OVER[kind], keepdims=True)
        var = ((wide - mean) ** 2).mean(_OVER[kind]) if x.size else np.zeros(kept)
    mean, var = (np.array(a, np.float64).ravel() for a in (mean, var))
    var[var == np.inf] = np.nan  # beyond float64: 0 would come out
    out = (wide - mean.reshape(kept)) / np.sqrt(var + eps).reshape(kept)
    if weight is not None:
        out = out * weight.reshape(layout[1:3])[:, :, None]
    if bias is not None:
        out = out + bias.reshape(layout[1:3])[:, :, None]
    return out.reshape(x.shape).astype(x.dtype, copy=False), mean, var


@quiet
def standardize_grad(g, x, weight, kind, layout, eps, mean, var):
    """What `standardize` gives back to x, weight and bias (G K), from g of x's shape."""
    kept = _kept(layout, kind)
    rstd = 1 / np.sqrt(var + eps).reshape(kept)
    scaled = (_wide(x, layout) - mean.reshape(kept)) * rstd
    u = _wide(g, layout)
    weight_grad, bias_grad = (u * scaled).sum((0, 3)).ravel(), u.sum((0, 3)).ravel()
    factor = 1 if weight is None else weight.reshape(layout[1:3])[:, :, None]
    if layout[2] > 1:  # what is one factor for the whole group, even infinite, comes last
        u, factor = u * factor, 1
    if kind != "fixed" and x.size:
        along = (u * scaled).mean(_OVER[kind], keepdims=True)
        offset = 0 if kind == "rms" else u.mean(_OVER[kind], keepdims=True)
        u = u - offset - scaled * along
    u = u * factor
    grads = (u * rstd).reshape(x.shape), weight_grad, bias_grad
    return tuple(a.astype(x.dtype, copy=False) for a in grads)


def _wide(x, layout):
    """x in float64 and seen as `layout`."""
    return np.ascontiguousarray(x, np.float64).reshape(layout)


def _kept(layout, kind):
    """The shape of the statistics against x."""
    return (*(layout[:2] if kind in ("group", "rms") else (1, layout[1])), 1, 1)
