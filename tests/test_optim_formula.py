"""Formulas of the optimizers: that the steps are what they say, and that LaTeX can be read."""

import ast
import math
import re

import pytest

import autograd
import optim
from optim.formula import Formula

KINDS = sorted(name for name in optim.__all__
               if isinstance(getattr(optim, name), type) and name != "Optimizer")

# Options under which a formula holds word for word, and what it says of the start in words.
EXECUTED = {
    "ASGD": (dict(lr=0.1, lambd=0.2, alpha=0.5, t0=2, weight_decay=0.1), dict(a=0.0)),
    "Adadelta": (dict(lr=0.5, eps=1e-2, weight_decay=0.1), dict(v=0.0, u=0.0)),
    "Adagrad": (dict(lr=0.3, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5),
                dict(v=0.5)),
    "Adam": (dict(lr=0.3, eps=0.1, weight_decay=0.1), dict(m=0.0, v=0.0)),
    "AdamW": (dict(lr=0.3, eps=0.1, weight_decay=0.1), dict(m=0.0, v=0.0)),
    "Adamax": (dict(lr=0.3, eps=0.1, weight_decay=0.1), dict(m=0.0, u=0.0)),
    "RAdam": (dict(lr=0.3, eps=0.1), dict(m=0.0, v=0.0)),
    "RMSprop": (dict(lr=0.3, alpha=0.8, eps=0.1, momentum=0.5, centered=True),
                dict(v=0.0, m=0.0, b=0.0)),
    "SGD": (dict(lr=0.3, momentum=0.5, dampening=0.0, weight_decay=0.1), dict(b=0.0)),
}  # fmt: skip


def statements(name):
    """(variable, Python expression) of each statement of a formula, written independently."""
    for line in getattr(optim, name).formula().splitlines():
        for column in re.split(r"[,;]?\s{2,}", line.rstrip(",")):
            left, equals, right = column.partition(" = ")
            if equals and not column.startswith("("):
                yield python(left), python(right)


def python(text):
    text = re.sub(r"\b([a-z])\^(?![\w(])", r"\1_hat", text)
    text = re.sub(r"\|(.*?)\|", r"abs(\1)", text)
    text = re.sub(r"(?<=[\w)]) (?=[\w(])", " * ", text)
    return text.replace("^", "**")


def root(x):
    return math.sqrt(x) if x >= 0 else math.nan


def known(options):
    betas = options.get("betas", (0.9, 0.999))
    return {"weight_decay": 0.0, "eps": 1e-8, "rho": 0.9, **options, "beta1": betas[0],
            "beta2": betas[1], "sqrt": root, "max": max, "abs": abs}


def executed(name, grads, options, state):
    """w after each gradient, by the formula's own words."""
    values, found = {"w": 1.0, **state}, []
    for t, grad in enumerate(grads, 1):
        here = {**known(options), **values, "grad": grad, "t": t}
        if name == "ASGD":  # eta and mu are those of the step before
            here["t"] = t - 1
        waiting = list(statements(name))
        while waiting:
            left, right = waiting.pop(0)
            needed = {n.id for n in ast.walk(ast.parse(right)) if isinstance(n, ast.Name)}
            if needed <= here.keys():
                here[left] = eval(right, {}, here)
            else:  # a definition that stands to the right of its use
                waiting.append((left, right))
        if name == "RAdam" and here["k"] <= 5:
            here["w"] = values["w"] - options["lr"] * here["m_hat"]
        values = {key: here[key] for key in values}
        found.append(here["w"])
    return found


@pytest.mark.parametrize("name", EXECUTED)
def test_steps_are_what_the_formula_says(name):
    options, state = EXECUTED[name]
    grads = [0.5, -1.0, 2.0, 0.3, 0.3, -0.7, 0.2, 1.5]
    w = autograd.tensor(1.0, dtype=autograd.float64, requires_grad=True)
    optimizer, found = getattr(optim, name)([w], **options), []
    for grad in grads:
        w.grad = autograd.tensor(grad, dtype=autograd.float64)
        optimizer.step()
        found.append(w.item())
    assert found == pytest.approx(executed(name, grads, options, state), rel=1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_latex_can_be_read(name):
    """By matplotlib, line by line; and no symbol of the text is lost."""
    mathtext = pytest.importorskip("matplotlib.mathtext", reason="an extra")
    formula = getattr(optim, name).formula()
    lines = formula.latex.splitlines()[1:-1]
    assert len(lines) == len(formula.splitlines())
    assert all(line.count("&") == 1 for line in lines)
    for line in lines:
        text = line.removesuffix(r" \\").replace("&", "")
        mathtext.MathTextParser("path").parse(f"${text}$")


def test_a_formula_in_full():
    assert optim.Adam.formula().splitlines()[1] == "m = beta1 m + (1 - beta1) g"
    assert optim.Adam.formula().latex == "\n".join([
        r"\begin{aligned}",
        r"g &= \nabla L + \lambda \, w \qquad \text{(-grad with maximize)} \\",
        r"m &= \beta_{1} \, m + \left( 1 - \beta_{1} \right) \, g \\",
        r"v &= \beta_{2} \, v + \left( 1 - \beta_{2} \right) \, g^{2} \\",
        r"w &= w - \frac{\eta \, \hat{m}}{\sqrt{\hat{v}} + \varepsilon} \qquad "
        r"\hat{m} = \frac{m}{1 - \beta_{1}^{t}} \qquad \hat{v} = \frac{v}{1 - \beta_{2}^{t}}",
        r"\end{aligned}"])
    shown = optim.Adam.formula()._repr_latex_()
    assert shown.startswith(r"$\displaystyle \begin{aligned}") and shown.endswith("$")


def test_every_line_of_mathematics_is_read_as_such():
    """Only LBFGS has a line in words."""
    words = {name: [line for line in getattr(optim, name).formula().latex.splitlines()
                    if line.startswith("&")] for name in KINDS}
    assert {name: len(lines) for name, lines in words.items() if lines} == {"LBFGS": 1}


def test_an_optimizer_without_a_formula():
    class Still(optim.SGD):
        """Stays."""

    with pytest.raises(ValueError, match="Still.formula: the docstring has no formula; write"):
        Still.formula()


def test_an_optimizer_of_ones_own():
    class Halving(optim.Optimizer):
        """Goes half of the way.

            w = w - 1 / 2 g^2 (lr + max(g, 0)) / |g|

        And that is all.
        """

    assert Halving.formula() == "w = w - 1 / 2 g^2 (lr + max(g, 0)) / |g|"
    assert Halving.formula().latex.splitlines()[1] == (
        r"w &= w - \frac{1}{2} \, \frac{g^{2} \, \left( \eta + \max\left( g, 0 \right) \right)}"
        r"{\left| g \right|}")


@pytest.mark.parametrize("text, latex", [
    ("w = |g| |m|", r"\left| g \right| \, \left| m \right|"),
    ("w = (a + b) / (a - b)", r"\frac{a + b}{a - b}"),
    ("w = (a + b) (a - b) / g", r"\frac{\left( a + b \right) \, \left( a - b \right)}{g}"),
    ("w = a / b / g", r"\frac{\frac{a}{b}}{g}"),
    ("w = g^(a + b) / m g", r"\frac{g^{a + b}}{m} \, g"),
])
def test_products_and_fractions(text, latex):
    assert Formula(text).latex.splitlines()[1] == f"w &= {latex}"


def test_the_formula_stands_after_an_empty_line():
    class Described(optim.Optimizer):
        """Goes, with a rate lr
            that is not small.

            w = w - lr g

        And that is all.
        """

    assert Described.formula() == "w = w - lr g"


def test_a_class_without_words_of_its_own_has_its_bases_formula():
    class Mine(optim.SGD):
        pass

    assert Mine.formula() == optim.SGD.formula()
