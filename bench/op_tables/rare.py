"""Ops that few programs use."""

from .case import Group
from .elementwise import MATRICES
from .shapes import inputs

RARE = Group(MATRICES, inputs, both={
    "acosh": "t.acosh(x.exp() + 1)", "asinh": "t.asinh(x)", "atanh": "t.atanh(x.tanh())",
    # views
    "ravel": ("x.ravel()", "x.t().ravel()"), "swapdims": "x.swapdims(0, 1)",
    "moveaxis": "x.moveaxis(0, 1)", "broadcast_tensors": "t.broadcast_tensors(x, row)[1]",
    "atleast_1d": "t.atleast_1d(row)", "atleast_2d": "t.atleast_2d(row)",
    "atleast_3d": "t.atleast_3d(x)", "hsplit": "t.hsplit(x, [2])[0]",
    "vsplit": "t.vsplit(x, [2])[0]", "dsplit": "t.dsplit(x[:, :, None], [1])[0]",
    "as_strided as_strided_view as_strided_grad": "x.as_strided((m, n - 1), (n, 1))",
    # copies
    "column_stack": "t.column_stack([x, column])", "row_stack": "t.row_stack([x, row])",
    "fliplr": "t.fliplr(x)", "flipud": "t.flipud(x)", "narrow_copy": "x.narrow_copy(0, 1, 2)",
    "diag_embed": "t.diag_embed(x[:4])", "diagflat": "t.diagflat(row)",
    "block_diag": "t.block_diag(x, y)", "cartesian_prod": "t.cartesian_prod(row, row[:8])",
    "combinations": "t.combinations(row[:16])", "vander": "t.linalg.vander(row, N=4)",
    # picked and written elements
    "take": "t.take(x, i)", "put": "x.put(rows, row.sum() * column[:, 0], True)",
    "index_copy": "t.index_copy(x, 0, rows, y)", "masked_scatter": "t.masked_scatter(x, mask, y)",
    "select_scatter": "t.select_scatter(x, row, 0, 1)",
    "slice_scatter": "t.slice_scatter(x, y[:2], 0, 1, 3)",
    "diagonal_scatter": "t.diagonal_scatter(x, x.diagonal())",
    "fill_diagonal": "x.clone().fill_diagonal_(0.5)",
    "scatter_reduce scatter_extreme": ("t.scatter_reduce(x, 1, i, y, 'amax')",
                                       "t.scatter_reduce(x, 1, i, y, 'mean')",
                                       "t.scatter_reduce(x, 1, i, y, 'prod')"),
    "index_reduce": "t.index_reduce(x, 0, rows, y, 'amax')",
})
