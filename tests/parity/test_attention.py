"""Attention and the Transformer against PyTorch, in float64: results, gradients and states."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
import nn
from nn import functional as F

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:enable_nested_tensor"),
              pytest.mark.filterwarnings("ignore:Support for mismatched")]


@pytest.fixture(autouse=True)
def plain_path():
    """PyTorch's quicker path for inference treats rows that see nothing in its own way."""
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(True)


class Pair:
    """Random leaves for both libraries, which stay beside each other."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.leaves: list = []

    def __call__(self, *shape, grad=True):
        array = self.rng.uniform(-2, 2, shape)
        pair = (autograd.tensor(array, requires_grad=grad),
                torch.tensor(array, requires_grad=grad))
        if grad:
            self.leaves.append(pair)
        return pair

    def mask(self, kind, *shape, least=0):
        """None, "bool" or "added", both with rows that see nothing where `least` is 0."""
        if kind is None:
            return None, None
        if kind == "added":
            return self(*shape)
        array = self.rng.random(shape) < 0.6
        array[..., :least] = True
        return autograd.tensor(array), torch.tensor(array)

    def finish(self, ours, theirs):
        """Compare results, and the gradients of all leaves."""
        close(ours, theirs)
        weight = self.rng.standard_normal(tuple(theirs.shape))
        ours.backward(autograd.tensor(weight))
        theirs.backward(torch.tensor(weight))
        for mine, other in self.leaves:
            expected = torch.zeros_like(other) if other.grad is None else other.grad
            found = autograd.zeros_like(mine) if mine.grad is None else mine.grad
            close(found, expected)


def close(ours, theirs, tolerance=1e-9):
    ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    scale = max(1.0, float(np.nanmax(np.abs(theirs), initial=0)))
    np.testing.assert_allclose(ours, theirs, tolerance, tolerance * scale)


sizes = st.sampled_from([0, 1, 2, 3, 5, 16, 17, 24, 25, 31, 33, 65, 130])
few = st.sampled_from([1, 2, 3])


@settings(max_examples=120, deadline=None, derandomize=True)
@given(batch=st.sampled_from([(), (0,), (1,), (2,), (2, 1)]), heads=few, group=few, rows=sizes,
       keys=sizes, width=st.sampled_from([1, 3, 16, 33]), depth=st.sampled_from([1, 4, 17]),
       mask=st.sampled_from([None, "causal", "bool", "added"]), wide=st.booleans(),
       scale=st.sampled_from([None, 0.3, -1.0]))
def test_scaled_dot_product_attention(batch, heads, group, rows, keys, width, depth, mask, wide,
                                      scale):
    if not keys:
        assume(mask != "added")  # PyTorch: no gradient of a mask without elements
    pair = Pair(rows + keys)
    q, other_q = pair(*batch, heads * group, rows, width)
    k, other_k = pair(*batch, heads, keys, width)
    v, other_v = pair(*batch, heads, keys, depth)
    causal = mask == "causal"
    shape = (*batch, heads * group, rows, keys) if wide else (rows, keys)
    m, other_m = pair.mask(None if causal else mask, *shape)
    options = dict(is_causal=causal, scale=scale, enable_gqa=group > 1)
    ours = F.scaled_dot_product_attention(q, k, v, m, **options)
    theirs = torch.nn.functional.scaled_dot_product_attention(other_q, other_k, other_v, other_m,
                                                              **options)
    pair.finish(ours, theirs)


def both(name, *args, seed=0, **options):
    """A module of either library, with the same random weights, which go both ways."""
    torch.manual_seed(seed)
    theirs = getattr(torch.nn, name)(*args, **options, dtype=torch.float64)
    ours = getattr(nn, name)(*args, **options, dtype=autograd.float64)
    state = {key: value.numpy() for key, value in theirs.state_dict().items()}
    assert list(ours.state_dict()) == list(state)
    assert ours.load_state_dict(state) == ([], [])
    with autograd.no_grad():
        for parameter in ours.parameters():
            parameter += autograd.randn_like(parameter) * 0.1  # biases are 0 else
    theirs.load_state_dict({key: torch.tensor(value.numpy())
                            for key, value in ours.state_dict().items()})
    return ours, theirs


def same_gradients(ours, theirs):
    for (name, mine), (other_name, other) in zip(ours.named_parameters(), theirs.named_parameters(),
                                                 strict=True):
        assert name == other_name
        if other.grad is None:
            assert mine.grad is None or not mine.grad.numpy().any()
        else:
            close(mine.grad, other.grad)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(batch=st.sampled_from([None, 0, 1, 2, 3]), rows=st.sampled_from([1, 2, 5, 33]),
       keys=st.sampled_from([1, 4, 33]), kind=st.sampled_from(["self", "memory", "apart"]),
       widths=st.sampled_from([(None, None), (3, None), (3, 5)]), bias=st.booleans(),
       bias_kv=st.booleans(), zero=st.booleans(), batch_first=st.booleans(),
       weights=st.booleans(), average=st.booleans(), causal=st.booleans(),
       mask=st.sampled_from([None, "bool", "added", "bool3", "added3"]),
       padding=st.sampled_from([None, "bool", "added"]), training=st.booleans())
def test_multihead_attention(batch, rows, keys, kind, widths, bias, bias_kv, zero, batch_first,
                             weights, average, causal, mask, padding, training):
    if kind != "apart" or widths == (None, None):
        widths = (None, None)
    if kind == "self":
        keys = rows
    if batch == 0:
        assume(weights or padding is None)  # PyTorch cannot reshape the mask
    ours, theirs = both("MultiheadAttention", 6, 2, bias=bias, add_bias_kv=bias_kv,
                        add_zero_attn=zero, kdim=widths[0], vdim=widths[1],
                        batch_first=batch_first)
    ours.train(training), theirs.train(training)
    pair = Pair(rows)

    def leaf(length, width):
        lead = (length,) if batch is None else (batch, length) if batch_first else (length, batch)
        return pair(*lead, width)

    q, other_q = leaf(rows, 6)
    k, other_k = (q, other_q) if kind == "self" else leaf(keys, widths[0] or 6)
    v, other_v = leaf(keys, widths[1] or 6) if kind == "apart" else (k, other_k)
    count = 2 * (1 if batch is None else batch)
    shape = (count, rows, keys) if str(mask).endswith("3") else (rows, keys)
    if causal and rows == keys and not (bias_kv or zero):
        array = np.triu(np.full((rows, keys), -np.inf), 1)
        m, other_m = autograd.tensor(array), torch.tensor(array)
    else:
        causal = False
        m, other_m = hidden(pair, mask and mask.removesuffix("3"), *shape)
    p, other_p = hidden(pair, padding, *(() if batch is None else (batch,)), keys)
    options = dict(need_weights=weights, average_attn_weights=average, is_causal=causal)
    out, found = ours(q, k, v, p, attn_mask=m, **options)
    expected, other_found = theirs(other_q, other_k, other_v, other_p, attn_mask=other_m,
                                   **options)
    if weights:
        close(found, other_found)
    else:
        assert found is None and other_found is None
    pair.finish(out, expected)
    same_gradients(ours, theirs)


def hidden(pair, kind, *shape):
    """A mask in which True takes no part, and every row sees its first key."""
    ours, theirs = pair.mask(kind, *shape, least=1)
    return (~ours, ~theirs) if kind == "bool" else (ours, theirs)


options = dict(activation=st.sampled_from(["relu", "gelu"]), norm_first=st.booleans(),
               batch_first=st.booleans(), bias=st.booleans(), eps=st.sampled_from([1e-5, 0.1]))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(batch=st.sampled_from([None, 1, 3]), rows=st.sampled_from([1, 4]),
       keys=st.sampled_from([1, 5]), causal=st.booleans(), padding=st.booleans(), **options)
def test_transformer(batch, rows, keys, causal, padding, activation, norm_first, batch_first, bias,
                     eps):
    ours, theirs = both("Transformer", 6, 2, 2, 2, 7, 0.0, activation, norm_first=norm_first,
                        batch_first=batch_first, bias=bias, layer_norm_eps=eps)
    pair = Pair(keys)

    def leaf(length):
        lead = (length,) if batch is None else (batch, length) if batch_first else (length, batch)
        return pair(*lead, 6)

    (src, other_src), (tgt, other_tgt) = leaf(keys), leaf(rows)
    masks, others = {}, {}
    if causal:
        masks["tgt_mask"] = nn.Transformer.generate_square_subsequent_mask(rows)
        others["tgt_mask"] = torch.nn.Transformer.generate_square_subsequent_mask(rows)
    if padding:
        shape = (keys,) if batch is None else (batch, keys)
        for name in ("src_key_padding_mask", "memory_key_padding_mask"):
            masks[name], others[name] = hidden(pair, "bool", *shape)
    pair.finish(ours(src, tgt, **masks), theirs(other_src, other_tgt, **others))
    same_gradients(ours, theirs)


@pytest.mark.parametrize("name", ["TransformerEncoderLayer", "TransformerDecoderLayer"])
def test_layers_in_evaluation_do_not_drop(name):
    ours, theirs = both(name, 6, 3, 5, 0.5)
    pair = Pair(0)
    inputs = [pair(4, 2, 6) for _ in range(1 if "Encoder" in name else 2)]
    pair.finish(ours.eval()(*[mine for mine, _ in inputs]),
                theirs.eval()(*[other for _, other in inputs]))
    same_gradients(ours, theirs)


@pytest.mark.parametrize("name", ["MultiheadAttention", "Transformer"])
def test_initial_values_have_the_same_spread(name):
    args = (48, 4) if name == "MultiheadAttention" else (48, 4, 1, 1, 64)
    ours, theirs = (getattr(n, name)(*args) for n in (nn, torch.nn))
    for (key, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        mine, other = mine.detach().numpy(), other.detach().numpy()
        assert mine.shape == other.shape
        if other.std() == 0:
            np.testing.assert_array_equal(mine, other, key)
        else:
            assert abs(mine.std() / other.std() - 1) < 0.2, key
            assert np.abs(mine).max() <= 1.3 * np.abs(other).max(), key


def test_static_keys_and_values():
    pair = Pair(0)
    (q, other_q), (k, other_k), (v, other_v) = pair(3, 2, 6), pair(4, 5, 3), pair(4, 5, 3)
    (w, other_w), (o, other_o) = pair(18, 6), pair(6, 6)
    ours = F.multi_head_attention_forward(
        q, q, q, 6, 2, w, None, None, None, False, 0.0, o, None, static_k=k, static_v=v)
    theirs = torch.nn.functional.multi_head_attention_forward(
        other_q, other_q, other_q, 6, 2, other_w, None, None, None, False, 0.0, other_o, None,
        static_k=other_k, static_v=other_v)
    close(ours[1], theirs[1])
    pair.finish(ours[0], theirs[0])
