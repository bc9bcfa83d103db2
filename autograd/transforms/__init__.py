"""Functions of functions: gradients, Jacobians and batches, as `torch.func` and
`torch.autograd.functional` have them, and segments that are computed again in the backward pass.

All of it stands on the engine's `grad`: a function is run on new leaves, or, where its arguments
have a history, on copies that have it too, so that transforms go into each other.
"""
