"""Tests of `autograd.compile`."""

import warnings

import autograd

WARM = 3  # calls before the first replay: one that warms up, two that are recorded


def replays(compiled) -> int:
    """How many programs a compiled function has."""
    return sum(len(entry.ready) for entry in compiled._entries.values())


def compiled(function, **options):
    """The function compiled, where it has to work: a warning is an error."""
    step = autograd.compile(function, **options)

    def call(*args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return step(*args, **kwargs)

    call.step = step
    return call
