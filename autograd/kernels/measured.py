"""From how many numbers on the kernel of a formula is quicker than NumPy, and from how many on a
second thread pays: powers of two.  Written by `python -m bench.thresholds`.
"""

LEAST = {
    1 << 2: ("elu elu_grad erf exp_grad gelu gelu_grad gelu_tanh gelu_tanh_grad hardsigmoid "
        "hardsigmoid_grad hardswish_grad lerp log_grad logsigmoid logsigmoid_grad mish "
        "mish_grad normal normal_grad reciprocal_grad rsqrt_grad sigmoid silu silu_grad "
        "smooth_relu smooth_relu_grad sqrt_grad tanhshrink"),
    1 << 3: ("hardswish"),
    1 << 7: ("clip_grad"),
    1 << 8: ("leaky_relu"),
    1 << 9: ("erf_grad hardshrink prelu relu_grad"),
    1 << 10: ("shrink_grad softshrink threshold"),
    1 << 11: ("above_grad below_grad clip softsign softsign_grad threshold_grad"),
    1 << 12: ("leaky_relu_grad relu rsqrt sigmoid_grad tanh_grad"),
    1 << 13: ("sign sqrt where"),
    1 << 14: ("addcdiv addcmul exp reciprocal tanhshrink_grad"),
    1 << 15: ("log tanh"),
    1 << 16: ("div maximum minimum mul sub"),
    1 << 17: ("add neg square"),
    1 << 18: ("absolute"),
}
SHARED = {
    1 << 12: ("normal smooth_relu"),
    1 << 13: ("erf gelu gelu_grad gelu_tanh logsigmoid mish mish_grad silu silu_grad "
        "smooth_relu_grad where"),
    1 << 14: ("elu elu_grad erf_grad exp gelu_tanh_grad logsigmoid_grad maximum normal_grad "
        "rsqrt sigmoid tanh tanhshrink tanhshrink_grad"),
    1 << 15: ("above_grad addcdiv addcmul exp_grad lerp prelu reciprocal_grad relu_grad "
        "shrink_grad sigmoid_grad softsign_grad sqrt_grad tanh_grad threshold_grad"),
    1 << 16: ("add below_grad clip div hardshrink hardsigmoid hardsigmoid_grad hardswish "
        "hardswish_grad leaky_relu log_grad minimum mul neg reciprocal relu rsqrt_grad "
        "sign softshrink softsign square sub threshold"),
    1 << 17: ("clip_grad log"),
    1 << 18: ("absolute leaky_relu_grad sqrt"),
}
