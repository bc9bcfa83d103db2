"""The Transformers that are timed, written once for both libraries."""

from collections.abc import Callable
from itertools import cycle
from types import SimpleNamespace

import numpy as np

from .training import Step, updating

WORDS, WIDTH, HEADS, LENGTH = 65, 128, 4, 64


def texts(lib: SimpleNamespace, batch: int, length: int, count: int = 8):
    """Batches of token numbers, over and over."""
    rng = np.random.default_rng(0)
    return cycle([(lib.core.tensor(rng.integers(0, WORDS, (batch, length))),)
                  for _ in range(count)])


def gpt_model(nn, core):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.heads = nn.Linear(WIDTH, 3 * WIDTH)
            self.merge = nn.Linear(WIDTH, WIDTH)
            self.wide = nn.Linear(WIDTH, 4 * WIDTH)
            self.narrow = nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, x):
            batch, length, width = x.shape
            q, k, v = (part.view(batch, length, HEADS, width // HEADS).transpose(1, 2)
                       for part in self.heads(self.norm1(x)).split(width, 2))
            y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.merge(y.transpose(1, 2).reshape(batch, length, width))
            return x + self.narrow(nn.functional.gelu(self.wide(self.norm2(x))))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(LENGTH, WIDTH)
            self.blocks = nn.Sequential(*[Block() for _ in range(4)])
            self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WORDS, bias=False)

        def forward(self, tokens):
            x = self.words(tokens) + self.places(core.arange(tokens.shape[1]))
            return self.head(self.norm(self.blocks(x)))

    return GPT()


def gpt(lib: SimpleNamespace) -> Step:
    """A GPT of 4 layers of width 128 with 4 heads on 12 texts of 64 tokens of 65, AdamW."""
    model = gpt_model(lib.nn, lib.core)
    optimizer, stream = lib.optim.AdamW(model.parameters()), texts(lib, 12, LENGTH + 1)

    def loss(tokens):
        scores = model(tokens[:, :-1])
        return lib.nn.functional.cross_entropy(scores.reshape(-1, WORDS),
                                               tokens[:, 1:].reshape(-1))

    return updating(lib, optimizer, loss, stream)


def gpt_inference(lib: SimpleNamespace) -> Step:
    """The same GPT, which writes 16 tokens behind 32, the likeliest each time."""
    model = gpt_model(lib.nn, lib.core).eval()
    start, = next(texts(lib, 1, 32, 1))

    def step():
        tokens = start
        with lib.core.no_grad():
            for _ in range(16):
                last = model(tokens)[:, -1].argmax(-1, keepdim=True)
                tokens = lib.core.cat([tokens, last], 1)
        return tokens

    return step


def encoder_decoder(lib: SimpleNamespace) -> Step:
    """nn.Transformer of 2 + 2 layers of width 128 on 32 pairs of texts of 32 tokens, AdamW."""
    nn = lib.nn
    model = nn.Transformer(WIDTH, HEADS, 2, 2, 4 * WIDTH, batch_first=True)
    words, head = nn.Embedding(WORDS, WIDTH), nn.Linear(WIDTH, WORDS)
    optimizer = lib.optim.AdamW([p for part in (model, words, head) for p in part.parameters()])
    mask = nn.Transformer.generate_square_subsequent_mask(32)
    stream = texts(lib, 32, 65)

    def loss(tokens):
        source, target = tokens[:, :32], tokens[:, 32:]
        scores = head(model(words(source), words(target[:, :-1]), tgt_mask=mask))
        return nn.functional.cross_entropy(scores.reshape(-1, WORDS), target[:, 1:].reshape(-1))

    return updating(lib, optimizer, loss, stream)


TRANSFORMERS: dict[str, Callable[[SimpleNamespace], Step]] = {
    "gpt": gpt,
    "gpt_inference": gpt_inference,
    "encoder_decoder": encoder_decoder,
}
