"""Fixtures for the tests of those who use the library; pytest finds them by itself.

    def test_my_function(gradcheck):
        x = autograd.randn(3, dtype=autograd.float64, requires_grad=True)
        gradcheck(my_function, (x,))
"""

import pytest


@pytest.fixture
def gradcheck():
    """autograd.gradcheck: raises a GradcheckError with a table where a gradient is wrong."""
    from .gradient_check import gradcheck

    return gradcheck


@pytest.fixture
def gradgradcheck():
    """autograd.gradgradcheck: the same for second derivatives."""
    from .gradient_check import gradgradcheck

    return gradgradcheck
