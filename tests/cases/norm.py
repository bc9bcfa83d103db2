"""Samples for autograd/ops/norm.py; the answers are loops over groups, written out in NumPy."""

import numpy as np

from tests.cases import Case, Spec
from tests.cases.linalg import functional

EPS = 0.3
MEAN, VAR = np.array([0.3, -0.2, 0.1]), np.array([0.5, 1.5, 1.0])


def _standard(x, eps):
    return (x - np.mean(x)) / np.sqrt(np.var(x) + eps) if x.size else x


def _by_channel(values, x):
    """One value a channel, against x."""
    return np.reshape(values, (-1, *[1] * (x.ndim - 2)))


def _affine(x, weight, bias, reshape=_by_channel):
    if weight is not None:
        x = x * reshape(weight, x)
    return x if bias is None else x + reshape(bias, x)


def _batch_norm(x, mean, var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    out = np.empty(x.shape)
    for c in range(x.shape[1]):
        out[:, c] = (_standard(x[:, c], eps) if training
                     else (x[:, c] - mean[c]) / np.sqrt(var[c] + eps))
    return _affine(out, weight, bias)


def _group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    out = np.empty(x.shape)
    size = x.shape[1] // groups
    for n, c in np.ndindex(x.shape[0], groups):
        part = slice(c * size, c * size + size)
        out[n, part] = _standard(x[n, part], eps)
    return _affine(out, weight, bias)


def _instance_norm(x, mean=None, var=None, weight=None, bias=None, use_input_stats=True,
                   momentum=0.1, eps=1e-5):
    if use_input_stats:
        return _group_norm(x, x.shape[1], weight, bias, eps)
    return _batch_norm(x, mean, var, weight, bias, False, momentum, eps)


def _layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    out = np.empty(x.shape)
    for row in np.ndindex(x.shape[:x.ndim - np.size(shape)]):
        out[row] = _standard(x[row], eps)
    return _affine(out, weight, bias, lambda values, x: values)


def _rms_norm(x, shape, weight=None, eps=None):
    eps = np.finfo(x.dtype).eps if eps is None else eps
    over = tuple(range(x.ndim - np.size(shape), x.ndim))
    out = x / np.sqrt(np.mean(x * x, over, keepdims=True) + eps)
    return out if weight is None else out * weight


def _local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    out = np.empty(x.shape)
    for c in range(x.shape[1]):
        near = x[:, max(c - size // 2, 0): c + (size - 1) // 2 + 1]
        out[:, c] = x[:, c] / (k + alpha / size * np.sum(near * near, 1)) ** beta
    return out


def _normalize(x, p=2.0, dim=1, eps=1e-12):
    return x / np.maximum(np.linalg.norm(x, p, dim, keepdims=True), eps)


def _cosine_similarity(x1, x2, dim=1, eps=1e-8):
    sizes = [np.maximum(np.linalg.norm(x, 2, dim), eps) for x in (x1, x2)]
    return np.sum(x1 * x2, dim) / (sizes[0] * sizes[1])


def _standardized(x, weight=None, bias=None, *, kind, layout, eps, mean=None, var=None):
    """`_standardize` by the functions above; layouts are those of the samples below."""
    if kind == "rms":
        out = _rms_norm(x, x.shape[-1], weight, eps)
    elif kind == "group":
        out = _group_norm(x, layout[1], weight, bias, eps)
    else:
        out = _batch_norm(x, mean, var, weight, bias, kind == "batch", 0, eps)
    if mean is None:
        mean, var = _statistics(kind, layout, x)
    return out, mean, var


def _gradients(g, x, weight=None, *, kind, layout, **settings):
    """The product with the Jacobian of `_standardize`, column by column, by finite steps."""
    def out(x, w, b):
        if kind == "rms":
            return _standardized(x, w, kind=kind, layout=layout, eps=settings["eps"])[0] + b
        return _standardized(x, w, b, kind=kind, layout=layout, **settings)[0]

    count = layout[1] * layout[2]
    point = [x, np.ones(count) if weight is None else weight, np.zeros(count)]
    return tuple(np.reshape([np.sum(g * _slope(out, point, i, j)) for j in range(p.size)], p.shape)
                 for i, p in enumerate(point))


def _slope(function, point, which, j, step=1e-3):
    """The derivative by element j of one argument, to the sixth order in the step."""
    def at(distance):
        moved = [p.copy() for p in point]
        moved[which].reshape(-1)[j] += distance
        return function(*moved)

    return sum(factor * (at(n * step) - at(-n * step))
               for n, factor in ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))) / step


def _cases(name, reference, *calls):
    return [Case(args, kwargs, reference, functional(name)) for args, kwargs in calls]


def _statistics(kind, layout, x):
    """Mean and variance as the op saves them."""
    over = {"batch": (0, 2, 3), "group": (2, 3), "rms": (2, 3)}[kind]
    x = x.reshape(layout)
    mean = np.mean(x, over, keepdims=True) * (kind != "rms")
    return mean.ravel(), np.mean((x - mean) ** 2, over).ravel()


def _gradient_case(kind, shape, layout, weighted, mean=None, var=None):
    """A sample of `standardize_grad`; its statistics are what the op saves of this very x, so x is
    an explicit array where they depend on it."""
    x = np.random.default_rng(5).uniform(-2, 2, shape)
    if mean is None:
        mean, var = _statistics(kind, layout, x)
    count = layout[1] * layout[2]
    inputs = [Spec(shape), x] + [Spec((count,))] * weighted
    return Case(tuple(inputs), dict(kind=kind, layout=layout, eps=EPS, mean=mean, var=var),
                _gradients, False)


WEIGHT, BIAS = Spec((3,), 0.5), Spec((3,))
FIXED = dict(mean=MEAN, var=VAR)
SMALL, IMAGES = (4, 3), (2, 3, 4)

CASES = {
    "_standardize": [
        Case((Spec(shape), *more), dict(kind=kind, layout=layout, eps=EPS, **given),
             _standardized, False)
        for kind, shape, layout, more, given in (
            ("batch", SMALL, (4, 3, 1, 1), (WEIGHT, BIAS), {}),
            ("batch", IMAGES, (2, 3, 1, 4), (None, BIAS), {}),
            ("fixed", IMAGES, (2, 3, 1, 4), (WEIGHT, BIAS), FIXED),
            ("fixed", SMALL, (4, 3, 1, 1), (), FIXED),
            ("group", (2, 4, 2), (2, 2, 2, 2), (Spec((4,)),), {}),
            ("group", IMAGES, (2, 3, 1, 4), (), {}),
            ("rms", SMALL, (4, 1, 3, 1), (WEIGHT,), {}))],
    "standardize_grad": [
        _gradient_case("batch", SMALL, (4, 3, 1, 1), True),
        _gradient_case("batch", IMAGES, (2, 3, 1, 4), False),
        _gradient_case("fixed", IMAGES, (2, 3, 1, 4), True, **FIXED),
        _gradient_case("group", (2, 4, 2), (2, 2, 2, 2), True),
        _gradient_case("rms", SMALL, (4, 1, 3, 1), True)],
    "batch_norm": _cases(
        "batch_norm", _batch_norm,
        ((Spec(SMALL), None, None, WEIGHT, BIAS), dict(training=True, eps=EPS)),
        ((Spec(IMAGES), None, None), dict(training=True)),
        ((Spec(IMAGES), None, None, None, BIAS), dict(training=True, eps=EPS)),
        ((Spec((2, 3, 2, 2)), MEAN, VAR, WEIGHT, BIAS), {}),
        ((Spec(SMALL), MEAN, VAR, WEIGHT), dict(eps=EPS)),
        ((Spec((0, 3)), MEAN, VAR, WEIGHT, BIAS), dict(training=True))),
    "instance_norm": _cases(
        "instance_norm", _instance_norm,
        ((Spec(IMAGES), None, None, WEIGHT, BIAS), dict(eps=EPS)),
        ((Spec((2, 3, 2, 2)),), dict(eps=EPS)),
        ((Spec(IMAGES), MEAN, VAR, WEIGHT), dict(use_input_stats=False))),
    "group_norm": _cases(
        "group_norm", _group_norm,
        ((Spec((2, 4, 3)), 2, Spec((4,)), Spec((4,))), dict(eps=EPS)),
        ((Spec((2, 6)), 2), dict(eps=EPS)),
        ((Spec((2, 3, 2, 2)), 1, WEIGHT), {})) + [
            # PyTorch fails in the backward of a bias alone
            Case((Spec((2, 3, 4)), 3, None, BIAS), dict(eps=EPS), _group_norm, False)],
    "layer_norm": _cases(
        "layer_norm", _layer_norm,
        ((Spec((4, 5)), (5,), Spec((5,)), Spec((5,))), dict(eps=EPS)),
        ((Spec((2, 3, 4)), (3, 4), Spec((3, 4)), Spec((3, 4))), {}),
        ((Spec((2, 3, 4)), (4,)), {}),
        ((Spec((5,)), (5,), None, Spec((5,))), {}),
        ((Spec((0, 5)), (5,), Spec((5,))), {})),
    "rms_norm": _cases(
        "rms_norm", _rms_norm,
        ((Spec((4, 5)), (5,), Spec((5,))), dict(eps=EPS)),
        ((Spec((2, 3, 4)), (3, 4)), {}),
        ((Spec((5,)), (5,), Spec((5,))), {})),
    "local_response_norm": _cases(
        "local_response_norm", _local_response_norm,
        ((Spec((2, 5, 2)), 3), {}),
        ((Spec((1, 4, 2, 2)), 2), dict(alpha=0.5, beta=0.6, k=2.0)),
        ((Spec((2, 2, 3)), 5), dict(alpha=1.0)),
        ((Spec((2, 3, 2)), 1), {})),
    "normalize": _cases(
        "normalize", _normalize,
        ((Spec((3, 4)),), {}),
        ((Spec((2, 3, 2), avoid=(0.0,)), 1.0, -1), {}),
        ((Spec((3, 4), avoid=(0.0,)), 3.0, 0), {}),
        ((Spec((2, 3)),), dict(eps=10.0))),
    "cosine_similarity": _cases(
        "cosine_similarity", _cosine_similarity,
        ((Spec((3, 4)), Spec((3, 4))), {}),
        ((Spec((2, 3, 2)), Spec((2, 3, 2)), -1), {}),
        ((Spec((3, 4)), Spec((3, 4)), 0), dict(eps=0.1))),
}
