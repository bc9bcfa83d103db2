"""The Transformer's layers and stacks: what they compute, causality, dropout, learning, errors."""

import numpy as np
import pytest

import autograd
import nn
import optim
from nn import functional as F


def close(ours, wanted, tolerance=1e-5):
    np.testing.assert_allclose(ours.detach().numpy(), wanted.detach().numpy(), tolerance, tolerance)


@pytest.mark.parametrize("norm_first", [False, True])
def test_layers_are_their_formulas(norm_first):
    encoder = nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", norm_first=norm_first)
    decoder = nn.TransformerDecoderLayer(8, 2, 16, 0.0, F.gelu, norm_first=norm_first)
    x, memory = autograd.randn(4, 3, 8), autograd.randn(5, 3, 8)

    def added(layer, x, number, block):
        norm = getattr(layer, f"norm{number}")
        return x + block(norm(x)) if norm_first else norm(x + block(x))

    for layer in (encoder, decoder):
        y = added(layer, x, 1, lambda x, layer=layer: layer.self_attn(x, x, x)[0])
        if layer is decoder:
            y = added(layer, y, 2, lambda x: decoder.multihead_attn(x, memory, memory)[0])
        y = added(layer, y, 2 + (layer is decoder),
                  lambda x, layer=layer: layer.linear2(F.gelu(layer.linear1(x))))
        close(layer(x) if layer is encoder else layer(x, memory), y)


def test_stacks_hold_copies():
    norm = nn.LayerNorm(8)
    nn.init.uniform_(norm.weight)  # else it would leave what a layer has normalised as it is
    layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0)
    stack = nn.TransformerEncoder(layer, 2, norm)
    assert len({id(p) for p in stack.parameters()} | {id(p) for p in layer.parameters()}) == 38
    x = autograd.randn(4, 3, 8)
    close(stack(x), stack.norm(layer(layer(x))))
    layer, memory = nn.TransformerDecoderLayer(8, 2, 16, 0.0), autograd.randn(5, 3, 8)
    stack = nn.TransformerDecoder(layer, 2, norm)
    close(stack(x, memory), stack.norm(layer(layer(x, memory), memory)))


def test_the_causal_mask_is_found():
    """A mask that is causal as a whole and one that is not quite, of either kind."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0)
    stack = nn.TransformerEncoder(layer, 1)
    x = autograd.randn(6, 2, 8)
    causal = nn.Transformer.generate_square_subsequent_mask(6)
    other = causal.clone()
    other[5, 0] = float("-inf")
    for mask in (causal, causal == float("-inf"), other, other == float("-inf")):
        close(stack(x, mask), layer(x, mask))
    assert np.abs((stack(x, causal) - stack(x, other)).detach().numpy())[5].max() > 1e-3


def test_a_decoder_does_not_look_ahead():
    model = nn.Transformer(8, 2, 1, 1, 16, 0.0, batch_first=True)
    src, tgt = autograd.randn(2, 5, 8), autograd.randn(2, 6, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(6)
    before = model(src, tgt, tgt_mask=mask).detach().numpy()
    tgt[:, 4:] = 7.0
    after = model(src, tgt, tgt_mask=mask).detach().numpy()
    np.testing.assert_allclose(before[:, :4], after[:, :4], 1e-5, 1e-6)
    assert np.abs(before[:, 4:] - after[:, 4:]).max() > 1e-2


def test_padding_does_not_count():
    model = nn.Transformer(8, 2, 2, 2, 16, 0.0, batch_first=True)
    src, tgt = autograd.randn(2, 5, 8), autograd.randn(2, 4, 8)
    padding = autograd.tensor([[False] * 3 + [True] * 2] * 2)
    long = model(src, tgt, src_key_padding_mask=padding, memory_key_padding_mask=padding)
    close(long, model(src[:, :3], tgt), 1e-4)


def test_dropout_only_while_training():
    model = nn.TransformerEncoderLayer(8, 2, 16, 0.5)
    x = autograd.randn(4, 3, 8)
    assert (model(x) != model(x)).any()
    model.eval()
    close(model(x), model(x), 0)


def test_learns_to_turn_a_sequence_round():
    autograd.manual_seed(0)
    model = nn.Transformer(16, 2, 1, 1, 32, 0.0, batch_first=True)
    words, out = nn.Embedding(6, 16), nn.Linear(16, 5)
    places = nn.Parameter(autograd.randn(6, 16))
    optimizer = optim.Adam([*model.parameters(), *words.parameters(), *out.parameters(), places],
                           lr=3e-3)
    rng = np.random.default_rng(0)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    for _ in range(150):
        source = rng.integers(0, 5, (32, 5))
        target = source[:, ::-1].copy()
        before = np.concatenate([np.full((32, 1), 5), target[:, :-1]], 1)
        x, y = (words(autograd.tensor(a)) + places[:5] for a in (source, before))
        scores = out(model(x, y, tgt_mask=mask))
        loss = F.cross_entropy(scores.reshape(-1, 5), autograd.tensor(target.reshape(-1)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    right = (scores.detach().numpy().argmax(-1) == target).mean()
    assert right > 0.9


WRONG = [
    ((autograd.ones(5, 3, 8), autograd.ones(4, 2, 8)), "must hold equally many sequences"),
    ((autograd.ones(5, 3, 8), autograd.ones(4, 3, 6)), "must be d_model=8"),
]


@pytest.mark.parametrize(("args", "message"), WRONG)
def test_what_does_not_fit_is_named(args, message):
    with pytest.raises(ValueError, match=f"Transformer: .*{message}"):
        nn.Transformer(8, 2, 1, 1, 16)(*args)


def test_options_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="TransformerEncoderLayer: activation='swish'; choose"):
        nn.TransformerEncoderLayer(8, 2, activation="swish")
    with pytest.raises(ValueError, match="num_heads=3 must divide embed_dim=8"):
        nn.Transformer(8, 3)


    with pytest.raises(TypeError, match=r"activation is the class GELU; pass a module, GELU\(\)"):
        nn.TransformerDecoderLayer(8, 2, activation=nn.GELU)
    layer = nn.TransformerEncoderLayer(8, 2, 16)
    with pytest.raises(TypeError, match="num_layers must be an integer, got TransformerEnc"):
        nn.TransformerEncoder(2, layer)
    with pytest.raises(TypeError, match="TransformerEncoder: num_layers must be an integer, got s"):
        nn.TransformerEncoder(layer, "2")


@pytest.mark.parametrize("mask", [np.zeros((4, 4)), "causal"])
def test_a_mask_that_is_no_tensor(mask):
    model = nn.Transformer(8, 2, 1, 1, 16)
    with pytest.raises(TypeError, match="attn_mask must be a boolean Tensor") as caught:
        model(autograd.ones(5, 3, 8), autograd.ones(4, 3, 8), tgt_mask=mask)
    assert "Transformer.decoder.layers.0.self_attn" in str(caught.value)


def test_the_path_of_what_failed():
    model = nn.Transformer(8, 2, 1, 1, 16)
    with pytest.raises(ValueError, match="attn_mask must be") as caught:
        model(autograd.ones(5, 3, 8), autograd.ones(4, 3, 8), src_mask=autograd.ones(4, 4))
    assert "Transformer.encoder.layers.0.self_attn" in str(caught.value)
