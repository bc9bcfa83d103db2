"""`out=`: the result of a function written into a tensor that is there already.

The functions named here take it, as PyTorch's of these names do.  They compute their result, check
that it fits, and copy it; to a call without `out=` this is one comparison.
"""

from __future__ import annotations

from collections.abc import Iterator

from .dtypes import keeps_kind
from .errors import describe
from .modes import is_grad_enabled, no_grad
from .tensors import Tensor

NAMES = """
    abs acos acosh add addbmm addcdiv addcmul addmm addmv addr airy_ai all amax amin aminmax any
    asin asinh atan atan2 atanh baddbmm bernoulli bessel_j0 bessel_j1 bessel_y0 bessel_y1
    bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm
    bucketize cat ceil chain_matmul chebyshev_polynomial_t chebyshev_polynomial_u
    chebyshev_polynomial_v chebyshev_polynomial_w cholesky cholesky_ex cholesky_inverse
    cholesky_solve clamp column_stack concat concatenate cond conj_physical copysign cos cosh cross
    cummax cummin cumprod cumsum deg2rad det diag diff digamma div dot dstack eig eigh eigvals
    eigvalsh entr eq erf erfc erfcx erfinv exp exp2 expm1 float_power floor floor_divide fmax fmin
    fmod frac frexp gather gcd ge gt heaviside hermite_polynomial_h hermite_polynomial_he histc
    histogram hstack hypot i0 i0e i1 i1e igamma igammac index_select inner inv inv_ex inverse
    isneginf isposinf kron kthvalue laguerre_polynomial_l lcm ldexp le legendre_polynomial_p lerp
    lgamma linalg_cholesky linalg_cross linalg_lu linalg_lu_solve linalg_norm linalg_qr linalg_svd
    log log10 log1p log2 log_ndtr logaddexp logaddexp2 logcumsumexp logical_and logical_not
    logical_or logical_xor logit logsumexp lt lu lu_factor lu_factor_ex lu_solve lu_unpack
    masked_select matmul matrix_norm matrix_power matrix_rank max maximum mean median min minimum
    mm mode modified_bessel_k0 modified_bessel_k1 msort mul multi_dot multinomial mv mvlgamma
    nan_to_num nanmean nanmedian nanquantile narrow_copy ndtr ndtri ne neg nextafter nonzero norm
    normal outer pinv polygamma pow prod qr quantile rad2deg reciprocal remainder renorm round
    row_stack rsqrt scaled_modified_bessel_k0 scaled_modified_bessel_k1 searchsorted
    shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v
    shifted_chebyshev_polynomial_w sigmoid sign signbit sin sinc sinh slogdet solve solve_ex
    solve_triangular sort spherical_bessel_j0 sqrt square stack std sub sum svd svdvals
    take_along_dim tan tanh tensorinv tensorsolve topk triangular_solve tril triu true_divide trunc
    var vdot vecdot vector_norm vstack where xlog1py xlogy zeta
"""
TAKING = frozenset(NAMES.split())


def written(name: str, inputs: list[str], passed: list[str]) -> list[str]:
    """The lines of a written function that hand a call with `out=` on, where it takes that."""
    if name not in TAKING:
        return []
    args = ", ".join([*inputs, *(part for part in passed if "=" not in part)])
    options = ", ".join(part for part in passed if "=" in part)
    return ["    if out is not None:",
            f"        return into({name!r}, function, out, ({args},), dict({options}))"]


def into(name: str, function, out, args: tuple, options: dict):
    """What function gives, written into `out`, a tensor or as many as there are results."""
    outs = out if isinstance(out, (tuple, list)) else (out,)
    for target in outs:
        if not isinstance(target, Tensor):
            raise TypeError(f"{name}: out must be a Tensor, or a tuple of them where there are "
                            f"several results, got {describe(target)}")
    if is_grad_enabled():
        for tensor in _tensors((*outs, *args, *options.values())):
            if tensor.requires_grad:
                raise RuntimeError(
                    f"{name}: what is written into out= has no gradient, but {describe(tensor)} "
                    "requires grad; leave out= away, or compute under autograd.no_grad()")
    with no_grad():
        results = function(*args, **options)
        return _all_written(name, outs, results, out is not outs)


def _tensors(values: tuple) -> Iterator[Tensor]:
    """The tensors among arguments, and in lists of them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _tensors(tuple(value))


def _all_written(name: str, outs, results, one: bool):
    found = results if isinstance(results, tuple) else (results,)
    if len(found) != len(outs) or one != (not isinstance(results, tuple)):
        wanted = f"a tuple of {len(found)} Tensors" if isinstance(results, tuple) else "one Tensor"
        raise TypeError(f"{name}: out must be {wanted}, got "
                        f"{describe(outs[0] if one else outs)}")
    for target, result in zip(outs, found, strict=True):
        check(name, target, result)
    for target, result in zip(outs, found, strict=True):
        write(target, result)
    if one:
        return outs[0]
    make = getattr(results, "_make", tuple)
    return make(outs)


def check(name: str, out: Tensor, result: Tensor) -> None:
    """Raise unless the result fits into out; an empty one is given the result's size."""
    if out.shape != result.shape and out.numel():
        raise RuntimeError(f"{name}: the result has shape {tuple(result.shape)}, which does not "
                           f"fit into out, {describe(out)}; autograd.empty(0) takes any size")
    if not keeps_kind(result.dtype, out.dtype):
        raise RuntimeError(f"{name}: the result is {result.dtype} and cannot be written into out, "
                           f"{describe(out)}")


def write(out: Tensor, result: Tensor) -> Tensor:
    """out, with the result written into it."""
    if out.shape == result.shape:
        return out.copy_(result)
    out.data = result.clone().to(out.dtype)
    return out
