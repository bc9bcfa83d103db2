"""Random tensors: reproducible, of the right distribution, checked."""

from __future__ import annotations

import numpy as np
import pytest

import autograd


def test_a_seed_repeats_everything():
    def draw():
        return [t.tolist() for t in (
            autograd.rand(3), autograd.randn(3), autograd.randint(10, (3,)), autograd.randperm(5),
            autograd.bernoulli(autograd.full((3,), 0.5)), autograd.normal(0.0, 1.0, (2,)),
            autograd.multinomial(autograd.ones(4), 2))]

    autograd.manual_seed(7)
    first = draw()
    autograd.manual_seed(7)
    assert draw() == first
    assert draw() != first


def test_generators_are_independent_and_keep_state():
    g = autograd.Generator().manual_seed(3)
    assert g.initial_seed() == 3
    state = g.get_state()
    a = autograd.rand(4, generator=g)
    autograd.rand(4)
    g.set_state(state)
    assert autograd.rand(4, generator=g).tolist() == a.tolist()
    before = autograd.get_rng_state()
    a = autograd.rand(2)
    autograd.set_rng_state(before)
    assert autograd.rand(2).tolist() == a.tolist()
    assert g.seed() == g.initial_seed()


def test_distributions():
    autograd.manual_seed(0)
    u, n = autograd.rand(20000).numpy(), autograd.randn(20000).numpy()
    assert u.min() >= 0 and u.max() < 1 and abs(u.mean() - 0.5) < 0.01
    assert abs(n.mean()) < 0.03 and abs(n.std() - 1) < 0.03
    m = autograd.normal(2.0, 3.0, (20000,)).numpy()
    assert abs(m.mean() - 2) < 0.1 and abs(m.std() - 3) < 0.1
    b = autograd.bernoulli(autograd.full((20000,), 0.3)).numpy()
    assert set(b) == {0.0, 1.0} and abs(b.mean() - 0.3) < 0.02
    i = autograd.randint(2, 5, (3000,)).numpy()
    assert set(i) == {2, 3, 4} and i.dtype == np.int64
    counts = np.bincount(autograd.multinomial(
        autograd.tensor([1.0, 0.0, 3.0]), 4000, replacement=True).numpy(), minlength=3)
    assert counts[1] == 0 and abs(counts[2] / 4000 - 0.75) < 0.03


def test_dtypes_and_shapes():
    assert autograd.rand(2, 3).dtype == np.float32 and autograd.randn((2, 3)).shape == (2, 3)
    assert autograd.rand(2, dtype=autograd.float64).dtype == np.float64
    assert autograd.randn(2, dtype=autograd.float16).dtype == np.float16
    assert autograd.randint_like(autograd.ones(2, 2), 5).dtype == np.float32
    assert sorted(autograd.randperm(6).tolist()) == list(range(6))
    means = autograd.normal(autograd.zeros(3), autograd.ones(3))
    assert means.shape == (3,) and not means.requires_grad
    assert autograd.multinomial(autograd.ones(2, 3), 3).shape == (2, 3)


def test_in_place_filling():
    x = autograd.empty(4000)
    assert x.uniform_(2, 4) is x and x.numpy().min() >= 2 and x.numpy().max() < 4
    x.normal_(1.0, 0.5)
    assert abs(x.numpy().mean() - 1) < 0.05
    x.bernoulli_(0.25)
    assert abs(x.numpy().mean() - 0.25) < 0.05


def test_filling_speaks_for_itself():
    weight = autograd.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="^uniform_: a leaf that requires grad"):
        weight.uniform_()
    y = weight * 2
    loss = (y * y).sum()
    y.normal_()
    with pytest.raises(RuntimeError, match=r"normal_ .*test_sampling\.py"):
        loss.backward()
    y = weight * 2
    y.uniform_(3, 4)
    y.sum().backward()
    assert weight.grad.tolist() == [0.0, 0.0] and weight.uniform_.__name__ == "uniform_"


class Highest:
    """Draws the largest uniform numbers that NumPy's generators can."""

    def random(self, size=None, dtype=np.float64):
        return np.full(size, 1 - (2.0**-24 if dtype == np.float32 else 2.0**-53), dtype)

    def integers(self, low, high, size, dtype=np.int64):
        return np.full(size, high - 1, dtype)


@pytest.fixture
def highest():
    generator = autograd.Generator()
    generator._numpy = Highest()
    return generator


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_uniform_numbers_stay_below_the_upper_bound(dtype, highest):
    assert autograd.rand(3, dtype=dtype, generator=highest).numpy().max() < 1
    x = autograd.empty(3, dtype=dtype)
    for low, high in ((0, 1), (2, 4), (-1, 0), (0.1, 0.2), (1000, 1001), (-7e4, -7e4 + 1e-3)):
        if dtype == np.float16 and low < -1000:
            continue
        x.uniform_(low, high, generator=highest)
        first, last = np.array([low, high], dtype)
        assert (first <= x.numpy()).all() and ((x.numpy() < last) | (first == last)).all()
    assert x.uniform_(3, 3, generator=highest).tolist() == [3, 3, 3]


def test_float16_has_every_multiple_of_2_to_the_minus_11():
    drawn = autograd.rand(200_000, dtype=autograd.float16).numpy()
    assert drawn.dtype == np.float16 and drawn.max() < 1
    counts = np.bincount((drawn.astype(np.float64) * 2048).astype(int), minlength=2048)
    assert abs(counts - 200_000 / 2048).max() < 6 * np.sqrt(200_000 / 2048)


def test_low_and_high_of_randint_by_every_way():
    for drawn in (autograd.randint(3, (50,)), autograd.randint(3, size=(50,)),
                  autograd.randint(high=3, size=[50]), autograd.randint(0, 3, (50,))):
        assert set(drawn.tolist()) == {0, 1, 2}
    assert autograd.randint(0, 2, (50,), dtype=autograd.bool).dtype == bool
    assert autograd.randint(255, 256, (2,), dtype=autograd.uint8).tolist() == [255, 255]
    assert autograd.randint(-(2**63), 2**63, (3,)).dtype == np.int64
    assert autograd.randint(2047, 2049, (50,), dtype=autograd.float16).numpy().max() == 2048


def test_probabilities_of_every_form():
    zeros = autograd.empty(2, 3)
    assert zeros.bernoulli_(autograd.tensor([0.0, 1.0, 1.0])).tolist() == [[0, 1, 1]] * 2
    assert autograd.bernoulli(zeros, autograd.tensor([1.0, 0.0, 1.0])).tolist() == [[1, 0, 1]] * 2
    assert autograd.bernoulli(autograd.tensor([3, 4]), 1).tolist() == [1, 1]
    assert autograd.bernoulli(autograd.zeros(0)).shape == (0,)
    assert autograd.tensor([3, 4]).bernoulli(1).tolist() == [1, 1]


@pytest.mark.parametrize("name, arguments", [
    ("bernoulli", ()), ("bernoulli", (0.3,)), ("multinomial", (4,))])
def test_a_method_draws_what_the_function_does(name, arguments):
    weights, first, second = autograd.rand(3, 9), autograd.Generator(), autograd.Generator()
    first.manual_seed(5)
    second.manual_seed(5)
    of_function = getattr(autograd, name)(weights, *arguments, generator=first)
    of_method = getattr(weights, name)(*arguments, generator=second)
    assert of_method.tolist() == of_function.tolist() and not of_method.requires_grad


def test_weights_whose_sum_overflows_or_underflows():
    for weights in ([1e308, 1e308, 0.0], [5e-324, 5e-324, 0.0]):
        drawn = autograd.multinomial(autograd.tensor(weights, dtype=autograd.float64), 1000, True)
        counts = np.bincount(drawn.numpy(), minlength=3)
        assert counts[2] == 0 and abs(counts[0] - 500) < 80
    far = autograd.tensor([[0.0, 5e-324, 1e308, 0.0]], dtype=autograd.float64).expand(50, 4)
    assert autograd.multinomial(far, 2).tolist() == [[2, 1]] * 50
    assert autograd.multinomial(autograd.ones(0, 3), 2).shape == (0, 2)


def test_pairs_without_replacement_are_as_likely_as_one_after_the_other():
    autograd.manual_seed(0)
    weights = np.array([1.0, 2.0, 0.0, 5.0])
    drawn = autograd.multinomial(autograd.tensor(weights).expand(40000, 4), 2).numpy()
    shares = np.zeros((4, 4))
    np.add.at(shares, tuple(drawn.T), 1 / len(drawn))
    first = weights / 8
    wanted = first[:, None] * weights / (8 - weights)[:, None] * (1 - np.eye(4))
    np.testing.assert_allclose(shares, wanted, atol=0.01)


def test_seeds_have_64_bits_with_or_without_a_sign():
    draws = {}
    for seed in (-1, 2**64 - 1, -(2**63), 2**63, np.int32(5), autograd.tensor(5)):
        g = autograd.Generator().manual_seed(seed)
        assert g.initial_seed() == int(seed) % 2**64
        draws.setdefault(g.initial_seed(), set()).add(autograd.rand(1, generator=g).item())
    assert len(draws) == 3 and all(len(drawn) == 1 for drawn in draws.values())


@pytest.mark.parametrize("state", [None, 3, {}, {"seed": 1}, {"seed": 1, "state": 3},
                                   {"seed": 1.5, "state": autograd.get_rng_state()["state"]},
                                   {"seed": 1, "state": {"bit_generator": "MT19937"}},
                                   {"seed": 1, "state": {"bit_generator": "PCG64"}}])
def test_a_wrong_state_changes_nothing(state):
    g = autograd.Generator().manual_seed(9)
    before = g.get_state()
    with pytest.raises(ValueError, match="set_state: what get_state returned is needed, got"):
        g.set_state(state)
    assert g.get_state() == before


nan, inf = float("nan"), float("inf")
x = autograd.ones(2)
half = autograd.ones(2, dtype=autograd.float16)
whole = autograd.tensor([1, 2])


@pytest.mark.parametrize(("call", "text"), [
    (lambda: autograd.randint(5, 5, (2,)), "randint: low 5 must be below high 5"),
    (lambda: autograd.randint(5, 2, (2,)), "randint: low 5 must be below high 2"),
    (lambda: autograd.randint(0, (2,)), "randint: low 0 must be below high 0"),
    (lambda: autograd.randint(2.7, 5, (2,)), "randint: a bound must be an integer, got float 2.7"),
    (lambda: autograd.randint(nan, (2,)), "randint: a bound must be an integer, got float nan"),
    (lambda: autograd.randint(3), "randint: size is needed"),
    (lambda: autograd.randint(3, 5, 4), "randint: sizes must be integers, got 4"),
    (lambda: autograd.randint(3, (-2,)), r"randint: sizes must not be negative, got \(-2,\)"),
    (lambda: autograd.randint(0, 300, (2,), dtype=autograd.uint8),
     "randint: integers from 0 to 299 do not fit uint8, which has those from 0 to 255"),
    (lambda: autograd.randint(-1, 3, (2,), dtype=autograd.uint8), "integers from -1 to 2 do not f"),
    (lambda: autograd.randint(0, 3, (2,), dtype=autograd.bool), "from 0 to 2 do not fit bool"),
    (lambda: autograd.randint(0, 2**64, (2,)), "do not fit int64"),
    (lambda: autograd.randint_like(half, 5000), "from 0 to 4999 do not fit float16, which has "),
    (lambda: autograd.randperm(-1), r"randperm: sizes must not be negative, got \(-1,\)"),
    (lambda: autograd.randperm(2.5), r"randperm: sizes must be integers, got \(2.5,\)"),
    (lambda: autograd.randperm(300, dtype=autograd.uint8), "randperm: integers from 0 to 299 do n"),
    (lambda: autograd.rand(2, -1), r"rand: sizes must not be negative, got \(2, -1\)"),
    (lambda: autograd.rand(2.5), r"rand: sizes must be integers, got \(2.5,\)"),
    (lambda: autograd.randn((2, 2.0)), r"randn: sizes must be integers, got \(2, 2.0\)"),
    (lambda: autograd.rand(2**62), r"rand: .* no memory holds as many"),
    (lambda: autograd.randn(2**40, 2**40), "randn: .* no memory holds as many"),
    (lambda: autograd.rand(2, dtype=autograd.int64), "rand: .* int64 are not defined; use randint"),
    (lambda: autograd.rand(2, generator=5), "rand: generator must be an autograd.Generator, got i"),
    (lambda: autograd.rand(2, generator=0), "rand: generator must be an autograd.Generator, got i"),
    (lambda: autograd.randn(2, generator=np.random.default_rng()), "randn: generator must be an a"),
    (lambda: autograd.randperm(2, generator="g"), "randperm: generator must be an autograd.Genera"),
    (lambda: autograd.randint(2, (2,), generator="g"), "randint: generator must be an autograd.G"),
    (lambda: autograd.bernoulli(x, generator="g"), "bernoulli: generator must be an autograd.Gen"),
    (lambda: autograd.multinomial(x, 1, generator="g"), "multinomial: generator must be an autog"),
    (lambda: x.normal_(generator="g"), "normal_: generator must be an autograd.Generator, got str"),
    (lambda: autograd.normal(0.0, 1.0), "normal: .* size is needed"),
    (lambda: autograd.normal(x, 1.0, (2,)), "normal: tensors .* leave size out"),
    (lambda: autograd.normal(0.0, -1.0, (2,)), "normal: std must not be negative, got -1.0"),
    (lambda: autograd.normal(0.0, nan, (2,)), "normal: std must not be negative, got nan"),
    (lambda: autograd.normal(x, autograd.tensor([1.0, -2.0])), "std must not be negative, got -2"),
    (lambda: x.normal_(0, -1), "normal_: std must not be negative, got -1"),
    (lambda: x.normal_(0, nan), "normal_: std must not be negative, got nan"),
    (lambda: whole.normal_(), "normal_: random numbers of dtype int64 are not defined"),
    (lambda: x.uniform_(2, 1), "uniform_: from_ must not be above to.*got from_=2 and to=1"),
    (lambda: x.uniform_(nan, 1), "uniform_: from_ must be finite, got nan"),
    (lambda: x.uniform_(0, inf), "uniform_: to must be finite, got inf"),
    (lambda: x.uniform_(-3e38, 3e38), "uniform_: .* their distance must fit float32"),
    (lambda: half.uniform_(0, 1e5), "uniform_: .* fit float16, got from_=0 and to=100000.0"),
    (lambda: whole.uniform_(), "uniform_: random numbers of dtype int64 are not defined"),
    (lambda: autograd.bernoulli(x * 1.5), r"bernoulli: .* lie in \[0, 1\], got 1.5"),
    (lambda: autograd.bernoulli(x * nan), r"bernoulli: .* lie in \[0, 1\], got nan"),
    (lambda: autograd.bernoulli(x, -0.5), r"bernoulli: .* lie in \[0, 1\], got -0.5"),
    (lambda: autograd.bernoulli(whole), "bernoulli: .* floating dtype .* got Tensor .* int64"),
    (lambda: x.bernoulli_(1.5), r"bernoulli_: .* lie in \[0, 1\], got 1.5"),
    (lambda: x.bernoulli_(nan), r"bernoulli_: .* lie in \[0, 1\], got nan"),
    (lambda: autograd.multinomial(x * autograd.tensor([1.0, 0.0]), 2), "multinomial: 2 samples w"),
    (lambda: autograd.multinomial(autograd.tensor([-1.0, 2.0]), 1), "weights >= 0 .*, got -1.0"),
    (lambda: autograd.multinomial(x * nan, 1), "multinomial: .*finite weights >= 0 .*, got nan"),
    (lambda: autograd.multinomial(x * inf, 1), "multinomial: .*finite weights >= 0 .*, got inf"),
    (lambda: autograd.multinomial(x * 0, 1, True), "multinomial: the 2 weights of a row sum to 0"),
    (lambda: autograd.multinomial(x, 0), "multinomial: .* at least 1 sample .* and 0 samples"),
    (lambda: autograd.multinomial(x, -1), "multinomial: .* and -1 samples"),
    (lambda: autograd.multinomial(x, 1.5), "multinomial: num_samples must be an integer, got flo"),
    (lambda: autograd.multinomial(autograd.ones(1, 1, 2), 1), "multinomial: a row or rows of weig"),
    (lambda: autograd.manual_seed(2.7), "manual_seed: seed must be an integer, got float 2.7"),
    (lambda: autograd.manual_seed("1"), "manual_seed: seed must be an integer, got str"),
    (lambda: autograd.manual_seed(2**64), f"manual_seed: seed must lie .*, got {2**64}"),
    (lambda: autograd.manual_seed(-(2**63) - 1), "manual_seed: seed must lie between"),
    (lambda: autograd.Generator("cuda"), "device 'cuda' is not available"),
])
def test_bad_input(call, text):
    before = autograd.get_rng_state()
    with pytest.raises((ValueError, TypeError, RuntimeError), match=text):
        call()
    assert autograd.get_rng_state() == before
