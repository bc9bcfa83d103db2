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
from unittest import mock

import numpy as np
import pytest

import autograd
import nn

ROOT = Path(__file__).resolve().parent.parent
FILES = ["best.safetensors", "config.json", "confusion.png", "curves.png", "graph.svg",
         "history.csv", "last.safetensors", "mistakes.png"]
MODULES = ("train", "cifar", "program", "recipes", "report", "session")


@pytest.fixture(scope="module")
def train():
    """The module examples/train.py, as the program sees it."""
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        yield importlib.import_module("train")
    finally:
        sys.path.remove(str(ROOT / "examples"))
        for name in MODULES:
            sys.modules.pop(name, None)


def test_runs_that_begin_in_the_same_second_get_folders_of_their_own(train, tmp_path, monkeypatch):
    program = sys.modules["program"]
    monkeypatch.setattr(program.time, "strftime", lambda form: "now")
    monkeypatch.setattr(program.os.path, "exists", lambda path: False)  # as they race
    made = [program.new_folder(str(tmp_path / "runs")) for _ in range(3)]
    assert [os.path.basename(path) for path in made] == ["now", "now_2", "now_3"]


def run(program, *argv, pictures=False) -> tuple[int, str]:
    """Exit code and output of one run, with its pictures where a test wants them."""
    draw = contextlib.nullcontext() if pictures else mock.patch.object(
        sys.modules["session"], "draw")
    with contextlib.redirect_stdout(io.StringIO()) as out, draw:
        code = program.main([str(argument) for argument in argv])
    return code, out.getvalue()


def only_folder(out: Path) -> Path:
    folder, = out.iterdir()
    return folder


@pytest.fixture(scope="module")
def digits(train, tmp_path_factory) -> tuple[int, str, Path]:
    """The run of `make train`: exit code, output, folder."""
    out = tmp_path_factory.mktemp("runs")
    code, text = run(train, "--out", out, pictures=True)
    return code, text, only_folder(out)


def test_the_digits_are_learned(digits):
    code, text, _ = digits
    assert code == 0
    assert len(re.findall(r"^epoch +\d+/20 .* validation: loss .* accuracy", text, re.M)) == 20
    assert "1,294 images to train on, 143 to validate, 360 to test" in text
    assert share_right(text) >= 96
    assert "The curves: " in text


def share_right(text: str) -> float:
    """The share of the test images that were right, in per cent."""
    return float(re.search(r"Test: ([\d.]+)% of 360 images", text)[1])


def test_the_best_epoch_is_chosen_without_the_test_images(train, digits):
    _, text, folder = digits
    history = nn.training.History.load(folder / "history.csv")
    best = history.best("val_accuracy", "max")
    assert f"Best epoch: {best['epoch']}, {best['val_accuracy']:.2%} of the validation" in text
    images = train.load(train.parse([]))
    parts = [{row.tobytes() for row in (image.numpy() for image, _ in part)} for part in images[:3]]
    assert sorted(images.train.indices + images.validation.indices) == list(range(1437))
    assert len(parts[0] & parts[2]) + len(parts[1] & parts[2]) < 5  # a few are twice in the files


def test_it_prints_the_model_and_the_confusion_matrix(digits):
    _, text, _ = digits
    assert "Parameters: 4,160 + 2,080 + 330 = 6,570" in text
    table = text.split("each true class:\n\n")[1].split("\n\n")[0].splitlines()
    assert len(table) == 11 and len({len(line) for line in table}) == 1
    cells = [line.split()[1:-2] for line in table[1:]]
    counts = [[int(cell.replace(".", "0")) for cell in row] for row in cells]
    assert np.sum(counts) == 360
    assert np.trace(counts) / 3.6 == pytest.approx(share_right(text), abs=0.01)


def test_it_leaves_weights_curves_and_graph(digits, train):
    _, text, folder = digits
    assert sorted(os.listdir(folder)) == FILES
    assert f"In {folder}: {', '.join(FILES)}" in text
    for name in ("confusion.png", "curves.png", "mistakes.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    graph = (folder / "graph.svg").read_text()
    assert all(name in graph for name in ("1.weight", "5.bias", "cross_entropy", "labels"))
    args = train.parse([])
    images = train.load(args)
    model, *_ = train.make(args, images, 1)
    model.load_state_dict(autograd.load(folder / "best.safetensors"))
    right = nn.metrics.accuracy(*sys.modules["session"].predict(model, images.test))
    assert f"{right:.2%} of 360" in text
    settings = json.loads((folder / "config.json").read_text())
    assert settings == {k: v for k, v in {**vars(args), "out": str(folder.parent)}.items()
                        if k != "resume"}


def test_the_seed_decides_everything(train, tmp_path):
    def rows(seed, out):
        _, text = run(train, "--epochs", 1, "--seed", seed, "--out", tmp_path / out)
        return re.findall(r"^epoch.*accuracy +[\d.]+%", text, re.M)

    first = rows(1, "a")
    assert len(first) == 1
    assert first == rows(1, "b")
    assert first != rows(2, "c")


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_the_digits_are_learned_row_by_row(train, tmp_path, model):
    code, text = run(train, "--model", model, "--epochs", 6, "--lr", 0.005,
                     "--out", tmp_path)
    assert code == 0
    assert share_right(text) >= 90
    graph = (only_folder(tmp_path) / "graph.svg").read_text()
    assert "memory.weight_ih_l1" in graph and "head.bias" in graph


def test_every_dataset_has_the_recurrent_models(train):
    for dataset in train.DATASETS:
        for model in train.RECURRENT:
            args = train.parse(["--dataset", dataset, "--model", model])
            assert sys.modules["recipes"].make_model(args, autograd.Size((1, 28, 28)), 10)(
                autograd.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_the_recipe_of_mnist_is_the_course_s(train):
    args = train.parse(["--dataset", "mnist"])
    assert (args.epochs, args.batch_size, args.lr, args.hidden) == (12, 64, 0.01, [64, 32])
    assert args.momentum == 0
    mlp = sys.modules["recipes"].mlp
    assert sum(p.numel() for p in mlp([784, *args.hidden, 10]).parameters()) == 52_650
    fast = train.parse(["--dataset", "mnist", "--recipe", "fast"])
    assert (fast.epochs, fast.hidden, fast.momentum) == (5, [256, 128], None)


def test_options_reach_the_run(train, tmp_path):
    code, text = run(train, "--epochs", 2, "--batch-size", 100, "--lr", 0.1, "--hidden", 16,
                     "--threads", autograd.get_num_threads(), "--out", tmp_path)
    assert code == 0
    assert "Parameters: 1,040 + 170 = 1,210" in text
    assert "epoch 2/2" in text
    code, text = run(train, "--epochs", 1, "--hidden", "--out", tmp_path)
    assert code == 0 and "Parameters: 650" in text
    assert len(list(tmp_path.iterdir())) == 2  # two runs in one second have a folder each


@pytest.mark.parametrize("argv, message", [
    (["--epochs", "0"], "argument --epochs: must be at least 1, got 0"),
    (["--batch-size", "x"], "argument --batch-size: must be a whole number, got x"),
    (["--lr", "-1"], "argument --lr: must be a number above 0, got -1"),
    (["--lr", "x"], "argument --lr: must be a number above 0, got x"),
    (["--lr", "nan"], "argument --lr: must be a number above 0, got nan"),
    (["--dataset", "cifar"], "invalid choice: 'cifar'"),
    (["--recipe", "fast"], "--recipe fast is for --dataset mnist --model mlp"),
    (["--model", "lenet"], "lenet reads images of 28x28 pixels"),
    (["--resume", "nowhere"], "--resume nowhere: nowhere is no folder; it must be the folder of a "
                              "run, such as runs/"),
    (["--resume", "examples"], "examples has no config.json"),
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
    assert re.search(r"train.py: Trainer: the loss became (nan|inf) in epoch 1, after \d steps; a "
                     r"smaller learning rate than 1e\+20", captured.err)
    assert sorted(os.listdir(only_folder(tmp_path))) == ["config.json", "graph.svg",
                                                         "last.safetensors"]


def test_without_matplotlib(train, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, text = run(train, "--epochs", 1, "--out", tmp_path, pictures=True)
    assert code == 0
    assert re.search("No curves.png, .*: matplotlib is missing", text) and "wengert[plots]" in text
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


@pytest.mark.slow
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
    assert sorted(os.listdir(only_folder(tmp_path))) == FILES


def test_resuming_is_as_if_nothing_had_happened(train, tmp_path, capsys, monkeypatch):
    class Interrupted(sys.modules["session"].Lines):
        def on_epoch_end(self, trainer):
            super().on_epoch_end(trainer)
            if trainer.epoch == 2:
                os.kill(os.getpid(), signal.SIGINT)

    run(train, "--epochs", 4, "--seed", 3, "--out", tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["session"], "Lines", Interrupted)
        Interrupted.__name__ = "Lines"
        code, text = run(train, "--epochs", 4, "--seed", 3, "--out", tmp_path / "part")
    folder = only_folder(tmp_path / "part")
    assert code == 130 and f"train.py --resume {folder} goes on" in text
    code, text = run(train, "--resume", folder)
    assert code == 0 and "epoch 3/4" in text and "epoch 2/4" not in text
    rows, weights = [], []
    for of in (only_folder(tmp_path / "whole"), folder):
        history = nn.training.History.load(of / "history.csv")
        rows.append([{k: v for k, v in row.items() if k != "seconds"} for row in history])
        weights.append(autograd.load(of / "last.safetensors")["model"])
    assert rows[0] == rows[1] and len(rows[0]) == 4
    for name, value in weights[0].items():
        np.testing.assert_array_equal(value.numpy(), weights[1][name].numpy())
    with pytest.raises(SystemExit):
        train.main(["--resume", str(folder), "--lr", "0.1"])
    assert "goes on with the settings of" in capsys.readouterr().err


def test_a_run_without_a_mistake_and_with_colours(train, tmp_path):
    report = sys.modules["report"]
    images = [(autograd.rand(3, 8, 8), 0)] * 4
    probabilities, labels = np.eye(3)[[0, 1, 2, 0]], np.array([0, 1, 2, 2])
    for chosen in (slice(0, 3), slice(0, 4)):
        report.save_mistakes(tmp_path / "a.png", images, probabilities[chosen], labels[chosen],
                             ("airplane", "automobile", "bird"))
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_cifar(train, tmp_path):
    """A tiny network on a few made-up records."""
    cifar = importlib.import_module("cifar")
    draw = np.random.default_rng(0)
    for name, count in (("data_batch_1.bin", 200), ("test_batch.bin", 50)):
        records = draw.integers(0, 256, (count, 3073), dtype=np.uint8)
        records[:, 0] %= 10
        records.tofile(tmp_path / name)
    code, text = run(cifar, "--root", tmp_path, "--epochs", 1, "--width", 2, "--out",
                     tmp_path / "runs", pictures=True)
    assert code == 0 and "180 images to train on, 20 to validate, 50 to test" in text
    assert "airplane" in text and sorted(os.listdir(only_folder(tmp_path / "runs"))) == FILES
    with pytest.raises(SystemExit):
        run(train, "--resume", only_folder(tmp_path / "runs"))


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
