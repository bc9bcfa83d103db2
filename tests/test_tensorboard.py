"""Logs for TensorBoard, read back."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn

tensorboardX = pytest.importorskip("tensorboardX")
from tensorboardX.proto.event_pb2 import Event  # noqa: E402

from autograd.utils.tensorboard import SummaryWriter  # noqa: E402


def events(folder) -> list:
    """What the files of the folder hold: records of a length, its sum, a message and its sum."""
    found = []
    for name in sorted(os.listdir(folder)):
        content = (folder / name).read_bytes()
        at = 0
        while at < len(content):
            length = int.from_bytes(content[at:at + 8], "little")
            found.append(Event.FromString(content[at + 12:at + 12 + length]))
            at += 16 + length
    return found


def values(folder) -> dict:
    return {value.tag: value for event in events(folder) for value in event.summary.value}


def test_scalars_histograms_and_images(tmp_path):
    weights = autograd.arange(10.0, requires_grad=True)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", (weights * 2).sum(), 3)
        writer.add_scalar("rate", 0.5, global_step=4)
        writer.add_histogram("weights", weights, 1, bins=5)
        writer.add_image("picture", autograd.rand(3, 4, 5), 1)
        writer.add_text("note", "hello", 1)
    found = values(tmp_path)
    assert found["loss"].simple_value == 90.0 and found["rate"].simple_value == 0.5
    assert found["weights"].histo.sum == 45.0 and found["weights"].histo.num == 10
    assert (found["picture"].image.height, found["picture"].image.width) == (4, 5)
    assert {event.step for event in events(tmp_path) if event.summary.value} == {1, 3, 4}
    assert "hello" in str(found["note/text_summary"])


def test_several_scalars_go_to_folders_of_their_own(tmp_path):
    with SummaryWriter(str(tmp_path), comment="x", flush_secs=1) as writer:
        writer.add_scalars("both", {"a": autograd.tensor(1.0), "b": autograd.tensor([2.0])}, 0)
        writer.add_hparams({"lr": 0.1}, {"accuracy": 0.9}, name="run")
    assert values(tmp_path / "both" / "a")["both"].simple_value == 1.0
    assert values(tmp_path / "both" / "b")["both"].simple_value == 2.0
    assert (tmp_path / "run").is_dir()


def test_the_graph_of_a_model(tmp_path):
    pytest.importorskip("onnx")
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(model, autograd.zeros(1, 3))
        with pytest.raises(TypeError, match="add_graph: input_to_model is needed"):
            writer.add_graph(model)
    graphs = [event.graph_def for event in events(tmp_path) if event.graph_def]
    assert len(graphs) == 1 and b"Tanh" in graphs[0]


def test_a_program_of_pytorchs_runs_as_it_is(tmp_path):
    program = tmp_path / "main.py"
    program.write_text(
        "import torch\nfrom torch.utils.tensorboard import SummaryWriter\n"
        "writer = SummaryWriter('logs')\n"
        "writer.add_scalar('x', torch.ones(3).sum(), 1)\nwriter.close()\n")
    done = subprocess.run([sys.executable, "-m", "autograd", "run", "main.py"], cwd=tmp_path,
                          env={**os.environ, "PYTHONPATH": os.getcwd()}, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert values(tmp_path / "logs")["x"].simple_value == np.float32(3)


def test_without_the_extra_the_error_names_it(tmp_path):
    program = ("import sys; sys.modules['tensorboardX'] = None\n"
               "import autograd.utils.tensorboard\n")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.getcwd()}, timeout=120)
    assert done.stderr.splitlines()[-1].endswith("pip install 'wengert[tensorboard]'")
