"""What programs written for PyTorch touch besides tensors: devices, backends, mixed precision.

There is one device, the CPU, so most of it answers "none here" or does nothing; what a program
cannot do without is refused.  `autograd/aliases.py` says which module stands under which name.
"""
