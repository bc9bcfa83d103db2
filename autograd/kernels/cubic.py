"""The cubic polynomials of interpolation, written once for all that mix four neighbours.

Reference: Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981, equation 15.
"""


def keys(x, far, a, order=0):
    """The share of an element at distance x, from 1 to 2 if `far`, else from 0 to 1, or its
    derivative of that order."""
    third, second, first, last = (a, -5 * a, 8 * a, -4 * a) if far else (a + 2, -(a + 3), 0.0, 1.0)
    if order == 0:
        return ((third * x + second) * x + first) * x + last
    if order == 1:
        return (3 * third * x + 2 * second) * x + first
    if order == 2:
        return 6 * third * x + 2 * second
    return 0 * x + (6 * third if order == 3 else 0.0)


def tap_share(t, tap, a, order=0):
    """The share of the element at -1, 0, 1 or 2, the `tap`, in what lies at t, 0 <= t < 1, or its
    derivative of that order by t."""
    if tap < 1:
        return keys(t - tap, tap < 0, a, order)
    share = keys(tap - t, tap > 1, a, order)
    return -share if order % 2 else share
