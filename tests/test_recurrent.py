"""The recurrent layers, cells and packed sequences: what they keep, what they refuse, what they
print; and their kernels, forward and back, against each other."""

import numpy as np
import pytest

import autograd
import nn
from autograd import kernels
from nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpad_sequence,
)

LAYERS = {"rnn": lambda **o: nn.RNN(3, 4, **o), "relu": lambda **o: nn.RNN(
    3, 4, nonlinearity="relu", **o), "gru": lambda **o: nn.GRU(3, 4, **o),
    "lstm": lambda **o: nn.LSTM(3, 4, **o), "projected": lambda **o: nn.LSTM(
        3, 4, proj_size=2, **o)}  # fmt: skip
KINDS = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}  # and how many gates they have
every = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def numbers(*shape, dtype=np.float32, seed=0):
    rng = np.random.default_rng([seed, *shape])
    return autograd.tensor(rng.uniform(-1, 1, shape).astype(dtype))


def flat(result):
    """The tensors in a result, in order."""
    if isinstance(result, tuple):
        return [tensor for part in result for tensor in flat(part)]
    return [result]


def test_parameters_and_their_order():
    layer = nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2)
    shapes = {name: tuple(p.shape) for name, p in layer.named_parameters()}
    assert list(shapes)[:10] == [
        "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_hr_l0",
        "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse", "bias_hh_l0_reverse",
        "weight_hr_l0_reverse"]
    assert shapes["weight_ih_l0"] == (16, 3) and shapes["weight_hh_l1"] == (16, 2)
    assert shapes["weight_ih_l1"] == (16, 4) and shapes["weight_hr_l1"] == (2, 4)
    assert list(nn.GRU(3, 4, bias=False).state_dict()) == ["weight_ih_l0", "weight_hh_l0"]
    assert nn.GRUCell(3, 4, bias=False).bias_ih is None
    for module in (nn.LSTM(9, 25), nn.GRUCell(9, 25)):
        largest = max(p.abs().max().item() for p in module.parameters())
        assert 0.15 < largest <= 0.2
    assert layer.all_weights[0][0] is layer.weight_ih_l0


@every
def test_lengths_in_any_order(layer):
    """Each sequence gets what it gets alone; those of no steps keep their state."""
    model, x, lengths = layer(num_layers=2, bidirectional=True), numbers(5, 4, 3), [2, 5, 0, 3]
    _, before = model(numbers(1, 4, 3))
    out, states = model(x, before, lengths)
    assert out.shape[:2] == (5, 4)
    for k, n in enumerate(lengths):
        assert not out[n:, k].detach().numpy().any()
        own = [state[:, k] for state in flat(before)]
        if n == 0:
            for a, b in zip(flat(states), own, strict=True):
                np.testing.assert_array_equal(a[:, k].detach(), b.detach())
            continue
        alone, after = model(x[:n, k], tuple(own) if isinstance(before, tuple) else own[0])
        np.testing.assert_allclose(out[:n, k].detach(), alone.detach(), rtol=1e-5, atol=1e-6)
        for a, b in zip(flat(states), flat(after), strict=True):
            np.testing.assert_allclose(a[:, k].detach(), b.detach(), rtol=1e-5, atol=1e-6)
    same, _ = model(x, before, autograd.tensor(lengths))
    np.testing.assert_array_equal(same.detach(), out.detach())


@every
@pytest.mark.parametrize("lengths", [None, [2, 0, 3]])
def test_batch_first(layer, lengths):
    """The same turned round, also where the longest sequence ends before the input does."""
    model, turned, x = layer(), layer(batch_first=True), numbers(5, 3, 3)
    turned.load_state_dict(model.state_dict())
    out, states = model(x, lengths=lengths)
    assert out.shape[:2] == (5, 3)
    other, same = turned(x.transpose(0, 1), lengths=lengths)
    for a, b in zip([out, *flat(states)], [other.transpose(0, 1), *flat(same)], strict=True):
        np.testing.assert_array_equal(a.detach(), b.detach())


@every
@pytest.mark.parametrize("count", [0, 2])
def test_no_sequence_has_a_step(layer, count):
    """The results are zeros, the states are those before, and so are their gradients."""
    model = layer(num_layers=2, bidirectional=True)
    before = [numbers(4, count, state.shape[2]).requires_grad_()
              for state in flat(model(numbers(1, 1, 3))[1])]
    x = numbers(5, count, 3).requires_grad_()
    out, states = model(x, tuple(before) if len(before) == 2 else before[0], lengths=[0] * count)
    (out.sum() + sum(state.sum() for state in flat(states))).backward()
    assert out.shape[:2] == (5, count) and not out.detach().numpy().any()
    assert not x.grad.numpy().any()
    for state, start in zip(flat(states), before, strict=True):
        np.testing.assert_array_equal(state.detach(), start.detach())
        assert (start.grad == 1).all()


@every
def test_gradients(layer):
    model = layer(num_layers=2, bidirectional=True).double()
    x = numbers(3, 2, 3, dtype=np.float64).requires_grad_()
    parameters = list(model.parameters())
    if model.__class__ is nn.RNN and model.nonlinearity == "relu":
        with autograd.no_grad():
            for parameter in parameters:
                parameter += 0.5  # away from the kink

    def call(x, *parameters):
        return flat(model(x, lengths=[3, 1]))

    assert autograd.gradcheck(call, (x, *parameters))
    assert autograd.gradgradcheck(lambda x: call(x), (x,))


@every
def test_one_call_equals_two(layer):
    """The states at the end of one half begin the other."""
    model, x = layer(num_layers=2), numbers(6, 2, 3)
    out, states = model(x)
    first, between = model(x[:4])
    second, after = model(x[4:], between)
    np.testing.assert_allclose(autograd.cat([first, second]).detach(), out.detach(), rtol=1e-5,
                               atol=1e-6)
    for a, b in zip(flat(after), flat(states), strict=True):
        np.testing.assert_allclose(a.detach(), b.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("cell", "layer"), [
    (nn.RNNCell, nn.RNN), (nn.GRUCell, nn.GRU), (nn.LSTMCell, nn.LSTM)])
def test_a_loop_of_cells_is_a_layer(cell, layer):
    """Also in the second derivative."""
    one, whole = cell(3, 4).double(), layer(3, 4).double()
    one.load_state_dict({key[:-3]: value for key, value in whole.state_dict().items()})
    x = numbers(4, 2, 3, dtype=np.float64).requires_grad_()
    outs, state = [], None
    for step in x.unbind(0):
        state = one(step, state)
        outs.append(state[0] if isinstance(state, tuple) else state)
    found = []
    for out in (autograd.stack(outs), whole(x)[0]):
        first, = autograd.grad((out ** 2).sum(), [x], create_graph=True)
        second, = autograd.grad((first ** 2).sum(), [x])
        found.append((out.detach(), first.detach(), second))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def step_by_hand(kind, x, h, c, w_ih, w_hh, b_ih, b_hh):
    """h' and c' of one step, gate by gate, from PyTorch's documentation of the layers."""
    def squash(z):
        return 1 / (1 + np.exp(-z))

    a, b = x @ w_ih.T + b_ih, h @ w_hh.T + b_hh
    if kind == "lstm":
        i, f, g, o = np.split(a + b, 4, 1)
        c = squash(f) * c + squash(i) * np.tanh(g)
        return squash(o) * np.tanh(c), c
    if kind == "gru":
        (a_r, a_z, a_n), (b_r, b_z, b_n) = np.split(a, 3, 1), np.split(b, 3, 1)
        z = squash(a_z + b_z)
        return (1 - z) * np.tanh(a_n + squash(a_r + b_r) * b_n) + z * h, None
    return (np.tanh(a + b) if kind == "rnn" else np.maximum(a + b, 0)), None


@pytest.mark.parametrize("kind", ["rnn", "relu", "gru", "lstm"])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("hidden", [127, 256, 257])
def test_one_step_of_wide_layers(kind, batch, hidden):
    """As a model that writes takes them: the values, where they lie, and the gradients."""
    options = {"nonlinearity": "relu"} if kind == "relu" else {}
    layer = {"gru": nn.GRU, "lstm": nn.LSTM}.get(kind, nn.RNN)(5, hidden, **options)
    x, h, c = numbers(1, batch, 5), numbers(1, batch, hidden), numbers(1, batch, hidden, seed=1)
    for given in (x, h, c):
        given.requires_grad_()
    out, state = layer(x, (h, c) if kind == "lstm" else h)
    h_n, *c_n = state if kind == "lstm" else (state,)
    arrays = [t.detach().numpy().astype(float) for t in (x[0], h[0], c[0], *layer.parameters())]
    wanted, cell = step_by_hand(kind, *arrays)
    np.testing.assert_allclose(out.detach()[0], wanted, atol=2e-6)
    np.testing.assert_array_equal(h_n.detach(), out.detach())
    for found in c_n:
        np.testing.assert_allclose(found.detach()[0], cell, atol=2e-6)
    found = autograd.grad(h_n.sum(), [x, h, layer.weight_hh_l0])
    for grad, k in zip(found, (0, 1, 4), strict=True):
        moved = numbers(*arrays[k].shape, dtype=np.float64, seed=2).numpy()
        ends = [step_by_hand(kind, *(a + e * moved if i == k else a for i, a in enumerate(arrays))
                             )[0].sum() for e in (1e-5, -1e-5)]
        np.testing.assert_allclose((grad.numpy().reshape(moved.shape) * moved).sum(),
                                   (ends[0] - ends[1]) / 2e-5, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("hidden", [4, 256])
def test_results_of_one_step_share_no_memory(name, hidden):
    wide = KINDS[name] * hidden
    h, c, w = (numbers(n, hidden).numpy() for n in (1, 1, wide))
    given = (numbers(1, 3).numpy(), h, c if name == "lstm" else None, numbers(wide, 3).numpy(), w,
             numbers(wide).numpy(), numbers(wide).numpy())
    found = [a for a in kernels.recurrent(name, *given, np.array([1]), False) if a is not None]
    if name.startswith("rnn"):
        found.pop(2)  # the gate of an rnn, which is its result
    for i, a in enumerate(found):
        assert not any(np.shares_memory(a, b) for b in [*found[:i], *given] if b is not None)


def test_dropout_between_layers():
    model, x = nn.GRU(3, 64, 2, dropout=0.5), numbers(4, 8, 3)
    assert not np.array_equal(model(x)[0].detach(), model(x)[0].detach())
    np.testing.assert_array_equal(model.eval()(x)[0].detach(), model(x)[0].detach())
    model, upper = nn.GRU(3, 4, 2, dropout=1.0), nn.GRU(4, 4)  # which sees nothing of x
    upper.load_state_dict({key: model.state_dict()[key.replace("l0", "l1")]
                           for key in upper.state_dict()})
    np.testing.assert_array_equal(model(x)[0].detach(), upper(autograd.zeros(4, 8, 4))[0].detach())
    with pytest.warns(UserWarning, match="GRU: dropout=0.5 comes between layers, and num_layers"):
        nn.GRU(3, 4, dropout=0.5)


@every
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_travel(layer, value):
    x = numbers(4, 2, 3)
    x[1, 0, 0] = value
    out, _ = layer()(x.requires_grad_())
    result = out.detach().numpy()
    plain, _ = layer()(numbers(4, 2, 3))
    assert np.isfinite(result[0]).all() and np.isfinite(result[:, 1]).all()
    if np.isnan(value):
        assert np.isnan(result[1:, 0]).all()
    out.sum().backward()
    assert np.isfinite(x.grad.numpy()[:, 1]).all()


@every
def test_float16_is_computed_in_float32(layer):
    model, x = layer(), numbers(5, 3, 3)
    with autograd.no_grad():
        for p in model.parameters():
            p.copy_(p.half().float())
    x = x.half()
    exact, rough = model(x.float()), None
    rough = model.half()(x.requires_grad_())
    for a, b in zip(flat(rough), flat(exact), strict=True):
        assert a.dtype == np.float16
        np.testing.assert_allclose(a.detach().float(), b.detach(), rtol=2e-3, atol=2e-3)
    flat(rough)[0].sum().backward()
    assert x.grad.dtype == np.float16
    assert all(p.grad.dtype == np.float16 for p in model.parameters())


def test_a_result_changed_in_place_does_not_change_the_gradient():
    model, x = nn.LSTM(3, 4), numbers(4, 2, 3).requires_grad_()
    (model(x)[0] * 2).sum().backward()
    wanted, x.grad = x.grad.numpy().copy(), None
    out, (h, c) = model(x)
    total = (out * 2).sum()
    with autograd.no_grad():
        out.zero_(), h.zero_(), c.zero_()
    total.backward()
    np.testing.assert_allclose(x.grad, wanted, rtol=1e-6)


def test_states_changed_in_place_raise():
    cell, h = nn.GRUCell(3, 4), numbers(2, 4)
    out = cell(numbers(2, 3), h)
    h.zero_()
    with pytest.raises(RuntimeError, match="zero_ has since changed in place"):
        out.sum().backward()


MESSAGES = {
    r"LSTM: input \(5, 2, 9\) has 9 features, input_size is 3\n.*LSTM\(3, 4\)\n  input_size=9 fits":
        lambda: nn.LSTM(3, 4)(numbers(5, 2, 9)),
    r"GRU: input must be \(N, T, I\), \(T, I\) or a PackedSequence, got Tensor":
        lambda: nn.GRU(3, 4, batch_first=True)(numbers(1, 5, 2, 3)),
    r"RNN: hx must be \(2, 2, 4\), for 2 layers and directions and 2 sequences, got Tensor \(1, 2":
        lambda: nn.RNN(3, 4, 2)(numbers(5, 2, 3), numbers(1, 2, 4)),
    r"LSTM: hx must be the pair \(h, c\), got Tensor":
        lambda: nn.LSTM(3, 4)(numbers(5, 2, 3), numbers(1, 2, 4)),
    r"RNN: there are no steps in the input": lambda: nn.RNN(3, 4)(numbers(0, 2, 3)),
    r"LSTM: h is float32, its weights are float64, which do not mix; h.double\(\)":
        lambda: nn.LSTM(3, 4).double()(numbers(5, 2, 3, dtype=np.float64), (
            numbers(1, 2, 4), numbers(1, 2, 4))),
    r"GRU: 3 lengths for the 2 sequences of input \(5, 2, 3\) with batch_first=False":
        lambda: nn.GRU(3, 4)(numbers(5, 2, 3), lengths=[1, 2, 3]),
    r"GRU: lengths \[6, 1\] must lie between 0 and the 5 steps":
        lambda: nn.GRU(3, 4)(numbers(5, 2, 3), lengths=[6, 1]),
    r"GRU: lengths must be a list or vector of integers, got float64":
        lambda: nn.GRU(3, 4)(numbers(5, 2, 3), lengths=[1.0, 2.0]),
    r"gru: sizes must be int64, fall from at most 2, .* got int64 \[2, 3\]":
        lambda: nn.GRU(3, 4)(PackedSequence(numbers(5, 3), autograd.tensor([2, 3]))),
    r"gru: sizes must be int64, .* got int64 \[6, -1\]":
        lambda: nn.GRU(3, 4)(PackedSequence(numbers(5, 3), autograd.tensor([6, -1]))),
    r"gru: sizes must be int64, .* got int32 \[3, 2\]":
        lambda: nn.GRU(3, 4)(PackedSequence(numbers(5, 3), autograd.tensor(
            [3, 2], dtype=autograd.int32))),
    r"LSTM: a packed input knows its lengths itself":
        lambda: nn.LSTM(3, 4)(pack_sequence([numbers(2, 3)]), lengths=[2]),
    r"LSTM: proj_size=4 must be less than the hidden_size 4": lambda: nn.LSTM(3, 4, proj_size=4),
    r"GRU: hidden_size must be at least 1, got 0": lambda: nn.GRU(3, 0),
    r"LSTM: hidden_size must be an integer, got float 4.0": lambda: nn.LSTM(3, 4.0),
    r"LSTM: num_layers must be an integer, got str": lambda: nn.LSTM(3, 4, "2"),
    r"RNN: input_size must be at least 0, got -1": lambda: nn.RNN(-1, 4),
    r"LSTM: proj_size must be at least 0, got -1": lambda: nn.LSTM(3, 4, proj_size=-1),
    r"GRUCell: hidden_size must be an integer, got float 4.0": lambda: nn.GRUCell(3, 4.0),
    r"GRU: dropout=True is a probability, a number": lambda: nn.GRU(3, 4, 2, dropout=True),
    r"GRU: dropout must be a number, got str": lambda: nn.GRU(3, 4, 2, dropout="a"),
    r"PackedSequence: batch_sizes must be a Tensor, got list of 2; pack_padded_sequence and":
        lambda: PackedSequence(numbers(4, 3), [2, 2]),
    r"pad_packed_sequence: a PackedSequence is needed, got Tensor \(4, 3\)":
        lambda: pad_packed_sequence(numbers(4, 3)),
    r"RNN: nonlinearity='sigmoid'; choose tanh or relu":
        lambda: nn.RNN(3, 4, nonlinearity="sigmoid"),
    r"RNN: dropout=2 is a probability": lambda: nn.RNN(3, 4, 2, dropout=2),
    r"GRUCell: input must be \(N, 3\) or \(3,\), .* got \(5, 4\)[^$]*input_size=4 fits":
        lambda: nn.GRUCell(3, 4)(numbers(5, 4)),
    r"LSTMCell: c must be \(N, 4\) .* got \(4, 4\) for input \(5, 3\)":
        lambda: nn.LSTMCell(3, 4)(numbers(5, 3), (numbers(5, 4), numbers(4, 4))),
    r"pack_padded_sequence: every length must be at least 1, got \[5, 0\]":
        lambda: pack_padded_sequence(numbers(5, 2, 3), [5, 0]),
    r"pack_padded_sequence: lengths \[6, 1\] must lie between 0 and the 5 steps":
        lambda: pack_padded_sequence(numbers(5, 2, 3), [6, 1]),
    r"pack_padded_sequence: lengths \[1, 5\] do not fall; sort .* or pass enforce_sorted=False":
        lambda: pack_padded_sequence(numbers(5, 2, 3), [1, 5]),
    r"pad_packed_sequence: total_length=4 is less than the 5 steps":
        lambda: pad_packed_sequence(pack_sequence([numbers(5, 3)]), total_length=4),
    r"pad_sequence: all sizes but the first must match, got \[\(2, 3\), \(2, 4\)\]":
        lambda: pad_sequence([numbers(2, 3), numbers(2, 4)]),
    r"pad_sequence: padding_side='top'; choose right or left":
        lambda: pad_sequence([numbers(2, 3)], padding_side="top"),
    r"pad_sequence: at least one sequence is needed": lambda: pad_sequence([]),
}


@pytest.mark.parametrize("message", MESSAGES)
def test_what_does_not_fit(message):
    with pytest.raises((ValueError, TypeError, RuntimeError), match=message):
        MESSAGES[message]()


def test_repr_shows_what_is_not_default():
    assert repr(nn.LSTM(3, 4)) == "LSTM(3, 4)"
    assert repr(nn.LSTM(3, 4, 2, False, True, 0.1, True, 2)) == (
        "LSTM(3, 4, proj_size=2, num_layers=2, bias=False, batch_first=True, dropout=0.1, "
        "bidirectional=True)")
    assert repr(nn.RNN(3, 4, nonlinearity="relu")) == "RNN(3, 4, nonlinearity='relu')"
    assert repr(nn.RNNCell(3, 4, False, "relu")) == "RNNCell(3, 4, bias=False, nonlinearity='relu')"


def test_packing_there_and_back():
    sequences = [numbers(n, 2).requires_grad_() for n in (2, 4, 1)]
    packed = pack_sequence(sequences, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 2, 1, 1] and packed.sorted_indices.tolist() == [1, 0,
                                                                                              2]
    padded, lengths = pad_packed_sequence(packed, batch_first=True, padding_value=7.0)
    assert lengths.tolist() == [2, 4, 1] and (padded[2, 1:] == 7).all()
    for mine, back in zip(sequences, unpad_sequence(padded, lengths, True), strict=True):
        np.testing.assert_array_equal(mine.detach(), back.detach())
    (padded * padded).sum().backward()
    for sequence in sequences:
        np.testing.assert_allclose(sequence.grad, 2 * sequence.detach())
    left = pad_sequence(sequences, padding_side="left", padding_value=7.0)
    for k, sequence in enumerate(sequences):
        np.testing.assert_array_equal(left[4 - len(sequence):, k].detach(), sequence.detach())
        assert (left[:4 - len(sequence), k] == 7).all()
    assert packed.to(autograd.float64).data.dtype == np.float64
    again = PackedSequence(packed.data, packed.batch_sizes, packed.sorted_indices)
    assert again.unsorted_indices.tolist() == [1, 0, 2]


def test_packed_sequences_in_other_dtypes():
    packed = nn.utils.rnn.pack_sequence([numbers(2, 3), numbers(4, 3)], enforce_sorted=False)
    for name in ("half", "float", "double", "int", "long"):
        other = getattr(packed, name)()
        assert isinstance(other, PackedSequence)
        assert other.data.dtype == getattr(packed.data, name)().dtype
        assert other.batch_sizes is packed.batch_sizes
        assert other.unsorted_indices is packed.unsorted_indices
    assert packed.cpu() is packed


def test_invert_permutation():
    invert = nn.utils.rnn.invert_permutation
    order = [3, 0, 2, 1]
    assert invert(autograd.tensor(order)).tolist() == [order.index(i) for i in range(4)]
    assert invert(None) is None
    with pytest.raises(ValueError, match=r"^invert_permutation: each integer .* got \[0, 2\]"):
        invert(autograd.tensor([0, 2]))
