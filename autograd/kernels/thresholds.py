"""From how many numbers on a kernel is quicker than NumPy, below which nothing need be compiled,
and from how many on a second thread pays: powers of two, as `python -m bench.thresholds` measured.
"""

_LEAST = {
    1 << 4: ("resample"),
    1 << 6: ("elu elu_grad erf gelu gelu_grad gelu_tanh gelu_tanh_grad hardsigmoid "
        "hardsigmoid_grad hardswish hardswish_grad lerp logsigmoid logsigmoid_grad mish "
        "mish_grad normal normal_grad reciprocal_grad rsqrt_grad sigmoid silu silu_grad "
        "smooth_relu smooth_relu_grad sqrt_grad tanhshrink"),
    1 << 7: ("exp_grad"),
    1 << 8: ("clip_grad"),
    1 << 9: ("erf_grad hardshrink leaky_relu log_grad prelu relu_grad"),
    1 << 10: ("leaky_relu_grad shrink_grad"),
    1 << 11: ("above_grad below_grad softshrink softsign_grad threshold"),
    1 << 12: ("clip copy_ embedding_grad relu sigmoid_grad softsign sum_over tanh_grad "
        "threshold_grad"),
    1 << 13: ("addcmul rsqrt sign sqrt where"),
    1 << 14: ("addcdiv exp reciprocal tanhshrink_grad"),
    1 << 15: ("log tanh"),
    1 << 16: ("div maximum minimum mul sub written"),
    1 << 17: ("add neg square"),
    1 << 18: ("absolute"),
    1 << 19: ("runs"),
}
_SHARED = {
    1 << 12: ("normal"),
    1 << 13: ("elu erf gelu logsigmoid resample sigmoid silu silu_grad smooth_relu where"),
    1 << 14: ("elu_grad erf_grad exp gelu_grad gelu_tanh gelu_tanh_grad logsigmoid_grad maximum "
        "normal_grad rsqrt smooth_relu_grad tanh tanhshrink"),
    1 << 15: ("copy_ exp_grad log mish mish_grad prelu reciprocal_grad sigmoid_grad sqrt sqrt_grad "
        "tanhshrink_grad"),
    1 << 16: ("above_grad add addcdiv addcmul clip_grad div hardsigmoid_grad hardswish "
        "hardswish_grad leaky_relu_grad lerp log_grad minimum mul neg reciprocal relu "
        "relu_grad rsqrt_grad shrink_grad softsign_grad square sub tanh_grad threshold "
        "threshold_grad"),
    1 << 17: ("below_grad clip hardshrink hardsigmoid sign softshrink softsign"),
    1 << 18: ("absolute leaky_relu"),
}


def _by_name(groups: dict[int, str]) -> dict[str, int]:
    return {name: size for size, names in groups.items() for name in names.split()}


LEAST, SHARED = _by_name(_LEAST), _by_name(_SHARED)
