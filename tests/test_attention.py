"""Attention against a loop over rows: values, derivatives, sizes around the tiles, memory, what
does not fit."""

import tracemalloc

import numpy as np
import pytest

import autograd
import nn
from autograd import kernels
from autograd.gradient_check import gradcheck, gradgradcheck
from autograd.kernels import reference
from nn import functional as F
from tests.cases.attention import attention as loop

SIZES = [0, 1, 2, 11, 12, 13, 23, 24, 25, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129, 200]
EPS = {np.float64: 1e-12, np.float32: 2e-5, np.float16: 4e-3}


def inputs(rows, keys, width, depth=None, heads=2, shared=None, dtype=np.float64, seed=0):
    """Leaves (2, H, L, E), (2, K, S, E) and (2, K, S, D)."""
    rng = np.random.default_rng(seed)
    shapes = ((heads, rows, width), (shared or heads, keys, width),
              (shared or heads, keys, depth or width))
    return [autograd.tensor(rng.standard_normal((2, *shape)).astype(dtype), requires_grad=True)
            for shape in shapes]


def close(ours, wanted, dtype=np.float64):
    ours = ours.detach().numpy() if isinstance(ours, autograd.Tensor) else ours
    assert ours.shape == wanted.shape and ours.dtype == dtype
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    np.testing.assert_allclose(ours, wanted, EPS[dtype], EPS[dtype] * scale)


def dense(q, k, v, g, mask=None, causal=False, scale=None, seed=0, p=0.0):
    """Output and gradients by float64 matrices."""
    arrays = [np.asarray(x.detach().numpy(), np.float64) for x in (q, k, v)]
    scale = arrays[0].shape[-1] ** -0.5 if scale is None else scale
    out, stats = reference.attention(*arrays, mask, causal, scale, seed, p)
    return out, *reference.attention_grad(g.astype(np.float64), *arrays, mask, out, stats, causal,
                                          scale, seed, p, True)


@pytest.mark.parametrize("dtype", EPS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("keys", SIZES)
def test_sizes_around_the_tiles(keys, causal, dtype):
    widths = (1, 1), (5, 16), (32, 32), (33, 7), (64, 65)
    for rows in {keys, 1, 25, 70}:
        for width, depth in widths if rows == keys else (widths[(rows + keys) % 5], (5, 16)):
            q, k, v = inputs(rows, keys, width, depth, dtype=dtype)
            out = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
            g = np.random.default_rng(1).standard_normal(out.shape).astype(dtype)
            out.backward(autograd.tensor(g))
            wanted, *grads, _ = dense(q, k, v, g, causal=causal)
            close(out, wanted, dtype)
            for x, grad in zip((q, k, v), grads, strict=True):
                close(x.grad, grad, dtype)


def test_the_matrices_themselves_are_right():
    q, k, v = inputs(5, 7, 3, 2)
    wanted = loop(*[x.detach().numpy() for x in (q, k, v)], is_causal=True, scale=3**-0.5)
    close(F.scaled_dot_product_attention(q, k, v, is_causal=True), wanted)


KINDS = ["causal", "boolean", "added", "rows"]


@pytest.mark.parametrize("p", [0.0, 0.3])
@pytest.mark.parametrize("shared", [4, 2, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_masks_dropout_and_shared_heads(kind, shared, p):
    q, k, v = inputs(70, 150, 8, 6, 4, shared)
    rng, mask = np.random.default_rng(2), None
    if kind == "boolean":
        mask = rng.random((2, 1, 70, 150)) < 0.5
        mask[0, 0, 3:40] = False
        mask[1, 0, :, 10:] = False
    elif kind != "causal":
        mask = rng.standard_normal((4, 70, 150) if kind == "added" else (150,))
        mask[..., rng.random(150) < 0.3] = -np.inf
    m = None if mask is None else autograd.tensor(mask, requires_grad=mask.dtype != bool)
    autograd.manual_seed(5)
    out = F.scaled_dot_product_attention(q, k, v, m, p, kind == "causal", enable_gqa=shared < 4)
    g = rng.standard_normal(out.shape)
    out.backward(autograd.tensor(g))
    autograd.manual_seed(5)
    seed = int(autograd.default_generator.numpy.bit_generator.random_raw()) if p else 0
    full = None if mask is None else np.broadcast_to(mask, (2, 4, 70, 150))
    wanted, *grads, to_mask = dense(q, k, v, g, full, kind == "causal", seed=seed, p=p)
    close(out, wanted)
    for x, grad in zip((q, k, v), grads, strict=True):
        close(x.grad, grad)
    if kind in ("added", "rows"):
        close(m.grad, to_mask.sum((0,) if kind == "added" else (0, 1, 2)))


@pytest.mark.parametrize("kind", [*KINDS, "dropout", "shared"])
def test_first_and_second_derivatives(kind):
    tensors = inputs(5, 4, 3, 2, 4, 2 if kind == "shared" else 4)
    rng = np.random.default_rng(0)
    options = dict(is_causal=kind == "causal", enable_gqa=kind == "shared",
                   dropout_p=0.4 if kind == "dropout" else 0.0)
    mask = None
    if kind in ("added", "rows"):
        tensors.append(autograd.tensor(rng.standard_normal((5, 4) if kind == "added" else (4,)),
                                       requires_grad=True))
    elif kind == "boolean":
        mask = autograd.tensor(rng.random((5, 4)) < 0.5)

    def call(q, k, v, m=mask):
        autograd.manual_seed(1)
        return F.scaled_dot_product_attention(q, k, v, m, **options)

    assert gradcheck(call, tensors, rtol=1e-8) and gradgradcheck(call, tensors, rtol=1e-8)


def test_third_derivative():
    q, k, v = inputs(3, 4, 2)

    def slope(q, k, v):
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        grad, = autograd.grad((out * out).sum(), [q], create_graph=True)
        return autograd.grad((grad * grad).sum(), [q], create_graph=True)[0]

    assert gradcheck(slope, [q, k, v], rtol=1e-7)


def test_a_row_that_sees_nothing_is_zero_and_gives_nothing_back():
    q, k, v = inputs(3, 4, 2)
    for mask in (autograd.zeros(3, 4, dtype=autograd.bool),
                 autograd.full((3, 4), -np.inf, dtype=autograd.float64)):
        out = F.scaled_dot_product_attention(q, k, v, mask)
        assert not out.detach().numpy().any()
        for grad in autograd.grad(out.sum(), [q, k, v]):
            assert not grad.numpy().any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_large_scores(size, dtype):
    """Scores of up to ±size: no overflow, and gradients as exact as the scores are."""
    q, k, v = inputs(40, 200, 4, dtype=dtype)
    with autograd.no_grad():
        q *= size / 8
    out = F.scaled_dot_product_attention(q, k, v)
    g = np.random.default_rng(1).standard_normal(out.shape)
    out.backward(autograd.tensor(g.astype(dtype)))
    wanted, *grads, _ = dense(q, k, v, g)
    close_to = 30 * size * np.finfo(dtype).eps
    for ours, theirs in zip((out.detach(), q.grad, k.grad, v.grad), (wanted, *grads), strict=True):
        scale = max(1.0, np.abs(theirs).max())
        np.testing.assert_allclose(ours.numpy(), theirs, close_to, close_to * scale)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_travel(place, value):
    arrays = [x.detach().numpy().copy() for x in inputs(4, 40, 3)]
    arrays[place][0, 1, 2, 1] = value
    found = kernels.attention(*arrays, None, False, 0.5, 0, 0.0)[0]
    with np.errstate(all="ignore"):
        scores = arrays[0] @ arrays[1].swapaxes(-1, -2) * 0.5
        e = np.exp(scores - scores.max(-1, keepdims=True))
        wanted = e / e.sum(-1, keepdims=True) @ arrays[2]
    np.testing.assert_allclose(found, wanted, 1e-12)
    assert not np.isfinite(found).all() and np.isfinite(found[1]).all()


def test_later_keys_do_not_reach_earlier_rows():
    q, k, v = inputs(40, 40, 3)
    before = F.scaled_dot_product_attention(q, k, v, is_causal=True).detach().numpy()
    with autograd.no_grad():
        k[:, :, 20:] = np.nan
    after = F.scaled_dot_product_attention(q, k, v, is_causal=True).detach().numpy()
    np.testing.assert_array_equal(before[:, :, :20], after[:, :, :20])
    assert np.isnan(after[:, :, 20:]).all()


def test_views_are_read_and_written_where_they_lie():
    """The heads of one projection: no copies forward, and a result that merges without one."""
    x = autograd.randn(3, 20, 3, 4, 8, dtype=autograd.float64)
    q, k, v = (x[:, :, i].transpose(1, 2) for i in range(3))
    out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    packed = [t.contiguous() for t in (q, k, v)]
    close(out, F.scaled_dot_product_attention(*packed, is_causal=True).numpy())
    assert out.transpose(1, 2).is_contiguous()


@pytest.mark.skipif(kernels.tier() == "numpy", reason="the NumPy kernels hold all scores")
def test_no_matrix_of_all_scores():
    """At length 4096 one would take 64 MB a head; inputs and results take 1 MB each."""
    q, k, v = inputs(4096, 4096, 32, dtype=np.float32)
    q, k, v = (x.detach()[:1].requires_grad_() for x in (q, k, v))
    F.scaled_dot_product_attention(q[:, :, :64], k, v, is_causal=True).sum().backward()  # compiles
    tracemalloc.start()
    F.scaled_dot_product_attention(q, k, v, is_causal=True).sum().backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16e6


def test_dropout_drops_a_share_and_keeps_the_mean():
    q = autograd.zeros(1, 1, 400, 4)
    v = autograd.eye(400)[None, None]
    probs = F.scaled_dot_product_attention(q, autograd.zeros(1, 1, 400, 4), v, None, 0.25).numpy()
    assert abs((probs == 0).mean() - 0.25) < 0.01
    np.testing.assert_allclose(probs[probs > 0], 1 / 400 / 0.75, 1e-5)
    full = F.scaled_dot_product_attention(q, autograd.zeros(1, 1, 400, 4), v, None, 1.0)
    assert not full.numpy().any()


A = autograd.ones
WRONG = [
    ((A(3), A(4, 3), A(4, 3)), {}, TypeError, r"query must be .* \(\.\.\., length, size\)"),
    ((A(2, 3), A(4, 3).long(), A(4, 3)), {}, TypeError, "key must be a floating Tensor"),
    ((A(2, 3), A(4, 3), A(4, 3).double()), {}, TypeError, r"value is float64 but query float32"),
    ((A(2, 3), A(4, 5), A(4, 3)), {}, ValueError, "agree in the last dimension.* got 3 and 5"),
    ((A(2, 3), A(4, 3), A(5, 3)), {}, ValueError, "each of the 4 keys .* takes one value"),
    ((A(6, 2, 3), A(2, 4, 3), A(2, 4, 3)), {}, ValueError, "enable_gqa=True lets query heads"),
    ((A(6, 2, 3), A(4, 4, 3), A(4, 4, 3)), dict(enable_gqa=True), ValueError, "divide those of"),
    ((A(2, 1, 2, 3), A(3, 1, 4, 3), A(3, 1, 4, 3)), {}, ValueError, "do not broadcast$"),
    ((A(2, 3), A(4, 3), A(4, 3), A(3, 4)), {}, ValueError, r"attn_mask \(3, 4\) .* \(2, 4\)"),
    ((A(2, 3), A(4, 3), A(4, 3), A(1, 2, 4)), {}, ValueError, r"attn_mask \(1, 2, 4\)"),
    ((A(2, 3), A(4, 3), A(4, 3), A(2, 4).long()), {}, TypeError, "must be a boolean Tensor"),
    ((A(2, 3), A(4, 3), A(4, 3), A(2, 4)), dict(is_causal=True), ValueError, "must be None"),
    ((A(2, 3), A(4, 3), A(4, 3)), dict(dropout_p=1.5), ValueError, r"in \[0, 1\], got 1.5"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "options", "kind", "message"), WRONG)
def test_what_does_not_fit_is_named(args, options, kind, message):
    with pytest.raises(kind, match=f"scaled_dot_product_attention: .*{message}"):
        F.scaled_dot_product_attention(*args, **options)


def by_hand(layer, q, k, v, added):
    """Output and probabilities (2, 3, L, S) of nn.MultiheadAttention(6, 3), in a loop over heads;
    `added` to the scores."""
    w, b = layer.in_proj_weight.detach().numpy(), layer.in_proj_bias.detach().numpy()
    parts = [x.numpy() @ w[i * 6: i * 6 + 6].T + b[i * 6: i * 6 + 6]
             for i, x in enumerate((q, k, v))]
    if layer.add_zero_attn:
        parts[1:] = [np.pad(part, [(0, 1), (0, 0), (0, 0)]) for part in parts[1:]]
        added = np.pad(added, [(0, 0)] * 3 + [(0, 1)])
    joined, probs = np.zeros(parts[0].shape), np.zeros(added.shape)
    for n in range(2):
        for h in range(3):
            a, c, d = (part[:, n, 2 * h: 2 * h + 2] for part in parts)
            e = np.exp(a @ c.T / np.sqrt(2) + added[n, h])
            probs[n, h] = e / e.sum(1, keepdims=True)
            joined[:, n, 2 * h: 2 * h + 2] = probs[n, h] @ d
    return (joined @ layer.out_proj.weight.detach().numpy().T
            + layer.out_proj.bias.detach().numpy(), probs)


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("kind", ["none", "causal", "boolean", "of each head"])
def test_heads_by_hand(kind, padded, zero):
    layer = nn.MultiheadAttention(6, 3, add_zero_attn=zero, dtype=autograd.float64)
    q, k, v = (autograd.randn(5, 2, 6, dtype=autograd.float64) for _ in range(3))
    rng = np.random.default_rng(0)
    mask = {"none": None, "causal": np.triu(np.full((5, 5), -np.inf), 1),
            "boolean": (rng.random((5, 5)) < 0.5) & (np.arange(5) > 0),
            "of each head": rng.standard_normal((6, 5, 5))}[kind]
    padding = np.arange(5) >= np.array([[5], [4]]) if padded else None
    added = np.zeros((2, 3, 5, 5))
    if mask is not None:
        added += np.where(mask, -np.inf, 0) if kind == "boolean" else mask.reshape(
            (2, 3, 5, 5) if mask.ndim == 3 else (5, 5))
    if padded:
        added[1, :, :, 4] = -np.inf
    wanted, probs = by_hand(layer, q, k, v, added)
    options = dict(attn_mask=None if mask is None else autograd.tensor(mask),
                   key_padding_mask=None if padding is None else autograd.tensor(padding),
                   is_causal=kind == "causal")
    out, weights = layer(q, k, v, **options)
    close(out, wanted)
    close(weights, probs.mean(1))
    close(layer(q, k, v, average_attn_weights=False, **options)[1], probs)
    close(layer(q, k, v, need_weights=False, **options)[0], wanted)


def test_the_layer_drops_only_while_training():
    layer, x = nn.MultiheadAttention(6, 3, dropout=0.5), autograd.randn(4, 2, 6)
    for needed in (False, True):
        first, second = (layer.train()(x, x, x, need_weights=needed)[0] for _ in range(2))
        assert (first != second).any()
        first, second = (layer.eval()(x, x, x, need_weights=needed)[0] for _ in range(2))
        assert (first == second).all()


def test_self_attention_projects_with_one_product():
    x = autograd.randn(4, 2, 6, requires_grad=True)
    out = nn.MultiheadAttention(6, 3)(x, x, x, need_weights=False)[0]
    products = {id(node) for node in walk(out.grad_fn) if node.name() == "LinearBackward0"}
    assert len(products) == 2


def walk(node):
    """All nodes that lead to one."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [parent for parent, _ in node.next_functions if parent is not None]


LAYER = nn.MultiheadAttention(6, 2)
X = A(4, 3, 6)
REFUSED = [
    ((X, A(4, 6), A(4, 6)), {}, "three dimensions are needed"),
    ((A(4, 3, 5), X, X), {}, "query's last dimension must be embed_dim=6"),
    ((X, A(5, 3, 6), A(4, 3, 6)), {}, "each key takes one value"),
    ((X, A(5, 2, 6), A(5, 2, 6)), {}, "query has 3 sequences, key and value 2"),
    ((X, X, X), dict(attn_mask=A(4, 5)), r"attn_mask must be \(L, S\) = \(4, 4\)"),
    ((X, X, X), dict(attn_mask=A(3, 4, 4)), r"\(N num_heads, L, S\) = \(6, 4, 4\)"),
    ((X, X, X), dict(attn_mask=A(4, 4).long()), "attn_mask must be a boolean Tensor"),
    ((X, X, X), dict(key_padding_mask=A(4, 3)), r"key_padding_mask must be \(N, S\) = \(3, 4\)"),
    ((X, X, X), dict(is_causal=True), "is_causal says that attn_mask is causal"),
    ((X, X.double(), X), {}, "key is float64 but query float32; convert one"),
    ((X, X, X.half()), {}, "value is float16 but query float32; convert one"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "options", "message"), REFUSED)
def test_the_layer_says_where_it_is(args, options, message):
    model = nn.ModuleDict({"look": LAYER})
    model.forward = lambda *a, **o: LAYER(*a, **o)
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        model(*args, **options)
    assert "in ModuleDict.look (MultiheadAttention" in str(caught.value)


def test_the_widths_of_key_and_value_are_named():
    layer = nn.MultiheadAttention(6, 2, kdim=5, vdim=4)
    with pytest.raises(ValueError, match=r"key's last dimension must be kdim=5, got .* key \(4, 3"):
        layer(X, X, A(4, 3, 4))
    with pytest.raises(ValueError, match="value's last dimension must be vdim=4, got query"):
        layer(X, A(4, 3, 5), A(4, 3, 5))


@pytest.mark.parametrize(("args", "kind", "message"), [
    ((6.0, 2), TypeError, "embed_dim must be an integer, got float 6.0"),
    ((0, 1), ValueError, "embed_dim must be at least 1, got 0"),
    ((6, -2), ValueError, "num_heads must be at least 1, got -2"),
])
def test_sizes_that_no_layer_has(args, kind, message):
    with pytest.raises(kind, match=f"MultiheadAttention: {message}"):
        nn.MultiheadAttention(*args)


def test_gradients_of_the_layer():
    layer = nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True,
                                  dtype=autograd.float64)
    x = autograd.randn(3, 2, 4, dtype=autograd.float64, requires_grad=True)
    weights = [p.detach().requires_grad_() for p in layer.parameters()]

    def call(x, *weights):
        found = dict(zip(dict(layer.named_parameters()), weights, strict=True))
        return F.multi_head_attention_forward(
            x, x, x, 4, 2, found["in_proj_weight"], found["in_proj_bias"], found["bias_k"],
            found["bias_v"], True, 0.0, found["out_proj.weight"], found["out_proj.bias"],
            need_weights=False)[0]

    assert gradcheck(call, [x, *weights]) and gradgradcheck(call, [x, *weights])
