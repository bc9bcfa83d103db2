"""Anomaly detection: which op made a NaN, where it was called, at which index."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd.node import KIND, Node
from tests.leaves import leaf_or_scalar as leaf

HERE = Path(__file__)


def line_of(mark: str) -> str:
    """`file:line` of the line of this file that ends with the mark."""
    lines = HERE.read_text("utf-8").splitlines()
    return f"{HERE}:{1 + next(i for i, line in enumerate(lines) if line.endswith(mark))}"


def test_the_message_names_op_input_index_and_line():
    x = autograd.tensor([[1.0, 4.0], [9.0, 0.0]], requires_grad=True)
    with pytest.raises(RuntimeError) as caught, autograd.autograd.detect_anomaly():
        y = x * 0  # here
        y.sqrt().sum().backward()
    text = str(caught.value)
    assert text.startswith("Function 'MulBackward0' returned nan values in its 0th output, the "
                           "gradient for input: 4 of 4 elements, the first at index (0, 0). The "
                           "gradient that came to it was infinite in places; mul was called at ")
    assert text.endswith(line_of("# here"))


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_sum_of_infinities_is_found_where_it_is_made(create_graph):
    x = leaf(4.0, 0.0)
    with autograd.set_detect_anomaly(True), pytest.raises(
            RuntimeError, match=r"^Function 'SqrtBackward0' added its gradient for input to those "
            r"of that tensor's other uses, and the sum is nan in 1 of 2 elements, the first at "
            r"index \(1,\): infinities of both signs met; sqrt was called at "):
        (x.sqrt() - x.sqrt()).sum().backward(create_graph=create_graph)


def test_a_nan_that_enters_with_the_loss():
    x = leaf(4.0, 1.0)
    with autograd.detect_anomaly(), pytest.raises(RuntimeError, match="had NaNs already"):
        (x * 2).backward(autograd.tensor([1.0, float("nan")]))


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_op_called_before_says_that_its_line_is_not_known(create_graph):
    y = (leaf(1.0, 0.0) * 0).sqrt()
    with autograd.detect_anomaly(), pytest.raises(
            RuntimeError, match="; where mul was called is not known, as anomaly detection was"):
        y.sum().backward(create_graph=create_graph)


def test_second_derivatives_and_joint_rules_and_several_results():
    x = leaf(0.0, 1.0)
    with autograd.detect_anomaly():
        g, = autograd.grad(x.pow(1.5).sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="returned nan values"):
            (g * 0).sqrt().sum().backward()
        a, b = (leaf(1.0, 0.0) * 0).chunk(2)
        with pytest.raises(RuntimeError, match="'ChunkBackward0'|'MulBackward0'"):
            (a.sqrt() + b).sum().backward()
        with pytest.raises(RuntimeError, match="'StandardizeBackward0'.*; standardize was"):
            norm = nn.LayerNorm(2).double()
            norm(leaf(1.0, 2.0)).backward(autograd.tensor([float("nan"), 1.0]))


def test_what_is_right_passes_and_gives_the_same():
    def step():
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(),
                              nn.Linear(72, 3), nn.Dropout())
        model(autograd.randn(4, 1, 8, 8)).square().sum().backward()
        return [p.grad.numpy() for p in model.parameters()]

    plain = step()
    with autograd.detect_anomaly():
        watched = step()
    assert all(np.array_equal(a, b) for a, b in zip(plain, watched, strict=True))


def test_errors_in_a_backward_get_the_line_as_a_note():
    class Failing(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            raise ValueError("no")

    for check_nan in (True, False):
        with autograd.detect_anomaly(check_nan=check_nan), pytest.raises(ValueError) as caught:
            y = Failing.apply(leaf(1.0))  # there
            y.backward()
        assert caught.value.__notes__ == [
            f"in this backward pass; Failing was called at {line_of('# there')}"]


def test_switching_it_on_and_off_again():
    assert not autograd.is_anomaly_enabled() and KIND[0] is Node
    with autograd.detect_anomaly(check_nan=False):
        assert autograd.is_anomaly_enabled() and not autograd.is_anomaly_check_nan_enabled()
        (leaf(1.0, 0.0) * 0).sqrt().sum().backward()
        with autograd.set_detect_anomaly(False):
            assert not autograd.is_anomaly_enabled() and KIND[0] is Node
        with autograd.set_detect_anomaly(True):
            assert autograd.is_anomaly_check_nan_enabled()
        assert not autograd.is_anomaly_check_nan_enabled() and autograd.is_anomaly_enabled()
    assert not autograd.is_anomaly_enabled() and KIND[0] is Node
    assert type((leaf(1.0) * 2).grad_fn) is Node
    autograd.autograd.set_detect_anomaly(True)
    assert autograd.is_anomaly_enabled()
    autograd.autograd.set_detect_anomaly(False)
    assert not autograd.is_anomaly_enabled() and KIND[0] is Node
    with pytest.raises(TypeError, match="set_detect_anomaly: mode"):
        autograd.set_detect_anomaly("yes")


def test_blocks_may_end_in_any_order_and_be_used_again():
    first, second = autograd.detect_anomaly(), autograd.detect_anomaly(check_nan=False)
    assert not autograd.is_anomaly_enabled()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert autograd.is_anomaly_enabled() and not autograd.is_anomaly_check_nan_enabled()
    second.__exit__()
    assert not autograd.is_anomaly_enabled() and KIND[0] is Node
    with first:
        assert autograd.is_anomaly_check_nan_enabled()
    assert not autograd.is_anomaly_enabled() and KIND[0] is Node


def test_it_holds_in_other_threads():
    found = []

    def walk():
        try:
            (leaf(1.0, 0.0) * 0).sqrt().sum().backward()
        except RuntimeError as error:
            found.append(str(error))

    with autograd.detect_anomaly():
        thread = threading.Thread(target=walk)
        thread.start()
        thread.join()
    assert len(found) == 1 and re.search("mul was called at .*test_anomaly", found[0])


def test_a_compiled_step_runs_uncompiled():
    weight = leaf(1.0, 0.0)

    @autograd.compile
    def step(scale):
        weight.grad = None
        (weight * scale).sqrt().sum().backward()
        return weight.grad

    for _ in range(4):
        step(autograd.tensor(1.0))
    with autograd.detect_anomaly(), pytest.raises(RuntimeError, match="'MulBackward0' returned"):
        step(autograd.tensor(0.0))
    assert np.isnan(step(autograd.tensor(0.0)).numpy()).all()


@pytest.mark.filterwarnings("ignore:.*anomaly detection looks at its gradients")
def test_a_block_inside_of_a_compiled_step():
    weight = leaf(1.0, 0.0)

    @autograd.compile
    def step(scale):
        weight.grad = None
        with autograd.detect_anomaly():
            (weight * scale).exp().sqrt().sum().backward()

    for scale in (1.0, 2.0, 3.0):
        step(autograd.tensor(scale, dtype=autograd.float64))
    with pytest.raises(RuntimeError, match="returned nan values"):
        step(autograd.tensor(float("inf"), dtype=autograd.float64))
