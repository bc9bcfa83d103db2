"""Sums, orders, softmax, and products of matrices."""

from .case import Group, normal, uniform, weight
from .elementwise import MATRICES


def inputs(m: int, n: int) -> dict:
    k = min(n, 256)
    return {
        "x": normal(m, n), "y": normal(m, n), "z": normal(m, k), "p": uniform(0.95, 1.05, m, n),
        "row": normal(n), "column": normal(m), "w": weight(k, n), "b": normal(k),
        "scale": normal(n),
        "w2": weight(4, min(n, 64), min(n, 64)), "x1": normal(m, min(n, 64)),
        "x2": normal(m, min(n, 64)), "few": normal(3, 5),
    }


REDUCTIONS = Group(MATRICES, inputs, both={
    "sum": ("x.sum()", "x.sum(0)", "x.sum(1)", "x.sum(1, keepdim=True)"),
    "mean": ("x.mean()", "x.mean(0)", "x.mean(1)"),
    "var _var": ("x.var()", "x.var(0)", "x.var(1)"),
    "std _std": ("x.std()", "x.std(0)", "x.std(1)"),
    "var_mean": "t.var_mean(x, 1)",
    "norm _norm nuclear orthogonal": (
        "x.norm()", "x.norm(dim=1)", "x.norm(dim=0)", "x.norm(1, dim=1)",
        "x.norm(float('inf'), dim=1)", "few.norm('nuc')"),
    "prod _prod": ("p.prod()", "p.prod(0)", "p.prod(1)"),
    "logsumexp": ("t.logsumexp(x, 1)", "t.logsumexp(x, 0)"),
    "amax": ("x.amax()", "x.amax(0)", "x.amax(1)"), "amin": ("x.amin(0)", "x.amin(1)"),
    "max max_dim": ("x.max()", "x.max(0)", "x.max(1)"), "min min_dim": ("x.min()", "x.min(1)"),
    "median median_dim median_all": ("x.median()", "x.median(0)", "x.median(1)"),
    "sort placed": ("t.sort(x)", "t.sort(x, 0)", "t.sort(x, 1, descending=True)"),
    "topk": ("t.topk(x, 5)", "t.topk(x, 3, largest=False)", "t.topk(x, 2, 0)"),
    "kthvalue": "t.kthvalue(x, 2)",
    "cumsum cumsum_back": ("t.cumsum(x, 1)", "t.cumsum(x, 0)"),
    "cumprod": ("t.cumprod(p, 1)", "t.cumprod(p, 0)"),
    "softmax softmax_grad": ("F.softmax(x, 1)", "F.softmax(x, 0)"),
    "log_softmax log_softmax_grad": ("F.log_softmax(x, 1)", "F.log_softmax(x, 0)"),
    "softmin": "F.softmin(x, 1)", "normalize": ("F.normalize(x)", "F.normalize(x, dim=0)"),
    "cosine_similarity": "F.cosine_similarity(x, y)",
    "pairwise_distance": "F.pairwise_distance(x, y)",
    "layer_norm _standardize standardize_grad": (
        "F.layer_norm(x, (x.shape[1],))", "F.layer_norm(x, (x.shape[1],), row, scale)"),
    "rms_norm": "F.rms_norm(x, (x.shape[1],), row)",
    "batch_norm": "F.batch_norm(x, None, None, row, scale, training=True)",
    "matmul": ("x @ w.t()", "x.t() @ y"), "mm": "t.mm(x, w.t())", "mv": "t.mv(x, row)",
    "dot": "t.dot(row, scale)", "addmm": "t.addmm(b, x, w.t())", "linear": "F.linear(x, w, b)",
    "einsum _contract _select _select_grad": (
        "t.einsum('ij,kj->ik', x, w)", "t.einsum('ij,ij->i', x, y)", "t.einsum('ij->ji', x)",
        "t.einsum('i,ij,j->', column, x, row)"),
    "tensordot": "t.tensordot(x, z, dims=([0], [0]))", "kron": "t.kron(few, x1)",
    "trace": "t.trace(x)", "bilinear": "F.bilinear(x1, x2, w2)",
    "chain": ("(x * y + row).tanh().sum()", "((x - x.mean(1, keepdim=True)) ** 2).mean()",
              "t.exp(-(x ** 2) / 2).sum(1)"),
}, forward={
    "any": ("(x > 2).any()", "(x > 2).any(1)"), "all": ("(x > -9).all()", "(x > -9).all(0)"),
    "argmax": ("x.argmax()", "x.argmax(0)", "x.argmax(1)"), "argmin": ("x.argmin()", "x.argmin(1)"),
    "argsort": ("t.argsort(x)", "t.argsort(x, 0)"),
})


def cubes(b: int, m: int, n: int) -> dict:
    return {"x": normal(b, m, n), "y": normal(b, n, m), "z": normal(b, m, m), "w": weight(n, n),
            "s": normal(m, m)}


CUBES = Group(((2, 3, 5), (16, 33, 47), (64, 128, 96)), cubes, both={
    "bmm": ("t.bmm(x, y)", "t.bmm(x, x.transpose(1, 2))"), "matmul": ("x @ y", "x @ w"),
    "baddbmm": "t.baddbmm(z, x, y)", "einsum": ("t.einsum('bij,bjk->bik', x, y)",
                                                "t.einsum('bij,bkj->bik', x, x)"),
    "sum": ("x.sum(1)", "x.sum((0, 2))", "x.sum((0, 1))"), "mean": "x.mean((1, 2))",
    "amax": "x.amax(1)", "var": "x.var((0, 2))", "softmax": "F.softmax(x, 1)",
    "logsumexp": "t.logsumexp(x, 1)", "cumsum": "t.cumsum(x, 1)",
    "permute": ("x.permute(1, 0, 2).contiguous()", "x.permute(2, 0, 1).contiguous()",
                "x.permute(0, 2, 1).reshape(x.shape[0], -1)"),
    "add": "x + x.transpose(1, 2).contiguous().transpose(1, 2)", "cat": "t.cat([x, x], 1)",
    "layer_norm": "F.layer_norm(x, x.shape[1:])", "attention-by-hand":
        "F.softmax(x @ y / 8.0 + t.triu(s, 1) * 0.1, -1) @ x",
})
