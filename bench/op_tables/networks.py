"""Convolutions, recurrent layers, attention: the ops that hold a network's weights."""

import numpy as np

from .case import Group, Shaped, normal, weight


def _conv(options: str, x: tuple, w: tuple, op: str = "conv2d", bias: int | None = None) -> tuple:
    """One row: (ops, call, shapes)."""
    ops = f"{op} convolution convolution_input_grad convolution_weight_grad convolution_bias_grad"
    text = f"F.{op}(x, w, b{options and ', ' + options})"
    return ops, text, {"x": x, "w": w, "b": (w[0] if bias is None else bias,)}


CONVOLUTIONS = Shaped((
    # tiny
    _conv("padding=1", (1, 3, 7, 9), (4, 3, 3, 3)),
    _conv("", (1, 3, 7, 9), (4, 3, 1, 1)),
    _conv("stride=2", (2, 3, 11, 9), (8, 3, 3, 3)),
    _conv("padding=2", (1, 1, 28, 28), (6, 1, 5, 5)),
    # 3x3 stride 1
    _conv("padding=1", (16, 3, 32, 32), (32, 3, 3, 3)),
    _conv("padding=1", (64, 1, 28, 28), (32, 1, 3, 3)),
    _conv("padding=1", (16, 16, 31, 33), (24, 16, 3, 3)),
    _conv("padding=1", (8, 64, 28, 28), (64, 64, 3, 3)),
    _conv("padding=1", (8, 128, 16, 16), (128, 128, 3, 3)),
    _conv("padding=1", (8, 256, 8, 8), (256, 256, 3, 3)),
    _conv("padding=1", (4, 512, 4, 4), (512, 512, 3, 3)),
    _conv("padding=1", (1, 64, 56, 56), (64, 64, 3, 3)),
    # 1x1
    _conv("", (8, 64, 28, 28), (128, 64, 1, 1)),
    _conv("", (8, 256, 8, 8), (256, 256, 1, 1)),
    _conv("", (4, 512, 4, 4), (512, 512, 1, 1)),
    _conv("", (1, 32, 56, 56), (192, 32, 1, 1)),
    _conv("", (16, 24, 31, 33), (16, 24, 1, 1)),
    _conv("stride=2", (8, 64, 32, 32), (128, 64, 1, 1)),
    # stride 2, larger kernels
    _conv("stride=2, padding=1", (8, 64, 32, 32), (128, 64, 3, 3)),
    _conv("stride=2, padding=1", (8, 256, 8, 8), (512, 256, 3, 3)),
    _conv("stride=2, padding=1", (16, 3, 32, 32), (32, 3, 3, 3)),
    _conv("stride=2, padding=1", (8, 16, 31, 33), (32, 16, 3, 3)),
    _conv("stride=2, padding=3", (2, 3, 112, 112), (64, 3, 7, 7)),
    _conv("stride=2, padding=3", (8, 3, 63, 65), (16, 3, 7, 7)),
    _conv("padding=2", (16, 6, 28, 28), (16, 6, 5, 5)),
    _conv("padding=2", (8, 32, 16, 16), (64, 32, 5, 5)),
    _conv("padding=(0, 1)", (8, 32, 16, 16), (32, 32, 1, 3)),
    _conv("stride=4", (8, 3, 64, 64), (96, 3, 4, 4)),
    # depthwise, grouped, dilated
    _conv("padding=1, groups=32", (8, 32, 32, 32), (32, 1, 3, 3)),
    _conv("padding=1, groups=96", (4, 96, 28, 28), (96, 1, 3, 3)),
    _conv("stride=2, padding=1, groups=64", (8, 64, 32, 32), (64, 1, 3, 3)),
    _conv("padding=1, groups=256", (8, 256, 8, 8), (256, 1, 3, 3)),
    _conv("padding=2, groups=64", (4, 64, 15, 17), (64, 1, 5, 5)),
    _conv("padding=1, groups=3", (1, 3, 7, 9), (3, 1, 3, 3)),
    _conv("padding=1, groups=4", (8, 64, 16, 16), (64, 16, 3, 3)),
    _conv("padding=1, groups=32", (4, 128, 16, 16), (128, 4, 3, 3)),
    _conv("padding=2, dilation=2", (8, 32, 28, 28), (32, 32, 3, 3)),
    _conv("padding=4, dilation=4", (4, 64, 16, 16), (64, 64, 3, 3)),
    # one and three dimensions, transposed
    _conv("padding=1", (1, 3, 11), (4, 3, 3), "conv1d"),
    _conv("padding=1", (16, 32, 101), (64, 32, 3), "conv1d"),
    _conv("padding=4", (8, 64, 200), (64, 64, 9), "conv1d"),
    _conv("", (16, 64, 128), (128, 64, 1), "conv1d"),
    _conv("stride=2, padding=2", (16, 16, 400), (32, 16, 5), "conv1d"),
    _conv("padding=2, dilation=2", (16, 32, 128), (32, 32, 3), "conv1d"),
    _conv("padding=1, groups=64", (8, 64, 128), (64, 1, 3), "conv1d"),
    _conv("stride=16", (4, 1, 4000), (32, 1, 64), "conv1d"),
    _conv("padding=1", (1, 2, 5, 6, 7), (4, 2, 3, 3, 3), "conv3d"),
    _conv("padding=1", (2, 8, 12, 12, 12), (16, 8, 3, 3, 3), "conv3d"),
    _conv("padding=1", (2, 16, 8, 16, 16), (32, 16, 3, 3, 3), "conv3d"),
    _conv("stride=2, padding=1", (2, 8, 16, 16, 16), (16, 8, 3, 3, 3), "conv3d"),
    _conv("", (2, 32, 8, 8, 8), (32, 32, 1, 1, 1), "conv3d"),
    _conv("stride=2", (1, 3, 7, 9), (3, 4, 2, 2), "conv_transpose2d", 4),
    _conv("stride=2", (8, 64, 14, 14), (64, 32, 2, 2), "conv_transpose2d", 32),
    _conv("stride=2, padding=1", (8, 32, 16, 16), (32, 16, 4, 4), "conv_transpose2d", 16),
    _conv("padding=1", (8, 32, 16, 16), (32, 32, 3, 3), "conv_transpose2d", 32),
    _conv("stride=2", (8, 32, 100), (32, 16, 4), "conv_transpose1d", 16),
    _conv("stride=2", (2, 16, 6, 8, 8), (16, 8, 2, 2, 2), "conv_transpose3d", 8),
    _conv("1", (101, 16, 32), (3, 32, 64), "conv_tbc", 64),
))


def steps(length: int, batch: int, size: int, hidden: int) -> dict:
    return {"x": normal(length, batch, size), "h": normal(batch, hidden),
            "c": normal(batch, hidden), "size": lambda rng: size, "hidden": lambda rng: hidden}


LAYERS = {
    "rnn": "nn.RNN(size, hidden)", "gru": "nn.GRU(size, hidden)", "lstm": "nn.LSTM(size, hidden)",
    "lstm_projected": "nn.LSTM(size, hidden, proj_size=3)",
    "LSTM-two-layers": "nn.LSTM(size, hidden, 2, bidirectional=True)",
    "rnn_cell": "nn.RNNCell(size, hidden)", "gru_cell": "nn.GRUCell(size, hidden)",
    "lstm_cell": "nn.LSTMCell(size, hidden)",
}
RECURRENT = Group(((3, 2, 5, 7), (16, 16, 32, 64), (32, 32, 128, 128)), steps, both={
    **{name: "layer(x)[0]" for name in list(LAYERS)[:5]}, "rnn_cell": "layer(x[0], h)",
    "gru_cell": "layer(x[0], h)", "lstm_cell": "layer(x[0], (h, c))[0]",
}, setup={name: f"layer = {made}" for name, made in LAYERS.items()})


def tokens(batch: int, heads: int, length: int, width: int) -> dict:
    wide = heads * width
    return {"q": normal(batch, heads, length, width), "k": normal(batch, heads, length, width),
            "v": normal(batch, heads, length, width),
            "seen": lambda rng: np.tri(length, dtype=bool),
            "x": normal(length, batch, wide), "w1": weight(3 * wide, wide), "b1": normal(3 * wide),
            "w2": weight(wide, wide), "b2": normal(wide), "heads": lambda rng: heads,
            "wide": lambda rng: wide}


ATTENTION = Group(((1, 2, 5, 8), (4, 4, 60, 16), (8, 8, 128, 64)), tokens, both={
    "scaled_dot_product_attention _attend": (
        "F.scaled_dot_product_attention(q, k, v)",
        "F.scaled_dot_product_attention(q, k, v, is_causal=True)",
        "F.scaled_dot_product_attention(q, k, v, attn_mask=seen)"),
    "attention-by-hand": "F.softmax(q @ k.transpose(-2, -1) * 0.125, -1) @ v",
    "multi_head_attention_forward": "F.multi_head_attention_forward(x, x, x, wide, heads, w1, b1, "
                                    "None, None, False, 0.0, w2, b2, need_weights=False)[0]",
    "encoder-layer": "layer(x)", "linear": "F.linear(x, w2, b2)", "layer_norm":
        "F.layer_norm(x, (wide,), b2, b2)", "heads": "x.reshape(*x.shape[:2], heads, -1)"
        ".permute(1, 2, 0, 3).contiguous()",
}, setup={
    "encoder-layer": "layer = nn.TransformerEncoderLayer(wide, heads, 2 * wide, dropout=0.0)"
                     ".eval()",
})
