"""Character models: what they read, what they are, and how they write."""

from collections.abc import Sequence

import numpy as np

import autograd
import nn
from data import Dataset
from data.datasets import Alphabet
from nn import functional as F

IGNORED = -100  # the target behind the end of a line, which cross_entropy leaves out


class Lines(Dataset):
    """Sample i is a line between two line ends: what is read and what comes next."""

    def __init__(self, lines: Sequence[str], alphabet: Alphabet) -> None:
        self.lines = [alphabet.encode(f"\n{line}\n") for line in lines]

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.lines[index]


def padded(lines: Sequence[np.ndarray]) -> tuple[autograd.Tensor, autograd.Tensor]:
    """Lines of different lengths as one batch, (N, T) inputs and targets; behind the end of a line
    the targets are ignored, and nothing before it can see the inputs."""
    longest = max(map(len, lines))
    inputs = np.zeros((len(lines), longest - 1), np.int64)
    targets = np.full_like(inputs, IGNORED)
    for row, line in enumerate(lines):
        inputs[row, :len(line) - 1], targets[row, :len(line) - 1] = line[:-1], line[1:]
    return autograd.from_numpy(inputs), autograd.from_numpy(targets)


class Recurrent(nn.Module):
    """An RNN, LSTM or GRU over characters.

    Shape: (N, T) -> (N, T, characters), the scores of the next character at each place.
    """

    def __init__(self, kind: str, characters: int, hidden: int, layers: int,
                 dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, hidden)
        make = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind]
        self.memory = make(hidden, hidden, layers, batch_first=True,
                           dropout=dropout if layers > 1 else 0.0)
        self.head = nn.Linear(hidden, characters)

    def forward(self, tokens):
        return self.head(self.memory(self.embedding(tokens))[0])

    def step(self, tokens, state=None):
        """The scores behind these characters, (N, characters), and the state for the next step."""
        out, state = self.memory(self.embedding(tokens), state)
        return self.head(out[:, -1]), state


class Block(nn.Module):
    """Attention to what came before, then a network for each place; each adds to its input."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.rate = heads, dropout
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.network = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(),
                                     nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        batch, length, width = x.shape
        query, key, value = (
            part.view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for part in self.project(self.norm1(x)).split(width, 2))
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=True,
                                              dropout_p=self.rate if self.training else 0.0)
        x = x + self.dropout(self.merge(seen.transpose(1, 2).reshape(batch, length, width)))
        return x + self.dropout(self.network(self.norm2(x)))


class GPT(nn.Module):
    """A Transformer that sees the last `context` characters.

    Shape: (N, T) with T at most context -> (N, T, characters), the scores of the next character.
    Reference: A. Radford et al., Language models are unsupervised multitask learners, 2019.
    """

    def __init__(self, characters: int, width: int, layers: int, heads: int, context: int,
                 dropout: float) -> None:
        super().__init__()
        self.context = context
        self.embedding, self.places = nn.Embedding(characters, width), nn.Embedding(context, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*[Block(width, heads, dropout) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, characters, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:  # what adds to the stream starts smaller the more layers add
                adds = name.endswith(("merge.weight", "network.2.weight"))
                nn.init.normal_(parameter, std=0.02 / (2 * layers) ** 0.5 if adds else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens):
        x = self.embedding(tokens) + self.places(autograd.arange(tokens.shape[1]))
        return self.head(self.norm(self.blocks(self.dropout(x))))

    def step(self, tokens, state=None):
        """The scores behind these characters, (N, characters), and the state for the next step:
        the last `context` characters."""
        state = tokens if state is None else autograd.cat([state, tokens], 1)
        state = state[:, -self.context:]
        return self(state)[:, -1], state


def probabilities(scores, temperature: float = 1.0, top_k: int | None = None):
    """softmax(scores / temperature) over the last dimension, of the top_k largest if that is
    given; the others get 0.

    Shape: (N, characters) -> (N, characters).
    """
    if top_k is not None and top_k < scores.shape[-1]:
        values, places = scores.topk(top_k, -1)
        scores = autograd.full_like(scores, -float("inf")).scatter(-1, places, values)
    largest = scores.amax(-1, keepdim=True)  # subtracted first: a small temperature cannot overflow
    return ((scores - largest) / temperature).softmax(-1)


def choose(scores, temperature: float = 1.0, top_k: int | None = None, greedy: bool = False):
    """The next characters, (N, 1): the likeliest, or drawn from `probabilities`."""
    if greedy:
        return scores.argmax(-1, keepdim=True)
    return autograd.multinomial(probabilities(scores, temperature, top_k), 1)


def write(model, alphabet: Alphabet, prompt: str, samples: int, length: int, end: str = "",
          **options) -> list[str]:
    """What the model writes behind the prompt, `length` characters or up to the character `end`;
    options are those of `choose`."""
    tokens = autograd.from_numpy(np.tile(alphabet.encode(prompt), (samples, 1)))
    written, state, ended = [], None, np.zeros(samples, bool)
    with model.evaluating(), autograd.no_grad():
        while len(written) < length and not ended.all():
            scores, state = model.step(tokens, state)
            tokens = choose(scores, **options)
            written.append(tokens.numpy()[:, 0])
            if end:
                ended |= written[-1] == alphabet.encode(end)
    texts = [alphabet.decode(column) for column in np.array(written).T]
    return [text.split(end)[0] for text in texts] if end else texts
