"""Samples for autograd/special.py.  The first answer of an op is SciPy's, which knows its special
values; the others are integrals, sums and Python's own functions."""

import math
from statistics import NormalDist

import numpy as np
from scipy import special

from tests.cases import Case, Spec
from tests.cases.elementwise import INTEGERS, loop

ANY = Spec((2, 3))
POSITIVE = Spec((2, 3), 0.3, 3.0)
INSIDE = Spec((2, 3), -0.9, 0.9)
SHARE = Spec((2, 3), 0.05, 0.95)
ANGLES = (np.arange(400) + 0.5) * (math.pi / 400)  # the midpoint rule is exact for periods
NODES, WEIGHTS = np.polynomial.legendre.leggauss(60)
SHAPES, BOUNDS = np.array([0.5, 0.0, 2, 2, -1]), np.array([0.0, 2, np.inf, 60, 1])  # of igamma
DEGREES = np.array([[0, 1, 5], [-1, 3, 2]])


SHAPES_OF_CHANCE = np.array([[0.1, 0.5, 0.9]]).T


def _exponential_slope(x):
    """-∂P/∂a / p of a = 1, where P is 1 - e^-x, from the integral of p's logarithmic slope."""
    found = []
    for end in x:
        v = (NODES + 1) * 20  # t = end e^-v
        inner = (np.log(end) - v + np.euler_gamma) * np.exp(-end * np.exp(-v)) * end * np.exp(-v)
        found.append(-(inner * WEIGHTS).sum() * 20 / np.exp(-end))
    return np.array(found)


def unary(spec, *answers, **options):
    return [Case((spec,), reference=answer, **options) for answer in answers]


def integral(function, low, high):
    """By Gauss' rule, of a smooth function."""
    half = (high - low) / 2
    return (function(low + half * (NODES + 1)) * WEIGHTS).sum(-1) * half


def mean(function):
    """Over a half circle, of a function of x and the angle."""
    return lambda x: function(x[..., None], ANGLES).mean(-1)


def _zeta(s, q):
    """A sum, and Euler's and Maclaurin's formula for the rest."""
    s, q = np.broadcast_arrays(s, q)
    k = np.arange(40)
    rest = q + 40.0
    return (((q[..., None] + k) ** -s[..., None]).sum(-1) + rest ** (1 - s) / (s - 1)
            + rest**-s / 2 + s * rest ** (-s - 1) / 12
            - s * (s + 1) * (s + 2) * rest ** (-s - 3) / 720)


def _polygamma(n, x):
    return (-1) ** (n + 1) * math.factorial(n) * _zeta(np.full_like(x, n + 1), x)


def _digamma(x):
    """By its recurrence, and its asymptotic series from 20 on."""
    far = x + 20
    series = np.log(far) - 0.5 / far - 1 / (12 * far**2) + 1 / (120 * far**4) - 1 / (252 * far**6)
    return series - sum(1 / (x + k) for k in range(20))


def _lgamma(x):
    found = special.gammaln(x)
    return np.where(np.isinf(x), np.inf, np.where(x == 5e-324, math.lgamma(5e-324), found))


def _gamma_integral(a, x):
    share = integral(lambda t: (x[..., None] * t) ** (a[..., None] - 1) * np.exp(
        -x[..., None] * t), 0.0, 1.0)
    return share * x / loop(math.gamma)(a)


def _multigamma(x, p):
    return p * (p - 1) / 4 * math.log(math.pi) + sum(loop(math.lgamma)(x - i / 2) for i in range(p))


def _k(n, x):
    return integral(lambda t: np.exp(-x[..., None] * np.cosh(t)) * np.cosh(n * t), 0.0, 6.0)


def _y(n, x):
    waves = integral(lambda t: np.sin(x[..., None] * np.sin(t) - n * t), 0.0, math.pi)
    tail = integral(lambda t: (np.exp(n * t) + (-1) ** n * np.exp(-n * t)) * np.exp(
        -x[..., None] * np.sinh(t)), 0.0, 6.0)
    return (waves - tail) / math.pi


def _airy(x):
    return np.sqrt(x / 3) / math.pi * _k(1 / 3, x**1.5 / 1.5)


def bessel(spec, scipy_name, answer):
    """PyTorch has no gradient of those that it calls Bessel's: its values are on given arrays."""
    given = np.array([0.3, 1.0, 2.5])  # beyond 4 PyTorch's lose half their digits
    return [Case((spec,), reference=answer, torch=False),
            Case((given,), reference=getattr(special, scipy_name))]


def _j0(x):
    return mean(lambda x, t: np.cos(x * np.sin(t)))(x)


def _j1(x):
    return mean(lambda x, t: np.cos(x * np.sin(t) - t))(x)


def _i0(x):
    return mean(lambda x, t: np.exp(x * np.cos(t)))(x)


def _i1(x):
    return mean(lambda x, t: np.exp(x * np.cos(t)) * np.cos(t))(x)


def _log_product(x, y, log):
    return np.where((x == 0) & ~np.isnan(y), 0.0, x * log(y))


def products(name, log, low):
    zeros, edges = np.array([0.0, 0.0, 2.0, 0.0, -0.0]), np.array([0.0, -9.0, 0.0, np.nan, np.inf])

    def answer(x, y):
        return _log_product(x, y, log)

    return [Case((ANY, Spec((3,), low, 3.0)), reference=answer),
            Case((Spec((2, 1)), Spec((2, 3), low, 3.0)), reference=answer),
            Case((ANY, 2.5), reference=answer), Case((2.5, POSITIVE), reference=answer),
            Case((zeros, edges), reference=answer), Case((INTEGERS, 3), reference=answer)]


def polynomial(scipy_name, cosines=None):
    """At given degrees; near x = cos θ also by sines and cosines."""
    samples = []
    if scipy_name:
        function = getattr(special, scipy_name)
        samples = [Case((np.array([-0.7, 0.1, 1.5]), DEGREES), reference=lambda x, n: np.where(
            n < 0, 0, function(np.maximum(n, 0), x))), Case((np.array([0.5, -1.0]), 4),
                                                            reference=lambda x, n: function(n, x))]
    if cosines:
        samples.append(Case((np.array([-0.7, 0.1, 0.8]), np.array([[0], [1], [7]])),
                            reference=lambda x, n: cosines(n, np.arccos(x))))
    return samples


def shifted(cosines):
    return [Case((np.array([0.1, 0.6, 0.9]), np.array([[0], [1], [7]])),
                 reference=lambda x, n: cosines(n, np.arccos(2 * x - 1)))]


COSINES = {
    "t": lambda n, a: np.cos(n * a), "u": lambda n, a: np.sin((n + 1) * a) / np.sin(a),
    "v": lambda n, a: np.cos((n + 0.5) * a) / np.cos(a / 2),
    "w": lambda n, a: np.sin((n + 0.5) * a) / np.sin(a / 2),
}


def _scipy_kind(x, kind="j", n=0):
    return dict(j=special.jv, y=special.yv, i=special.iv, k=special.kv)[kind](n, x)


CASES = {
    # the normal distribution
    "erfc": [*unary(ANY, special.erfc), *unary(Spec((12,), -6, 27), loop(math.erfc)),
             Case((INTEGERS,), reference=special.erfc)],
    "erfinv": unary(INSIDE, special.erfinv, lambda x: loop(
        lambda v: NormalDist().inv_cdf((v + 1) / 2) / math.sqrt(2))(x)),
    "erfcx": unary(ANY, special.erfcx, lambda x: np.exp(x * x) * loop(math.erfc)(x)),
    "ndtr": unary(ANY, special.ndtr, loop(NormalDist().cdf)),
    "log_ndtr": [*unary(ANY, special.log_ndtr),
                 *unary(Spec((5,), -9, 5), lambda x: np.log(loop(math.erfc)(-x / 2**0.5) / 2))],
    "ndtri": unary(SHARE, special.ndtri, loop(NormalDist().inv_cdf)),
    # logarithms
    "logit": [*unary(SHARE, special.logit, lambda x: np.log(x / (1 - x))),
              Case((Spec((2, 3), -0.5, 1.5, avoid=(0.2, 0.8)), 0.2),
                   reference=lambda x, eps: special.logit(np.clip(x, eps, 1 - eps))),
              Case((np.array([0.0, 1.0, -0.1, 1.1, 0.5, 0.5 + 1e-9, 1e-300]),),
                   reference=special.logit)],
    "_logit": unary(SHARE, special.logit, torch=False),
    "xlogy": products("xlogy", np.log, 0.3),
    "xlog1py": products("xlog1py", np.log1p, -0.7),
    "entr": [*unary(Spec((2, 3), 0.1, 2), special.entr, lambda x: -x * np.log(x)),
             Case((np.array([0.0, -0.0, -1.0, 1.0]),), reference=special.entr)],
    "logaddexp": [Case((ANY, Spec((3,))), reference=lambda a, b: np.log(np.exp(a) + np.exp(b))),
                  Case((np.array([1e300, -np.inf, np.inf, -1e3]), np.array([1, -np.inf, 1, -1e3])),
                       reference=lambda a, b: np.array([1e300, -np.inf, np.inf,
                                                        math.log(2) - 1e3]))],
    "logaddexp2": [Case((ANY, Spec((3,))), reference=lambda a, b: np.log2(2.0**a + 2.0**b)),
                   Case((np.array([1e300, -np.inf, -1e3]), np.array([1.0, -np.inf, -1e3])),
                        reference=lambda a, b: np.array([1e300, -np.inf, -999.0]))],
    # the gamma function
    "lgamma": [*unary(POSITIVE, _lgamma, loop(math.lgamma)),
               Case((np.array([5e-324, -5e-324, -1e-310]),), reference=loop(math.lgamma))],
    "digamma": [*unary(POSITIVE, special.psi, _digamma),
                *unary(Spec((2, 3), -1.8, -1.2), _digamma)],
    "polygamma": [Case((n, POSITIVE), reference=_polygamma) for n in (1, 2, 3)]
    + [Case((0, POSITIVE), reference=lambda n, x: _digamma(x))],
    "_polygamma": [Case((POSITIVE, 1), torch=False,
                        reference=lambda x, n=1: special.polygamma(n, x))],
    "mvlgamma": [Case((Spec((2, 3), 1.3, 4), 3), reference=_multigamma),
                 Case((np.array([2, 3]), 2), reference=_multigamma)],
    "gamma_quantile": [
        Case((Spec((3,), 0.4, 3.0), SHAPES_OF_CHANCE), reference=special.gammaincinv, torch=False,
             order=1),
        Case((Spec((3,), 11.0, 30.0), SHAPES_OF_CHANCE), reference=special.gammaincinv, torch=False,
             order=1)],
    "gamma_slope": [Case((np.array([1.0, 1.0]), np.array([0.5, 3.0])), torch=False, order=0,
                         reference=lambda a, x: _exponential_slope(x))],
    "igamma": [Case((np.array([[1.0, 2.0, 3.5]]), POSITIVE), reference=_gamma_integral),
               Case((SHAPES, BOUNDS),
                    reference=special.gammainc)],
    "igammac": [Case((np.array([[1.0, 2.0, 3.5]]), POSITIVE),
                     reference=lambda a, x: 1 - _gamma_integral(a, x)),
                Case((SHAPES, BOUNDS),
                     reference=special.gammaincc)],
    "zeta": [Case((np.array([[2.0, 3.0, 1.5]]), POSITIVE), reference=_zeta),
             Case((3.0, POSITIVE), reference=lambda s, q: _zeta(np.asarray(s), q))],
    # Bessel's
    "i0": unary(ANY, special.i0, _i0), "i1": unary(ANY, special.i1, _i1),
    "i0e": unary(Spec((2, 3), avoid=(0,)), special.i0e, lambda x: _i0(x) * np.exp(-np.abs(x))),
    "i1e": unary(Spec((2, 3), avoid=(0,)), special.i1e, lambda x: _i1(x) * np.exp(-np.abs(x))),
    "bessel_j0": bessel(ANY, "j0", _j0), "bessel_j1": bessel(ANY, "j1", _j1),
    "bessel_y0": bessel(POSITIVE, "y0", lambda x: _y(0, x)),
    "bessel_y1": bessel(POSITIVE, "y1", lambda x: _y(1, x)),
    "modified_bessel_k0": bessel(POSITIVE, "k0", lambda x: _k(0, x)),
    "modified_bessel_k1": bessel(POSITIVE, "k1", lambda x: _k(1, x)),
    "scaled_modified_bessel_k0": bessel(POSITIVE, "k0e", lambda x: np.exp(x) * _k(0, x)),
    "scaled_modified_bessel_k1": bessel(POSITIVE, "k1e", lambda x: np.exp(x) * _k(1, x)),
    "_bessel": [Case((POSITIVE, kind, n), reference=_scipy_kind, torch=False)
                for kind in "jyik" for n in (0, 1, 3)],
    "spherical_bessel_j0": [Case((ANY,), reference=lambda x: np.sin(x) / x, torch=False),
                            Case((np.array([0.0, 0.3, -2.5]),), reference=lambda x: np.sinc(
                                x / math.pi))],
    "_spherical": [Case((Spec((2, 3), -3, 3), n), torch=False,
                        reference=lambda x, n=0: special.spherical_jn(n, x)) for n in (0, 1, 2)],
    "sinc": [*unary(Spec((2, 3), avoid=(0,)), np.sinc, lambda x: special.spherical_jn(
        0, math.pi * x)), Case((np.array([0.0, 0.5, 2.0]),), reference=np.sinc)],
    "airy_ai": [Case((POSITIVE,), reference=_airy, torch=False),
                Case((np.array([-5.0, -1.0, 0.0, 2.0]),), reference=lambda x: special.airy(x)[0]),
                Case((np.array([150.0, 1e300, np.inf]),), reference=np.zeros_like, torch=False)],
    "_airy": [Case((ANY, n), torch=False, reference=lambda x, n=0: np.where(
        x > 200, 0.0, special.airy(x)[n])) for n in (0, 1)],
    # polynomials
    **{f"chebyshev_polynomial_{k}": polynomial({"t": "eval_chebyt", "u": "eval_chebyu"}.get(k), f)
       for k, f in COSINES.items()},
    **{f"shifted_chebyshev_polynomial_{k}": shifted(f) for k, f in COSINES.items()},
    "hermite_polynomial_h": polynomial("eval_hermite"),
    "hermite_polynomial_he": polynomial("eval_hermitenorm"),
    "laguerre_polynomial_l": polynomial("eval_laguerre"),
    "legendre_polynomial_p": polynomial("eval_legendre"),
    "_polynomial": [Case((np.array([0.3]), np.array([2]), "legendre_polynomial_p"), torch=False,
                         reference=lambda x, n, family: 1.5 * x * x - 0.5)],
}
