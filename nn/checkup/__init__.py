"""A dry run of training on copies, and what it finds wrong: `nn.doctor`."""
