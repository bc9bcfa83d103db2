"""Exported models, run by ONNX Runtime, against the library itself."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import autograd
import nn
from autograd.onnx.table import WRITERS
from autograd.record import REGISTRY
from tests.samples import SAMPLES, Call

pytest.importorskip("onnx", reason="pip install 'wengert[onnx]'")
runtime = pytest.importorskip("onnxruntime", reason="pip install 'wengert[parity]'")
runtime.set_default_logger_severity(4)


def run(file, args) -> list:
    """What ONNX Runtime makes of the inputs, in their order."""
    session = runtime.InferenceSession(file.SerializeToString())
    names = [given.name for given in session.get_inputs()]
    return session.run(None, dict(zip(names, [arg.numpy() for arg in args], strict=True)))


def tensors(value) -> list:
    """The Tensors of a result, in order."""
    if isinstance(value, (tuple, list)):
        return [tensor for part in value for tensor in tensors(part)]
    return [value]


def check(found: list, expected) -> None:
    expected = tensors(expected)
    assert len(found) == len(expected)
    for theirs, tensor in zip(found, expected, strict=True):
        ours = tensor.detach().numpy()
        assert theirs.shape == ours.shape and theirs.dtype == ours.dtype
        largest = np.abs(ours[np.isfinite(ours)]).max(initial=1.0)
        np.testing.assert_allclose(theirs, ours, 2e-5, 2e-5 * largest)


# Its statistics are float64 in the samples, and ONNX Runtime takes one type only.
@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"_standardize"}))
def test_every_sample_is_written_right_or_refused(name):
    for i in range(min(len(SAMPLES[name]), 3)):
        call = Call(name, i)
        given = call.tensors(np.float32, grad=False)
        if not given:
            continue
        try:
            results = list(call(*given))
        except Exception:  # a sample of float64 alone
            continue
        if not all(isinstance(result, autograd.Tensor) for result in results):
            continue
        try:
            file = autograd.onnx.export(lambda *t, call=call: tuple(call(*t)), tuple(given))
        except RuntimeError as error:
            assert str(error).startswith("onnx.export: ") and len(str(error)) > 40
            continue
        check(run(file, given), results)


def test_every_writer_is_of_an_op():
    assert set(WRITERS) <= set(REGISTRY)


class Everything(nn.Module):
    """Layers of every kind."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 6, 3, stride=2, groups=3, dilation=2), nn.GroupNorm(2, 6), nn.SiLU(),
            nn.AvgPool2d(2, padding=1), nn.ConvTranspose2d(6, 4, 3, 2, 1, 1), nn.InstanceNorm2d(4),
            nn.Upsample(scale_factor=2, mode="bilinear"), nn.ReflectionPad2d(1), nn.Mish(),
            nn.AdaptiveAvgPool2d((3, 2)), nn.Flatten(), nn.Dropout(0.5), nn.Linear(24, 10),
            nn.LayerNorm(10), nn.RMSNorm(10), nn.GELU(), nn.Softmax(-1))

    def forward(self, x):
        return self.body(x)


class Sequences(nn.Module):
    """Recurrent layers of both directions, and attention."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.lstm = nn.LSTM(8, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(12, 8, batch_first=True)
        self.rnn = nn.RNN(8, 8, nonlinearity="relu", batch_first=True, bias=False)
        self.attention = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")

    def forward(self, tokens):
        x, (h, c) = self.lstm(self.embedding(tokens))
        x, _ = self.rnn(self.gru(x)[0])
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        return self.attention(x, src_mask=mask, is_causal=True), h, c


@pytest.mark.parametrize("dynamic", [None, {"x": {0: "batch"}}])
def test_a_network_of_pictures(dynamic):
    autograd.manual_seed(0)
    model = Everything()
    model(autograd.randn(8, 1, 28, 28))  # running statistics of its own
    given = autograd.randn(2, 1, 28, 28)
    file = autograd.onnx.export(model, given, dynamic_axes=dynamic)
    assert model.training
    model.eval()
    for x in (given, autograd.randn(5, 1, 28, 28))[:1 if dynamic is None else 2]:
        check(run(file, [x]), model(x))
    assert {entry.name for entry in file.graph.initializer} >= {
        "body.0.weight", "body.1.running_mean", "body.16.bias"}


@pytest.mark.parametrize("axes", [None, {0: "batch"}, {0: "batch", 1: "time"}])
def test_a_network_of_sequences(axes):
    autograd.manual_seed(0)
    model = Sequences().eval()
    given = autograd.randint(0, 11, (3, 5))
    file = autograd.onnx.export(model, given, dynamic_axes=axes and {"tokens": axes},
                                output_names=["y", "h", "c"])
    others = {None: [], 1: [(4, 5)], 2: [(4, 5), (2, 9)]}[axes and len(axes)]
    for size in [(3, 5), *others]:
        tokens = autograd.randint(0, 11, size)
        check(run(file, [tokens]), model(tokens))
    kinds = Counter(node.op_type for node in file.graph.node)
    assert (kinds["LSTM"], kinds["GRU"], kinds["RNN"]) == (4, 1, 1)
    assert [output.name for output in file.graph.output] == ["y", "h", "c"]
