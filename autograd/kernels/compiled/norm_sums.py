"""Sums and squares of a block around a first guess of its mean, and how blocks are merged.

A loop that sums in any order must store nothing: LLVM would compile it twice, for arrays that
overlap and that do not, and results that round apart would depend on addresses. For the same
reason loops that store keep the order of their arithmetic (`exact`).
"""

from autograd.kernels.compiled.jit import jit

BLOCK = 2048  # numbers summed in the type of x, at most
# [eps, smallest and largest variance that the kernels serve, the same of factors, whether one was
# not served]
NOTED = 5


@jit(inner=True)
def block_sums(x, shift):
    """Sums of x - shift and of its square."""
    s1 = s2 = shift - shift
    for j in range(x.size):
        d = x[j] - shift
        s1 += d
        s2 += d * d
    return s1, s2


@jit(inner=True)
def leaves(var, settings):
    """Whether the squares of a group with this variance may have left the range of their type, or
    its slopes may."""
    return not settings[1] <= var < settings[2]


@jit(inner=True)
def lost(factor, settings):
    """Whether a number times this factor may leave the range of its type though the result fits."""
    size = abs(factor)
    return not settings[3] <= size <= settings[4] and size != 0


@jit(inner=True)
def merge(n, mean, m2, count, shift, s1, s2):
    """Count, mean and sum of squared deviations with `count` more numbers, given by sums around
    a shift; all in float64."""
    step = s1 / count
    both = n + count
    delta = shift + step - mean
    mean += delta * (count / both)
    m2 += s2 - s1 * step + delta * delta * (n * count / both)
    return both, mean, m2
