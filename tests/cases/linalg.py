"""Samples for autograd/ops/linalg.py, einsum.py and embedding.py (a product with one-hot rows); the
answers are naive loops over every index, or NumPy's."""

from itertools import product

import numpy as np

from tests.cases import Case, Spec


def samples(reference, *calls, **options):
    """One sample per tuple of arguments."""
    return [Case(args, reference=reference, **options) for args in calls]


def functional(name):
    """The function of torch.nn.functional."""
    def call(*args, **kwargs):
        from torch.nn import functional
        return getattr(functional, name)(*args, **kwargs)

    return call


def specs(*shapes):
    """Random inputs of these shapes."""
    return tuple(Spec(shape) for shape in shapes)


def loops(terms, out, *operands):
    """Einstein summation by its definition: one loop per index."""
    sizes = {label: n for term, x in zip(terms, operands, strict=True)
             for label, n in zip(term, x.shape, strict=True)}
    result = np.zeros([sizes[label] for label in out])
    for values in product(*(range(n) for n in sizes.values())):
        at = dict(zip(sizes, values, strict=True))
        factors = [x[tuple(at[i] for i in t)] for t, x in zip(terms, operands, strict=True)]
        result[tuple(at[i] for i in out)] += np.prod(factors)
    return result


def summed(equation):
    """A reference that is this sum, whatever the op."""
    left, out = equation.split("->")
    return lambda *operands: loops(left.split(","), out, *operands)


def _einsum(equation, *operands):
    operands = operands[0] if isinstance(operands[0], list) else operands
    if "..." in equation or "->" not in equation:
        return np.einsum(equation, *operands)
    left, out = equation.replace(" ", "").split("->")
    return loops(left.split(","), out, *operands)


EQUATIONS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 2)),
    ("ba,cb", (2, 3), (4, 2)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("iij->j", (2, 2, 3)),
    ("ij->", (2, 3)),
    ("ij -> ji", (2, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("bqhd,bkhd->bhqk", (1, 2, 2, 3), (1, 2, 2, 3)),
    ("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
    ("...i->i...", (2, 2, 3)),
    ("...ii->...i", (2, 3, 3)),
    ("i,i->", (3,), (3,)),
    ("bi,bi->b", (2, 3), (2, 3)),
    ("i,j->ji", (3,), (2,)),
    ("ij,ij->ij", (2, 3), (2, 3)),
    ("iij,jk->ik", (2, 2, 3), (3, 2)),
    ("ij,kl->il", (2, 3), (2, 2)),
    ("ij,jk,kl->il", (2, 2), (2, 3), (3, 2)),
    ("bn,anm,bm->ba", (2, 2), (3, 2, 2), (2, 2)),
    ("i,i,i->i", (3,), (3,), (3,)),
    (",i->i", (), (3,)),
    ("ij,jk->ik", (0, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 3)),
]


def _addmm(input, mat1, mat2, beta=1, alpha=1):
    product = loops(("nk", "km"), "nm", mat1, mat2) * alpha
    return product + beta * input if beta else product


def _baddbmm(input, batch1, batch2, beta=1, alpha=1):
    product = loops(("bnk", "bkm"), "bnm", batch1, batch2) * alpha
    return product + beta * input if beta else product


def added(reference, shapes, extents):
    """Samples of input + product: every shape of the input, and the factors."""
    calls = [Case((Spec(shape), *specs(*extents)), reference=reference) for shape in shapes]
    factors = [dict(beta=2.0, alpha=0.5), dict(alpha=-1), dict(beta=0)]
    return calls + [Case((Spec(shapes[0]), *specs(*extents)), kwargs, reference)
                    for kwargs in factors]


def _linear(input, weight, bias=None):
    result = np.einsum("...i,oi->...o", input, weight)
    return result if bias is None else result + bias


def _embedding(input, weight, padding_idx=None):
    rows = [weight[i] for i in input.reshape(-1)]
    return np.array(rows).reshape(*input.shape, weight.shape[1])


def _embedding_grad(g, input, rows, padding_idx=None):
    table = np.zeros((rows, g.shape[-1]))
    for place in np.ndindex(input.shape):
        if padding_idx is None or input[place] != padding_idx % rows:
            table[input[place]] += g[place]
    return table


def _one_hot(tensor, num_classes=-1):
    return np.eye(tensor.max() + 1 if num_classes == -1 else num_classes, dtype=np.int64)[tensor]


def _select(x, labels, kept):
    return loops([labels], kept, x)


def _select_grad(g, labels, kept, shape):
    result = np.zeros(shape)
    for place in np.ndindex(shape):
        at: dict = {}
        if all(at.setdefault(i, n) == n for i, n in zip(kept, place, strict=True)):
            result[place] = g[tuple(at[i] for i in labels)]
    return result


IDS = np.array([[4, 0, 4], [2, 4, 1]])

CASES = {
    "matmul": [
        *samples(summed("nk,km->nm"), specs((3, 4), (4, 2)), specs((1, 4), (4, 1)),
                 specs((2, 0), (0, 3)), specs((0, 2), (2, 3))),
        *samples(summed("k,k->"), specs((4,), (4,))),
        *samples(summed("nk,k->n"), specs((3, 4), (4,))),
        *samples(summed("k,km->m"), specs((4,), (4, 2))),
        *samples(summed("bnk,km->bnm"), specs((2, 2, 3), (3, 2))),
        *samples(summed("bnk,bkm->bnm"), specs((2, 2, 3), (2, 3, 2))),
        *samples(summed("nk,bkm->bnm"), specs((2, 3), (2, 3, 2))),
        *samples(summed("bnk,k->bn"), specs((2, 2, 3), (3,))),
        *samples(summed("k,bkm->bm"), specs((3,), (2, 3, 2))),
        *samples(np.matmul, specs((2, 1, 2, 3), (2, 3, 2)), specs((1, 2, 3), (2, 3, 2))),
    ],
    "mm": samples(summed("nk,km->nm"), specs((3, 4), (4, 2))),
    "bmm": samples(summed("bnk,bkm->bnm"), specs((2, 2, 3), (2, 3, 2))),
    "mv": samples(summed("nk,k->n"), specs((3, 4), (4,))),
    "dot": samples(summed("k,k->"), specs((4,), (4,))),
    "outer": samples(summed("n,m->nm"), specs((3,), (4,))),
    "addmm": added(_addmm, [(3, 2), (2,), (1,), (), (3, 1)], [(3, 4), (4, 2)]),
    "baddbmm": added(_baddbmm, [(2, 2, 2), (2,), ()], [(2, 2, 3), (2, 3, 2)]),
    "linear": samples(
        _linear, specs((3, 4), (2, 4), (2,)), specs((3, 4), (2, 4)), specs((4,), (3, 4), (3,)),
        specs((2, 2, 3), (2, 3), (2,)), specs((0, 3), (2, 3), (2,)), torch=functional("linear")),
    "tensordot": [
        *samples(np.tensordot, (*specs((2, 3, 2), (3, 2, 2)), 2), (*specs((2,), (3,)), 0),
                 (*specs((2, 3), (3, 2)), 1)),
        *samples(np.tensordot, (*specs((2, 3, 2), (2, 3)), ([1, 2], [1, 0])),
                 (*specs((2, 3), (3, 2)), ([-1], [-2]))),
    ],
    "kron": samples(np.kron, specs((2, 3), (2, 2)), specs((2,), (3,)), specs((2,), (2, 2)),
                    specs((2, 2), ())),
    "trace": samples(np.trace, specs((3, 3)), specs((2, 4)), specs((3, 2))),
    "einsum": [
        *(Case((equation, *specs(*shapes)), reference=_einsum) for equation, *shapes in EQUATIONS),
        Case(("ij,jk->ik", list(specs((2, 3), (3, 2)))), reference=_einsum),
    ],
    "_select": samples(_select, (Spec((2, 3)), (0, 1), (1, 0)), (Spec((2, 3)), (0, 1), (1,)),
                       (Spec((3, 2, 3)), (0, 1, 0), (1, 0)), (Spec((3, 3)), (0, 0), ()),
                       torch=False),
    "_select_grad": samples(_select_grad, (Spec((3, 2)), (1, 0), (0, 1), (2, 3)),
                            (Spec((2,)), (1,), (0, 1, 0), (3, 2, 3)),
                            (Spec(()), (), (0, 0), (3, 3)), torch=False),
    "_contract": [
        Case((*specs((2, 3), (3, 2)), (0, 1), (1, 2), (2, 0)), torch=False,
             reference=lambda a, b, left, right, kept: loops((left, right), kept, a, b)),
        Case((*specs((2, 2, 3), (3, 2, 2)), (3, 0, 1), (1, 3, 2), (0, 3, 2)), torch=False,
             reference=lambda a, b, left, right, kept: loops((left, right), kept, a, b)),
    ],
    "embedding": samples(_embedding, (IDS, Spec((5, 3))), (np.array(2), Spec((3, 2))),
                         (IDS, Spec((5, 3)), 3), (IDS, Spec((5, 3)), -2),
                         (np.zeros((0,), int), Spec((2, 3))), torch=functional("embedding")),
    "embedding_grad": samples(_embedding_grad, (Spec((2, 3, 2)), IDS, 6),
                              (Spec((2, 3, 2)), IDS, 5, 4), (Spec((2, 3, 2)), IDS, 5, -1),
                              torch=False),
    "one_hot": samples(_one_hot, (IDS,), (IDS, 7), (np.array(2), 3), order=0,
                       torch=functional("one_hot")),
}
