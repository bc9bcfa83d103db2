"""A character LSTM and a GPT that learn Shakespeare: the same weights and batches give PyTorch's
losses.

    python -m tests.parity.test_text lstm 1000      # prints both at every hundredth step
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograd
import nn
import optim
from bench.transformers import gpt_model

torch = pytest.importorskip("torch", reason="PyTorch is not installed: make parity installs it")

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
TEXT = Path(os.environ.get("WENGERT_DATA", SHARED)) / "text" / "tinyshakespeare.txt"
OURS = SimpleNamespace(core=autograd, nn=nn, optim=optim)
THEIRS = SimpleNamespace(core=torch, nn=torch.nn, optim=torch.optim)
LENGTH, WORDS = 64, 65


def lstm_model(nn, core):
    class CharacterLSTM(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(WORDS, 128)
            self.memory = nn.LSTM(128, 128, 2, batch_first=True)
            self.head = nn.Linear(128, WORDS)

        def forward(self, tokens):
            return self.head(self.memory(self.words(tokens))[0])

    return CharacterLSTM()


MODELS = {"lstm": (lstm_model, 2e-3), "gpt": (gpt_model, 1e-3)}


def batches(steps: int):
    """12 pieces from anywhere in the text, as many times as there are steps."""
    text = TEXT.read_text(encoding="utf-8")
    numbers = np.searchsorted(sorted(set(text)), list(text))
    starts = np.random.default_rng(0).integers(0, len(text) - LENGTH, (steps, 12, 1))
    for rows in starts:
        yield numbers[rows + np.arange(LENGTH + 1)]


def train(lib: SimpleNamespace, name: str, weights: dict[str, np.ndarray], steps: int):
    """The loss of each step: AdamW, gradients of norm 1, a rate that falls along half a cosine."""
    make, rate = MODELS[name]
    model = make(lib.nn, lib.core)
    model.load_state_dict({key: lib.core.tensor(value) for key, value in weights.items()})
    optimizer = lib.optim.AdamW(model.parameters(), rate)
    schedule = lib.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for piece in batches(steps):
        tokens = lib.core.tensor(piece)
        scores = model(tokens[:, :-1])
        loss = lib.nn.functional.cross_entropy(scores.reshape(-1, WORDS),
                                               tokens[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        lib.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield loss.item()


def losses(name: str, steps: int):
    """(ours, theirs) of each step."""
    autograd.manual_seed(0)
    model = MODELS[name][0](nn, autograd)
    weights = {key: value.numpy().copy() for key, value in model.state_dict().items()}
    return zip(train(OURS, name, weights, steps), train(THEIRS, name, weights, steps), strict=True)


@pytest.mark.skipif(not TEXT.exists(), reason=f"{TEXT} is not there; WENGERT_DATA names its folder")
@pytest.mark.parametrize("name", MODELS)
def test_losses_of_30_steps(name):
    ours, theirs = np.array(list(losses(name, 30))).T
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    assert ours[-1] < 0.9 * ours[0]


def main(name: str, steps: str) -> None:
    for step, (ours, theirs) in enumerate(losses(name, int(steps)), 1):
        if step == 1 or step % 100 == 0:
            print(f"{name} step {step:5}   ours {ours:.6f}   PyTorch {theirs:.6f}   "
                  f"{100 * (ours / theirs - 1):+.4f} %", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
