"""Recurrent layers, cells and packing against PyTorch: results, states, all gradients, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from nn.utils import rnn

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:LSTM with projections")]
KINDS = {"RNN": {}, "RNN relu": {"nonlinearity": "relu"}, "GRU": {}, "LSTM": {},
         "LSTM projected": {"proj_size": 3}}
SIZES = [1, 7, 8, 15, 16, 17, 31, 32, 33]
RELATIVE = {np.float64: 1e-9, np.float32: 1e-3}


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).uniform(-1, 1, shape)


def close(ours, theirs, relative=1e-9):
    """Equal, relative to the largest element."""
    ours, theirs = (np.asarray(t.detach().numpy()) for t in (ours, theirs))
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    scale = float(np.abs(theirs).max(initial=0))
    np.testing.assert_allclose(ours, theirs, relative, relative * scale + 1e-14)


def both(array, dtype=np.float64):
    array = array.astype(dtype)
    return autograd.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def flat(value):
    """The tensors in a result, in order."""
    if isinstance(value, (rnn.PackedSequence, torch.nn.utils.rnn.PackedSequence)):
        return [value.data]
    if isinstance(value, tuple):
        return [tensor for part in value for tensor in flat(part)]
    return [value]


def pair(kind, *arguments, dtype=np.float64, **options):
    """The module in both libraries with one state."""
    name, *_ = kind.split()
    options = KINDS.get(kind, {}) | options
    ours = getattr(nn, name)(*arguments, **options).to(dtype)
    theirs = getattr(torch.nn, name)(*arguments, **options)
    theirs = theirs.to(torch.float64 if dtype is np.float64 else torch.float32)
    state = {key: value.numpy() for key, value in theirs.state_dict().items()}
    assert ours.load_state_dict(state) == ([], [])
    assert list(ours.state_dict()) == list(state)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    return ours, theirs


def check(modules, results, inputs, relative=1e-9):
    """All results, and all gradients under random weights, of inputs and parameters."""
    ours, theirs = map(flat, results)
    for a, b in zip(ours, theirs, strict=True):
        close(a, b, relative)
    weights = [numbers(*b.shape, seed=k) for k, b in enumerate(theirs)]
    sum((a * autograd.tensor(w, dtype=a.dtype)).sum()
        for a, w in zip(ours, weights, strict=True)).backward()
    sum((b * torch.tensor(w).to(b.dtype)).sum()
        for b, w in zip(theirs, weights, strict=True)).backward()
    named = zip(*(module.named_parameters() for module in modules), strict=True)
    for (name, a), (other, b) in named:
        assert name == other
        inputs = [*inputs, (a, b)]
    for a, b in inputs:
        close(a.grad, b.grad, relative)


def states(kind, rows, count, hidden, dtype=np.float64):
    """Initial states for both, and the tensors in them."""
    size = KINDS[kind].get("proj_size", hidden)
    shape = [(rows, size) if count is None else (rows, count, size)]
    if kind.startswith("LSTM"):
        shape.append((*shape[0][:-1], hidden))
    tensors = [both(numbers(*s, seed=5 + k), dtype) for k, s in enumerate(shape)]
    given = list(zip(*tensors, strict=True))
    return (given if len(shape) > 1 else [given[0][0], given[1][0]]), tensors


layers = st.fixed_dictionaries(dict(
    num_layers=st.integers(1, 3), bidirectional=st.booleans(), bias=st.booleans(),
    batch_first=st.booleans()))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(options=layers, hidden=st.sampled_from([4, *SIZES]), steps=st.integers(1, 5),
       count=st.sampled_from([None, 0, 1, 2, 3, 13]), given_states=st.booleans(),
       train=st.booleans())
def test_layers(kind, options, hidden, steps, count, given_states, train):
    hidden = max(hidden, 4) if "projected" in kind else hidden
    modules = [module.train(train) for module in pair(kind, 5, hidden, **options)]
    shape = (steps, 5) if count is None else (
        (count, steps, 5) if options["batch_first"] else (steps, count, 5))
    x = both(numbers(*shape))
    rows = options["num_layers"] * (1 + options["bidirectional"])
    given, tensors = states(kind, rows, count, hidden) if given_states else ([None, None], [])
    results = [module(*args) for module, args in zip(modules, zip(x, given), strict=True)]
    check(modules, results, [x, *tensors])


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(options=layers, hidden=st.sampled_from([4, 7, 16, 17]), given_states=st.booleans(),
       lengths=st.lists(st.integers(1, 6), min_size=1, max_size=9), sort=st.booleans())
def test_packed_layers(kind, options, hidden, given_states, lengths, sort):
    modules = pair(kind, 5, hidden, **options)
    lengths = sorted(lengths, reverse=True) if sort else lengths
    shape = (len(lengths), 6) if options["batch_first"] else (6, len(lengths))
    x = both(numbers(*shape, 5))
    rows = options["num_layers"] * (1 + options["bidirectional"])
    given, tensors = (states(kind, rows, len(lengths), hidden) if given_states
                      else ([None, None], []))
    results, padded = [], []
    for module, data, state, tools in zip(modules, x, given, (rnn, torch.nn.utils.rnn),
                                          strict=True):
        packed = tools.pack_padded_sequence(data, lengths, options["batch_first"], sort)
        out, after = module(packed, state)
        results.append((tools.pad_packed_sequence(out, options["batch_first"],
                                                  total_length=8)[0], after))
        padded.append(tools.pad_packed_sequence(out)[1].numpy())
    np.testing.assert_array_equal(*padded)
    out, after = modules[0](x[0], given[0], lengths=lengths)
    whole = results[0][0]
    assert not (whole[:, 6:] if options["batch_first"] else whole[6:]).detach().numpy().any()
    close(out, whole[:, :6] if options["batch_first"] else whole[:6])
    for a, b in zip(flat(after), flat(results[0][1]), strict=True):
        close(a, b)
    check(modules, results, [x, *tensors])


@pytest.mark.parametrize("dtype", RELATIVE, ids=lambda d: d.__name__)
@pytest.mark.parametrize("hidden", [*SIZES, 64, 100, 330])
@pytest.mark.parametrize("kind", KINDS)
def test_sizes_around_the_tile(kind, hidden, dtype):
    """Batches that fill the machine's tiles, and those that do not, in both types."""
    if hidden <= 3 and "projected" in kind:
        pytest.skip("a projection must be smaller than the state")
    if kind == "RNN relu" and dtype is np.float32 and hidden > 64:
        pytest.skip("of so many units some lie within rounding of the kink")
    for count in (1, 2, 12, 33):
        modules = pair(kind, 9, hidden, bidirectional=True, dtype=dtype)
        x = both(numbers(4, count, 9), dtype)
        given, tensors = states(kind, 2, count, hidden, dtype)
        results = [m(*args) for m, args in zip(modules, zip(x, given), strict=True)]
        check(modules, results, [x, *tensors], RELATIVE[dtype])


@pytest.mark.parametrize("dtype", RELATIVE, ids=lambda d: d.__name__)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("count", [None, 0, 1, 5, 33])
@pytest.mark.parametrize("kind", ["RNNCell", "RNNCell relu", "GRUCell", "LSTMCell"])
def test_cells(kind, count, bias, dtype):
    options = {"nonlinearity": "relu"} if "relu" in kind else {}
    for hidden in (1, 8, 17, 70):
        modules = pair(kind, 6, hidden, bias=bias, dtype=dtype, **options)
        lead = () if count is None else (count,)
        x = both(numbers(*lead, 6), dtype)
        tensors = [both(numbers(*lead, hidden, seed=k), dtype)
                   for k in range(2 if kind == "LSTMCell" else 1)]
        given = list(zip(*tensors, strict=True))
        if kind != "LSTMCell":
            given = [state[0] for state in given]
        results = [m(*args) for m, args in zip(modules, zip(x, given), strict=True)]
        results = [(m(x[k]), *flat(r)) for k, (m, r) in enumerate(zip(modules, results))]
        check(modules, results, [x, *tensors], RELATIVE[dtype])


@pytest.mark.parametrize("kind", KINDS)
def test_second_derivatives(kind):
    ours, theirs = pair(kind, 3, 4, num_layers=2, bidirectional=True)
    x, y = both(numbers(4, 2, 3))
    first, = autograd.grad(sum((r ** 2).sum() for r in flat(ours(x))), [x], create_graph=True)
    expected, = torch.autograd.grad(sum((r ** 2).sum() for r in flat(theirs(y))), [y],
                                    create_graph=True)
    close(first, expected)
    (first ** 2).sum().backward()
    (expected ** 2).sum().backward()
    close(x.grad, y.grad)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(a.grad, b.grad)


ragged = [numbers(n, 2, seed=n) for n in (2, 5, 1, 5)]


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("batch_first", [True, False])
def test_padding(batch_first, side):
    ours, theirs = [list(map(f, ragged)) for f in (autograd.tensor, torch.tensor)]
    found, expected = rnn.pad_sequence(ours, batch_first, -1.5, side), (
        torch.nn.utils.rnn.pad_sequence(theirs, batch_first, -1.5, side))
    close(found, expected)
    found, expected = (f(x, [2, 5, 1, 5], batch_first) for f, x in (
        (rnn.unpad_sequence, found), (
            lambda x, n, b: torch.nn.utils.rnn.unpad_sequence(x, torch.tensor(n), b), expected)))
    for a, b in zip(found, expected, strict=True):
        close(a, b)


def test_packing():
    ours, theirs = [list(map(f, ragged)) for f in (autograd.tensor, torch.tensor)]
    for sort in (True, False):
        order = [1, 3, 0, 2] if sort else range(4)
        found, expected = rnn.pack_sequence([ours[k] for k in order], sort), (
            torch.nn.utils.rnn.pack_sequence([theirs[k] for k in order], sort))
        for a, b in zip(found, expected, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_array_equal(a.numpy(), b.numpy())
        found, expected = rnn.pad_packed_sequence(found, True, -1.0, 7), (
            torch.nn.utils.rnn.pad_packed_sequence(expected, True, -1.0, 7))
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


REFUSED = {
    "features": lambda n, t, u: n.LSTM(3, 4)(t.zeros(5, 2, 9)),
    "dimensions": lambda n, t, u: n.GRU(3, 4)(t.zeros(5, 2, 1, 3)),
    "no steps": lambda n, t, u: n.RNN(3, 4)(t.zeros(0, 2, 3)),
    "state": lambda n, t, u: n.RNN(3, 4)(t.zeros(5, 2, 3), t.zeros(1, 3, 4)),
    "state of layers": lambda n, t, u: n.GRU(3, 4, 2)(t.zeros(5, 2, 3), t.zeros(1, 2, 4)),
    "unbatched state": lambda n, t, u: n.GRU(3, 4)(t.zeros(5, 3), t.zeros(1, 1, 4)),
    "cell's state": lambda n, t, u: n.LSTM(3, 4)(t.zeros(5, 2, 3),
                                                 (t.zeros(1, 2, 4), t.zeros(1, 2, 5))),
    "dtype": lambda n, t, u: n.GRU(3, 4)(t.zeros(5, 2, 3, dtype=t.float64)),
    "projection": lambda n, t, u: n.LSTM(3, 4, proj_size=4),
    "dropout": lambda n, t, u: n.LSTM(3, 4, 2, dropout=1.5),
    "nonlinearity": lambda n, t, u: n.RNN(3, 4, nonlinearity="sigmoid"),
    "cell's features": lambda n, t, u: n.GRUCell(3, 4)(t.zeros(5, 4)),
    "cell's batch": lambda n, t, u: n.GRUCell(3, 4)(t.zeros(5, 3), t.zeros(4, 4)),
    "lengths": lambda n, t, u: u.pack_padded_sequence(t.zeros(5, 2, 3), [5]),
    "length 0": lambda n, t, u: u.pack_padded_sequence(t.zeros(5, 2, 3), [5, 0]),
    "unsorted": lambda n, t, u: u.pack_padded_sequence(t.zeros(5, 2, 3), [1, 5]),
    "too short": lambda n, t, u: u.pad_packed_sequence(
        u.pack_padded_sequence(t.zeros(5, 2, 3), [5, 1]), total_length=4),
    "no sequences": lambda n, t, u: u.pad_sequence([]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_pytorch_refuses(case):
    for libraries in ((torch.nn, torch, torch.nn.utils.rnn), (nn, autograd, rnn)):
        with pytest.raises((ValueError, RuntimeError, TypeError)):
            REFUSED[case](*libraries)
