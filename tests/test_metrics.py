"""Metrics equal scikit-learn's, on random and degenerate inputs, in one piece and in batches."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

import autograd
import nn
from nn import metrics

few = settings(max_examples=12)  # scikit-learn takes its time; it held with 150
ONE, TWO = np.zeros(3, int), np.arange(3) % 2
AVERAGES = ("micro", "macro", "weighted", None)


@st.composite
def classified(draw, most=5):
    """Predicted and true classes: often few samples, one class only, or absent classes."""
    classes = draw(st.integers(1, most))
    count = draw(st.integers(1, 12))
    some = st.lists(st.integers(0, classes - 1), min_size=count, max_size=count)
    return np.array(draw(some)), np.array(draw(some)), classes


@st.composite
def scored(draw, classes=None):
    """Scores with many ties, and targets that may be of one class only."""
    count = draw(st.integers(1, 12))
    width = classes or 1
    score = st.integers(-3, 3).map(lambda n: n / 4)
    rows = draw(st.lists(score, min_size=count * width, max_size=count * width))
    targets = draw(st.lists(st.integers(0, max(1, width - 1)), min_size=count, max_size=count))
    scores = np.array(rows, np.float64)
    return (scores.reshape(count, width) if classes else scores), np.array(targets)


def quiet(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def batched(metric, outputs, targets):
    """The streaming value of the batches [:1], [1:4] and the rest, kept in a state meanwhile."""
    for i, part in enumerate((slice(0, 1), slice(1, 4), slice(4, None))):
        metric.update(outputs[:0], targets[:0])
        if len(targets[part]):
            metric.update(outputs[part], autograd.from_numpy(targets[part]) if i else targets[part])
            state = metric.state_dict()
            metric.reset()
            with pytest.raises(ValueError, match="there is no sample; call update"):
                metric.compute()
            metric.load_state_dict(state)
    return metric.compute()


def same(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@few
@example((ONE, ONE, 1))
@given(classified())
def test_accuracy_and_confusion_matrix(sample):
    predicted, true, classes = sample
    wanted = theirs.accuracy_score(true, predicted)
    same(metrics.accuracy(predicted, true), wanted)
    same(metrics.accuracy(np.eye(classes + 1)[predicted], true), wanted)
    same(batched(metrics.Accuracy(), predicted, true), wanted)
    matrix = quiet(theirs.confusion_matrix, true, predicted, labels=range(classes))
    same(metrics.confusion_matrix(predicted, true, classes), matrix)
    same(batched(metrics.ConfusionMatrix(classes), predicted, true), matrix)
    grown = batched(metrics.ConfusionMatrix(), predicted, true)
    same(grown, metrics.confusion_matrix(predicted, true))
    same(grown, matrix[:len(grown), :len(grown)])


@few
@example((ONE, ONE + 1, 4), "macro", math.nan)
@example((ONE, ONE + 1, 4), "weighted", 1.0)
@given(classified(), st.sampled_from(AVERAGES), st.sampled_from([0.0, 1.0, math.nan]))
def test_precision_recall_and_f1(sample, average, zero):
    predicted, true, classes = sample
    for name, kind in (("precision", metrics.Precision), ("recall", metrics.Recall),
                       ("f1", metrics.F1)):
        function, reference = getattr(metrics, name), getattr(theirs, f"{name}_score")
        options = {"average": average, "zero_division": zero}
        wanted = quiet(reference, true, predicted, labels=range(classes), **options)
        same(function(predicted, true, classes=classes, **options), wanted)
        same(batched(kind(classes=classes, **options), predicted, true), wanted)
        if average is not None:
            wanted = quiet(reference, true, predicted, **options)
            same(function(predicted, true, **options), wanted)
            same(batched(kind(**options), predicted, true), wanted)


@few
@example((ONE, ONE, 2), math.nan)
@given(classified(most=2), st.sampled_from([0.0, 1.0, math.nan]))
def test_two_classes(sample, zero):
    predicted, true, _ = sample
    for name in ("precision", "recall", "f1"):
        wanted = quiet(getattr(theirs, f"{name}_score"), true, predicted, zero_division=zero)
        same(getattr(metrics, name)(predicted > 0, true, zero_division=zero), wanted)


@few
@example((ONE / 2, TWO))
@example((TWO / 2, ONE))
@example((TWO / 2, ONE + 1))
@given(scored())
def test_roc_curve_and_area(sample):
    scores, true = sample
    for found, wanted in zip(metrics.roc_curve(scores, true),
                             quiet(theirs.roc_curve, true, scores, pos_label=1), strict=True):
        same(found, wanted)
    wanted = quiet(theirs.roc_auc_score, true, scores, labels=[0, 1])
    same(metrics.roc_auc(autograd.tensor(scores), true), wanted)
    same(batched(metrics.ROCAUC(), scores, true), wanted)
    wanted = quiet(theirs.average_precision_score, true, scores, pos_label=1)
    same(metrics.average_precision(scores, true), wanted)
    same(batched(metrics.AveragePrecision(), scores, true), wanted)


@few
@example((np.zeros((4, 4)), np.arange(4)))
@given(scored(classes=4))
def test_ranking_of_several_classes(sample):
    scores, true = sample
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    each = metrics.roc_auc(probabilities, true, average=None)
    same(batched(metrics.ROCAUC(average=None), probabilities, true), each)
    for c in range(4):
        same(each[c], quiet(theirs.roc_auc_score, true == c, probabilities[:, c], labels=[0, 1]))
    wanted = [quiet(theirs.average_precision_score, true == c, scores[:, c]) for c in range(4)]
    same(metrics.average_precision(scores, true), np.mean(wanted))
    if set(true) == {0, 1, 2, 3}:
        same(metrics.roc_auc(probabilities, true),
             theirs.roc_auc_score(true, probabilities, multi_class="ovr"))
    else:
        with pytest.raises(ValueError, match="roc_auc: class . has no sample, or all of them"):
            metrics.roc_auc(probabilities, true)


@few
@example((np.zeros((4, 4)), np.arange(4)), 2)
@given(scored(classes=4), st.integers(1, 4))
def test_top_k(sample, k):
    scores, true = sample
    wanted = quiet(theirs.top_k_accuracy_score, true, scores, k=k, labels=range(4))
    same(metrics.top_k_accuracy(scores, true, k), wanted)
    same(batched(metrics.TopKAccuracy(k), scores, true), wanted)


@few
@given(st.integers(1, 12), st.sampled_from([(), (1,), (3,)]), st.integers(0, 2**32 - 1),
       st.integers(0, 2))
def test_regression(count, columns, seed, spread):
    rng = np.random.default_rng(seed)
    outputs, targets = (rng.integers(-spread, spread + 1, (count, *columns)) / 4 for _ in "ab")
    for function, kind, reference in (
            (metrics.mse, metrics.MSE, theirs.mean_squared_error),
            (metrics.mae, metrics.MAE, theirs.mean_absolute_error),
            (metrics.r2, metrics.R2, theirs.r2_score)):
        wanted = quiet(reference, targets, outputs)
        same(function(outputs, autograd.tensor(targets)), wanted)
        same(batched(kind(), outputs, targets), wanted)


def test_r2_far_from_zero_and_of_constants(rng):
    targets = 1e8 + rng.normal(size=1000)
    outputs = targets + 0.1 * rng.normal(size=1000)
    wanted = theirs.r2_score(targets, outputs)
    assert metrics.r2(outputs, targets) == pytest.approx(wanted, rel=1e-7)
    assert batched(metrics.R2(), outputs, targets) == pytest.approx(wanted, rel=1e-7)
    constant = np.full(7, 0.1)
    assert metrics.r2(constant, constant) == 1 and metrics.r2(constant + 1, constant) == 0
    assert batched(metrics.R2(), constant + 1, constant) == 0


@few
@example((np.zeros((4, 4)), np.arange(4)))
@given(scored(classes=4))
def test_perplexity(sample):
    logits, true = sample
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    wanted = math.exp(theirs.log_loss(true, probabilities, labels=range(4)))
    same(metrics.perplexity(logits, true), wanted)
    same(batched(metrics.Perplexity(), logits, true), wanted)


def test_perplexity_of_sequences():
    logits, targets = autograd.randn(2, 5, 3), autograd.tensor([[0, 1, -100], [4, -100, -100]])
    wanted = nn.CrossEntropyLoss()(logits, targets).item()
    assert metrics.perplexity(logits, targets) == pytest.approx(math.exp(wanted), rel=1e-6)
    assert metrics.perplexity(1000 * autograd.eye(3), autograd.arange(3)) == 1
    sure_and_wrong = np.array([[0.0, 1000.0]]), [0]
    assert metrics.perplexity(*sure_and_wrong) == math.inf
    assert batched(metrics.Perplexity(), *map(np.array, sure_and_wrong)) == math.inf


@pytest.mark.parametrize("name", ["Accuracy", "TopKAccuracy", "ConfusionMatrix", "Precision",
                                  "Recall", "F1", "ROCAUC", "AveragePrecision", "MSE", "MAE", "R2",
                                  "Perplexity"])
def test_an_empty_batch_counts_nothing(name):
    metric = getattr(metrics, name)()
    if name not in ("MSE", "MAE", "R2"):
        metric.update(autograd.zeros(0, 6), autograd.zeros(0, dtype=autograd.int64))
        metric.update(np.zeros((0, 6)), [])
    if name not in ("TopKAccuracy", "Perplexity"):
        metric.update([], [])
    if name == "Perplexity":
        metric.update(np.zeros((2, 6)), [-100, -100])
    assert metric.state == {}
    with pytest.raises(ValueError, match=f"{name}: there is no sample; call update"):
        metric.compute()
    with pytest.raises(ValueError, match=f"{name}: .*(do not fit|must)"):
        metric.update(np.zeros((0, 2, 3)), np.zeros((1, 2), int))


def test_a_matrix_belongs_to_who_asked():
    matrix = metrics.ConfusionMatrix()
    matrix.update([0, 1], [0, 1])
    found = matrix.compute()
    found *= 0
    np.testing.assert_array_equal(matrix.compute(), np.eye(2))


def test_the_course_s_numbers():
    """TP 3, FP 1, FN 2, TN 4."""
    outputs = autograd.tensor([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    targets = autograd.tensor([1, 1, 1, 0, 1, 1, 0, 0, 0, 0])
    assert metrics.precision(outputs, targets) == 3 / 4
    assert metrics.recall(outputs, targets) == 3 / 5
    assert metrics.f1(outputs, targets) == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))
    assert metrics.accuracy(outputs, targets) == 0.7
    assert metrics.confusion_matrix(outputs, targets).tolist() == [[4, 1], [2, 3]]


def test_images_with_a_class_for_each_pixel():
    scores, targets = autograd.randn(2, 3, 4, 4), autograd.randint(3, (2, 4, 4))
    wanted = (scores.argmax(1) == targets).float().mean().item()
    assert metrics.accuracy(scores, targets) == pytest.approx(wanted)


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_classes_that_do_not_occur(name):
    predicted, true = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
    scores = np.eye(4)[predicted]
    assert metrics.confusion_matrix(scores, true).shape == (4, 4)
    assert metrics.confusion_matrix(predicted, true).shape == (2, 2)
    kind = {"precision": metrics.Precision, "recall": metrics.Recall, "f1": metrics.F1}[name]
    wanted = getattr(theirs, f"{name}_score")(true, predicted, average="macro", zero_division=0,
                                              labels=range(4))
    same(getattr(metrics, name)(predicted, true, "macro", classes=4), wanted)
    same(batched(kind("macro", classes=4), predicted, true), wanted)


def twice(metric, *shapes):
    for shape in shapes:
        metric.update(np.zeros(shape), np.zeros(shape if isinstance(metric, metrics.R2) else 3))


ZEROS = np.zeros(3, int)
ONE_HOT = np.eye(3)
ADVICE = r"these targets are one-hot, targets.argmax\(1\) gives the classes"


@pytest.mark.parametrize("call, error, message", [
    (lambda: metrics.accuracy(np.zeros(2, int), ZEROS), ValueError, r"\(2,\) and targets \(3"),
    (lambda: metrics.accuracy(np.zeros(3), ZEROS), TypeError, "outputs > 0 for logits"),
    (lambda: metrics.accuracy(np.zeros((3, 1)), ZEROS), ValueError, "one score for a sample"),
    (lambda: metrics.accuracy(ZEROS, np.zeros(3)), TypeError, "targets must be classes, whole"),
    (lambda: metrics.accuracy(ZEROS[:0], ZEROS[:0]), ValueError, "accuracy: there is no sample"),
    (lambda: metrics.accuracy(["a"], ["b"]), TypeError, "outputs must be numbers, got list of 1"),
    (lambda: metrics.accuracy(np.full((3, 2), np.nan), ZEROS), ValueError, "NaN at 6 places"),
    (lambda: metrics.f1(ZEROS + 2, ZEROS), ValueError, "is for the classes 0 and 1, there"),
    (lambda: metrics.f1(ZEROS, ZEROS, "mean"), ValueError, "average must be one of 'binary', 'mic"),
    (lambda: metrics.F1("mean"), ValueError, "F1: average must be one of"),
    (lambda: metrics.confusion_matrix(ZEROS, ZEROS + 3, 3), ValueError, "targets has class 3"),
    (lambda: metrics.recall(ZEROS - 1, ZEROS), ValueError, "recall: outputs has class -1"),
    (lambda: metrics.confusion_matrix(ZEROS, ZEROS, 0), ValueError, "classes must be at least 1"),
    (lambda: metrics.roc_auc(ZEROS, ZEROS + 2), ValueError, "targets has class 2, which"),
    (lambda: metrics.roc_auc(ZEROS, ZEROS + 0.5), ValueError, "whole numbers, got 0.5"),
    (lambda: metrics.roc_auc(ZEROS[:2], ZEROS), ValueError, r"got \(2,\) and \(3,\)"),
    (lambda: metrics.roc_auc([], []), ValueError, "roc_auc: there is no sample"),
    (lambda: twice(metrics.ROCAUC(), (3, 2), (3, 4)), ValueError,
     r"ROCAUC: scores \(3, 4\) after batches of \(3, 2\)"),
    (lambda: twice(metrics.R2(), (3, 2), (3, 1)), ValueError, "R2: 1 columns after batches of 2"),
    (lambda: metrics.roc_auc([np.nan], [1]), ValueError, "scores have NaN at 1 places"),
    (lambda: metrics.roc_auc(ZEROS, ZEROS, "micro"), ValueError, "'macro' or None, got 'micro'"),
    (lambda: metrics.roc_curve(np.zeros((3, 2)), ZEROS), ValueError, r"scores\[:, c\], targets"),
    (lambda: metrics.top_k_accuracy(np.zeros((3, 2)), ZEROS, 3), ValueError, "2 classes, got 3"),
    (lambda: metrics.top_k_accuracy(ZEROS, ZEROS), ValueError, "must be scores"),
    (lambda: metrics.mse(np.zeros((3, 1)), np.zeros(3)), ValueError, r"\(3, 1\) and targets \(3"),
    (lambda: metrics.mae([], []), ValueError, "mae: there is no sample"),
    (lambda: metrics.perplexity(np.zeros((3, 2)), ZEROS + 2), ValueError, "class 2, which is"),
    (lambda: metrics.perplexity(np.zeros((3, 2)), ZEROS - 100), ValueError, "no target to count"),
    (lambda: metrics.accuracy(ONE_HOT * 0.9, ONE_HOT), ValueError, "accuracy: .*" + ADVICE),
    (lambda: metrics.Accuracy().update(ONE_HOT * 0.9, ONE_HOT.astype(int)), ValueError, ADVICE),
    (lambda: metrics.f1(ZEROS, ONE_HOT, "macro"), ValueError, "f1: .*" + ADVICE),
    (lambda: metrics.confusion_matrix(ONE_HOT, ONE_HOT), ValueError, ADVICE),
    (lambda: metrics.top_k_accuracy(ONE_HOT, ONE_HOT), ValueError, ADVICE),
    (lambda: metrics.roc_auc(ONE_HOT, ONE_HOT), ValueError, "roc_auc: .*" + ADVICE),
    (lambda: metrics.perplexity(ONE_HOT, ONE_HOT), ValueError, "perplexity: .*" + ADVICE),
])
def test_misuse_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
