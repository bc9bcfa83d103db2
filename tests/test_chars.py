"""examples/chars.py: it learns names and texts, writes, and ends well in every case."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd

ROOT = Path(__file__).resolve().parent.parent
TINY = ["--layers", "1", "--hidden", "16", "--batch-size", "8", "--samples", "3"]
GPT = ["--model", "gpt", "--heads", "2", "--context", "8", "--steps", "40", *TINY]
LOSS = re.compile(r"^epoch +\d+/\d+   loss ([\d.]+)   held out: loss ([\d.]+)", re.M)


@pytest.fixture(scope="module")
def chars():
    """The module examples/chars.py, as the program sees it."""
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        yield importlib.import_module("chars")
    finally:
        sys.path.remove(str(ROOT / "examples"))
        for name in ("chars", "language", "program", "report"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def language(chars):
    return sys.modules["language"]


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    """400 different lines of the letters a to d, which come in turn."""
    path = tmp_path_factory.mktemp("text") / "lines.txt"
    rng = np.random.default_rng(0)
    lines = {"".join("abcd"[(a + i) % 4] for i in range(n)) + "x" * m
             for a in range(4) for n in range(1, 11) for m in range(10)}
    path.write_text("\n".join(rng.permutation(sorted(lines))) + "\n")
    return path


def run(chars, *argv) -> tuple[int, str]:
    """Exit code and output of one run."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = chars.main([str(argument) for argument in argv])
    return code, out.getvalue()


def only_folder(out: Path) -> Path:
    folder, = out.iterdir()
    return folder


@pytest.mark.parametrize("model", ["lstm", "gru", "rnn", "gpt"])
def test_it_learns_writes_and_leaves_what_it_promises(chars, language, text, tmp_path, model):
    options = GPT if model == "gpt" else ["--model", model, *TINY]
    code, printed = run(chars, "--text", text, "--epochs", 2, "--lr", 0.01, *options,
                        "--prompt", "ab", "--out", tmp_path)
    assert code == 0
    losses = [float(held_out) for _, held_out in LOSS.findall(printed)]
    assert len(losses) == 2 and losses[1] < losses[0] < 0.7 * math.log(6)
    assert f"by chance the loss is {math.log(6):.2f}" in printed
    compiled = autograd.config()["tier"] == "numba"
    assert ("The first steps compile" in printed.split("epoch 1/2")[0]) == compiled
    folder = only_folder(tmp_path)
    assert sorted(os.listdir(folder)) == ["best.npz", "curves.png"]
    assert f"In {folder}: best.npz, curves.png" in printed
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    written = printed.split("It writes:\n\n")[1].split(f"\n\nIn {folder}")[0]
    assert len(re.findall("^ *ab", written, re.M)) >= 3
    saved = autograd.load(folder / "best.npz")
    assert saved["characters"] == "\nabcdx"
    args = chars.parse(["--text", str(text), *options])
    corpus = (chars.load_stream if model == "gpt" else chars.load_lines)(args)
    network = chars.make_model(args, 6)
    network.load_state_dict(saved["weights"])
    assert f"held-out loss {chars.evaluate(network, corpus):.4f}" in printed


def test_the_seed_decides_everything(chars, text, tmp_path):
    def outcome(seed, out):
        _, printed = run(chars, "--text", text, "--epochs", 1, "--seed", seed, *TINY,
                         "--out", tmp_path / out)
        return LOSS.findall(printed), printed.split("It writes:")[1].split("In ")[0]

    first = outcome(1, "a")
    assert first == outcome(1, "b") and first != outcome(2, "c")


def test_the_names_are_the_default_and_gpt_reads_them_in_random_order(chars):
    corpus = chars.load_lines(chars.parse([]))
    assert (len(corpus.train), len(corpus.held_out), len(corpus.alphabet)) == (28_833, 3_200, 27)
    stream = chars.load_stream(chars.parse(["--model", "gpt"]))
    names = stream.alphabet.decode(stream.train.numbers).splitlines()
    assert len(names) == 28_833 and names != sorted(names)
    assert len(stream.held_out) <= chars.HELD_OUT_WINDOWS + 1


def test_padding_changes_no_loss(chars, language):
    lines, alphabet = ["a", "abba", "bab"], language.Alphabet("\nab")
    dataset = language.Lines(lines, alphabet)
    model = language.Recurrent("gru", 3, 8, 2, 0.0)
    together, count = chars.total_loss(model, *language.padded(list(dataset)))
    alone = [chars.total_loss(model, *language.padded([line])) for line in dataset]
    assert count == sum(n for _, n in alone) == 2 + 5 + 4
    assert together.item() == pytest.approx(sum(loss.item() for loss, _ in alone), rel=1e-5)


@pytest.mark.parametrize("scores, options, expected", [
    ([0, math.log(3)], {}, [0.25, 0.75]),
    ([0, math.log(3)], {"temperature": 0.5}, [0.1, 0.9]),
    ([0, math.log(9)], {"temperature": 2.0}, [0.25, 0.75]),
    ([0, math.log(3), math.log(2)], {"top_k": 2}, [0, 0.6, 0.4]),
    ([0, math.log(3), math.log(2)], {"top_k": 1}, [0, 1, 0]),
    ([0, math.log(3)], {"top_k": 9}, [0.25, 0.75]),
    ([1, 1, 0], {"top_k": 1}, [1, 0, 0]),
    ([0, math.log(3), math.log(2)], {"top_k": 2, "temperature": 0.5}, [0, 9 / 13, 4 / 13]),
    ([1e3, 2e3], {"temperature": 1e-38}, [0, 1]),
])
def test_probabilities(language, scores, options, expected):
    rows = autograd.tensor([scores, scores], dtype=autograd.float32)
    found = language.probabilities(rows, **options).numpy()
    np.testing.assert_allclose(found, [expected, expected], rtol=1e-5)


def test_choices_follow_the_probabilities(language):
    scores = autograd.tensor([[0.0, math.log(2), math.log(5)]]).expand(20_000, 3)
    drawn = language.choose(scores)
    assert tuple(drawn.shape) == (20_000, 1)
    shares = np.bincount(drawn.numpy()[:, 0], minlength=3) / 20_000
    np.testing.assert_allclose(shares, [1 / 8, 2 / 8, 5 / 8], atol=0.015)
    assert set(language.choose(scores, top_k=2).numpy()[:, 0].tolist()) == {1, 2}
    assert language.choose(scores, greedy=True).numpy().tolist() == [[2]] * 20_000


def test_an_lstm_writes_step_by_step_what_it_would_whole(language):
    model = language.Recurrent("lstm", 5, 8, 2, 0.0)
    tokens = autograd.tensor([[0, 3, 1, 4], [2, 2, 0, 1]])
    whole, state = model(tokens).detach().numpy(), None
    for i in range(4):
        scores, state = model.step(tokens[:, i:i + 1], state)
        np.testing.assert_allclose(scores.detach().numpy(), whole[:, i], rtol=1e-5, atol=1e-6)


def test_a_gpt_sees_what_came_before_within_its_context(language):
    model = language.GPT(5, 8, 2, 2, 4, 0.0)
    tokens = autograd.tensor([[0, 3, 1, 4, 2, 2]])
    whole, state = model(tokens[:, :4]).detach().numpy(), None
    for i in range(6):
        scores, state = model.step(tokens[:, i:i + 1], state)
        expected = whole[:, i] if i < 4 else model(tokens[:, i - 3:i + 1])[:, -1].detach().numpy()
        np.testing.assert_allclose(scores.detach().numpy(), expected, rtol=1e-5, atol=1e-6)
        assert state.shape[1] == min(i + 1, 4)


def test_writing_ends_at_the_end_or_the_length(language, monkeypatch):
    alphabet, model = language.Alphabet("abcde"), language.Recurrent("rnn", 5, 4, 1, 0.0)
    monkeypatch.setattr(model, "step", lambda tokens, state: (
        autograd.eye(5)[(tokens[:, -1] + 1) % 5], None))  # after a comes b, after b comes c
    assert language.write(model, alphabet, "a", 2, 3, greedy=True) == ["bcd"] * 2
    assert language.write(model, alphabet, "ab", 1, 9, "e", greedy=True) == ["cd"]


def test_the_rate_rises_and_falls(chars):
    rates = [chars.rate(step, 200) for step in range(201)]
    assert rates[0] == pytest.approx(0.1) and rates[-1] == pytest.approx(0.1)
    assert max(rates) == rates[9] > 0.99
    assert all(a > b for a, b in zip(rates[9:], rates[10:], strict=False))


@pytest.mark.parametrize("argv, message", [
    (["--epochs", "0"], "argument --epochs: must be at least 1, got 0"),
    (["--temperature", "0"], "argument --temperature: must be a number above 0, got 0"),
    (["--dropout", "1"], "argument --dropout: must be at least 0 and below 1, got 1"),
    (["--top-k", "0"], "argument --top-k: must be at least 1, got 0"),
    (["--model", "mlp"], "invalid choice: 'mlp'"),
    (["--context", "8"], "--context is for gpt: the lstm reads line by line"),
    (["--model", "gpt", "--heads", "3"], "--hidden 128 must be a multiple of --heads 3"),
])
def test_a_wrong_command_line(chars, capsys, argv, message):
    with pytest.raises(SystemExit) as ended:
        chars.main(argv)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("model", ["lstm", "gpt"])
@pytest.mark.parametrize("content, options, message", [
    (None, [], "No such file"),
    (b"", [], "is empty: there is nothing to learn"),
    (b"a", [], "holds no other character than 'a': there is nothing to learn"),
    (b"\xff\xfe", [], "is not a text in UTF-8"),
    (b"ab\ncd\n" * 200, ["--prompt", "a?!"], "'!?' is not among the characters of the text"),
])
def test_a_wrong_text(chars, tmp_path, capsys, model, content, options, message):
    path = tmp_path / "text"
    if content is not None:
        path.write_bytes(content)
    assert chars.main(["--model", model, "--text", str(path), "--out", str(tmp_path / "out"),
                       *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith("chars.py: ") and message in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content, options, message", [
    ("ab", ["--model", "gpt"], "2 characters, of which 0 are held out: too few for --context 64; "
                               "give a longer text"),
    ("ab" * 100, ["--model", "gpt"], "of which 20 are held out: too few for --context 64; "
                                     "--context 19 is possible"),
    ("ab", [], "has one line only, and one must be held out"),
    ("ab\n" * 9, [], "has one line only, and one must be held out"),
    ("ab\n" + "c" * 1001, [], "has 1,001 characters, lines may have 1,000; --model gpt"),
])
def test_a_text_that_is_too_short_or_too_long(chars, tmp_path, capsys, content, options, message):
    path = tmp_path / "text"
    path.write_text(content)
    assert chars.main(["--text", str(path), "--out", str(tmp_path / "out"), *options]) == 1
    assert message in capsys.readouterr().err


def test_the_longest_context_that_is_named_is_possible(chars, tmp_path):
    (tmp_path / "text").write_text("ab" * 100)
    code, _ = run(chars, *GPT, "--text", tmp_path / "text", "--context", 19, "--steps", 1,
                  "--epochs", 1, "--dropout", 0.1, "--out", tmp_path / "out")
    assert code == 0


def test_without_matplotlib(chars, text, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, printed = run(chars, "--text", text, "--epochs", 1, *TINY, "--out", tmp_path)
    assert code == 0 and "No curves.png: matplotlib is missing" in printed
    assert os.listdir(only_folder(tmp_path)) == ["best.npz"]


PROGRAM = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
sys.argv = {argv}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_keeps_what_was_reached(text, tmp_path):
    argv = [str(ROOT / "examples" / "chars.py"), "--epochs", "1000000", "--threads", "1",
            "--text", str(text), *TINY, "--out", str(tmp_path)]
    sys_path = os.pathsep.join([str(ROOT / "examples"), str(ROOT)])
    process = subprocess.Popen([sys.executable, "-c", PROGRAM.format(argv=json.dumps(argv))],
                               env={**os.environ, "PYTHONPATH": sys_path}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        for line in process.stdout:
            if line.startswith("epoch       2/1000000"):
                break
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "Ctrl-C in epoch" in printed and "It writes:" in printed and "In " in printed
    assert sorted(os.listdir(only_folder(tmp_path))) == ["best.npz", "curves.png"]
