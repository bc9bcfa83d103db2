"""The library beside PyTorch, as ratios: `make bench`."""
