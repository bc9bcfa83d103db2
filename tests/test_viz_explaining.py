"""Equations of the backward pass: those of the course, with the very numbers of backward()."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.viz.explaining import explained
from autograd.viz.formulas import RULES
from autograd.viz.values import values
from tests.leaves import leaf_or_scalar
from tests.printed import Printed
from tests.samples import SAMPLES, Call

f64 = autograd.float64


def data(*shape):
    return autograd.randn(*shape, dtype=f64)


def weights(*shape):
    return autograd.randn(*shape, dtype=f64, requires_grad=True)


def hidden_layer():
    x, y = data(4, 3), autograd.tensor([0, 1, 1, 0])
    W1, b1, W2, b2 = weights(3, 5), weights(5), weights(5, 2), weights(2)
    z1 = x @ W1 + b1
    a1 = z1.tanh()
    z2 = a1 @ W2 + b2
    return F.cross_entropy(z2, y), locals()


def hidden_layer_of_modules():
    x, y = data(4, 3), autograd.tensor([0, 2, 1, 0])
    net = nn.Sequential(nn.Linear(3, 5), nn.Sigmoid(), nn.Linear(5, 3)).double()
    return F.cross_entropy(net(x), y), locals()


def regression():
    x, y = data(6, 2), data(6, 1)
    net = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1)).double()
    y_hat = net(x)
    return F.mse_loss(y_hat, y), locals()


def logistic_regression():
    x, y = data(5, 2), autograd.tensor([0.0, 1, 1, 0, 1], dtype=f64)
    w, b = weights(2), weights()
    z = x @ w + b
    return F.binary_cross_entropy_with_logits(z, y), locals()


def logistic_regression_with_probabilities():
    x, y = data(5, 2), autograd.tensor([0.0, 1, 1, 0, 1], dtype=f64)
    w, b = weights(2), weights()
    p = (x @ w + b).sigmoid()
    return F.binary_cross_entropy(p, y), locals()


def softmax_and_logarithm():
    x, y = data(4, 3), autograd.eye(3, dtype=f64)[autograd.tensor([0, 2, 1, 0])]
    W = weights(3, 3)
    p = autograd.softmax(x @ W, dim=1)
    return -(y * p.log()).sum() / 4, locals()


def negative_log_likelihood():
    x, y = data(4, 3), autograd.tensor([0, 2, 1, 0])
    W = weights(3, 3)
    return F.nll_loss(autograd.log_softmax(x @ W, dim=1), y), locals()


def perceptron():
    x, y = data(6, 2), autograd.tensor([1.0, -1, 1, 1, -1, -1], dtype=f64)
    w, b, opposite = weights(2), weights(), -y
    return (opposite * (x @ w + b)).relu().sum(), locals()


def images():
    x, y = data(3, 2, 8, 8), autograd.tensor([0, 2, 1])
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
                        nn.Conv2d(3, 2, 2), nn.GELU(), nn.AvgPool2d(2), nn.Flatten(),
                        nn.Linear(2, 4), nn.LayerNorm(4), nn.Linear(4, 3)).double()
    return F.cross_entropy(net(x), y), locals()


def unrolled():
    x1, x2, x3, other = data(2, 3), data(2, 3), data(2, 3), data(2, 4)
    W, U, b = weights(3, 4), weights(4, 4), weights(4)
    h1 = (x1 @ W + b).tanh()
    h2 = (x2 @ W + h1 @ U + b).tanh()
    h3 = (x3 @ W + h2 @ U + b).tanh()
    return ((h3 - other) ** 2).mean() + 0.1 * W.square().sum(), locals()  # sub saves no other


def words():
    rows, t = autograd.tensor([1, 3, 1]), data(3, 1)
    table, head = nn.Embedding(4, 2).double(), nn.Linear(2, 1).double()
    return F.mse_loss(head(table(rows)), t), locals()


NETWORKS = [hidden_layer, hidden_layer_of_modules, regression, logistic_regression,
            logistic_regression_with_probabilities, softmax_and_logarithm, negative_log_likelihood,
            perceptron, images, unrolled, words]

CONTAINED = {
    hidden_layer: ["δ₂ = ∂J/∂z₂ = (ŷ − y) / 4", "ŷ = softmax(z₂, dim=1), y = one_hot(y)",
                   "∂J/∂W₂ = a₁ᵀ @ δ₂", "∂J/∂b₂ = sum(δ₂, dim=0)", "∂J/∂a₁ = δ₂ @ W₂ᵀ",
                   "δ₁ = ∂J/∂z₁ = ∂J/∂a₁ ⊙ tanh′(z₁)", "tanh′(z₁) = 1 − a₁²",
                   "∂J/∂W₁ = xᵀ @ δ₁", "∂J/∂b₁ = sum(δ₁, dim=0)"],
    hidden_layer_of_modules: [
        "δ₂ = ∂J/∂z₂ = (ŷ − y) / 4", "∂J/∂net.2.weight = δ₂ᵀ @ a₁",
        "∂J/∂net.2.bias = sum(δ₂, dim=0)", "∂J/∂a₁ = δ₂ @ net.2.weight",
        "δ₁ = ∂J/∂z₁ = ∂J/∂a₁ ⊙ sigmoid′(z₁)", "sigmoid′(z₁) = a₁ ⊙ (1 − a₁)",
        "∂J/∂net.0.weight = δ₁ᵀ @ x", "∂J/∂net.0.bias = sum(δ₁, dim=0)"],
    regression: ["∂J/∂y_hat = 2 · (y_hat − y) / 6", "∂J/∂net.2.weight = (∂J/∂y_hat)ᵀ @ a₁",
                 "δ₁ = ∂J/∂z₁ = ∂J/∂a₁ ⊙ relu′(z₁)", "relu′(z₁) = [a₁ > 0]"],
    logistic_regression: ["δ = ∂J/∂z = (ŷ − y) / 5", "ŷ = sigmoid(z)", "∂J/∂w = xᵀ @ δ",
                          "∂J/∂b = sum(δ)"],
    logistic_regression_with_probabilities: ["∂J/∂p = (p − y) / (p ⊙ (1 − p)) / 5",
                                             "δ₁ = ∂J/∂z₁ = ∂J/∂p ⊙ sigmoid′(z₁)"],
    softmax_and_logarithm: ["δ₁ = ∂J/∂z₁ = p ⊙ (∂J/∂p − sum(∂J/∂p ⊙ p, dim=1, keepdim=True))"],
    negative_log_likelihood: ["∂J/∂a₁ = −y / 4", "∂J/∂W = xᵀ @ δ₁"],
    perceptron: ["relu′(z₁) = [a₁ > 0]", "∂J/∂b = sum("],
    images: ["∂J/∂net.0.weight = correlate(x, ∂J/∂u₁)", "max_unpool(", "avg_unpool(",
             "∂J/∂net.4.bias = sum(δ₂, dim=(0, 2, 3))", "x̂",
             "∂J/∂u₂ = conv_transpose(δ₂, net.4.weight)"],
    unrolled: ["δ₃ = ∂J/∂z₃ = ∂J/∂h₃ ⊙ tanh′(z₃)", "∂J/∂h₂ = δ₃ @ Uᵀ",
               "∂J/∂U = h₂ᵀ @ δ₃ + h₁ᵀ @ δ₂"],
    words: ["∂J/∂table.weight = add_rows(zeros((4, 2)), rows, ∂J/∂"],
}


@pytest.fixture(autouse=True)
def seed():
    autograd.manual_seed(3)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_the_equations_of_the_course_come_to_the_numbers_of_backward(network):
    loss, names = network()
    found = autograd.explain(loss, names=names)
    text = str(found)
    for part in CONTAINED[network]:
        assert part in text, f"{part} is not in\n{text}"
    leaves = leaves_of(names)
    printed = Printed({name: leaf.detach().numpy() for name, leaf in leaves.items()})
    for line in found.forward:
        result = printed.run(str(line))
    assert result == pytest.approx(loss.item(), rel=1e-5)
    for equation in found.equations:
        np.testing.assert_allclose(printed.gradient(equation), equation.gradient.numpy(),
                                   rtol=1e-4, atol=1e-9, err_msg=str(equation))
        printed.gradients[equation.name] = equation.gradient.numpy()
    assert all(leaf.grad is None for leaf in leaves.values())
    loss.backward()
    for name, leaf in leaves.items():
        if leaf.requires_grad:
            assert found[name].gradient.numpy().tobytes() == leaf.grad.numpy().tobytes(), name


def leaves_of(names):
    """The tensors of a program that were not computed, by the names that they are printed with."""
    found = {}
    for name, value in names.items():
        if isinstance(value, nn.Module):
            found |= {f"{name}.{path}": p for path, p in value.named_parameters()}
        elif isinstance(value, autograd.Tensor) and value.is_leaf:
            found[name] = value
    return found


IN_WORDS = ("mask", "indices", "place(", "place_along(", "part(", "unbind(", "put_at(", "reached(",
            "scatter_along(", "overwrite(", "per_channel(", "conv_transpose(", "correlate(",
            "avg_unpool(", "_grad(")  # formulas with a word for a part, or tried on the networks


@pytest.mark.parametrize("name", sorted(set(RULES) & set(SAMPLES)))
def test_formulas_come_to_what_the_rules_give(name):
    for number in range(min(3, len(SAMPLES[name]))):
        call = Call(name, number)
        leaves = call.tensors()
        results = [r for r in call.graded(*leaves) if r.requires_grad]
        if not results:
            continue
        loss = sum((r * data(*r.shape)).sum() for r in results)
        names = {f"p{i}": leaf for i, leaf in enumerate(leaves)}
        names |= {f"r{i}": result for i, result in enumerate(results)}
        found = explained("explain", loss, names)
        printed = Printed({found.titles.nodes[node]: array for node, array in
                           values(found.nodes, [*leaves, *results]).items()})
        for node in found.nodes:
            printed.tensors |= {found.titles.arrays[id(array)]: array
                                for _, array, _ in node.op.kept(node.saved)
                                if id(array) in found.titles.arrays}
        wanted = autograd.grad(loss, leaves, retain_graph=True, allow_unused=True)
        printed.gradients = {one.name: one.gradient.numpy() for one in found.text.equations}
        for leaf, want in zip(names, wanted, strict=False):
            if want is not None:
                assert found.text[leaf].gradient.numpy().tobytes() == want.numpy().tobytes()
            if want is not None and not any(word in str(found.text[leaf]) for word in IN_WORDS):
                np.testing.assert_allclose(printed.gradient(found.text[leaf]), want.numpy(),
                                           rtol=1e-4, atol=1e-7, err_msg=str(found.text[leaf]))


def test_latex_and_html_are_well_formed():
    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.seen = [], set()

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)
            self.seen.add(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    for network in NETWORKS:
        loss, names = network()
        found = autograd.explain(loss, names=names)
        tags = Tags()
        tags.feed(found._repr_html_())
        assert tags.open == [] and {"math", "mfrac", "msub", "pre"} <= tags.seen
        latex = found.latex()
        assert latex.count(r"\left") == latex.count(r"\right") and latex.count("&=") == len(
            found.equations)
        depth = 0
        for brace in re.findall(r"(?<!\\)[{}]", latex):
            depth += 1 if brace == "{" else -1
            assert depth >= 0
        assert depth == 0
    loss, names = hidden_layer()
    assert r"\delta_{2} &= \frac{\partial J}{\partial z_{2}} = \frac{\hat{y} - y}{4}" in (
        autograd.explain(loss, names=names).latex())


def test_names_that_textbooks_use_for_something_else():
    x, t = data(4, 3), autograd.tensor([0, 2, 1, 1])
    y = x @ weights(3, 3)
    assert "∂J/∂y = (softmax(y, dim=1) − one_hot(t)) / 4" in str(
        autograd.explain(F.cross_entropy(y, t)))
    norm = nn.LayerNorm(3).double()
    u = norm(x.requires_grad_())
    assert str(autograd.explain(norm(u).sum())).count("where u =") == 0


def test_hooks_are_called_and_nothing_is_left_behind():
    w, seen = weights(3), []
    h = w * 2
    h.retain_grad()
    h.register_hook(lambda g: g * 10)
    w.register_post_accumulate_grad_hook(seen.append)
    loss = h.sum()
    found = autograd.explain(loss)
    assert found["w"].gradient.tolist() == [20.0] * 3
    assert "then changed by a hook" in str(found["h"])
    assert w.grad is None and seen == []
    loss.backward()
    assert w.grad.tolist() == [20.0] * 3 and h.grad.tolist() == [10.0] * 3 and len(seen) == 1
    with pytest.raises(RuntimeError, match="already walked"):
        autograd.explain(loss)
    with pytest.raises(RuntimeError, match="^explain: a gradient can be created only for a scalar"):
        autograd.explain(w * 2)
    with pytest.raises(TypeError, match='explain: names must be a dict such as {"w": w}'):
        autograd.explain(loss, names=[w])
    with pytest.raises(KeyError, match="v; there are equations for J, h, w"):
        found["v"]


def test_other_ops_show_the_text_of_their_rules():
    class Twice(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    w = weights(3)
    h = Twice.apply(w)
    assert "∂J/∂w = Twice.backward  (3,)" in str(autograd.explain(h.sum())).replace(
        "(3,)  ", "(3,)")
    lstm = nn.LSTM(2, 3).double()
    out, _ = lstm(data(4, 1, 2))
    assert '_layer_grad("lstm", g' in str(autograd.explain(out.sum()))


def test_a_sum_of_many_terms_is_cut_in_the_middle():
    w = weights(2)
    found = autograd.explain(sum((w * float(i)).sum() for i in range(9)))
    assert str(found["w"]).count("·") == 5 and "(4 more)" in str(found["w"])
    assert found["w"].gradient.tolist() == [36.0, 36.0]


def test_what_else_stands_among_the_variables():
    table = autograd.sparse_coo_tensor(autograd.tensor([[0, 1], [1, 0]]), autograd.ones(2), (2, 2))
    lazy, parts = nn.LazyLinear(3), [autograd.ones(2, 2, requires_grad=True), table]
    assert isinstance(lazy, nn.Module)
    loss = (table @ parts[0]).sum()
    assert "∂J/∂parts[0] = " in str(autograd.explain(loss))
    assert autograd.steps(loss)[-1].result == "parts[0]"


def test_complex_numbers_have_rules_of_their_own():
    z = autograd.tensor([0.5 + 1j, 2j], requires_grad=True)
    h = z.tanh()
    loss = (h / z).abs().square().sum()
    assert "∂J/∂h ⊙ conj(1 − h ⊙ h)" in str(autograd.explain(loss))
    assert "value" in autograd.viz.player(loss)._repr_html_()
    assert autograd.viz.graph(loss, {"z": z})._repr_svg_()


def test_both_sides_of_a_sum_and_its_signs():
    w = leaf_or_scalar(3.0)
    loss = w * w - w
    assert str(autograd.explain(loss)["w"]) == "∂J/∂w = −1 + w + w"
    two = leaf_or_scalar(1.0, 2.0)
    u = two * 2
    assert str(autograd.explain((two * u - u.exp()).sum())["u"]) == (
        "∂J/∂u = ∂J/∂u₂ ⊙ u₂ + ∂J/∂u₃ ⊙ two")
