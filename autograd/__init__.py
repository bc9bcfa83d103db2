"""Reverse-mode automatic differentiation with PyTorch's names, on NumPy and Numba.

What `torch` is to PyTorch, this package is here: `import autograd as torch` runs much of it.
"""

from . import aliases, guests, inplace, kernels, later, numpy_protocol, operators, ops  # noqa: F401
from .creation import (
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
from .metadata import Size, device
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
    initial_seed,
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
    seed,
    set_rng_state,
)
from .slips import Hint, hints
from .tensors import Tensor
from .threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

__getattr__, __dir__, _later = lazily(__name__, {
    ".": "distributions fft func functional graph linalg onnx signal sparse special testing viz",
    "anomaly": "detect_anomaly is_anomaly_check_nan_enabled is_anomaly_enabled set_detect_anomaly",
    "compiler": "compile",
    "custom_function": "Function",
    "dtypes": "bfloat16 cdouble cfloat complex64 complex128",
    "draws": "binomial poisson",
    "gradient_check": "GradcheckError KinkWarning gradcheck gradgradcheck",
    "ops.activation_extra": "celu hardshrink prelu selu threshold",
    "ops.bilinear": "bilinear",
    "ops.conv": "conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d",
    "ops.loss_margin": "pairwise_distance",
    "ops.norm": "cosine_similarity group_norm layer_norm rms_norm",
    "ops.pool": "adaptive_avg_pool1d avg_pool1d max_pool1d max_pool2d max_pool3d",
    "ops.resample": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "ops.second_names": "absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh clip divide "
                        "fix ger greater greater_equal less less_equal moveaxis multiply negative "
                        "not_equal sgn subtract swapdims",
    "ops.bessel": "i0 sinc",
    "ops.gamma": "digamma igamma igammac lgamma mvlgamma polygamma",
    "legacy": "BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor "
              "LongTensor ShortTensor set_default_tensor_type",
    "metadata": "contiguous_format layout memory_format preserve_format strided",
    "rarely": "asarray detach fill frombuffer get_device is_distributed nonzero_static range "
              "scalar_tensor typename",
    "signal.named_windows": "bartlett_window blackman_window hamming_window hann_window "
                            "kaiser_window",
    "storage": "TypedStorage UntypedStorage empty_permuted empty_strided is_storage",
    "written": "abs_ absolute_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ "
               "arctanh_ as_strided_ asin_ asinh_ atan_ atanh_ ceil_ clamp_ clamp_max_ clamp_min_ "
               "clip_ conj_physical_ cos_ cosh_ deg2rad_ detach_ erf_ erfc_ exp2_ exp_ expm1_ "
               "fill_ fix_ floor_ frac_ gcd_ i0_ index_put_ lcm_ ldexp_ log10_ log1p_ log2_ log_ "
               "logit_ nan_to_num_ neg_ negative_ rad2deg_ reciprocal_ relu_ resize_as_ round_ "
               "rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ xlogy_ zero_",
    "ops.activation_inplace": "celu_ selu_ threshold_",
    "ops.copies": "alias_copy as_strided_copy detach_copy diagonal_copy expand_copy permute_copy "
                  "select_copy slice_copy split_copy split_with_sizes split_with_sizes_copy "
                  "squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsafe_chunk "
                  "unsafe_split unsafe_split_with_sizes unsqueeze_copy view_copy",
    "ops.factors": "cholesky_inverse cholesky_solve pca_lowrank svd_lowrank triangular_solve",
    "ops.lu": "lu lu_solve lu_unpack",
    "limits": "dtype e finfo iinfo inf nan newaxis pi",
    "ops.hyperbolic": "acosh asinh atanh",
    "ops.logarithms": "logaddexp logaddexp2 logit xlogy",
    "ops.normal_distribution": "erfc erfinv",
    "ops.arrange": "atleast_1d atleast_2d atleast_3d broadcast_shapes broadcast_tensors "
                   "column_stack dsplit fliplr flipud hsplit narrow_copy ravel row_stack vsplit",
    "ops.blocks": "block_diag cartesian_prod combinations diag_embed diagflat tril_indices "
                  "triu_indices vander",
    "ops.complex_numbers": "adjoint angle complex conj conj_physical imag polar real resolve_conj "
                           "resolve_neg view_as_complex view_as_complex_copy view_as_real "
                           "view_as_real_copy",
    "ops.counting": "bincount bucketize histc histogram isin msort searchsorted unique "
                    "unique_consecutive",
    "ops.cumulative": "cummax cummin logcumsumexp",
    "ops.decompose": "cholesky qr svd",
    "ops.distance": "cdist dist pdist renorm",
    "ops.gradient": "gradient",
    "ops.inverse": "det inverse logdet pinverse slogdet",
    "ops.matrix_functions": "matrix_exp matrix_power",
    "ops.memory": "as_strided",
    "ops.place": "as_strided_scatter diagonal_scatter index_copy masked_scatter put select_scatter "
                 "slice_scatter take unravel_index",
    "ops.products": "addbmm addmv addr chain_matmul cross inner vdot",
    "ops.quantiles": "mode nanmean nanmedian nanquantile nansum quantile",
    "ops.scatter_reduce": "index_reduce scatter_reduce",
    "ops.short_time": "istft stft",
    "ops.statistics": "aminmax corrcoef count_nonzero cov cumulative_trapezoid diff std_mean "
                      "trapezoid trapz",
    "ops.numbers": "clamp_max clamp_min copysign deg2rad float_power fmax fmin "
                   "frac frexp gcd hypot isneginf isposinf isreal lcm ldexp nan_to_num "
                   "nextafter positive rad2deg rsub signbit",
    "queries": "can_cast is_complex is_conj is_floating_point is_inference is_neg is_nonzero "
               "is_same_size is_signed is_tensor numel result_type",
    "kept": "memory_report",
    "leaking": "leaks",
    "reasons": "why",
    "serialize": "load save",
    "sparse": "sparse_coo_tensor spmm",
    "transforms.batches": "vmap",
    "viz.explaining": "explain",
    "viz.stepping": "steps",
    "surface.amp": "GradScaler autocast",
    "surface.settings": "are_deterministic_algorithms_enabled clear_autocast_cache "
                        "get_default_device get_deterministic_debug_mode "
                        "get_float32_matmul_precision get_num_interop_threads has_lapack has_mkl "
                        "has_openmp has_spectral "
                        "is_autocast_cache_enabled is_autocast_cpu_enabled is_autocast_enabled "
                        "is_deterministic_algorithms_warn_only_enabled is_warn_always_enabled "
                        "set_default_device set_deterministic_debug_mode "
                        "set_float32_matmul_precision set_flush_denormal set_num_interop_threads "
                        "set_warn_always use_deterministic_algorithms",
}, aliases="accelerator amp autograd backends cpu cuda distributed hub jit mps multiprocessing nn "
           "optim profiler random serialization types utils version xpu")
aliases.install("autograd", "nn", "optim")
guests.install()
__all__ = [
    *_later,
    "abs", "acos", "add", "addcdiv", "addcmul", "addmm", "all", "allclose", "amax", "amin", "any",
    "arange", "argmax", "argmin", "argsort", "argwhere", "as_tensor", "asin", "atan", "atan2",
    "backward", "baddbmm", "bernoulli", "bitwise_and", "bitwise_left_shift", "bitwise_not",
    "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bmm", "bool", "broadcast_to", "cat",
    "ceil", "chunk", "clamp", "clone", "concat", "concatenate", "config", "cos", "cosh", "cumprod",
    "cumsum", "default_generator", "device", "diag", "diagonal", "div", "dot", "double", "dstack",
    "einsum", "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "exp", "exp2", "expm1",
    "eye", "flatten", "flip", "float", "float16", "float32", "float64", "floor", "floor_divide",
    "fmod", "from_dlpack", "from_numpy", "full", "full_like", "gather", "ge", "Generator",
    "get_default_dtype", "get_num_threads", "get_rng_state", "grad", "gt", "half", "heaviside",
    "Hint", "hints", "hstack", "index_add", "index_fill", "index_put", "index_select",
    "inference_mode",
    "initial_seed", "int", "int16", "int32", "int64", "int8", "is_grad_enabled",
    "is_inference_mode_enabled", "isclose", "isfinite", "isinf", "isnan", "kernels", "kron",
    "kthvalue", "le", "leaky_relu", "lerp", "linspace", "log", "log10", "log1p", "log2",
    "log_softmax", "logical_and", "logical_not", "logical_or", "logical_xor", "logspace",
    "logsumexp", "long", "lt", "manual_seed", "masked_fill", "masked_select", "matmul", "max",
    "maximum", "mean", "median", "meshgrid", "min", "minimum", "mm", "movedim", "mul",
    "multinomial", "mv", "narrow", "ne", "neg", "no_grad", "nonzero", "norm", "normal", "ones",
    "ones_like", "outer", "permute", "pow", "prod", "promote_types", "rand", "rand_like", "randint",
    "randint_like", "randn", "randn_like", "randperm", "reciprocal", "relu", "remainder",
    "repeat_interleave", "reshape", "roll", "rot90", "round", "rsqrt", "scatter", "scatter_add",
    "seed", "select", "set_default_dtype", "set_grad_enabled", "set_num_threads",
    "set_printoptions", "set_rng_state", "short", "sigmoid", "sign", "sin", "sinh", "Size",
    "softmax", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "sub", "sum",
    "swapaxes", "t", "take_along_dim", "tan", "tanh", "Tensor", "tensor", "tensor_split",
    "tensordot", "tile", "topk", "trace", "transpose", "tril", "triu", "true_divide", "trunc",
    "uint8", "unbind", "unflatten", "unsqueeze", "var", "var_mean", "Variable", "vstack", "where",
    "zeros", "zeros_like",
]
