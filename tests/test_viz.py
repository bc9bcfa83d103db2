"""Pictures of the graph: their source against golden files, and the files drawn from it.

`UPDATE_GOLDEN=1 python -m pytest tests/test_viz.py` writes tests/golden/*.dot anew; read the diff.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import autograd
import nn
from autograd.viz import Picture, dot, graph

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).resolve().parent.parent

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def leaf(*size: int, dtype=None) -> autograd.Tensor:
    return autograd.ones(*size, dtype=dtype, requires_grad=True)


def mlp() -> tuple[autograd.Tensor, dict]:
    w1, b1, w2 = leaf(4, 3), leaf(3), leaf(3, 2)
    x = autograd.ones(5, 4)
    hidden = (x @ w1 + b1).tanh()
    return ((hidden @ w2) ** 2).sum(), {"0.weight": w1, "0.bias": b1, "2.weight": w2, "x": x}


def layers():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    target = autograd.tensor([0, 1, 1])
    loss = nn.CrossEntropyLoss()(model(autograd.ones(3, 4)), target)
    return graph(loss, dict(model.named_parameters()))


def several_results():
    a = leaf(3, 2)
    first, _, last = a.unbind(0)
    return graph([(first * last).sum(), last.double()], [("a", a)])


def recurrent():
    w, h = leaf(2, 2), autograd.ones(1, 2)
    for _ in range(5):
        h = (h @ w).tanh()
    return graph(h, {"w": w})


class Scaled(autograd.Function):
    @staticmethod
    def forward(ctx, tensor, factors):
        ctx.save_for_backward(tensor, factors, tensor + factors)
        return tensor * factors

    @staticmethod
    def backward(ctx, g):
        raise NotImplementedError


def function():
    a = leaf(2, 3)
    return graph(Scaled.apply(a, autograd.ones(2, 3)), {"<a & b>": a}, show_saved=True)


PICTURES = {
    "mlp": lambda: graph(*mlp()),
    "mlp_unnamed": lambda: graph(mlp()[0]),
    "mlp_saved": lambda: graph(*mlp(), show_saved=True),
    "layers": layers,
    "several_results": several_results,
    "recurrent": recurrent,
    "function": function,
}


@pytest.mark.parametrize("name", PICTURES)
def test_source_is_the_golden_one(name):
    source = PICTURES[name]().source
    file = GOLDEN / f"{name}.dot"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(source, encoding="utf-8")
    assert source == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.dot")} == set(PICTURES)


def boxes(drawn: Picture) -> dict[str, str]:
    """Name -> text of each box, its lines parted by |."""
    rows = re.findall(r"^\t(\w+) \[label=<(.*)> color=", drawn.source, re.M)
    return {name: re.sub(r"<[^>]*>", "", text.replace("<br/>", "|")) for name, text in rows}


def edges(drawn: Picture) -> list[tuple[str, str]]:
    return re.findall(r"^\t(\w+) -> (\w+)", drawn.source, re.M)


def test_boxes_and_edges_are_those_of_the_graph():
    a, b = leaf(3), leaf(3)
    c = a * b
    out = (c + a).sum()
    drawn = graph(out, {"a": a, "b": b})
    assert boxes(drawn) == {"n0": "a|(3,)", "n1": "b|(3,)", "n2": "mul|(3,)", "n3": "add|(3,)",
                            "n4": "sum|scalar", "out0": "output|scalar"}
    assert edges(drawn) == [("n0", "n2"), ("n1", "n2"), ("n2", "n3"), ("n0", "n3"), ("n3", "n4"),
                            ("n4", "out0")]
    assert repr(drawn) == "<graph of 6 nodes and 6 edges>"


def test_an_operand_used_twice_has_two_edges():
    a = leaf(3)
    assert edges(graph(a * a, {"a": a})) == [("n0", "n1"), ("n0", "n1"), ("n1", "out0")]


def test_other_tensors_made_meanwhile_change_nothing():
    loss, names = mlp()
    keep = [leaf(2) + 1 for _ in range(5)]
    later, later_names = mlp()
    assert graph(loss, names).source == graph(later, later_names).source
    assert keep


def test_names_that_do_not_occur_are_ignored():
    loss, names = mlp()
    assert graph(loss, {**names, "other": leaf(2)}).source == graph(loss, names).source


def test_the_first_of_two_names_counts_and_pairs_will_do():
    a = leaf(2)
    assert boxes(graph(a, iter([("first", a), ("second", a)])))["n0"] == "first|(2,)"


def test_a_leaf_can_be_an_output():
    a = leaf(2)
    drawn = graph(a, {"a": a})
    assert boxes(drawn) == {"n0": "a|(2,)", "out0": "output|(2,)"}


def test_dtype_is_shown_unless_it_is_float32():
    assert boxes(graph(leaf(2, dtype=autograd.float64)))["n0"] == "leaf|(2,) float64"


def test_after_backward_the_saved_values_are_gone():
    a = leaf(3)
    out = (a * a).sum()
    out.backward()
    assert "saved values freed" in boxes(graph(out, show_saved=True))["n1"]


def test_the_picture_keeps_nothing_alive():
    import weakref

    a = leaf(3)
    node = weakref.ref((out := a.exp()).grad_fn)
    drawn = graph(out, {"a": a})
    del out
    assert node() is None and drawn.source


# ---- what does not fit ----------------------------------------------------------------------


def test_without_history():
    with pytest.raises(RuntimeError, match=r"outputs\[1\], Tensor \(2,\) float32, has no history"):
        graph([leaf(2), autograd.ones(2)])


@pytest.mark.parametrize("outputs, error, message", [
    ([], ValueError, "outputs is empty; pass the Tensor to draw"),
    ([3.0], TypeError, r"outputs\[0\] must be a Tensor, got float 3.0"),
    (3.0, TypeError, "outputs must be a Tensor or several, got float 3.0"),
])
def test_other_outputs(outputs, error, message):
    with pytest.raises(error, match=message):
        graph(outputs)


@pytest.mark.parametrize("params", [nn.Linear(2, 2), [leaf(2)], {"a": 1.0}, leaf(2), 3])
def test_other_params(params):
    with pytest.raises(TypeError, match=r"params must be a dict .* dict\(model.named_parameters"):
        graph(leaf(2), params)


def test_a_large_graph_is_refused_at_once():
    h = leaf(2)
    for _ in range(10_000):
        h = h.exp()
    with pytest.raises(ValueError, match=r"10,001 nodes are more than max_nodes=2,000\. Draw a"):
        graph(h)
    assert len(boxes(graph(h, max_nodes=20_000))) == 10_002


# ---- files and notebooks --------------------------------------------------------------------


@pytest.fixture(params=["with dot", "without dot"])
def drawer(request, monkeypatch):
    """Draw with the program dot, if it is there, and without."""
    if request.param == "without dot":
        monkeypatch.setenv("PATH", "")
    elif shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")


def texts(path) -> list[str]:
    return [e.text for e in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def test_svg_is_well_formed_and_complete(tmp_path, drawer):
    loss, names = mlp()
    found = texts(graph(loss, names).save(tmp_path / "x.svg"))
    assert {"0.weight", "0.bias", "2.weight", "x", "matmul", "tanh", "output"} <= set(found)


def test_edges_have_labels_and_boxes_notes(tmp_path, drawer):
    found = " ".join(texts(several_results().save(tmp_path / "x.svg")))
    assert "[0] (2,)" in found and "[2] (2,)" in found
    assert "saves tensor (2, 3)" in " ".join(texts(function().save(tmp_path / "y.svg")))


def test_png(tmp_path, drawer):
    path = graph(leaf(2)).save(str(tmp_path / "x.PNG"))
    assert Path(path).read_bytes().startswith(b"\x89PNG\r\n")


def test_names_of_any_characters(tmp_path, drawer):
    """What has a meaning in XML, in DOT and in matplotlib's formulas, and what XML cannot hold."""
    a = leaf(2)
    name = "<b> & \"q\" $\\frac$ {x} \\n \0 \n \ud800 \u4f60\u597d \U0001f600"
    drawn = graph(a * a, {name: a})
    shown = texts(drawn.save(tmp_path / "x.svg"))
    assert any(t.startswith("<b> & \"q\" $\\frac$ {x}") and t.endswith("\U0001f600") for t in shown)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert drawn.save(tmp_path / "x.png") == str(tmp_path / "x.png")


def test_dot(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    drawn = graph(leaf(2))
    path = drawn.save(tmp_path / "x.dot")
    assert path == str(tmp_path / "x.dot")
    assert Path(path).read_text() == drawn.source


@needs_dot
def test_every_golden_file_is_understood_by_dot():
    for file in GOLDEN.glob("*.dot"):
        subprocess.run(["dot", "-Tsvg", file], check=True, capture_output=True)


def test_a_long_recurrent_graph_is_drawn_in_time(monkeypatch):
    monkeypatch.setenv("PATH", "")
    w, h, states = leaf(2, 2), leaf(1, 2), []
    for _ in range(150):
        h = (h @ w).tanh()
        states.append(h)
    assert graph(autograd.stack(states), {"w": w})._repr_svg_()


def test_in_a_notebook(drawer):
    assert graph(leaf(2))._repr_svg_().rstrip().endswith("</svg>")


def test_no_two_ways_of_one_text(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    drawn = graph(*mlp())
    assert Path(drawn.save(tmp_path / "x.svg")).read_text() == drawn._repr_svg_()
    assert drawn._repr_svg_() == graph(*mlp())._repr_svg_()


def test_a_large_png_is_drawn_smaller(tmp_path, monkeypatch):
    import matplotlib.image

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("autograd.viz.png._LONGEST_SIDE", 500)
    path = graph(*mlp()).save(tmp_path / "x.png")
    assert 480 < max(matplotlib.image.imread(path).shape) <= 500


def test_the_users_settings_of_matplotlib_change_nothing(tmp_path, monkeypatch):
    import matplotlib

    monkeypatch.setenv("PATH", "")
    before = Path(graph(*mlp()).save(tmp_path / "x.png")).read_bytes()
    with matplotlib.rc_context({"text.usetex": True, "savefig.bbox": "tight", "lines.linewidth": 9,
                                "font.size": 30, "savefig.dpi": 10}):
        after = Path(graph(*mlp()).save(tmp_path / "x.png")).read_bytes()
    assert before == after


def test_png_without_dot_and_matplotlib_becomes_svg(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    old = tmp_path / "x.png"
    old.write_text("from before")
    drawn = graph(leaf(2))
    message = (r"x\.svg was written in place of x\.png, because png needs matplotlib or Graphviz;"
               ".*pip install matplotlib.*apt install graphviz.*brew install .*conda install")
    with pytest.warns(UserWarning, match=message):
        path = drawn.save(old)
    assert path == str(tmp_path / "x.svg") and Path(path).read_text() == drawn._repr_svg_()
    assert old.read_text() == "from before"
    assert sorted(os.listdir(tmp_path)) == ["x.png", "x.svg"]


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for dot is a shell script")
@pytest.mark.parametrize("script", ["echo 'no such format' >&2; exit 3", "exec sleep 5"])
@pytest.mark.parametrize("ending", ["svg", "png"])
def test_where_dot_fails_the_library_draws(tmp_path, monkeypatch, script, ending):
    program = tmp_path / "bin" / "dot"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(dot, "_PATIENCE", 0.2)
    drawn = graph(leaf(2))
    contents = []
    for path in ("", f"{program.parent}{os.pathsep}{os.environ['PATH']}"):
        monkeypatch.setenv("PATH", path)
        contents.append(Path(drawn.save(tmp_path / f"x.{ending}")).read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for dot is a shell script")
def test_dot_is_used_where_it_is_there(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nread line; echo \"$1 $line\"\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert graph(leaf(2))._repr_svg_() == '-Tsvg digraph "graph" {\n'


def test_a_broken_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.dot"
    path.write_text("from before")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        graph(leaf(2)).save(path)
    assert path.read_text() == "from before" and os.listdir(tmp_path) == ["x.dot"]


@pytest.mark.skipif(os.name != "posix", reason="needs links and modes")
@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
def test_a_file_that_is_replaced_keeps_its_link_and_mode(tmp_path, kind):
    kept, link = tmp_path / "kept.dot", tmp_path / "link.dot"
    kept.write_text("from before")
    kept.chmod(0o640)
    link.symlink_to(kept)
    drawn = graph(leaf(2))
    assert drawn.save(kind(link)) == str(link)
    assert link.is_symlink() and kept.read_text() == drawn.source
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


def test_other_endings_and_missing_folders(tmp_path):
    drawn = graph(leaf(2))
    with pytest.raises(ValueError, match=r"'x\.jpg' must end in \.svg, \.png or \.dot"):
        drawn.save("x.jpg")
    with pytest.raises(FileNotFoundError, match=r"the folder .*missing for x\.svg is missing"):
        drawn.save(tmp_path / "missing" / "x.svg")


def test_graphviz_is_imported_only_to_draw():
    code = "import sys, autograd.viz; print('graphviz' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True,
                          text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.stdout == "False\n"
