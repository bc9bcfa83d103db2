"""Reverse-mode automatic differentiation with PyTorch's names, on NumPy and Numba.

What `torch` is to PyTorch, this package is here: `import autograd as torch` runs much of it.
"""

from . import inplace, kernels, later, numpy_protocol, operators, ops  # noqa: F401
from .creation import (
    DoubleTensor,
    FloatTensor,
    LongTensor,
    Variable,
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_dlpack,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    meshgrid,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from .dtypes import bool_ as bool
from .dtypes import (
    double,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    short,
    uint8,
)
from .dtypes import float32 as float
from .dtypes import int32 as int
from .engine import backward, grad
from .kernels import config
from .lazy import lazily
from .metadata import Size, accelerator, cuda, device
from .modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .ops.activation import leaky_relu, log_softmax, relu, softmax
from .ops.arithmetic import (
    add,
    addcdiv,
    addcmul,
    div,
    floor_divide,
    fmod,
    lerp,
    mul,
    neg,
    pow,
    remainder,
    square,
    sub,
    true_divide,
)
from .ops.compare import (
    allclose,
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    clamp,
    eq,
    equal,
    ge,
    gt,
    heaviside,
    isclose,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    masked_fill,
    maximum,
    minimum,
    ne,
    where,
)
from .ops.einsum import einsum
from .ops.elementwise import (
    abs,
    acos,
    asin,
    atan,
    atan2,
    ceil,
    cos,
    cosh,
    erf,
    exp,
    exp2,
    expm1,
    floor,
    isfinite,
    isinf,
    isnan,
    log,
    log1p,
    log2,
    log10,
    reciprocal,
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    trunc,
)
from .ops.index import index_select, narrow, select
from .ops.join import (
    cat,
    chunk,
    concat,
    concatenate,
    dstack,
    hstack,
    repeat_interleave,
    roll,
    rot90,
    split,
    stack,
    tensor_split,
    tile,
    unbind,
    vstack,
)
from .ops.linalg import addmm, baddbmm, bmm, dot, kron, matmul, mm, mv, outer, tensordot, trace
from .ops.masks import argwhere, masked_select, nonzero
from .ops.order import (
    amax,
    amin,
    argmax,
    argmin,
    argsort,
    kthvalue,
    max,
    median,
    min,
    sort,
    topk,
)
from .ops.reduce import (
    all,
    any,
    logsumexp,
    mean,
    norm,
    std,
    sum,
    var,
    var_mean,
)
from .ops.running import cumprod, cumsum, prod
from .ops.scatter import (
    gather,
    index_add,
    index_fill,
    index_put,
    scatter,
    scatter_add,
    take_along_dim,
)
from .ops.shape import (
    broadcast_to,
    clone,
    flatten,
    flip,
    movedim,
    permute,
    reshape,
    squeeze,
    swapaxes,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from .ops.triangle import diag, diagonal, tril, triu
from .printing import set_printoptions
from .sampling import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    manual_seed,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    set_rng_state,
)
from .tensors import Tensor
from .threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

__getattr__, __dir__, _later = lazily(__name__, {
    ".": "special viz",
    "compiler": "compile",
    "custom_function": "Function",
    "draws": "binomial poisson",
    "gradient_check": "GradcheckError KinkWarning gradcheck gradgradcheck",
    "ops.aliases": "absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh clip divide fix "
                   "ger greater greater_equal less less_equal moveaxis multiply negative not_equal "
                   "sgn subtract swapdims",
    "ops.bessel": "i0 sinc",
    "ops.gamma": "digamma igamma igammac lgamma mvlgamma polygamma",
    "ops.hyperbolic": "acosh asinh atanh",
    "ops.logarithms": "logaddexp logaddexp2 logit xlogy",
    "ops.normal_distribution": "erfc erfinv",
    "ops.numbers": "clamp_max clamp_min conj conj_physical copysign deg2rad float_power fmax fmin "
                   "frac frexp gcd hypot imag isneginf isposinf isreal lcm ldexp nan_to_num "
                   "nextafter positive rad2deg real resolve_conj resolve_neg rsub signbit",
    "queries": "can_cast is_complex is_conj is_floating_point is_inference is_neg is_nonzero "
               "is_same_size is_signed is_tensor numel result_type",
    "serialize": "load save",
})
__all__ = [
    *_later,
    "abs", "accelerator", "acos", "add", "addcdiv", "addcmul", "addmm", "all", "allclose", "amax",
    "amin", "any", "arange", "argmax", "argmin", "argsort", "argwhere", "as_tensor", "asin",
    "atan", "atan2", "backward", "baddbmm", "bernoulli", "bitwise_and", "bitwise_left_shift",
    "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bmm", "bool",
    "broadcast_to", "cat", "ceil", "chunk", "clamp", "clone", "concat", "concatenate", "config",
    "cos", "cosh", "cuda", "cumprod", "cumsum", "default_generator", "device", "diag", "diagonal",
    "div", "dot", "double", "DoubleTensor", "dstack", "einsum", "empty", "empty_like",
    "enable_grad", "eq", "equal", "erf", "exp", "exp2", "expm1", "eye", "flatten", "flip", "float",
    "float16", "float32", "float64", "FloatTensor", "floor", "floor_divide", "fmod", "from_dlpack",
    "from_numpy", "full", "full_like", "gather", "ge", "Generator", "get_default_dtype",
    "get_num_threads", "get_rng_state", "grad", "gt", "half", "heaviside", "hstack", "index_add",
    "index_fill", "index_put", "index_select", "inference_mode", "int", "int16", "int32", "int64",
    "int8",
    "is_grad_enabled", "is_inference_mode_enabled", "isclose", "isfinite", "isinf", "isnan",
    "kernels", "kron", "kthvalue", "le", "leaky_relu", "lerp", "linspace", "log", "log10", "log1p",
    "log2", "log_softmax", "logical_and", "logical_not", "logical_or", "logical_xor", "logspace",
    "logsumexp", "long", "LongTensor", "lt", "manual_seed", "masked_fill", "masked_select",
    "matmul", "max", "maximum", "mean", "median", "meshgrid", "min", "minimum", "mm", "movedim",
    "mul", "multinomial", "mv", "narrow", "ne", "neg", "no_grad", "nonzero", "norm", "normal",
    "ones", "ones_like", "outer", "permute", "pow", "prod", "promote_types", "rand", "rand_like",
    "randint", "randint_like", "randn", "randn_like", "randperm", "reciprocal", "relu",
    "remainder", "repeat_interleave", "reshape", "roll", "rot90", "round", "rsqrt", "scatter",
    "scatter_add", "select", "set_default_dtype", "set_grad_enabled", "set_num_threads",
    "set_printoptions", "set_rng_state", "short", "sigmoid", "sign", "sin", "sinh", "Size",
    "softmax", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "sub", "sum",
    "swapaxes", "t", "take_along_dim", "tan", "tanh", "Tensor", "tensor", "tensor_split",
    "tensordot", "tile", "topk", "trace", "transpose", "tril", "triu", "true_divide", "trunc",
    "uint8", "unbind", "unflatten", "unsqueeze", "var", "var_mean", "Variable", "vstack", "where",
    "zeros", "zeros_like",
]
