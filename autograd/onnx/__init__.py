"""Models as ONNX files, which other programs run: ONNX Runtime, browsers, phones.

`export` runs a model once, takes the list of ops that it called, and writes each as the operators
of ONNX that compute the same; a table has a function for each op.  What follows a formula of
`kernels/formulas` is written from that formula.
"""

from .exporting import export

__all__ = ["export"]
