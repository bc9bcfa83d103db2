"""nn/loss_sequence.py and what bags of embeddings refuse."""

import re

import numpy as np
import pytest

import autograd
import nn

F = nn.functional
T = autograd.tensor
LOGS = autograd.zeros(4, 2, 3).log_softmax(-1)
PAIR = T([[1, 2], [2, 1]])


def test_ctc_refuses():
    for kind, words, targets, times, counts, options in [
        (RuntimeError, "input_lengths must be from 0 to 4", PAIR, (5, 4), (2, 2), {}),
        (RuntimeError, "input_lengths must be one length for each of 2", PAIR, (4,), (2, 2), {}),
        (RuntimeError, "target_lengths must be at least 0, got -1", PAIR, (4, 4), (2, -1), {}),
        (RuntimeError, r"targets (2, 2) do not fit target_lengths [3, 2]: (2, 3 or more)", PAIR,
         (4, 4), (3, 2), {}),
        (RuntimeError, "(4) does", T([1, 2, 1]), (4, 4), (2, 2), {}),
        (RuntimeError, "(4) does", T([1, 2, 1, 2, 1]), (4, 4), (2, 2), {}),
        (RuntimeError, "blank 3 is no label", PAIR, (4, 4), (2, 2), dict(blank=3)),
        (IndexError, "target 7 is no label", T([[1, 7], [2, 1]]), (4, 4), (2, 2), {}),
        (ValueError, "a target is 0, which is the blank", T([[1, 0], [2, 1]]), (4, 4), (2, 2), {}),
        (TypeError, "targets: index must be a Tensor of integers", T([[1.0]]), (4, 4), (1, 1), {}),
    ]:
        with pytest.raises(kind, match=f"ctc_loss: .*{re.escape(words)}"):
            F.ctc_loss(LOGS, targets, times, counts, **options)
    assert F.ctc_loss(LOGS, T([[1, 0], [2, 1]]), (4, 4), (1, 2)).item() > 0  # padding may be 0
    for logs in (LOGS[:, 0], LOGS[:, :1]):
        with pytest.raises(RuntimeError, match=re.escape("targets (3,) do not fit")):
            F.ctc_loss(logs, T([1, 2, 1]), (4,), (2,))


def test_a_target_that_does_not_fit_has_no_chance():
    scores = autograd.randn(2, 1, 3, requires_grad=True)
    for zero in (False, True):
        loss = F.ctc_loss(scores.log_softmax(-1), T([[1, 1]]), (2,), (2,), zero_infinity=zero)
        assert loss.item() == (0 if zero else np.inf)
    loss.backward()
    assert not scores.grad.numpy().any()


def test_bags_refuse():
    index, table, begins = T([0, 1, 1]), autograd.eye(2), T([0, 2])
    for kind, words, arguments, options in [
        (ValueError, "needs offsets", (index, table), {}),
        (ValueError, "leave offsets out", (index[None], table, begins), {}),
        (ValueError, "mode 'x'", (index, table, begins), dict(mode="x")),
        (ValueError, "weight must be (rows, columns)", (index, table[0], begins), {}),
        (RuntimeError, "offsets must begin at 0", (index, table, T([1, 2])), {}),
        (RuntimeError, "rise, and end within the 3 indices", (index, table, T([0, 2, 1])), {}),
        (NotImplementedError, "per_sample_weights need mode='sum'", (index, table, begins),
         dict(per_sample_weights=autograd.ones(3))),
        (ValueError, "must have the shape of input, (3,)", (index, table, begins),
         dict(per_sample_weights=autograd.ones(2), mode="sum")),
        (NotImplementedError, "sparse gradients", (index, table, begins), dict(sparse=True)),
    ]:  # fmt: skip
        with pytest.raises(kind, match=f"embedding_bag: .*{re.escape(words)}"):
            F.embedding_bag(*arguments, **options)


def test_the_gradient_of_a_bag_is_shared_by_frequency():
    table = autograd.ones(3, 1, requires_grad=True)
    F.embedding_bag(T([[0, 0, 2], [0, 2, 1]]), table, mode="sum",
                    scale_grad_by_freq=True).sum().backward()
    assert table.grad.tolist() == [[1.0], [1.0], [1.0]]


def test_a_table_is_shrunk_where_it_is_looked_up():
    layer = nn.Embedding.from_pretrained(autograd.full((3, 4), 2.0), max_norm=1.0)
    assert np.allclose(layer(T([[2, 0], [0, 0]])).numpy(), 0.5)
    assert np.allclose(layer.weight.numpy()[:, 0], [0.5, 2.0, 0.5])


def test_adaptive_softmax_refuses():
    for cutoffs in ([], [5, 3], [9], [3, 3]):
        with pytest.raises(ValueError, match="cutoffs must rise"):
            nn.AdaptiveLogSoftmaxWithLoss(4, 9, cutoffs)
    scores = nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3])
    with pytest.raises(IndexError, match="target 9 is no class"):
        scores(autograd.ones(2, 4), T([0, 9]))
    with pytest.raises(RuntimeError, match="takes a target"):
        scores(autograd.ones(2, 4), T([0, 1, 2]))
    assert np.allclose(scores.log_prob(autograd.randn(2, 4)).exp().sum(1).detach().numpy(), 1)
