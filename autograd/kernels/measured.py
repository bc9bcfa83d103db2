"""From how many numbers on the kernel of a formula is quicker than NumPy, and from how many on a
second thread pays: powers of two.  Written by `python -m bench.thresholds`.
"""

LEAST = {
    1 << 2: ("cosh_grad elu elu_grad erf erfc exp2_grad exp_grad expm1_grad filled_in gelu "
        "gelu_grad gelu_tanh gelu_tanh_grad hardsigmoid hardsigmoid_grad hardswish_grad "
        "hypot_rule lerp log10_grad log1p_grad log2_grad log_grad logaddexp logaddexp2 "
        "logaddexp2_rule logaddexp_rule logit logit_rule logsigmoid logsigmoid_grad mish "
        "mish_grad normal normal_grad over_square quotient_rule reciprocal_grad "
        "round_scaled rsqrt_grad sigmoid silu silu_grad sinh_grad smooth_relu "
        "smooth_relu_grad sqrt_grad tanhshrink"),
    1 << 3: ("hardswish"),
    1 << 6: ("safe_div"),
    1 << 7: ("clip_grad"),
    1 << 8: ("asinh atan2 atanh expm1 floor_divide leaky_relu power_rule sinh tan"),
    1 << 9: ("acosh atan cosh erf_grad fmod hardshrink log10 log1p prelu relu_grad remainder "
        "safe_mul"),
    1 << 10: ("acos asin copysign exp2 hypot log2 nextafter shrink_grad softshrink step "
        "threshold"),
    1 << 11: ("above_grad below_grad clip softsign softsign_grad threshold_grad"),
    1 << 12: ("cos leaky_relu_grad relu rsqrt sigmoid_grad sin tanh_grad"),
    1 << 13: ("at_least at_most atan_grad frac inverse_square sign sqrt where"),
    1 << 14: ("addcdiv addcmul cube exp reciprocal tanhshrink_grad"),
    1 << 15: ("add_scaled log sub_scaled tanh trunc_divide"),
    1 << 16: ("deg2rad div maximum minimum mul rad2deg sub"),
    1 << 17: ("add ceil floor neg rint square trunc"),
    1 << 18: ("absolute"),
}
SHARED = {
    1 << 11: ("acosh"),
    1 << 12: ("asinh cosh cosh_grad normal sinh sinh_grad smooth_relu"),
    1 << 13: ("acos atan atanh erf erfc floor_divide gelu gelu_grad gelu_tanh log1p log2 "
        "logaddexp logaddexp2 logaddexp2_rule logaddexp_rule logit logsigmoid mish "
        "mish_grad over_square silu silu_grad smooth_relu_grad where"),
    1 << 14: ("asin cos elu elu_grad erf_grad exp exp2 expm1 gelu_tanh_grad log10 "
        "logsigmoid_grad maximum normal_grad remainder rsqrt sigmoid sin tanh tanhshrink "
        "tanhshrink_grad"),
    1 << 15: ("above_grad addcdiv addcmul exp_grad filled_in fmod hypot hypot_rule lerp "
        "logit_rule power_rule prelu quotient_rule reciprocal_grad relu_grad round_scaled "
        "shrink_grad sigmoid_grad softsign_grad sqrt_grad step tanh_grad threshold_grad"),
    1 << 16: ("add add_scaled at_least at_most atan2 atan_grad below_grad ceil clip copysign "
        "cube deg2rad div exp2_grad floor frac hardshrink hardsigmoid hardsigmoid_grad "
        "hardswish hardswish_grad inverse_square leaky_relu log10_grad log2_grad log_grad "
        "minimum mul neg nextafter rad2deg reciprocal relu rint rsqrt_grad safe_div "
        "safe_mul sign softshrink softsign square sub sub_scaled threshold trunc "
        "trunc_divide"),
    1 << 17: ("clip_grad log tan"),
    1 << 18: ("absolute leaky_relu_grad log1p_grad sqrt"),
    1 << 20: ("expm1_grad"),
}
