"""A thousand random programs against the forward-mode evaluator; and the tools themselves."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from autograd.kernels.thresholds import LEAST
from tests.programs import __main__ as command
from tests.programs.compare import with_forward
from tests.programs.differences import table
from tests.programs.execute import execute
from tests.programs.forward import Dual, bilinear, exp, kink, log, power, promoted, tanh
from tests.programs.generate import generate
from tests.programs.machine import Machine
from tests.programs.program import ROWS, Program, Step
from tests.programs.shrink import shrink
from tests.programs.workers import Died, each

COUNT, BLOCK = 1000, 50


@pytest.mark.parametrize("start", range(0, COUNT, BLOCK))
def test_values_and_derivatives(start):
    for seed in range(start, start + BLOCK):
        program = generate(seed)
        if with_forward(program):
            small = shrink(program, with_forward)
            found = "\n".join(map(str, with_forward(small)))
            pytest.fail(f"seed {seed}:\n{small.text('autograd')}\n\n{found}", pytrace=False)


def test_with_kernels_for_small_arrays_too(monkeypatch):
    for name in LEAST:
        monkeypatch.setitem(LEAST, name, 1)
    for seed in range(COUNT, COUNT + 100):
        assert not with_forward(generate(seed)), f"seed {seed}"


def leaf(number, values, tracked=True, dtype=np.float64):
    return Step("leaf", (), (number,), dict(values=np.asarray(values), dtype=np.dtype(dtype),
                                            layout="plain", tracked=tracked))


def test_every_kind_of_step_occurs():
    """No row of the table is dead."""
    missing = set(ROWS)
    for seed in range(3000):
        missing -= {step.op for step in generate(seed, seed % 2 == 0).steps}
        if not missing:
            break
    assert not missing


def test_the_same_seed_makes_the_same_program():
    assert generate(7).text() == generate(7).text()


@pytest.mark.parametrize("function", [exp, log, tanh, lambda x: power(x, 2.5),
                                      lambda x: bilinear(np.multiply, x, exp(x))])
def test_the_evaluator_against_differences(function):
    """Both first derivatives and the mixed second one of a function of one number."""
    x, h = 0.7, 1e-4
    v, a, b, ab = (float(p) for p in function(Dual([np.array(k) for k in (x, 2.0, -1.0, 0.5)],
                                                   np.float64)).parts)

    def f(s, t):
        moved = np.array(x + 2 * s - t + 0.5 * s * t)
        return float(function(Dual([moved, *np.zeros((3, 1))], np.float64)).value)

    assert v == f(0, 0)
    assert a == pytest.approx((f(h, 0) - f(-h, 0)) / (2 * h), rel=1e-6)
    assert b == pytest.approx((f(0, h) - f(0, -h)) / (2 * h), rel=1e-6)
    mixed = (f(h, h) - f(h, -h) - f(-h, h) + f(-h, -h)) / (4 * h * h)
    assert ab == pytest.approx(mixed, rel=1e-5)


def test_a_wrong_gradient_is_found_and_shrunk(monkeypatch):
    """With a rule of tanh that is wrong, a failing program shrinks to a few steps."""
    import autograd

    op = autograd.tanh.op
    autograd.ones(1, requires_grad=True).tanh().backward()  # the first use makes op.backward
    right = op.backward
    monkeypatch.setattr(op, "backward", lambda g, saved, parents: [
        None if part is None else part * 2 for part in right(g, saved, parents)])
    program = next(p for p in map(generate, range(2000)) if len(p.steps) > 8 and any(
        s.op == "tanh" for s in p.steps) and with_forward(p))
    small = shrink(program, with_forward)
    assert len(small.steps) <= 4
    assert {"leaf", "tanh", "backward"} <= {step.op for step in small.steps}


def test_a_failing_step_is_passed_over():
    program = Program((leaf(0, [1.0, 2.0]), Step("add_", (0, 0), ()), Step("sum", (0,), (1,)),
                       Step("backward", (1,), (), {"retain": False})))
    outcome = execute(program, "autograd")
    assert list(outcome.errors) == [1]
    np.testing.assert_array_equal(outcome.seen[0].grad, [-1.5, -1.5])
    assert "suppress" in program.text(failing=(1,))


def test_directions_add_up_over_views_and_writes():
    program = Program((leaf(0, [1.0, 2.0, 3.0]), Step("mul", (0, 0), (1,)),
                       Step("select", (1,), (2,), {"dim": 0, "n": 1}),
                       Step("mul_", (2, 2), ()), Step("sum", (1,), (3,)),
                       Step("backward", (3,), (), {"retain": False})))
    machine = Machine().run(program)
    # x², x⁴, x² summed and weighted by -1.5, along the ramp -1.5, -0.5, 0.5
    assert machine.totals[0] == pytest.approx(-1.5 * (2 * -1.5 + 4 * 8 * -0.5 + 6 * 0.5))
    assert not with_forward(program)


def test_the_readme_shows_what_differs_on_purpose():
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    assert table() in readme, f"put into README.md:\n{table()}"


def test_a_kink_nearby_rejects():
    with pytest.raises(Exception, match="kink"):
        kink(np.array([1.0, 1e-5]))


@pytest.mark.parametrize("dtypes, expected", [
    (("float32", "float64"), "float64"), (("int64", "float16"), "float16"),
    (("uint8", "int8"), "int16"), (("bool", "uint8"), "uint8")])
def test_promotion(dtypes, expected):
    values = [Dual([np.zeros(2)] * 4, dtype) for dtype in dtypes]
    assert promoted(*values) == expected


def _square_unless_it_dies(number):
    if number == 70:
        os._exit(3)
    if number == 71:
        os.kill(os.getpid(), signal.SIGTERM)
    if number == 72:
        raise ValueError("a fault of the check itself")
    return number * number


@pytest.mark.slow
def test_a_process_that_dies_is_told_and_the_rest_done():
    found = dict(each(_square_unless_it_dies, range(130), 2))
    assert found.pop(70) == Died(3)
    assert found.pop(71).code not in (0, None)
    assert found.pop(72) == Died(1)
    assert found == {n: n * n for n in range(130) if n not in (70, 71, 72)}


def _die(number):
    os._exit(4)


def test_when_every_process_dies_the_run_ends(monkeypatch):
    monkeypatch.setattr("tests.programs.workers.DEATHS", 3)
    with pytest.raises(RuntimeError, match="3 processes died"):
        list(each(_die, range(1000), 2))


def test_a_crash_is_a_failure_with_its_seed(monkeypatch, capsys):
    monkeypatch.setattr(command, "each", lambda work, seeds, n: [(5, None), (6, Died(-11))])
    monkeypatch.setattr(sys, "argv", ["programs", "--plain", "--count", "2", "--seed", "5"])
    assert command.main() == 1
    out = capsys.readouterr().out
    assert "2 programs, 1 fail" in out and "crash at seed 6: exit code -11" in out
