"""Methods of Tensor whose ops are declared when they are first asked for.

They are those that few programs use. The functions of the same modules stand in the table of
`autograd/__init__.py`; NumPy's names for them find them through `ops.load_all`.
"""

from __future__ import annotations

from .lazy import Awaited
from .tensors import Tensor

METHODS = {
    "arrange": "dsplit fliplr flipud hsplit moveaxis narrow_copy ravel swapdims vsplit",
    "blocks": "diag_embed diagflat",
    "counting": "bincount histc histogram msort unique unique_consecutive",
    "cumulative": "cummax cummin logcumsumexp",
    "decompose": "cholesky qr svd",
    "distance": "dist renorm renorm_",
    "hyperbolic": "acosh acosh_ asinh asinh_ atanh atanh_",
    "inverse": "det inverse logdet pinverse slogdet",
    "matrix_functions": "matrix_exp matrix_power",
    "memory": "as_strided as_strided_ resize_ squeeze_ swapaxes_ swapdims_ t_ transpose_ "
              "unsqueeze_",
    "place": "diagonal_scatter fill_diagonal_ index_copy index_copy_ masked_scatter "
             "masked_scatter_ put put_ select_scatter slice_scatter take",
    "products": "addbmm addbmm_ addmv addmv_ addr addr_ cross inner vdot",
    "quantiles": "mode nanmean nanmedian nanquantile nansum quantile",
    "scatter_reduce": "index_reduce index_reduce_ scatter_reduce scatter_reduce_",
    "statistics": "aminmax corrcoef count_nonzero cov diff",
}

for _module, _names in METHODS.items():
    for _name in _names.split():
        setattr(Tensor, _name, Awaited(Tensor, _name, f"autograd.ops.{_module}"))
