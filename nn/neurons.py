"""The first neurons, each with the learning rule it came with: McCulloch and Pitts' (none),
Rosenblatt's perceptron, and Widrow and Hoff's Adaline.

A neuron that learns by gradients is `nn.Linear(d, 1)` and an activation; the step functions of
these have gradient 0, which is why they bring rules of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd
from autograd import Tensor, heaviside, sign
from autograd.errors import describe

from .errors import check_whole
from .functional import linear
from .module import Module, fits, shape_of
from .parameter import Parameter

LABELS = (0, 1), (-1, 1)


class McCullochPitts(Module):
    """y = 1 where Σ wᵢ xᵢ >= threshold, else 0: weights and threshold are set by hand.

    The inputs are truth values: 0 and 1, or False and True.

    Shape: (*, d) -> (*), with d weights.
    Raises: ValueError for inputs other than 0 and 1.
    Reference: McCulloch and Pitts, A logical calculus of the ideas immanent in nervous activity,
    1943.

    >>> import nn
    >>> both = nn.McCullochPitts([1, 1], threshold=2)
    >>> both(autograd.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])).tolist()
    [0.0, 0.0, 0.0, 1.0]
    """

    weights: Tensor
    threshold: Tensor

    def __init__(self, weights: Sequence[float] | Tensor, threshold: float) -> None:
        super().__init__()
        given = autograd.as_tensor(weights).detach()
        if given.ndim != 1:
            raise ValueError(f"McCullochPitts: weights must be one number for each input, got "
                             f"{describe(given)}")
        dtype = given.dtype if given.is_floating_point() else autograd.get_default_dtype()
        self.register_buffer("weights", given.to(dtype))
        self.register_buffer("threshold", autograd.tensor(threshold, dtype=dtype))

    def forward(self, input: Tensor) -> Tensor:
        values = input.numpy()
        if ((values != 0) & (values != 1)).any():
            raise ValueError("McCullochPitts: inputs are truth values, 0 or 1, got "
                             f"{values[(values != 0) & (values != 1)].flat[0]}; compare them with "
                             "a bound first, as in x > 0.5")
        return heaviside(input.to(self.weights.dtype) @ self.weights - self.threshold)

    def extra_repr(self) -> str:
        return f"weights={self.weights.tolist()}, threshold={self.threshold.item():g}"


class _Learning(Module):
    """A neuron whose weight (1, d) and bias (1), named and shaped as those of nn.Linear(d, 1),
    start at 0 and learn sample by sample."""

    def __init__(self, in_features: int, labels: tuple[int, int] = (0, 1), *,
                 dtype=None) -> None:
        super().__init__()
        name = type(self).__name__
        check_whole(name, 1, in_features=in_features)
        self.in_features = in_features
        self.labels = labels
        self._check()
        self.weight = Parameter(autograd.zeros(1, in_features, dtype=dtype))
        self.bias = Parameter(autograd.zeros(1, dtype=dtype))

    def _check(self) -> bool:
        """Whether the labels are 0 and 1; raises unless they are that or -1 and 1."""
        if self.labels not in LABELS:
            raise ValueError(f"{type(self).__name__}: labels must be (0, 1) or (-1, 1), got "
                             f"{self.labels!r}")
        return self.labels == (0, 1)

    def score(self, input: Tensor) -> Tensor:
        """w x + b, before the step.  Shape: (*, in_features) -> (*)."""
        return linear(input, self.weight, self.bias).squeeze(-1)

    def forward(self, input: Tensor) -> Tensor:
        score = self.score(input)
        return heaviside(score) if self._check() else sign(score)

    def _error(self, score: Tensor, target: Tensor) -> Tensor:
        """What the rule multiplies the input with; 0 where there is nothing to learn."""
        raise NotImplementedError

    def _passes(self, x, y, lr: float, epochs: int, shuffle: bool):
        """Learn from sample after sample; yields the errors of each pass."""
        x, y = self._samples(x, y)
        for _ in range(epochs):
            order = autograd.randperm(len(x)).tolist() if shuffle else range(len(x))
            errors = np.zeros(len(x))
            with autograd.no_grad():
                for i in order:
                    error = self._error(self.score(x[i]), y[i])
                    errors[i] = error.item()
                    if errors[i]:
                        self.weight.add_(lr * error * x[i])
                        self.bias.add_(lr * error)
            if not np.isfinite(errors).all():
                raise FloatingPointError(f"{type(self).__name__}.fit: the errors are no longer "
                                         f"finite; take a smaller lr than {lr}, or scale x")
            yield errors

    def _samples(self, x, y) -> tuple[Tensor, Tensor]:
        """The samples and their targets in the neuron's dtype, checked."""
        name = f"{type(self).__name__}.fit"
        x, y = (autograd.as_tensor(values).detach().to(self.weight.dtype) for values in (x, y))
        if x.ndim != 2 or x.shape[1] != self.in_features or y.shape != x.shape[:1]:
            raise ValueError(f"{name}: samples must be (m, {self.in_features}) and targets (m), "
                             f"one each, got {tuple(x.shape)} and {tuple(y.shape)}")
        for what, values in (("samples", x), ("targets", y)):
            wrong = (~values.isfinite()).nonzero().tolist()
            if wrong:
                place = tuple(wrong[0])
                raise ValueError(f"{name}: {what} must be finite, got {values[place].item()} at "
                                 f"{place}, one of {len(wrong):,}; leave such samples out")
        return x, y

    def _advice(self, args: tuple) -> str:
        shape = shape_of(args)
        return fits(self, "in_features", shape[-1]) if shape else ""

    def extra_repr(self) -> str:
        labels = "" if self.labels == (0, 1) else f", labels={self.labels}"
        return f"in_features={self.in_features}{labels}"


class Perceptron(_Learning):
    """y = 1 where w x + b >= 0, else 0; with labels (-1, 1), the sign of w x + b.

    `fit` changes w by lr e x and b by lr e, sample by sample.  For labels 0 and 1, e = t - y; for
    -1 and 1, e = t where t (w x + b) <= 0, else 0: stochastic gradient descent on PerceptronLoss.

    Shape: (*, in_features) -> (*).
    Raises: ValueError for other labels.
    Reference: Rosenblatt, The perceptron, 1958; Novikoff, On convergence proofs for perceptrons,
    1962: where a line separates the classes, the mistakes are finitely many.

    >>> import nn
    >>> x = autograd.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    >>> neuron = nn.Perceptron(2)
    >>> neuron.fit(x, [0, 1, 1, 1])
    [2, 2, 1, 0]
    >>> neuron(x).tolist()
    [0.0, 1.0, 1.0, 1.0]
    """

    def _error(self, score: Tensor, target: Tensor) -> Tensor:
        if self._check():
            return target - heaviside(score)
        return target * heaviside(-target * score)

    def fit(self, x, y, lr: float = 1.0, epochs: int = 100, shuffle: bool = False) -> list[int]:
        """Pass `epochs` times over the samples x (m, in_features) with labels y (m), or until a
        pass makes no mistake; returns the number of mistakes of each pass.

        `shuffle` takes the samples in a new random order each time.
        """
        found = np.unique(autograd.as_tensor(y).numpy())
        if not np.isin(found, self.labels).all():
            fit = next((f"; Perceptron(..., labels={labels}) takes those"
                        for labels in LABELS if np.isin(found, labels).all()), "")
            raise ValueError(f"Perceptron.fit: labels must be {self.labels[0]} or "
                             f"{self.labels[1]}, got {found.tolist()}{fit}")
        mistakes: list[int] = []
        for errors in self._passes(x, y, lr, epochs, shuffle):
            mistakes.append(int(np.count_nonzero(errors)))
            if not mistakes[-1]:
                break
        return mistakes


class Adaline(_Learning):
    """A perceptron that learns from w x + b itself, before the step.

    `fit` changes w by lr e x and b by lr e, e = t - (w x + b), sample by sample: stochastic
    gradient descent on ½ Σ (t - (w x + b))², that is 0.5 * MSELoss(reduction="sum").

    Shape: (*, in_features) -> (*).
    Raises: ValueError for labels other than (0, 1) and (-1, 1).
    Reference: Widrow and Hoff, Adaptive switching circuits, 1960.

    >>> import nn
    >>> neuron = nn.Adaline(1, labels=(-1, 1))
    >>> losses = neuron.fit([[-2.0], [-1.0], [1.0], [2.0]], [-1, -1, 1, 1], lr=0.1, epochs=20)
    >>> neuron(autograd.tensor([[-3.0], [0.5]])).tolist()
    [-1.0, 1.0]
    """

    def _error(self, score: Tensor, target: Tensor) -> Tensor:
        return target - score

    def fit(self, x, y, lr: float = 0.01, epochs: int = 100, shuffle: bool = False) -> list[float]:
        """Pass `epochs` times over the samples x (m, in_features) with targets y (m); returns
        ½ Σ e² of each pass, with the errors e as they were before each step.

        `shuffle` takes the samples in a new random order each time.
        """
        return [float((errors**2).sum() / 2)
                for errors in self._passes(x, y, lr, epochs, shuffle)]
