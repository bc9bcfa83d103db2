"""What a recording depends on is noticed, and what cannot be recorded says so and is right."""

import warnings

import numpy as np
import pytest

import autograd
import nn
from tests.compiler import WARM, compiled, replays

FACTOR = 2.0


def warned(step, *args, calls=WARM + 1) -> str:
    """The one warning of several calls."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(calls):
            step(*args)
    (message,) = [str(w.message) for w in caught]
    return message


def test_numbers_that_python_reads_are_conditions():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.by = 3.0

        def forward(self, x):
            return x * self.by * FACTOR + offset[0]

    global FACTOR
    model, offset = Scaled(), [1.0]
    step = compiled(lambda x: model(x))
    x = autograd.ones(2)

    def settle(wanted):
        for _ in range(WARM + 1):
            assert step(x).tolist() == [wanted, wanted]

    settle(7.0)
    model.by = 4.0
    settle(9.0)
    offset[0] = 2.0
    settle(10.0)
    FACTOR = 3.0
    settle(14.0)
    FACTOR = 2.0
    settle(10.0)
    assert replays(step.step) == 4


def test_shapes_dtypes_and_modes_have_recordings_of_their_own():
    step = compiled(lambda x, k: (x * k).sum())
    for x in (
        autograd.ones(3),
        autograd.ones(4),
        autograd.ones(3, dtype=autograd.float64),
        autograd.ones(6)[::2],
    ):
        for k in (2, 2.5):
            for _ in range(WARM + 1):
                assert step(x, k).item() == x.sum().item() * k
                assert step(x, k).dtype == x.dtype
    assert replays(step.step) == 8


@pytest.mark.parametrize(
    "read",
    [lambda x: x.item(), lambda x: bool(x), lambda x: x.tolist(), lambda x: x.numpy(), float, str],
)
def test_numbers_that_leave_tensors_leave_it_uncompiled(read):
    def step(x):
        y = x.sum()
        read(y)
        return y * 2

    fast = autograd.compile(step)
    message = warned(fast, autograd.ones(3))
    assert "uncompiled" in message and "reads numbers at" in message and "test_guards.py" in message
    assert fast(autograd.ones(3)).item() == 6.0
    with pytest.raises(RuntimeError, match="reads numbers"):
        strict = autograd.compile(fullgraph=True)(step)
        for _ in range(WARM):
            strict(autograd.ones(3))


def test_numbers_of_what_outlives_the_step_may_be_read_until_they_change():
    limit = autograd.tensor(2.0)
    step = compiled(lambda x: x * 2 if limit else x * 3)
    for _ in range(WARM + 1):
        assert step(autograd.ones(())).item() == 2.0
    limit.fill_(0.0)
    for _ in range(WARM + 1):
        assert step(autograd.ones(())).item() == 3.0


def test_data_from_nowhere_is_no_constant():
    stream = iter([autograd.ones(2) * i for i in range(9)])
    step = autograd.compile(lambda: next(stream) + 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [step().tolist()[0] for _ in range(9)] == list(range(9))


def test_python_state_that_changes_with_every_call():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

    step = autograd.compile(Counting())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [step(autograd.ones(())).item() for _ in range(8)] == list(range(1, 9))


def test_hooks_are_refused():
    model = nn.Linear(2, 2)
    model.register_forward_hook(lambda *_: None)
    with autograd.no_grad():
        assert "hooks" in warned(autograd.compile(model), autograd.ones(1, 2))
    w = autograd.ones(2, requires_grad=True)
    w.register_hook(lambda g: g * 2)

    def step():
        w.grad = None
        (w * 3).sum().backward()

    assert "hook" in warned(autograd.compile(step))
    assert w.grad.tolist() == [6.0, 6.0]


@pytest.mark.filterwarnings("ignore:.*has hooks")
def test_hooks_of_all_modules_that_come_later_are_called():
    model, seen = nn.Sequential(nn.Tanh(), nn.ReLU()), []
    compiled, x = autograd.compile(model), autograd.ones(1, 2)
    for _ in range(2):  # the second time, modules look for such hooks already
        seen.clear()
        for _ in range(3):
            compiled(x)
        with nn.modules.module.register_module_forward_hook(lambda m, *a: seen.append(m)):
            compiled(x)
        assert seen == [model[0], model[1], model]
        compiled = autograd.compile(model)



def test_a_module_in_training_keeps_its_gradients():
    model = nn.Linear(2, 1)
    fast = autograd.compile(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(WARM + 1):
            model.zero_grad()
            fast(autograd.ones(3, 2)).sum().backward()
            assert model.weight.grad.tolist() == [[3.0, 3.0]]


def test_errors_come_through_and_leave_it_working():
    table = autograd.ones(4, 2)
    step = compiled(lambda i: table[i].sum() + nn.functional.embedding(i, table).sum())
    for _ in range(WARM + 1):
        assert step(autograd.tensor([0, 3])).item() == 8.0
    with pytest.raises(IndexError):
        step(autograd.tensor([0, 4]))
    assert step(autograd.tensor([1, 2])).item() == 8.0
    target = compiled(lambda x, y: nn.functional.cross_entropy(x, y))
    for _ in range(WARM + 1):
        target(autograd.zeros(2, 3), autograd.tensor([0, 2]))
    with pytest.raises(IndexError):
        target(autograd.zeros(2, 3), autograd.tensor([0, 3]))


def test_results_of_every_kind():
    def step(x):
        return {"a": [x + 1, (x, None)], "b": x.max(0), "c": 3}

    fast, x = compiled(step), autograd.tensor([1.0, 5.0])
    for _ in range(WARM + 1):
        found = fast(x)
        assert found["a"][0].tolist() == [2.0, 6.0] and found["a"][1][1] is None
        assert found["b"].indices.item() == 1 and found["c"] == 3


def test_the_forms_of_a_call():
    @autograd.compile(mode="max-autotune", dynamic=False)
    def double(x):
        """Twice x."""
        return x * 2

    assert double.__name__ == "double" and double.__doc__ == "Twice x."
    for i in range(6):
        assert double(autograd.tensor(float(i))).item() == 2 * i
    model = nn.Linear(2, 2)
    assert autograd.compile(model).weight is model.weight
    assert autograd.compile(model, disable=True) is model
    with pytest.raises(TypeError, match="a function or a module"):
        autograd.compile(3)


def test_long_chains_in_large_and_odd_sizes():
    def chain(x, y, row, column):
        z = x
        for _ in range(9):
            z = (z * y + row).tanh() - column / (z.exp() + 1.5)
        return z.sigmoid() * 2, z.sum(0), (z - y).square().sum()

    fast, rng = compiled(chain), np.random.default_rng(1)
    for shape in ((3, 5), (37, 130), (300, 77)):
        for _ in range(WARM + 1):
            args = [
                autograd.tensor(rng.standard_normal(s))
                for s in (shape, shape, shape[1:], (shape[0], 1))
            ]
            for wanted, got in zip(chain(*args), fast(*args), strict=True):
                np.testing.assert_allclose(got.numpy(), wanted.numpy(), 1e-9, 1e-11)
