"""Whatever Python reads beside the arguments is a condition, wherever it hangs; arguments are told
apart by all that can be asked of them."""

import array
import collections
import contextvars
import functools
import sys
import types
import warnings
import weakref

import numpy as np
import pytest

import autograd
import nn
import optim
from tests.compiler import WARM, compiled, replays

ONE = autograd.ones(1)
package = types.ModuleType("package_of_settings")
package.part = types.ModuleType("package_of_settings.part")


class Settings(types.SimpleNamespace):
    pass


class Kind(type):
    by = 2.0


class Scaled(metaclass=Kind):
    @property
    def own(self):
        return 2.0

    @staticmethod
    def static():
        return 2.0

    @classmethod
    def of_class(cls):
        return 2.0

    def plain(self):
        return 2.0

    def __call__(self):
        return 2.0


class Derived(Scaled):
    pass


def imported():
    import package_of_settings

    return package_of_settings.by


def imported_from():
    from package_of_settings import by

    return by


HELD, VARIABLE = Settings(by=2.0), contextvars.ContextVar("by", default=2.0)
LIST, DICT = collections.UserList([2.0]), collections.UserDict(by=2.0)
NUMBERS, PLAIN, SCALED, DERIVED = array.array("d", [2.0]), {"by": 2.0}, Scaled(), Derived()
REFERENCE, CHAIN = weakref.ref(HELD), collections.ChainMap({"by": 2.0})
GET = PLAIN.get


@functools.lru_cache(1)
def kept():
    return HELD.by


def default(by=2.0):
    return by


def keyword(*, by=2.0):
    return by


def coded():
    return 2.0


def put(value, name="by"):
    return lambda by: setattr(value, name, by)


# name -> (what the step reads, what changes it)
READ = {
    "UserList": (lambda: LIST[0], lambda by: LIST.__setitem__(0, by)),
    "UserDict": (lambda: DICT["by"], lambda by: DICT.__setitem__("by", by)),
    "ChainMap": (lambda: CHAIN["by"], lambda by: CHAIN.__setitem__("by", by)),
    "array": (lambda: NUMBERS[0], lambda by: NUMBERS.__setitem__(0, by)),
    "method of a dict": (lambda: GET("by"), lambda by: PLAIN.__setitem__("by", by)),
    "ContextVar": (lambda: VARIABLE.get(), VARIABLE.set),
    "weak reference": (lambda: REFERENCE().by, put(HELD)),
    "module within a module": (lambda: package.part.by, put(package.part)),
    "import": (imported, put(package)),
    "from import": (imported_from, put(package)),
    "default": (lambda: default(), lambda by: put(default, "__defaults__")((by,))),
    "keyword default": (lambda: keyword(), lambda by: keyword.__kwdefaults__.update(by=by)),
    "code": (lambda: coded(), lambda by: put(coded, "__code__")((lambda: 3.0).__code__)),
    "method": (lambda: SCALED.plain(), lambda by: put(Scaled, "plain")(lambda self: by)),
    "call": (lambda: SCALED(), lambda by: put(Scaled, "__call__")(lambda self: by)),
    "property": (lambda: SCALED.own, lambda by: put(Scaled, "own")(property(lambda self: by))),
    "static": (lambda: Scaled.static(), lambda by: put(Scaled, "static")(staticmethod(lambda: by))),
    "class method": (lambda: Scaled.of_class(),
                     lambda by: put(Scaled, "of_class")(classmethod(lambda cls: by))),
    "metaclass": (lambda: Scaled.by, put(Kind)),
    "added to a subclass": (lambda: DERIVED.plain(),
                            lambda by: put(Derived, "plain")(lambda self: by)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _settings(monkeypatch):
    """Everything is 2 again; classes are as they were."""
    monkeypatch.setitem(sys.modules, package.__name__, package)
    HELD.by = package.by = package.part.by = Kind.by = 2.0
    before = [(cls, dict(vars(cls))) for cls in (Scaled, Derived)]
    yield
    for cls, names in before:
        for name in set(vars(cls)) - set(names):
            delattr(cls, name)
        for name in ("own", "static", "of_class", "plain", "__call__"):
            if name in names:
                setattr(cls, name, names[name])


@pytest.mark.parametrize("name", READ)
def test_what_a_step_reads_is_a_condition(name):
    read, change = READ[name]
    step = compiled(lambda x: x * read())
    for _ in range(WARM + 1):
        assert step(ONE).item() == 2.0
    assert replays(step.step) == 1
    change(3.0)
    for _ in range(WARM + 1):
        assert step(ONE).item() == 3.0


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, complex, bytes])
def test_numbers_of_every_kind_among_the_arguments(kind):
    step = autograd.compile(lambda x, k: x * (len(k) if kind is bytes else float(k.real)))
    for i in [1] * (WARM + 1) + list(range(40)):
        assert step(ONE, kind(i)).item() == i  # where the last one lay, too


@pytest.mark.parametrize(
    ("first", "second", "read"),
    [("", "''", len), ({1: ONE}, {True: ONE}, lambda d: type(next(iter(d))) is bool)],
)  # fmt: skip
def test_arguments_that_look_alike(first, second, read):
    step = autograd.compile(lambda x, k: x * read(k))
    for argument in (first, second):
        for _ in range(WARM + 1):
            assert step(ONE, argument).item() == read(argument)


def test_one_tensor_in_the_place_of_two():
    step, x, y = compiled(lambda x, y: x * y), ONE * 2, ONE * 3
    for a, b in ((x, x), (x, y), (y, y), (y, x)):
        for _ in range(WARM + 1):
            assert step(a, b).item() == a.item() * b.item()


def test_an_argument_that_the_step_holds_too():
    w = autograd.tensor([2.0])
    step = autograd.compile(lambda x: w * 2 + x)
    with pytest.warns(UserWarning, match="what the step holds itself"):
        for _ in range(WARM + 1):
            assert step(w).item() == 6.0
    assert step(ONE).item() == 5.0


@pytest.mark.parametrize(
    "rate",
    [lambda o, s: o.param_groups[0]["lr"], lambda o, s: s.get_last_lr()[0],
     lambda o, s: 0.5 ** (s.last_epoch // 4)],
)  # fmt: skip
def test_learning_rates_that_a_step_reads(rate):
    w = autograd.zeros(1, requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 4, 0.5)

    def step(x):
        w.grad = autograd.zeros(1)
        optimizer.step()
        scheduler.step()
        return x * rate(optimizer, scheduler)

    step = autograd.compile(step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [step(ONE).item() for _ in range(12)] == [0.5 ** (i // 4) for i in range(1, 13)]


def test_an_optimizer_that_sets_its_rate_from_an_argument():
    w = autograd.zeros(1, requires_grad=True)
    optimizer = optim.SGD([w], lr=1.0)

    def step(rate):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        w.sum().backward()
        optimizer.step()

    step, wanted = autograd.compile(step), 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(20):
            step([0.5, 0.25][i % 2])
            wanted -= [0.5, 0.25][i % 2]
            assert w.item() == wanted


def test_parameters_that_only_the_optimizer_knows():
    w, other, late = [autograd.ones(1, requires_grad=True) for _ in range(3)]
    optimizer = optim.SGD([w, other], lr=0.5)

    def step(x):
        optimizer.zero_grad()
        (w * x + late * x).sum().backward()
        optimizer.step()

    step = autograd.compile(step)
    for i in range(12):
        if i > WARM + 1:  # never seen by the step: set outside, forgotten by zero_grad
            (other * 3).sum().backward()
        if i == 8:
            optimizer.add_param_group({"params": [late]})
        step(ONE)
        assert other.item() == 1.0 and other.grad is None
        assert late.grad.item() == (i + 1 if i < 8 else 1.0)


def test_seeds_that_a_step_sets():
    generator = autograd.Generator()

    def step(x):
        autograd.manual_seed(3)
        generator.manual_seed(4)
        return x * autograd.rand(1), x * autograd.rand(1, generator=generator)

    step = compiled(step)
    found = {tuple(drawn.item() for drawn in step(ONE)) for _ in range(WARM + 4)}
    assert len(found) == 1 and replays(step.step) == 1


def test_constants_that_come_out_belong_to_the_caller():
    step = compiled(lambda x: (x * 2, autograd.zeros(2), autograd.zeros(2, 2)[0]))
    for _ in range(WARM + 4):
        _, zeros, row = step(ONE)
        assert zeros.tolist() == row.tolist() == [0.0, 0.0]
        zeros.add_(1)
        row.add_(1)


def test_zeros_of_both_signs_beside_each_other():
    step = compiled(lambda x: (x * 0.0, x * -0.0, (x + 1.0) * 0.0))
    for _ in range(WARM + 1):
        signs = [np.signbit(y.numpy()).all() for y in step(autograd.ones(100))]
        assert signs == [False, True, False]


def test_a_gradient_is_nobody_elses():
    """Neither what the step goes on to read, nor what it returns."""
    w = autograd.ones(2, requires_grad=True)

    def step(x, scale):
        w.grad, v, out = None, x * 2, x * 3
        (w + x).backward(v)
        with autograd.no_grad():
            w.grad.mul_(scale)
        again = v + 0
        w.grad = None
        (w + x).backward(out)
        return again, out

    step = compiled(step)
    for i in range(WARM + 2):
        again, out = step(ONE.expand(2) * i, 5.0)
        w.grad.mul_(7)
        assert again.tolist() == [2.0 * i] * 2 and out.tolist() == [3.0 * i] * 2
    assert replays(step.step) == 1


def test_the_lock_of_a_program():
    """It is given back whatever happens; who does not get it runs the step as it is."""
    table = autograd.ones(3)
    step = compiled(lambda i: table[i] * 2)
    for _ in range(WARM + 1):
        step(autograd.tensor([0, 1]))
    (entry,) = step.step._entries.values()
    ((_, idle, _),) = entry.ready
    with pytest.raises(IndexError):
        step(autograd.tensor([0, 9]))
    assert idle.acquire(blocking=False)
    assert step(autograd.tensor([0, 2])).tolist() == [2.0, 2.0]  # another thread is at it
    idle.release()


TABLE = autograd.arange(24.0).reshape(6, 4)


def filled(index):
    z = autograd.zeros(6)
    z[index] = 1.0
    return z


@pytest.mark.parametrize(
    "step",
    [
        lambda i: TABLE[i] + 0,
        lambda i: TABLE[i, i] + 0,
        lambda i: TABLE[..., i] + 0,
        lambda i: TABLE[:i] + 0,
        lambda i: TABLE[[i]] + 0,
        lambda i: TABLE[((TABLE - 9) * (i - 1.5)).reshape(-1).argmax() // 4],
        lambda i: autograd.arange(12.0).reshape(i, -1).sum(0),
        lambda i: TABLE.repeat(i, 1) + 0,
        lambda i: nn.functional.one_hot(i.reshape(1)),
        lambda i: nn.functional.one_hot(i.reshape(1), 4),
        filled,
    ],
)
def test_whole_numbers_of_tensors_in_the_place_of_pythons(step):
    fast = autograd.compile(step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in [1] * (WARM + 2) + [2, 1, 3, 3, 3, 3, 1]:
            i = autograd.tensor(i)
            assert fast(i).tolist() == step(i).tolist()


def test_what_cannot_be_recorded_of_indices_and_arguments_says_so():
    for step, message in (
        (lambda x: TABLE[x.long()] * 1, "an index reads numbers at"),
        (lambda x: x.mul_(2), "an argument is written in place at"),
    ):
        step, values = autograd.compile(step), [autograd.tensor(1.0) for _ in range(WARM)]
        with pytest.warns(UserWarning, match=message):
            found = [step(x) for x in values]
        assert found[0].tolist() == found[-1].tolist()


def test_a_saved_value_that_the_step_overwrites():
    w = autograd.ones(2, requires_grad=True)

    def step(x):
        result = (w * x).exp()
        result.add_(1)
        result.sum().backward()

    step = autograd.compile(step)
    for _ in range(WARM + 2):
        with pytest.raises(RuntimeError, match="overwritten|modified|in place|in-place"):
            step(ONE.expand(2))
    assert w.grad is None


def test_a_gradient_that_nobody_may_write():
    w = autograd.ones(2, requires_grad=True)
    step = compiled(lambda x: (w * x).sum().backward())
    for i in range(WARM + 4):
        w.grad = autograd.zeros(2)
        w.grad._array.flags.writeable = i <= WARM
        step(ONE.expand(2) * i)
        assert w.grad.tolist() == [i, i]
