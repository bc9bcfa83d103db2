"""Networks as estimators of scikit-learn, an extra: for its pipelines, searches and scores.

>>> import numpy as np, optim
>>> from nn.sklearn import NeuralNetClassifier
>>> def network(features, outputs):
...     return nn.Sequential(nn.Linear(features, 16), nn.Tanh(), nn.Linear(16, outputs))
>>> x = np.random.default_rng(0).normal(size=(200, 2))
>>> y = np.where(x[:, 0] * x[:, 1] > 0, "same", "different")
>>> model = NeuralNetClassifier(network, optim.Adam, lr=0.02, random_state=0).fit(x, y)
>>> model.score(x, y) > 0.95
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np

import autograd
from autograd.errors import describe, spelled

from .loss import CrossEntropyLoss, MSELoss
from .module import Module
from .training import Trainer

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data
except ImportError as error:
    raise ModuleNotFoundError("nn.sklearn needs scikit-learn 1.6 or newer, which comes with the "
                              "extra sklearn: pip install 'wengert[sklearn]'") from error

__all__ = ["NeuralNetClassifier", "NeuralNetRegressor"]


class NeuralNet(BaseEstimator):
    """What both have in common: training in batches, and outputs for rows of features.

    module         a function of the numbers of features and of outputs that builds the network, or
                   a Module, of which each fit trains a copy
    optimizer      a class of optim, or a function, of (parameters, lr=...)
    lr             its learning rate
    criterion      a loss of (outputs, targets)
    epochs         passes over the rows, in a new order each
    batch_size     rows of a step
    random_state   an integer makes fits repeatable: it seeds weights, orders and dropout, and the
                   library's own generator is put back afterwards
    progress       whether a bar shows how training goes

    After `fit`, `module_` is the trained network and `history_` what training measured.  Features
    and targets are converted to the default dtype.
    """

    @spelled
    def __init__(self, module: Any, optimizer: Callable, lr: float = 1e-3, criterion: Any = None,
                 epochs: int = 50, batch_size: int = 32, random_state: Any = None,
                 progress: bool = False) -> None:
        self.module = module
        self.optimizer = optimizer
        self.lr = lr
        self.criterion = criterion
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.progress = progress

    def _train(self, x: np.ndarray, y: autograd.Tensor, outputs: int, criterion: Module) -> None:
        for name, like in (("module", "lambda features, outputs: nn.Linear(features, outputs)"),
                           ("optimizer", "optim.Adam")):
            if not callable(getattr(self, name)):
                raise TypeError(f"{type(self).__name__}: {name} must be a function or a class, as "
                                f"{like}, got {describe(getattr(self, name))}")
        if not isinstance(self.batch_size, (int, np.integer)) or self.batch_size < 1:
            raise ValueError(f"{type(self).__name__}: batch_size must be an integer from 1 on, got "
                             f"{self.batch_size}")
        with _seeded(self.random_state):
            built = (deepcopy(self.module) if isinstance(self.module, Module)
                     else self.module(x.shape[1], outputs))
            _check_outputs(type(self).__name__, built, _tensor(x[:1]), outputs)
            trainer = Trainer(built, criterion if self.criterion is None else self.criterion,
                              self.optimizer(built.parameters(), lr=self.lr))
            batches = _Batches(_tensor(x), y, self.batch_size)
            self.history_ = trainer.fit(batches, self.epochs, progress=self.progress)
        self.module_ = built

    def _outputs(self, x: Any) -> autograd.Tensor:
        check_is_fitted(self)
        x = validate_data(self, x, reset=False)
        self.module_.eval()
        with autograd.no_grad():
            return self.module_(_tensor(x))


class NeuralNetClassifier(ClassifierMixin, NeuralNet):
    """A network that tells classes, any labels, by its largest output.

    Its outputs are logits, one for each class in the order of `classes_`, and the loss is
    `nn.CrossEntropyLoss` if no other of logits and class numbers is given.
    """

    __doc__ += NeuralNet.__doc__.partition("\n\n")[2]  # type: ignore[union-attr]

    def fit(self, X: Any, y: Any) -> NeuralNetClassifier:
        """Train a new network on rows of features and their labels."""
        x, y = validate_data(self, X, y)
        check_classification_targets(y)
        classes, numbers = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"NeuralNetClassifier: y has one class only, {classes[0]}; "
                             "classifier needs two")
        self._train(x, autograd.tensor(numbers), len(classes), CrossEntropyLoss())
        self.classes_ = classes
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, by the softmax of the outputs: (rows, classes)."""
        return self._outputs(X).double().softmax(1).numpy()

    def predict(self, X: Any) -> np.ndarray:
        """The label of the largest output."""
        numbers = self._outputs(X).argmax(1).numpy()
        return self.classes_[numbers]


class NeuralNetRegressor(RegressorMixin, NeuralNet):
    """A network that predicts numbers: one for each row, or one for each column of the targets.

    The loss is `nn.MSELoss` if no other is given.
    """

    __doc__ += NeuralNet.__doc__.partition("\n\n")[2]  # type: ignore[union-attr]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> NeuralNetRegressor:
        """Train a new network on rows of features and their targets."""
        x, y = validate_data(self, X, y, multi_output=True, y_numeric=True)
        self._flat = y.ndim == 1
        targets = _tensor(y if y.ndim > 1 else y[:, None])
        self._train(x, targets, targets.shape[1], MSELoss())
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The network's outputs, of the shape that the targets had."""
        outputs = self._outputs(X).double().numpy()
        return outputs[:, 0] if self._flat else outputs


def _check_outputs(name: str, module: Module, row: autograd.Tensor, wanted: int) -> None:
    module.eval()
    with autograd.no_grad():
        found = tuple(module(row).shape)
    if found != (1, wanted):
        raise ValueError(f"{name}: the module gives {found} for one row, where (1, {wanted}) fits: "
                         "one output for each class or target")


class _Batches:
    """Rows in a new order each time, in batches; the last may be smaller."""

    def __init__(self, x: autograd.Tensor, y: autograd.Tensor, size: int) -> None:
        self._x, self._y, self._size = x, y, size

    def __len__(self) -> int:
        return -(-len(self._x) // self._size)

    def __iter__(self) -> Iterator[tuple[autograd.Tensor, autograd.Tensor]]:
        for rows in autograd.randperm(len(self._x)).split(self._size):
            yield self._x[rows], self._y[rows]


def _tensor(array: np.ndarray) -> autograd.Tensor:
    return autograd.tensor(array, dtype=autograd.get_default_dtype())


@contextmanager
def _seeded(random_state: Any) -> Iterator[None]:
    """Inside, the library's random numbers follow from `random_state`, if that is not None."""
    if random_state is None:
        yield
        return
    before = autograd.get_rng_state()
    autograd.manual_seed(int(check_random_state(random_state).randint(1 << 31)))
    try:
        yield
    finally:
        autograd.set_rng_state(before)
