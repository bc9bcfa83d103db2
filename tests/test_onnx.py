"""Files of ONNX: their form, their names, and what is refused.  Numbers: tests/parity/test_onnx."""

import io

import numpy as np
import pytest

import autograd
import nn

onnx = pytest.importorskip("onnx", reason="pip install 'wengert[onnx]'")


def run(file, **inputs):
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(file).run(None, inputs)


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x, scale=None):
        y = self.second(self.first(x).tanh())
        return y if scale is None else (y * scale, x.sum())


def test_a_network_by_the_reference_evaluator(tmp_path):
    model, x = Pair(), autograd.randn(5, 3)
    path = tmp_path / "pair.onnx"
    file = autograd.onnx.export(model, x, path, dynamic_axes={"x": [0]})
    assert onnx.load(path) == file
    assert [part.name for part in file.graph.input] == ["x"]
    assert {part.name for part in file.graph.initializer} == set(model.state_dict())
    for n in (5, 1, 9):
        x = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
        w, b, v, c = [p.detach().numpy() for p in model.parameters()]
        np.testing.assert_allclose(run(file, x=x)[0], np.tanh(x @ w.T + b) @ v.T + c, 1e-5, 1e-6)


def test_names_arguments_and_file_objects():
    stream = io.BytesIO()
    given = autograd.ones(2, 3), {"scale": autograd.tensor(2.0)}
    file = autograd.onnx.export(Pair(), given, stream, input_names=["a", "b"],
                                output_names=["u", "v"])
    assert onnx.load_from_string(stream.getvalue()) == file
    assert [part.name for part in file.graph.input] == ["a", "b"]
    assert [part.name for part in file.graph.output] == ["u", "v"]
    np.testing.assert_array_equal(
        run(file, a=np.full((2, 3), 4, np.float32), b=np.float32(2))[1], 24.0)


def test_functions_constants_and_outputs_that_are_inputs():
    steps = autograd.arange(3.0)
    file = autograd.onnx.export(lambda x: (x, x + steps, steps), autograd.zeros(2, 3))
    x = np.ones((2, 3), np.float32)
    for found, expected in zip(run(file, x=x), (x, x + np.arange(3), np.arange(3)), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("model, args, options, error, parts", [
    (lambda x: x.sort()[0].median(), autograd.ones(3), {}, RuntimeError,
     ("onnx.export: median", "test_onnx.py", "there is no operator")),
    (lambda x: x * float(x.sum()), autograd.ones(3), {}, RuntimeError,
     ("onnx.export", "reads numbers", "test_onnx.py")),
    (lambda x: x[x > 0], autograd.ones(3), {}, RuntimeError, ("onnx.export", "depends on numbers")),
    (lambda x: x.clone().add_(1), autograd.ones(3), {}, RuntimeError, ("in place",)),
    (lambda x: x if len(x) > 3 else x + 1, autograd.ones(3), {"dynamic_axes": {"x": [0]}},
     RuntimeError, ("add", "depends on the size of an axis")),
    (lambda x: 3, autograd.ones(3), {}, RuntimeError, ("must return Tensors", "3")),
    (Pair(), autograd.ones(3, 3), {"dynamic_axes": {"y": [0]}}, ValueError, ("'y'", "'x'")),
    (Pair(), autograd.ones(3, 3), {"dynamic_axes": {"x": [2]}}, ValueError, ("axis 2", "'x'")),
    (Pair(), autograd.ones(3, 3), {"input_names": ["a", "b"]}, ValueError, ("2 names", "1 input")),
    (Pair(), autograd.ones(3, 3), {"output_names": []}, ValueError, ("0 names", "1 output")),
    (Pair(), autograd.ones(3, 3), {"opset_version": 9}, ValueError, ("opset 18", "9")),
    (Pair(), autograd.ones(3, 3), {"f": 3}, TypeError, ("path", "3")),
    (Pair(), 3, {}, TypeError, ("must hold a Tensor", "3")),
])
def test_what_does_not_fit_says_so(model, args, options, error, parts):
    with pytest.raises(error) as caught:
        autograd.onnx.export(model, args, **options)
    for part in parts:
        assert part in str(caught.value)


def test_a_model_in_training_is_exported_as_it_predicts():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.9), nn.BatchNorm1d(2))
    file = autograd.onnx.export(model, autograd.ones(4, 2))
    assert model.training and model[1].training
    assert [node.op_type for node in file.graph.node] == ["Gemm", "BatchNormalization"]
