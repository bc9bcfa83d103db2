"""Losses of two shapes: an error, but in programs that run as they are what PyTorch makes of it."""

import numpy as np
import pytest

import autograd
from autograd import refused
from autograd.ops.loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss


def numbers(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return autograd.tensor(rng.standard_normal(shape), requires_grad=True)

OF_DISTANCES = {  # (loss, what it is of a distance d, its derivative)
    "mse_loss": (mse_loss, np.square, lambda d: 2 * d),
    "l1_loss": (l1_loss, np.abs, np.sign),
    "huber_loss": (huber_loss, lambda d: np.where(abs(d) < 1, d * d / 2, abs(d) - 0.5),
                   lambda d: np.clip(d, -1, 1)),
    "smooth_l1_loss": (smooth_l1_loss, lambda d: np.where(abs(d) < 1, d * d / 2, abs(d) - 0.5),
                       lambda d: np.clip(d, -1, 1)),
}


@pytest.mark.parametrize("name", OF_DISTANCES)
def test_a_program_that_runs_as_it_is_may_repeat_elements(name, monkeypatch):
    monkeypatch.setattr(refused, "unmodified", True)
    monkeypatch.setattr(refused, "STOOD_IN", {})
    loss, value, slope = OF_DISTANCES[name]
    for input, target in ((4,), (4, 1)), ((40, 1), (40,)), ((3, 1, 5), (2, 1)), ((), (3,)):
        x, t = numbers(*input), numbers(*target, seed=1)
        d = x.detach().numpy() - t.detach().numpy()
        for reduction, reduce, share in ("mean", np.mean, d.size), ("sum", np.sum, 1), (
                "none", np.asarray, 1):
            autograd.hints(True)
            with pytest.warns(autograd.Hint, match=f"{name}: .* repeated to .*give them one sha"):
                found = loss(x, t, reduction)
            np.testing.assert_allclose(found.detach().numpy(), reduce(value(d)), rtol=1e-12)
            grads = autograd.grad(found.sum(), (x, t))
            down = slope(d) / share
            for grad, whole, like in zip(grads, (down, -down), (x, t), strict=True):
                wanted = whole
                for axis, size in enumerate((1,) * (d.ndim - like.ndim) + tuple(like.shape)):
                    wanted = wanted if size > 1 else wanted.sum(axis, keepdims=True)
                np.testing.assert_allclose(grad.numpy(), wanted.reshape(like.shape), rtol=1e-9,
                                           atol=1e-12)
    with pytest.raises(ValueError, match="must have the same shape"):
        loss(numbers(2), numbers(3))
    assert dict(refused.STOOD_IN) == {f"nn.functional.{name}, of two shapes": 12}
