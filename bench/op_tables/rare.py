"""Ops of one element at a time that few programs use."""

from .case import Group, integers, normal, uniform
from .elementwise import MATRICES


def inputs(m: int, n: int) -> dict:
    return {
        "x": normal(m, n), "y": normal(m, n), "p": uniform(0.5, 2, m, n),
        "u": uniform(-0.9, 0.9, m, n), "over": uniform(1.1, 3, m, n),
        "share": uniform(0.05, 0.95, m, n), "samples": uniform(0.5, 3, m, n),
        "a": integers(64, m, n), "b": integers(8, m, n),
    }


RARE = Group(MATRICES, inputs, both={
    "asinh": "t.asinh(x)", "acosh": "t.acosh(over)", "atanh": "t.atanh(u)",
    # of numbers
    "frac": "t.frac(x)", "nan_to_num": "t.nan_to_num(x)", "copysign": "t.copysign(x, y)",
    "hypot": "t.hypot(x, y)", "fmax": "t.fmax(x, y)", "fmin": "t.fmin(x, y)",
    "ldexp": "t.ldexp(x, y)", "frexp _frexp": "t.frexp(x)[0]", "deg2rad": "t.deg2rad(x)",
    "rad2deg": "t.rad2deg(x)", "clamp_min": "t.clamp_min(x, 0.5)",
    "clamp_max": "t.clamp_max(x, 0.5)", "rsub": "t.rsub(x, y)",
    "positive conj resolve_conj resolve_neg":
        "t.positive(x).conj().resolve_conj().resolve_neg() * 2",
    "conj_physical real": "t.real(t.conj_physical(x)) * 2",
    "float_power": "t.float_power(p, y)",
    # complex numbers
    "complex _real _imag _conj": "t.complex(x, y).conj().imag", "polar": "t.polar(p, x).real",
    "angle": "t.angle(t.complex(x, y))", "_sgn": "t.complex(x, y).abs()",
    "view_as_real view_as_complex view_as_real_copy view_as_complex_copy":
        "t.view_as_real(t.complex(x, y))",
    "adjoint": "t.complex(x, y).mH.real", "cfloat cdouble": "x.cfloat().real",
    "_fourier _fit": "t.fft.fft(t.complex(x, y), 40).real",
    "_half_fourier _from_half": "t.fft.irfft(t.fft.rfft(x))",
    # special functions
    "erfc": "t.erfc(x)", "erfinv": "t.erfinv(u)", "erfcx": "t.special.erfcx(x)",
    "ndtr": "t.special.ndtr(x)", "log_ndtr": "t.special.log_ndtr(x)",
    "ndtri": "t.special.ndtri(share)", "logit _logit": "t.logit(share)", "xlogy": "t.xlogy(x, p)",
    "xlog1py": "t.special.xlog1py(x, p)", "entr": "t.special.entr(p)",
    "logaddexp": "t.logaddexp(x, y)", "logaddexp2": "t.logaddexp2(x, y)",
    "lgamma": "t.lgamma(p)", "digamma": "t.digamma(p)", "polygamma _polygamma": "t.polygamma(1, p)",
    "mvlgamma": "t.mvlgamma(over, 3)", "igamma": "t.igamma(samples, p)",
    "igammac": "t.igammac(samples, p)", "zeta": "t.special.zeta(samples, p)",
    "i0 _bessel": "t.i0(x)", "i1": "t.special.i1(x)",
    "i0e": "t.special.i0e(x)", "i1e": "t.special.i1e(x)", "sinc _spherical": "t.sinc(x)",
}, forward={
    "bessel_j0": "t.special.bessel_j0(x)", "bessel_j1": "t.special.bessel_j1(x)",
    "bessel_y0": "t.special.bessel_y0(p)", "bessel_y1": "t.special.bessel_y1(p)",
    "airy_ai _airy": "t.special.airy_ai(x)",
    "spherical_bessel_j0": "t.special.spherical_bessel_j0(x)",
    **{name: f"t.special.{name}(p)" for name in (
        "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0",
        "scaled_modified_bessel_k1")},
    **{f"{name} _polynomial": f"t.special.{name}(x, b)" for name in (
        "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l",
        "legendre_polynomial_p", *[f"{shift}chebyshev_polynomial_{kind}"
                                   for shift in ("", "shifted_") for kind in "tuvw"])},
    "signbit": "t.signbit(x)", "isposinf": "t.isposinf(x)", "isneginf": "t.isneginf(x)",
    "isreal": "t.isreal(x)", "gcd": "t.gcd(a, b)", "lcm": "t.lcm(a, b)",
    "nextafter": "t.nextafter(x, y)",
})
