"""Ops that move elements, pick them, or make them."""

from .case import Group, booleans, integers, normal, orders
from .elementwise import MATRICES


def inputs(m: int, n: int) -> dict:
    return {
        "x": normal(m, n), "y": normal(m, n), "row": normal(n), "column": normal(m, 1),
        "mask": booleans(m, n), "row_mask": booleans(m),
        "i": integers(n, m, n), "j": integers(m, m, n), "rows": integers(m, m),
        "columns": integers(n, n), "hundred": integers(m, 100),
        "label": integers(n, m), "order": orders(m, n), "tokens": integers(m, 8, 25),
        "m": lambda rng: m, "n": lambda rng: n,
    }


SHAPES = Group(MATRICES, inputs, both={
    # views
    "reshape": ("x.reshape(-1)", "x.t().reshape(-1)"), "view": "x.view(-1)",
    "view_as": "x.view_as(y)", "reshape_as": "x.reshape_as(y)", "flatten": "x.flatten()",
    "unflatten": "x.unflatten(1, (-1, 1))", "squeeze": "column.squeeze(1)",
    "unsqueeze": "x.unsqueeze(0)", "transpose": "x.transpose(0, 1)", "swapaxes": "x.swapaxes(0, 1)",
    "movedim": "x.movedim(0, 1)", "permute": "x.permute(1, 0)", "t": "x.t()",
    "expand": "row.expand(m, n)", "expand_as": "row.expand_as(x)",
    "broadcast_to": "t.broadcast_to(column, (m, n))", "diagonal diagonal_grad": "t.diagonal(x)",
    "diag": ("t.diag(x)", "t.diag(row)"), "unfold unfold_grad": "x.unfold(1, 3, 2)",
    "select": "x.select(1, 2)", "narrow": "x.narrow(0, 1, 2)", "unbind": "t.unbind(x[:3])",
    "split": "t.split(x, 2, 1)[0]", "chunk": ("t.chunk(x, 2)", "t.chunk(x, 2, 1)"),
    "tensor_split": "t.tensor_split(x, 2, 1)", "sum_to_size": "x.sum_to_size(1, n)",
    # copies
    "contiguous": ("x.t().contiguous()", "x.contiguous()"), "cat": (
        "t.cat([x, y])", "t.cat([x, y], 1)", "t.cat([x, column, y], 1)"),
    "concat": "t.concat([x, y])", "concatenate": "t.concatenate([x, y], 1)",
    "stack": ("t.stack([x, y])", "t.stack([x, y], 1)", "t.stack([x, y], 2)"),
    "hstack": "t.hstack([x, y])", "vstack": "t.vstack([x, y])", "dstack": "t.dstack([x, y])",
    "flip": ("t.flip(x, [1])", "t.flip(x, [0])", "t.flip(x, [0, 1])"),
    "roll": ("t.roll(x, 2, 1)", "t.roll(x, 1, 0)", "t.roll(x, 3)"), "rot90": "t.rot90(x)",
    "repeat": ("x.repeat(2, 1)", "x.repeat(1, 3)", "row.repeat(m, 1)"), "tile": "t.tile(x, (2, 2))",
    "repeat_interleave": ("x.repeat_interleave(2, 0)", "x.repeat_interleave(2, 1)"),
    "tril": "t.tril(x)", "triu": "t.triu(x, 1)",
    "pad constant_pad": ("F.pad(x, (1, 2))", "F.pad(x, (1, 1, 2, 2), value=1.0)"),
    # picked elements
    "getitem getitem_grad": ("x[1]", "x[:, 1]", "x[1:, :3]", "x[::2]", "x[:, ::2]", "x[..., None]"),
    "rows select_rows sum_rows": ("x[rows]", "x[:, columns]", "x[hundred]"),
    "pairs": "x[rows, label]", "mask": ("x[mask]", "x[row_mask]"),
    "masked_select": "t.masked_select(x, mask)",
    "index_select": ("t.index_select(x, 0, rows)", "t.index_select(x, 1, columns)"),
    "gather gather_along": ("t.gather(x, 1, i)", "t.gather(x, 0, j)"),
    "take_along_dim": "t.take_along_dim(x, i, 1)",
    "embedding embedding_grad": ("F.embedding(rows, x)", "F.embedding(tokens, x)"),
    "embedding_bag": "F.embedding_bag(tokens, x)",
    "shared_by_index": "F.embedding(tokens, x, scale_grad_by_freq=True)",
    # written elements
    "scatter scatter_along": ("t.scatter(x, 1, order, y)",
                              "x.scatter(1, i, 0.5)"),
    "scatter_add scatter_sum scatter_add_along scatter_src_grad": (
        "t.scatter_add(x, 1, i, y)", "t.scatter_add(x, 0, j, y)"),
    "index_add add_rows": ("t.index_add(x, 0, rows, y)", "t.index_add(x, 1, columns, y)"),
    "index_put put_at add_at": (
        "x.index_put((rows, label), row.sum() * column[:, 0], accumulate=True)",
                         "x.index_put((t.tensor([0, 1]),), y[:2])"),
    "index_fill": ("x.index_fill(0, hundred, 0.5)", "x.index_fill(1, columns, 0.5)"),
}, forward={
    "cpu": "x.cpu()", "argwhere": "t.argwhere(mask)",
    "nonzero": ("t.nonzero(mask)", "t.nonzero(mask, as_tuple=True)"),
    "one_hot": "F.one_hot(label, n)",
    # made
    "zeros": "t.zeros(m, n)", "ones": "t.ones(m, n)", "full": "t.full((m, n), 0.5)",
    "empty": "t.empty(m, n)", "eye": "t.eye(m)", "arange": "t.arange(m * n)",
    "linspace": "t.linspace(0.0, 1.0, m * n)", "logspace": "t.logspace(0.0, 1.0, m * n)",
    "zeros_like": "t.zeros_like(x)", "ones_like": "t.ones_like(x)",
    "full_like": "t.full_like(x, 2.0)",
    "empty_like": "t.empty_like(x)", "rand": "t.rand(m, n)", "randn": "t.randn(m, n)",
    "rand_like": "t.rand_like(x)", "randn_like": "t.randn_like(x)",
    "randint": "t.randint(0, 10, (m, n))", "randint_like": "t.randint_like(x, 10)",
    "randperm": "t.randperm(m * n)", "bernoulli": "t.bernoulli(t.full((m, n), 0.3))",
    "normal": "t.normal(0.0, 1.0, (m, n))", "multinomial": "t.multinomial(x.abs(), 2)",
    "meshgrid": "t.meshgrid(row, column[:, 0], indexing='ij')",
    "from_numpy": "x.detach().numpy()", "tolist": "row.tolist()", "item": "row[0].item()",
})
