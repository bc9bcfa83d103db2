"""The lessons in examples/: each runs to its picture, is short, and says what it teaches."""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd

FOLDER = Path(__file__).resolve().parents[2] / "examples"
LESSONS = sorted(path.stem for path in FOLDER.glob("*.py")
                 if re.search(r"^from lesson import", path.read_text("utf-8"), re.M))
MAX_LINES = 150


@pytest.fixture(scope="module")
def load():
    """A function that imports a module of examples/, as the programs see it."""
    before = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        yield importlib.import_module
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - before:
            if name in {path.stem for path in FOLDER.glob("*.py")}:
                del sys.modules[name]


def run(module, *argv) -> tuple[int, str, str]:
    """Exit code, output and messages of one run, on one thread: a few steps are not worth two."""
    threads = autograd.get_num_threads()
    try:
        with (contextlib.redirect_stdout(io.StringIO()) as out,
              contextlib.redirect_stderr(io.StringIO()) as err):
            code = module.main([str(argument) for argument in (*argv, "--threads", 1)])
    finally:
        autograd.set_num_threads(threads)
    return code, out.getvalue(), err.getvalue()


def test_all_of_them_are_found():
    assert LESSONS == ["autoencoder", "boltzmann", "diffusion", "features", "gan", "graph",
                       "physics", "race", "seq2seq", "spam", "universal", "vae"]


@pytest.mark.parametrize("name", LESSONS)
def test_a_few_steps_end_with_a_picture(load, name, tmp_path):
    code, out, err = run(load(name), "--smoke", "--out", tmp_path)
    assert (code, err) == (0, "")
    picture, = tmp_path.glob(f"*/{name}.png")
    assert picture.read_bytes().startswith(b"\x89PNG") and f"Picture: {picture}" in out


@pytest.mark.parametrize("name", LESSONS)
def test_it_reads_as_a_lesson(name):
    text = (FOLDER / f"{name}.py").read_text("utf-8")
    doc = ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) < MAX_LINES
    assert f"python examples/{name}.py" in doc and re.search(r"References?: .*\b\d{4}", doc, re.S)


def test_a_result_that_is_not_sound_ends_the_lesson_with_a_message(load, tmp_path):
    lesson = load("lesson")
    value = autograd.tensor([[1.0, 2.0]])
    assert lesson.sound("x", value, 1, 2) is value
    with pytest.raises(lesson.Failed, match=r"x should have the shape \(2,\), got \(1, 2\)"):
        lesson.sound("x", value, 2)
    with pytest.raises(lesson.Failed, match="x is no longer finite"):
        lesson.sound("x", value / 0, 1, 2)
    code, _, err = run(load("vae"), "--smoke", "--out", tmp_path, "--root", tmp_path / "nowhere")
    assert code == 1 and re.match(r"vae\.py: MNIST.*nowhere", err, re.S)


def test_tiles_stand_row_by_row_with_lines_between(load):
    sheet = load("lesson").tiles(np.arange(12.0).reshape(3, 2, 2), 2)
    nan = np.nan
    np.testing.assert_array_equal(sheet, [[0, 1, nan, 4, 5],
                                          [2, 3, nan, 6, 7],
                                          [nan, nan, nan, nan, nan],
                                          [8, 9, nan, nan, nan],
                                          [10, 11, nan, nan, nan]])


def test_the_club_has_the_friendships_that_were_counted(load):
    """34 members, 78 friendships, and the degrees of Zachary's table."""
    friends = load("graph").FRIENDS
    degree = np.bincount([end for a, others in friends.items() for b in others for end in (a, b)])
    assert degree[1:].tolist() == [16, 9, 10, 6, 3, 4, 4, 4, 5, 2, 3, 1, 2, 5, 2, 2, 2, 2, 2, 3, 2,
                                   2, 2, 5, 3, 3, 2, 4, 3, 4, 4, 6, 12, 17]
    assert degree.sum() == 2 * 78


def test_the_graph_convolution_is_the_product_with_the_normalised_matrix(load):
    graph = load("graph")
    edges = np.array([(a, b) for a, others in graph.FRIENDS.items() for b in others]) - 1
    layer = graph.GraphConvolution(5, 3, edges)
    x = autograd.randn(34, 5)
    adjacency = np.eye(34)
    adjacency[tuple(edges.T)] = adjacency[tuple(edges.T[::-1])] = 1
    degree = adjacency.sum(1)
    wanted = adjacency / np.sqrt(np.outer(degree, degree)) @ x.numpy()
    wanted = wanted @ layer.linear.weight.detach().numpy().T + layer.linear.bias.detach().numpy()
    np.testing.assert_allclose(layer(x).detach().numpy(), wanted, atol=1e-5)
