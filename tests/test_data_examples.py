"""The examples in the docstrings of data."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    ("name", "examples"),
    [
        ("data.collate", 2),
        ("data.dataset", 6),
        ("data.datasets.digits", 1),
        ("data.datasets.names", 2),
        ("data.loader", 1),
        ("data.sampler", 3),
        ("data.transforms.compose", 4),
        ("data.transforms.conversion", 3),
        ("data.transforms.crops", 4),
        ("data.transforms.normalize", 1),
    ],
)
def test_examples(name, examples):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0 and result.attempted == examples
