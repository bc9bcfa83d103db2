"""Matrix multiplication by NumPy's BLAS.

Small products end here in the compiled tier too, so no time goes into silencing the warnings that
NumPy gives for infinity and NaN: callers do that once for many calls.
"""

import numpy as np


def gemm(a, b, bias=None, out=None):
    """A B + bias for A (M, K), B (K, N), bias (N,), any strides; written to `out` where given."""
    result = np.matmul(a, b, out=out)
    if bias is not None:
        np.add(result, bias, out=result)
    return result


def bmm(a, b):
    """A B for each pair of matrices in A (B, M, K) and B (B, K, N), any strides."""
    if len(a) != len(b):
        raise ValueError(f"bmm: batches of {len(a)} and {len(b)} matrices; they must be equal")
    return np.matmul(a, b)
