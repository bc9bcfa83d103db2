"""Networks as scikit-learn's estimators: its own checks, and what users do with them."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

import autograd
import nn
import optim

pytest.importorskip("sklearn", "1.6")
from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_iris, make_regression  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from nn.sklearn import NeuralNetClassifier, NeuralNetRegressor  # noqa: E402


def network(features, outputs):
    return nn.Sequential(nn.Linear(features, 16), nn.Tanh(), nn.Linear(16, outputs))


def linear(features, outputs):
    return nn.Linear(features, outputs)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NeuralNetClassifier, NeuralNetRegressor])
def test_scikit_learns_checks(kind):
    before = np.random.get_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of checks that are skipped without pandas
        found = check_estimator(kind(network, optim.Adam, lr=0.02, random_state=0), on_fail=None)
    np.random.set_state(before)
    failed = {c["check_name"]: c["exception"] for c in found if c["status"] == "failed"}
    assert not failed and sum(c["status"] == "passed" for c in found) > 45


def test_labels_probabilities_and_scores():
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = make_pipeline(StandardScaler(), NeuralNetClassifier(
        network, optim.Adam, lr=0.02, epochs=30, random_state=0))
    assert cross_val_score(model, x, names, cv=3).min() > 0.9
    model.fit(x, names)
    chances = model.predict_proba(x)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    np.testing.assert_allclose(chances.sum(1), 1, 1e-12)
    assert (model.classes_[chances.argmax(1)] == model.predict(x)).all()
    assert model[-1].history_.columns[0] == "epoch"


def test_a_regression_is_the_one_of_least_squares():
    x, y = make_regression(100, 3, n_targets=2, noise=1.0, random_state=0)
    y /= 50
    model = NeuralNetRegressor(linear, optim.SGD, lr=0.1, epochs=100, batch_size=100,
                               random_state=0).fit(x, y)
    wanted, *_ = np.linalg.lstsq(np.c_[x, np.ones(100)], y, rcond=None)
    np.testing.assert_allclose(model.module_.weight.detach().numpy(), wanted[:3].T, 1e-3, 1e-4)
    assert model.predict(x).shape == (100, 2) and model.score(x, y) > 0.99
    assert clone(model).fit(x, y[:, 0]).predict(x).shape == (100,)


def test_predictions_have_the_shape_of_the_targets_and_no_dropout():
    x, y = make_regression(20, 3, random_state=0)
    model = NeuralNetRegressor(lambda i, o: nn.Sequential(nn.Linear(i, 9), nn.Dropout(), nn.Linear(
        9, o)), optim.SGD, lr=1e-3, epochs=1).fit(x, y[:, None])
    assert model.predict(x).shape == (20, 1)
    assert (model.predict(x) == model.predict(x)).all()


def test_searches_copies_and_the_random_state():
    x, y = load_iris(return_X_y=True)
    model = NeuralNetClassifier(network, optim.Adam, epochs=5, random_state=3)
    search = GridSearchCV(model, {"lr": [1e-5, 0.05], "module": [network, linear]}, cv=2)
    assert search.fit(x, y).best_params_["lr"] == 0.05
    autograd.manual_seed(1)
    before = autograd.get_rng_state()
    first = clone(model).fit(x, y)
    assert autograd.get_rng_state() == before
    assert (first.predict_proba(x) == clone(model).fit(x, y).predict_proba(x)).all()
    assert (pickle.loads(pickle.dumps(first)).predict(x) == first.predict(x)).all()


def test_a_module_is_copied_and_a_class_is_called():
    x, y = load_iris(return_X_y=True)
    module = nn.Linear(4, 3)
    before = module.weight.detach().clone()
    model = NeuralNetClassifier(module, optim.SGD, lr=0.01, epochs=1).fit(x, y)
    assert module.weight.equal(before) and not model.module_.weight.equal(before)
    assert isinstance(NeuralNetClassifier(nn.Linear, optim.SGD, epochs=1).fit(x, y).module_,
                      nn.Linear)


def test_what_does_not_fit_says_so():
    x, y = load_iris(return_X_y=True)
    for change, error, text in [
            ({"module": nn.Linear(4, 5)}, ValueError, r"gives \(1, 5\) for one row, where \(1, 3"),
            ({"batch_size": 2.5}, ValueError, "batch_size must be an integer from 1 on, got 2.5"),
            ({"module": None}, TypeError, "NeuralNetClassifier: module must be a function or a cl"),
            ({"optimizer": optim.SGD(nn.Linear(1, 1).parameters())}, TypeError, "optimizer must b"),
            ({"max_epochs": 3}, TypeError, "^NeuralNet.__init__: .*'max_epochs'; did you mean '"),
            ({"batch_size": 0}, ValueError, "batch_size must be an integer from 1 on, got 0"),
            ({"epochs": -1}, ValueError, "epochs")]:
        with pytest.raises(error, match=text):
            NeuralNetClassifier(**{"module": linear, "optimizer": optim.SGD, **change}).fit(x, y)
    with pytest.raises(NotFittedError, match="NeuralNetClassifier instance is not fitted yet"):
        NeuralNetClassifier(linear, optim.SGD).predict(x)
    with pytest.raises(ValueError, match="one class only, 1; classifier needs two"):
        NeuralNetClassifier(linear, optim.SGD).fit(x, np.ones(150, int))
