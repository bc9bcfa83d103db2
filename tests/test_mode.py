"""Grad modes: nesting, decorators, exceptions, threads."""

from __future__ import annotations

import threading

import pytest

import autograd


def leaf(value):
    return autograd.tensor(value, requires_grad=True)


def test_no_grad_records_nothing():
    x = leaf(2.0)
    with autograd.no_grad():
        y = x * x
        with autograd.enable_grad():
            z = x * x
    assert not y.requires_grad and y.is_leaf and z.requires_grad
    assert autograd.is_grad_enabled()


def test_modes_as_decorators_and_functions():
    x = leaf(2.0)

    @autograd.no_grad()
    def silent():
        return x * x

    @autograd.no_grad
    def bare():
        return x * x

    assert not silent().requires_grad and not bare().requires_grad
    with autograd.set_grad_enabled(False):
        assert not (x * x).requires_grad
    autograd.set_grad_enabled(False)
    assert not autograd.is_grad_enabled()
    autograd.set_grad_enabled(True)
    with autograd.inference_mode():
        assert autograd.is_inference_mode_enabled() and not (x * x).requires_grad


def test_modes_survive_exceptions_and_belong_to_a_thread():
    with pytest.raises(ZeroDivisionError), autograd.no_grad():
        1 / 0  # noqa: B018
    assert autograd.is_grad_enabled()
    seen = []
    with autograd.no_grad():
        thread = threading.Thread(target=lambda: seen.append(autograd.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]
