"""Random tensor programs: made from a seed, run by any library of PyTorch's interface, compared
with a forward-mode evaluator of their own or with PyTorch, and shrunk to a few lines on failure.

`python -m tests.programs --help` runs many of them.
"""
