"""CTC, bags of embeddings and adaptive softmax against PyTorch: values, gradients, tables."""

import itertools
import warnings

import numpy as np
import pytest

import autograd
import nn

torch = pytest.importorskip("torch", reason="parity needs PyTorch: pip install wengert[parity]")

RNG = np.random.default_rng(5)
INDICES, BEGINS = RNG.integers(0, 7, 12), np.array([0, 3, 3, 8, 12])


def pair(array):
    return autograd.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def close(ours, theirs):
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), 1e-9, 1e-12)


def test_ctc_behind_log_softmax():
    """PyTorch's gradient of the log-probabilities themselves has the softmax in it."""
    for (t, n, c), times, counts in (((9, 4, 5), (9, 7, 5, 3), (3, 2, 0, 3)),
                                     ((4, 3, 3), (2, 4, 0), (3, 2, 1)),
                                     ((5, 1, 3), (5,), (2,))):  # fmt: skip
        scores, labels = RNG.standard_normal((t, n, c)), RNG.integers(1, c, (n, 3))
        row = np.concatenate([labels[i, :k] for i, k in enumerate(counts)])
        for how, given in itertools.product(("none", "mean", "sum"), (labels, row)):
            (x, y), option = pair(scores), dict(reduction=how, zero_infinity=n == 3)
            ours = nn.CTCLoss(**option)(x.log_softmax(-1), autograd.tensor(given), times, counts)
            theirs = torch.nn.CTCLoss(**option)(y.log_softmax(-1), torch.tensor(given), times,
                                                counts)
            close(ours, theirs)
            ours.sum().backward()
            theirs.sum().backward()
            close(x.grad, y.grad)


def test_embedding_bags():
    ways = itertools.product(("sum", "mean", "max"), (None, 2, -1), (None, 1.0), (False, True))
    for (mode, padding, most, last), matrix in itertools.product(ways, (False, True)):
        (w, v), (s, r) = pair(RNG.standard_normal((7, 3))), pair(RNG.standard_normal(12))
        options = dict(mode=mode, padding_idx=padding, max_norm=most,
                       include_last_offset=last and not matrix)
        results = []
        for library, table, scale in ((autograd, w, s), (torch, v, r)):
            bag = library.nn.functional.embedding_bag
            index = library.tensor(INDICES.reshape(3, 4) if matrix else INDICES)
            offsets = None if matrix else library.tensor(BEGINS if last else BEGINS[:-1])
            scale = scale.reshape(index.shape) if mode == "sum" else None
            results.append(bag(index, table, offsets, per_sample_weights=scale, **options))
            (results[-1] * results[-1]).sum().backward()
        close(*results)
        close(w, v)
        close(w.grad, v.grad)
        if mode == "sum":
            close(s.grad, r.grad)


@pytest.mark.parametrize("options", [
    dict(max_norm=0.5, norm_type=1.0), dict(scale_grad_by_freq=True),
    dict(scale_grad_by_freq=True, padding_idx=int(INDICES[0]))], ids=str)  # fmt: skip
def test_embedding_options(options):
    w, v = pair(RNG.standard_normal((7, 3)))
    ours = nn.functional.embedding(autograd.tensor(INDICES.reshape(3, 4)), w, **options)
    theirs = torch.nn.functional.embedding(torch.tensor(INDICES.reshape(3, 4)), v, **options)
    close(ours, theirs)
    (ours * ours).sum().backward()
    (theirs * theirs).sum().backward()
    close(w, v)
    close(w.grad, v.grad)


def test_adaptive_softmax():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, of a projection to no features
        theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 10], 5.0, True).double()
    ours = nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 10], 5.0, True).double()
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    (x, y), labels = pair(RNG.standard_normal((9, 16))), RNG.integers(0, 20, 9)
    mine, other = ours(x, autograd.tensor(labels)), theirs(y, torch.tensor(labels))
    close(mine.output, other.output)
    (mine.loss + ours.log_prob(x).sum()).backward()
    (other.loss + theirs.log_prob(y).sum()).backward()
    close(x.grad, y.grad)
    for (name, p), (same, q) in zip(ours.named_parameters(), theirs.named_parameters(),
                                    strict=True):  # fmt: skip
        assert name == same
        close(p.grad, q.grad)
    assert ours.predict(x).tolist() == theirs.predict(y).tolist()
    close(ours(x[0], autograd.tensor(labels[0])).output,
          theirs(y[0], torch.tensor(labels[0])).output)
