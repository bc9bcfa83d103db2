"""Files both ways: what PyTorch writes is read here, and the other way round, bit for bit."""

from __future__ import annotations

import io
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import pytest

import autograd
import nn
import optim

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

NETWORKS = {
    "mlp": lambda n: n.Sequential(n.Linear(3, 4), n.ReLU(), n.Linear(4, 2)),
    "cnn": lambda n: n.Sequential(n.Conv2d(3, 4, 3), n.BatchNorm2d(4), n.ReLU(), n.Flatten()),
    "transposed": lambda n: n.Sequential(n.ConvTranspose2d(2, 3, 3), n.GroupNorm(1, 3)),
    "conv1d": lambda n: n.Sequential(n.Conv1d(2, 3, 3, bias=False), n.InstanceNorm1d(3)),
    "norms": lambda n: n.ModuleList([n.LayerNorm((2, 3)), n.BatchNorm1d(5), n.GroupNorm(2, 4)]),
    "lstm": lambda n: n.LSTM(3, 4, num_layers=2, bidirectional=True),
    "gru": lambda n: n.GRU(3, 4, bias=False),
    "rnn": lambda n: n.RNN(3, 4),
    "cells": lambda n: n.ModuleDict({"a": n.LSTMCell(2, 3), "b": n.GRUCell(2, 3)}),
    "embedding": lambda n: n.Sequential(n.Embedding(7, 3, padding_idx=0), n.Linear(3, 7)),
    "attention": lambda n: n.MultiheadAttention(4, 2, kdim=3, vdim=5),
    "encoder": lambda n: n.TransformerEncoder(n.TransformerEncoderLayer(
        4, 2, 8, batch_first=True), 2),
    "decoder": lambda n: n.TransformerDecoderLayer(4, 2, 8),
    "prelu": lambda n: n.Sequential(n.PReLU(3), n.Bilinear(2, 3, 4)),
    "deep": lambda n: n.Sequential(n.Sequential(n.Sequential(n.Linear(1, 1)))),
    "list": lambda n: n.ModuleList([n.ModuleDict({"x": n.Linear(2, 2)}), n.Linear(2, 3)]),
    "double": lambda n: n.Linear(3, 2).double(),
    "half": lambda n: n.Linear(3, 2).half(),
    "empty": lambda n: n.Sequential(n.ReLU(), n.Dropout()),
    "wide": lambda n: n.Linear(300, 200),
}


def arrays(state) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy() for name, tensor in state.items()}


def check(found, expected) -> None:
    found, expected = arrays(found), arrays(expected)
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape
        assert found[name].tobytes() == array.tobytes()


@pytest.mark.parametrize("name", NETWORKS)
def test_state_dicts_go_both_ways(name, tmp_path):
    ours, theirs = NETWORKS[name](nn), NETWORKS[name](torch.nn)
    for legacy in (False, True):
        path = tmp_path / f"{legacy}.pt"
        torch.save(theirs.state_dict(), path, _use_new_zipfile_serialization=not legacy)
        for mmap in (False, True):
            found = autograd.load(path, mmap=mmap)
            check(found, theirs.state_dict())
            ours.load_state_dict(found)
    for parameter in ours.parameters():
        parameter.detach().add_(1)
    autograd.save(ours.state_dict(), tmp_path / "ours.pt")
    for mmap in (False, True):
        found = torch.load(tmp_path / "ours.pt", weights_only=True, mmap=mmap)
        check(found, ours.state_dict())
        theirs.load_state_dict(found)
    for suffix in ("npz", "safetensors"):
        path = tmp_path / f"ours.{suffix}"
        autograd.save(ours.state_dict(), path)
        check(autograd.load(path), theirs.state_dict())
    if theirs.state_dict():
        save_file = pytest.importorskip("safetensors.torch").save_file
        save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
        found = autograd.load(tmp_path / "theirs.safetensors")
        check(dict(sorted(found.items())), dict(sorted(theirs.state_dict().items())))


@pytest.mark.parametrize("make", [
    lambda o, p: o.SGD(p, 0.1, momentum=0.9), lambda o, p: o.Adam(p, amsgrad=True),
    lambda o, p: o.AdamW(p), lambda o, p: o.RMSprop(p, centered=True), lambda o, p: o.Adagrad(p),
    lambda o, p: o.Adadelta(p), lambda o, p: o.Rprop(p), lambda o, p: o.NAdam(p)])
def test_training_goes_on_in_the_other_library(make):
    x, kept = np.random.default_rng(0).normal(size=(4, 3)), []
    for first, second in ((autograd, torch), (torch, autograd)):
        start = torch.nn.Linear(3, 2).double().state_dict() if not kept else kept[0]
        kept.append(start)
        state: dict = {"model": arrays(start), "optimizer": None}
        for lib in (first, second):
            layers, opt = (nn, optim) if lib is autograd else (torch.nn, torch.optim)
            model = layers.Linear(3, 2).double()
            optimizer = make(opt, model.parameters())
            model.load_state_dict({k: lib.tensor(np.asarray(v)) for k, v in state["model"].items()})
            if state["optimizer"] is not None:
                optimizer.load_state_dict(state["optimizer"])
            for _ in range(3):
                optimizer.zero_grad()
                model(lib.tensor(x)).square().sum().backward()
                optimizer.step()
            file = io.BytesIO()
            path = f"{id(file)}.pt"
            if lib is torch:
                torch.save({"m": model.state_dict(), "o": optimizer.state_dict()}, file)
                file.seek(0)
                found = autograd.load(file)
            else:
                import tempfile
                with tempfile.TemporaryDirectory() as folder:
                    path = f"{folder}/{path}"
                    autograd.save({"m": model.state_dict(), "o": optimizer.state_dict()}, path)
                    found = torch.load(path, weights_only=True)
            state = {"model": arrays(found["m"]), "optimizer": found["o"]}
        kept.append(state["model"]["weight"])
    np.testing.assert_allclose(kept[1], kept[3], 1e-9)


def test_parameters_views_and_other_objects():
    base = torch.arange(12.0).reshape(3, 4)
    state = {"parameter": torch.nn.Parameter(torch.ones(2)), "view": base.t()[1:], "base": base,
             "bfloat": torch.tensor([1.5, 3e38], dtype=torch.bfloat16), "size": base.size(),
             "dtype": torch.float16, "device": torch.device("cpu"), "set": {1, 2}, "int8":
             torch.tensor([-1], dtype=torch.int8), "expanded": torch.ones(1, 3).expand(4, 3),
             "counter": Counter({30: 2, 80: 1}), "ordered": OrderedDict(b=1, a=2),
             "bytes": bytearray(b"\xff1"), "complex": 1 + 2j,
             "lists": defaultdict(list, {"a": [torch.ones(1)]}), "z": torch.tensor([[1j, 2]]).T,
             "array": np.arange(3.0), "scalar": np.float32(2.5), "empty": torch.zeros(2, 0)}
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    found = autograd.load(file)
    assert list(found) == list(state) and found["parameter"].requires_grad
    for name in ("parameter", "view", "base", "int8", "expanded", "empty"):
        np.testing.assert_array_equal(found[name].detach().numpy(), state[name].detach().numpy())
    assert found["bfloat"].tolist() == state["bfloat"].tolist()
    assert (found["size"], found["dtype"], found["set"]) == ((3, 4), autograd.float16, {1, 2})
    assert str(found["device"]) == "cpu" and found["scalar"] == 2.5
    assert found["array"].tolist() == [0, 1, 2]
    assert found["bytes"] == state["bytes"] and found["complex"] == 1 + 2j
    assert found["lists"].default_factory is list and found["lists"]["a"][0].tolist() == [1]
    assert found["z"].tolist() == state["z"].tolist()
    for name in ("counter", "ordered"):
        assert found[name] == state[name] and type(found[name]) is type(state[name])
    found["base"][0, 1] = 50.0
    assert found["view"][0, 0] == 50


@pytest.mark.parametrize("value, text", [
    (torch.nn.Linear(2, 2), "torch.nn.modules.linear.Linear"),
    (torch.eye(2).to_sparse(), "sparse tensor; in PyTorch, save x.to_dense"),
    (torch.optim.SGD([torch.ones(1)], 0.1), "torch.optim.sgd.SGD"),
    (print, "__builtin__.print")])
def test_what_is_not_read_is_named(value, text):
    for legacy in (False, True):
        file = io.BytesIO()
        torch.save({"x": value}, file, _use_new_zipfile_serialization=not legacy)
        file.seek(0)
        with pytest.raises(ValueError, match=f"load: .*({text})"):
            autograd.load(file, weights_only=False)
