"""Ops that few programs use: places, statistics, products and linear algebra."""

import numpy as np

from .case import Group, normal
from .elementwise import MATRICES
from .shapes import inputs


def more(m: int, n: int) -> dict:
    def far_apart(rng):
        values = np.diag(np.arange(2, 34, dtype=np.float32))
        return values + rng.uniform(-0.1, 0.1, (32, 32)).astype(np.float32)

    return {**inputs(m, n), "s": far_apart, "some": lambda rng: rng.permutation(m),
            "target": normal(m, n)}


RARE_SHAPES = Group(MATRICES, more, both={
    # views
    "ravel": ("x.ravel()", "x.t().ravel()"),
    "broadcast_tensors": "t.broadcast_tensors(x, row)[1]",
    "atleast_1d": "t.atleast_1d(row)", "atleast_2d": "t.atleast_2d(row)",
    "atleast_3d": "t.atleast_3d(x)", "hsplit": "t.hsplit(x, [2])[0]",
    "vsplit": "t.vsplit(x, [2])[0]", "dsplit": "t.dsplit(x[:, :, None], [1])[0]",
    "as_strided as_strided_view as_strided_grad": "x.as_strided((m, n - 1), (n, 1))",
    # copies
    "column_stack": "t.column_stack([x, column])", "row_stack": "t.row_stack([x, row])",
    "fliplr": "t.fliplr(x)", "flipud": "t.flipud(x)", "narrow_copy": "x.narrow_copy(0, 1, 2)",
    "diag_embed": "t.diag_embed(x[:4])", "diagflat": "t.diagflat(row)",
    "block_diag join_blocks": "t.block_diag(x, y)",
    "cartesian_prod": "t.cartesian_prod(row, row[:8])", "combinations": "t.combinations(row[:16])",
    "alias_copy": "t.alias_copy(x)", "as_strided_copy": "t.as_strided_copy(x, (m, n), (n, 1))",
    "diagonal_copy": "t.diagonal_copy(x)", "expand_copy": "t.expand_copy(row, (m, n))",
    "permute_copy": "t.permute_copy(x, (1, 0))", "select_copy": "t.select_copy(x, 0, 1)",
    "slice_copy": "t.slice_copy(x, 0, 1, 3)", "squeeze_copy": "t.squeeze_copy(x[None])",
    "split_copy": "t.split_copy(x, 2)[0]",
    "split_with_sizes": "t.split_with_sizes(x, [1, m - 1])[1]",
    "split_with_sizes_copy": "t.split_with_sizes_copy(x, [1, m - 1])[1]",
    "t_copy": "t.t_copy(x)", "transpose_copy": "t.transpose_copy(x, 0, 1)",
    "unbind_copy": "t.unbind_copy(x)[0]", "unfold_copy": "t.unfold_copy(x, 1, 2, 2)",
    "unsqueeze_copy": "t.unsqueeze_copy(x, 0)", "view_copy": "t.view_copy(x, (n, m))",
    "unsafe_chunk": "t.unsafe_chunk(x, 2)[0]", "unsafe_split": "t.unsafe_split(x, 2)[0]",
    "unsafe_split_with_sizes": "t.unsafe_split_with_sizes(x, [1, m - 1])[1]",
    # activations in place
    **{name: f"F.{name}(x.clone())" for name in (
        "celu_", "elu_", "hardtanh_", "leaky_relu_", "relu_", "selu_")},
    "threshold_": "F.threshold_(x.clone(), 0.1, 0.2)",
    # picked and written elements
    "take": "t.take(x, i)", "put": "x.put(rows, row.sum() * column[:, 0], True)",
    "index_copy": "t.index_copy(x, 0, some, y)", "masked_scatter": "t.masked_scatter(x, mask, y)",
    "select_scatter": "t.select_scatter(x, row, 0, 1)",
    "slice_scatter": "t.slice_scatter(x, y[:2], 0, 1, 3)",
    "diagonal_scatter put_diagonal": "t.diagonal_scatter(x, x.diagonal())",
    "as_strided_scatter put_strided": "t.as_strided_scatter(target, row, (n,), (1,))",
    "fill_diagonal": "x.clone().fill_diagonal_(0.5)",
    "scatter_reduce scatter_extreme scatter_prod": (
        "t.scatter_reduce(x, 1, i, y, 'amax')", "t.scatter_reduce(x, 1, i, y, 'mean')",
        "t.scatter_reduce(x, 1, i, y, 'prod')"),
    # statistics
    "aminmax": "t.aminmax(x, dim=1).max", "std_mean": "t.std_mean(x, 1)[0]", "cov": "t.cov(x[:50])",
    "corrcoef": "t.corrcoef(x[:50])", "diff": "t.diff(x)", "trapezoid": "t.trapezoid(x)",
    "trapz": "t.trapz(x, dx=0.5)", "cumulative_trapezoid": "t.cumulative_trapezoid(x)",
    "gradient": "t.gradient(x)[0]", "nansum _nansum": "t.nansum(x, 1)",
    "nanmean": "t.nanmean(x, 1)", "nanmedian": "t.nanmedian(x, 1).values",
    "mode": "t.mode(x, 1).values",
    "quantile": "t.quantile(x, 0.3, 1)", "nanquantile": "t.nanquantile(x, 0.3, 1)",
    "cummax": "t.cummax(x, 1).values", "cummin": "t.cummin(x, 1).values",
    "logcumsumexp": "t.logcumsumexp(x, 1)", "msort": "t.msort(x)",
    # distances and products
    "dist": "t.dist(x, y)", "renorm": "t.renorm(x, 2, 0, 1.0)",
    "cdist euclidean": "t.cdist(x[:64], y[:64])", "pdist": "F.pdist(x[:64])",
    "inner": "t.inner(row, x)", "vdot": "t.vdot(row, row)",
    "cross": "t.cross(x[:, :3], y[:, :3], 1)",
    "linalg_cross": "t.linalg.cross(x[:, :3], y[:, :3])",
    "addr": "t.addr(x, column[:, 0], row)", "addmv": "t.addmv(column[:, 0], x, row)",
    "addbmm": "t.addbmm(x, column[None], row[None, None])",
    "multi_dot": "t.linalg.multi_dot([x, y.t(), x])",
    "chain_matmul": "t.chain_matmul(x, y.t(), x)",
    # linear algebra
    "inverse": "t.inverse(s)", "inv": "t.linalg.inv(s)",
    "solve solve_matrices": "t.linalg.solve(s, s[0])",
    "solve_triangular": "t.linalg.solve_triangular(s, s[:, :2], upper=True)",
    "det determinant cofactor": "t.det(s)", "slogdet log_abs_det": "t.slogdet(s)[1]",
    "logdet": "t.logdet(s)", "pinv pinv_of": "t.linalg.pinv(x)", "pinverse": "t.pinverse(x)",
    "lstsq": "t.linalg.lstsq(s, s[:, :2])[0]",
    "tensorinv": "t.linalg.tensorinv(s[:8, :8].reshape(2, 4, 8))",
    "tensorsolve": "t.linalg.tensorsolve(s, s[0])",
    "cholesky cholesky_factor": "t.cholesky(s @ s.t())",
    "linalg_cholesky": "t.linalg.cholesky(s @ s.t())",
    "cholesky_ex": "t.linalg.cholesky_ex(s @ s.t())[0]",
    "qr": "t.qr(s)[1]", "linalg_qr qr_parts": "t.linalg.qr(s)[0]",
    "svd": "t.svd(s)[1]", "linalg_svd svd_parts complement": "t.linalg.svd(s)[0]",
    "svdvals": "t.linalg.svdvals(x)", "eigh eigh_parts": "t.linalg.eigh(s + s.t())[1]",
    "eigvalsh": "t.linalg.eigvalsh(s + s.t())",
    "inv_ex": "t.linalg.inv_ex(s)[0]", "solve_ex": "t.linalg.solve_ex(s, s[0])[0]",
    "cholesky_solve": "t.cholesky_solve(s[:, :2], s.tril())",
    "cholesky_inverse": "t.cholesky_inverse(s.tril())",
    "lu_factor lu_parts": "t.linalg.lu_factor(s)[0]",
    "lu_factor_ex first_zero": "t.linalg.lu_factor_ex(s)[0]",
    "linalg_lu lu_unpack permutation": "t.linalg.lu(s)[2]",
    "linalg_lu_solve": "t.linalg.lu_solve(*t.linalg.lu_factor(s), s[:, :2])",
    "matrix_exp exponential": "t.matrix_exp(s)", "matrix_power": "t.matrix_power(s, 3)",
    "vector_norm": "t.linalg.vector_norm(x, 3, 1)", "matrix_norm": "t.linalg.matrix_norm(x, 2)",
    "linalg_norm": "t.linalg.norm(x)", "cond": "t.linalg.cond(s)",
    "vecdot": "t.linalg.vecdot(x, y)",
    "linalg_vander": "t.linalg.vander(row, N=4)", "linalg_diagonal": "t.linalg.diagonal(x)",
    "index_reduce": "t.index_reduce(x, 0, rows, y, 'amax')",
}, forward={
    "detach_copy": "t.detach_copy(x)", "matrix_rank": "t.linalg.matrix_rank(x)",
    "vander": "t.vander(row, 4)",
    "count_nonzero": "t.count_nonzero(mask, 1)", "bincount": "t.bincount(rows)",
    "bucketize": "t.bucketize(x, row.sort()[0])",
    "searchsorted": "t.searchsorted(row.sort()[0], x)", "histc": "t.histc(x, 20)",
    "histogram": "t.histogram(row, 20)[0]", "isin": "t.isin(i, rows)", "unique": "t.unique(i)",
    "unique_consecutive": "t.unique_consecutive(i)",
})
