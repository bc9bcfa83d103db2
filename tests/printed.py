"""Evaluates the equations that `explain` prints, with NumPy: written from the notation alone."""

from __future__ import annotations

import re

import numpy as np
from scipy.special import ndtr

_BELOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_ABOVE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_PATH = r"[A-Za-z_]\w*(?:\.\w+)+"
_PLACE = r"u\d+\[\d+\]"


def softmax(x, dim):
    e = np.exp(x - x.max(dim, keepdims=True))
    return e / e.sum(dim, keepdims=True)


def conv2d(x, w, b=None):
    n, _, height, width = x.shape
    o, _, kh, kw = w.shape
    out = np.zeros((n, o, height - kh + 1, width - kw + 1))
    for i, j in np.ndindex(out.shape[2:]):
        out[:, :, i, j] = np.tensordot(x[:, :, i:i + kh, j:j + kw], w, ((1, 2, 3), (1, 2, 3)))
    return out if b is None else out + b[:, None, None]


def sum_to_size(x, shape):
    x = x.sum(tuple(range(x.ndim - len(shape))))
    return x.sum(tuple(d for d, n in enumerate(shape) if n != x.shape[d]), keepdims=True)


def correlate(x, g):
    kh, kw = x.shape[2] - g.shape[2] + 1, x.shape[3] - g.shape[3] + 1
    out = np.zeros((g.shape[1], x.shape[1], kh, kw))
    for i, j in np.ndindex(kh, kw):
        seen = x[:, :, i:i + g.shape[2], j:j + g.shape[3]]
        out[:, :, i, j] = np.tensordot(g, seen, ((0, 2, 3), (0, 2, 3)))
    return out


def conv_transpose(g, w):
    n, _, height, width = g.shape
    out = np.zeros((n, w.shape[1], height + w.shape[2] - 1, width + w.shape[3] - 1))
    for i, j in np.ndindex(height, width):
        out[:, :, i:i + w.shape[2], j:j + w.shape[3]] += np.tensordot(g[:, :, i, j], w, (1, 0))
    return out


def compared(found):
    sign = {"≤": "<=", "≥": ">=", "=": "=="}.get(found[2], found[2])
    return f"({found[1]} {sign} {found[3]})"


class Printed:
    """Tensors and gradients by their printed names, and the functions of the notation."""

    def __init__(self, tensors):
        self.pooled = ""
        self.tensors = {name: np.asarray(value) for name, value in tensors.items()}
        self.gradients, self.noted = {}, {}

    def functions(self):
        return dict(
            softmax=softmax, one_hot=lambda y: np.eye(int(np.max(y)) + 1)[y], sqrt=np.sqrt,
            sigmoid=lambda x: 1 / (1 + np.exp(-x)), tanh=np.tanh, relu=lambda x: np.maximum(x, 0),
            gelu=lambda x: x * ndtr(x), exp=np.exp, log=np.log, abs=np.abs, sign=np.sign,
            sum=lambda x, dim=None, keepdim=False: np.sum(x, dim, keepdims=keepdim),
            mean=lambda x, dim=None, keepdim=False: np.mean(x, dim, keepdims=keepdim),
            var=lambda x, dim, keepdim, correction: np.var(x, dim, keepdims=True, ddof=correction),
            sum_to_size=sum_to_size, sin=np.sin, cos=np.cos, sinh=np.sinh, cosh=np.cosh,
            rsqrt=lambda x: 1 / np.sqrt(x), square=np.square, log1p=np.log1p, flip=np.flip,
            clamp=np.clip, maximum=np.maximum, transpose=np.swapaxes, inverse=np.linalg.inv,
            permute=np.transpose, rows=lambda x: x.reshape(-1, x.shape[-1]), cat=np.concatenate,
            stack=np.stack, share=lambda g, where, dim=None:
                g * where / where.sum(dim, keepdims=dim is not None), roll=np.roll,
            tril=np.tril, triu=np.triu, std=lambda x: np.std(x, ddof=1),
            reshape=lambda x, shape: np.reshape(x, shape),
            expand=np.broadcast_to, unsqueeze=lambda x, dim: np.expand_dims(x, dim), where=np.where,
            outer=np.outer, zeros=np.zeros, conv2d=conv2d, correlate=correlate,
            conv_transpose=conv_transpose, flatten=lambda x: x.reshape(len(x), -1),
            per_channel=lambda v: v[:, None, None], cross_entropy=lambda z, y:
                -np.mean(np.log(softmax(z, 1)[np.arange(len(y)), y])),
            nll_loss=lambda z, y: -np.mean(z[np.arange(len(y)), y]),
            log_softmax=lambda z, dim: np.log(softmax(z, dim)),
            mse_loss=lambda a, b: np.mean((a - b) ** 2), max_pool2d=self.max_pool2d,
            max_unpool=self.max_unpool, batch_norm=self.batch_norm, layer_norm=self.layer_norm,
            avg_pool2d=lambda x: x.reshape(*x.shape[:2], x.shape[2] // 2, 2, -1, 2).mean((3, 5)),
            avg_unpool=lambda g: np.repeat(np.repeat(g, 2, 2), 2, 3) / 4,
            binary_cross_entropy=lambda p, t: -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)),
            binary_cross_entropy_with_logits=lambda z, t: np.mean(np.logaddexp(0, z) - t * z),
            embedding=lambda rows, table: table[rows], indices=None, add_rows=self.add_rows,
            Φ=ndtr, φ=lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi))

    def max_pool2d(self, x):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5))

    def max_unpool(self, g, _):
        n, c, h, w = self.tensors[self.pooled].shape
        windows = self.tensors[self.pooled].reshape(n, c, h // 2, 2, w // 2, 2).swapaxes(3, 4)
        first = np.eye(4)[windows.reshape(n, c, h // 2, w // 2, 4).argmax(-1)] * g[..., None]
        return first.reshape(n, c, h // 2, w // 2, 2, 2).swapaxes(3, 4).reshape(n, c, h, w)

    @staticmethod
    def batch_norm(x, weight, bias):
        middle, spread = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
        return (x - middle) / np.sqrt(spread + 1e-5) * weight[:, None, None] + bias[:, None, None]

    @staticmethod
    def layer_norm(x, weight, bias):
        middle, spread = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return (x - middle) / np.sqrt(spread + 1e-5) * weight + bias

    @staticmethod
    def add_rows(table, rows, values):
        np.add.at(table, rows, values)
        return table

    def value(self, text):
        """What a printed formula comes to."""
        text = text.translate(_BELOW).replace("ᵀ", "~")
        text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda found: f"**{found[0].translate(_ABOVE)}", text)
        text = re.sub(rf"∂\w+/∂({_PATH}|{_PLACE}|\w+)", r"d['\1']", text)
        text = re.sub(r"δ(\d*)", r"d['z\1']", text)
        text = re.sub(rf"(?<!['\w.])({_PATH}|{_PLACE})", r"v['\1']", text)
        text = re.sub(r"\[([^\[\]]+) ([<>≤≥=]) ([^\[\]]+)\]", compared, text)
        text = re.sub(r"\^(\(|\w)", r"**\1", text)
        for sign, code in (("⊙", "*"), ("·", "*"), ("−", "-"), ("~", ".mT"), (" or ", " | ")):
            text = text.replace(sign, code)
        return eval(text, {**self.functions(), "d": self.gradients, "v": self.tensors},
                    {**self.noted, **self.tensors})

    def run(self, line):
        """Compute a line of the forward pass."""
        name, formula = line.translate(_BELOW).split(" = ", 1)
        if formula.startswith("max_pool2d"):
            self.pooled = formula[len("max_pool2d("):-1]
        self.tensors[name] = self.value(formula)
        return self.tensors[name]

    def gradient(self, equation):
        """The gradient that an equation says."""
        formula = re.sub(r"^(δ\S* = )?∂\S+ = ", "", str(equation).splitlines()[0])
        before = dict(self.noted)
        for line in equation.where:
            name, part = line.split(" = ", 1)
            if "′" in name:
                formula = formula.replace(name, f"({part})")
            else:
                self.noted[name] = self.value(part)
                self.tensors.pop(name, None) if name == "y" else None
        found = self.gradients[equation.name] = np.broadcast_to(
            self.value(formula), equation.gradient.shape)
        self.noted = before
        return found
