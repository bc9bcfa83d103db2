"""examples/train.py: it learns the digits, leaves what it promises, and ends well in every case."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn

ROOT = Path(__file__).resolve().parent.parent
FILES = ["best.npz", "curves.png", "graph.svg"]


@pytest.fixture(scope="module")
def train():
    """The module examples/train.py, as the program sees it."""
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        yield importlib.import_module("train")
    finally:
        sys.path.remove(str(ROOT / "examples"))
        for name in ("train", "program", "report"):
            sys.modules.pop(name, None)


def test_runs_that_begin_in_the_same_second_get_folders_of_their_own(train, tmp_path, monkeypatch):
    monkeypatch.setattr(train.time, "strftime", lambda form: "now")
    monkeypatch.setattr(train.os.path, "exists", lambda path: False)  # as they race
    made = [train.new_folder(str(tmp_path / "runs")) for _ in range(3)]
    assert [os.path.basename(path) for path in made] == ["now", "now_2", "now_3"]


def run(train, *argv) -> tuple[int, str]:
    """Exit code and output of one run."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = train.main([str(argument) for argument in argv])
    return code, out.getvalue()


def only_folder(out: Path) -> Path:
    folder, = out.iterdir()
    return folder


@pytest.fixture(scope="module")
def digits(train, tmp_path_factory) -> tuple[int, str, Path]:
    """The run of `make train`: exit code, output, folder."""
    out = tmp_path_factory.mktemp("runs")
    code, text = run(train, "--out", out)
    return code, text, only_folder(out)


def test_the_digits_are_learned(digits):
    code, text, _ = digits
    assert code == 0
    assert len(re.findall(r"^epoch +\d+/20 .* held out: loss .* accuracy", text, re.M)) == 20
    best = float(re.search(r"Best epoch: \d+, ([\d.]+)% of 360 held-out", text)[1])
    assert best >= 96


def test_it_prints_the_model_and_the_confusion_matrix(digits):
    _, text, _ = digits
    assert "Parameters: 4,160 + 2,080 + 330 = 6,570" in text
    table = text.split("each true class:\n\n")[1].split("\n\n")[0].splitlines()
    assert len(table) == 11 and len({len(line) for line in table}) == 1
    cells = [line.split()[1:-2] for line in table[1:]]
    counts = [[int(cell.replace(".", "0")) for cell in row] for row in cells]
    assert np.sum(counts) == 360
    best = float(re.search(r"Best epoch: \d+, ([\d.]+)%", text)[1])
    assert np.trace(counts) / 3.6 == pytest.approx(best, abs=0.01)


def test_it_leaves_weights_curves_and_graph(digits, train):
    _, text, folder = digits
    assert sorted(os.listdir(folder)) == FILES
    assert f"In {folder}: best.npz, curves.png, graph.svg" in text
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    graph = (folder / "graph.svg").read_text()
    assert all(name in graph for name in ("1.weight", "5.bias", "cross_entropy", "labels"))
    model = train.mlp([64, 64, 32, 10])
    model.load_state_dict(autograd.load(folder / "best.npz"))
    _, held_out, _ = train.load(train.parse([]))
    accuracy = train.evaluate(model, nn.CrossEntropyLoss(), held_out)[1]
    assert f"{accuracy:.2%} of 360" in text


def test_the_seed_decides_everything(train, tmp_path):
    def rows(seed, out):
        _, text = run(train, "--epochs", 1, "--seed", seed, "--out", tmp_path / out)
        return re.findall(r"^epoch.*accuracy +[\d.]+%", text, re.M)

    first = rows(1, "a")
    assert len(first) == 1
    assert first == rows(1, "b")
    assert first != rows(2, "c")


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_the_digits_are_learned_row_by_row(train, tmp_path, model):
    code, text = run(train, "--model", model, "--epochs", 4, "--lr", 0.005,
                     "--out", tmp_path)
    assert code == 0
    assert float(re.search(r"Best epoch: \d+, ([\d.]+)% of 360 held-out", text)[1]) >= 90
    graph = (only_folder(tmp_path) / "graph.svg").read_text()
    assert "memory.weight_ih_l1" in graph and "head.bias" in graph


def test_every_dataset_has_the_recurrent_models(train):
    for dataset in train.DATASETS:
        for model in train.RECURRENT:
            args = train.parse(["--dataset", dataset, "--model", model])
            assert train.make_model(args, autograd.Size((1, 28, 28)), 10)(
                autograd.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_the_recipe_of_mnist_is_the_course_s(train):
    args = train.parse(["--dataset", "mnist"])
    assert (args.epochs, args.batch_size, args.lr, args.hidden) == (12, 64, 0.01, [64, 32])
    assert train.RECIPES["mnist", "mlp"].momentum == 0
    assert sum(p.numel() for p in train.mlp([784, *args.hidden, 10]).parameters()) == 52_650


def test_options_reach_the_run(train, tmp_path):
    code, text = run(train, "--epochs", 2, "--batch-size", 100, "--lr", 0.1, "--hidden", 16,
                     "--threads", autograd.get_num_threads(), "--out", tmp_path)
    assert code == 0
    assert "Parameters: 1,040 + 170 = 1,210" in text
    assert "epoch 2/2" in text
    code, text = run(train, "--epochs", 1, "--hidden", "--out", tmp_path)
    assert code == 0 and "Linear(in_features=64, out_features=10)" in text
    assert len(list(tmp_path.iterdir())) == 2  # two runs in one second have a folder each


@pytest.mark.parametrize("argv, message", [
    (["--epochs", "0"], "argument --epochs: must be at least 1, got 0"),
    (["--batch-size", "x"], "argument --batch-size: invalid"),
    (["--lr", "-1"], "argument --lr: must be a number above 0, got -1"),
    (["--lr", "nan"], "argument --lr: must be a number above 0, got nan"),
    (["--dataset", "cifar"], "invalid choice: 'cifar'"),
    (["--root", "x"], "--root is for mnist and fashion: the digits come with the package"),
])
def test_a_wrong_command_line(train, capsys, argv, message):
    with pytest.raises(SystemExit) as ended:
        train.main(argv)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("dataset", ["mnist", "fashion"])
def test_missing_files_are_named(train, tmp_path, capsys, dataset):
    code = train.main(["--dataset", dataset, "--root", str(tmp_path / "x"), "--out", str(tmp_path)])
    error = capsys.readouterr().err
    assert code == 1
    assert error.startswith("train.py: ") and "Traceback" not in error
    assert "train-images-idx3-ubyte.gz" in error and str(tmp_path / "x") in error


def test_a_folder_that_cannot_be_made(train, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert train.main(["--epochs", "1", "--out", str(tmp_path / "file")]) == 1
    assert "train.py: " in capsys.readouterr().err


def test_a_loss_that_grows_without_bound(train, tmp_path, capsys):
    with np.errstate(all="ignore"):
        code = train.main(["--epochs", "3", "--lr", "1e20", "--out", str(tmp_path)])
    captured = capsys.readouterr()
    assert code == 1
    assert "the loss became nan in epoch 1; a smaller --lr than 1e+20 may help" in captured.err
    assert os.listdir(only_folder(tmp_path)) == [next(only_folder(tmp_path).iterdir()).name]


def test_without_matplotlib(train, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, text = run(train, "--epochs", 1, "--out", tmp_path)
    assert code == 0
    assert "No curves.png: matplotlib is missing" in text and "wengert[plots]" in text
    assert "curves.png" not in os.listdir(only_folder(tmp_path))


def test_without_dot(train, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code, text = run(train, "--epochs", 1, "--out", tmp_path)
    assert code == 0
    assert "<svg" in (only_folder(tmp_path) / "graph.svg").read_text()


PROGRAM = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
sys.argv = {argv}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_keeps_what_was_reached(tmp_path):
    argv = [str(ROOT / "examples" / "train.py"), "--epochs", "1000000", "--threads", "1",
            "--out", str(tmp_path)]
    sys_path = os.pathsep.join([str(ROOT / "examples"), str(ROOT)])
    process = subprocess.Popen([sys.executable, "-c", PROGRAM.format(argv=json.dumps(argv))],
                               env={**os.environ, "PYTHONPATH": sys_path}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        for line in process.stdout:
            if line.startswith("epoch       2/1000000"):
                break
        process.send_signal(signal.SIGINT)
        text, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "Ctrl-C in epoch" in text and "Best epoch: " in text and "In " in text
    assert sorted(os.listdir(only_folder(tmp_path)))[:2] == FILES[:2]


def test_confusion_table(train):
    labels, predictions = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0])
    table = sys.modules["report"].confusion_table(labels, predictions, ["cat", "2 dog", "cow", "x"])
    assert table.splitlines() == [
        "true    0   1   2   3    right",
        "0 cat   1   1   .   .   50.0 %",
        "2 dog   .   1   .   .  100.0 %",
        "2 cow   1   .   2   .   66.7 %",
        "3 x     .   .   .   .        -",
    ]
