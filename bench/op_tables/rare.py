"""Ops of one element at a time that few programs use."""

from .case import Group, integers, normal, uniform
from .elementwise import MATRICES


def inputs(m: int, n: int) -> dict:
    return {
        "x": normal(m, n), "y": normal(m, n), "p": uniform(0.5, 2, m, n),
        "u": uniform(-0.9, 0.9, m, n), "over": uniform(1.1, 3, m, n),
        "a": integers(64, m, n), "b": integers(8, m, n),
    }


RARE = Group(MATRICES, inputs, both={
    "asinh": "t.asinh(x)", "acosh": "t.acosh(over)", "atanh": "t.atanh(u)",
    # of numbers
    "frac": "t.frac(x)", "nan_to_num": "t.nan_to_num(x)", "copysign": "t.copysign(x, y)",
    "hypot": "t.hypot(x, y)", "fmax": "t.fmax(x, y)", "fmin": "t.fmin(x, y)",
    "ldexp": "t.ldexp(x, y)", "frexp _frexp": "t.frexp(x)[0]", "deg2rad": "t.deg2rad(x)",
    "rad2deg": "t.rad2deg(x)", "clamp_min": "t.clamp_min(x, 0.5)",
    "clamp_max": "t.clamp_max(x, 0.5)", "rsub": "t.rsub(x, y)", "positive": "t.positive(x) * 2",
    "float_power": "t.float_power(p, y)",
}, forward={
    "signbit": "t.signbit(x)", "isposinf": "t.isposinf(x)", "isneginf": "t.isneginf(x)",
    "isreal": "t.isreal(x)", "gcd": "t.gcd(a, b)", "lcm": "t.lcm(a, b)",
    "nextafter": "t.nextafter(x, y)",
})
