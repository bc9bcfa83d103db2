"""Methods of Tensor whose ops are declared when they are first asked for.

They are those that few programs use. The functions of the same modules stand in the table of
`autograd/__init__.py`; NumPy's names for them find them through `ops.load_all`.
"""

from __future__ import annotations

from .absent import NAMES
from .lazy import Awaited
from .refused import Absent
from .tensors import Tensor

METHODS = {
    "second_names":
        "absolute absolute_ arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh "
        "arcsinh_ arctan arctan_ arctan2 arctan2_ arctanh arctanh_ clip clip_ divide "
        "divide_ fix fix_ ger greater greater_ greater_equal greater_equal_ less less_ "
        "less_equal less_equal_ moveaxis multiply multiply_ negative negative_ "
        "not_equal not_equal_ sgn sgn_ subtract subtract_ swapdims swapdims_",
    "bessel": "i0 i0_ sinc sinc_",
    "gamma": "digamma digamma_ igamma igamma_ igammac igammac_ lgamma lgamma_ mvlgamma mvlgamma_ "
             "polygamma polygamma_",
    "hyperbolic": "acosh acosh_ asinh asinh_ atanh atanh_",
    "logarithms": "logaddexp logaddexp2 logit logit_ xlogy xlogy_",
    "normal_distribution": "erfc erfc_ erfinv erfinv_",
    "arrange": "dsplit fliplr flipud hsplit narrow_copy ravel vsplit",
    "blocks": "diag_embed diagflat",
    "copies": "split_with_sizes unsafe_chunk unsafe_split unsafe_split_with_sizes",
    "complex_numbers": "adjoint angle cdouble cfloat conj conj_physical conj_physical_ imag mH "
                       "real resolve_conj resolve_neg",
    "counting": "bincount histc histogram msort unique unique_consecutive",
    "cumulative": "cummax cummin logcumsumexp",
    "decompose": "cholesky qr svd",
    "distance": "dist renorm renorm_",
    "factors": "cholesky_inverse cholesky_solve triangular_solve",
    "inverse": "det inverse logdet pinverse slogdet",
    "lu": "lu lu_solve",
    "matrix_functions": "matrix_exp matrix_power",
    "memory": "as_strided as_strided_ resize_ squeeze_ swapaxes_ t_ transpose_ "
              "unsqueeze_",
    "place": "as_strided_scatter diagonal_scatter fill_diagonal_ index_copy index_copy_ "
             "masked_scatter masked_scatter_ put put_ select_scatter slice_scatter take",
    "products": "addbmm addbmm_ addmv addmv_ addr addr_ cross inner vdot",
    "quantiles": "mode nanmean nanmedian nanquantile nansum quantile",
    "scatter_reduce": "index_reduce index_reduce_ scatter_reduce scatter_reduce_",
    "short_time": "istft stft",
    "statistics": "aminmax corrcoef count_nonzero cov diff",
    "numbers": "clamp_max clamp_max_ clamp_min clamp_min_ "
               "copysign copysign_ deg2rad deg2rad_ float_power float_power_ fmax fmin frac frac_ "
               "frexp gcd gcd_ hypot hypot_ isneginf isposinf isreal lcm lcm_ ldexp ldexp_ "
               "nan_to_num nan_to_num_ nextafter nextafter_ positive rad2deg rad2deg_ "
               "signbit",
}

BESIDE = {  # no ops
    "autograd.draws": "cauchy_ exponential_ geometric_ log_normal_ random_",
    "autograd.rarely": "nonzero_static",
    "autograd.sparse": "to_sparse",
    "autograd.storage": "apply_ as_subclass const_data_ptr dim_order is_set_to is_shared map2_ "
                        "map_ new_empty_strided resize_as_ set_ share_memory_ storage "
                        "storage_offset untyped_storage",
}

for _name, _reason in NAMES.items():
    _owner, _, _name = _name.rpartition(".")
    if _owner == "Tensor" and not any(_name in vars(base) for base in Tensor.__mro__):
        setattr(Tensor, _name, Absent(_name, _reason))
for _module, _names in ({f"autograd.ops.{key}": names for key, names in METHODS.items()}
                        | BESIDE).items():
    for _name in _names.split():
        setattr(Tensor, _name, Awaited(Tensor, _name, _module))
