"""Pictures of models and training: what they show, and what is refused."""

from __future__ import annotations

import itertools
import subprocess
import sys
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
import optim
from nn import plots

matplotlib = pytest.importorskip("matplotlib")
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
NET = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 3))
POINTS = np.random.default_rng(0).normal(size=(30, 2))
CLASSES = np.arange(30) % 3
IMAGE = autograd.zeros(1, 1, 6, 6)
CONV = nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(80, 2))


def trained():
    model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    model(autograd.ones(5, 2)).sum().backward()
    return model


DRAW = {
    "boundary": lambda ax=None: plots.plot_decision_boundary(NET, POINTS, CLASSES, resolution=20,
                                                             ax=ax),
    "activations": lambda ax=None: plots.plot_activations(NET, POINTS, CLASSES, layers="1", ax=ax),
    "history": lambda ax=None: plots.plot_history({"loss": [3, 1, 0.01], "acc": [0.1, 0.5, 0.9]},
                                                  ax=ax),
    "functions": lambda ax=None: plots.plot_activation_functions(ax=ax),
    "paths": lambda ax=None: plots.plot_optimizer_paths(
        lambda x, y: x ** 2 + 3 * y ** 2, {"Adam": lambda p: optim.Adam(p, lr=0.1)}, steps=4,
        ax=ax),
    "outputs": lambda ax=None: plots.plot_activation_histograms(NET, POINTS, ax=ax),
    "gradients": lambda ax=None: plots.plot_gradient_histograms(trained(), ax=ax),
    "filters": lambda ax=None: plots.plot_filters(nn.Conv2d(1, 6, 5), ax=ax),
    "maps": lambda ax=None: plots.plot_feature_maps(CONV, IMAGE, ax=ax),
    "attention": lambda ax=None: plots.plot_attention(np.full((2, 3), 1 / 3), queries=["<q>", "$x"],
                                                      keys=["a", "b", "c"], ax=ax),
    "confusion": lambda ax=None: plots.plot_confusion_matrix(
        [[980, 20_000, 0], [1, 2, 3], [0, 0, 0]], ["a long name", "$x", "c"], ax=ax),
    "surface": lambda ax=None: plots.plot_loss_surface(
        NET, lambda: NET(autograd.ones(4, 2)).square().mean(), steps=4, ax=ax),
}


@pytest.mark.parametrize("name", DRAW)
def test_each_returns_its_figure_and_draws_where_it_is_told(name):
    mine = Figure()
    left, right = mine.subplots(1, 2)
    assert DRAW[name](right) is mine
    assert right.has_data() and not left.has_data()


@pytest.mark.filterwarnings("error", "ignore:Creating legend with loc")  # on a busy CPU
@pytest.mark.parametrize("name", DRAW)
def test_no_text_is_cut_and_no_two_overlap(name):
    figure = DRAW[name]()
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    for axes in figure.axes:
        ticks = [[tick.label1 for tick in axis.get_major_ticks()
                  if axis.get_view_interval()[0] <= tick.get_loc() <= axis.get_view_interval()[1]]
                 for axis in (axes.xaxis, axes.yaxis)]
        texts = [axes.title, axes.xaxis.label, axes.yaxis.label, *ticks[0], *ticks[1]]
        shown = [text.get_window_extent(renderer) for text in texts
                 if axes.axison and text.get_text()]
        shown = [box for box in shown if box.width > 1]  # invisible ones have none
        for box in shown:
            assert box.x0 > -1 and box.x1 < figure.bbox.width + 1
            assert box.y0 > -1 and box.y1 < figure.bbox.height + 1
        for one, other in combinations(shown, 2):
            assert not one.shrunk(0.9, 0.9).overlaps(other.shrunk(0.9, 0.9))


def test_a_figure_shows_itself_in_a_notebook():
    assert DRAW["history"]()._repr_png_().startswith(b"\x89PNG")


def test_matplotlib_is_imported_only_to_draw():
    code = "import sys, nn.plots; nn.plots.plot_history; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True,
                          text=True)
    assert done.stdout == "False\n"


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'wengert\[plots\]'"):
        plots.plot_history({"loss": [1.0]})


# ---- decision boundary ------------------------------------------------------------------------


class Plane(nn.Module):
    """What is at hand as scores, in training mode with noise."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def forward(self, x):
        assert not self.training and not autograd.is_grad_enabled()
        return self.scores(x)


@pytest.mark.parametrize("scores", [
    lambda x: x[:, :1], lambda x: x[:, 0], lambda x: x[:, :1].sigmoid(), lambda x: x])
def test_the_boundary_is_where_classes_change(scores):
    model = Plane(scores)
    figure = plots.plot_decision_boundary(model, POINTS, np.where(CLASSES, 1, -1), resolution=101)
    assert model.training
    lines = [segment for c in figure.axes[0].collections if hasattr(c, "get_paths")
             and getattr(c, "filled", True) is False for segment in c.get_paths()]
    vertices = np.concatenate([line.vertices for line in lines if len(line.vertices)])
    distance = vertices[:, 0] - vertices[:, 1] if scores(autograd.ones(2, 2)).shape == (2, 2) else (
        vertices[:, 0])
    assert np.abs(distance).max() < 0.06


@pytest.mark.parametrize("X, message", [
    (np.zeros(3), r"must be points in the plane, \(N, 2\), got \(3,\)"),
    (np.zeros((4, 3)), r"got \(4, 3\); of more features choose two columns"),
    (np.zeros((0, 2)), r"got \(0, 2\)"),
    (np.full((3, 2), np.nan), "entries that are not finite"),
])
def test_data_that_is_no_plane(X, message):
    with pytest.raises(ValueError, match=message):
        plots.plot_decision_boundary(NET, X)


def test_other_boundaries():
    broken = nn.Linear(2, 2)
    with autograd.no_grad():
        broken.weight.fill_(float("nan"))
    with pytest.raises(ValueError, match="not finite; look for NaN in its parameters"):
        plots.plot_decision_boundary(broken, POINTS)
    with pytest.raises(ValueError, match="30 points but 2 classes"):
        plots.plot_decision_boundary(NET, POINTS, [0, 1])
    with pytest.raises(TypeError, match="X must be numbers, got str"):
        plots.plot_decision_boundary(NET, "data")
    constant = Plane(lambda x: x[:, :1] * 0 + 2)
    assert plots.plot_decision_boundary(constant, autograd.zeros(1, 2), [1], resolution=5)
    assert plots.plot_decision_boundary(nn.Linear(2, 1).double(), POINTS, resolution=5)


# ---- layers -----------------------------------------------------------------------------------


def test_principal_components():
    """Against the eigenvectors of the covariance."""
    figure = plots.plot_activations(nn.Identity(), POINTS @ np.array([[3, 1], [1, 1.0]]))
    drawn = figure.axes[0].collections[0].get_offsets()
    centered = POINTS @ np.array([[3, 1], [1, 1.0]])
    centered = centered - centered.mean(0)
    values, vectors = np.linalg.eigh(centered.T @ centered)
    expected = (centered @ vectors)[:, ::-1]
    assert np.allclose(np.abs(drawn), np.abs(expected), atol=1e-5)
    share = values[1] / values.sum()
    assert figure.axes[0].get_xlabel() == f"component 1 ({share:.0%})"


def test_layers_of_every_size_and_names():
    figure = plots.plot_activations(NET, POINTS, CLASSES)
    titles = [axes.get_title() for axes in figure.axes if axes.axison]
    assert titles == ["0: Linear", "1: Tanh", "2: Dropout", "3: Linear"]
    assert plots.plot_activations(nn.Linear(2, 1), POINTS, ax=Figure().subplots())
    with pytest.raises(ValueError, match="no layer '7'; it has 0, 1, 2, 3"):
        plots.plot_activations(NET, POINTS, layers=["7"])
    with pytest.raises(ValueError, match="one axes holds one layer"):
        plots.plot_activations(NET, POINTS, ax=Figure().subplots())
    with pytest.raises(ValueError, match="has 1 rows; two"):
        plots.plot_activations(NET, POINTS[:1])
    assert NET.training and not any(m._hooks and m._hooks.forward for m in NET.modules())


def test_histograms_tell_zeros_and_what_is_not_finite():
    class Odd(nn.Module):
        def forward(self, x):
            return autograd.tensor([0.0, 0.0, float("nan"), float("inf")])

    model = nn.Sequential(nn.ReLU(), Odd())
    figure = plots.plot_activation_histograms(model, -autograd.ones(3, 2))
    assert [text.get_text() for text in figure.axes[0].texts] == ["100% are 0", "2 not finite"]
    zero = nn.Linear(2, 2)
    zero(autograd.zeros(1, 2)).sum().backward()
    texts = plots.plot_gradient_histograms(zero).axes[0].texts
    assert "100% are 0" in [text.get_text() for text in texts]
    with pytest.raises(ValueError, match=r"no parameter has a gradient; call backward\(\)"):
        plots.plot_gradient_histograms(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="no parameter has a gradient"):
        plots.plot_gradient_histograms(nn.ReLU())


@pytest.mark.parametrize("layer, panels", [
    (nn.Conv2d(1, 6, 5), "6 filters of 5×5"), (nn.Conv2d(3, 4, 3), "4 filters of 3×3"),
    (nn.Conv2d(4, 3, 2), "3 filters of 2×2, 4 channels"), (nn.Conv1d(4, 2, 3), "2 filters of 4×3"),
    (nn.Linear(784, 300), "300 filters of 28×28 (the first 64)"),
    (autograd.zeros(2, 1, 3, 3), "2 filters of 3×3"), (np.full((2, 3, 3, 3), np.nan), "2 filters"),
    (nn.Conv2d(512, 512, 1), "512 filters of 1×1, 512 channels (the first 64)"),
])
def test_filters(layer, panels):
    figure = plots.plot_filters(layer)
    assert figure.axes[0].get_title().startswith(panels)


@pytest.mark.parametrize("layer, kind, message", [
    (nn.ReLU(), TypeError, "ReLU has no weight"), (NET, TypeError, "Sequential has no weight"),
    (nn.Linear(5, 2), ValueError, r"for images of n² pixels, got \(2, 5\)"),
    (np.zeros((0, 1, 3, 3)), ValueError, "must be"), ("x", TypeError, "must be numbers"),
])
def test_what_has_no_filters(layer, kind, message):
    with pytest.raises(kind, match=message):
        plots.plot_filters(layer)


def test_feature_maps():
    assert plots.plot_feature_maps(CONV, IMAGE[0]).axes[0].get_title() == (
        "0: Conv2d, 5 maps of 4×4")
    assert plots.plot_feature_maps(CONV, IMAGE, "1").axes[0].get_title().startswith("1: ReLU")
    with pytest.raises(ValueError, match=r"no layer here puts out maps .* '3' \(1, 2\)"):
        plots.plot_feature_maps(CONV, IMAGE, "3")


def test_attention():
    figure = plots.plot_attention(autograd.rand(4, 3, 5))
    assert [axes.get_title() for axes in figure.axes[:4]] == [f"head {i}" for i in range(4)]
    with pytest.raises(ValueError, match=r"of a batch choose one, as weights\[0\]"):
        plots.plot_attention(np.zeros((2, 2, 3, 3)))
    with pytest.raises(ValueError, match="2 keys for 3 of the weights"):
        plots.plot_attention(np.zeros((2, 3)), keys=["a", "b"])


def test_the_words_of_a_long_sentence_do_not_touch():
    words = [f"word{i}" for i in range(30)]
    figure = plots.plot_attention(np.eye(30)[None].repeat(2, 0), queries=words, keys=words)
    FigureCanvasAgg(figure).draw()
    boxes = [[text.get_window_extent() for text in axis.get_ticklabels()]
             for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis)]
    for side, of_axis in enumerate(boxes):
        for a, b in itertools.pairwise(of_axis):
            assert abs(a.p0[side] - b.p0[side]) > a.size[side]


def test_many_classes_look_different():
    points, classes = np.random.default_rng(0).random((40, 2)), np.arange(40)
    axes = plots.plot_decision_boundary(NET, points, classes, resolution=9).axes[0]
    looks = {(tuple(found.get_facecolor()[0]), found.get_paths()[0].vertices.tobytes())
             for found in axes.collections if found.get_label().isdecimal()}
    assert len(looks) == 40


def test_a_confusion_matrix_tells_counts_on_their_shares():
    counts = nn.metrics.confusion_matrix([0, 1, 1, 2, 2], [0, 0, 1, 2, 2])
    axes = plots.plot_confusion_matrix(counts, ["cat", "dog", "cow"]).axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]])
    assert {text.get_position(): text.get_text() for text in axes.texts} == {
        (0, 0): "1", (1, 0): "1", (1, 1): "1", (2, 2): "2"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "cow"]
    assert axes.get_ylabel() == "true class" and axes.get_xlabel() == "predicted class"
    assert not plots.plot_confusion_matrix(np.eye(31)).axes[0].texts


@pytest.mark.parametrize("counts, classes, message", [
    ([0, 1, 1], None, r"must be \(C, C\), got \(3,\); nn.metrics.confusion_matrix\(outputs"),
    ([[1, 2, 3]], None, r"must be \(C, C\), got \(1, 3\)"),
    ([[1, -1], [0, 1]], None, "finite and not negative"),
    ([[1, 1], [0, 1]], ["a"], "1 classes for a matrix of 2"),
])
def test_what_is_no_confusion_matrix(counts, classes, message):
    with pytest.raises(ValueError, match=f"plot_confusion_matrix: .*{message}"):
        plots.plot_confusion_matrix(counts, classes)


@pytest.mark.parametrize("classes", [12, 40])
@pytest.mark.parametrize("own", [False, True])
def test_the_legend_of_many_classes_hides_no_points(classes, own):
    points = np.random.default_rng(0).normal(size=(120, 2))
    for draw in (plots.plot_decision_boundary, partial(plots.plot_activations, layers="1")):
        ax = Figure(layout="constrained").subplots() if own else None
        figure = draw(NET, points, np.arange(120) % classes, ax=ax)
        FigureCanvasAgg(figure).draw()
        legend = (*figure.legends, *(axes.get_legend() for axes in figure.axes))[0]
        box, panel = legend.get_window_extent(), figure.axes[0].bbox
        assert len(legend.get_texts()) == classes and box.x1 <= figure.bbox.x1
        assert not box.overlaps(panel.shrunk(0.99, 1)) and panel.width > 0.25 * figure.bbox.width


# ---- curves and surfaces ----------------------------------------------------------------------


@pytest.mark.parametrize("history, panels", [
    ({"loss": [1.0, 0.5]}, {"loss": ["training"]}),
    ({"loss": [100.0, 0.5], "val_loss": [120.0, float("nan")]},
     {"loss": ["training", "validation"]}),
    ([{"loss": 1.0}, {"loss": 2.0, "val_accuracy": 0.5}],
     {"loss": ["training"], "accuracy": ["validation"]}),
    ({"loss": [3.0], "epoch": [1], "note": "text"}, {"loss": ["training"]}),
    ({"lr": [0.1], "seconds": [2.0], "accuracy": [0.5]}, {"accuracy": ["training"]}),
    ({"train_loss": autograd.ones(3), "test_loss": np.ones(2)}, {"loss": ["training", "test"]}),
])
def test_a_history_of_any_form_has_a_panel_for_each_quantity(history, panels):
    axes = plots.plot_history(history).axes
    assert [panel.get_ylabel() for panel in axes] == list(panels)
    assert [[line.get_label() for line in panel.lines] for panel in axes] == list(panels.values())


def test_long_names_of_curves_fit_the_figure():
    names = [f"a_very_long_name_of_a_metric_{i}" for i in range(7)]
    figure = plots.plot_history({name: [1.0, 2e9, 3.0] for name in names})
    FigureCanvasAgg(figure).draw()
    for axes in figure.axes[:7]:
        for text in (*axes.get_legend().get_texts(), axes.yaxis.label):
            box = text.get_window_extent()
            assert box.x0 >= 0 and box.y0 >= 0
            assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1


@pytest.mark.parametrize("history, kind", [({}, ValueError), ([], ValueError), ([1, 2], TypeError),
                                           ({"note": ["a"]}, ValueError),
                                           ([{"note": "a"}], ValueError)])
def test_no_history(history, kind):
    with pytest.raises(kind, match="plot_history"):
        plots.plot_history(history)


def test_gradients_of_activation_functions():
    axes = plots.plot_activation_functions({"tanh": autograd.tanh, "step": lambda x: x.sign()}).axes
    x, slope = axes[1].lines[0].get_data()
    assert np.allclose(slope, 1 - np.tanh(x) ** 2)
    assert (axes[1].lines[1].get_ydata() == 0).all()
    with pytest.raises(ValueError, match="must work on each number alone"):
        plots.plot_activation_functions({"sum": autograd.sum})


def test_optimizer_paths_are_those_of_the_optimizer():
    axes = plots.plot_optimizer_paths(
        lambda x, y: x ** 2 + y, {"SGD": lambda p: optim.SGD(p, lr=0.25), "own": [[0, 0], [1, 1]]},
        start=(1.0, 2.0), steps=3).axes[0]
    x, y = axes.lines[0].get_data()
    assert np.allclose(x, [1, 0.5, 0.25, 0.125]) and np.allclose(y, [2, 1.75, 1.5, 1.25])
    diverging = plots.plot_optimizer_paths(lambda x, y: x ** 2 + y ** 2, {
        "SGD": lambda p: optim.SGD(p, lr=30.0)}, steps=100)
    assert diverging.axes


def test_a_loss_surface_leaves_the_model_and_has_its_loss_in_the_middle():
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = autograd.get_rng_state()
    seen = []

    def closure():
        seen.append(model(autograd.tensor(POINTS, dtype=autograd.float32)).square().mean().item())
        if len(seen) > 25:
            raise KeyError("enough")
        return seen[-1]

    plots.plot_loss_surface(model, closure, steps=5)
    model.eval()
    here = model(autograd.tensor(POINTS, dtype=autograd.float32)).square().mean().item()
    model.train()
    assert seen[12] == pytest.approx(here)
    with pytest.raises(KeyError):
        plots.plot_loss_surface(model, closure, steps=5)
    assert model.training and autograd.get_rng_state() == state
    assert all(before[name].equal(value) for name, value in model.state_dict().items())


def test_directions_are_as_long_as_the_filters():
    from nn.plots.surface import _direction

    weight = np.random.default_rng(1).normal(size=(4, 3, 2, 2))
    drawn = _direction(np.random.default_rng(0), weight)
    assert np.allclose((drawn ** 2).sum((1, 2, 3)), (weight ** 2).sum((1, 2, 3)))


def test_loss_surfaces_that_are_none():
    with pytest.raises(ValueError, match="no parameter of the model is a matrix"):
        plots.plot_loss_surface(nn.ReLU(), lambda: 0.0)
    with pytest.raises(ValueError, match="no loss is finite"):
        plots.plot_loss_surface(NET, lambda: float("nan"), steps=3)
    assert plots.plot_loss_surface(NET, lambda: 1.0, steps=3)  # flat
