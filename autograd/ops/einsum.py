"""Einstein summation, as products of pairs that run as matrix products."""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from .. import kernels
from ..errors import describe
from ..gate import multiplied, total
from ..kernels.rounding import rounded_once
from ..kernels.thresholds import LEAST
from ..record import composite, op
from ..tensors import Tensor
from .shape import reshape

_ELLIPSIS = "."  # in a list of indices: the dimensions that `...` stands for


@composite(method=False)
def einsum(equation, *operands):
    """Sum of products over named indices: `einsum("ik,kj->ij", a, b)` is a @ b.

    An index that the result lacks is summed over; one that stands twice in an operand takes the
    diagonal; `...` stands for the other dimensions, which broadcast.  Without `->`, the result has
    the indices that occur once, in alphabetical order, after those of `...`.  The operands are
    multiplied from the left to the right.
    Raises: ValueError for an equation that is malformed, RuntimeError for sizes that differ.

    >>> autograd.einsum("ij,j->i", autograd.ones(2, 3), autograd.tensor([1., 2., 3.]))
    tensor([6., 6.])
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    _check_operands(equation, operands)
    read, wanted, sizes = _read(equation, tuple([tuple(x.shape) for x in operands]))
    pending = [(labels, x if shape is None else reshape(x, shape))
               for (labels, shape), x in zip(read, operands, strict=True)]
    return _contract_all(pending, wanted, sizes)


@lru_cache(512)
def _read(equation: str, shapes: tuple) -> tuple[list, list, list]:
    """For operands of these shapes: the numbers of each one's indices and another shape or None,
    the numbers of the result's indices, and the size of each number."""
    terms, result = _parse(equation, [len(shape) for shape in shapes])
    sizes = _sizes(equation, terms, shapes)
    numbers = {label: i for i, label in enumerate(sizes)}
    read: list = []
    for term, shape in zip(terms, shapes, strict=True):
        wide = [label for label, n in zip(term, shape, strict=True) if n == sizes[label]]
        kept = [i for i, label in enumerate(term) if label in wide]
        # size 1 against more: as if the operand had no such index
        other = None if len(kept) == len(term) else [shape[i] for i in kept]
        read.append(([numbers[term[i]] for i in kept], other))
    return read, [numbers[label] for label in result], list(sizes.values())


def _contract_all(pending: list, wanted: list, sizes: list):
    """Multiply the operands, pairs of indices and tensor, one after the other."""
    labels, x = pending[0]
    for position in range(1, len(pending)):
        term, y = pending[position]
        needed = set(wanted).union(*(other for other, _ in pending[position + 1:]))
        labels, x = _reduced(labels, x, needed.union(term))
        term, y = _reduced(term, y, needed.union(labels))
        kept = [i for i in dict.fromkeys((*labels, *term)) if i in needed]
        if set(kept) == set(wanted):
            kept = wanted
        labels, x = kept, _contract(x, y, tuple(labels), tuple(term), tuple(kept))
    present = tuple(i for i in wanted if i in labels)
    if present != tuple(labels):
        x = _select(x, tuple(labels), present)
    if len(present) != len(wanted):  # every operand had size 1 there
        x = reshape(x, [sizes[i] for i in wanted])
    return x


def _reduced(labels: list, x, needed: set):
    """The operand with its diagonals taken and what nobody needs summed over."""
    kept = [i for i in dict.fromkeys(labels) if i in needed]
    return kept, x if kept == labels else _select(x, tuple(labels), tuple(kept))


def _check_operands(equation, operands: tuple) -> None:
    if not isinstance(equation, str):
        raise TypeError("einsum: the first argument must be the equation, such as 'ij,jk->ik', got "
                        f"{describe(equation)}")
    for i, x in enumerate(operands):
        if not isinstance(x, (Tensor, np.ndarray)):
            raise TypeError(f"einsum: operand {i} must be a Tensor, got {describe(x)}")
    if len({x.dtype for x in operands}) > 1:
        dtypes = ", ".join([str(x.dtype) for x in operands])
        raise RuntimeError(f"einsum: the operands have dtypes {dtypes}, which do not mix; convert "
                           "with .to(dtype)")


def _parse(equation: str, ndims: list[int]) -> tuple[list[list], list]:
    """The indices of each operand and of the result; those of an ellipsis are numbers, counted
    from the last."""
    text = equation.replace(" ", "").replace("...", _ELLIPSIS)
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    bad = [c for c in left + right if not (c.isascii() and c.isalpha() or c in _ELLIPSIS + ",")]
    if bad or "," in right or any(t.count(_ELLIPSIS) > 1 for t in (*terms, right)):
        raise ValueError(f"einsum: {equation!r} is malformed; letters, one '...' per operand, ',' "
                         "between operands and one '->' are allowed")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum: {equation!r} names {len(terms)} operands, got {len(ndims)}")
    expanded = [_expand(equation, i, term, ndim)
                for i, (term, ndim) in enumerate(zip(terms, ndims, strict=True))]
    dots = sorted({label for term in expanded for label in term if isinstance(label, int)},
                  reverse=True)
    if not arrow:
        letters = [c for c in left if c.isalpha()]
        return expanded, dots + sorted(c for c in letters if letters.count(c) == 1)
    if len(set(right)) != len(right) or set(right) - set(left) - {_ELLIPSIS}:
        raise ValueError(f"einsum: the result of {equation!r} may name an index of the operands "
                         "once, and no other")
    return expanded, [label for c in right for label in (dots if c == _ELLIPSIS else [c])]


def _expand(equation: str, position: int, term: str, ndim: int) -> list:
    """The indices of one operand, its ellipsis as numbers."""
    hidden = ndim - len(term.replace(_ELLIPSIS, ""))
    if hidden < 0 or (hidden and _ELLIPSIS not in term):
        raise ValueError(f"einsum: operand {position} has {ndim} dimensions, but {equation!r} "
                         f"names {ndim - hidden} for it")
    return [label for c in term
            for label in (range(hidden - 1, -1, -1) if c == _ELLIPSIS else [c])]


def _sizes(equation: str, terms: list[list], shapes: tuple) -> dict:
    """The size of each index: 1 gives way to any other."""
    sizes: dict = {}
    for position, (term, shape) in enumerate(zip(terms, shapes, strict=True)):
        own: dict = {}
        for label, n in zip(term, shape, strict=True):
            name = "the '...'" if isinstance(label, int) else repr(label)
            held = sizes.setdefault(label, n)
            if own.setdefault(label, n) != n or (held != n and 1 not in (held, n)):
                raise RuntimeError(
                    f"einsum: in {equation!r}, index {name} has size {n} in operand {position} "
                    f"{shape} but {held if own[label] == n else own[label]} elsewhere")
            sizes[label] = n if held == 1 else held
    return sizes


@op(method=False, view=True, vjp=dict(
    input=lambda g, input_shape, labels, kept: _select_grad(g, kept, labels, input_shape)))
def _select(input, /, labels, kept):
    """Diagonals over repeated labels, sums over those that `kept` lacks, the rest in its order."""
    distinct = list(dict.fromkeys(labels))
    found = input if len(distinct) == len(labels) else np.einsum(input, list(labels), distinct)
    summed = tuple(i for i, label in enumerate(distinct) if label not in kept)
    if summed:
        found = total(found, summed, False)
    left = [label for label in distinct if label in kept]
    return np.asarray(found).transpose([left.index(label) for label in kept])


@op(method=False, vjp=dict(
    g=lambda g_out, labels, kept: _select(g_out, kept, labels)))
def _select_grad(g, /, labels, kept, shape):
    """Zeros of `shape`, labelled `kept`, with g, labelled `labels`, at what `_select` read."""
    zeros = np.zeros(shape, g.dtype)
    distinct = list(dict.fromkeys(kept))
    read = np.einsum(zeros, list(kept), [*labels, *(i for i in distinct if i not in labels)])
    read[...] = g.reshape(g.shape + (1,) * (read.ndim - g.ndim))
    return zeros


_product = rounded_once(np.einsum)


@op(method=False, vjp=dict(
    input=lambda g, other, left, right, kept: _contract(g, other, kept, right, left),
    other=lambda g, input, left, right, kept: _contract(g, input, kept, left, right)))
def _contract(input, other, /, left, right, kept):
    """The product of two operands with the labels `left` and `right`, none of which repeats or
    stands in one of the three only: as matrices where something is summed over."""
    summed, shared, apart, first, second, shape, order = _planned(
        left, right, kept, input.shape, other.shape)
    if not summed or not apart and (shared or input.size < LEAST["sum_over"]):
        return _product(input, list(left), other, list(right), list(kept))
    a, b = [x.transpose(way).reshape(sizes)
            for x, (way, sizes) in ((input, first), (other, second))]
    product = kernels.bmm(a, b) if shared else multiplied(a[0], b[0])
    return product.reshape(shape).transpose(order)


@lru_cache(512)
def _planned(left: tuple, right: tuple, kept: tuple, shape: tuple, wide: tuple) -> tuple:
    """Whether labels are summed, shared and in one operand only; the orders and shapes in which
    the operands of these shapes are batches of matrices; the shape of their product and the order
    of its dimensions."""
    summed = [i for i in left if i in right and i not in kept]
    shared = [i for i in left if i in right and i in kept]
    of_left = [i for i in left if i not in right]
    of_right = [i for i in right if i not in left]
    sizes = {**dict(zip(left, shape, strict=True)), **dict(zip(right, wide, strict=True))}
    order = shared + of_left + of_right
    return (bool(summed), bool(shared), bool(of_left or of_right),
            _matrices(left, (shared, of_left, summed), sizes),
            _matrices(right, (shared, summed, of_right), sizes),
            [sizes[i] for i in order], [order.index(i) for i in kept])


def _matrices(labels: tuple, groups: tuple, sizes: dict) -> tuple[list, list]:
    """The order of dimensions, and the shape, with each group of labels as one dimension."""
    return ([labels.index(i) for group in groups for i in group],
            [prod(sizes[i] for i in group) for group in groups])
