"""Windows against SciPy's."""

import numpy as np
import pytest
from scipy.signal import windows as theirs

import autograd
from autograd.signal import windows

OPTIONS = {"gaussian": [dict(std=0.7), dict(std=3.0)], "kaiser": [dict(beta=12.0), dict(beta=0.0)],
           "exponential": [dict(tau=2.0)], "general_cosine": [dict(a=[0.3, 0.4, 0.3])],
           "general_hamming": [dict(alpha=0.6)]}
NAMED = ("bartlett", "blackman", "hamming", "hann", "kaiser")


@pytest.mark.parametrize("name", windows.__all__)
def test_windows_are_scipys(name):
    for options in OPTIONS.get(name, [{}]):
        for count in (0, 1, 2, 5, 8):
            for sym in (True, False):
                found = getattr(windows, name)(count, sym=sym, dtype=autograd.float64, **options)
                wanted = getattr(theirs, name)(count, sym=sym, **options)
                assert found.shape == (count,)
                np.testing.assert_allclose(found, wanted, 1e-12, 1e-15)


@pytest.mark.parametrize("name", NAMED)
def test_windows_by_their_first_names(name):
    named, beta = getattr(autograd, f"{name}_window"), {"beta": 12.0} if name == "kaiser" else {}
    for periodic in (True, False):
        wanted = getattr(theirs, name)(6, sym=not periodic, **beta)
        np.testing.assert_allclose(named(6, periodic, dtype=autograd.float64), wanted, 1e-12, 1e-15)
    assert named(4).dtype == autograd.float32 and named(4, requires_grad=True).requires_grad
    with pytest.raises(ValueError, match=f"{name}_window: the number of points must be an integer"):
        named(-1)
    with pytest.raises(TypeError, match=f"{name}_window: periodic must be True or False"):
        named(4, "yes")
    with pytest.raises(RuntimeError, match=f"{name}_window: a floating dtype is needed, got int64"):
        named(4, dtype=autograd.int64)


def test_what_has_no_meaning_is_refused():
    for call, message in ((lambda: windows.exponential(5, center=1.0), "symmetric window has its"),
                          (lambda: windows.exponential(5, tau=0.0), "tau must be above 0"),
                          (lambda: windows.gaussian(5, std=-1.0), "std must be above 0"),
                          (lambda: windows.kaiser(5, beta=-1.0), "beta must not be negative")):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="general_cosine: a must be a list of weights, got float"):
        windows.general_cosine(5, a=0.5)
    off = windows.exponential(4, center=1.0, sym=False, dtype=autograd.float64)
    np.testing.assert_allclose(off, np.exp(-np.abs(np.arange(4) - 1.0)), 1e-14)
