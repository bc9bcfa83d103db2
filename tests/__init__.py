"""What several test files name."""

PACKAGES = ("autograd", "nn", "optim", "data")
