"""Any formula over arrays, by NumPy."""

from autograd.kernels.formulas import FORMULAS


def elementwise(name, *operands):
    """The formula of this name of arrays and numbers, with broadcasting."""
    return FORMULAS[name](*operands)
